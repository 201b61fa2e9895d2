"""One remote upload as the server sees it: ``step(session, event)`` gives the next session and what to do (protocol.md §8.10).

Pure: no clock, no storage, no network. ::

    QUEUED ──► PREPARE ──► HASHING / READ_HASH ──► DECIDE ──► TRANSFER ──► STORING ──► FINISHED
      ▲  │        (a known hash skips the asking)     │                        │
      │  └── pause ──► PAUSED ── resume ──┐           └── content is known ────┘
      └───────────────────────────────────┘
    any live state ── cancel ──► CANCELLED        any live state ── storage fails ──► FAILED

PREPARE lasts no time: it is only told. READ_HASH asks for the same ranges as TRANSFER and keeps the bytes; a file read
that way is not read again. STORING cannot be paused, there is nothing left to wait for.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

__all__ = [
    "AskHash",
    "AskRead",
    "Cancel",
    "ChannelReady",
    "Command",
    "DataStored",
    "Discard",
    "Event",
    "Fail",
    "HashReported",
    "HashSilent",
    "KnownContent",
    "LookUpContent",
    "Pause",
    "Range",
    "Replay",
    "Resume",
    "Session",
    "Start",
    "State",
    "Status",
    "Store",
    "Stored",
    "Verdict",
    "examine",
    "step",
]


class State(Enum):
    """Where an upload stands."""

    QUEUED = "queued"
    PREPARE = "prepare"
    HASHING = "hashing"
    READ_HASH = "read-hash"
    DECIDE = "decide"
    TRANSFER = "transfer"
    STORING = "storing"
    PAUSED = "paused"
    FINISHED = "finished"
    IGNORED = "ignored"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def is_terminal(self) -> bool:
        """Whether nothing follows."""
        return self in (State.FINISHED, State.IGNORED, State.CANCELLED, State.FAILED)


# Numbers of UploadFileInfo.Status as the contract has them.
PREPROCESSING, CANCELLED, TRANSFER, PAUSE, FINISH, SKIPPED, INQUEUE, IGNORED, ERROR = 1, 2, 3, 4, 5, 6, 7, 8, 9


@dataclass(frozen=True, slots=True)
class Range:
    """A read request on its way, and which of its bytes have come (as sorted, disjoint spans)."""

    offset: int
    length: int
    spans: tuple[tuple[int, int], ...] = ()

    @property
    def end(self) -> int:
        """First byte behind the range."""
        return self.offset + self.length

    @property
    def is_complete(self) -> bool:
        """Whether every byte has come."""
        return self.spans == ((self.offset, self.end),)

    def with_data(self, start: int, end: int) -> Range:
        """The range after bytes ``start`` to ``end`` came; what lies outside is cut off."""
        start, end = max(start, self.offset), min(end, self.end)
        if start >= end:
            return self
        spans: list[tuple[int, int]] = []
        for low, high in sorted([*self.spans, (start, end)]):
            if spans and low <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(high, spans[-1][1]))
            else:
                spans.append((low, high))
        return replace(self, spans=tuple(spans))


@dataclass(frozen=True, slots=True)
class Session:
    """One upload.

    Attributes:
        size: Bytes of the file.
        needs: (hash type, block size) the cloud wants before data.
        hashes: What is known so far, by hash type.
        can_hash: Whether the client answers hash requests.
        read_bytes, window: Length and number of read requests at once.
        out_of_order: Ask for pieces in groups of four, backwards.
        is_known: Whether the cloud has the content; ``None`` while not looked up.
        asked: How many pieces have been asked for.
        reads: Read requests on their way.
        state, status: Where it stands, and the last status told.
    """

    size: int
    needs: tuple[tuple[int, int | None], ...] = ()
    hashes: dict[int, str] = field(default_factory=dict)
    can_hash: bool = True
    read_bytes: int = 1024 * 1024
    window: int = 2
    out_of_order: bool = False
    is_known: bool | None = None
    asked: int = 0
    reads: tuple[Range, ...] = ()
    state: State = State.QUEUED
    status: int = INQUEUE

    @property
    def pieces(self) -> int:
        """Number of read requests that cover the file."""
        return -(-self.size // self.read_bytes)

    @property
    def has_all_data(self) -> bool:
        """Whether every byte lies in the temporary file."""
        return self.asked == self.pieces and not self.reads

    @property
    def received(self) -> int:
        """Bytes that have come, each counted once."""
        asked = self.asked * self.read_bytes
        if self.pieces and self._order_of(self.pieces - 1) < self.asked:
            asked -= self.pieces * self.read_bytes - self.size
        return asked - sum(read.length - sum(end - start for start, end in read.spans) for read in self.reads)

    @property
    def missing_hashes(self) -> tuple[tuple[int, int | None], ...]:
        """What the cloud still wants to know."""
        return tuple(need for need in self.needs if need[0] not in self.hashes)

    def piece(self, number: int) -> Range:
        """The read request that is asked as ``number``-th."""
        if self.out_of_order:
            group = number // 4 * 4
            number = group + min(3, self.pieces - 1 - group) - (number - group)
        offset = number * self.read_bytes
        return Range(offset, min(self.read_bytes, self.size - offset))

    def was_asked(self, start: int, end: int) -> bool:
        """Whether every byte of a span lies in a piece that was asked for."""
        first, last = start // self.read_bytes, max(start, end - 1) // self.read_bytes
        return all(self._order_of(number) < self.asked for number in range(first, last + 1))

    def _order_of(self, number: int) -> int:
        if not self.out_of_order:
            return number
        group = number // 4 * 4
        return group + min(3, self.pieces - 1 - group) - (number - group)


# Events


@dataclass(frozen=True, slots=True)
class Start:
    """The upload was announced; ``ignored`` when its name is never uploaded."""

    ignored: bool = False


@dataclass(frozen=True, slots=True)
class ChannelReady:
    """A slot is free and a channel is present."""


@dataclass(frozen=True, slots=True)
class HashReported:
    """A final hash came."""

    kind: int
    value: str


@dataclass(frozen=True, slots=True)
class HashSilent:
    """Nothing was heard of a hash for too long."""

    kind: int


@dataclass(frozen=True, slots=True)
class KnownContent:
    """The answer to :class:`LookUpContent`."""

    known: bool


@dataclass(frozen=True, slots=True)
class DataStored:
    """Bytes were written to the temporary file."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Stored:
    """The entry is in place."""

    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Asked to pause."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Asked to go on."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Asked to stop for good."""


@dataclass(frozen=True, slots=True)
class Fail:
    """The storage or the cloud failed."""

    message: str
    status: int = ERROR


@dataclass(frozen=True, slots=True)
class Replay:
    """The channel was opened anew."""


Event = (
    Start
    | ChannelReady
    | HashReported
    | HashSilent
    | KnownContent
    | DataStored
    | Stored
    | Pause
    | Resume
    | Cancel
    | Fail
    | Replay
)


# Commands


@dataclass(frozen=True, slots=True)
class Status:
    """Tell the client a status."""

    number: int
    message: str = ""


@dataclass(frozen=True, slots=True)
class AskHash:
    """Ask the client for a hash and watch for silence."""

    kind: int
    block_size: int | None


@dataclass(frozen=True, slots=True)
class AskRead:
    """Ask the client for a range."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class LookUpContent:
    """Does the cloud have this content? Answer with :class:`KnownContent`."""


