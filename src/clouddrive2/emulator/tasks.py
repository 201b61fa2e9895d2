"""The upload list: one row per file on its way into a cloud (protocol.md §10.1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

__all__ = ["ENDED", "Control", "Operator", "Tasks", "UploadStatus", "UploadTask"]


class UploadStatus(IntEnum):
    """``UploadFileInfo.Status``; the names are the texts of ``UploadFileInfo.status``."""

    WaitforPreprocessing = 0
    Preprocessing = 1
    Cancelled = 2
    Transfer = 3
    Pause = 4
    Finish = 5
    Skipped = 6
    Inqueue = 7
    Ignored = 8
    Error = 9
    FatalError = 10


ENDED = frozenset(
    {
        UploadStatus.Cancelled,
        UploadStatus.Finish,
        UploadStatus.Skipped,
        UploadStatus.Ignored,
        UploadStatus.Error,
        UploadStatus.FatalError,
    }
)


class Operator(IntEnum):
    """``UploadFileInfo.OperatorType``: who brought the file."""

    Mount = 0
    Copy = 1
    BackupFile = 2
    RemoteUpload = 3


class Control(StrEnum):
    """What a user may do to a row."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"


@dataclass(slots=True, eq=False)
class UploadTask:
    """One row. Only its owner changes it, through :meth:`Tasks.update`.

    Attributes:
        key: Opaque; the upload id of remote uploads.
        path: Destination in the whole namespace.
        size, transferred: Bytes.
        operator: Who brought the file.
        control: The owner's handler for pause, resume and cancel.
        status, error: Where it stands.
        changed_at: When the status last changed, on the world's clock.
    """

    key: str
    path: str
    size: int
    operator: Operator
    control: Callable[[Control], Awaitable[None]] = field(repr=False)
    status: UploadStatus = UploadStatus.Inqueue
    transferred: int = 0
    error: str = ""
    changed_at: float = 0.0

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in ENDED


class Tasks:
    """All rows, oldest first. Ended rows stay ``keep_seconds`` long, then vanish."""

    def __init__(self, now: Callable[[], float], keep_seconds: Callable[[], float]) -> None:
        self._now = now
        self._keep_seconds = keep_seconds
        self._rows: dict[str, UploadTask] = {}
        self._listeners: list[Callable[[UploadTask], None]] = []

    def __iter__(self) -> Iterator[UploadTask]:
        self._sweep()
        return iter(list(self._rows.values()))

    def __len__(self) -> int:
        self._sweep()
        return len(self._rows)

    @property
    def running(self) -> int:
        """How many have not ended."""
        return sum(not task.ended for task in self._rows.values())

    def get(self, key: str) -> UploadTask | None:
        """The row of this key."""
        self._sweep()
        return self._rows.get(key)

    def add(self, task: UploadTask) -> None:
        """Put a row at the end and tell the listeners."""
        task.changed_at = self._now()
        self._rows[task.key] = task
        self._tell(task)

    def update(
        self,
        task: UploadTask,
        *,
        status: UploadStatus | None = None,
        error: str | None = None,
        transferred: int | None = None,
    ) -> None:
        """Change a row; listeners hear of a new status only, not of progress."""
        if transferred is not None:
            task.transferred = transferred
        if error is not None:
            task.error = error
        if status is not None and status != task.status:
            task.status = status
            task.changed_at = self._now()
            self._tell(task)

    def remove(self, key: str) -> None:
        """Forget a row; unknown keys are ignored."""
        self._rows.pop(key, None)

    def listen(self, listener: Callable[[UploadTask], None]) -> Callable[[], None]:
        """Call ``listener`` for each new row and each new status; the answer ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _tell(self, task: UploadTask) -> None:
        for listener in list(self._listeners):
            listener(task)

    def _sweep(self) -> None:
        before = self._now() - self._keep_seconds()
        for key in [key for key, task in self._rows.items() if task.ended and task.changed_at <= before]:
            del self._rows[key]
