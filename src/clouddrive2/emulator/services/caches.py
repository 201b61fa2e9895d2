"""Memory of listings and of file content, and reading ahead (protocol.md §3.4, §6.4, §18.2)."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.listing import refresh
from clouddrive2.emulator.state import as_json, from_json
from clouddrive2.emulator.view import View
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["CachesService"]

# Bytes of the database: empty, and for each listing.
EMPTY, LISTING = 4096, 1024
VACUUM_SECONDS = 1.0
HINT_SECONDS = 60
MOST = 1 << 30


@dataclass(slots=True)
class Hint:
    """One request to read ahead."""

    path: str
    priority: pb.HintPriority.ValueType
    size: int
    created: float
    until: float


@dataclass(slots=True)
class Vacuum:
    """One compacting: it ends by the world's clock."""

    started: float
    before: int
    after: int

    @property
    def ends(self) -> float:
        return self.started + VACUUM_SECONDS


@dataclass(slots=True)
class Counts:
    """Since the start."""

    created: int = 0
    cancelled: int = 0
    expired: int = 0
    cached: int = 0


@dataclass(slots=True)
class Content:
    """Ranges of files that lie in the disk cache."""

    ranges: dict[str, set[tuple[int, int]]] = field(default_factory=dict)

    def has(self, path: str, start: int, end: int) -> bool:
        return any(first <= start and end <= last for first, last in self.ranges.get(path, ()))


