"""What the server remembers of its clouds: listings, and content of files (protocol.md §18.2, §6.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from clouddrive2.models.times import time_of
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = [
    "CacheDatabase",
    "DiskCache",
    "DiskCacheFolder",
    "Eviction",
    "Prefetch",
    "PrefetchPriority",
    "PrefetchState",
    "Prefetched",
    "VacuumProgress",
    "VacuumStatus",
]


class Eviction(IntEnum):
    """What the disk cache drops first."""

    UNKNOWN = -1
    OLDEST = 0
    LARGEST = 1
    SMALLEST = 2

    @classmethod
    def _missing_(cls, value: object) -> Eviction:
        return cls.UNKNOWN


class VacuumStatus(IntEnum):
    """How the compacting of the database goes."""

    UNKNOWN = -1
    IDLE = 0
    RUNNING = 1
    COMPLETED = 2
    FAILED = 3

    @classmethod
    def _missing_(cls, value: object) -> VacuumStatus:
        return cls.UNKNOWN


class PrefetchPriority(IntEnum):
    """How soon a file is read ahead, compared with others."""

    LOW = 0
    NORMAL = 1
    HIGH = 2


@dataclass(frozen=True, slots=True)
class CacheDatabase:
    """The database of listings: its size in bytes, and whether it is being compacted."""

    size: int
    is_vacuuming: bool

    @classmethod
    def from_proto(cls, message: pb.GetDirCacheDbSizeResult) -> CacheDatabase:
        """From ``GetDirCacheDbSize``."""
        return cls(message.totalSizeBytes, message.isVacuuming)


@dataclass(frozen=True, slots=True)
class VacuumProgress:
    """The last compacting of the database of listings.

    Attributes:
        status: How it goes.
        started, ended: When; ``None`` when it never did.
        size_before, size_after: Bytes.
        error: Why it failed.
    """

    status: VacuumStatus
    started: datetime | None = None
    ended: datetime | None = None
    size_before: int = 0
    size_after: int = 0
    error: str = ""

    @classmethod
    def from_proto(cls, message: pb.VacuumProgressResult) -> VacuumProgress:
        """From ``GetVacuumProgress``."""
        return cls(
            status=VacuumStatus(message.status),
            started=time_of(message, "startTime"),
            ended=time_of(message, "endTime"),
            size_before=message.sizeBefore,
            size_after=message.sizeAfter,
            error=message.errorMessage,
        )


@dataclass(frozen=True, slots=True)
class DiskCache:
    """The server's cache of file content.

    Attributes:
        enabled: Whether it is in use.
        size, max_size: Bytes it has, and may have.
        files, segments: How many it has something of, and in how many pieces.
        folder: Where it lies, on the server's machine.
        is_counted: Whether the server has finished counting; before that the numbers grow.
        eviction: What it drops first.
    """

    enabled: bool
    size: int
    max_size: int
    files: int
    segments: int
    folder: str
    is_counted: bool
    eviction: Eviction

    @classmethod
    def from_proto(cls, message: pb.FileBufferDiskCacheStats) -> DiskCache:
        """From ``GetFileBufferDiskCacheStats``."""
        return cls(
            message.enabled,
            message.totalBytes,
            message.maxBytes,
            message.entryCount,
            message.segmentCount,
            message.rootDir,
            message.scanCompleted,
            Eviction(message.evictionStrategy),
        )


@dataclass(frozen=True, slots=True)
class DiskCacheFolder:
    """Which files of a folder the disk cache takes; folders below follow, unless they have rules of their own.

    Attributes:
        path: The folder.
        enabled: ``False`` keeps it from following a folder above.
        min_size, max_size: Bytes a file has at least and at most; 0 for no limit.
        only, never: Extensions, lower case, without a dot; one of the two is empty.
    """

    path: str
    enabled: bool = True
    min_size: int = 0
    max_size: int = 0
    only: tuple[str, ...] = ()
    never: tuple[str, ...] = ()

    @classmethod
    def from_proto(cls, message: pb.DiskCacheFolder) -> DiskCacheFolder:
        """From ``ListDiskCacheFolders``."""
        extensions = tuple(message.extensions)
        return cls(
            path=message.path,
            enabled=message.enabled,
            min_size=message.minFileSize,
            max_size=message.maxFileSize,
            only=extensions if message.extensionFilterMode == pb.EXTENSION_FILTER_INCLUDE else (),
            never=extensions if message.extensionFilterMode == pb.EXTENSION_FILTER_EXCLUDE else (),
        )


@dataclass(frozen=True, slots=True)
class Prefetched:
    """The answer to a request to read ahead: its id, and how many ranges were taken and not taken."""

    hint_id: int
    accepted: int
    rejected: int

    @classmethod
    def from_proto(cls, message: pb.PrefetchFileRangesReply) -> Prefetched:
        """From ``PrefetchFileRanges``."""
        return cls(message.hint_id, message.accepted_range_count, message.rejected_range_count)


@dataclass(frozen=True, slots=True)
class Prefetch:
    """One request to read ahead that still holds."""

    path: str
    hint_id: int
    priority: PrefetchPriority
    size: int
    age: timedelta
    remaining: timedelta

    @classmethod
    def from_proto(cls, message: pb.ActivePrefetchHint) -> Prefetch:
        """From ``GetActivePrefetchHints``; a priority nobody knows counts as an ordinary one."""
        known = message.priority in PrefetchPriority._value2member_map_
        return cls(
            message.path,
            message.hint_id,
            PrefetchPriority(message.priority) if known else PrefetchPriority.NORMAL,
            message.total_bytes,
            timedelta(seconds=message.seconds_since_created),
            timedelta(seconds=message.remaining_ttl_seconds),
        )


@dataclass(frozen=True, slots=True)
class PrefetchState:
    """What is read ahead now, and how often it was asked for, taken back, and ran out since the server started."""

    active: tuple[Prefetch, ...]
    created: int
    cancelled: int
    expired: int

    @classmethod
    def from_proto(cls, message: pb.GetActivePrefetchHintsReply) -> PrefetchState:
        """From ``GetActivePrefetchHints``."""
        return cls(
            tuple(Prefetch.from_proto(hint) for hint in message.hints),
            message.hints_created_total,
            message.hints_cancelled_total,
            message.hints_expired_total,
        )
