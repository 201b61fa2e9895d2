"""What an upload is asked, where it stands, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from clouddrive2.errors import OutcomeUnknown
from clouddrive2.models.transfers import TransferStatus

__all__ = [
    "BatchItem",
    "ChannelEvent",
    "HashRequest",
    "IfExists",
    "Outcome",
    "PendingUpload",
    "Phase",
    "ReadRequest",
    "RouteStep",
    "StatusChanged",
    "UploadProgress",
    "Uploaded",
    "Verify",
    "Wait",
]


class Phase(StrEnum):
    """What is going on with an upload."""

    QUEUED = "queued"
    PREPARING = "preparing"
    HASHING = "hashing"
    TRANSFERRING = "transferring"
    DELIVERING = "delivering"
    PAUSED = "paused"
    VERIFYING = "verifying"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def is_terminal(self) -> bool:
        """Whether nothing follows."""
        return self in (Phase.FINISHED, Phase.CANCELLED, Phase.FAILED)


class IfExists(StrEnum):
    """What to do when something is at the destination.

    ``AUTO`` skips when size and a known hash are equal and refuses otherwise; ``SKIP`` always skips; ``OVERWRITE``
    replaces; ``RENAME`` takes the next free name; ``FAIL`` refuses.
    """

    AUTO = "auto"
    SKIP = "skip"
    OVERWRITE = "overwrite"
    RENAME = "rename"
    FAIL = "fail"


class Verify(StrEnum):
    """How sure to be that both sides hold the same bytes.

    ``AUTO`` compares the size always and the hash when the cloud knows one; ``SIZE`` only the size; ``HASH`` insists on
    a hash; ``NONE`` believes the server.
    """

    AUTO = "auto"
    SIZE = "size"
    HASH = "hash"
    NONE = "none"


class Wait(StrEnum):
    """How long an upload goes on for.

    ``CLOUD`` until the server has passed the file on to its cloud; ``QUEUED`` until the server has all of it and lists it;
    ``NONE`` until the last byte is handed over. The remote routes always wait for the cloud: the server needs us until then.
    """

    CLOUD = "cloud"
    QUEUED = "queued"
    NONE = "none"


class Outcome(StrEnum):
    """How an upload ended.

    ``VERIFIED``: the entry is there with the right size, and the right hash where the cloud knows one. ``ARRIVED``: the
    server took it, and whether its cloud holds it was not asked or could not be told. ``SKIPPED``: nothing was sent.
    ``FAILED``: it did not get there, and nothing truncated is left under its name. ``UNKNOWN``: the connection ended before
    the end was known, and looking did not settle it. The last two are exceptions, ``OutcomeUnknown`` being the very last.
    """

    VERIFIED = "verified"
    ARRIVED = "arrived"
    SKIPPED = "skipped"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class UploadProgress:
    """A snapshot of one upload.

    Attributes:
        phase: What is going on.
        hashed: Bytes hashed in the current pass over the file.
        sent: Bytes handed to the server; may pass ``total``, because the server may ask for a range twice.
        confirmed: Distinct bytes the server has acknowledged; never more than ``total``, and no proof of arrival.
        delivered: Bytes the server has passed on to its cloud, as far as it tells.
        total: Size of the file.
        bytes_per_second: Rate of ``hashed``, ``delivered`` or ``confirmed`` over the last seconds, as the phase says.
    """

    phase: Phase
    hashed: int
    sent: int
    confirmed: int
    delivered: int
    total: int
    bytes_per_second: float


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that is in the drive.

    Attributes:
        source: The local file.
        path: Where it is in the drive.
        size: Bytes.
        route: The way it took, for example ``remote``; empty when skipped.
        outcome: Verified, arrived but not verifiable, or skipped.
        verified: ``hash`` or ``size``; ``None`` when nothing was compared.
        instant: The cloud had the content already; no data was sent.
        seconds: How long it took.
        reason: One sentence, for example why it was skipped.
        source_deleted: The local file is gone, as ``move`` asked, after it was verified.
    """

    source: str
    path: str
    size: int
    route: str
    outcome: Outcome
    verified: str | None
    instant: bool
    seconds: float
    reason: str = ""
    source_deleted: bool = False

    @property
    def skipped(self) -> bool:
        """Whether nothing was done."""
        return self.outcome is Outcome.SKIPPED


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One file of a batch: ``uploaded`` or ``error``, never both.

    Attributes:
        source: The local file.
        to: The destination as given.
        uploaded: How it ended well.
        error: Why it did not.
    """

    source: str
    to: str
    uploaded: Uploaded | None = None
    error: Exception | None = None

    @property
    def outcome(self) -> Outcome:
        """How it ended."""
        if self.uploaded is not None:
            return self.uploaded.outcome
        return Outcome.UNKNOWN if isinstance(self.error, OutcomeUnknown) else Outcome.FAILED


@dataclass(frozen=True, slots=True)
class RouteStep:
    """One route the planner looked at.

    Attributes:
        route: Its name.
        available: Whether it can carry the file.
        reason: Why, or why not.
    """

    route: str
    available: bool
    reason: str


@dataclass(frozen=True, slots=True)
class PendingUpload:
    """An upload the journal remembers as begun and not ended.

    Attributes:
        source, path: Local file and destination.
        size: Bytes.
        upload_id: The server's id, once it gave one.
        started: Seconds since the epoch.
    """

    source: str
    path: str
    size: int
    upload_id: str | None
    started: float


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """The server asks for bytes (protocol.md §8.3)."""

    upload_id: str
    offset: int
    length: int
    lazy_read: bool


@dataclass(frozen=True, slots=True)
class HashRequest:
    """The server asks for a hash (protocol.md §8.4)."""

    upload_id: str
    hash_type: int
    block_size: int


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The server tells where an upload stands (protocol.md §8.8)."""

    upload_id: str
    status: TransferStatus
    message: str


ChannelEvent = ReadRequest | HashRequest | StatusChanged
