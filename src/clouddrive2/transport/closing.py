"""Reading and closing what the HTTP library gives so that their connections are free again, whoever is cancelled when.

httpcore counts the connection of a response whose closing is cancelled as busy for ever; once these are all that a client may
have, every request waits in vain. httpx closes a response with the last of its bytes, in the task that reads them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import httpx

__all__ = ["close_fully", "pieces_of"]

# Closings on their way: asyncio itself holds tasks only weakly.
_closing: set[asyncio.Task[None]] = set()


def pieces_of(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body as it arrives; unlike ``aiter_raw()`` this leaves the closing to :func:`close_fully`."""
    return aiter(cast("AsyncIterable[bytes]", response.stream))


async def close_fully(what: httpx.Response | httpx.AsyncHTTPTransport) -> None:
    """Close it to the end, also when whoever used it is cancelled meanwhile."""
    task = asyncio.create_task(what.aclose())
    _closing.add(task)
    task.add_done_callback(_done)
    await asyncio.shield(task)


def _done(task: asyncio.Task[None]) -> None:
    _closing.discard(task)
    if not task.cancelled():
        # Who waited has been told; who was cancelled does not want to know.
        task.exception()
