"""Which transport to take: the one asked for, or gRPC, and gRPC-Web where a proxy lets nothing else through."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from contextlib import aclosing

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from clouddrive2.config import ServerConfig, TransportName
from clouddrive2.proto.methods import METHODS, Method
from clouddrive2.transport.base import CallFailed, Metadata, StatusCode, Transport
from clouddrive2.transport.grpc import GrpcTransport
from clouddrive2.transport.grpcweb import GrpcWebTransport
from clouddrive2.transport.memory import TransportMemory

__all__ = ["AutoTransport", "transport_for"]

logger = logging.getLogger(__name__)

TRIED_FIRST = "gRPC is tried first"
PROBE = METHODS["GetSystemInfo"]
# A failure that a proxy may be the reason of; every other is an answer of the server itself.
DOUBTFUL = frozenset({StatusCode.UNAVAILABLE, StatusCode.INTERNAL, StatusCode.UNKNOWN})
# What gRPC says of a proxy that does not speak its HTTP/2, and of a call that one took and did not pass on as gRPC.
NOT_HTTP2 = re.compile(r"http1\.x server|NO_APPLICATION_PROTOCOL|missing selected ALPN|parsing HTTP/2|before receiving SETTINGS")
NOT_PASSED_ON = re.compile(r"http2 header with status: (\d+)")
# What it says where no transport will do.
NOBODY_THERE = re.compile(
    r"Connection refused|hostname lookup|errors resolving|No route to host|unreachable|Connection timed out|"
    r"CERTIFICATE_VERIFY_FAILED|Hostname Verification|WRONG_VERSION_NUMBER",
    re.IGNORECASE,
)


def transport_for(server: ServerConfig, memory: TransportMemory | None = None) -> Transport:
    """The transport the settings ask for.

    Args:
        server: Address and choice.
        memory: What earlier runs found out; without it nothing is remembered.
    """
    if server.transport == "grpc":
        return GrpcTransport(server)
    if server.transport == "grpc-web":
        return GrpcWebTransport(server)
    return AutoTransport(server, memory)


class AutoTransport(Transport):
    """gRPC, until it turns out that only gRPC-Web gets through; decided once, by the first calls.

    A call that gRPC could not bring to the server is made again over gRPC-Web, once that has proved to work by a public call.
    A server that is down stays unreachable, and nothing is remembered of it.

    Args:
        server: Address and deadlines.
        memory: What earlier runs found out.
        grpc, web: The two to choose from.
    """

    def __init__(
        self,
        server: ServerConfig,
        memory: TransportMemory | None = None,
        *,
        grpc: Transport | None = None,
        web: Transport | None = None,
    ) -> None:
        self._server = server
        self._memory = memory
        self._grpc = grpc or GrpcTransport(server)
        self._web = web or GrpcWebTransport(server)
        self._active = self._grpc
        self._is_settled = False
        self._has_recalled = memory is None
        self._choosing = asyncio.Lock()
        self.reason = TRIED_FIRST

    @property
    def name(self) -> TransportName:  # type: ignore[override]
        """The one in use, or the one to be tried first."""
        return self._active.name

    @property
    def connections(self) -> int:  # type: ignore[override]
        """Those of both."""
        return self._grpc.connections + self._web.connections

    async def unary(self, method: Method, request: Message, *, timeout: float | None, metadata: Metadata) -> Message:
        used = await self._first()
        try:
            reply = await used.unary(method, request, timeout=timeout, metadata=metadata)
        except CallFailed as failure:
            if not await self._has_switched(used, failure, method):
                raise
            return await self._active.unary(method, request, timeout=timeout, metadata=metadata)
        self._settle(used)
        return reply

    async def stream(
        self,
        method: Method,
        request: Message,
        *,
        timeout: float | None,
        metadata: Metadata,
        on_open: Callable[[], None] | None = None,
    ) -> AsyncGenerator[Message, None]:
        used = await self._first()
        has_begun = False

        def begun() -> None:
            nonlocal has_begun
            has_begun = True
            self._settle(used)

        def opened() -> None:
            begun()
            if on_open is not None:
                on_open()

        telling = None if on_open is None else opened
        while True:
            try:
                messages = used.stream(method, request, timeout=timeout, metadata=metadata, on_open=telling)
                async with aclosing(messages):
                    async for message in messages:
                        begun()
                        yield message
            except CallFailed as failure:
                if has_begun or not await self._has_switched(used, failure, method):
                    raise
                used = self._active
            else:
                begun()
                return

    async def send_stream(
        self, method: Method, requests: AsyncIterable[Message], *, timeout: float | None, metadata: Metadata
    ) -> Message:
        used = await self._chosen()
        return await used.send_stream(method, requests, timeout=timeout, metadata=metadata)

    async def both_streams(
        self, method: Method, requests: AsyncIterable[Message], *, timeout: float | None, metadata: Metadata
    ) -> AsyncGenerator[Message, None]:
        used = await self._chosen()
        async with aclosing(used.both_streams(method, requests, timeout=timeout, metadata=metadata)) as messages:
            async for message in messages:
                yield message

    async def close(self) -> None:
        await self._grpc.close()
        await self._web.close()

    async def _first(self) -> Transport:
        """The one in use; before the first call, the one an earlier run found to be the way."""
        if not self._has_recalled:
            async with self._choosing:
                if not self._has_recalled and self._memory is not None:
                    if await asyncio.to_thread(self._memory.needs_web, self._server.url):
                        self._active = self._web
                        self.reason = "gRPC did not get through within the last day"
                    self._has_recalled = True
        return self._active

    async def _chosen(self) -> Transport:
        """The one to use for good: what the caller streams cannot be sent twice to find out."""
        await self._first()
        if not self._is_settled:
            # Its failure shows again in the call itself, where it belongs.
            with contextlib.suppress(CallFailed):
                await self.unary(PROBE, Empty(), timeout=self._server.timeouts.read, metadata=())
        return self._active

    async def _has_switched(self, used: Transport, failure: CallFailed, method: Method) -> bool:
        """Whether the call can be made again, over the other transport.

        Raises:
            CallFailed: The other knows better why nothing works.
        """
        if self._is_settled and self._active is used:
            return False
        if not _is_doubtful(failure):
            self._settle(used)
            return False
        async with self._choosing:
            if not self._is_settled:
                await self._choose(failure)
        return self._is_settled and self._active is not used and (method.repeatable or _never_arrived(failure))

    async def _choose(self, failure: CallFailed) -> None:
        """Find out which one works; when none does, gRPC is tried first again."""
        if self._active is self._web:
            await self._remembered(works=False)
            self._active = self._grpc
            self.reason = TRIED_FIRST
            if await self._trouble_of(self._grpc) is None:
                self._settle(self._grpc)
            return
        if not NOT_HTTP2.search(failure.details) and not NOT_PASSED_ON.search(failure.details):
            trouble = await self._trouble_of(self._grpc)
            if trouble is None:
                self._settle(self._grpc)
                return
            failure = trouble
        if NOBODY_THERE.search(failure.details):
            return
        trouble = await self._trouble_of(self._web)
        if trouble is None:
            self._active = self._web
            self.reason = "gRPC does not get through, HTTP/1.1 does"
            self._settle(self._web)
            await self._remembered(works=True)
            logger.info(
                "%s: gRPC does not get through (%s); gRPC-Web does",
                self._server.url,
                failure.details,
                extra={"action": "transport_chosen", "transport": "grpc-web"},
            )
        elif NOT_HTTP2.search(failure.details):
            # Somebody speaks HTTP/1.1 there, and has said what is wrong.
            raise trouble

    async def _trouble_of(self, transport: Transport) -> CallFailed | None:
        """What keeps a transport from working; ``None`` when the server itself answers, whatever it says."""
        try:
            await transport.unary(PROBE, Empty(), timeout=self._server.timeouts.read, metadata=())
        except CallFailed as failure:
            return failure if _is_doubtful(failure) or failure.code == StatusCode.DEADLINE_EXCEEDED else None
        return None

    async def _remembered(self, *, works: bool) -> None:
        if self._memory is not None:
            note = self._memory.remember if works else self._memory.forget
            await asyncio.to_thread(note, self._server.url)

    def _settle(self, transport: Transport) -> None:
        if not self._is_settled and transport is self._active:
            self._is_settled = True
            if transport is self._grpc:
                self.reason = "gRPC gets through"


def _is_doubtful(failure: CallFailed) -> bool:
    return failure.code in DOUBTFUL or NOT_PASSED_ON.search(failure.details) is not None


def _never_arrived(failure: CallFailed) -> bool:
    """Whether no server can have acted on the call (protocol.md §1.2: HTTP/1.1 with native gRPC is answered with 400)."""
    refused = NOT_PASSED_ON.search(failure.details)
    return NOT_HTTP2.search(failure.details) is not None or (refused is not None and refused[1].startswith("4"))
