"""Bytes from the drive, over the server's ``/static`` address, with ranges and resume (protocol.md §6)."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

from clouddrive2.errors import (
    AlreadyExists,
    ConfigError,
    ConnectError,
    Error,
    HashMismatch,
    NotFound,
    NotVerified,
    OperationFailed,
    PermissionDenied,
    Timeout,
)
from clouddrive2.models.files import DownloadLink, Entry
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["Downloads"]

CHUNK = 256 * 1024
# A cloud that is not ready answers 502; it is asked again every second for a minute (protocol.md §6.3).
NOT_READY_PAUSE, NOT_READY_TRIES = 1.0, 60
BROKEN_TRIES = 5


class Downloads:
    """What ``client.files`` needs to read."""

    def __init__(self, caller: Caller, stat: Callable[[str], Awaitable[Entry]]) -> None:
        self._caller = caller
        self._stat = stat

    async def link(self, sent: str, path: str) -> DownloadLink:
        """The template filled in."""
        info = await self._caller.unary(
            "GetDownloadUrlPath", pb.GetDownloadUrlPathRequest(path=sent), pb.DownloadUrlPathInfo, path=path
        )
        expires = info.expiresIn if info.HasField("expiresIn") else None
        headers = dict(info.additionalHeaders)
        if info.userAgent:
            headers["User-Agent"] = info.userAgent
        if info.directUrl:
            return DownloadLink(info.directUrl, headers, expires, is_direct=True)
        server = self._caller.server
        scheme, _, host = server.url.partition("://")
        filled = info.downloadUrlPath.replace("{SCHEME}", scheme).replace("{HOST}", host).replace("{PREVIEW}", "false")
        return DownloadLink(server.url + filled, headers, expires)

    async def read(self, sent: str, path: str, start: int, length: int | None) -> AsyncIterator[bytes]:
        """Bytes from ``start``; a broken connection is taken up where it broke, as long as the content is the same."""
        if start < 0 or (length is not None and length < 0):
            raise ConfigError(f"{path}: start and length must not be negative", path=path)
        position, end = start, None if length is None else start + length
        tag: str | None = None
        failures = 0
        async with await self._http() as http:
            while end is None or position < end:
                try:
                    async with self._open(http, sent, path, position, end, tag) as response:
                        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                            return
                        tag = tag or response.headers.get("etag") or response.headers.get("last-modified")
                        async for chunk in response.aiter_raw(CHUNK):
                            position += len(chunk)
                            failures = 0
                            yield chunk
                        return
                except httpx.TransportError as error:
                    failures += 1
                    if failures >= BROKEN_TRIES:
                        kind = Timeout if isinstance(error, httpx.TimeoutException) else ConnectError
                        raise kind(f"reading {path}: the connection broke at byte {position}; try again", path=path) from error
                    await asyncio.sleep(0.2 * 2**failures)

    async def download(
        self,
        sent: str,
        path: str,
        to: Path,
        *,
        overwrite: bool,
        resume: bool,
        on_progress: Callable[[int, int], object] | None,
    ) -> Path:
        """See ``AsyncFiles.download``."""
        entry = await self._stat(path)
        if not entry.is_file:
            raise ConfigError(f"{path} is a folder; only files can be downloaded", path=path)
        target = await asyncio.to_thread(_target, to, entry.name, overwrite)
        partial = Partial(target, entry)
        try:
            have = await asyncio.to_thread(partial.open, resume)
            if on_progress is not None:
                on_progress(have, entry.size)
            async with contextlib.aclosing(self.read(sent, path, have, None)) as chunks:  # type: ignore[type-var]  # an async generator
                async for chunk in chunks:
                    have += await asyncio.to_thread(partial.write, chunk)
                    if on_progress is not None:
                        on_progress(have, entry.size)
            await asyncio.to_thread(partial.finish)
        except OSError as error:
            if isinstance(error, Error):
                raise
            raise OperationFailed(f"writing {target}: {error.strerror or error}", path=str(target)) from error
        finally:
            partial.close()
        return target

    async def _http(self) -> httpx.AsyncClient:
        server = self._caller.server
        verify: ssl.SSLContext | bool = not server.insecure
        if server.ca_file is not None and not server.insecure:
            verify = await asyncio.to_thread(_context, server.ca_file)
        timeout = httpx.Timeout(server.timeouts.idle, connect=server.timeouts.connect)
        return httpx.AsyncClient(trust_env=False, verify=verify, timeout=timeout, follow_redirects=True)

    @contextlib.asynccontextmanager
    async def _open(
        self, http: httpx.AsyncClient, sent: str, path: str, start: int, end: int | None, tag: str | None
    ) -> AsyncIterator[httpx.Response]:
        for attempt in range(NOT_READY_TRIES + 1):
            link = await self.link(sent, path)
            headers = {"Accept-Encoding": "identity", **link.headers}
            if start or end is not None:
                headers["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
            async with http.stream("GET", link.url, headers=headers) as response:
                if response.status_code == httpx.codes.BAD_GATEWAY and attempt < NOT_READY_TRIES:
                    await asyncio.sleep(NOT_READY_PAUSE)
                    continue
                _check(response, path, start, tag)
                yield response
                return


class Partial:
    """A download on its way: a hidden file beside its target, and a note of what it is a part of."""

    def __init__(self, target: Path, entry: Entry) -> None:
        self._target = target
        self._entry = entry
        self._file = target.with_name(f".{target.name}.cd2-partial")
        self._note = target.with_name(f".{target.name}.cd2-partial.json")
        self._handle: Any = None
        self._have = 0
        known = entry.hashes
        self._wanted = known.sha1 or known.md5
        self._hash = hashlib.sha1(usedforsecurity=False) if known.sha1 else hashlib.md5(usedforsecurity=False)

    def open(self, resume: bool) -> int:
        """Open it; how many bytes are here already and belong to the same content."""
        identity = {
            "path": self._entry.path,
            "size": self._entry.size,
            "modified": self._entry.modified.isoformat() if self._entry.modified else None,
            "hash": self._wanted,
        }
        if resume and self._file.exists() and self._noted() == identity:
            self._handle = self._file.open("r+b")
            self._have = self._handle.seek(0, os.SEEK_END)
            if self._have <= self._entry.size:
                self._hash_what_is_here()
                return self._have
            self._handle.close()
        self._note.write_text(json.dumps(identity), encoding="utf-8")
        self._handle = self._file.open("wb")
        self._have = 0
        return 0

    def write(self, data: bytes) -> int:
        """Append; how many bytes."""
        self._handle.write(data)
        if self._wanted:
            self._hash.update(data)
        self._have += len(data)
        return len(data)

    def finish(self) -> None:
        """Check size and hash, then give the file its name in one step."""
        self._handle.flush()
        os.fsync(self._handle.fileno())
        self._handle.close()
        where = self._entry.path
        if self._have != self._entry.size:
            self._remove()
            raise NotVerified(f"{where}: {self._have} bytes came, the drive says {self._entry.size}; try again", path=where)
        if self._wanted and self._hash.hexdigest().lower() != self._wanted:
            self._remove()
            raise HashMismatch(f"{where}: what came has another hash than the drive says; try again", path=where)
        self._file.replace(self._target)
        self._note.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file; what is here stays for a later attempt."""
        if self._handle is not None:
            self._handle.close()

    def _noted(self) -> object:
        try:
            return json.loads(self._note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def _hash_what_is_here(self) -> None:
        if self._wanted:
            self._handle.seek(0)
            while piece := self._handle.read(1 << 20):
                self._hash.update(piece)

    def _remove(self) -> None:
        self._file.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)


