"""The server's list of uploads: one row per file on its way to a cloud (protocol.md §10.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["COPY", "ENDED", "MOUNT", "REMOTE_UPLOAD", "TaskList", "UploadTask"]

MOUNT = pb.UploadFileInfo.OperatorType.Value("Mount")
COPY = pb.UploadFileInfo.OperatorType.Value("Copy")
REMOTE_UPLOAD = pb.UploadFileInfo.OperatorType.Value("RemoteUpload")
ENDED = frozenset(
    pb.UploadFileInfo.Status.Value(name) for name in ("Cancelled", "Finish", "Skipped", "Ignored", "Error", "FatalError")
)


@dataclass(slots=True)
class UploadTask:
    """One row.

    Attributes:
        key: Opaque; the upload id of a remote upload.
        path: Destination in the virtual tree.
        size, transferred: Bytes.
        status: Number of ``UploadFileInfo.Status``.
        operator: Number of ``UploadFileInfo.OperatorType``.
        account: Whose upload it is.
        error: Text of a failure.
        ended_at: When it ended, on the world's clock.
        control: Takes ``pause``, ``resume`` or ``cancel``.
    """

    key: str
    path: str
    size: int
    operator: int
    account: str
    control: Callable[[str], None]
    status: int = 7
    transferred: int = 0
    error: str = ""
    ended_at: float | None = None

    @property
    def is_live(self) -> bool:
        """Whether it has not ended."""
        return self.status not in ENDED

    def to_proto(self, *, with_number: bool = True) -> pb.UploadFileInfo:
        """The row as the API shows it; old servers lack the status number."""
        status = self.status if self.status in pb.UploadFileInfo.Status.values() else 0
        return pb.UploadFileInfo(
            key=self.key,
            destPath=self.path,
            size=self.size,
            transferedBytes=self.transferred,
            status=pb.UploadFileInfo.Status.Name(pb.UploadFileInfo.Status.ValueType(status)),
            errorMessage=self.error,
            operatorType=pb.UploadFileInfo.OperatorType.ValueType(self.operator),
            statusEnum=pb.UploadFileInfo.Status.ValueType(self.status if with_number else 0),
        )


class TaskList:
    """Rows in the order they came; ended ones vanish after a while.

    Args:
        clock: The world's clock.
        keep_seconds: How long an ended row stays.
        changed: Told of every change of a row's status.
    """

    def __init__(self, clock: Callable[[], float], keep_seconds: float, changed: Callable[[UploadTask], None]) -> None:
        self._clock = clock
        self._keep_seconds = keep_seconds
        self._changed = changed
        self._rows: dict[str, UploadTask] = {}
        self._live: dict[str, UploadTask] = {}
        # Keys of ended rows, in the order they ended.
        self._ended: dict[str, None] = {}

    def add(self, task: UploadTask) -> None:
        """A new row."""
        self._rows[task.key] = self._live[task.key] = task
        self._changed(task)

    def get(self, key: str) -> UploadTask | None:
        """The row with this key."""
        self._expire()
        return self._rows.get(key)

    def set_status(self, task: UploadTask, status: int, error: str = "") -> None:
        """Note a new status; ended rows are kept for a while."""
        task.status, task.error = status, error
        if not task.is_live:
            task.ended_at = self._clock()
            self._live.pop(task.key, None)
            if task.key in self._rows:
                self._ended.pop(task.key, None)
                self._ended[task.key] = None
        self._changed(task)

    def forget(self, key: str) -> None:
        """Drop a row now."""
        self._rows.pop(key, None)
        self._live.pop(key, None)
        self._ended.pop(key, None)

    def rows(self) -> list[UploadTask]:
        """All rows still shown."""
        self._expire()
        return list(self._rows.values())

    def live(self) -> list[UploadTask]:
        """Rows that have not ended."""
        return list(self._live.values())

    def live_count(self) -> int:
        """How many rows have not ended."""
        return len(self._live)

    def _expire(self) -> None:
        limit = self._clock() - self._keep_seconds
        while self._ended:
            key = next(iter(self._ended))
            ended_at = self._rows[key].ended_at
            if ended_at is not None and ended_at > limit:
                return
            self.forget(key)
