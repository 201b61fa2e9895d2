"""Bytes from the drive: as a stream that survives a broken connection, and as a local file (protocol.md §6)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from clouddrive2.api.partial import Partial
from clouddrive2.errors import ConfigError, ConnectError, HashMismatch, InvalidRequest, NotVerified, OperationFailed, Timeout
from clouddrive2.models.files import DownloadLink, Entry
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller
from clouddrive2.transport.rest import Answer, Rest

__all__ = ["Downloads"]

# A piece is handed to the disk (and hashed) when this much is here.
WRITE_BYTES = 1024 * 1024
# Connections that broke one after the other without a single byte in between.
BROKEN_TRIES = 5
FIRST_PAUSE = 0.2
PROGRESS_SECONDS = 0.1


class _Changed(Exception):
    """The file is not the one the reading began with."""


class Downloads:
    """What ``client.files`` needs to read.

    Args:
        caller: Asks for links.
        rest: Fetches bytes.
        stat: Looks an entry up; with ``True`` past the server's cache.
        sleep: Taken from outside so that tests need not wait.
    """

    def __init__(
        self,
        caller: Caller,
        rest: Rest,
        stat: Callable[[str, bool], Awaitable[Entry]],
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._caller = caller
        self._rest = rest
        self._stat = stat
        self._sleep = sleep

    async def link(self, sent: str, path: str, *, direct: bool = False) -> DownloadLink:
        """The server's template filled in; the query exactly as it came (protocol.md §6.1)."""
        request = pb.GetDownloadUrlPathRequest(path=sent, preview=False, lazy_read=False, get_direct_url=direct)
        info = await self._caller.unary("GetDownloadUrlPath", request, pb.DownloadUrlPathInfo, path=path)
        expires = info.expiresIn if info.HasField("expiresIn") else None
        if direct and info.directUrl:
            headers = dict(info.additionalHeaders)
            if info.userAgent:
                headers["User-Agent"] = info.userAgent
            return DownloadLink(info.directUrl, headers, expires, is_direct=True)
        if not info.downloadUrlPath:
            raise OperationFailed(f"GetDownloadUrlPath: {path}: the server gives no link", path=path, rpc="GetDownloadUrlPath")
        server = self._caller.server
        scheme, _, host = server.url.partition("://")
        filled = info.downloadUrlPath.replace("{SCHEME}", scheme).replace("{HOST}", host).replace("{PREVIEW}", "false")
        return DownloadLink(server.url + "/" + filled.lstrip("/"), {}, expires)

    async def read(self, sent: str, path: str, start: int, length: int | None) -> AsyncGenerator[bytes, None]:
        """See ``AsyncFiles.read``."""
        if start < 0 or (length is not None and length < 0):
            raise ConfigError(f"{path}: start and length must not be negative", path=path)
        if length == 0:
            return
        try:
            async with aclosing(self._bytes(sent, path, start, None if length is None else start + length)) as pieces:
                async for piece in pieces:
                    yield piece
        except _Changed:
            raise OperationFailed(f"{path} changed while it was read; what came so far is of no use", path=path) from None

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
        entry = await self._stat(path, False)
        if not entry.is_file:
            raise InvalidRequest(f"{path} is a folder; only files can be downloaded", path=path)
        for last in (False, True):
            partial = Partial(to, entry, origin=self._caller.server.url, overwrite=overwrite, keep=resume)
            try:
                return await self._to_file(sent, partial, on_progress)
            except (_Changed, HashMismatch) as error:
                # The listing was out of date, or somebody replaced the file, or what an earlier run left was of no use:
                # once more, with what the cloud says now.
                seen, entry = entry, await self._stat(path, True)
                if isinstance(error, HashMismatch) and (last or (entry == seen and not partial.resumed)):
                    raise
        raise NotVerified(f"{path} changes while it is downloaded; try again when it is complete", path=path)

    async def _to_file(self, sent: str, partial: Partial, on_progress: Callable[[int, int], object] | None) -> Path:
        size, path = partial.entry.size, partial.entry.path
        shown_at = float("-inf")
        async with _opened(partial):
            held = bytearray()
            async with aclosing(self._bytes(sent, path, partial.have, None, size=size)) as pieces:
                async for piece in pieces:
                    held += piece
                    if len(held) >= WRITE_BYTES:
                        await asyncio.to_thread(partial.write, held)
                        held = bytearray()
                        if on_progress is not None and time.monotonic() >= shown_at + PROGRESS_SECONDS:
                            shown_at = time.monotonic()
                            on_progress(partial.have, size)
            await asyncio.to_thread(partial.write, held)
            if on_progress is not None:
                on_progress(partial.have, size)
            return await asyncio.to_thread(partial.finish)

    async def _bytes(
        self, sent: str, path: str, start: int, end: int | None, *, size: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Bytes from ``start`` up to ``end``. A broken connection is taken up where it broke, if the file is the same.

        Raises:
            _Changed: It is not, or it has another size than ``size``.
        """
        position, broken, content = start, 0, _Content(size)
        while not (0 < position == content.size):
            try:
                async with aclosing(self._once(sent, path, position, end, content)) as pieces:
                    async for piece in pieces:
                        broken = 0
                        position += len(piece)
                        yield piece
                wanted = end if content.size is None else min(content.size, content.size if end is None else end)
                if wanted is None or content.size is None or position >= wanted:
                    return
                raise ConnectError(f"{path}: the connection ended early")
            except (ConnectError, Timeout) as error:
                broken += 1
                if broken >= BROKEN_TRIES:
                    raise type(error)(f"{path}: reading broke off at byte {position}: {error}", path=path) from error
                await self._sleep(FIRST_PAUSE * 2 ** (broken - 1))

    async def _once(self, sent: str, path: str, position: int, end: int | None, content: _Content) -> AsyncGenerator[bytes, None]:
        """What one request brings of the bytes from ``position`` to ``end``."""
        link = await self.link(sent, path)
        get = self._rest.get(link.url, path=path, headers=link.headers, start=position, end=end, unless_changed=content.tag)
        async with get as answer:
            content.compare(answer)
            if answer.is_past_end:
                if answer.total is not None and position > answer.total:
                    raise InvalidRequest(f"{path} has only {answer.total} bytes; byte {position} is behind its end", path=path)
                return
            if answer.start > position:
                raise OperationFailed(f"{path}: the server sent another range than asked for", path=path)
            # A server without ranges sends everything: what is before the position is passed over.
            before = position - answer.start
            left = None if end is None else end - position
            async with aclosing(answer.pieces()) as pieces:
                async for piece in pieces:
                    wanted = piece[before : None if left is None else before + left]
                    before = max(0, before - len(piece))
                    if wanted:
                        yield wanted
                    if left is not None:
                        left -= len(wanted)
                        if left <= 0:
                            return


class _Content:
    """What tells one content of a file from another: size, then ``ETag``, or ``Last-Modified`` where there is none."""

    def __init__(self, size: int | None) -> None:
        self.size = size
        self.tag: str | None = None
        self._modified: str | None = None
        self._seen = False

    def compare(self, answer: Answer) -> None:
        """Remember the first answer; insist that later ones speak of the same content."""
        if answer.total is not None:
            if self.size is None:
                self.size = answer.total
            elif answer.total != self.size:
                raise _Changed
        if answer.is_past_end:
            return
        if self._seen and (answer.tag != self.tag or (self.tag is None and answer.modified != self._modified)):
            raise _Changed
        self._seen, self.tag, self._modified = True, answer.tag, answer.modified


@asynccontextmanager
async def _opened(partial: Partial) -> AsyncIterator[None]:
    """The file is closed when the block is left, also when that is cut short; its own lock keeps a late write out."""
    try:
        await asyncio.to_thread(partial.open)
        yield
    finally:
        await asyncio.shield(asyncio.to_thread(partial.close))
