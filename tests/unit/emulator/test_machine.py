"""The upload machine as the table of protocol.md §8.10: (state, event) gives (state, commands)."""

from __future__ import annotations

import random

import pytest

from clouddrive2.emulator.uploads.machine import (
    AskHash,
    AskRead,
    Cancel,
    ChannelReady,
    Command,
    DataStored,
    Discard,
    Event,
    Fail,
    HashReported,
    HashSilent,
    KnownContent,
    LookUpContent,
    Pause,
    Replay,
    Resume,
    Session,
    Start,
    State,
    Status,
    Store,
    Stored,
    step,
)

# UploadFileInfo.Status as protocol.md §10.1 numbers it.
PREPROCESSING, CANCELLED, TRANSFER, PAUSE, FINISH, SKIPPED, INQUEUE, IGNORED, ERROR, FATAL = range(1, 11)
MD5, SHA1, PIKPAK = 1, 2, 3
NEEDS = ((SHA1, None),)
ENDS = (State.FINISHED, State.IGNORED, State.CANCELLED, State.FAILED)


def after(session: Session, *events: Event) -> Session:
    """The session after these events."""
    for event in events:
        session, _ = step(session, event)
    return session


def fresh(size: int = 35, **more: object) -> Session:
    """A session whose reads are 10 bytes long, two at once."""
    settings: dict[str, object] = {"needs": NEEDS, "read_bytes": 10, **more}
    return Session(size=size, **settings)  # type: ignore[arg-type]


DECIDED = (HashReported(SHA1, "h"), KnownContent(False))
ALL_DATA = tuple(DataStored(offset, 10) for offset in (0, 10, 20, 30))
TO: dict[State, tuple[Session, tuple[Event, ...]]] = {
    State.QUEUED: (fresh(), (Start(),)),
    State.HASHING: (fresh(), (Start(), ChannelReady())),
    State.READ_HASH: (fresh(can_hash=False), (Start(), ChannelReady())),
    State.DECIDE: (fresh(), (Start(), ChannelReady(), HashReported(SHA1, "h"))),
    State.TRANSFER: (fresh(), (Start(), ChannelReady(), *DECIDED)),
    State.STORING: (fresh(), (Start(), ChannelReady(), *DECIDED, *ALL_DATA)),
    State.PAUSED: (fresh(), (Start(), ChannelReady(), *DECIDED, Pause())),
    State.FINISHED: (fresh(), (Start(), ChannelReady(), *DECIDED, *ALL_DATA, Stored())),
    State.IGNORED: (fresh(), (Start(ignored=True),)),
    State.CANCELLED: (fresh(), (Start(), Cancel())),
    State.FAILED: (fresh(), (Start(), Fail("broken"))),
}
LIVE = [state for state in TO if state not in ENDS]
EVENTS: tuple[Event, ...] = (
    Start(),
    Start(ignored=True),
    ChannelReady(),
    HashReported(SHA1, "x"),
    HashSilent(SHA1),
    KnownContent(True),
    KnownContent(False),
    DataStored(0, 10),
    Stored(),
    Stored(skipped=True),
    Pause(),
    Resume(),
    Cancel(),
    Fail("broken"),
    Fail("full", FATAL),
    Replay(),
)


def in_state(state: State) -> Session:
    """A session brought into a state by the events of an ordinary course."""
    start, events = TO[state]
    session = after(start, *events)
    assert session.state is state
    return session


