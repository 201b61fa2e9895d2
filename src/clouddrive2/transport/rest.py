"""Plain HTTP beside the RPCs: where the bytes of files come from (protocol.md §6.3).

Requests are sent by the transport layer of httpx, not by its client: that one logs whole URLs, and ours are credentials.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urljoin, urlsplit

from clouddrive2.config import ServerConfig
from clouddrive2.errors import (
    ConnectError,
    Error,
    InvalidRequest,
    NotFound,
    OperationFailed,
    PermissionDenied,
    Throttled,
    Timeout,
    Unauthenticated,
)
from clouddrive2.transport.closing import close_fully, pieces_of
from clouddrive2.transport.limits import RateLimit
from clouddrive2.transport.tls import client_context

if TYPE_CHECKING:
    import httpx

__all__ = ["Answer", "Rest"]

# While a cloud is not ready the server answers 502: asked again every second, for up to a minute (protocol.md §6.3).
NOT_READY = frozenset({502, 503, 504})
NOT_READY_PAUSE, NOT_READY_SECONDS = 1.0, 60.0
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 5
REFUSALS: dict[int, tuple[type[Error], str]] = {
    400: (InvalidRequest, "the server rejects the request"),
    401: (Unauthenticated, "the link is not valid for reading"),
    403: (PermissionDenied, "the server does not let this link read"),
    404: (NotFound, "does not exist"),
    410: (NotFound, "does not exist any more"),
    429: (Throttled, "the server asks to slow down; wait and try again"),
}


class Answer:
    """The server's answer to a request for bytes: its head now, its body while the ``get`` block lasts.

    Attributes:
        is_range: It is the range asked for, or some range (status 206); else the whole file.
        start: Position of the first byte of the body.
        total: Size of the whole file; ``None`` when the server does not say.
        tag: The strong ``ETag``, or ``None``: what a later request can insist on.
        modified: ``Last-Modified`` as it came, or ``None``.
        is_past_end: The range asked for begins behind the end (status 416).
    """

    def __init__(self, response: httpx.Response, limit: RateLimit, path: str) -> None:
        self._response = response
        self._limit = limit
        self._path = path
        headers = response.headers
        tag = headers.get("etag")
        self.tag: str | None = None if tag is None or tag.startswith("W/") else tag
        self.modified: str | None = headers.get("last-modified")
        self.is_past_end = response.status_code == 416
        self.is_range = response.status_code == 206
        self.start, self.total = 0, None
        if response.status_code in (206, 416):
            self.start, self.total = _content_range(headers.get("content-range", ""))
        elif "content-length" in headers and "content-encoding" not in headers:
            self.total = int(headers["content-length"])

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The body as it arrives.

        Raises:
            ConnectError, Timeout: It broke off.
        """
        with _translated("the download"):
            async for piece in pieces_of(self._response):
                await self._limit.take(len(piece), self._path)
                yield piece


