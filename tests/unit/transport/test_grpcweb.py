"""gRPC-Web against servers and proxies with manners of their own, byte by byte."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import pytest
from google.protobuf.empty_pb2 import Empty

from clouddrive2.config import ServerConfig, Timeouts
from clouddrive2.errors import ConfigError, ConnectError
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto.methods import METHODS
from clouddrive2.transport.base import CallFailed, StatusCode
from clouddrive2.transport.grpcweb import GrpcWebTransport
from clouddrive2.transport.webframes import framed

INFO, PAUSE, LIST = METHODS["GetSystemInfo"], METHODS["PauseAllUploadFiles"], METHODS["GetSubFiles"]
READY = framed(pb.CloudDriveSystemInfo(SystemReady=True).SerializeToString())
OK = struct.pack(">BI", 0x80, 15) + b"grpc-status:0\r\n"
WEB = "content-type: application/grpc-web+proto\r\n"


def chunked(*pieces: bytes, end: bool = True) -> list[bytes]:
    return [*(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces), *([b"0\r\n\r\n"] if end else [])]


def head(status: str = "200 OK", headers: str = WEB, *, length: int | None = None) -> bytes:
    framing = "transfer-encoding: chunked\r\n" if length is None else f"content-length: {length}\r\n"
    return f"HTTP/1.1 {status}\r\n{headers}{framing}\r\n".encode()


class Scripted:
    """Answers every request with the next script: bytes to write one after the other, ``None`` to wait for the client to go."""

    def __init__(self) -> None:
        self.scripts: list[list[bytes | None]] = []
        self.requests: list[tuple[str, bytes]] = []
        self.asked, self.left = asyncio.Event(), asyncio.Event()
        self.url = ""

    def then(self, *parts: bytes | None) -> None:
        self.scripts.append(list(parts))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                text = (await reader.readuntil(b"\r\n\r\n")).decode()
                [length] = [line.split(":")[1] for line in text.splitlines() if line.lower().startswith("content-length")]
                self.requests.append((text, await reader.readexactly(int(length))))
                self.asked.set()
                script = self.scripts.pop(0)
                for part in script:
                    if part is None:
                        await reader.read()
                        self.left.set()
                        return
                    writer.write(part)
                    await writer.drain()
                    await asyncio.sleep(0)
                if not (script and script[-1] and script[-1].endswith(b"0\r\n\r\n")):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Scripted]:
    scripted = Scripted()
    listening = await asyncio.start_server(scripted.serve, "127.0.0.1", 0)
    async with listening:
        scripted.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        yield scripted
        # Connections are kept: they end when their other side is closed, which comes before.


@pytest.fixture
async def make(server: Scripted) -> AsyncIterator[Callable[..., GrpcWebTransport]]:
    made: list[GrpcWebTransport] = []

    def transport(**changes: Any) -> GrpcWebTransport:
        made.append(GrpcWebTransport(ServerConfig(server.url, **changes)))
        return made[-1]

    yield transport
    for each in made:
        await each.close()


@pytest.fixture
def transport(make: Callable[..., GrpcWebTransport]) -> GrpcWebTransport:
    return make()


async def info(transport: GrpcWebTransport, timeout: float | None = 5, metadata: Any = ()) -> Any:
    return await transport.unary(INFO, Empty(), timeout=timeout, metadata=metadata)


class TestGoodAnswers:
    async def test_byte_by_byte(self, server: Scripted, transport: GrpcWebTransport) -> None:
        body = READY + OK
        server.then(head(), *chunked(*(body[at : at + 1] for at in range(len(body)))))
        assert (await info(transport)).SystemReady

    async def test_what_is_sent(self, server: Scripted, transport: GrpcWebTransport) -> None:
        server.then(head(length=len(READY + OK)), READY + OK)
        await info(transport, timeout=2.5, metadata=(("authorization", "Bearer t"),))
        [(text, body)] = server.requests
        first, *lines = text.strip().split("\r\n")
        headers = dict(line.lower().split(": ") for line in lines)
        assert len(headers) == len(lines)
        assert first == "POST /clouddrive.CloudDriveFileSrv/GetSystemInfo HTTP/1.1"
        assert headers["content-type"] == "application/grpc-web+proto"
        assert headers["x-grpc-web"] == "1"
        assert headers["authorization"] == "bearer t"
        assert headers["grpc-timeout"] == "2500m"
        assert headers["host"] == server.url.removeprefix("http://")
        assert body == b"\0\0\0\0\0"

    @pytest.mark.parametrize("body", [OK, b"\0\0\0\0\0" + OK])
    async def test_an_empty_reply(self, server: Scripted, transport: GrpcWebTransport, body: bytes) -> None:
        server.then(head(), *chunked(body))
        assert await transport.unary(PAUSE, Empty(), timeout=5, metadata=()) == Empty()

    async def test_ok_in_the_headers_and_nothing_else(self, server: Scripted, transport: GrpcWebTransport) -> None:
        server.then(head(headers=WEB + "grpc-status: 0\r\n", length=0))
        assert await info(transport) == pb.CloudDriveSystemInfo()

    async def test_ok_in_the_headers_and_a_message(self, server: Scripted, transport: GrpcWebTransport) -> None:
        server.then(head(headers=WEB + "grpc-status: 0\r\n"), *chunked(READY))
        assert (await info(transport)).SystemReady

    async def test_one_connection_for_calls_in_turn(self, server: Scripted, transport: GrpcWebTransport) -> None:
        for _ in range(3):
            server.then(head(), *chunked(READY, OK))
            await info(transport)
        assert len(server.requests) == 3


class TestFailures:
    async def test_trailers_only(self, server: Scripted, transport: GrpcWebTransport) -> None:
        server.then(head(headers=WEB + "grpc-status: 5\r\ngrpc-message: /a%20b: %E6%B2%A1\r\n", length=0))
        with pytest.raises(CallFailed) as caught:
            await info(transport)
        assert (caught.value.code, caught.value.details) == (StatusCode.NOT_FOUND, "/a b: 没")

    async def test_the_status_counts_whatever_http_says(self, server: Scripted, transport: GrpcWebTransport) -> None:
        server.then(head("500 Oh", "grpc-status: 7\r\n", length=0))
        with pytest.raises(CallFailed) as caught:
            await info(transport)
        assert caught.value.code == StatusCode.PERMISSION_DENIED

    async def test_in_the_trailer_frame_after_a_message(self, server: Scripted, transport: GrpcWebTransport) -> None:
        text = b"grpc-status:13\r\ngrpc-message:half%20way\r\n"
        server.then(head(), *chunked(READY, struct.pack(">BI", 0x80, len(text)) + text))
        with pytest.raises(CallFailed, match="status 13: half way"):
            await info(transport)

    @pytest.mark.parametrize(
        ("parts", "code", "text"),
        [
            ([head(), *chunked(READY)], StatusCode.UNAVAILABLE, "ended without a status"),
            ([head(), *chunked(READY, OK[:-3])], StatusCode.UNAVAILABLE, "ended without a status"),
            ([head(), *chunked(READY, end=False)], StatusCode.UNAVAILABLE, "peer closed connection"),
            ([head(length=100), READY], StatusCode.UNAVAILABLE, "peer closed connection"),
            ([b"HTTP/1.1 200 OK\r\n" + WEB.encode() + b"\r\n", READY], StatusCode.UNAVAILABLE, "ended without a status"),
            ([], StatusCode.UNAVAILABLE, "Server disconnected"),
            ([b"nonsense\r\n\r\n"], StatusCode.UNAVAILABLE, "illegal status line"),
            ([head(), *chunked(READY, READY, OK)], StatusCode.INTERNAL, "two replies to one request"),
            ([head(), *chunked(framed(b"\xff"), OK)], StatusCode.INTERNAL, "cannot be parsed"),
            ([head(), *chunked(b"\x01\0\0\0\1x", OK)], StatusCode.INTERNAL, "no gRPC-Web"),
            ([head(), *chunked(b"\0\x7f\xff\xff\xff")], StatusCode.RESOURCE_EXHAUSTED, "at most 104857600"),
        ],
    )
    async def test_bad_answers(
        self, server: Scripted, transport: GrpcWebTransport, parts: list[bytes], code: int, text: str
    ) -> None:
        server.then(*parts)
        with pytest.raises(CallFailed, match=text) as caught:
            await info(transport)
        assert caught.value.code == code

    @pytest.mark.parametrize(
        ("status", "headers", "code", "text"),
        [
            ("200 OK", "content-type: text/html\r\n", StatusCode.UNAVAILABLE, "is not CloudDrive2: it sends text/html"),
            ("200 OK", "", StatusCode.UNAVAILABLE, "is not CloudDrive2: it sends something else"),
            ("301 Moved", "location: https://nas:443/x?y=z\r\n", StatusCode.UNAVAILABLE, "are sent to https://nas:443; use"),
            ("302 Found", "location: /login\r\n", StatusCode.UNAVAILABLE, "are sent to another page"),
            ("401 No", "", StatusCode.UNAVAILABLE, "HTTP 401: a proxy in front of the server wants a sign-in of its own"),
            ("404 Not Found", "", StatusCode.UNAVAILABLE, "HTTP 404: what answers there is not CloudDrive2, or a proxy"),
            ("413 Too Large", "", StatusCode.INVALID_ARGUMENT, "HTTP 413 of 5 bytes: .* client_max_body_size"),
            ("429 Slow", "", StatusCode.RESOURCE_EXHAUSTED, "HTTP 429: a proxy in front of the server limits"),
            ("502 Bad Gateway", "", StatusCode.UNAVAILABLE, "HTTP 502: a proxy answers, but it cannot reach the server"),
            ("504 Late", "", StatusCode.UNAVAILABLE, "HTTP 504: a proxy answers, but the server behind it did not in time"),
            ("521 Odd", "", StatusCode.UNAVAILABLE, "HTTP 521: an answer without a status"),
            ("418 Teapot", "", StatusCode.UNKNOWN, "HTTP 418: an answer without a status"),
        ],
    )
    async def test_answers_of_others(
        self, server: Scripted, transport: GrpcWebTransport, status: str, headers: str, code: int, text: str
    ) -> None:
        server.then(head(status, headers, length=13), b"<html></html>")
        with pytest.raises(CallFailed, match=text) as caught:
            await info(transport)
        assert caught.value.code == code

    async def test_nobody_there(self, unused_tcp_port_factory: Callable[[], int]) -> None:
        transport = GrpcWebTransport(ServerConfig(f"http://127.0.0.1:{unused_tcp_port_factory()}"))
        with pytest.raises(CallFailed, match=r"127\.0\.0\.1:.*: Connection refused") as caught:
            await info(transport)
        assert caught.value.code == StatusCode.UNAVAILABLE
        await transport.close()

    @pytest.mark.parametrize("token", ["se\ncret", "se\udc80cret"])
    async def test_a_token_that_cannot_be_sent_stays_secret(self, transport: GrpcWebTransport, token: str) -> None:
        with pytest.raises(CallFailed, match="characters that no header may have") as caught:
            await info(transport, metadata=(("authorization", f"Bearer {token}"),))
        assert caught.value.code == StatusCode.INVALID_ARGUMENT
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__

    async def test_streams_from_the_caller(self, transport: GrpcWebTransport) -> None:
        async def nothing() -> AsyncIterator[Any]:
            return
            yield

        with pytest.raises(CallFailed, match="do not work over gRPC-Web") as caught:
            await transport.send_stream(METHODS["WriteToFileStream"], nothing(), timeout=1, metadata=())
        assert caught.value.code == StatusCode.UNIMPLEMENTED
        with pytest.raises(CallFailed, match="do not work over gRPC-Web"):
            _ = [each async for each in transport.both_streams(METHODS["AppAgentChannel"], nothing(), timeout=1, metadata=())]

    async def test_an_authority_that_is_none(self, make: Callable[..., GrpcWebTransport], tmp_path: Any) -> None:
        (tmp_path / "no.pem").write_text("no certificate")
        transport = GrpcWebTransport(ServerConfig("https://127.0.0.1:1", ca_file=tmp_path / "no.pem"))
        with pytest.raises(ConfigError, match="holds no certificate"):
            await info(transport)


class TestStreams:
    async def test_each_message_as_it_comes(self, server: Scripted, transport: GrpcWebTransport) -> None:
        replies = [framed(pb.SubFilesReply(subFiles=[pb.CloudDriveFile(name=name)]).SerializeToString()) for name in "ab"]
        server.then(head(), *chunked(replies[0][:3], replies[0][3:], end=False), None)
        opened: list[bool] = []
        messages = transport.stream(LIST, pb.ListSubFileRequest(), timeout=None, metadata=(), on_open=lambda: opened.append(True))
        async with aclosing(messages):
            message: Any = await anext(messages)
            assert opened == [True]
            assert message.subFiles[0].name == "a"
        # Leaving early ends the call at the server.
        async with asyncio.timeout(5):
            await server.left.wait()

    async def test_it_stands_before_the_first_message(self, server: Scripted, transport: GrpcWebTransport) -> None:
        server.then(head(), None)
        opened = asyncio.Event()
        messages = transport.stream(LIST, pb.ListSubFileRequest(), timeout=None, metadata=(), on_open=opened.set)
        reading = asyncio.ensure_future(anext(messages))
        async with asyncio.timeout(5):
            await opened.wait()
            assert not reading.done()
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            await server.left.wait()

    async def test_not_opened_by_a_refusal(self, server: Scripted, transport: GrpcWebTransport) -> None:
        server.then(head(headers=WEB + "grpc-status: 16\r\n", length=0))
        opened: list[bool] = []
        with pytest.raises(CallFailed, match="status 16"):
            async for _ in transport.stream(
                LIST, pb.ListSubFileRequest(), timeout=None, metadata=(), on_open=lambda: opened.append(True)
            ):
                pass
        assert not opened

    async def test_a_peer_that_does_not_end_after_the_last_frame(self, server: Scripted, transport: GrpcWebTransport) -> None:
        server.then(head(), *chunked(READY, OK, end=False), None)
        assert (await info(transport, timeout=60)).SystemReady


class TestDeadlines:
    @pytest.mark.parametrize("parts", [[None], [head(), None], [head(), *chunked(READY[:4], end=False), None]])
    async def test_whatever_is_missing(self, server: Scripted, transport: GrpcWebTransport, parts: list[bytes | None]) -> None:
        server.then(*parts)
        with pytest.raises(CallFailed) as caught:
            await info(transport, timeout=0.2)
        assert caught.value.code == StatusCode.DEADLINE_EXCEEDED
        async with asyncio.timeout(5):
            await server.left.wait()

    async def test_cancelling_ends_the_call(self, server: Scripted, transport: GrpcWebTransport) -> None:
        server.then(None)
        task = asyncio.create_task(info(transport, timeout=None))
        await server.asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(5):
            await server.left.wait()

    async def test_a_connection_that_never_stands(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"https://127.0.0.1:{silent.getsockname()[1]}"
            transport = GrpcWebTransport(ServerConfig(url, timeouts=Timeouts(connect=0.2), insecure=True))
            with pytest.raises(CallFailed, match=r"no connection within 0\.2 s") as caught:
                await info(transport)
            assert caught.value.code == StatusCode.UNAVAILABLE
            await transport.close()


class TestClosing:
    async def test_ends_what_runs(self, server: Scripted, transport: GrpcWebTransport) -> None:
        server.then(head(), None)
        task = asyncio.create_task(info(transport, timeout=None))
        await server.asked.wait()
        await transport.close()
        await transport.close()
        with pytest.raises((CallFailed, asyncio.CancelledError)):
            async with asyncio.timeout(5):
                await task

    async def test_is_for_good(self, transport: GrpcWebTransport) -> None:
        await transport.close()
        with pytest.raises(ConnectError, match="this client is closed"):
            await info(transport)
