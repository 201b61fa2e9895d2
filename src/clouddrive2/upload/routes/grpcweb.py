"""The engine of the remote route over HTTP/1.1, for what lies in between and cannot carry gRPC (protocol.md §1.3)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from clouddrive2.config import TransportName
from clouddrive2.models.uploads import RouteStep
from clouddrive2.upload.plan import Circumstances
from clouddrive2.upload.routes.base import Carriage, Carried, Route
from clouddrive2.upload.routes.remote import RemoteRoute, pulled

__all__ = ["GrpcWebRoute"]


class GrpcWebRoute(Route):
    """A :class:`RemoteRoute` whose calls go over gRPC-Web.

    Args:
        own: The engine over the client's connection; the one to use when that carries gRPC-Web anyway.
        transport: What the client's connection carries.
        open_apart: Makes an engine with a gRPC-Web connection, a channel and a device id of its own; is given the device id
            to have if nobody uses it.
    """

    name = "grpc-web"
    can_be_instant = True

    def __init__(
        self,
        own: RemoteRoute,
        transport: Callable[[], TransportName],
        open_apart: Callable[[str | None], Awaitable[RemoteRoute]],
    ) -> None:
        self.drive = own.drive
        self._own = own
        self._transport = transport
        self._open_apart = open_apart
        self._opening = asyncio.Lock()
        self._apart: RemoteRoute | None = None

    def can_carry(self, circumstances: Circumstances) -> RouteStep:
        is_own = circumstances.transport == "grpc-web"
        engine = self._own if is_own else self._apart
        # Before it was tried: that gRPC's own channel was lost says nothing of this one.
        nothing = "" if circumstances.transport else "no call gets through to the server"
        reason = self._own.refusal or (engine.obstacle(circumstances) if engine is not None else nothing)
        over = "gRPC-Web" if is_own else "gRPC-Web, by a connection of its own"
        return RouteStep(self.name, not reason, reason or pulled(circumstances, over))

    def can_take_up(self, route: str) -> bool:
        return self._own.can_take_up(route)

    async def carry(self, carriage: Carriage) -> Carried:
        if self._transport() == "grpc-web":
            return await self._own.carry(carriage)
        async with self._opening:
            if self._apart is None:
                self._apart = await self._open_apart(carriage.resume_device)
        return await self._apart.carry(carriage)

    async def clean(self, left: str) -> None:
        await self._own.clean(left)
