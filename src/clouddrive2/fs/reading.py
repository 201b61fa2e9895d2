"""The half of the file system that looks and reads; nothing here changes the drive."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import datetime
from typing import Any

from fsspec.asyn import AsyncFileSystem
from fsspec.callbacks import DEFAULT_CALLBACK, Callback
from fsspec.utils import isfilelike, stringify_path

from clouddrive2.client.aio import AsyncClient
from clouddrive2.errors import ConfigError, Error, InvalidRequest, NotFound
from clouddrive2.fs.connection import Connection
from clouddrive2.fs.listings import Info, Listings, described
from clouddrive2.fs.ranges import together
from clouddrive2.models.files import Entry
from clouddrive2.models.paths import join, name_of, normalise

__all__ = ["ReadableDrive"]

# Ranges of one file this close together are fetched as one.
GAP_BYTES = 64 * 1024
# How many folders are listed at once to find files.
FOLDERS_AT_ONCE = 16


class ReadableDrive(AsyncFileSystem):  # type: ignore[misc]  # fsspec has no types
    """Paths, listings, contents."""

    protocol = ("cd2", "clouddrive")
    root_marker = "/"

    _connection: Connection
    _listings: Listings

    # Addresses

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        """``cd2://host:port/a/b`` → ``/a/b``; nothing is decoded, ``#``, ``?`` and ``%`` are part of names.

        Raises:
            ConfigError: The path contains ``..`` or NUL.
        """
        if isinstance(path, list):
            return [cls._strip_protocol(one) for one in path]
        text = stringify_path(path)
        for protocol in cls.protocol:
            if text.startswith(f"{protocol}://"):
                text = text.removeprefix(f"{protocol}://").partition("/")[2]
            text = text.removeprefix(f"{protocol}::")
        return normalise(text)

    @staticmethod
    def _get_kwargs_from_urls(path: str) -> dict[str, str]:
        """The server a URL names."""
        scheme, mark, rest = path.partition("://")
        host = rest.partition("/")[0]
        return {"address": host} if mark and scheme in ReadableDrive.protocol and host else {}

    @property
    def fsid(self) -> str:
        """Names the server, the same in every process."""
        return f"cd2_{self._connection.url}"

    # Looking

    async def _ls(self, path: str, detail: bool = True, refresh: bool = False, **kwargs: Any) -> list[Any]:
        """The entries of a folder, sorted by name; of a file, itself.

        Args:
            path: The folder.
            detail: Descriptions instead of paths: ``name``, ``type``, ``size``, ``created``, ``mtime`` (UTC), ``sha1`` and
                ``md5`` where the cloud knows them, ``id``, ``pending`` (not yet in its cloud), ``read_only``.
            refresh: Past what is remembered here and in the server.

        Raises:
            NotFound: There is no such folder.
        """
        path = self._strip_protocol(path)
        found = None if refresh else self._listings.of(path)
        if found is None:
            change = self._listings.change
            entries = await self._connection.call(lambda client: _listed(client, path, refresh))
            if not entries:
                only = await self._look(path, refresh)
                if only["type"] != "directory":
                    return [only] if detail else [path]
            found = self._listings.keep(path, [described(entry) for entry in entries], change)
        return found if detail else [each["name"] for each in found]

    async def _info(self, path: str, refresh: bool = False, **kwargs: Any) -> Info:
        """One entry, described as by :meth:`ls`. That something is missing is never taken from memory.

        Raises:
            NotFound: It does not exist.
        """
        path = self._strip_protocol(path)
        return (None if refresh else self._listings.entry(path)) or await self._look(path, refresh)

    async def _exists(self, path: str, **kwargs: Any) -> bool:
        """Whether there is an entry. An error is not taken for its absence."""
        return await self._kind(path) is not None

    async def _isfile(self, path: str) -> bool:
        """Whether it is a file. An error is not taken for a "no"."""
        return await self._kind(path) == "file"

    async def _isdir(self, path: str) -> bool:
        """Whether it is a folder. An error is not taken for a "no"."""
        return await self._kind(path) == "directory"

    async def _walk(
        self,
        path: str,
        maxdepth: int | None = None,
        topdown: bool = True,
        on_error: Any = "omit",
        detail: bool = False,
        **kwargs: Any,
    ) -> AsyncGenerator[tuple[str, Any, Any], None]:
        """As ``os.walk``: a folder, the names of its folders, the names of its files.

        Args:
            path: Where to begin.
            maxdepth: How many levels.
            topdown: A folder before what is in it; names that are then taken out of its folders are not entered.
            on_error: ``omit`` leaves out folders that vanish, ``raise`` nothing; or it is called with every error. What cannot
                be listed for another reason is never taken for empty.
            detail: Descriptions by name instead of names.
            kwargs: ``refresh``, as for :meth:`ls`.
        """
        if maxdepth is not None and maxdepth < 1:
            raise ConfigError(f"maxdepth must be at least 1, not {maxdepth}")
        path = self._strip_protocol(path)
        listing: list[Info] = []
        try:
            listing = await self._ls(path, **kwargs)
        except Error as error:
            if callable(on_error):
                on_error(error)
            elif on_error == "raise" or not isinstance(error, NotFound):
                raise
        folders = {name_of(each["name"]): each for each in listing if each["type"] == "directory"}
        files = {name_of(each["name"]): each for each in listing if each["type"] != "directory"}
        if path in [each["name"] for each in files.values()]:
            # fsspec's way to say that it is a file.
            files = {"": files[name_of(path)]}
        step = (path, folders, files) if detail else (path, list(folders), list(files))
        if topdown:
            yield step
        if maxdepth is None or maxdepth > 1:
            deeper = None if maxdepth is None else maxdepth - 1
            for name in list(step[1]):
                async for below in self._walk(join(path, name), deeper, topdown, on_error, detail, **kwargs):
                    yield below
        if not topdown:
            yield step

    async def _find(
        self, path: str, maxdepth: int | None = None, withdirs: bool = False, detail: bool = False, **kwargs: Any
    ) -> list[str] | dict[str, Info]:
        """The files below a folder, by path; level by level, with many folders of a level listed at once.

        Args:
            path: The folder; a file gives itself, what does not exist nothing.
            maxdepth: How many levels.
            withdirs: Folders too, with ``path`` itself.
            detail: Descriptions by path instead of paths.
            kwargs: ``refresh``, as for :meth:`ls`.
        """
        if maxdepth is not None and maxdepth < 1:
            raise ConfigError(f"maxdepth must be at least 1, not {maxdepth}")
        path = self._strip_protocol(path)
        found: dict[str, Info] = {}
        level: list[Info] = []
        with suppress(NotFound):
            level = [await self._info(path, **kwargs)]
        if level and (withdirs or level[0]["type"] != "directory"):
            found[path] = level[0]
        depth = 0
        free = asyncio.Semaphore(FOLDERS_AT_ONCE)
        while level and (maxdepth is None or depth < maxdepth):
            folders = [each["name"] for each in level if each["type"] == "directory"]
            listings = await asyncio.gather(*(self._listing(folder, free, **kwargs) for folder in folders))
            level = [each for listing in listings for each in listing]
            found |= {each["name"]: each for each in level if withdirs or each["type"] != "directory"}
            depth += 1
        return {name: found[name] for name in sorted(found)} if detail else sorted(found)

    async def _created(self, path: str) -> datetime | None:
        """When it was made, in UTC; ``None`` when the cloud does not say."""
        return (await self._info(path)).get("created")

    async def _modified(self, path: str) -> datetime | None:
        """When it was changed, in UTC; ``None`` when the cloud does not say."""
        return (await self._info(path)).get("mtime")

    async def _ukey(self, path: str) -> str:
        """Another text for another content: from the cloud's hash where it knows one, else from size, time and id."""
        info = await self._info(path)
        known = info.get("sha1") or info.get("md5") or (info.get("mtime"), info.get("id"))
        return hashlib.sha256(repr((info["name"], info["size"], known)).encode()).hexdigest()

    async def _checksum(self, path: str) -> int:
        """:meth:`ukey` as a number."""
        return int(await self._ukey(path), 16)

    async def _sign(self, path: str, expiration: float | None = None, **kwargs: Any) -> str:
        """A link from which anybody can read the file: keep it secret, and fetch a fresh one for each use.

        Args:
            path: The file.
            expiration: Ignored: the server decides how long its links work.

        Raises:
            NotFound: There is no such file.
        """
        path = self._strip_protocol(path)
        return (await self._connection.call(lambda client: client.files.download_url(path))).url

    def invalidate_cache(self, path: str | None = None) -> None:
        """Forget listings: of a path, what is below it, and of the folders above; of everything without one."""
        self._listings.forget(None if path is None else self._strip_protocol(path))
        super().invalidate_cache(path)

    # Reading

    async def _cat_file(self, path: str, start: int | None = None, end: int | None = None, **kwargs: Any) -> bytes:
        """Bytes of a file, chosen as by a slice.

        Raises:
            NotFound: There is no such file.
        """
        path = self._strip_protocol(path)
        if (start or 0) < 0 or (end or 0) < 0:
            size = (await self._info(path))["size"]
            start, end, _ = slice(start, end).indices(size)
        first, length = start or 0, None if end is None else max(0, end - (start or 0))
        try:
            return await self._connection.call(lambda client: client.files.read_bytes(path, start=first, length=length))
        except InvalidRequest:
            if first and (await self._info(path, refresh=True))["size"] <= first:
                return b""
            raise

    async def _cat_ranges(
        self,
        paths: list[str],
        starts: int | list[int | None],
        ends: int | list[int | None],
        max_gap: int | None = None,
        batch_size: int | None = None,
        on_error: str = "return",
        **kwargs: Any,
    ) -> list[Any]:
        """As fsspec's; ranges of one file at most ``max_gap`` bytes (64 KiB) apart are fetched together."""
        if not isinstance(paths, list):
            raise TypeError(f"paths must be a list, not {type(paths).__name__}")
        begin = starts if isinstance(starts, list) else [starts] * len(paths)
        behind = ends if isinstance(ends, list) else [ends] * len(paths)
        if not len(begin) == len(behind) == len(paths):
            raise ConfigError("paths, starts and ends must be of one length")
        parts = together(self._strip_protocol(paths), begin, behind, GAP_BYTES if max_gap is None else max_gap)
        blocks = await super()._cat_ranges(
            [part.path for part in parts],
            [part.start for part in parts],
            [part.end for part in parts],
            batch_size=batch_size,
        )
        if on_error != "return" and (failed := next((block for block in blocks if isinstance(block, Exception)), None)):
            raise failed
        out: list[Any] = [None] * len(paths)
        for part, block in zip(parts, blocks, strict=True):
            for index, start, end in part.wanted:
                out[index] = block if isinstance(block, Exception) else block[start:end]
        return out

    async def _get_file(self, rpath: str, lpath: Any, callback: Callback = DEFAULT_CALLBACK, **kwargs: Any) -> None:
        """Bring a file here, as ``client.files.download`` does: it gets its name when it is complete and verified.

        Args:
            rpath: The file; of a folder only a local folder is made.
            lpath: Local file, replaced at the end, or something to write into.
            callback: Told the bytes.
        """
        path = self._strip_protocol(rpath)
        if isfilelike(lpath):
            await self._connection.call(lambda client: _pour(client, path, lpath))
            return
        if await self._isdir(path):
            await asyncio.to_thread(os.makedirs, lpath, exist_ok=True)
            return
        await asyncio.to_thread(os.makedirs, os.path.dirname(lpath) or ".", exist_ok=True)  # noqa: PTH120

        def tell(done: int, total: int) -> None:
            callback.set_size(total)
            callback.absolute_update(done)

        await self._connection.call(lambda client: client.files.download(path, lpath, overwrite=True, on_progress=tell))

    async def _listing(self, folder: str, free: asyncio.Semaphore, **kwargs: Any) -> list[Info]:
        """The entries of a folder that may vanish meanwhile."""
        async with free:
            try:
                return await self._ls(folder, **kwargs)
            except NotFound:
                return []

    async def _kind(self, path: str) -> str | None:
        try:
            return str((await self._info(path))["type"])
        except NotFound:
            return None

    async def _look(self, path: str, refresh: bool) -> Info:
        return described(await self._connection.call(lambda client: client.files.stat(path, refresh=refresh)))


async def _listed(client: AsyncClient, path: str, refresh: bool) -> list[Entry]:
    return [entry async for entry in client.files.list(path, refresh=refresh)]


async def _pour(client: AsyncClient, path: str, into: Any) -> None:
    async for piece in client.files.read(path):
        await asyncio.to_thread(into.write, piece)
