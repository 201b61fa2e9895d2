"""Plain HTTP against servers and clouds with manners of their own: redirects, no ranges, bodies that end early."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from clouddrive2 import errors
from clouddrive2.config import ServerConfig, Timeouts
from clouddrive2.transport.rest import Answer, Rest, _content_range

SECRET = {"Cookie": "SECRET"}


@dataclass
class HttpServer:
    """Answers each path with the bytes laid down for it, and keeps what was asked."""

    url: str = ""
    answers: dict[str, bytes] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def answer(self, path: str, status: str, body: bytes = b"", **headers: object) -> None:
        shown = {"Content-Length": len(body), **{name.replace("_", "-"): value for name, value in headers.items()}}
        head = "".join(f"{name}: {value}\r\n" for name, value in shown.items())
        self.answers[path] = f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *rest = head.strip().split("\r\n")
        path = first.split(" ")[1]
        self.requests.append((path, {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}))
        writer.write(self.answers[path])
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def http_server(host: str = "127.0.0.1") -> AsyncIterator[HttpServer]:
    answering = HttpServer()
    server = await asyncio.start_server(answering.serve, host, 0)
    async with server:
        answering.url = f"http://{host}:{server.sockets[0].getsockname()[1]}"
        yield answering


@pytest.fixture
async def server() -> AsyncIterator[HttpServer]:
    async with http_server() as server:
        yield server


@pytest.fixture
async def cloud() -> AsyncIterator[HttpServer]:
    async with http_server() as cloud:
        yield cloud


@pytest.fixture
async def rest(server: HttpServer) -> AsyncIterator[Rest]:
    rest = Rest(ServerConfig(server.url, timeouts=Timeouts(idle=5, connect=2)))
    yield rest
    await rest.close()


async def body(answer: Answer) -> bytes:
    return b"".join([piece async for piece in answer.pieces()])


class TestRequests:
    async def test_what_is_sent(self, server: HttpServer, rest: Rest) -> None:
        server.answer("/f", "200 OK", b"content")
        async with rest.get(f"{server.url}/f", path="/C/f", headers=SECRET) as answer:
            assert await body(answer) == b"content"
            assert (answer.start, answer.total, answer.tag, answer.modified) == (0, 7, None, None)
        [(_, headers)] = server.requests
        assert headers["accept-encoding"] == "identity" and headers["cookie"] == "SECRET"
        assert "range" not in headers and "authorization" not in headers

    @pytest.mark.parametrize(
        ("start", "end", "header"), [(5, None, "bytes=5-"), (5, 9, "bytes=5-8"), (0, 9, "bytes=0-8"), (0, None, None)]
    )
    async def test_ranges(self, server: HttpServer, rest: Rest, start: int, end: int | None, header: str | None) -> None:
        server.answer("/f", "206 Partial Content", b"56", Content_Range="bytes 5-6/10", ETag='"a"', Last_Modified="then")
        async with rest.get(f"{server.url}/f", path="/C/f", start=start, end=end, unless_changed='"a"') as answer:
            assert (answer.start, answer.total, answer.tag, answer.modified) == (5, 10, '"a"', "then")
        [(_, headers)] = server.requests
        assert headers.get("range") == header
        assert headers.get("if-range") == ('"a"' if header else None)

    async def test_a_weak_tag_is_none(self, server: HttpServer, rest: Rest) -> None:
        server.answer("/f", "200 OK", b"x", ETag='W/"a"')
        async with rest.get(f"{server.url}/f", path="/C/f") as answer:
            assert answer.tag is None

    async def test_behind_the_end(self, server: HttpServer, rest: Rest) -> None:
        server.answer("/f", "416 Range Not Satisfiable", Content_Range="bytes */10")
        async with rest.get(f"{server.url}/f", path="/C/f", start=11) as answer:
            assert answer.is_past_end and answer.total == 10

    @pytest.mark.parametrize(
        ("text", "meaning"),
        [
            ("bytes 5-9/10", (5, 10)),
            ("bytes 5-9/*", (5, None)),
            ("bytes */10", (10, 10)),
            (" bytes  0-0/1 ", (0, 1)),
            ("", (0, None)),
            ("items 1-2/3", (0, None)),
            ("bytes -5/10", (0, None)),
        ],
    )
    def test_content_range(self, text: str, meaning: tuple[int, int | None]) -> None:
        assert _content_range(text) == meaning


class TestRedirects:
    @pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
    async def test_within_the_server_keep_the_headers(self, server: HttpServer, rest: Rest, status: str) -> None:
        server.answer("/f", status, Location="/other?x=1")
        server.answer("/other?x=1", "200 OK", b"there")
        async with rest.get(f"{server.url}/f", path="/C/f", headers=SECRET, start=3) as answer:
            assert await body(answer) == b"there"
        assert all(headers["cookie"] == "SECRET" and headers["range"] == "bytes=3-" for _, headers in server.requests)

    async def test_to_another_host_drop_what_is_private(self, server: HttpServer, cloud: HttpServer, rest: Rest) -> None:
        server.answer("/f", "302 Found", Location=f"{cloud.url}/x")
        cloud.answer("/x", "200 OK", b"from the cloud")
        async with rest.get(f"{server.url}/f", path="/C/f", headers=SECRET, start=3) as answer:
            assert await body(answer) == b"from the cloud"
        [(_, headers)] = cloud.requests
        assert "cookie" not in headers and headers["range"] == "bytes=3-"

    async def test_in_circles(self, server: HttpServer, rest: Rest) -> None:
        server.answer("/f", "302 Found", Location="/f")
        with pytest.raises(errors.OperationFailed, match="/C/f: the server sends the reader around in circles"):
            async with rest.get(f"{server.url}/f", path="/C/f"):
                pass
        assert len(server.requests) == 6

    @pytest.mark.parametrize("location", ["ftp://x/y", "file:///etc/passwd", "http://[bad/"])
    async def test_to_nowhere(self, server: HttpServer, rest: Rest, location: str) -> None:
        server.answer("/f", "302 Found", Location=location)
        with pytest.raises(errors.OperationFailed, match="sends the reader to an address that is none"):
            async with rest.get(f"{server.url}/f", path="/C/f"):
                pass


class TestRefusals:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            ("400 Bad Request", errors.InvalidRequest),
            ("401 Unauthorized", errors.Unauthenticated),
            ("403 Forbidden", errors.PermissionDenied),
            ("404 Not Found", errors.NotFound),
            ("410 Gone", errors.NotFound),
            ("429 Too Many Requests", errors.Throttled),
            ("500 Internal Server Error", errors.OperationFailed),
            ("418 Teapot", errors.OperationFailed),
        ],
    )
    async def test_each_is_one_of_ours(self, server: HttpServer, rest: Rest, status: str, kind: type[errors.Error]) -> None:
        server.answer("/f?sign=SECRET", status, b"a short reason\n")
        with pytest.raises(errors.Error, match=rf"^/C/f: .* \(HTTP {status[:3]}: a short reason\)") as caught:
            async with rest.get(f"{server.url}/f?sign=SECRET", path="/C/f"):
                pass
        assert type(caught.value) is kind
        assert "SECRET" not in str(caught.value)

    @pytest.mark.parametrize("page", [b"<html><body>nginx</body></html>", b"several\nlines", b""])
    async def test_pages_are_not_shown(self, server: HttpServer, rest: Rest, page: bytes) -> None:
        server.answer("/f", "404 Not Found", page)
        with pytest.raises(errors.NotFound, match=r"/C/f: does not exist \(HTTP 404\)$"):
            async with rest.get(f"{server.url}/f", path="/C/f"):
                pass


class TestBrokenAnswers:
    async def test_a_body_that_ends_early(self, server: HttpServer, rest: Rest) -> None:
        server.answers["/f"] = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"
        async with rest.get(f"{server.url}/f", path="/C/f") as answer:
            with pytest.raises(errors.ConnectError, match="the download: the connection failed"):
                await body(answer)

    @pytest.mark.parametrize("nonsense", [b"", b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n"])
    async def test_no_http_at_all(self, server: HttpServer, rest: Rest, nonsense: bytes) -> None:
        server.answers["/f"] = nonsense
        with pytest.raises(errors.Error) as caught:
            async with rest.get(f"{server.url}/f", path="/C/f"):
                pass
        assert type(caught.value) in (errors.ConnectError, errors.OperationFailed)

    async def test_nobody_there(self, server: HttpServer, rest: Rest) -> None:
        with pytest.raises(errors.ConnectError, match="the cloud's own server: the connection failed"):
            async with rest.get("http://127.0.0.1:1/f?sign=SECRET", path="/C/f"):
                pass

    async def test_silence(self, server: HttpServer) -> None:
        server.answers["/f"] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
        hanging = asyncio.Event()

        async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await hanging.wait()
            writer.close()

        silent = await asyncio.start_server(hang, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}"
        rest = Rest(ServerConfig(url, timeouts=Timeouts(idle=0.1)))
        async with silent:
            with pytest.raises(errors.Timeout, match="no answer in time"):
                async with rest.get(f"{url}/f", path="/C/f"):
                    pass
            hanging.set()
        await rest.close()
        await rest.close()
