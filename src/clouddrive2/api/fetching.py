"""What is missing of a part, fetched over one connection or several."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from contextlib import aclosing

from clouddrive2.api.partial import Partial
from clouddrive2.api.ranges import Span
from clouddrive2.api.reading import ContentChanged, Reader
from clouddrive2.errors import ConnectError, PermissionDenied, Throttled, Unreachable

__all__ = ["Fetch"]

logger = logging.getLogger(__name__)

# What one connection fetches before it takes the next piece; files of one piece need one connection.
PIECE_BYTES = 16 * 1024 * 1024
# Bytes are handed to the disk (and hashed) when this much is here.
WRITE_BYTES = 1024 * 1024
PROGRESS_SECONDS = 0.1


class Fetch:
    """One run over one part.

    The first connection asks for a piece. Where the server answers with exactly that, others join in; a server without
    ranges sends everything, and that one answer is read to the end.

    Args:
        reader: Brings the bytes.
        partial: Takes them; open.
        connections: How many at most.
        on_progress: Called with bytes here and bytes in all.
    """

    def __init__(
        self, reader: Reader, partial: Partial, *, connections: int, on_progress: Callable[[int, int], object] | None
    ) -> None:
        self._reader = reader
        self._partial = partial
        self._size = partial.entry.size
        self._on_progress = on_progress
        self._shown_at = float("-inf")
        self._pieces: deque[Span] = deque(partial.missing(PIECE_BYTES if connections > 1 else None))
        self._running = min(connections, len(self._pieces))
        self._joining = asyncio.Event()

    async def run(self) -> None:
        """Until every byte is here.

        Raises:
            ContentChanged: The file is not the one the part belongs to.
            clouddrive2.Error: A connection broke for good, the server refuses, or the disk does; what is here is written.
        """
        if self._size == 0:
            # Nothing to fetch, but the server must agree that there is nothing.
            await self._piece(0, 0)
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(self._running):
                    group.create_task(self._connection(is_first=number == 0))
        except BaseExceptionGroup as several:
            error = several.exceptions[0]
            raise error from error.__cause__
        if self._partial.missing():
            path = self._partial.entry.path
            raise ConnectError(f"{path}: the server sent less than the whole file; try again", path=path)
        self._report(last=True)

    async def _connection(self, *, is_first: bool) -> None:
        if not is_first:
            await self._joining.wait()
        while self._pieces:
            start, end = self._pieces.popleft()
            try:
                await self._piece(start, end)
            except (Throttled, PermissionDenied, Unreachable) as error:
                # Clouds allow only so many connections to a file: the others go on, as long as one is left.
                if not self._joining.is_set() or self._running == 1:
                    raise
                self._running -= 1
                self._pieces.extendleft(reversed(self._partial.missing(None, start, end)))
                logger.info(
                    "%s: going on with %d connections: %s",
                    self._partial.entry.path,
                    self._running,
                    error,
                    extra={"action": "download_narrowed"},
                )
                return

    async def _piece(self, start: int, end: int) -> None:
        partial, at, held = self._partial, start, bytearray()
        wanted = None if (start, end) == (0, self._size) else end
        async with aclosing(self._reader.read(start, wanted, onwards=True)) as arriving:
            async for data in arriving:
                if not self._joining.is_set():
                    self._let_others_in()
                held += data
                if at + len(held) > self._size:
                    raise ContentChanged
                if len(held) >= WRITE_BYTES:
                    await asyncio.to_thread(partial.write, at, held)
                    at += len(held)
                    held = bytearray()
                    self._report()
        await asyncio.to_thread(partial.write, at, held)

    def _let_others_in(self) -> None:
        """The first bytes are here, and with them the answer how the server takes ranges."""
        if self._reader.content.has_ranges is False:
            self._pieces.clear()
        self._joining.set()

    def _report(self, *, last: bool = False) -> None:
        now = time.monotonic()
        if self._on_progress is not None and (last or now >= self._shown_at + PROGRESS_SECONDS):
            self._shown_at = now
            self._on_progress(self._partial.have, self._size)
