"""The public port: looks at a connection's first bytes and hands it to native gRPC or to HTTP/1.1 (protocol.md §1.1)."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, cast

from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

__all__ = ["Front"]

# The start of every HTTP/2 connection with prior knowledge (RFC 9113 §3.4); no HTTP/1 request begins so.
PREFACE = b"PRI * HTTP/2.0\r\n"
BUFFER_BYTES = 4 * 1024 * 1024
KEEP_ALIVE_SECONDS = 75
CLOSE_SECONDS = 0.5


class Front:
    """One listening socket for all doors, on the running loop.

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
        self._server: asyncio.Server | None = None
        self._backend = 0
        self._transports: set[asyncio.Transport] = set()
        self._clients: dict[int, str] = {}
        self._dialling: set[asyncio.Task[None]] = set()
        self._all_gone = asyncio.Event()
        self._all_gone.set()
        self.port = 0

    async def start(self, host: str, port: int, backend: int) -> None:
        """Listen.

        Args:
            host, port: The public address; port 0 takes a free one.
            backend: Loopback port of the gRPC server.
        """
        self._backend = backend
        self._config.load()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Peek(self), host, port, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Take no more connections, close those there are, and wait until all are gone; may be repeated."""
        if self._server is not None:
            self._server.close()
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
        if self._server is not None:
            await self._server.wait_closed()

    def drop_connections(self) -> int:
        """Break all connections at once; how many clients had one."""
        public = [transport for transport in self._transports if _local_port(transport) == self.port]
        for transport in list(self._transports):
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
        task = asyncio.get_running_loop().create_task(self._dial(transport, first))
        self._dialling.add(task)
        task.add_done_callback(self._dialling.discard)

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

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._front.opened(self._transport)

    def data_received(self, data: bytes) -> None:
        self._seen += data
        if self._seen.startswith(PREFACE):
            self._front.to_grpc(self._transport, self._seen)
        elif not PREFACE.startswith(self._seen):
            self._front.to_http(self._transport, self._seen)

    def connection_lost(self, exc: Exception | None) -> None:
        self._front.closed(self._transport)


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
            self.other.write_eof()
        return True

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
