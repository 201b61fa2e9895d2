"""A file far away as a reader: a stream while it is read in order, single ranges while it is not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from clouddrive2.emulator.storage.base import Reader, StorageError

__all__ = ["Fetch", "Stream", "StreamReader"]


class Stream(Protocol):
    """Bytes as they come. Its methods raise :class:`StorageError` when the connection breaks."""

    def read(self, length: int) -> bytes:
        """The next bytes, at most so many; none at the end."""

    def close(self) -> None:
        """Let go of the connection; may be repeated."""


# Opens a stream of a file from one offset up to and without another.
Fetch = Callable[[int, int], Stream]


class StreamReader(Reader):
    """Reads through one stream as long as the offsets follow each other. One that breaks is taken up again once, where it broke.

    Args:
        fetch: Opens streams.
        size: Bytes of the file.
    """

    def __init__(self, fetch: Fetch, size: int) -> None:
        self.size = size
        self._fetch = fetch
        self._lock = threading.Lock()
        self._stream: Stream | None = None
        # Where the stream stands and where it ends, and where the last read ended.
        self._at = self._end = 0
        self._next = 0

    def read(self, offset: int, length: int) -> bytes:
        length = min(length, self.size - offset)
        if length <= 0:
            return b""
        with self._lock:
            data = b""
            try:
                data = self._some(offset, length)
            except StorageError:
                self._let_go()
            while len(data) < length:
                more = self._some(offset + len(data), length - len(data))
                if not more:
                    raise StorageError("the file has become shorter while it was read")
                data += more
            return data

    def close(self) -> None:
        with self._lock:
            self._let_go()

    def _some(self, offset: int, length: int) -> bytes:
        if self._stream is None or self._at != offset:
            self._let_go()
            end = self.size if offset == self._next else offset + length
            self._stream, self._at, self._end = self._fetch(offset, end), offset, end
        data = self._stream.read(length)
        self._at = self._next = offset + len(data)
        if not data or self._at == self._end:
            self._let_go()
        return data

    def _let_go(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()
