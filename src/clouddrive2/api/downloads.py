"""Bytes from the drive: as a stream that survives a broken connection, and as a local file (protocol.md §6)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from functools import partial as bound
from pathlib import Path

from clouddrive2.api.fetching import Fetch
from clouddrive2.api.partial import Partial
from clouddrive2.api.reading import Content, ContentChanged, Reader
from clouddrive2.errors import ConfigError, HashMismatch, InvalidRequest, NotVerified, OperationFailed
from clouddrive2.models.files import Downloaded, DownloadLink, Entry
from clouddrive2.models.uploads import Verify
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller
from clouddrive2.transport.rest import Rest

__all__ = ["Downloads"]


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

    async def link(self, sent: str, path: str, *, direct: bool = False, base_url: str | None = None) -> DownloadLink:
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
        base = (base_url or self._caller.server.url).rstrip("/")
        scheme, _, host = base.partition("://")
        filled = info.downloadUrlPath.replace("{SCHEME}", scheme).replace("{HOST}", host).replace("{PREVIEW}", "false")
        return DownloadLink(base + "/" + filled.lstrip("/"), {}, expires)

    async def read(self, sent: str, path: str, start: int, length: int | None) -> AsyncGenerator[bytes, None]:
        """See ``AsyncFiles.read``."""
        if start < 0 or (length is not None and length < 0):
            raise ConfigError(f"{path}: start and length must not be negative", path=path)
        if length == 0:
            return
        reader = self._reader(sent, path, Content(None))
        try:
            async with aclosing(reader.read(start, None if length is None else start + length)) as pieces:
                async for piece in pieces:
                    yield piece
        except ContentChanged:
            raise OperationFailed(f"{path} changed while it was read; what came so far is of no use", path=path) from None

    async def download(
        self,
        sent: str,
        path: str,
        to: Path,
        *,
        overwrite: bool,
        resume: bool,
        connections: int,
        verify: Verify,
        on_progress: Callable[[int, int], object] | None,
    ) -> Downloaded:
        """See ``AsyncFiles.download``."""
        if connections < 1:
            raise ConfigError(f"connections must be at least 1, not {connections}")
        entry = await self._stat(path, False)
        for last in (False, True):
            if not entry.is_file:
                raise InvalidRequest(f"{path} is a folder; only files can be downloaded", path=path)
            if verify is Verify.HASH and not (entry.hashes.sha1 or entry.hashes.md5):
                raise NotVerified(f"{path}: its cloud tells no hash that could be compared", path=path)
            partial = Partial(to, entry, origin=self._caller.server.url, overwrite=overwrite, keep=resume, verify=verify)
            try:
                async with _opened(partial):
                    fetch = Fetch(
                        self._reader(sent, path, partial.content), partial, connections=connections, on_progress=on_progress
                    )
                    await fetch.run()
                    return await asyncio.to_thread(partial.finish)
            except (ContentChanged, HashMismatch) as error:
                # The listing was out of date, or somebody replaced the file, or what an earlier run left was of no use:
                # once more, with what the cloud says now.
                seen, entry = entry, await self._stat(path, True)
                if isinstance(error, HashMismatch) and (last or (entry == seen and not partial.resumed)):
                    raise
                if entry == seen:
                    # Some servers give every answer another tag: with one request there is nothing to compare.
                    connections = 1
        raise NotVerified(f"{path} changes while it is downloaded; try again when it is complete", path=path)

    def _reader(self, sent: str, path: str, content: Content) -> Reader:
        return Reader(bound(self.link, sent, path), self._rest, path, content, sleep=self._sleep)


@asynccontextmanager
async def _opened(partial: Partial) -> AsyncIterator[None]:
    """The file is closed when the block is left, also when that is cut short; its own lock keeps a late write out."""
    try:
        await asyncio.to_thread(partial.open)
        yield
    except ContentChanged:
        partial.discard()
        raise
    finally:
        await asyncio.shield(asyncio.to_thread(partial.close))
