"""A folder of ``.strm`` files kept up to date by what the server tells."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing

from clouddrive2.client.aio import AsyncClient
from clouddrive2.errors import NotFound, ServerFailed, Throttled, Unreachable
from clouddrive2.models.events import Reconnected, TaskCountsChanged
from clouddrive2.strm.strm import Outcome, Strm, Summary
from clouddrive2.strm.touched import Touched, touched_by

__all__ = ["watch"]

logger = logging.getLogger(__name__)

# Passes by itself: no answer, a cloud that is not loaded yet, an index that lags (protocol.md §3.4).
PASSING = (Unreachable, ServerFailed, Throttled, NotFound)


async def watch(
    client: AsyncClient, strm: Strm, *, every: float = 3600.0, settle: float = 1.0, look_again: float = 30.0
) -> AsyncGenerator[Outcome | Summary, None]:
    """Update everything, then what the server tells of, without an end.

    The whole folder is listed at the beginning, after a broken connection, and every now and then: changes made in another
    program are told only where the server hears of them (protocol.md §3.4), and a server without push messages tells of no
    files at all. Links that end are renewed in time. A server that went away is waited for; nothing is deleted because its
    answer was empty.

    Args:
        client: Tells what happens.
        strm: Writes. It belongs to this call until it ends.
        every: Seconds between two listings of everything.
        settle: Seconds to wait after an event for those that come with it.
        look_again: Seconds before another look at what was on its way, or failed in passing.

    Yields:
        As :meth:`Strm.update`, one summary per round.

    Raises:
        PermissionDenied: The token lacks ``allow_push_message``, or what :meth:`Strm.update` needs.
        clouddrive2.Error: As for :meth:`Strm.prepare`; only at the beginning does a missing server end it.
    """
    await strm.prepare()
    loop = asyncio.get_running_loop()
    news = News(strm.cloud_dir, every)
    listening = asyncio.create_task(news.listen(client))
    again: tuple[float, Touched] | None = None
    next_full = float("inf")
    # Folders whose links could not be renewed: with the next listing of everything, not in every round.
    stuck: set[str] = set()
    try:
        while True:
            ends = [seconds for folder, seconds in strm.renewals().items() if folder not in stuck]
            due = min([next_full, *([again[0]] if again else [])]) - loop.time()
            await news.wait(listening, min([due, *ends]))
            if listening.done():
                listening.result()
            elif news:
                await asyncio.sleep(settle)
            touched = news.take()
            if again is not None and loop.time() >= again[0]:
                touched.add(again[1])
                again = None
            tried = ended(strm)
            touched.shallow |= tried - stuck
            touched.everything = touched.everything or loop.time() >= next_full
            if not touched:
                continue
            later = Touched()
            try:
                async with aclosing(_round(strm, touched)) as steps:
                    async for step in steps:
                        if isinstance(step, Outcome) and isinstance(step.error, PASSING) and step.error.rpc and step.action.file:
                            later.shallow.add(step.action.file.path.rpartition("/")[0])
                        yield step
            except PASSING as error:
                later.add(touched)
                yield Summary(error=error)
            else:
                later.shallow |= strm.pending_folders()
            stuck = tried & ended(strm)
            if touched.everything:
                next_full = loop.time() + every
            if again is not None:
                later.add(again[1])
            if later:
                again = (loop.time() + look_again, later)
    finally:
        listening.cancel()
        await asyncio.wait({listening})


def ended(strm: Strm) -> set[str]:
    """Folders of the drive with links that have to be made anew."""
    return {folder for folder, seconds in strm.renewals().items() if seconds <= 0}


def _round(strm: Strm, touched: Touched) -> AsyncGenerator[Outcome | Summary, None]:
    if touched.everything:
        return strm.round(deep=[""], watching=True)
    return strm.round(touched.shallow, deep=touched.deep, watching=True)


class News:
    """What the server told since it was taken last.

    Args:
        root: The folder that is followed.
        every: Seconds between two listings of everything, to be told where it matters.
    """

    def __init__(self, root: str, every: float) -> None:
        self._root = root
        self._every = every
        self._touched = Touched()
        self._some = asyncio.Event()

    def __bool__(self) -> bool:
        return bool(self._touched)

    def take(self) -> Touched:
        """It, and begin anew."""
        touched, self._touched = self._touched, Touched()
        self._some.clear()
        return touched

    async def wait(self, listening: asyncio.Task[None], seconds: float) -> None:
        """Until there is some, or nobody listens any more, or it is time."""
        some = asyncio.create_task(self._some.wait())
        try:
            await asyncio.wait({some, listening}, timeout=min(max(seconds, 0), 86400), return_when=asyncio.FIRST_COMPLETED)
        finally:
            some.cancel()

    async def listen(self, client: AsyncClient) -> None:
        """Note what the server tells, without an end."""
        copies = 0
        async with aclosing(client.events.watch()) as events:
            async for event in events:
                if isinstance(event, Reconnected) and event.polling:
                    logger.warning("this server does not tell of files: everything is listed every %g seconds", self._every)
                touched = touched_by(event, self._root)
                if isinstance(event, TaskCountsChanged):
                    # A copy that ended is not always told of file by file.
                    touched.everything = event.counts.copies < copies
                    copies = event.counts.copies
                if touched:
                    self._touched.add(touched)
                    self._some.set()
