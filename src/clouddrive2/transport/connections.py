"""HTTP/1.1 connections to one server, each taken by one request at a time.

A pool of the HTTP library looks at every connection it has for each request it takes and ends: with thirty of them that
costs more than the requests. Here each pool has one connection, and the one used last is taken first.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from clouddrive2.transport.closing import close_fully

if TYPE_CHECKING:
    import httpx

__all__ = ["Connections"]


class Connections:
    """Made on first use, kept for a while, closed together.

    Args:
        make: A transport of the HTTP library for one connection.
        most: How many at once; whoever comes then waits.
        kept_seconds: How long an unused one is kept.
    """

    def __init__(self, make: Callable[[], httpx.AsyncHTTPTransport], *, most: int, kept_seconds: float) -> None:
        self._make = make
        self._slots = asyncio.Semaphore(most)
        self._kept_seconds = kept_seconds
        # The one that lies longest is on the left.
        self._free: deque[tuple[float, httpx.AsyncHTTPTransport]] = deque()
        self._taken: set[httpx.AsyncHTTPTransport] = set()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[httpx.AsyncHTTPTransport]:
        """A connection for one request, until its answer is closed."""
        async with self._slots:
            await self._drop_old()
            http = self._free.pop()[1] if self._free else self._make()
            self._taken.add(http)
            is_free_again = True
            try:
                yield http
            except (asyncio.CancelledError, GeneratorExit):
                # Left in the middle: nobody may wait for the end of what it was doing.
                is_free_again = False
                raise
            finally:
                self._taken.discard(http)
                if is_free_again:
                    self._free.append((time.monotonic(), http))
                else:
                    await close_fully(http)

    async def close(self) -> None:
        """End all of them, with what is under way on them."""
        for http in [*self._taken, *(http for _, http in self._free)]:
            await http.aclose()
        self._free.clear()

    async def _drop_old(self) -> None:
        oldest = time.monotonic() - self._kept_seconds
        while self._free and self._free[0][0] < oldest:
            await self._free.popleft()[1].aclose()