class Rest:
    """GET requests for links of one server. Connections are made on first use, kept, and closed by :meth:`close`.

    Args:
        server: Address, TLS settings, deadlines. Proxies of the environment are ignored, as for the channel.
        check: Called before every request; raises when none may be made.
        limit: Asked for every byte of a body before the next ones are read.
        sleep, clock: Taken from outside so that tests need not wait.
    """

    def __init__(
        self,
        server: ServerConfig,
        *,
        check: Callable[[], None] | None = None,
        limit: RateLimit | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server = server
        self._check = check
        self._limit = limit or RateLimit()
        self._sleep = sleep
        self._clock = clock
        self._transports: dict[bool, httpx.AsyncHTTPTransport] = {}

    @asynccontextmanager
    async def get(
        self,
        url: str,
        *,
        path: str,
        headers: dict[str, str] | None = None,
        start: int = 0,
        end: int | None = None,
        unless_changed: str | None = None,
    ) -> AsyncIterator[Answer]:
        """The bytes from ``start`` up to ``end``; leaving the block early ends the request.

        Args:
            url: Where; never shown in errors.
            path: The cloud path it stands for, shown in errors.
            headers: To send along; dropped when a redirect leads to another host (protocol.md §6.3).
            start, end: Which bytes, ``end`` excluded; all by default.
            unless_changed: A tag of an earlier answer: when the file has another one now, all of it comes (``start`` is 0).

        Raises:
            NotFound, PermissionDenied, Unauthenticated, Throttled, OperationFailed: The server refused.
            ConnectError, Timeout: No answer. Waits up to a minute for a cloud that is not ready.
        """
        if self._check is not None:
            self._check()
        sent = {"Accept-Encoding": "identity", "Accept": "*/*"}
        if start or end is not None:
            sent["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
            if unless_changed is not None:
                sent["If-Range"] = unless_changed
        give_up_at = self._clock() + NOT_READY_SECONDS
        while True:
            response = await self._follow(url, path, sent, headers or {})
            try:
                if response.status_code in NOT_READY and self._clock() < give_up_at:
                    await close_fully(response)
                    await self._sleep(NOT_READY_PAUSE)
                    continue
                if response.status_code not in (200, 206, 416):
                    raise await _refusal(response, path)
                yield Answer(response, self._limit, path)
                return
            finally:
                await close_fully(response)

    async def close(self) -> None:
        """Close all connections. May be called twice."""
        transports, self._transports = list(self._transports.values()), {}
        for transport in transports:
            await transport.aclose()

    async def _follow(self, url: str, path: str, sent: dict[str, str], private: dict[str, str]) -> httpx.Response:
        own = urlsplit(self._server.url).netloc
        first = urlsplit(url).netloc
        for _ in range(MOST_REDIRECTS + 1):
            at = _split(url)
            if at is None:
                raise OperationFailed(f"{path}: the server sends the reader to an address that is none", path=path)
            headers = {**sent, **private} if at.netloc == first else sent
            response = await self._send(url, headers, own=at.netloc == own)
            if response.status_code not in REDIRECTS or "location" not in response.headers:
                return response
            await close_fully(response)
            url = _joined(url, response.headers["location"])
        raise OperationFailed(f"{path}: the server sends the reader around in circles", path=path)

    async def _send(self, url: str, headers: dict[str, str], *, own: bool) -> httpx.Response:
        # Costs 0.15 s to import: loaded with the first download, not with every client.
        import httpx

        limits = self._server.timeouts
        timeout = httpx.Timeout(limits.idle, connect=limits.connect, pool=None)
        with _translated(self._server.url if own else "the cloud's own server"):
            request = httpx.Request("GET", url, headers=headers, extensions={"timeout": timeout.as_dict()})
            response = await (await self._transport(own)).handle_async_request(request)
            response.request = request
            return response

    async def _transport(self, own: bool) -> httpx.AsyncHTTPTransport:
        import httpx

        if own not in self._transports:
            # Our authority, or no check at all, is for our server; a cloud must show a certificate the system trusts.
            verify = await asyncio.to_thread(client_context, self._server if own else ServerConfig())
            self._transports.setdefault(own, httpx.AsyncHTTPTransport(verify=verify, trust_env=False))
        return self._transports[own]


def _split(url: str) -> SplitResult | None:
    """The parts of an address bytes can come from; ``None`` for any other."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.netloc else None


def _joined(url: str, location: str) -> str:
    """Where a redirect leads; empty when that is no address."""
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def _content_range(text: str) -> tuple[int, int | None]:
    """``bytes 5-9/10`` → (5, 10); ``bytes */10`` → (10, 10)."""
    if match := re.fullmatch(r"bytes\s+(?:(\d+)-\d+|\*)/(\d+|\*)", text.strip()):
        total = None if match[2] == "*" else int(match[2])
        return int(match[1]) if match[1] is not None else (total or 0), total
    return 0, None


async def _refusal(response: httpx.Response, path: str) -> Error:
    with _translated("the download"):
        text = (await response.aread())[:200].decode("utf-8", "replace").strip()
    code = response.status_code
    kind, saying = REFUSALS.get(code, (OperationFailed, "the server cannot deliver it"))
    # Pages of a proxy say nothing to people; a short line of the server does.
    reason = f"HTTP {code}" if not text or "<" in text or "\n" in text else f"HTTP {code}: {text}"
    return kind(f"{path}: {saying} ({reason})", path=path)


@contextmanager
def _translated(where: str) -> Iterator[None]:
    """No exception of the HTTP library leaves this module."""
    import httpx

    try:
        yield
    except httpx.TimeoutException as error:
        raise Timeout(f"{where}: no answer in time; try again, or raise the timeout") from error
    except httpx.TransportError as error:
        raise ConnectError(f"{where}: the connection failed ({str(error) or type(error).__name__}); try again") from error
    except (httpx.InvalidURL, httpx.HTTPError, httpx.StreamError) as error:
        raise OperationFailed(f"{where}: no proper answer ({type(error).__name__})") from error
