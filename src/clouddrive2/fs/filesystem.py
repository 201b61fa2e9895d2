"""``CloudDriveFileSystem``: the drive as a file system for fsspec, ``cd2://host:port/path``."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Mapping
from functools import partial
from glob import has_magic
from pathlib import Path
from typing import Any

from fsspec.callbacks import DEFAULT_CALLBACK, Callback
from fsspec.compression import compr
from fsspec.core import get_compression
from fsspec.utils import stringify_path

from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import TransportChoice
from clouddrive2.errors import ConfigError, FileExpected, FolderNotEmpty, NotFound
from clouddrive2.fs import changing
from clouddrive2.fs.blocking import with_blocking_methods
from clouddrive2.fs.buffers import CompressedBuffer, ReadBuffer, WriteBuffer
from clouddrive2.fs.connection import Connection
from clouddrive2.fs.listings import Listings
from clouddrive2.fs.reading import ReadableDrive
from clouddrive2.fs.streamed import StreamedBuffer
from clouddrive2.models.bandwidth import Bandwidth
from clouddrive2.models.paths import is_below, join, name_of
from clouddrive2.models.uploads import IfExists

__all__ = ["CloudDriveFileSystem"]

# How many files a call on many of them handles at once.
FILES_AT_ONCE = 16
# How long a listing is believed: others change the drive, too.
LISTING_SECONDS = 60.0
SECRETS = ("token", "password", "totp_code")


@with_blocking_methods("_close", "_checksum", "_created", "_modified", "_mv", "_rmdir", "_send", "_sign", "_ukey")
class CloudDriveFileSystem(ReadableDrive):
    """The drive of one server, as one user; also by ``fsspec.open("cd2://nas:19798/115/film.mkv")``.

    A URL without a host, ``cd2:///115/film.mkv``, takes the server from the other options, the environment, or a profile. It
    may be used from any number of threads. With ``asynchronous=True`` the methods with an underscore are awaited, and
    ``await fs._close()`` ends it.

    Args:
        address: ``host``, ``host:port``, ``http://host:port`` or ``https://host:port``.
        token, username, password, totp_code, profile, ca_file, insecure, mount_point, mount_maps, transport, timeout, bandwidth:
            As for :class:`clouddrive2.Client`. What is pickled, for example by dask, holds them as they were given.
        asynchronous: The caller awaits.
        loop: Only what fsspec hands on; with ``asynchronous`` the running loop is taken.
        batch_size: How many files a call on many of them handles at once.
        use_listings_cache, listings_expiry_time, max_paths: Listings kept in memory: whether, for how many seconds, and how
            many. Own changes are seen at once; ``refresh=True`` goes past this memory and that of the server.

    Raises:
        ConfigError: The settings cannot be used.
    """

    # See blocking.py.
    mirror_sync_methods = False

    def __init__(
        self,
        address: str | None = None,
        *,
        token: str | None = None,
        username: str | None = None,
        password: str | None = None,
        totp_code: str | Callable[[], str] | None = None,
        profile: str | None = None,
        ca_file: str | Path | None = None,
        insecure: bool | None = None,
        mount_point: str | Path | None = None,
        mount_maps: Mapping[str, str | Path] | None = None,
        transport: TransportChoice | None = None,
        timeout: float | None = None,
        bandwidth: str | Bandwidth | None = None,
        asynchronous: bool = False,
        loop: asyncio.AbstractEventLoop | None = None,
        batch_size: int = FILES_AT_ONCE,
        use_listings_cache: bool = True,
        listings_expiry_time: float | None = LISTING_SECONDS,
        max_paths: int | None = None,
    ) -> None:
        if loop is not None and not asynchronous:
            raise ConfigError("loop= goes with asynchronous=True only; blocking calls share one loop of their own")
        make = partial(
            AsyncClient,
            address,
            token=token,
            username=username,
            password=password,
            totp_code=totp_code,
            profile=profile,
            ca_file=ca_file,
            insecure=insecure,
            mount_point=mount_point,
            mount_maps=mount_maps,
            transport=transport,
            timeout=timeout,
            bandwidth=bandwidth,
        )
        self._connection = Connection(make, asynchronous=asynchronous)
        super().__init__(
            asynchronous=asynchronous,
            loop=self._connection.loop,
            batch_size=batch_size,
            use_listings_cache=use_listings_cache,
            listings_expiry_time=listings_expiry_time,
            max_paths=max_paths,
        )
        self._listings = Listings(self.dircache)

    def to_dict(self, *, include_password: bool = True) -> dict[str, Any]:
        """As fsspec's; without ``include_password`` the token stays out, too."""
        found: dict[str, Any] = super().to_dict(include_password=include_password)
        return found if include_password else {key: value for key, value in found.items() if key not in SECRETS}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._connection.url}>"

    async def _close(self) -> None:
        """Close the connection; the next call opens another one. May be called twice."""
        await self._connection.close()

    def open(
        self,
        path: Any,
        mode: str = "rb",
        block_size: int | None = None,
        cache_options: dict[str, Any] | None = None,
        compression: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """A file, or a text layer above one; arguments as for every file system of fsspec.

        Raises:
            NotFound, FileExpected, AlreadyExists, ConfigError: It cannot be opened.
        """
        if compression is None or "b" not in mode or "r" in mode:
            return super().open(path, mode, block_size, cache_options, compression, **kwargs)
        # fsspec would leave the closing of what is below a compressor to the garbage collector.
        target = super().open(path, mode, block_size, cache_options, None, **kwargs)
        how = get_compression(self._strip_protocol(path), compression)
        if how is None:
            return target
        return CompressedBuffer(compr[how](target, mode="a" if mode[0] == "a" else "w"), target)

    def _open(
        self,
        path: str,
        mode: str = "rb",
        block_size: int | None = None,
        autocommit: bool = True,
        cache_options: dict[str, Any] | None = None,
        streaming: bool = False,
        **kwargs: Any,
    ) -> ReadBuffer | WriteBuffer | StreamedBuffer:
        """A file; ``mode`` is ``rb``, ``wb``, ``xb`` or ``ab``.

        Args:
            path: Which.
            mode: For writing, see :class:`WriteBuffer`.
            block_size, cache_options, kwargs: For reading, as fsspec has them: ``cache_type`` and so on.
            autocommit: Whether a written file is sent when it is closed.
            streaming: For writing: the bytes go to the server as they come, without a local file. A broken connection then
                ends it, and it cannot be part of a transaction.

        Raises:
            NotFound, FileExpected, AlreadyExists: It cannot be opened.
            ConfigError: There is no such mode.
        """
        if streaming and mode != "rb":
            if not autocommit:
                raise ConfigError(f"{path}: a stream cannot wait for the end of a transaction; leave out streaming", path=path)
            return StreamedBuffer(self._connection, path, mode, self.invalidate_cache)
        if mode == "rb":
            return ReadBuffer(self, path, block_size=block_size, cache_options=cache_options, **kwargs)
        if mode in ("wb", "xb", "ab"):
            return WriteBuffer.opened(self, path, mode, autocommit=autocommit)
        raise ConfigError(f"{path} can be opened with mode r, w, x or a, not with '{mode}'", path=path)

    # Writing

    async def _put_file(
        self, lpath: Any, rpath: str, callback: Callback = DEFAULT_CALLBACK, mode: str = "overwrite", **kwargs: Any
    ) -> None:
        """Send a local file, as ``client.uploads.upload`` does, and wait until it is there and verified.

        Args:
            lpath: The file; for a folder only the folder is made.
            rpath: Its complete path in the drive; missing folders are made.
            callback: Told the bytes.
            mode: ``overwrite``, or ``create``: refused when something is there.

        Raises:
            AlreadyExists: With ``create``, something is there; or a folder.
        """
        path, exclusive = self._strip_protocol(rpath), _is_exclusive(mode, rpath)
        if await asyncio.to_thread(os.path.isdir, lpath):
            await self._makedirs(path, exist_ok=True)
        elif self._intrans:
            buffer = WriteBuffer(self, path, "xb" if exclusive else "wb", autocommit=False)
            await asyncio.to_thread(_copied, lpath, buffer)
            self.transaction.files.append(buffer)
        else:
            await self._send(lpath, path, exclusive=exclusive, temporary=False, callback=callback)

    async def _pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **kwargs: Any) -> None:
        """Send bytes; arguments and errors as for :meth:`put_file`."""
        exclusive = _is_exclusive(mode, path)
        buffer = WriteBuffer(self, self._strip_protocol(path), "xb" if exclusive else "wb", autocommit=False)
        try:
            await asyncio.to_thread(_filled, value, buffer)
            if self._intrans:
                self.transaction.files.append(buffer)
            else:
                await self._send(buffer.local, buffer.path, exclusive=exclusive)
        finally:
            if not self._intrans:
                buffer.discard()

    async def _send(
        self, source: Any, path: str, *, exclusive: bool, temporary: bool = True, callback: Callback = DEFAULT_CALLBACK
    ) -> None:
        """Send a local file now, whether there is a transaction or not.

        Args:
            source: The file.
            path: Its complete path in the drive.
            exclusive: Refused when something is there.
            temporary: When this is cancelled, the upload is ended for good: nobody will take it up with this file again.
            callback: Told the bytes.
        """

        async def upload(client: AsyncClient) -> None:
            choice = IfExists.FAIL if exclusive else IfExists.OVERWRITE
            job = await client.uploads.start(source, path, if_exists=choice, exact_path=True)
            try:
                async for progress in job.progress():
                    callback.set_size(progress.total)
                    callback.absolute_update(progress.confirmed)
                await job.result()
            except BaseException:
                await (job.cancel() if temporary else job.stop())
                raise

        await self._change(path, upload)

    async def _mkdir(self, path: str, create_parents: bool = True, **kwargs: Any) -> None:
        """Make a folder.

        Raises:
            AlreadyExists: Something is there.
            NotFound: The folder above is missing, and ``create_parents`` is false.
        """
        path = self._strip_protocol(path)
        await self._change(path, lambda client: client.files.mkdir(path, parents=create_parents))

    async def _makedirs(self, path: str, exist_ok: bool = False) -> None:
        """Make a folder and those above it; arguments and errors as of ``os.makedirs``."""
        path = self._strip_protocol(path)
        await self._change(path, lambda client: client.files.mkdir(path, parents=True, exist_ok=exist_ok))

    async def _rmdir(self, path: str) -> None:
        """Delete a folder in which nothing is.

        Raises:
            FolderNotEmpty: Something is.
            NotFound: It does not exist.
        """
        path = self._strip_protocol(path)
        if await self._ls(path, detail=False, refresh=True):
            raise FolderNotEmpty(f"{path} is not empty", path=path)
        await self._change(path, lambda client: client.files.delete(path))

    async def _rm_file(self, path: str, **kwargs: Any) -> None:
        """Delete a file, or an empty folder."""
        path = self._strip_protocol(path)
        if await self._isdir(path):
            await self._rmdir(path)
        else:
            await self._change(path, lambda client: client.files.delete(path))

    async def _rm(
        self, path: Any, recursive: bool = False, batch_size: int | None = None, maxdepth: int | None = None, **kwargs: Any
    ) -> None:
        """Delete; a folder goes in one call, into the cloud's recycle bin where it has one.

        Args:
            path: One path or several, or patterns. What exists as it is written is no pattern.
            recursive: Folders too.
            batch_size: Makes no difference: one after the other.
            maxdepth: How deep to delete; folders that are not empty then make it fail.

        Raises:
            NotFound: There is no such path, or nothing fits the pattern.
            FileExpected: A folder, without ``recursive``.
        """
        if maxdepth is not None:
            for one in reversed(await self._expand_path(path, recursive=recursive, maxdepth=maxdepth)):
                await self._rm_file(one)
            return
        chosen = [one for each in ([path] if not isinstance(path, list) else path) for one in await self._named(each)]
        for one in chosen:
            if not recursive and await self._isdir(one):
                raise FileExpected(f"{one} is a folder; recursive=True deletes it", path=one)
        for one in sorted(set(chosen)):
            # What is in a folder goes with it.
            if not any(one != other and is_below(one, other) for other in chosen):
                await self._delete(one)

    async def _cp_file(self, path1: str, path2: str, **kwargs: Any) -> None:
        """Copy a file inside the drive, in the place of one that is there; of a folder only the folder is made.

        The server copies. It returns when the copy is complete, also in another cloud.
        """
        source, target = self._strip_protocol(path1), self._strip_protocol(path2)
        await self._change(target, lambda client: changing.copy_file(client, source, target))

    async def _mv_file(self, path1: str, path2: str) -> None:
        """Move or rename a file or a folder, in the place of a file that is there."""
        source, target = self._strip_protocol(path1), self._strip_protocol(path2)
        try:
            await self._change(target, lambda client: changing.move(client, source, target))
        finally:
            self.invalidate_cache(source)

    async def _mv(self, path1: Any, path2: Any, recursive: bool = False, maxdepth: int | None = None, **kwargs: Any) -> None:
        """Move or rename; nothing is copied inside one cloud, and a folder goes with all it holds.

        Args:
            path1: One path or several, or patterns.
            path2: The folder that receives them when it exists, ends with a slash, or there are several; else the new path. Or
                as many paths as in ``path1``.
            recursive: Makes no difference.
            maxdepth: Must be ``None``.

        Raises:
            NotFound: There is no such path.
            AlreadyExists: A folder is in the place.
        """
        if maxdepth is not None:
            raise ConfigError("mv moves whole folders: leave out maxdepth")
        if isinstance(path1, list) and isinstance(path2, list):
            pairs = list(zip(path1, path2, strict=True))
        else:
            chosen = [one for each in ([path1] if not isinstance(path1, list) else path1) for one in await self._named(each)]
            given = stringify_path(path2)
            into = given.endswith("/") or isinstance(path1, list) or chosen != [self._strip_protocol(path1)]
            folder = self._strip_protocol(given)
            into = into or await self._isdir(folder)
            pairs = [(one, join(folder, name_of(one)) if into else folder) for one in chosen]
        for source, target in pairs:
            await self._mv_file(source, target)

    async def _change(self, path: str, work: Callable[[AsyncClient], Any]) -> None:
        """Change something, and forget what was known of it, also when that failed half-way."""
        try:
            await self._connection.call(work)
        finally:
            self.invalidate_cache(path)

    async def _delete(self, path: str) -> None:
        await self._change(path, lambda client: client.files.delete(path))

    async def _named(self, path: Any) -> list[str]:
        """The paths a path or a pattern means."""
        plain: str = self._strip_protocol(path)
        if not has_magic(plain) or await self._exists(plain):
            return [plain]
        found: list[str] = await self._glob(plain)
        if not found:
            raise NotFound(f"nothing fits {plain}", path=plain)
        return found


def _is_exclusive(mode: str, path: str) -> bool:
    if mode not in ("overwrite", "create"):
        raise ConfigError(f"mode must be overwrite or create, not '{mode}'", path=path)
    return mode == "create"


def _copied(source: Any, buffer: WriteBuffer) -> None:
    with buffer, Path(source).open("rb") as file:
        shutil.copyfileobj(file, buffer)


def _filled(value: bytes, buffer: WriteBuffer) -> None:
    with buffer:
        buffer.write(value)