class CachesService:
    """Directory cache, disk cache, prefetch.

    Args:
        world: Remembers which folders were listed.
        default_seconds: Life of a listing where no folder says otherwise.
    """

    def __init__(self, world: World, default_seconds: Callable[[], int]) -> None:
        self._world = world
        self._default_seconds = default_seconds
        self._strategy = pb.EvictionStrategy.ValueType(world.state.load("disk_cache_strategy", pb.LRU))
        kept = world.state.load("disk_cache_folders", [])
        self._folders = {each["path"]: from_json(each, pb.DiskCacheFolder) for each in kept}
        world.listing_seconds.update(world.state.load("listing_seconds", {}))
        self._content = Content()
        self._grown = EMPTY
        self._vacuum: Vacuum | None = None
        self._hints: dict[int, Hint] = {}
        self._ids = itertools.count(1)
        self._counts = Counts()

    # Listings

    async def SetDirCacheTimeSecs(self, request: pb.SetDirCacheTimeRequest, call: Call) -> Empty:
        path = await self._folder(request.path, call)
        if request.HasField("dirCachTimeToLiveSecs"):
            self._world.listing_seconds[path] = request.dirCachTimeToLiveSecs
        else:
            self._world.listing_seconds.pop(path, None)
        self._world.state.save("listing_seconds", dict(self._world.listing_seconds))
        return Empty()

    async def GetEffectiveDirCacheTimeSecs(
        self, request: pb.GetEffectiveDirCacheTimeRequest, call: Call
    ) -> pb.GetEffectiveDirCacheTimeResult:
        return pb.GetEffectiveDirCacheTimeResult(dirCacheTimeSecs=self._seconds(await self._folder(request.path, call)))

    async def ForceExpireDirCache(self, request: pb.FileRequest, call: Call) -> Empty:
        folder = await self._folder(request.path, call)
        for path in [each for each in self._world.listed if paths.is_below(each, folder)]:
            del self._world.listed[path]
        refresh(self._world, folder)
        return Empty()

    async def GetDirCacheTable(self, request: Empty, call: Call) -> pb.DirCacheTable:
        view, reply = View(self._world, call), pb.DirCacheTable()
        for path, (at, count) in self._live().items():
            if view.sees(path):
                row = reply.dirCacheTable[view.shown(path)]
                row.insertTime.FromNanoseconds(int(at * 1e9))
                row.timeToLiveSecs = self._seconds(path)
                row.referencedSubfileLen = count
        return reply

    async def GetDirCacheDbSize(self, request: Empty, call: Call) -> pb.GetDirCacheDbSizeResult:
        return pb.GetDirCacheDbSizeResult(totalSizeBytes=self._size(), isVacuuming=self._is_vacuuming)

    async def VacuumDirCache(self, request: Empty, call: Call) -> Empty:
        if self._is_vacuuming:
            raise CallError(Status.FAILED_PRECONDITION, "the directory cache is being compacted already")
        self._vacuum = Vacuum(self._world.clock(), self._size(), EMPTY + LISTING * len(self._live()))
        return Empty()

    async def GetVacuumProgress(self, request: Empty, call: Call) -> pb.VacuumProgressResult:
        vacuum = self._vacuum
        if vacuum is None:
            return pb.VacuumProgressResult(status=pb.VACUUM_IDLE)
        reply = pb.VacuumProgressResult(status=pb.VACUUM_RUNNING, sizeBefore=vacuum.before)
        reply.startTime.FromNanoseconds(int(vacuum.started * 1e9))
        if not self._is_vacuuming:
            reply.status, reply.sizeAfter = pb.VACUUM_COMPLETED, vacuum.after
            reply.endTime.FromNanoseconds(int(vacuum.ends * 1e9))
        return reply

    # Content

    async def GetFileBufferDiskCacheStats(self, request: Empty, call: Call) -> pb.FileBufferDiskCacheStats:
        segments = [span for spans in self._content.ranges.values() for span in spans]
        return pb.FileBufferDiskCacheStats(
            enabled=any(folder.enabled for folder in self._folders.values()),
            totalBytes=sum(end - start for start, end in segments),
            maxBytes=MOST,
            entryCount=len(self._content.ranges),
            segmentCount=len(segments),
            rootDir="/Config/disk-cache",
            scanCompleted=True,
            evictionStrategy=self._strategy,
        )

    async def PurgeFileBufferDiskCache(self, request: Empty, call: Call) -> Empty:
        self._content.ranges.clear()
        return Empty()

    async def SetDiskCacheEvictionStrategy(self, request: pb.SetDiskCacheEvictionStrategyRequest, call: Call) -> Empty:
        if request.strategy not in pb.EvictionStrategy.values():
            raise CallError(Status.INVALID_ARGUMENT, "no such strategy")
        self._strategy = request.strategy
        self._world.state.save("disk_cache_strategy", int(request.strategy))
        return Empty()

    async def SetFolderDiskCache(self, request: pb.SetFolderDiskCacheRequest, call: Call) -> Empty:
        path = await self._folder(request.path, call)
        self._folders[path] = pb.DiskCacheFolder(
            path=path,
            maxFileSize=request.maxFileSize,
            minFileSize=request.minFileSize,
            extensionFilterMode=request.extensionFilterMode,
            extensions=request.extensions,
            enabled=request.enabled,
        )
        self._keep_folders()
        return Empty()

    async def RemoveFolderDiskCache(self, request: pb.FileRequest, call: Call) -> Empty:
        if self._folders.pop(await View(self._world, call).full(request.path), None) is None:
            raise CallError(Status.NOT_FOUND, f"{request.path} has no rules for the disk cache")
        self._keep_folders()
        return Empty()

    async def ListDiskCacheFolders(self, request: Empty, call: Call) -> pb.ListDiskCacheFoldersReply:
        view, reply = View(self._world, call), pb.ListDiskCacheFoldersReply()
        for path in sorted(self._folders):
            if view.sees(path):
                reply.folders.add().CopyFrom(self._folders[path])
                reply.folders[-1].path = view.shown(path)
        return reply

    # Reading ahead

    async def PrefetchFileRanges(self, request: pb.PrefetchFileRangesRequest, call: Call) -> pb.PrefetchFileRangesReply:
        path, size = await self._file(request.path, call)
        self._let_expire()
        hint_id = request.hint_id or next(self._ids)
        if request.replace_existing:
            self._cancel(path, set())
        accepted = taken = 0
        for span in request.ranges:
            start, end = span.start, min(span.start + span.length, size)
            if start >= end:
                continue
            if self._content.has(path, start, end):
                self._counts.cached += 1
                continue
            accepted, taken = accepted + 1, taken + end - start
            if self._is_cached_here(path, size):
                self._content.ranges.setdefault(path, set()).add((start, end))
        now = self._world.clock()
        self._hints[hint_id] = Hint(path, request.priority, taken, now, now + (request.ttl_seconds or HINT_SECONDS))
        self._counts.created += 1
        return pb.PrefetchFileRangesReply(
            hint_id=hint_id, accepted_range_count=accepted, rejected_range_count=len(request.ranges) - accepted
        )

    async def CancelFilePrefetch(self, request: pb.CancelFilePrefetchRequest, call: Call) -> Empty:
        self._let_expire()
        self._cancel(await View(self._world, call).full(request.path), set(request.hint_ids))
        return Empty()

    async def GetActivePrefetchHints(self, request: Empty, call: Call) -> pb.GetActivePrefetchHintsReply:
        self._let_expire()
        view, now = View(self._world, call), self._world.clock()
        reply = pb.GetActivePrefetchHintsReply(
            hints_created_total=self._counts.created,
            hints_cancelled_total=self._counts.cancelled,
            hints_expired_total=self._counts.expired,
            ranges_rejected_cache_hit_total=self._counts.cached,
        )
        for hint_id, hint in self._hints.items():
            if view.sees(hint.path):
                reply.hints.add(
                    path=view.shown(hint.path),
                    hint_id=hint_id,
                    priority=hint.priority,
                    total_bytes=hint.size,
                    seconds_since_created=int(now - hint.created),
                    remaining_ttl_seconds=int(hint.until - now),
                )
        return reply

    async def CloseFileReader(self, request: pb.FileRequest, call: Call) -> Empty:
        await self._file(request.path, call)
        return Empty()

    # What they share

    async def _folder(self, given: str, call: Call) -> str:
        path = await View(self._world, call).full(given)
        entry = await self._world.entry(path)
        if entry is None or not entry.isDirectory:
            raise CallError(Status.NOT_FOUND, f"there is no folder {given}")
        return path

    async def _file(self, given: str, call: Call) -> tuple[str, int]:
        path = await View(self._world, call).full(given)
        entry = await self._world.entry(path)
        if entry is None or entry.isDirectory:
            raise CallError(Status.NOT_FOUND, f"there is no file {given}")
        return path, entry.size

    def _seconds(self, path: str) -> int:
        """A folder's time, or that of the nearest folder above that has one."""
        for folder in _upwards(path):
            if folder in self._world.listing_seconds:
                return self._world.listing_seconds[folder]
        return self._default_seconds()

    def _live(self) -> dict[str, tuple[float, int]]:
        now, listed = self._world.clock(), self._world.listed
        for path in [each for each, (at, _) in listed.items() if 0 < self._seconds(each) <= now - at]:
            del listed[path]
        return listed

    def _size(self) -> int:
        """It grows with what is listed; only compacting makes it smaller."""
        if self._vacuum is not None and not self._is_vacuuming:
            self._grown = min(self._grown, self._vacuum.after)
        self._grown = max(self._grown, EMPTY + LISTING * len(self._live()))
        return self._grown

    @property
    def _is_vacuuming(self) -> bool:
        return self._vacuum is not None and self._world.clock() < self._vacuum.ends

    def _is_cached_here(self, path: str, size: int) -> bool:
        rules = next((self._folders[folder] for folder in _upwards(path) if folder in self._folders), None)
        if rules is None or not rules.enabled or size < rules.minFileSize or 0 < rules.maxFileSize < size:
            return False
        listed = paths.tail(path).rpartition(".")[2].lower() in rules.extensions
        if rules.extensionFilterMode == pb.EXTENSION_FILTER_INCLUDE:
            return listed
        return not (rules.extensionFilterMode == pb.EXTENSION_FILTER_EXCLUDE and listed)

    def _keep_folders(self) -> None:
        self._world.state.save("disk_cache_folders", [as_json(folder) for folder in self._folders.values()])

    def _cancel(self, path: str, which: set[int]) -> None:
        for hint_id in [each for each, hint in self._hints.items() if hint.path == path and (not which or each in which)]:
            del self._hints[hint_id]
            self._counts.cancelled += 1

    def _let_expire(self) -> None:
        now = self._world.clock()
        for hint_id in [each for each, hint in self._hints.items() if hint.until <= now]:
            del self._hints[hint_id]
            self._counts.expired += 1


def _upwards(path: str) -> list[str]:
    """A path and the folders above it, nearest first."""
    found = [path]
    while found[-1] != "/":
        found.append(paths.parent(found[-1]))
    return found
