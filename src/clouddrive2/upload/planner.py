"""Which routes can carry a file now: finds out the circumstances, asks every route, says why."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from clouddrive2.api.mounts import AsyncMounts
from clouddrive2.api.system import AsyncSystem
from clouddrive2.config import TransportName
from clouddrive2.errors import Error, Unreachable, Unsupported
from clouddrive2.models.mounts import MountStatus
from clouddrive2.models.uploads import RouteStep
from clouddrive2.upload.drive import Drive
from clouddrive2.upload.plan import Circumstances
from clouddrive2.upload.routes import Route

__all__ = ["Planner"]

logger = logging.getLogger(__name__)
# Where calls do not get through and something else does, they are not tried again for every file.
AWAY_SECONDS = 5.0
# What the server said of its mounts so long ago will do for a choice; a copy looks again.
MOUNTS_SECONDS = 5.0


class Planner:
    """The routes of one client.

    Args:
        routes: In the order they are preferred.
        system: Tells what the server can do.
        mounts: Tells what is mounted on this machine.
        transport: What carries the calls, once one was answered.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        routes: Sequence[Route],
        system: AsyncSystem,
        mounts: AsyncMounts,
        transport: Callable[[], TransportName],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._routes = routes
        self._system = system
        self._mounts = mounts
        self._transport = transport
        self._clock = clock
        # Why no call gets through, and until when that is believed.
        self._away: tuple[Unreachable, float] | None = None

    async def steps(self, path: str, size: int, forced: Sequence[str] = ()) -> list[RouteStep]:
        """Every route's answer, in order; only those of ``forced``, in its order, when some are asked for by name."""
        circumstances, _ = await self._circumstances(path, size, forced)
        return [route.can_carry(circumstances) for route in self._chosen(forced, circumstances)]

    async def choose(self, path: str, size: int, forced: Sequence[str] = (), *, instant_only: bool = False) -> list[Route]:
        """The routes that can carry a file, the best first.

        Raises:
            Unsupported: None can; says why for each.
            Unreachable: None can, because no call gets through.
        """
        circumstances, unreachable = await self._circumstances(path, size, forced)
        able: list[Route] = []
        reasons: list[str] = []
        for route in self._chosen(forced, circumstances):
            step = route.can_carry(circumstances)
            if step.available and (route.can_be_instant or not instant_only):
                able.append(route)
            else:
                reasons.append(f"{route.name}: {'it always sends the data' if step.available else step.reason}")
        if not able:
            if unreachable is not None:
                raise unreachable
            raise Unsupported(f"{path}: no way to upload it ({'; '.join(reasons)})", path=path)
        return able

    async def drive(self, path: str, forced: Sequence[str] = ()) -> Drive:
        """The drive as the first route sees it that can be taken at all.

        Raises:
            Unreachable: No call gets through, and nothing else does.
        """
        circumstances, unreachable = await self._circumstances(path, 0, forced)
        routes = self._chosen(forced, circumstances)
        route = next((route for route in routes if route.can_carry(circumstances).available), None)
        if route is None:
            return routes[0].drive
        if unreachable is not None:
            try:
                await route.drive.check()
            except Unreachable:
                raise unreachable from None
            except Error as error:
                message = f"{unreachable}; the route {route.name} does not help: {error}"
                raise type(unreachable)(message, path=unreachable.path, rpc=unreachable.rpc) from error
            self._away = (unreachable, self._clock() + AWAY_SECONDS)
        return route.drive

    def named(self, name: str) -> Route | None:
        """The route of this name."""
        return next((route for route in self._routes if route.name == name), None)

    def _chosen(self, forced: Sequence[str], circumstances: Circumstances) -> list[Route]:
        by_name = {route.name: route for route in self._routes}
        if forced:
            return [by_name[name] for name in forced]
        # No streams from here over gRPC-Web (protocol.md §1.3): every other route by calls is faster than a call per piece.
        late = {"webdav": 2, "write": 1 if circumstances.transport == "grpc-web" else 0}
        return sorted(self._routes, key=lambda route: late.get(route.name, 0))

    async def _circumstances(self, path: str, size: int, forced: Sequence[str]) -> tuple[Circumstances, Unreachable | None]:
        """What the choice depends on, and why no call gets through if none does."""
        if self._away is not None and self._clock() < self._away[1]:
            return Circumstances(path, size, transport=None, forced=forced), self._away[0]
        try:
            capabilities = await self._system.capabilities()
            mount = await self._mount(path, forced)
            return Circumstances(path, size, capabilities, self._transport(), forced, mount), None
        except Unreachable as error:
            return Circumstances(path, size, transport=None, forced=forced), error
        except Error:
            return Circumstances(path, size, transport=self._transport(), forced=forced), None

    async def _mount(self, path: str, forced: Sequence[str]) -> MountStatus | None:
        if forced and "mount" not in forced:
            return None
        try:
            return await self._mounts.status(path, max_age=MOUNTS_SECONDS)
        except Unreachable:
            raise
        except Error as error:
            logger.info("whether %s is mounted here: %s", path, error, extra={"action": "mount_unknown"})
            return None
