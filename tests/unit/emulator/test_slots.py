"""Slots: how many at once, in which order, and what a pause or an end gives back."""

from __future__ import annotations

import asyncio

import pytest

from clouddrive2.emulator.slots import Slots, Turn


async def settled() -> None:
    """Let every task go as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_first_come_first_served_and_a_cancelled_one_has_none() -> None:
    slots = Slots(lambda: 1)
    await slots.take()
    second, third, fourth = (asyncio.create_task(slots.take()) for _ in range(3))
    await settled()
    second.cancel()
    slots.leave()
    await settled()
    assert (second.cancelled(), third.done(), fourth.done()) == (True, True, False)
    slots.leave()
    await fourth


async def test_one_that_is_cancelled_as_it_gets_its_slot_gives_it_back() -> None:
    slots = Slots(lambda: 1)
    await slots.take()
    second, third = asyncio.create_task(slots.take()), asyncio.create_task(slots.take())
    await settled()
    slots.leave()
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    await third


async def test_a_paused_one_takes_no_slot_and_waits_for_one_when_it_goes_on() -> None:
    slots, going, always = Slots(lambda: 1), asyncio.Event(), asyncio.Event()
    going.set()
    always.set()
    paused, other = Turn(slots, going), Turn(slots, always)
    await paused.wait()
    waiting = asyncio.create_task(other.wait())
    await settled()
    assert not waiting.done()
    going.clear()
    resumed = asyncio.create_task(paused.wait())
    await waiting
    going.set()
    await settled()
    assert not resumed.done()
    other.end()
    await resumed
    # Again and again without another slot.
    await paused.wait()
    paused.end()
    paused.end()
    await asyncio.wait_for(Turn(slots, always).wait(), 1)


async def test_who_needs_no_slot_waits_for_a_pause_only() -> None:
    slots, going = Slots(lambda: 0), asyncio.Event()
    waiting = asyncio.create_task(Turn(None, going).wait())
    await settled()
    assert not waiting.done()
    going.set()
    await waiting
    nobody = asyncio.create_task(slots.take())
    await settled()
    assert not nobody.done()
    nobody.cancel()
