"""What the server tells by itself: one class for each kind of push message (protocol.md §13.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from clouddrive2.models.files import Entry
from clouddrive2.models.tasks import MergeTask, TaskCounts
from clouddrive2.models.times import time_of
from clouddrive2.models.transfers import Transfer
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = [
    "BackupIssue",
    "CloudChange",
    "CloudChanged",
    "Event",
    "ExitReason",
    "FileChange",
    "FileChanged",
    "LogLine",
    "MergeChanged",
    "MountChanged",
    "Reconnected",
    "ServerExiting",
    "TaskCountsChanged",
    "TransferChanged",
    "UpdateChanged",
    "UpdatePhase",
]


class FileChange(StrEnum):
    """What happened to an entry. A move is a renaming, too."""

    CREATED = "created"
    DELETED = "deleted"
    RENAMED = "renamed"
    MODIFIED = "modified"


class ExitReason(StrEnum):
    """Why the server ends the session."""

    UNKNOWN = "unknown"
    KICKED_OUT_BY_USER = "kicked_out_by_user"
    KICKED_OUT_BY_SERVER = "kicked_out_by_server"
    PASSWORD_CHANGED = "password_changed"
    RESTART = "restart"
    SHUTDOWN = "shutdown"


class UpdatePhase(StrEnum):
    """How far an update of the server is."""

    NONE = "none"
    DOWNLOADING = "downloading"
    READY = "ready"
    UPDATING = "updating"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class CloudChange(StrEnum):
    """What happened to a cloud account."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    UNKNOWN = "unknown"


FILE_CHANGES = (FileChange.CREATED, FileChange.DELETED, FileChange.RENAMED, FileChange.MODIFIED)
EXIT_REASONS = tuple(ExitReason)
UPDATE_PHASES = tuple(UpdatePhase)[:-1]
CLOUD_CHANGES = tuple(CloudChange)[:-1]


@dataclass(frozen=True, slots=True)
class Reconnected:
    """The server tells from now on: at the beginning, and again after the connection had broken.

    Nothing that happened before comes later: read anew what you follow (protocol.md §13.1).

    Attributes:
        first: Whether it is the beginning.
        polling: Whether the server has no push messages, and is asked every now and then instead. No files are told of then.
    """

    first: bool
    polling: bool = False


@dataclass(frozen=True, slots=True)
class FileChanged:
    """An entry came, went, moved or got other content. A folder is told of once, without what is in it.

    A file that was created may still be on its way to its cloud: see :attr:`Entry.pending` (protocol.md §3.5, §13.3).

    Attributes:
        change: What happened.
        path: Where; the old path of one that was renamed.
        new_path: The new one.
        is_folder: Whether it is a folder.
        entry: The entry as it is now; ``None`` for one that was deleted, or when the server does not say.
    """

    change: FileChange
    path: str
    new_path: str | None = None
    is_folder: bool = False
    entry: Entry | None = None

    @classmethod
    def from_proto(cls, message: pb.FileSystemChange) -> FileChanged:
        """A change nobody knows yet counts as created."""
        number = int(message.changeType)
        return cls(
            change=FILE_CHANGES[number] if 0 <= number < len(FILE_CHANGES) else FileChange.CREATED,
            path=message.path,
            new_path=message.newPath or None,
            is_folder=message.isDirectory,
            entry=Entry.from_proto(message.theFile) if message.HasField("theFile") else None,
        )


@dataclass(frozen=True, slots=True)
class MountChanged:
    """A mount point was mounted or unmounted, or could not be.

    Attributes:
        mount_point: Folder on the server's machine.
        mounted: What was tried: mounting, or unmounting.
        success: Whether it is so now.
        reason: Why not.
    """

    mount_point: str
    mounted: bool
    success: bool
    reason: str = ""

    @classmethod
    def from_proto(cls, message: pb.MountPointChange) -> MountChanged:
        """From a push message."""
        mounted = message.actionType == pb.MountPointChange.MOUNT
        return cls(message.mountPoint, mounted, message.success, message.failReason)


@dataclass(frozen=True, slots=True)
class TransferChanged:
    """An upload got another status. Small ones may pass unseen: the file's own event is then the only trace."""

    transfer: Transfer


@dataclass(frozen=True, slots=True)
class TaskCountsChanged:
    """The server works on more or less than before."""

    counts: TaskCounts

    @classmethod
    def from_proto(cls, message: pb.TransferTaskStatus) -> TaskCountsChanged:
        """From a push message of any of the three kinds that count."""
        version = message.clouddriveVersion
        return cls(TaskCounts(message.uploadCount, message.downloadCount, message.copyTaskCount, message.hasUpdate, version))


