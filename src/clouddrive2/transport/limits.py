"""Bytes per second, kept over all transfers of a client: everything that moves file data asks here first."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime

from clouddrive2.models.bandwidth import Bandwidth

__all__ = ["Limits", "RateLimit"]

# What may pass at once after a pause, as seconds at the rate of the moment.
BURST_SECONDS = 0.2
# How long waiting transfers are left alone before what came in is dealt out; also how soon a new rate is noticed.
STEP_SECONDS = 0.05
LONGEST_STEP_SECONDS = 1.0
# What one owner gets before the one who has least has its turn.
TURN_BYTES = 16 * 1024


class RateLimit:
    """Lets bytes through at a rate, in equal shares to those who wait.

    To be used from one event loop. Waiting can be cancelled; what was given to a waiter that gives up goes back.

    Args:
        rate: Bytes per second that hold now, or ``None`` for no limit. Asked again while somebody waits.
        clock: Seconds, monotonic.
        sleep: Waits.

    Attributes:
        passed: Bytes let through so far.
    """

    def __init__(
        self,
        rate: Callable[[], int | None] = lambda: None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.passed = 0
        self._rate = rate
        self._clock = clock
        self._sleep = sleep
        self._stock = 0.0
        self._filled_at = float("-inf")
        self._waiting: dict[Hashable, deque[_Waiter]] = {}
        # What each owner got since it first waited; who has least is next.
        self._given: dict[Hashable, int] = {}
        self._dealer: asyncio.Task[None] | None = None

    async def take(self, count: int, owner: Hashable = None) -> None:
        """Wait until ``count`` bytes may pass; call it before they do.

        Args:
            count: Bytes. More than a second's worth is fine: it takes as long as it takes.
            owner: What they belong to, an upload id or a path for instance: owners get equal shares, however many
                calls each makes.
        """
        if not self._waiting:
            rate = self._fill()
            if rate is None or self._stock >= count:
                self._stock -= 0 if rate is None else count
                self.passed += count
                return
        waiter = _Waiter(count)
        if owner not in self._waiting:
            # Who comes late, or comes back, has no claim to what the others got meanwhile.
            self._waiting[owner] = deque()
            self._given[owner] = max(self._given.get(owner, 0), self._least())
        self._waiting[owner].append(waiter)
        if self._dealer is None:
            self._dealer = asyncio.create_task(self._deal_out())
        try:
            await waiter.ready
        except asyncio.CancelledError:
            self._withdraw(owner, waiter)
            raise

    def _least(self) -> int:
        return min((self._given[owner] for owner in self._waiting if owner in self._given), default=0)

    def _withdraw(self, owner: Hashable, waiter: _Waiter) -> None:
        queue = self._waiting.get(owner)
        if queue is None or waiter not in queue:
            return
        queue.remove(waiter)
        self._stock += waiter.count - waiter.missing
        if not queue:
            del self._waiting[owner]
        if not self._waiting and self._dealer is not None:
            self._dealer.cancel()
            self._dealer = None

    def _fill(self) -> int | None:
        """Add what the time since the last look is worth; the rate."""
        rate, now = self._rate(), self._clock()
        if rate is not None:
            self._stock = min(self._stock + max(0.0, now - self._filled_at) * rate, max(1.0, rate * BURST_SECONDS))
        self._filled_at = now
        return rate

    async def _deal_out(self) -> None:
        """Runs while somebody waits."""
        while self._waiting:
            rate = self._fill()
            while self._waiting and (rate is None or self._stock >= 1):
                if self._give(rate):
                    # Who has just been served may come back at once, and is not to find everything given away.
                    await asyncio.sleep(0)
            least = self._least()
            self._given = {owner: given for owner, given in self._given.items() if owner in self._waiting or given > least}
            if rate is not None and self._waiting:
                wanted = max(1.0, rate * STEP_SECONDS)
                await self._sleep(min(max(wanted - self._stock, 1.0) / rate, LONGEST_STEP_SECONDS))
        self._given.clear()
        self._dealer = None

    def _give(self, rate: int | None) -> bool:
        """One turn of the owner who got least; whether that settled a call."""
        owner = min(self._waiting, key=self._given.__getitem__)
        queue = self._waiting[owner]
        waiter = queue[0]
        given = waiter.missing if rate is None else min(waiter.missing, TURN_BYTES, int(self._stock))
        if rate is not None:
            self._stock -= given
        self._given[owner] += given
        waiter.missing -= given
        if waiter.missing:
            return False
        queue.popleft()
        if not queue:
            del self._waiting[owner]
        if waiter.ready.done():
            # It gave up just now.
            self._stock += waiter.count
        else:
            waiter.ready.set_result(None)
            self.passed += waiter.count
        return True


class Limits:
    """Both directions of one client.

    Args:
        bandwidth: How much and when; ``None`` limits nothing.
        now: Local time.
        clock, sleep: As for :class:`RateLimit`.

    Attributes:
        up: For bytes to the server.
        down: For bytes from the server.
    """

    def __init__(
        self,
        bandwidth: Bandwidth | None = None,
        *,
        now: Callable[[], datetime] = datetime.now,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        if bandwidth is None:
            self.up, self.down = RateLimit(), RateLimit()
        else:
            self.up = RateLimit(lambda: bandwidth.at(now()).up, clock=clock, sleep=sleep)
            self.down = RateLimit(lambda: bandwidth.at(now()).down, clock=clock, sleep=sleep)


class _Waiter:
    """A call of :meth:`RateLimit.take` that waits."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.missing = count
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
