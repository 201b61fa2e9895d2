"""Work the server does by itself besides uploads: copies, merges, open readers; and how much of it there is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from clouddrive2.models.times import time_of
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["CopyTask", "Download", "MergeTask", "TaskCounts", "TaskStatus"]


class TaskStatus(StrEnum):
    """Where a copy or merge task stands (protocol.md §10.3, §10.4).

    ``SCANNED``: everything to copy is known, and its files are in the upload list. ``COMPLETED`` is not success by itself:
    see :attr:`CopyTask.succeeded`.
    """

    PENDING = "pending"
    SCANNING = "scanning"
    SCANNED = "scanned"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def is_terminal(self) -> bool:
        """Whether nothing follows."""
        return self in (TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED)


COPY_STATUS = (TaskStatus.PENDING, TaskStatus.SCANNING, TaskStatus.SCANNED, TaskStatus.COMPLETED, TaskStatus.FAILED)
MERGE_STATUS = (TaskStatus.PENDING, TaskStatus.RUNNING, TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class CopyTask:
    """A copy, or a move to another cloud, that the server works on.

    Attributes:
        key: What the calls about it take; the server's own texts, never changed.
        source, destination: What is copied and into which folder.
        status: Where it stands.
        paused: Whether it was paused.
        moves: Whether the originals go.
        total_files, total_folders, total_bytes: All there is to do, as far as it was scanned.
        done_files, done_bytes: What has reached its cloud.
        skipped_files, failed_files, failed_folders, cancelled_files: What has not, and why.
        errors: The server's texts.
        started, ended: When.
    """

    key: str
    source: str
    destination: str
    status: TaskStatus
    paused: bool = False
    moves: bool = False
    total_files: int = 0
    total_folders: int = 0
    total_bytes: int = 0
    done_files: int = 0
    done_bytes: int = 0
    skipped_files: int = 0
    failed_files: int = 0
    failed_folders: int = 0
    cancelled_files: int = 0
    errors: tuple[str, ...] = ()
    started: datetime | None = None
    ended: datetime | None = None

    @property
    def succeeded(self) -> bool:
        """Completed, and everything with it (protocol.md §10.3)."""
        left = self.failed_files or self.failed_folders or self.cancelled_files or self.errors
        return self.status is TaskStatus.COMPLETED and not left

    @classmethod
    def from_proto(cls, message: pb.CopyTask) -> CopyTask:
        """From ``GetCopyTasks``."""
        return cls(
            key=f"{message.sourcePath}:{message.destPath}",
            source=message.sourcePath,
            destination=message.destPath,
            status=_status(COPY_STATUS, message.status),
            paused=message.paused,
            moves=message.taskMode == pb.CopyTask.Move,
            total_files=message.totalFiles,
            total_folders=message.totalFolders,
            total_bytes=message.totalBytes,
            done_files=message.uploadedFiles,
            done_bytes=message.uploadedBytes,
            skipped_files=message.skippedFiles,
            failed_files=message.failedFiles,
            failed_folders=message.failedFolders,
            cancelled_files=message.cancelledFiles,
            errors=tuple(error.message for error in message.errors),
            started=time_of(message, "startTime"),
            ended=time_of(message, "endTime"),
        )


@dataclass(frozen=True, slots=True)
class MergeTask:
    """A folder that the server merges into another of the same name.

    Attributes:
        key: What the calls about it take.
        source, destination: The two folders.
        status: Where it stands.
        moves: Whether the originals go.
        merged_files, merged_folders: What is done.
        error: The server's text when it failed.
        started, ended: When.
    """

    key: str
    source: str
    destination: str
    status: TaskStatus
    moves: bool = False
    merged_files: int = 0
    merged_folders: int = 0
    error: str = ""
    started: datetime | None = None
    ended: datetime | None = None

    @classmethod
    def from_proto(cls, message: pb.MergeTask) -> MergeTask:
        """From ``GetMergeTasks`` or a push message."""
        return cls(
            key=f"{message.sourcePath}:{message.destPath}",
            source=message.sourcePath,
            destination=message.destPath,
            status=_status(MERGE_STATUS, message.status),
            moves=message.operationType == pb.MergeTask.Move,
            merged_files=message.mergedFiles,
            merged_folders=message.mergedFolders,
            error=message.errorMessage,
            started=time_of(message, "startTime"),
            ended=time_of(message, "endTime"),
        )


@dataclass(frozen=True, slots=True)
class Download:
    """A file the server has open for a reader: through a mount, over HTTP, for a copy (protocol.md §10.2). No job.

    Attributes:
        path: What is read.
        size: Its bytes.
        buffered: Bytes the server holds of it.
        connections: How many it has open to the cloud.
        readers: Who reads, as the server names them.
        detail: The server's own words.
        error: What went wrong last.
        bytes_per_second: How fast it comes.
    """

    path: str
    size: int
    buffered: int = 0
    connections: int = 0
    readers: tuple[str, ...] = ()
    detail: str = ""
    error: str = ""
    bytes_per_second: float = 0.0

    @classmethod
    def from_proto(cls, message: pb.DownloadFileInfo) -> Download:
        """From ``GetDownloadFileList``."""
        return cls(
            path=message.filePath,
            size=message.fileLength,
            buffered=message.totalBufferUsed,
            connections=message.downloadThreadCount,
            readers=tuple(message.process),
            detail=message.detailDownloadInfo,
            error=message.lastDownloadError,
            bytes_per_second=message.bytesPerSecond,
        )


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """How much the server is working on.

    Attributes:
        uploads: Rows of the upload list that have not ended.
        downloads: Open readers.
        copies: Copy tasks.
        has_update: Whether a new version of the server waits.
        version: The server's version; empty when it does not say.
    """

    uploads: int
    downloads: int
    copies: int
    has_update: bool = False
    version: str = ""

    @classmethod
    def from_proto(cls, message: pb.GetAllTasksCountResult) -> TaskCounts:
        """From ``GetAllTasksCount``."""
        version = message.pushMessage.clouddriveVersion
        return cls(message.uploadCount, message.downloadCount, message.copyTaskCount, message.hasUpdate, version)


def _status(order: tuple[TaskStatus, ...], number: int) -> TaskStatus:
    """By its number; one that nobody knows yet is no end."""
    return order[number] if 0 <= number < len(order) else TaskStatus.UNKNOWN
