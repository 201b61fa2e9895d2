"""The same calls over HTTP/1.1, for proxies that cannot carry HTTP/2 (protocol.md §1.3).

Requests are sent by the transport layer of httpx, as the downloads are; ``docs/decisions/0040-grpc-web.md`` says why.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError, Message

from clouddrive2.config import ServerConfig, TransportName
from clouddrive2.errors import ConnectError
from clouddrive2.proto.methods import Method
from clouddrive2.transport.base import CallFailed, Metadata, StatusCode, Transport
from clouddrive2.transport.closing import close_fully, pieces_of
from clouddrive2.transport.connections import Connections
from clouddrive2.transport.tls import client_context
from clouddrive2.transport.webframes import FrameReader, framed, raise_for_status, status_of, timeout_text
from clouddrive2.transport.webstatus import failure_of

if TYPE_CHECKING:
    import httpx

__all__ = ["GrpcWebTransport"]

logger = logging.getLogger(__name__)

HEADERS = (
    ("content-type", "application/grpc-web+proto"),
    ("accept", "application/grpc-web+proto, application/grpc-web"),
    ("accept-encoding", "identity"),
    ("x-grpc-web", "1"),
)
# Idle connections are let go before a server or proxy closes them under a request.
KEPT_SECONDS = 5.0
# After the last frame nothing is left to come but the end.
END_SECONDS = 1.0
# HTTP/1.1 has no pings: TCP's own find out about a peer that is gone, as soon as gRPC's would (protocol.md §1.5).
PROBES = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 3), ("TCP_KEEPCNT", 3))
MOST_CONNECTIONS = 100


class GrpcWebTransport(Transport):
    """The server over HTTP/1.1, in clear text or TLS as the address says; a connection for every call under way.

    Streams from the caller do not exist there: such calls fail with UNIMPLEMENTED.
    """

    name: TransportName = "grpc-web"

    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        self._connections: Connections | None = None
        self._opening = asyncio.Lock()
        self._closed = False

    async def unary(self, method: Method, request: Message, *, timeout: float | None, metadata: Metadata) -> Message:
        reply: Message | None = None
        async with aclosing(self.stream(method, request, timeout=timeout, metadata=metadata)) as replies:
            async for message in replies:
                if reply is not None:
                    raise CallFailed(StatusCode.INTERNAL, "two replies to one request")
                reply = message
        # A reply without content may come without a frame for it.
        return method.reply() if reply is None else reply

    async def stream(
        self,
        method: Method,
        request: Message,
        *,
        timeout: float | None,
        metadata: Metadata,
        on_open: Callable[[], None] | None = None,
    ) -> AsyncGenerator[Message, None]:
        until = None if timeout is None else asyncio.get_running_loop().time() + timeout
        body = framed(request.SerializeToString())
        async with self._answer(method, body, timeout, until, metadata) as response:
            status = status_of(response.headers)
            if status is None or status[0]:
                if response.headers.get("content-length") == "0":
                    # A refusal that is all head: read to its end it leaves the connection to the next call.
                    await response.aread()
                _check_head(response, status, len(body))
            if on_open is not None:
                on_open()
            reader = FrameReader()
            async with aclosing(self._pieces(response, until, reader)) as pieces:
                async for piece in pieces:
                    for payload in reader.feed(piece):
                        yield _message(method, payload)
            if reader.trailers is not None:
                status = status_of(reader.trailers)
            raise_for_status(status if reader.is_between_frames else None)

    async def send_stream(
        self, method: Method, requests: AsyncIterable[Message], *, timeout: float | None, metadata: Metadata
    ) -> Message:
        raise CallFailed(StatusCode.UNIMPLEMENTED, "streams from the caller do not work over gRPC-Web")

    async def both_streams(
        self, method: Method, requests: AsyncIterable[Message], *, timeout: float | None, metadata: Metadata
    ) -> AsyncGenerator[Message, None]:
        raise CallFailed(StatusCode.UNIMPLEMENTED, "streams from the caller do not work over gRPC-Web")
        yield method.reply()  # makes it a generator

    async def close(self) -> None:
        self._closed = True
        connections, self._connections = self._connections, None
        if connections is not None:
            await connections.close()

    @asynccontextmanager
    async def _answer(
        self, method: Method, body: bytes, timeout: float | None, until: float | None, metadata: Metadata
    ) -> AsyncIterator[httpx.Response]:
        """The head of the answer; leaving the block early ends the call at the server."""
        # Costs 0.15 s to import: loaded with the first call, not with every client.
        import httpx

        headers = [*HEADERS, ("content-length", str(len(body))), *metadata, ("host", self._config.target)]
        if timeout is not None:
            headers.append(("grpc-timeout", timeout_text(timeout)))
        limits = httpx.Timeout(None, connect=self._config.timeouts.connect)
        async with (await self._open()).one() as connection:
            with self._translated(timeout):
                request = httpx.Request(
                    "POST",
                    self._config.url + method.path,
                    headers=[(name.encode(), value.encode()) for name, value in headers],
                    content=body,
                    extensions={"timeout": limits.as_dict(), "trace": self._count},
                )
                async with asyncio.timeout_at(until):
                    response = await connection.handle_async_request(request)
            try:
                yield response
            finally:
                with contextlib.suppress(httpx.HTTPError):
                    await close_fully(response)

    async def _count(self, event: str, info: object) -> None:
        """What httpx does under a request."""
        if event == "connection.connect_tcp.complete":
            self.connections += 1

    async def _pieces(self, response: httpx.Response, until: float | None, reader: FrameReader) -> AsyncGenerator[bytes, None]:
        """The body as it arrives."""
        pieces = pieces_of(response)
        while True:
            if reader.trailers is not None:
                until = asyncio.get_running_loop().time() + END_SECONDS
            try:
                with self._translated(None):
                    async with asyncio.timeout_at(until):
                        piece = await anext(pieces, None)
            except CallFailed:
                if reader.trailers is not None:
                    # All has been said.
                    return
                raise
            if piece is None:
                return
            yield piece

    async def _open(self) -> Connections:
        import httpx

        async with self._opening:
            if self._closed:
                raise ConnectError("this client is closed; make a new one")
            if self._connections is None:
                if self._config.is_tls and self._config.insecure:
                    logger.warning("the certificate of %s is not verified", self._config.url)
                context = await asyncio.to_thread(client_context, self._config) if self._config.is_tls else False
                one = partial(
                    httpx.AsyncHTTPTransport,
                    verify=context,
                    trust_env=False,
                    limits=httpx.Limits(max_connections=1, keepalive_expiry=KEPT_SECONDS),
                    socket_options=_socket_options(),
                )
                self._connections = Connections(one, most=MOST_CONNECTIONS, kept_seconds=KEPT_SECONDS)
            return self._connections

    @contextmanager
    def _translated(self, timeout: float | None) -> Iterator[None]:
        """No exception of the HTTP library leaves this module."""
        import httpx

        try:
            yield
        except TimeoutError as error:
            within = "in time" if timeout is None else f"within {timeout:g} s"
            raise CallFailed(StatusCode.DEADLINE_EXCEEDED, f"no answer {within}") from error
        except httpx.ConnectTimeout as error:
            seconds = self._config.timeouts.connect
            raise CallFailed(StatusCode.UNAVAILABLE, f"{self._config.target}: no connection within {seconds:g} s") from error
        except (httpx.LocalProtocolError, UnicodeEncodeError):
            # Its text shows the header it dislikes, which may be the token.
            raise CallFailed(StatusCode.INVALID_ARGUMENT, "the token has characters that no header may have") from None
        except httpx.TransportError as error:
            raise CallFailed(StatusCode.UNAVAILABLE, f"{self._config.target}: {_reason(error)}") from error
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
            raise CallFailed(StatusCode.INTERNAL, f"{self._config.target}: {type(error).__name__}") from error


def _check_head(response: httpx.Response, status: tuple[int, str] | None, sent: int) -> None:
    """Raise unless the head promises messages; that of a failure may be all there is."""
    if status is not None:
        raise_for_status(status)
    if failure := failure_of(response.status_code, response.headers, sent):
        raise failure


def _message(method: Method, payload: bytes) -> Message:
    try:
        return method.reply.FromString(payload)
    except DecodeError as error:
        raise CallFailed(StatusCode.INTERNAL, "the reply cannot be parsed") from error


def _reason(error: BaseException) -> str:
    """What the system says of a failed connection; the library's own words tell less."""
    said = str(error)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return str(cause)
        if isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno) if cause.errno > 0 else cause.strerror or said
        if isinstance(cause, BaseExceptionGroup):
            return _reason(cause.exceptions[-1])
        cause = cause.__cause__ or cause.__context__
    return said or type(error).__name__


def _socket_options() -> list[tuple[int, int, int]]:
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    # Not every system knows all of them.
    return options + [(socket.IPPROTO_TCP, getattr(socket, name), value) for name, value in PROBES if hasattr(socket, name)]