READS = [AskRead(0, 10), AskRead(10, 10)]
Row = tuple[State, Event, State, list[Command]]
TABLE: list[Row] = [
    # A slot and a channel: told as Preprocessing, then what the cloud needs.
    (State.QUEUED, ChannelReady(), State.HASHING, [Status(PREPROCESSING), AskHash(SHA1, None)]),
    (State.QUEUED, Replay(), State.QUEUED, [Status(INQUEUE)]),
    (State.HASHING, HashSilent(SHA1), State.HASHING, [AskHash(SHA1, None)]),
    (State.HASHING, HashSilent(MD5), State.HASHING, []),
    (State.HASHING, HashReported(MD5, "m"), State.HASHING, []),
    (State.HASHING, HashReported(SHA1, "h"), State.DECIDE, [LookUpContent()]),
    (State.HASHING, Replay(), State.HASHING, [AskHash(SHA1, None), Status(PREPROCESSING)]),
    (State.READ_HASH, DataStored(0, 10), State.READ_HASH, [AskRead(20, 10)]),
    (State.READ_HASH, Replay(), State.READ_HASH, [*READS, Status(PREPROCESSING)]),
    (State.DECIDE, KnownContent(True), State.STORING, [Store(from_cloud=True)]),
    (State.DECIDE, KnownContent(False), State.TRANSFER, [Status(TRANSFER), *READS]),
    (State.DECIDE, HashReported(SHA1, "again"), State.DECIDE, []),
    (State.DECIDE, Replay(), State.DECIDE, [Status(PREPROCESSING)]),
    (State.TRANSFER, DataStored(0, 10), State.TRANSFER, [AskRead(20, 10)]),
    (State.TRANSFER, DataStored(0, 5), State.TRANSFER, []),
    (State.TRANSFER, KnownContent(True), State.TRANSFER, []),
    (State.TRANSFER, Replay(), State.TRANSFER, [*READS, Status(TRANSFER)]),
    (State.STORING, Stored(), State.FINISHED, [Status(FINISH)]),
    (State.STORING, Stored(skipped=True), State.FINISHED, [Status(SKIPPED)]),
    (State.STORING, Pause(), State.STORING, []),
    (State.STORING, DataStored(0, 10), State.STORING, []),
    (State.STORING, Replay(), State.STORING, [Status(TRANSFER)]),
    (State.PAUSED, Pause(), State.PAUSED, [Status(PAUSE)]),
    (State.PAUSED, Resume(), State.QUEUED, [Status(INQUEUE)]),
    (State.PAUSED, Replay(), State.PAUSED, [Status(PAUSE)]),
    (State.PAUSED, DataStored(0, 10), State.PAUSED, []),
    (State.PAUSED, ChannelReady(), State.PAUSED, []),
    (State.PAUSED, HashSilent(SHA1), State.PAUSED, []),
]
for live in LIVE:
    TABLE.append((live, Cancel(), State.CANCELLED, [Discard(), Status(CANCELLED)]))
    TABLE.append((live, Fail("broken"), State.FAILED, [Discard(), Status(ERROR, "broken")]))
    TABLE.append((live, Fail("full", FATAL), State.FAILED, [Discard(), Status(FATAL, "full")]))
    if live is not State.STORING:
        TABLE.append((live, Pause(), State.PAUSED, [Status(PAUSE)]))
    if live is not State.PAUSED:
        TABLE.append((live, Resume(), live, []))
    if live is not State.STORING:
        TABLE.append((live, Stored(), live, []))
    if live is not State.QUEUED:
        TABLE.append((live, Start(), live, []))
        TABLE.append((live, ChannelReady(), live, []))


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0].name}-{type(row[1]).__name__}")
def test_table(row: Row) -> None:
    before, event, expected, commands = row
    session, told = step(in_state(before), event)
    assert (session.state, told) == (expected, commands)


@pytest.mark.parametrize("state", ENDS)
def test_an_end_is_an_end(state: State) -> None:
    ended = in_state(state)
    for event in EVENTS:
        assert step(ended, event) == (ended, [])


def test_announced() -> None:
    assert step(fresh(), Start())[1] == [Status(INQUEUE)]
    session, commands = step(fresh(), Start(ignored=True))
    assert (session.state, commands) == (State.IGNORED, [Status(IGNORED), Discard()])


def test_paused_before_it_was_announced() -> None:
    session = after(fresh(), Pause())
    assert step(session, Start()) == (session, [])


class TestHashes:
    def test_what_is_known_is_not_asked(self) -> None:
        needs = ((MD5, 4), (SHA1, None), (PIKPAK, None))
        session, commands = step(after(fresh(needs=needs, hashes={SHA1: "h"}), Start()), ChannelReady())
        assert commands == [Status(PREPROCESSING), AskHash(MD5, 4), AskHash(PIKPAK, None)]
        assert step(session, HashSilent(PIKPAK))[1] == [AskHash(PIKPAK, None)]
        session = after(session, HashReported(PIKPAK, "p"))
        assert step(session, HashSilent(PIKPAK))[1] == []
        assert step(session, Replay())[1] == [AskHash(MD5, 4), Status(PREPROCESSING)]
        assert step(session, HashReported(MD5, "m"))[1] == [LookUpContent()]

    def test_nothing_needed_or_all_known(self) -> None:
        for session in (fresh(needs=()), fresh(hashes={SHA1: "h"}), fresh(hashes={SHA1: "h"}, can_hash=False)):
            session, commands = step(after(session, Start()), ChannelReady())
            assert (session.state, commands) == (State.DECIDE, [Status(PREPROCESSING), LookUpContent()])

    def test_the_first_report_counts(self) -> None:
        session = after(in_state(State.HASHING), HashReported(SHA1, "first"), HashReported(SHA1, "second"))
        assert session.hashes == {SHA1: "first"}

    def test_read_by_the_server_and_not_read_again(self) -> None:
        session = after(in_state(State.READ_HASH), *ALL_DATA[:3])
        session, commands = step(session, ALL_DATA[3])
        assert (session.state, commands) == (State.DECIDE, [LookUpContent()])
        session, commands = step(after(session, HashReported(SHA1, "computed")), KnownContent(False))
        assert (session.state, commands) == (State.STORING, [Status(TRANSFER), Store(from_cloud=False)])

    def test_read_by_the_server_and_known(self) -> None:
        session = after(in_state(State.READ_HASH), *ALL_DATA, HashReported(SHA1, "computed"))
        session, commands = step(session, KnownContent(True))
        assert (session.state, commands) == (State.STORING, [Store(from_cloud=True)])


