"""Counts of one upload: what was sent twice counts once, rates are of the last seconds, watchers see the end."""

from __future__ import annotations

import asyncio
import random

import pytest

from clouddrive2.models.uploads import Phase
from clouddrive2.upload.progress import ProgressTracker, Spans


class TestSpans:
    @pytest.mark.parametrize(
        ("added", "total"),
        [
            ([], 0),
            ([(0, 0)], 0),
            ([(5, 3)], 0),
            ([(0, 10), (10, 20)], 20),
            ([(10, 20), (0, 10)], 20),
            ([(0, 10), (0, 10)], 10),
            ([(0, 10), (5, 15)], 15),
            ([(0, 1), (2, 3), (4, 5), (0, 5)], 5),
            ([(0, 10), (2, 3)], 10),
            ([(0, 1), (9, 10)], 2),
        ],
    )
    def test_distinct_bytes(self, added: list[tuple[int, int]], total: int) -> None:
        spans = Spans()
        for start, end in added:
            spans.add(start, end)
        assert spans.total == total

    @pytest.mark.parametrize("seed", range(20))
    def test_like_a_set_of_bytes(self, seed: int) -> None:
        chance, spans, bytes_seen = random.Random(seed), Spans(), set[int]()
        for _ in range(100):
            start = chance.randrange(300)
            end = start + chance.randrange(20)
            spans.add(start, end)
            bytes_seen.update(range(start, end))
            assert spans.total == len(bytes_seen)

    def test_a_file_sent_in_order_is_one_span(self) -> None:
        spans = Spans()
        for start in range(0, 1 << 20, 1 << 10):
            spans.add(start, start + (1 << 10))
        assert (spans.total, len(spans._starts)) == (1 << 20, 1)


class Clock:
    """A clock that is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


class TestCounts:
    def test_sent_may_pass_the_size_confirmed_may_not(self, clock: Clock) -> None:
        tracker = ProgressTracker(100, clock=clock)
        tracker.set_phase(Phase.TRANSFERRING)
        for _ in range(3):
            tracker.confirm(0, 60)
        tracker.confirm(50, 120)
        snapshot = tracker.snapshot()
        assert (snapshot.phase, snapshot.sent, snapshot.confirmed, snapshot.total) == (Phase.TRANSFERRING, 250, 100, 100)

    def test_hashing_has_its_own(self, clock: Clock) -> None:
        tracker = ProgressTracker(100, clock=clock)
        tracker.set_phase(Phase.HASHING)
        tracker.set_hashed(40)
        snapshot = tracker.snapshot()
        assert (snapshot.phase, snapshot.hashed, snapshot.sent, snapshot.confirmed) == (Phase.HASHING, 40, 0, 0)


class TestRate:
    def test_of_the_last_seconds(self, clock: Clock) -> None:
        tracker = ProgressTracker(10_000, clock=clock)
        tracker.set_phase(Phase.TRANSFERRING)
        assert tracker.snapshot().bytes_per_second == 0
        rates = []
        for second in range(20):
            tracker.confirm(second * 100, second * 100 + 100)
            clock.now += 1
            rates.append(tracker.snapshot().bytes_per_second)
        assert rates == pytest.approx([100.0] * 20)
        # Nothing more comes: the rate sinks to nothing.
        for _ in range(7):
            clock.now += 1
            rates.append(tracker.snapshot().bytes_per_second)
        assert rates[-1] == 0

    def test_starts_anew_with_a_phase(self, clock: Clock) -> None:
        tracker = ProgressTracker(10_000, clock=clock)
        tracker.set_phase(Phase.HASHING)
        tracker.set_hashed(10_000)
        clock.now += 1
        assert tracker.snapshot().bytes_per_second == 10_000
        tracker.set_phase(Phase.TRANSFERRING)
        clock.now += 1
        assert tracker.snapshot().bytes_per_second == 0
        tracker.set_phase(Phase.TRANSFERRING)
        tracker.confirm(0, 50)
        assert tracker.snapshot().bytes_per_second == 50


class TestWatching:
    async def test_from_where_it_stands_to_the_end(self) -> None:
        tracker = ProgressTracker(10)
        seen: list[Phase] = []
        async for snapshot in tracker.watch():
            seen.append(snapshot.phase)
            tracker.set_phase(Phase.HASHING if len(seen) == 1 else Phase.FINISHED)
        assert seen == [Phase.QUEUED, Phase.HASHING, Phase.FINISHED]

    async def test_many_changes_are_few_snapshots(self) -> None:
        tracker = ProgressTracker(1000)
        tracker.set_phase(Phase.TRANSFERRING)
        seen: list[int] = []

        async def watch() -> None:
            async for snapshot in tracker.watch():
                seen.append(snapshot.confirmed)

        watching = asyncio.create_task(watch())
        for start in range(1000):
            tracker.confirm(start, start + 1)
            await asyncio.sleep(0)
        tracker.set_phase(Phase.FINISHED)
        await watching
        assert seen[-1] == 1000 and seen == sorted(seen)
        assert len(seen) < 100

    @pytest.mark.parametrize("phase", [Phase.FINISHED, Phase.CANCELLED, Phase.FAILED])
    async def test_after_the_end_there_is_one(self, phase: Phase) -> None:
        tracker = ProgressTracker(10)
        tracker.set_phase(phase)
        assert [snapshot.phase async for snapshot in tracker.watch()] == [phase]

    async def test_several_watchers(self) -> None:
        tracker = ProgressTracker(10)

        async def last() -> Phase:
            phase = Phase.QUEUED
            async for snapshot in tracker.watch():
                phase = snapshot.phase
            return phase

        watching = [asyncio.create_task(last()) for _ in range(3)]
        await asyncio.sleep(0)
        tracker.set_phase(Phase.TRANSFERRING)
        await asyncio.sleep(0)
        tracker.set_phase(Phase.CANCELLED)
        assert await asyncio.gather(*watching) == [Phase.CANCELLED] * 3
