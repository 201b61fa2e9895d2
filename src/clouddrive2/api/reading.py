"""The bytes of one content of a file, over as many requests as it takes (protocol.md §6.3)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from clouddrive2.errors import ConnectError, InvalidRequest, OperationFailed, Timeout
from clouddrive2.models.files import DownloadLink
from clouddrive2.transport.rest import Answer, Rest

__all__ = ["Content", "ContentChanged", "Reader"]

# Connections that broke one after the other without a single byte in between.
BROKEN_TRIES = 5
FIRST_PAUSE = 0.2


class ContentChanged(Exception):
    """The file is not the one the reading began with."""


class Content:
    """What tells one content of a file from another: size, then ``ETag``, or ``Last-Modified`` where there is none.

    Args:
        size: Bytes, when known.
        tag, modified: As an earlier answer gave them, when there was one.

    Attributes:
        has_ranges: Whether the server sends ranges of it; ``None`` until one was asked for.
    """

    def __init__(self, size: int | None, *, tag: str | None = None, modified: str | None = None) -> None:
        self.size = size
        self.tag = tag
        self.modified = modified
        self.has_ranges: bool | None = None
        self._seen = tag is not None or modified is not None

    def compare(self, answer: Answer) -> None:
        """Remember the first answer; insist that later ones speak of the same content.

        Raises:
            ContentChanged: They do not.
        """
        if answer.total is not None:
            if self.size is None:
                self.size = answer.total
            elif answer.total != self.size:
                raise ContentChanged
        if answer.is_past_end:
            return
        if self._seen and (answer.tag != self.tag or (self.tag is None and answer.modified != self.modified)):
            raise ContentChanged
        self._seen, self.tag, self.modified = True, answer.tag, answer.modified


class Reader:
    """Reads one file. Several readings of it may run at once.

    Args:
        link: Gives a fresh link.
        rest: Fetches bytes.
        path: The cloud path, for errors.
        content: What is read; learns what the answers tell.
        sleep: Taken from outside so that tests need not wait.
    """

    def __init__(
        self,
        link: Callable[[], Awaitable[DownloadLink]],
        rest: Rest,
        path: str,
        content: Content,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.content = content
        self._link = link
        self._rest = rest
        self._path = path
        self._sleep = sleep

    async def read(self, start: int, end: int | None, *, onwards: bool = False) -> AsyncGenerator[bytes, None]:
        """Bytes from ``start`` up to ``end``. A broken connection is taken up where it broke, if the file is the same.

        Args:
            start, end: Which; ``None`` for all that follow.
            onwards: Go on to the end of the file when the server has no ranges and sends everything anyway.

        Raises:
            ContentChanged: It is not the same.
            ConnectError, Timeout: It broke again and again.
        """
        position, broken, content = start, 0, self.content
        while not (0 < position == content.size):
            asked_from = position
            try:
                async with aclosing(self._once(position, end, onwards=onwards)) as pieces:
                    async for piece in pieces:
                        broken = 0
                        position += len(piece)
                        yield piece
                wanted = None if onwards and content.has_ranges is False else end
                if content.size is not None:
                    wanted = content.size if wanted is None else min(content.size, wanted)
                if wanted is None or content.size is None or position >= wanted:
                    return
                if position > asked_from:
                    # A server that sends less at a time than it is asked for.
                    continue
                raise ConnectError(f"{self._path}: the connection ended early")
            except (ConnectError, Timeout) as error:
                broken += 1
                if broken >= BROKEN_TRIES:
                    raise type(error)(f"{self._path}: reading broke off at byte {position}: {error}", path=self._path) from error
                await self._sleep(FIRST_PAUSE * 2 ** (broken - 1))

    async def _once(self, position: int, end: int | None, *, onwards: bool) -> AsyncGenerator[bytes, None]:
        """What one request brings of the bytes from ``position`` to ``end``."""
        path, content, link = self._path, self.content, await self._link()
        get = self._rest.get(link.url, path=path, headers=link.headers, start=position, end=end, unless_changed=content.tag)
        async with get as answer:
            content.compare(answer)
            if answer.is_past_end:
                if answer.total is not None and position > answer.total:
                    raise InvalidRequest(f"{path} has only {answer.total} bytes; byte {position} is behind its end", path=path)
                return
            if answer.is_range and answer.start != position:
                raise OperationFailed(
                    f"{path}: the server sent the bytes from {answer.start} on, not those from {position} as asked", path=path
                )
            if position or end is not None:
                content.has_ranges = answer.is_range
            # A server without ranges sends everything: what is before the position is passed over.
            before = position - answer.start
            left = None if end is None or (onwards and not answer.is_range) else end - position
            async with aclosing(answer.pieces()) as pieces:
                async for piece in pieces:
                    wanted = piece[before : None if left is None else before + left]
                    before = max(0, before - len(piece))
                    if wanted:
                        yield wanted
                    if left is not None:
                        left -= len(wanted)
                        if left <= 0:
                            return
