"""Which data the emulator takes, ignores and refuses (protocol.md §8.10, rows of RemoteReadData)."""

from __future__ import annotations

import pytest

from clouddrive2.emulator.uploads.machine import (
    Cancel,
    ChannelReady,
    DataStored,
    KnownContent,
    Pause,
    Range,
    Session,
    Start,
    Verdict,
    examine,
    step,
)

TAKE, IGNORE, REFUSE = Verdict.TAKE, Verdict.IGNORE, Verdict.REFUSE
SIZE = 35


def transferring(out_of_order: bool = False) -> Session:
    """35 bytes in reads of 10, two of them open."""
    session = Session(size=SIZE, read_bytes=10, window=2, out_of_order=out_of_order)
    for event in (Start(), ChannelReady(), KnownContent(False)):
        session, _ = step(session, event)
    return session


@pytest.mark.parametrize(
    ("offset", "length", "declared", "verdict", "problem"),
    [
        (0, 10, 10, TAKE, ""),
        (10, 10, 10, TAKE, ""),
        (3, 4, 4, TAKE, ""),
        (0, 20, 20, TAKE, ""),
        (9, 2, 2, TAKE, ""),
        (0, 0, 0, IGNORE, ""),
        (SIZE, 0, 0, IGNORE, ""),
        (20, 10, 10, REFUSE, "nobody asked"),
        (19, 2, 2, REFUSE, "nobody asked"),
        (30, 5, 5, REFUSE, "nobody asked"),
        (30, 6, 6, REFUSE, "outside"),
        (SIZE, 1, 1, REFUSE, "outside"),
        (36, 0, 0, REFUSE, "outside"),
        (1 << 63, 1, 1, REFUSE, "outside"),
        (0, 10, 9, REFUSE, "9 bytes were announced, 10 came"),
        (0, 9, 10, REFUSE, "10 bytes were announced, 9 came"),
        (0, 0, 10, REFUSE, "10 bytes were announced, 0 came"),
    ],
)
def test_at_the_start(offset: int, length: int, declared: int, verdict: Verdict, problem: str) -> None:
    found, text = examine(transferring(), offset, length, declared)
    assert found is verdict
    assert problem in text


def test_a_complete_range_is_ignored() -> None:
    session, _ = step(transferring(), DataStored(0, 10))
    assert examine(session, 0, 10, 10)[0] is IGNORE
    assert examine(session, 2, 3, 3)[0] is IGNORE
    assert examine(session, 5, 10, 10)[0] is TAKE
    assert examine(session, 20, 10, 10)[0] is TAKE


def test_a_length_beyond_the_end_is_cut() -> None:
    """Some clients send the length that was asked with the bytes that are left (protocol.md §8.3)."""
    session = transferring()
    for offset in (0, 10):
        session, _ = step(session, DataStored(offset, 10))
    assert examine(session, 30, 5, 10)[0] is TAKE
    assert examine(session, 30, 4, 10)[0] is REFUSE


def test_out_of_order_asks_for_the_last_of_four_first() -> None:
    session = transferring(out_of_order=True)
    assert [(read.offset, read.length) for read in session.reads] == [(30, 5), (20, 10)]
    assert examine(session, 30, 5, 5)[0] is TAKE
    assert examine(session, 0, 10, 10)[0] is REFUSE


def test_in_a_pause_what_was_asked_is_still_taken() -> None:
    session, _ = step(transferring(), Pause())
    assert examine(session, 0, 10, 10)[0] is TAKE
    assert examine(session, 20, 10, 10)[0] is REFUSE


def test_before_anything_was_asked_and_after_the_end() -> None:
    assert examine(Session(size=SIZE), 0, 10, 10) == (REFUSE, "nobody asked for this range")
    ended, _ = step(transferring(), Cancel())
    assert examine(ended, 0, 10, 10) == (REFUSE, "the upload has ended")


class TestRange:
    def test_pieces_in_any_order_join(self) -> None:
        wanted = Range(10, 10)
        for start, end in ((18, 20), (10, 12), (14, 18), (11, 15)):
            assert not wanted.is_complete
            wanted = wanted.with_data(start, end)
        assert wanted.is_complete

    def test_what_lies_outside_does_not_count(self) -> None:
        assert Range(10, 10).with_data(0, 10).spans == ()
        assert Range(10, 10).with_data(20, 30).spans == ()
        assert Range(10, 10).with_data(5, 12).spans == ((10, 12),)
        assert Range(10, 10).with_data(0, 100).is_complete