def _target(to: Path, name: str, overwrite: bool) -> Path:
    target = to / name if to.is_dir() else to
    if target.is_dir():
        raise AlreadyExists(f"{target} is a folder; choose another name", path=str(target))
    if target.exists() and not overwrite:
        raise AlreadyExists(f"{target} exists already; allow replacing it, or choose another name", path=str(target))
    if not target.parent.is_dir():
        raise NotFound(f"the folder {target.parent} does not exist; create it first", path=str(target.parent))
    return target


def _context(ca_file: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"the certificate file {ca_file} cannot be used: {error}", path=str(ca_file)) from error


def _check(response: httpx.Response, path: str, start: int, tag: str | None) -> None:
    code = response.status_code
    if code in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
        now = response.headers.get("etag") or response.headers.get("last-modified")
        if tag is not None and now != tag:
            raise OperationFailed(f"{path} changed while it was read; start again", path=path)
        if start and code == httpx.codes.OK:
            raise OperationFailed(f"{path}: the server ignores ranges, so reading cannot be taken up", path=path)
        return
    if code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
        return
    if code == httpx.codes.NOT_FOUND:
        raise NotFound(f"{path} does not exist", path=path)
    if code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise PermissionDenied(f"{path}: the server does not let this link read (HTTP {code})", path=path)
    raise OperationFailed(f"{path}: the server answered HTTP {code}", path=path)
