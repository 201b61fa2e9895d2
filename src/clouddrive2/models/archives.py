"""Archives that are shown as folders (protocol.md §5.7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["ArchiveFolder", "ArchiveProbe", "ArchiveState", "SolidMode", "UnreadableMembers"]

SolidMode = Literal["never", "memory", "cache"]
SOLID_MODES: tuple[SolidMode, ...] = ("never", "memory", "cache")
PROBLEMS = {
    pb.ArchiveProbe.NotAnArchive: "not-an-archive",
    pb.ArchiveProbe.NotFirstVolume: "not-first-volume",
    pb.ArchiveProbe.InsideArchiveFolder: "inside-archive-folder",
    pb.ArchiveProbe.Encrypted: "encrypted",
    pb.ArchiveProbe.Damaged: "damaged",
}
REASONS = {
    pb.ArchiveUnreadable.Damaged: "damaged",
    pb.ArchiveUnreadable.Encrypted: "encrypted",
    pb.ArchiveUnreadable.NeedsPassword: "needs-password",
    pb.ArchiveUnreadable.Method: "method",
    pb.ArchiveUnreadable.MissingVolume: "missing-volume",
}


class ArchiveState(StrEnum):
    """Whether an archive folder can be used, and if not why."""

    LOADING = "loading"
    READY = "ready"
    INDEXING = "indexing"
    NOT_READY = "not-ready"
    MISSING = "missing"
    NEEDS_PASSWORD = "needs-password"
    UNSUPPORTED = "unsupported"
    NO_PLAN = "no-plan"
    ERROR = "error"
    UNLOADED = "unloaded"
    UNKNOWN = "unknown"


STATES = tuple(ArchiveState)[:-1]


@dataclass(frozen=True, slots=True)
class ArchiveFolder:
    """An archive that was opened as a folder.

    Attributes:
        path: The folder, as the server names it; the calls about it take it.
        archive: Path of the archive.
        state: Whether it can be used.
        message: The server's words about the state.
        format: Of the archive, as the server says it.
        files, size: How many files it has, and their bytes unpacked.
        progress: Of the index, from 0 to 1; ``None`` unless ``state`` is ``INDEXING``.
        auto_load: Whether it is shown again after a restart of the server.
        cover: Path of a picture for it.
        is_solid: Whether some members can be read only by unpacking others before them.
        solid_mode: What the server does about those: ``never`` shows them, keeps them in ``memory``, or in its ``cache``.
        cache_bytes: What it holds in the server's cache.
        is_loaded: Whether it is in the tree.
    """

    path: str
    archive: str
    state: ArchiveState
    message: str = ""
    format: str = ""
    files: int = 0
    size: int = 0
    progress: float | None = None
    auto_load: bool = False
    cover: str | None = None
    is_solid: bool = False
    solid_mode: SolidMode = "never"
    cache_bytes: int = 0
    is_loaded: bool = False

    @property
    def is_ready(self) -> bool:
        """Whether its members can be listed and read."""
        return self.state is ArchiveState.READY

    @classmethod
    def from_proto(cls, message: pb.ArchiveFolder) -> ArchiveFolder:
        """From the server's record."""
        return cls(
            path=message.folderPath,
            archive=message.archivePath,
            state=STATES[message.state] if message.state < len(STATES) else ArchiveState.UNKNOWN,
            message=message.message,
            format=message.format,
            files=message.fileCount,
            size=message.totalSize,
            progress=min(1.0, max(0.0, message.progress)) if message.HasField("progress") else None,
            auto_load=message.autoLoad,
            cover=message.coverImagePath or None,
            is_solid=message.hasSolidMembers,
            solid_mode=SOLID_MODES[message.solidMode] if message.solidMode < len(SOLID_MODES) else "never",
            cache_bytes=message.cacheBytes,
            is_loaded=message.loaded,
        )


@dataclass(frozen=True, slots=True)
class UnreadableMembers:
    """Members of an archive that cannot be read.

    Attributes:
        reason: ``damaged``, ``encrypted``, ``needs-password``, ``method``, ``missing-volume``, or ``other``.
        count: How many.
        example: One of them.
    """

    reason: str
    count: int
    example: str = ""


@dataclass(frozen=True, slots=True)
class ArchiveProbe:
    """Whether, and how well, a file would open as a folder.

    Attributes:
        supported: Whether it would.
        format: As the server says it.
        needs_password: Whether members need one.
        problem: Why it would not: ``not-an-archive``, ``not-first-volume``, ``inside-archive-folder``, ``encrypted``,
            ``damaged`` or ``other``; ``None`` when it would.
        message: The server's words about it.
        is_solid: Whether some members can be read only by unpacking others before them.
        solid_bytes: How much that is.
        is_sacd, has_stereo, has_multichannel: Images of audio discs, and what they hold.
        unreadable: Members that cannot be read.
    """

    supported: bool
    format: str = ""
    needs_password: bool = False
    problem: str | None = None
    message: str = ""
    is_solid: bool = False
    solid_bytes: int = 0
    is_sacd: bool = False
    has_stereo: bool = False
    has_multichannel: bool = False
    unreadable: tuple[UnreadableMembers, ...] = field(default=())

    @classmethod
    def from_proto(cls, message: pb.ArchiveProbe) -> ArchiveProbe:
        """From the server's answer."""
        rows = [UnreadableMembers(REASONS.get(each.reason, "other"), each.count, each.example) for each in message.unreadable]
        return cls(
            supported=message.supported,
            format=message.format,
            needs_password=message.needsPassword,
            problem=None if message.supported else PROBLEMS.get(message.problem, "other"),
            message=message.message,
            is_solid=message.hasSolidMembers,
            solid_bytes=message.solidBytes,
            is_sacd=message.isSacd,
            has_stereo=message.hasStereo,
            has_multichannel=message.hasMultichannel,
            unreadable=tuple(rows),
        )
