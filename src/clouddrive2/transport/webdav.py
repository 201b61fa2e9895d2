"""The server's WebDAV under ``/dav``: look, make folders, put, move, delete (protocol.md §15).

Requests are sent by the transport layer of httpx, not by its client: that one logs whole URLs. The name and the password go
with the first request: a server that had to ask for them would ask when a whole file has been sent already.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from clouddrive2.config import ServerConfig
from clouddrive2.errors import (
    AlreadyExists,
    ConfigError,
    Error,
    InvalidRequest,
    NotFound,
    OperationFailed,
    PermissionDenied,
    ServerFailed,
    Throttled,
    Unsupported,
)
from clouddrive2.models import paths
from clouddrive2.models.files import Entry, EntryKind
from clouddrive2.transport.base import CallFailed, StatusCode
from clouddrive2.transport.closing import close_fully, pieces_of
from clouddrive2.transport.multistatus import ASKED, NotMultiStatus, Resource, parse
from clouddrive2.transport.retry import RetryLoop
from clouddrive2.transport.status import error_from_failure
from clouddrive2.transport.tls import client_context

if TYPE_CHECKING:
    import httpx

__all__ = ["NO_SERVICE", "SERVED_AT", "WebDav"]

SERVED_AT = "/dav"
REDIRECTS = frozenset({301, 302, 307, 308})
# What a proxy answers when the server behind it is away, or a server whose cloud is not ready.
AWAY = frozenset({502, 503, 504})
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Verb:
    """A kind of request; ``repeatable`` when a second one does no harm after the answer to the first was lost."""

    name: str
    repeatable: bool


# A folder that a lost MKCOL made is found by the next one, and a file that a lost DELETE took is missed by it.
PROPFIND, MKCOL, DELETE = Verb("PROPFIND", True), Verb("MKCOL", True), Verb("DELETE", True)
PUT, MOVE = Verb("PUT", False), Verb("MOVE", False)

NO_SERVICE = "what answers there serves no WebDAV; switch it on in the server's settings, and let a proxy pass /dav on"
# code -> (exception, what to say); what a verb alone means by it comes first.
BY_VERB: dict[tuple[str, int], tuple[type[Error], str]] = {
    ("MKCOL", 405): (AlreadyExists, "exists already"),
    ("MOVE", 412): (AlreadyExists, "the name was taken meanwhile; choose to skip, overwrite or rename"),
    ("PUT", 409): (NotFound, "the folder around it does not exist"),
    ("MKCOL", 409): (NotFound, "the folder around it does not exist"),
    ("MOVE", 409): (NotFound, "the folder around it does not exist"),
}
REFUSALS: dict[int, tuple[type[Error], str]] = {
    400: (InvalidRequest, "the server rejects the request; its cloud may not take the name"),
    401: (
        PermissionDenied,
        "the server's WebDAV refuses this name or password; set dav_username and dav_password to those of one of its "
        "WebDAV users, or let the account in by the server's WebDAV settings",
    ),
    403: (PermissionDenied, "WebDAV does not allow it; check whether the WebDAV user or the cloud is read-only"),
    404: (NotFound, "does not exist"),
    405: (Unsupported, NO_SERVICE),
    409: (OperationFailed, "something is in the way, or the folder around it is missing"),
    412: (OperationFailed, "it has been changed meanwhile"),
    413: (InvalidRequest, "the file is too large for the server, or for a proxy in front of it (nginx: client_max_body_size 0)"),
    414: (InvalidRequest, "the path is too long for the server, or for a proxy in front of it"),
    423: (OperationFailed, "somebody has locked it; try again when he is done"),
    429: (Throttled, "the server asks to slow down; wait and try again"),
    501: (Unsupported, NO_SERVICE),
    507: (OperationFailed, "no room is left in the cloud or in the server; make some"),
}


class WebDav:
    """Requests to one server. Connections are made on first use, kept, and closed by :meth:`close`.

    Paths are cloud paths; they have to lie in what the WebDAV user sees (``dav_root``). Missing ones raise NotFound, every
    other refusal one of the errors of ``REFUSALS``; no answer raises ConnectError or Timeout.

    Args:
        server: Address, name and password, TLS settings, deadlines. Proxies of the environment are ignored.
        retry: Repeats what may be repeated; built from ``server.retry`` by default.
        check: Called before every request; raises when none may be made.

    Attributes:
        root: The cloud path of what the WebDAV user sees.
    """

    def __init__(self, server: ServerConfig, *, retry: RetryLoop | None = None, check: Callable[[], None] | None = None) -> None:
        self._server = server
        self._retry = retry or RetryLoop(server.retry)
        self._check = check
        self.root = paths.normalise(server.dav_root)
        self._http: httpx.AsyncHTTPTransport | None = None
        self._opening = asyncio.Lock()

    @property
    def user(self) -> str | None:
        """Whose name goes with every request; ``None`` when there are no credentials."""
        server = self._server
        if server.dav_username is not None and server.dav_password is not None:
            return server.dav_username
        return server.username if server.username is not None and server.password is not None else None

    def covers(self, path: str) -> bool:
        """Whether a cloud path lies in what the WebDAV user sees."""
        return paths.is_below(paths.normalise(path), self.root)

    async def stat(self, path: str) -> Entry:
        """One entry: kind, size and times; WebDAV knows no hashes. May be repeated."""
        response = await self._propfind(path, "0")
        found = self._resources(response, path)
        if not found:
            raise NotFound(f"PROPFIND: {path}: does not exist", path=path, rpc="PROPFIND")
        return _entry(path, found[0])

    async def children(self, path: str) -> list[Entry]:
        """The entries of a folder, in no order. May be repeated."""
        found = self._resources(await self._propfind(path, "1"), path)
        own = self._url(path, is_folder=True).partition(self._server.target)[2]
        entries: list[Entry] = []
        for resource in found:
            at = unquote(urlsplit(resource.href).path).rstrip("/")
            if at != unquote(own).rstrip("/"):
                entries.append(_entry(paths.join(path, at.rpartition("/")[2]), resource))
        return entries

    async def make_folder(self, path: str) -> None:
        """One folder; the one around it has to exist.

        Raises:
            AlreadyExists: Something has the name, a folder or a file.
        """
        await self._ask(MKCOL, path, is_folder=True)

    async def put(self, path: str, pieces: AsyncIterable[bytes], size: int, *, meant: str | None = None) -> None:
        """Write a whole file. Never repeated: the pieces are gone once sent.

        Args:
            path: Where to; what stands there is replaced.
            pieces: The content. What it raises is raised here, and the server, which misses the rest, keeps nothing.
            size: How many bytes that are.
            meant: Where it will be in the end, for messages; ``path`` by default.
        """
        headers = {"Content-Length": str(size), "Content-Type": "application/octet-stream"}
        await self._ask(PUT, path, headers=headers, content=pieces, patience=self._server.timeouts.data, told=meant)

    async def move(self, path: str, to: str, *, replace: bool) -> None:
        """Give a file another path.

        Args:
            path, to: From where to where.
            replace: Put it in place of what stands there.

        Raises:
            AlreadyExists: Something stands there, and it is not to be replaced.
        """
        # Without scheme and host (RFC 4918 §10.3): those that the server knows itself by may be others behind a proxy.
        destination = self._url(to).removeprefix(self._server.url)
        headers = {"Destination": destination, "Overwrite": "T" if replace else "F"}
        response = await self._ask(MOVE, path, headers=headers, told=to)
        if response.code == 207:
            # Part of it could not be done; of one file that is all of it.
            raise OperationFailed(f"MOVE: {path}: the server could not move it to {to}", path=path, rpc="MOVE")

    async def delete(self, path: str) -> None:
        """Delete a file, or a folder with all it holds."""
        await self._ask(DELETE, path)

    async def close(self) -> None:
        """Close all connections. May be called twice."""
        http, self._http = self._http, None
        if http is not None:
            await http.aclose()

    async def _propfind(self, path: str, depth: str) -> _Answered:
        headers = {"Depth": depth, "Content-Type": "application/xml; charset=utf-8"}
        try:
            return await self._ask(PROPFIND, path, headers=headers, content=ASKED, whole=True)
        except _SentOn:
            # Some servers and proxies want a folder's address to end as one.
            return await self._ask(PROPFIND, path, headers=headers, content=ASKED, whole=True, is_folder=True)

    def _resources(self, response: _Answered, path: str) -> list[Resource]:
        try:
            if response.code != 207:
                raise NotMultiStatus(f"HTTP {response.code}")
            return parse(response.body)
        except NotMultiStatus as error:
            raise Unsupported(f"PROPFIND: {path}: {NO_SERVICE} ({error})", path=path, rpc="PROPFIND") from error

    async def _ask(
        self,
        verb: Verb,
        path: str,
        *,
        is_folder: bool = False,
        headers: dict[str, str] | None = None,
        content: bytes | AsyncIterable[bytes] = b"",
        whole: bool = False,
        patience: float | None = None,
        told: str | None = None,
    ) -> _Answered:
        """One request and a good answer to it; ``whole`` reads all of its body. Messages name ``told``, or else the path.

        Raises:
            clouddrive2.Error: The answer is no, or there is none.
        """
        if self._check is not None:
            self._check()
        told, url = told or path, self._url(path, is_folder=is_folder)
        sent = {**self._credentials(), **(headers or {})}

        async def attempt() -> _Answered:
            return await self._send(verb, url, sent, content, whole=whole, patience=patience)

        try:
            answered = await self._retry.run(attempt, verb)
        except CallFailed as failure:
            raise error_from_failure(failure, verb.name, told) from failure
        if answered.code in REDIRECTS:
            if verb is PROPFIND and not is_folder:
                raise _SentOn
            raise Unsupported(f"{verb.name}: {told}: {NO_SERVICE} (HTTP {answered.code})", path=told, rpc=verb.name)
        if answered.code >= 400:
            raise _refusal(verb, told, answered)
        return answered

    async def _send(
        self,
        verb: Verb,
        url: str,
        headers: dict[str, str],
        content: bytes | AsyncIterable[bytes],
        *,
        whole: bool,
        patience: float | None,
    ) -> _Answered:
        import httpx

        limits = self._server.timeouts
        seconds = patience or limits.slow
        timeout = httpx.Timeout(seconds, connect=limits.connect, pool=None)
        http = await self._opened()
        request = httpx.Request(verb.name, url, headers=headers, content=content, extensions={"timeout": timeout.as_dict()})
        try:
            response = await http.handle_async_request(request)
            try:
                body = await _body(response, whole=whole and response.status_code < 400)
            finally:
                await close_fully(response)
        except httpx.TimeoutException as error:
            doing = "connecting" if isinstance(error, httpx.ConnectTimeout) else "its answer"
            raise CallFailed(StatusCode.DEADLINE_EXCEEDED, f"{self._server.url}: no answer in time, {doing}") from error
        except (httpx.TransportError, httpx.StreamError) as error:
            text = str(error) or type(error).__name__
            raise CallFailed(StatusCode.UNAVAILABLE, f"{self._server.url}: {text}") from error
        if response.status_code in AWAY:
            detail = _reason(response.status_code, body)
            raise CallFailed(StatusCode.UNAVAILABLE, f"the server, or what is behind a proxy, is not available: {detail}")
        return _Answered(response.status_code, body)

    async def _opened(self) -> httpx.AsyncHTTPTransport:
        # Costs 0.15 s to import: loaded with the first request, not with every client.
        import httpx

        async with self._opening:
            if self._http is None:
                verify = await asyncio.to_thread(client_context, self._server) if self._server.is_tls else False
                self._http = httpx.AsyncHTTPTransport(verify=verify, trust_env=False)
            return self._http

    def _credentials(self) -> dict[str, str]:
        server = self._server
        own = server.dav_username is not None and server.dav_password is not None
        name, password = (server.dav_username, server.dav_password) if own else (server.username, server.password)
        if name is None or password is None:
            raise ConfigError(
                "WebDAV needs a name and a password: sign in with those of the account, or set dav_username and dav_password"
            )
        return {"Authorization": f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"}

    def _url(self, path: str, *, is_folder: bool = False) -> str:
        given = paths.normalise(path)
        if not paths.is_below(given, self.root):
            raise InvalidRequest(f"{path} lies outside of {self.root}, which is all that WebDAV shows here", path=path)
        below = given if self.root == "/" else given[len(self.root) :]
        # Everything but the slashes is escaped: a name may have what means something else in an address.
        escaped = quote(below.encode("utf-8", "surrogateescape"), safe="/").rstrip("/")
        return f"{self._server.url}{SERVED_AT}{escaped}{'/' if is_folder or not escaped else ''}"


class _SentOn(Exception):
    """The address is not the one the server goes by."""


@dataclass(frozen=True, slots=True)
class _Answered:
    code: int
    body: bytes


async def _body(response: httpx.Response, *, whole: bool) -> bytes:
    """All of a body that is wanted; of any other what is worth showing. The rest is left, and the connection with it."""
    parts: list[bytes] = []
    size = 0
    async for part in pieces_of(response):
        parts.append(part)
        size += len(part)
        if not whole and size > 16 * 1024:
            break
    return b"".join(parts)


def _refusal(verb: Verb, path: str, answered: _Answered) -> Error:
    code = answered.code
    other = (ServerFailed, "the server failed") if code >= 500 else (OperationFailed, "the server refuses")
    kind, saying = BY_VERB.get((verb.name, code)) or REFUSALS.get(code, other)
    return kind(f"{verb.name}: {path}: {saying} ({_reason(code, answered.body)})", path=path, rpc=verb.name)


def _reason(code: int, body: bytes) -> str:
    """Pages of a server or a proxy say nothing to people; a short line does."""
    text = body[:LONGEST_REASON].decode("utf-8", "replace").strip()
    return f"HTTP {code}" if not text or "<" in text or "\n" in text else f"HTTP {code}: {text}"


def _entry(path: str, resource: Resource) -> Entry:
    kind = EntryKind.FOLDER if resource.is_folder else EntryKind.FILE
    size = 0 if resource.is_folder or resource.size is None else resource.size
    return Entry(path, paths.name_of(path), kind, size, resource.modified, resource.created)
