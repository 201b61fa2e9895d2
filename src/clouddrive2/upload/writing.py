"""The bytes of a file into an open handle of the server: in order, read ahead, and only as fast as they are taken."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable

from clouddrive2.api.write_file import WriteFile
from clouddrive2.errors import MessageTooLarge
from clouddrive2.models.uploads import Phase
from clouddrive2.upload.pieces import PieceSize
from clouddrive2.upload.progress import ProgressTracker
from clouddrive2.upload.source import LocalFile

__all__ = ["PIECE_BYTES", "ReadAhead", "Writing"]

# Half of what a message may hold (protocol.md §1.4).
PIECE_BYTES = 2 * 1024 * 1024
PIECES_AHEAD = 2
# A stream is acknowledged at its end only; a new one this often costs little, and tells how far it is.
STREAM_SECONDS = 2.0


class Writing:
    """One source on its way into one handle.

    Args:
        file: The calls.
        source: What to send.
        path: Where it will be in the end, for messages and for equal shares of the bandwidth.
        progress: Told the bytes the server has acknowledged.
        going: Cleared while nothing is to be sent.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        file: WriteFile,
        source: LocalFile,
        path: str,
        progress: ProgressTracker,
        going: asyncio.Event,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file = file
        self._source = source
        self._path = path
        self._progress = progress
        self._clock = clock
        self._going = going
        self._written = 0
        self._pieces = PieceSize(PIECE_BYTES)

    async def run(self, handle: int, *, streaming: bool) -> None:
        """Write all of it.

        Args:
            handle: An open, empty file.
            streaming: Many pieces in one call instead of one in each.

        Raises:
            SourceChanged: It is not the file any more that it was.
            clouddrive2.Error: The server did not take it; how much it has is not known then.
        """
        ahead = ReadAhead(self._source)
        try:
            while self._written < self._source.size:
                await self._going.wait()
                self._progress.set_phase(Phase.TRANSFERRING)
                begin = self._written
                if streaming:
                    await self._file.write_stream(handle, self._some(ahead), path=self._path)
                else:
                    offset, data = await self._next(ahead)
                    await self._write(handle, offset, data)
                    self._written = offset + len(data)
                self._progress.confirm(begin, self._written)
        finally:
            ahead.close()

    async def _write(self, handle: int, offset: int, data: bytes) -> None:
        """One piece, or smaller ones when a proxy does not take it: what is too large has reached nobody."""
        done = 0
        while done < len(data):
            part = data[done : done + self._pieces.bytes]
            try:
                await self._file.write(handle, offset + done, part, path=self._path)
            except MessageTooLarge:
                if self._pieces.halved(len(part)) is None:
                    raise
            else:
                done += len(part)

    async def _some(self, ahead: ReadAhead) -> AsyncGenerator[tuple[int, bytes], None]:
        """The pieces of one stream."""
        began = self._clock()
        while True:
            offset, data = await self._next(ahead)
            yield offset, data
            self._written = offset + len(data)
            if self._written == self._source.size or not self._going.is_set() or self._clock() - began >= STREAM_SECONDS:
                return

    async def _next(self, ahead: ReadAhead) -> tuple[int, bytes]:
        offset, data = await ahead.next()
        await self._file.limit.take(len(data), self._path)
        return offset, data


class ReadAhead:
    """Pieces of a source in order; the next ones are read while one is on its way.

    Args:
        source: Where they come from.
    """

    def __init__(self, source: LocalFile) -> None:
        self._source = source
        self._offset = 0
        self._reading: deque[tuple[int, asyncio.Task[bytes]]] = deque()

    async def next(self) -> tuple[int, bytes]:
        """The next piece with its offset; not to be called behind the end."""
        if self._source.content is not None:
            return 0, self._source.content
        self._fill(1)
        offset, task = self._reading.popleft()
        data = await task
        self._fill(PIECES_AHEAD)
        return offset, data

    def close(self) -> None:
        """Forget what was read and not taken."""
        for _, task in self._reading:
            task.cancel()
            # Whoever failed first has told why.
            task.add_done_callback(lambda done: None if done.cancelled() else done.exception())
        self._reading.clear()

    def _fill(self, count: int) -> None:
        while len(self._reading) < count and self._offset < self._source.size:
            offset, length = self._offset, min(PIECE_BYTES, self._source.size - self._offset)
            self._offset += length
            self._reading.append((offset, asyncio.create_task(asyncio.to_thread(self._source.read, offset, length))))
