"""Downloads a cloud does by itself, from links (protocol.md §11)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal

from clouddrive2.errors import Error
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["OfflineAdded", "OfflineDownload", "OfflineQuota", "OfflineStatus"]


class OfflineStatus(StrEnum):
    """Where an offline download stands."""

    WAITING = "waiting"
    DOWNLOADING = "downloading"
    FINISHED = "finished"
    FAILED = "failed"
    UNKNOWN = "unknown"


STATUSES = (OfflineStatus.WAITING, OfflineStatus.DOWNLOADING, OfflineStatus.FINISHED, OfflineStatus.FAILED)


@dataclass(frozen=True, slots=True)
class OfflineDownload:
    """One download of a cloud.

    Attributes:
        hash: What the calls about it take, in lower case; servers write it in either.
        name: What it will be called.
        size: Bytes; 0 until the cloud knows.
        link: Where it comes from. It may hold secrets, so ``repr`` leaves it out.
        status: Where it stands.
        progress: From 0 to 1. Some clouds count to 1 and some to 100, and do not say so: up to one per cent of the latter looks
            like the former.
        added: When.
        file_id, folder_id: The cloud's own ids of what it becomes, and of the folder it goes to.
        peers: Who sends.
    """

    hash: str
    name: str
    size: int
    link: str = field(repr=False)
    status: OfflineStatus
    progress: float = 0.0
    added: datetime | None = None
    file_id: str = ""
    folder_id: str = ""
    peers: int = 0

    @property
    def is_finished(self) -> bool:
        """Whether the cloud has it all; not every cloud says so by the status (protocol.md §11)."""
        is_over = self.status not in (OfflineStatus.DOWNLOADING, OfflineStatus.FAILED) and self.progress >= 1 and self.size > 0
        return self.status is OfflineStatus.FINISHED or is_over

    @classmethod
    def from_proto(cls, message: pb.OfflineFile) -> OfflineDownload:
        """From the lists."""
        status = STATUSES[message.status] if message.status < len(STATUSES) else OfflineStatus.UNKNOWN
        done = message.percendDone / 100 if message.percendDone > 1 else message.percendDone
        return cls(
            hash=message.infoHash.lower(),
            name=message.name,
            size=message.size,
            link=message.url,
            status=status,
            progress=1.0 if status is OfflineStatus.FINISHED else min(1.0, max(0.0, done)),
            added=datetime.fromtimestamp(message.add_time, UTC) if 0 < message.add_time < 1 << 37 else None,
            file_id=message.fileId,
            folder_id=message.parentId,
            peers=message.peers,
        )


@dataclass(frozen=True, slots=True)
class OfflineAdded:
    """What became of one link.

    Attributes:
        link: As it was given; ``repr`` leaves it out.
        outcome: ``added``; ``present``: the cloud had it in its list already; ``refused``.
        error: Why it was refused.
    """

    link: str = field(repr=False)
    outcome: Literal["added", "present", "refused"]
    error: Error | None = None


@dataclass(frozen=True, slots=True)
class OfflineQuota:
    """How many downloads an account may have.

    Attributes:
        total, used, left: Downloads.
    """

    total: int
    used: int
    left: int