class TestZeroLength:
    @pytest.mark.parametrize("can_hash", [True, False])
    def test_finishes_without_a_read(self, can_hash: bool) -> None:
        session, commands = step(after(fresh(0, can_hash=can_hash), Start()), ChannelReady())
        if can_hash:
            assert commands == [Status(PREPROCESSING), AskHash(SHA1, None)]
            session, more = step(session, HashReported(SHA1, "da39"))
            commands += more
        assert commands[-1] == LookUpContent()
        session, commands = step(session, KnownContent(False))
        assert (session.state, commands) == (State.STORING, [Store(from_cloud=False)])
        assert step(session, Stored())[1] == [Status(FINISH)]


class TestPause:
    @pytest.mark.parametrize("state", [State.QUEUED, State.HASHING, State.READ_HASH, State.DECIDE, State.TRANSFER])
    def test_goes_on_with_what_is_missing(self, state: State) -> None:
        session = after(in_state(state), Pause())
        session, commands = step(session, Resume())
        assert (session.state, commands) == (State.QUEUED, [Status(INQUEUE)])
        session, commands = step(session, ChannelReady())
        assert session.state is (State.HASHING if state is State.QUEUED else state)
        assert commands[0] == Status(PREPROCESSING)
        assert (
            commands[1:]
            == {
                State.QUEUED: [AskHash(SHA1, None)],
                State.HASHING: [AskHash(SHA1, None)],
                State.READ_HASH: READS,
                State.DECIDE: [LookUpContent()],
                State.TRANSFER: [Status(TRANSFER), *READS],
            }[state]
        )

    def test_an_answer_that_comes_too_late_does_not_wake_it(self) -> None:
        paused = after(in_state(State.DECIDE), Pause())
        for known in (True, False):
            session, commands = step(paused, KnownContent(known))
            assert (session.state, commands) == (State.PAUSED, [])
            session, commands = step(after(session, Resume()), ChannelReady())
            assert session.state is (State.STORING if known else State.TRANSFER)
        queued = after(paused, Resume())
        session, commands = step(queued, KnownContent(False))
        assert (session.state, commands) == (State.QUEUED, [])

    def test_a_hash_that_comes_meanwhile_is_kept(self) -> None:
        session, commands = step(after(in_state(State.HASHING), Pause()), HashReported(SHA1, "h"))
        assert (session.state, commands) == (State.PAUSED, [])
        assert step(after(session, Resume()), ChannelReady())[1] == [Status(PREPROCESSING), LookUpContent()]

    @pytest.mark.parametrize("waiting", [(), (Resume(),)])
    def test_data_that_comes_meanwhile_is_kept(self, waiting: tuple[Event, ...]) -> None:
        session = after(in_state(State.TRANSFER), *ALL_DATA[:2], Pause(), *waiting)
        session, commands = step(session, ALL_DATA[2])
        assert commands == []
        if not waiting:
            session = after(session, Resume())
        session, commands = step(session, ChannelReady())
        assert commands == [Status(PREPROCESSING), Status(TRANSFER), AskRead(30, 5)]
        assert after(session, ALL_DATA[3]).state is State.STORING

    @pytest.mark.parametrize("waiting", [(), (Resume(),)])
    def test_the_last_data_comes_meanwhile(self, waiting: tuple[Event, ...]) -> None:
        session = after(in_state(State.TRANSFER), *ALL_DATA[:3], Pause(), *waiting, ALL_DATA[3])
        assert session.has_all_data
        if not waiting:
            session = after(session, Resume())
        session, commands = step(session, ChannelReady())
        assert commands == [Status(PREPROCESSING), Status(TRANSFER), Store(from_cloud=False)]


class TestAnyOrder:
    @pytest.mark.parametrize("seed", range(30))
    def test_every_byte_once_whatever_the_pieces(self, seed: int) -> None:
        """Random windows, pieces, repeats and pauses: the upload ends with every byte, and never before."""
        chance = random.Random(seed)
        size = chance.randint(1, 400)
        start = fresh(
            size,
            read_bytes=chance.randint(1, 50),
            window=chance.randint(1, 5),
            out_of_order=chance.random() < 0.5,
            can_hash=chance.random() < 0.5,
        )
        session = after(start, Start(), ChannelReady(), HashReported(SHA1, "h"), KnownContent(False))
        stored = [0] * size
        asked: list[AskRead] = [AskRead(read.offset, read.length) for read in session.reads]
        while session.state is not State.STORING:
            assert len(session.reads) <= session.window
            if chance.random() < 0.1:
                session = after(session, Pause(), Resume(), ChannelReady())
            wanted = chance.choice(asked)
            offset = wanted.offset + chance.randrange(wanted.length)
            length = chance.randint(1, wanted.offset + wanted.length - offset)
            for place in range(offset, offset + length):
                stored[place] = 1
            session, commands = step(session, DataStored(offset, length))
            asked += [command for command in commands if isinstance(command, AskRead)]
            if LookUpContent() in commands:
                session = after(session, KnownContent(False))
            assert session.received <= size
            assert session.has_all_data == (session.state is State.STORING)
        assert sum(stored) == session.received == size
        assert sorted({place for read in asked for place in range(read.offset, read.offset + read.length)}) == list(range(size))
