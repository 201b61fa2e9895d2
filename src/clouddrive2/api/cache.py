"""The server's memory of listings and of file content, and reading ahead (protocol.md §3.4, §6.4, §18.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Literal

from google.protobuf.empty_pb2 import Empty

from clouddrive2.api.views import PathView
from clouddrive2.errors import ConfigError
from clouddrive2.models.cache import (
    CacheDatabase,
    DiskCache,
    DiskCacheFolder,
    Eviction,
    Prefetched,
    PrefetchPriority,
    PrefetchState,
    VacuumProgress,
)
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["AsyncCache"]


class AsyncCache:
    """``client.cache``. Looking needs ``allow_get_system_settings``, changing ``allow_modify_system_settings``, reading ahead
    ``allow_read``; without them calls raise :class:`clouddrive2.PermissionDenied`. Servers older than a call raise
    :class:`clouddrive2.Unsupported`.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._view = PathView(caller.server)

    # Listings

    async def listing_time(self, path: str) -> timedelta | None:
        """How long the server trusts its memory of a folder's listing; ``None`` for ever. May be repeated.

        Raises:
            NotFound: There is no such folder.
        """
        request = pb.GetEffectiveDirCacheTimeRequest(path=self._view.sent(path))
        reply = await self._caller.unary("GetEffectiveDirCacheTimeSecs", request, pb.GetEffectiveDirCacheTimeResult, path=path)
        return timedelta(seconds=reply.dirCacheTimeSecs) if reply.dirCacheTimeSecs else None

    async def set_listing_time(self, path: str, time: timedelta | Literal["forever", "default"]) -> None:
        """Give a folder a time of its own, or take it back. May be repeated.

        Args:
            path: The folder.
            time: Whole seconds; ``"forever"``; or ``"default"``, what ``dir_cache_time_to_live_secs`` says.

        Raises:
            ConfigError: Less than a second, which the server would take for ever.
            NotFound: There is no such folder.
        """
        request = pb.SetDirCacheTimeRequest(path=self._view.sent(path))
        if isinstance(time, timedelta):
            if time < timedelta(seconds=1):
                raise ConfigError("a listing is trusted for a second at least; list with refresh=True to go past the memory")
            request.dirCachTimeToLiveSecs = int(time.total_seconds())
        elif time == "forever":
            request.dirCachTimeToLiveSecs = 0
        elif time != "default":
            raise ConfigError(f"'{time}' is no time; give a timedelta, 'forever' or 'default'")
        await self._caller.unary("SetDirCacheTimeSecs", request, Empty, path=path)

    async def expire(self, path: str) -> None:
        """Let the server forget its listings of a folder and of everything below. May be repeated.

        Raises:
            NotFound: There is no such folder.
        """
        await self._caller.unary("ForceExpireDirCache", pb.FileRequest(path=self._view.sent(path)), Empty, path=path)

    async def database(self) -> CacheDatabase:
        """Size of the database of listings. May be repeated."""
        return CacheDatabase.from_proto(await self._caller.unary("GetDirCacheDbSize", Empty(), pb.GetDirCacheDbSizeResult))

    async def vacuum(self) -> None:
        """Begin to compact the database of listings; :meth:`vacuum_progress` tells how it goes.

        Raises:
            Refused: It is being compacted already.
        """
        await self._caller.unary("VacuumDirCache", Empty(), Empty)

    async def vacuum_progress(self) -> VacuumProgress:
        """How the last compacting goes or went. May be repeated."""
        return VacuumProgress.from_proto(await self._caller.unary("GetVacuumProgress", Empty(), pb.VacuumProgressResult))

    # Content of files

    async def disk(self) -> DiskCache:
        """State of the cache of file content. May be repeated. Since 0.9.18."""
        return DiskCache.from_proto(await self._caller.unary("GetFileBufferDiskCacheStats", Empty(), pb.FileBufferDiskCacheStats))

    async def purge_disk(self) -> None:
        """Drop all content from it. Since 0.9.18."""
        await self._caller.unary("PurgeFileBufferDiskCache", Empty(), Empty)

    async def set_eviction(self, eviction: Eviction) -> None:
        """What it drops first. May be repeated. Since 0.9.19.

        Raises:
            ConfigError: ``Eviction.UNKNOWN``.
        """
        if eviction is Eviction.UNKNOWN:
            raise ConfigError("say what the disk cache drops first: Eviction.OLDEST, LARGEST or SMALLEST")
        strategy = pb.EvictionStrategy.ValueType(eviction)
        request = pb.SetDiskCacheEvictionStrategyRequest(strategy=strategy)
        await self._caller.unary("SetDiskCacheEvictionStrategy", request, Empty)

    async def disk_folders(self) -> list[DiskCacheFolder]:
        """Folders with rules of their own. May be repeated. Since 1.0.0."""
        reply = await self._caller.unary("ListDiskCacheFolders", Empty(), pb.ListDiskCacheFoldersReply)
        folders = [DiskCacheFolder.from_proto(folder) for folder in reply.folders]
        return [replace(folder, path=self._view.shown(folder.path)) for folder in folders]

    async def set_disk_folder(self, folder: DiskCacheFolder) -> None:
        """Give a folder these rules, in place of any it has. May be repeated. Since 1.0.0.

        Raises:
            ConfigError: Extensions in both lists, or sizes that no file can have.
            NotFound: There is no such folder.
        """
        if folder.only and folder.never:
            raise ConfigError("either only some extensions or all but some: not both", path=folder.path)
        if folder.min_size < 0 or folder.max_size < 0 or 0 < folder.max_size < folder.min_size:
            raise ConfigError(f"no file has from {folder.min_size} to {folder.max_size} bytes", path=folder.path)
        mode = pb.EXTENSION_FILTER_INCLUDE if folder.only else pb.EXTENSION_FILTER_EXCLUDE
        request = pb.SetFolderDiskCacheRequest(
            path=self._view.sent(folder.path),
            enabled=folder.enabled,
            minFileSize=folder.min_size,
            maxFileSize=folder.max_size,
            extensionFilterMode=mode if folder.only or folder.never else pb.EXTENSION_FILTER_DISABLED,
            extensions=[each.lstrip(".").lower() for each in folder.only or folder.never],
        )
        await self._caller.unary("SetFolderDiskCache", request, Empty, path=folder.path)

    async def remove_disk_folder(self, path: str) -> None:
        """Take a folder's own rules away: it follows the folders above again. Since 1.0.0.

        Raises:
            NotFound: It has none, perhaps since an earlier try whose answer was lost.
        """
        await self._caller.unary("RemoveFolderDiskCache", pb.FileRequest(path=self._view.sent(path)), Empty, path=path)

    # Reading ahead

    async def prefetch(
        self,
        path: str,
        ranges: Iterable[tuple[int, int]],
        *,
        priority: PrefetchPriority = PrefetchPriority.NORMAL,
        lives: timedelta | None = None,
        replace_existing: bool = False,
    ) -> Prefetched:
        """Ask the server to read ranges of a file ahead; a hint, which it may pass over. Since 1.0.7.

        Args:
            path: The file.
            ranges: Pairs of first byte and length in bytes.
            priority: Compared with other files.
            lives: How long the hint holds; ``None`` leaves it to the server.
            replace_existing: Forget earlier hints for this file.

        Raises:
            ConfigError: No range, or one of no bytes.
            NotFound: There is no such file.
        """
        wanted = [pb.ByteRange(start=start, length=length) for start, length in _checked(ranges, path)]
        request = pb.PrefetchFileRangesRequest(
            path=self._view.sent(path),
            ranges=wanted,
            priority=pb.HintPriority.ValueType(priority),
            ttl_seconds=0 if lives is None else max(1, int(lives.total_seconds())),
            replace_existing=replace_existing,
        )
        reply = await self._caller.unary("PrefetchFileRanges", request, pb.PrefetchFileRangesReply, path=path)
        return Prefetched.from_proto(reply)

    async def cancel_prefetch(self, path: str, hint_ids: Iterable[int] = ()) -> None:
        """Take hints for a file back. May be repeated. Since 1.0.7.

        Args:
            path: The file.
            hint_ids: Which; all of them by default.
        """
        request = pb.CancelFilePrefetchRequest(path=self._view.sent(path), hint_ids=hint_ids)
        await self._caller.unary("CancelFilePrefetch", request, Empty, path=path)

    async def prefetches(self) -> PrefetchState:
        """Hints that hold now, and counts. Needs ``allow_view_runtime_info``. May be repeated. Since 1.0.7."""
        state = PrefetchState.from_proto(
            await self._caller.unary("GetActivePrefetchHints", Empty(), pb.GetActivePrefetchHintsReply)
        )
        return replace(state, active=tuple(replace(each, path=self._view.shown(each.path)) for each in state.active))

    async def close_reader(self, path: str) -> None:
        """Let the server end its reading of a file now instead of two seconds later. May be repeated. Since 1.0.7."""
        await self._caller.unary("CloseFileReader", pb.FileRequest(path=self._view.sent(path)), Empty, path=path)


def _checked(ranges: Iterable[tuple[int, int]], path: str) -> list[tuple[int, int]]:
    wanted = [*ranges]
    if not wanted or any(start < 0 or length <= 0 for start, length in wanted):
        raise ConfigError("ranges are pairs of a first byte, from 0 on, and a length of a byte at least", path=path)
    return wanted
