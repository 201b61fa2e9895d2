"""The public ports: look at a connection's first bytes and hand it to native gRPC or to HTTP/1.1 (protocol.md §1.1)."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, cast

from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

__all__ = ["CannotListen", "Front"]

# The start of every HTTP/2 connection with prior knowledge (RFC 9113 §3.4); no HTTP/1 request begins so.
PREFACE = b"PRI * HTTP/2.0\r\n"
BUFFER_BYTES = 4 * 1024 * 1024
KEEP_ALIVE_SECONDS = 75
CLOSE_SECONDS = 0.5
HANDSHAKE_SECONDS = 10.0


class CannotListen(OSError):
    """An address cannot be used.

    Attributes:
        host, port: Which.
    """

    def __init__(self, error: OSError, host: str, port: int) -> None:
        super().__init__(error.errno, error.strerror)
        self.host = host
        self.port = port


@dataclass(eq=False)
class _Listener:
    """One listening socket; with a context connections shake hands first."""

    server: asyncio.Server
    context: ssl.SSLContext | None


class Front:
    """Listening sockets for all doors, on the running loop, each plain or for TLS. They come and go while it runs.

    Args:
        app: ASGI application for HTTP/1.1.
    """

    def __init__(self, app: Any) -> None:
        self._config = Config(
            app,
            loop="asyncio",
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        self._state = ServerState()
        self._listeners: dict[int, _Listener] = {}
        self._backend = 0
        self._transports: set[asyncio.Transport] = set()
        self._clients: dict[int, str] = {}
        # Connections that are being made: to the gRPC server, or over TLS.
        self._dialling: set[asyncio.Task[None]] = set()
        self._all_gone = asyncio.Event()
        self._all_gone.set()

    @property
    def ports(self) -> set[int]:
        """Where it listens."""
        return set(self._listeners)

    def start(self, backend: int) -> None:
        """Be ready to listen.

        Args:
            backend: Loopback port of the gRPC server.
        """
        self._backend = backend
        self._config.load()

    async def listen(self, host: str, port: int, context: ssl.SSLContext | None = None) -> int:
        """Listen on one more port; which one.

        Args:
            host, port: The public address; port 0 takes a free one.
            context: Has the certificate; ``None`` for a plain port.

        Raises:
            CannotListen: The address cannot be used.
        """

        def protocol() -> asyncio.Protocol:
            return _Peek(self) if listener.context is None else _Sealed(self, listener.context)

        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(protocol, host, port, backlog=1024, start_serving=False)
            listener = _Listener(server, context)
            try:
                await server.start_serving()
            except BaseException:
                server.close()
                raise
        except OSError as error:
            raise CannotListen(error, host, port) from error
        listening: int = server.sockets[0].getsockname()[1]
        self._listeners[listening] = listener
        return listening

    def use(self, port: int, context: ssl.SSLContext | None) -> None:
        """Let a port be plain, or for TLS; what was the other ends."""
        if self._listeners[port].context is not context:
            self._listeners[port].context = context
            self.drop_connections(port)

    def close(self, port: int) -> None:
        """Take no more connections on a port, and break those there are."""
        self._listeners.pop(port).server.close()
        self.drop_connections(port)

    async def stop(self) -> None:
        """Take no more connections, close those there are, and wait until all are gone; may be repeated."""
        for listener in self._listeners.values():
            listener.server.close()
        for task in list(self._dialling):
            task.cancel()
        await asyncio.gather(*self._dialling, return_exceptions=True)
        for transport in list(self._transports):
            transport.close()
        try:
            await asyncio.wait_for(self._all_gone.wait(), CLOSE_SECONDS)
        except TimeoutError:
            # Somebody does not read what is still in the buffers.
            self.drop_connections()
            await self._all_gone.wait()
        # HTTP requests end by themselves now that their connections are gone.
        await asyncio.gather(*self._state.tasks, return_exceptions=True)
        for listener in self._listeners.values():
            await listener.server.wait_closed()

    def drop_connections(self, port: int | None = None) -> int:
        """Break all connections at once, or those to one port; how many clients had one."""
        ports = {port} if port is not None else self.ports
        public = [transport for transport in self._transports if _local_port(transport) in ports]
        # What a connection is relayed to ends with it.
        for transport in public if port is not None else list(self._transports):
            transport.abort()
        return len(public)

    def drop_connection(self, client: tuple[str, int]) -> None:
        """Break the connection from one address."""
        for transport in list(self._transports):
            if tuple((transport.get_extra_info("peername") or ())[:2]) == client:
                transport.abort()

    def client_of(self, port: int) -> str:
        """``address:port`` of the client behind a relayed connection's local port."""
        return self._clients.get(port, "unknown:0")

    def opened(self, transport: asyncio.Transport) -> None:
        """A connection was made, to or from here."""
        _without_delay(transport)
        transport.set_write_buffer_limits(high=BUFFER_BYTES)
        self._transports.add(transport)
        self._all_gone.clear()

    def closed(self, transport: asyncio.Transport) -> None:
        """A connection is gone."""
        self._transports.discard(transport)
        if not self._transports:
            self._all_gone.set()

    def to_http(self, transport: asyncio.Transport, first: bytes) -> None:
        """Let the HTTP/1.1 protocol have a connection and what it said so far."""
        protocol = _Http(self, self._config, self._state)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        protocol.data_received(first)

    def to_grpc(self, transport: asyncio.Transport, first: bytes) -> None:
        """Relay a connection to the gRPC server."""
        transport.pause_reading()
        self._work(self._dial(transport, first))

    def unseal(self, transport: asyncio.Transport, context: ssl.SSLContext) -> None:
        """Shake hands on a connection, then treat what is in it as any other."""
        self._work(self._shake(transport, context))

    def _work(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._dialling.add(task)
        task.add_done_callback(self._dialling.discard)

    async def _shake(self, sealed: asyncio.Transport, context: ssl.SSLContext) -> None:
        protocol = _Peek(self)
        shaking = asyncio.get_running_loop().start_tls(
            sealed, protocol, context, server_side=True, ssl_handshake_timeout=HANDSHAKE_SECONDS
        )
        try:
            unsealed = await shaking
        except OSError:
            # No TLS, a certificate that is not trusted, nothing said for too long, or gone: also the library's own errors.
            sealed.abort()
        else:
            if unsealed is not None and not unsealed.is_closing():
                protocol.connection_made(unsealed)
        finally:
            self.closed(sealed)

    async def _dial(self, client: asyncio.Transport, first: bytes) -> None:
        loop = asyncio.get_running_loop()
        try:
            server, protocol = await loop.create_connection(lambda: _Relay(self), "127.0.0.1", self._backend)
        except OSError:
            client.abort()
            return
        if client.is_closing():
            server.abort()
            return
        port = _local_port(server)
        host, number = client.get_extra_info("peername")[:2]
        self._clients[port] = f"{host}:{number}"
        from_client = _Relay(self, client)
        protocol.other, from_client.other = client, server
        protocol.forget = lambda: self._clients.pop(port, None)
        client.set_protocol(from_client)
        server.write(first)
        client.resume_reading()


class _Peek(asyncio.Protocol):
    """Waits for enough bytes to know what a client speaks."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._seen = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._front.opened(self._transport)
        self._look()

    def data_received(self, data: bytes) -> None:
        self._seen += data
        self._look()

    def _look(self) -> None:
        # Over TLS the first bytes may come with the end of the handshake, before the connection is told.
        if self._transport is None:
            return
        if self._seen.startswith(PREFACE):
            self._front.to_grpc(self._transport, self._seen)
        elif not PREFACE.startswith(self._seen):
            self._front.to_http(self._transport, self._seen)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._front.closed(self._transport)


class _Sealed(asyncio.Protocol):
    """A connection before its TLS handshake. The front holds it from the first moment on, so that none outlives the server."""

    def __init__(self, front: Front, context: ssl.SSLContext) -> None:
        self._front = front
        self._context = context

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        sealed = cast(asyncio.Transport, transport)
        # What comes before the handshake has its protocol waits in the socket.
        sealed.pause_reading()
        self._front.opened(sealed)
        self._front.unseal(sealed, self._context)


class _Relay(asyncio.Protocol):
    """Passes on what one side sends, no faster than the other takes it."""

    def __init__(self, front: Front, transport: asyncio.Transport | None = None) -> None:
        self._front = front
        self._transport = transport
        self.other: asyncio.Transport | None = None
        self.forget: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._front.opened(self._transport)

    def data_received(self, data: bytes) -> None:
        if self.other is not None:
            self.other.write(data)

    def eof_received(self) -> bool:
        if self.other is not None and not self.other.is_closing():
            if not self.other.can_write_eof():
                # TLS ends in both directions at once.
                self.other.close()
                return False
            self.other.write_eof()
        # As above: there is no half of a TLS connection to keep.
        return self._transport is not None and self._transport.can_write_eof()

    def pause_writing(self) -> None:
        if self.other is not None and not self.other.is_closing():
            self.other.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None and not self.other.is_closing():
            self.other.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._front.closed(self._transport)
        if self.forget is not None:
            self.forget()
        if self.other is not None:
            if exc is None:
                self.other.close()
            else:
                self.other.abort()
            self.other = None


class _Http(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, which tells the front when it is done, and takes no part of a path for all of it."""

    def __init__(self, front: Front, config: Config, state: ServerState) -> None:
        super().__init__(config=config, server_state=state, app_state={})
        self._front = front

    def on_url(self, url: bytes) -> None:
        if b"#" in url:
            # Answered with 400 (RFC 9112 §3.2). The parser cuts it off: who left "#" in a name would delete the folder around it.
            raise ValueError("a request has no fragment")
        super().on_url(url)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._front.closed(self.transport)


def _local_port(transport: asyncio.Transport) -> int:
    name = transport.get_extra_info("sockname")
    return int(name[1]) if name else 0


def _without_delay(transport: asyncio.Transport) -> None:
    plain: socket.socket | None = transport.get_extra_info("socket")
    if plain is not None:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