@dataclass(frozen=True, slots=True)
class Store:
    """Check the bytes and put the entry in place (``from_cloud``: link what the cloud has)."""

    from_cloud: bool


@dataclass(frozen=True, slots=True)
class Discard:
    """Remove the placeholder and the temporary file."""


Command = Status | AskHash | AskRead | LookUpContent | Store | Discard


class Verdict(Enum):
    """What to do with data that came."""

    TAKE = "take"
    IGNORE = "ignore"
    REFUSE = "refuse"


def examine(session: Session, offset: int, length: int, declared: int) -> tuple[Verdict, str]:
    """Whether data may be taken: ``length`` bytes came at ``offset``, ``declared`` were announced."""
    if session.state.is_terminal:
        return Verdict.REFUSE, "the upload has ended"
    if offset > session.size or offset + length > session.size:
        return Verdict.REFUSE, "the data lies outside the file"
    if length != declared and not (length < declared and offset + length == session.size):
        return Verdict.REFUSE, f"{declared} bytes were announced, {length} came"
    if length == 0:
        return Verdict.IGNORE, ""
    if not session.was_asked(offset, offset + length):
        return Verdict.REFUSE, "nobody asked for this range"
    if any(wanted.offset < offset + length and offset < wanted.end for wanted in session.reads):
        return Verdict.TAKE, ""
    return Verdict.IGNORE, ""


