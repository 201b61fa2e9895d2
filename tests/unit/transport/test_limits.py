"""Bytes per second, with a clock that only moves when somebody sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from clouddrive2.models.bandwidth import Bandwidth
from clouddrive2.transport.limits import BURST_SECONDS, Limits, RateLimit

MIB = 1 << 20
START = datetime(2024, 1, 1, 7, 59, 50)


class Time:
    """Goes on by what is slept. Everybody else runs before it does."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.sleeps: list[float] = []
        self.moved = asyncio.Event()

    def clock(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    async def sleep(self, seconds: float) -> None:
        for _ in range(10):
            await asyncio.sleep(0)
        self.sleeps.append(seconds)
        self.seconds += seconds
        self.moved.set()

    async def reaches(self, seconds: float) -> None:
        while self.seconds < seconds:
            self.moved.clear()
            await self.moved.wait()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def limited(time: Time) -> Callable[[int | None], RateLimit]:
    return lambda rate: RateLimit(lambda: rate, clock=time.clock, sleep=time.sleep)


Limited = Callable[[int | None], RateLimit]


async def test_without_a_limit_nobody_waits(limited: Limited, time: Time) -> None:
    limit = limited(None)
    await limit.take(10 * MIB)
    assert (limit.passed, time.sleeps) == (10 * MIB, [])


async def test_nothing_takes_no_time(limited: Limited, time: Time) -> None:
    limit = limited(1)
    await limit.take(1)
    await limit.take(0)
    assert time.sleeps == []


@pytest.mark.parametrize("rate", [1, 7, 1000, 100_000, 10 * MIB])
async def test_the_rate_is_kept(limited: Limited, time: Time, rate: int) -> None:
    limit = limited(rate)
    for _ in range(5):
        await limit.take(rate * 2)
    burst = max(1.0, rate * BURST_SECONDS)
    assert time.seconds == pytest.approx((10 * rate - burst) / rate, abs=0.2 if rate > 10 else 1.1)
    assert limit.passed == 10 * rate


async def test_after_a_pause_little_passes_at_once(limited: Limited, time: Time) -> None:
    limit = limited(1000)
    await limit.take(1)
    time.seconds += 3600
    before = time.seconds
    await limit.take(200)
    assert time.seconds == before
    await limit.take(1000)
    assert time.seconds - before == pytest.approx(1.0, abs=0.1)


async def test_sleeps_are_few(limited: Limited, time: Time) -> None:
    limit = limited(MIB)
    await limit.take(60 * MIB)
    assert len(time.sleeps) <= time.seconds / 0.05 + 2
    assert all(0 < pause <= 1 for pause in time.sleeps)


async def test_shares_are_equal_however_many_calls_each_makes(limited: Limited, time: Time) -> None:
    limit = limited(MIB)
    got = {"many": 0, "one": 0, "large": 0}

    async def carry(name: str, piece: int, pieces: int) -> None:
        for _ in range(pieces):
            await limit.take(piece, name)
            got[name] += piece

    workers = [asyncio.create_task(carry("many", 10_000, 1000)) for _ in range(20)]
    workers += [asyncio.create_task(carry("one", 10_000, 1000)), asyncio.create_task(carry("large", MIB // 2, 1000))]
    await time.reaches(30)
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    assert all(amount == pytest.approx(10 * MIB, rel=0.1) for amount in got.values()), got


async def test_who_waits_alone_is_served_in_turn(limited: Limited) -> None:
    limit, served = limited(1000), []

    async def take(number: int) -> None:
        await limit.take(500)
        served.append(number)

    await asyncio.gather(*map(take, range(5)))
    assert served == [0, 1, 2, 3, 4]


async def test_waiting_can_be_cancelled_and_costs_the_others_nothing(limited: Limited, time: Time) -> None:
    limit = limited(1000)
    await limit.take(200)
    first = asyncio.create_task(limit.take(1_000_000, "a"))
    second = asyncio.create_task(limit.take(1000, "b"))
    await time.reaches(1)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    await second
    # The second had its half for a second, and what the first gave back.
    assert time.seconds == pytest.approx(1.3, abs=0.3)
    assert limit.passed == 1200


async def test_when_the_last_gives_up_nothing_runs_on(limited: Limited, time: Time) -> None:
    limit = limited(1)
    task = asyncio.create_task(limit.take(1000))
    await time.reaches(3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for _ in range(20):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    await limit.take(1)
    assert limit.passed == 1


async def test_a_new_rate_holds_for_those_who_wait_already(time: Time) -> None:
    limits = Limits(Bandwidth.parse("00:00,1b 08:00,1000b"), now=time.now, clock=time.clock, sleep=time.sleep)
    await limits.up.take(1000)
    # Ten seconds at one byte, then the rest within a second.
    assert 10 < time.seconds < 12.5


async def test_a_limit_that_ends_lets_all_go(time: Time) -> None:
    limits = Limits(Bandwidth.parse("00:00,1b 08:00,off"), now=time.now, clock=time.clock, sleep=time.sleep)
    await asyncio.gather(*(limits.down.take(MIB, number) for number in range(5)))
    assert 10 <= time.seconds <= 11
    assert limits.down.passed == 5 * MIB


async def test_directions_do_not_know_each_other(time: Time) -> None:
    limits = Limits(Bandwidth.parse("1M:off"), now=time.now, clock=time.clock, sleep=time.sleep)
    await limits.down.take(100 * MIB)
    assert time.seconds == 0
    await limits.up.take(2 * MIB)
    assert time.seconds > 1.5


async def test_a_clock_that_stands_still_or_goes_back_gives_nothing_away(time: Time) -> None:
    limit = RateLimit(lambda: 1000, clock=time.clock, sleep=time.sleep)
    await limit.take(200)
    time.seconds -= 100
    await limit.take(1000)
    assert time.seconds == pytest.approx(-99, abs=0.2)