@dataclass(frozen=True, slots=True)
class UpdateChanged:
    """An update of the server moves on.

    Attributes:
        phase: How far it is.
        version: The one that runs.
        new_version: The one that comes.
        message: The server's own words.
        downloaded, total: Bytes; ``None`` when the server does not say.
    """

    phase: UpdatePhase
    version: str
    new_version: str = ""
    message: str = ""
    downloaded: int | None = None
    total: int | None = None

    @classmethod
    def from_proto(cls, message: pb.UpdateStatus) -> UpdateChanged:
        """From a push message."""
        number = int(message.updatePhase)
        return cls(
            phase=UPDATE_PHASES[number] if 0 <= number < len(UPDATE_PHASES) else UpdatePhase.UNKNOWN,
            version=message.clouddriveVersion,
            new_version=message.newVersion,
            message=message.message,
            downloaded=message.downloadedBytes if message.HasField("downloadedBytes") else None,
            total=message.totalBytes if message.HasField("totalBytes") else None,
        )


@dataclass(frozen=True, slots=True)
class ServerExiting:
    """The server ends, or ends this session.

    Attributes:
        reason: Why.
        message: The server's own words.
    """

    reason: ExitReason
    message: str = ""

    @property
    def credentials_stay_good(self) -> bool:
        """Whether the same credentials are worth trying again (protocol.md §13.2)."""
        return self.reason in (ExitReason.RESTART, ExitReason.SHUTDOWN)

    @classmethod
    def from_proto(cls, message: pb.ExitedMessage) -> ServerExiting:
        """From a push message."""
        number = int(message.exitReason)
        return cls(EXIT_REASONS[number] if 0 <= number < len(EXIT_REASONS) else ExitReason.UNKNOWN, message.message)


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the server's log.

    Attributes:
        level: ``trace``, ``debug``, ``info``, ``warn`` or ``error``.
        message: What it says.
        target: The part of the server it comes from.
        time: When.
        fields: What else it says, by name.
    """

    level: str
    message: str
    target: str = ""
    time: datetime | None = None
    fields: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_proto(cls, message: pb.LogMessage) -> LogLine:
        """From a push message; a level nobody knows yet keeps its number."""
        number = int(message.level)
        levels = pb.LogMessage.LogLevel
        level = levels.Name(message.level).lower() if number in levels.values() else f"level {number}"
        return cls(level, message.message, message.target, time_of(message, "timestamp"), dict(message.fields))


@dataclass(frozen=True, slots=True)
class MergeChanged:
    """Merges moved on.

    Attributes:
        tasks: The merges the server tells of.
        last_path, last_new_path: What was merged last, and where it is now; empty when the server does not say.
    """

    tasks: tuple[MergeTask, ...]
    last_path: str = ""
    last_new_path: str = ""

    @classmethod
    def from_proto(cls, message: pb.MergeTaskUpdate) -> MergeChanged:
        """From a push message."""
        return cls(
            tuple(MergeTask.from_proto(task) for task in message.mergeTasks), message.lastMergedPath, message.lastMergedNewPath
        )


@dataclass(frozen=True, slots=True)
class CloudChanged:
    """A cloud account came, went, or got another name (since server version 1.0.14).

    Attributes:
        change: What happened.
        cloud, account: Which account: the cloud's type, and the name there.
        path: Its folder; the old one when it was renamed.
        new_path: The new one.
    """

    change: CloudChange
    cloud: str
    account: str
    path: str
    new_path: str | None = None

    @classmethod
    def from_proto(cls, message: pb.CloudApiChange) -> CloudChanged:
        """From a push message."""
        number = int(message.action)
        change = CLOUD_CHANGES[number] if 0 <= number < len(CLOUD_CHANGES) else CloudChange.UNKNOWN
        return cls(change, message.cloudName, message.userName, message.mountPath, message.newMountPath or None)


@dataclass(frozen=True, slots=True)
class BackupIssue:
    """A two-way backup met something it cannot decide, or something about it was decided (since server version 1.1.0).

    Attributes:
        source: Source folder of the backup.
        id: The issue's number in that backup.
        kind: Its kind as in the contract, for example ``Conflict``.
        path: What it is about, below the source.
        detail: The server's own words.
        resolved: Whether it is settled.
        resolution: How.
        time: When it came up.
    """

    source: str
    id: int
    kind: str
    path: str
    detail: str = ""
    resolved: bool = False
    resolution: str = ""
    time: datetime | None = None

    @classmethod
    def from_proto(cls, message: pb.BackupSyncIssuePush) -> BackupIssue:
        """From a push message; a kind nobody knows yet keeps its number."""
        issue = message.issue
        kinds = pb.BackupSyncIssue.Kind
        kind = kinds.Name(issue.kind) if issue.kind in kinds.values() else f"Unknown{int(issue.kind)}"
        return cls(
            source=message.sourcePath,
            id=issue.id,
            kind=kind,
            path=issue.relativePath,
            detail=issue.detail,
            resolved=issue.resolved,
            resolution=issue.resolution,
            time=time_of(issue, "time"),
        )


Event: TypeAlias = (
    Reconnected
    | FileChanged
    | MountChanged
    | TransferChanged
    | TaskCountsChanged
    | UpdateChanged
    | ServerExiting
    | LogLine
    | MergeChanged
    | CloudChanged
    | BackupIssue
)