def step(session: Session, event: Event) -> tuple[Session, list[Command]]:
    """The next session and what to do now."""
    if session.state.is_terminal:
        return session, []
    match event:
        case Start(ignored=True):
            return _told(replace(session, state=State.IGNORED), IGNORED, after=[Discard()])
        case Start() if session.state is State.QUEUED:
            return _told(session, INQUEUE)
        case ChannelReady() if session.state is State.QUEUED:
            session, commands = _told(replace(session, state=State.PREPARE), PREPROCESSING)
            session, more = _go_on(session)
            return session, commands + more
        case HashReported(kind, value) if kind not in session.hashes:
            session = replace(session, hashes={**session.hashes, kind: value})
            if session.state is State.HASHING and not session.missing_hashes:
                return _go_on(session)
            return session, []
        case HashSilent(kind) if session.state is State.HASHING:
            return session, [AskHash(*need) for need in session.missing_hashes if need[0] == kind]
        case KnownContent(known) if session.is_known is None:
            session = replace(session, is_known=known)
            return _go_on(session) if session.state is State.DECIDE else (session, [])
        case DataStored(offset, length):
            return _data_stored(session, offset, length)
        case Stored(skipped) if session.state is State.STORING:
            return _told(replace(session, state=State.FINISHED), SKIPPED if skipped else FINISH)
        case Pause() if session.state is not State.STORING:
            return _told(replace(session, state=State.PAUSED), PAUSE)
        case Resume() if session.state is State.PAUSED:
            return _told(replace(session, state=State.QUEUED), INQUEUE)
        case Cancel():
            return _told(replace(session, state=State.CANCELLED), CANCELLED, before=[Discard()])
        case Fail(message, status):
            failed = replace(session, state=State.FAILED, status=status)
            return failed, [Discard(), Status(status, message)]
        case Replay():
            asked = [AskHash(*need) for need in session.missing_hashes] if session.state is State.HASHING else []
            reads = [AskRead(read.offset, read.length) for read in session.reads] if session.state is not State.PAUSED else []
            return session, [*asked, *reads, Status(session.status)]
        case _:
            return session, []


def _told(
    session: Session, status: int, *, before: list[Command] | None = None, after: list[Command] | None = None
) -> tuple[Session, list[Command]]:
    return replace(session, status=status), [*(before or []), Status(status), *(after or [])]


def _go_on(session: Session) -> tuple[Session, list[Command]]:
    """What comes next once the current question is answered."""
    if session.missing_hashes and session.can_hash:
        return replace(session, state=State.HASHING), [AskHash(*need) for need in session.missing_hashes]
    if session.missing_hashes and not session.has_all_data:
        return _ask_reads(replace(session, state=State.READ_HASH))
    if session.is_known is None:
        return replace(session, state=State.DECIDE), [LookUpContent()]
    if session.is_known:
        return replace(session, state=State.STORING), [Store(from_cloud=True)]
    if session.size == 0 or session.state is State.TRANSFER:
        return replace(session, state=State.STORING), [Store(from_cloud=False)]
    session, commands = _told(replace(session, state=State.TRANSFER), TRANSFER)
    session, more = _go_on(session) if session.has_all_data else _ask_reads(session)
    return session, commands + more


def _ask_reads(session: Session) -> tuple[Session, list[Command]]:
    """Ask for what is on its way already (after a pause) and fill the window."""
    commands: list[Command] = [AskRead(read.offset, read.length) for read in session.reads]
    reads = list(session.reads)
    asked = session.asked
    while len(reads) < session.window and asked < session.pieces:
        piece = session.piece(asked)
        reads.append(piece)
        commands.append(AskRead(piece.offset, piece.length))
        asked += 1
    return replace(session, reads=tuple(reads), asked=asked), commands


def _data_stored(session: Session, offset: int, length: int) -> tuple[Session, list[Command]]:
    reads = tuple(read.with_data(offset, offset + length) for read in session.reads)
    left = tuple(read for read in reads if not read.is_complete)
    session = replace(session, reads=left)
    if session.state not in (State.TRANSFER, State.READ_HASH) or len(left) == len(reads):
        return session, []
    if session.has_all_data:
        return _go_on(session)
    before = len(session.reads)
    session, commands = _ask_reads(session)
    return session, commands[before:]
