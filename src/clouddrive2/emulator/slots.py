"""How many of a kind are worked on at once; the others wait for their turn, first come, first served."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

__all__ = ["Slots", "Turn"]


class Slots:
    """A limit that may change while it is used: a change holds from the next that begins or ends on.

    Args:
        most: How many at once.
    """

    def __init__(self, most: Callable[[], int]) -> None:
        self._most = most
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self) -> None:
        """Wait for a slot and take it; whoever is cancelled has none."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._waiting.remove(turn)
            else:
                # It was given at the same moment.
                self.leave()
            raise

    def leave(self) -> None:
        """Give a taken slot back."""
        self._taken -= 1
        self._admit()

    def _admit(self) -> None:
        waiting = [turn for turn in self._waiting if not turn.done()]
        for turn in waiting[: max(0, self._most() - self._taken)]:
            self._waiting.remove(turn)
            self._taken += 1
            turn.set_result(None)


class Turn:
    """One upload's slot: taken at its turn, given back while it is paused.

    Args:
        slots: Of all of them; ``None`` when it needs none.
        going: Set while it is not paused.
    """

    def __init__(self, slots: Slots | None, going: asyncio.Event) -> None:
        self._slots = slots
        self._going = going
        self._has_slot = False

    async def wait(self) -> None:
        """Until it may go on."""
        while not (self._going.is_set() and (self._has_slot or self._slots is None)):
            if not self._going.is_set():
                self.end()
                await self._going.wait()
            elif self._slots is not None:
                await self._slots.take()
                self._has_slot = True

    def end(self) -> None:
        """Give the slot back, if it has one."""
        if self._has_slot and self._slots is not None:
            self._has_slot = False
            self._slots.leave()
