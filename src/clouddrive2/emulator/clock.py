"""The time the emulated server lives by, which a test may move."""

from __future__ import annotations

import asyncio
import threading
import time

__all__ = ["Clock"]


class Clock:
    """Real time plus an offset; call it for the time.

    :meth:`advance` and :meth:`set` may be called from any thread; whoever sleeps on the clock notices at once.
    """

    def __init__(self) -> None:
        self._offset = 0.0
        self._lock = threading.Lock()
        self._sleepers: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def __call__(self) -> float:
        """Seconds since the epoch."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Let time pass at once."""
        with self._lock:
            self._offset += seconds
            sleepers = list(self._sleepers)
        for loop, woken in sleepers:
            if not loop.is_closed():
                loop.call_soon_threadsafe(woken.set)

    def set(self, epoch_seconds: float) -> None:
        """Make it this time now; time goes on from there."""
        self.advance(epoch_seconds - self())

    async def sleep(self, seconds: float) -> None:
        """Return when this many seconds of the clock have passed, however they passed."""
        wake_at = self() + seconds
        woken = asyncio.Event()
        sleeper = (asyncio.get_running_loop(), woken)
        with self._lock:
            self._sleepers.add(sleeper)
        try:
            while (left := wake_at - self()) > 0:
                woken.clear()
                try:
                    await asyncio.wait_for(woken.wait(), left)
                except TimeoutError:
                    continue
        finally:
            with self._lock:
                self._sleepers.discard(sleeper)
