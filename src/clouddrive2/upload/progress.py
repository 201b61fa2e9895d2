"""Counts of one upload, and snapshots of them, not too often."""

from __future__ import annotations

import asyncio
import contextlib
import time
from bisect import bisect_left
from collections import deque
from collections.abc import AsyncGenerator, Callable

from clouddrive2.models.uploads import Phase, UploadProgress

__all__ = ["ProgressTracker", "Spans"]

EVERY_SECONDS = 0.1
RATE_SECONDS = 5.0


class Spans:
    """Which bytes were seen: sorted, disjoint, merged."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self.total = 0

    def add(self, start: int, end: int) -> None:
        """Note bytes ``start`` to ``end``."""
        if start >= end:
            return
        first = bisect_left(self._ends, start)
        last = first
        while last < len(self._starts) and self._starts[last] <= end:
            start, end = min(start, self._starts[last]), max(end, self._ends[last])
            self.total -= self._ends[last] - self._starts[last]
            last += 1
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]
        self.total += end - start


class ProgressTracker:
    """Written by the job and its route, read by whoever watches."""

    def __init__(self, total: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.phase = Phase.QUEUED
        self.hashed = 0
        self.sent = 0
        self.delivered = 0
        self.total = total
        self._confirmed = Spans()
        self._clock = clock
        self._marks: deque[tuple[float, int]] = deque([(clock(), 0)])
        self._changed, self._ended = asyncio.Event(), asyncio.Event()

    def set_phase(self, phase: Phase) -> None:
        """Enter a phase; the rate starts anew."""
        if phase is not self.phase:
            self.phase = phase
            self._marks = deque([(self._clock(), self._moving())])
            self._changed.set()
            if phase.is_terminal:
                self._ended.set()

    def set_hashed(self, hashed: int) -> None:
        """Bytes hashed in the current pass."""
        self.hashed = hashed
        self._changed.set()

    def confirm(self, start: int, end: int) -> None:
        """The server acknowledged bytes."""
        self.sent += end - start
        self._confirmed.add(start, end)
        self._changed.set()

    def start_over(self) -> None:
        """What the server had acknowledged is lost; it is sent again."""
        self._confirmed = Spans()
        self._changed.set()

    def deliver(self, count: int) -> None:
        """So many bytes has the server passed on to its cloud; never fewer than before."""
        self.delivered = max(self.delivered, min(count, self.total))
        self._changed.set()

    def complete(self) -> None:
        """The server and its cloud have everything, although the last piece may not have been acknowledged by itself."""
        self._confirmed.add(0, self.total)
        self.delivered = self.total
        self._changed.set()

    @property
    def confirmed(self) -> int:
        """Distinct bytes the server acknowledged."""
        return min(self._confirmed.total, self.total)

    def snapshot(self) -> UploadProgress:
        """The counts now."""
        now, moving = self._clock(), self._moving()
        while len(self._marks) > 1 and self._marks[0][0] < now - RATE_SECONDS:
            self._marks.popleft()
        if now - self._marks[-1][0] >= EVERY_SECONDS:
            self._marks.append((now, moving))
        then, count = self._marks[0]
        rate = max(0.0, (moving - count) / (now - then)) if now > then else 0.0
        return UploadProgress(self.phase, self.hashed, self.sent, self.confirmed, self.delivered, self.total, rate)

    async def watch(self) -> AsyncGenerator[UploadProgress, None]:
        """Snapshots as things change, at most ten a second; the last one is terminal."""
        while True:
            self._changed.clear()
            snapshot = self.snapshot()
            yield snapshot
            if snapshot.phase.is_terminal:
                return
            await self._changed.wait()
            # A pause between two snapshots, but none before the last one.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_SECONDS):
                    await self._ended.wait()

    def _moving(self) -> int:
        if self.phase is Phase.HASHING:
            return self.hashed
        return self.delivered if self.phase is Phase.DELIVERING else self.confirmed
