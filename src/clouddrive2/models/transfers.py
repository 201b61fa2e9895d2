"""Work the server is doing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["Operator", "Transfer", "TransferStatus"]


class TransferStatus(IntEnum):
    """Where an upload stands at the server (protocol.md §10.1). Numbers nobody knows yet survive as ``UNKNOWN_n``."""

    WAITING = 0
    PREPROCESSING = 1
    CANCELLED = 2
    TRANSFER = 3
    PAUSED = 4
    FINISHED = 5
    SKIPPED = 6
    QUEUED = 7
    IGNORED = 8
    ERROR = 9
    FATAL_ERROR = 10

    @classmethod
    def _missing_(cls, value: object) -> TransferStatus | None:
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_ = f"UNKNOWN_{value}"
        member._value_ = value
        return member

    @property
    def is_terminal(self) -> bool:
        """Whether nothing follows."""
        return self in _TERMINAL


_TERMINAL = frozenset(
    {
        TransferStatus.CANCELLED,
        TransferStatus.FINISHED,
        TransferStatus.SKIPPED,
        TransferStatus.IGNORED,
        TransferStatus.ERROR,
        TransferStatus.FATAL_ERROR,
    }
)
_BY_TEXT = {
    "waitforpreprocessing": TransferStatus.WAITING,
    "preprocessing": TransferStatus.PREPROCESSING,
    "cancelled": TransferStatus.CANCELLED,
    "transfer": TransferStatus.TRANSFER,
    "pause": TransferStatus.PAUSED,
    "finish": TransferStatus.FINISHED,
    "skipped": TransferStatus.SKIPPED,
    "inqueue": TransferStatus.QUEUED,
    "ignored": TransferStatus.IGNORED,
    "error": TransferStatus.ERROR,
    "fatalerror": TransferStatus.FATAL_ERROR,
}


class Operator(IntEnum):
    """What made the server upload."""

    MOUNT = 0
    COPY = 1
    BACKUP = 2
    REMOTE_UPLOAD = 3


@dataclass(frozen=True, slots=True)
class Transfer:
    """One row of the server's upload list.

    Attributes:
        key: What pause, resume and cancel take; the upload id of a remote upload.
        path: Destination; a cloud path, or a path of a mount.
        size, transferred: Bytes.
        status: Where it stands.
        error: The server's text when it failed.
        operator: What made the server upload; ``None`` when it is one nobody knows.
    """

    key: str
    path: str
    size: int
    transferred: int
    status: TransferStatus
    error: str
    operator: Operator | None

    @classmethod
    def from_proto(cls, message: pb.UploadFileInfo) -> Transfer:
        """Old servers fill only the status text; a number of 0 beside another known text is not believed."""
        status = TransferStatus(int(message.statusEnum))
        if status == 0:
            status = _BY_TEXT.get(message.status.lower(), status)
        number = int(message.operatorType)
        operator = Operator(number) if number in Operator._value2member_map_ else None
        return cls(message.key, message.destPath, message.size, message.transferedBytes, status, message.errorMessage, operator)
