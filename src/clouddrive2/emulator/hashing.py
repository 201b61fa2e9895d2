"""Hashes as a cloud computes them (protocol.md §8.5)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from clouddrive2.emulator.options import MD5, PIKPAK_SHA1, SHA1
from clouddrive2.emulator.storage import Storage

__all__ = ["StreamingHashes", "hashes_of", "md5_of_part"]

MIB = 1 << 20
STEP = MIB
WAITING_BYTES = 32 * MIB


def segment_bytes(size: int) -> int:
    """Segment length of PikPakSha1 for a file of this size."""
    for bound, segment in ((128 * MIB, 256 * 1024), (256 * MIB, 512 * 1024), (512 * MIB, MIB)):
        if size <= bound:
            return segment
    return 2 * MIB


class PikPakSha1:
    """SHA-1 over the digests of consecutive segments."""

    def __init__(self, size: int) -> None:
        self._segment = segment_bytes(size)
        self._left = self._segment
        self._inner = hashlib.sha1(usedforsecurity=False)
        self._outer = hashlib.sha1(usedforsecurity=False)

    def update(self, data: Any) -> None:
        """Take the next bytes."""
        view = memoryview(data)
        while view:
            part = view[: self._left]
            self._inner.update(part)
            self._left -= len(part)
            view = view[len(part) :]
            if self._left == 0:
                self._end_segment()

    def hexdigest(self) -> str:
        """The value, in capitals."""
        if self._left != self._segment:
            self._end_segment()
        return self._outer.hexdigest().upper()

    def _end_segment(self) -> None:
        self._outer.update(self._inner.digest())
        self._inner = hashlib.sha1(usedforsecurity=False)
        self._left = self._segment


class StreamingHashes:
    """Hashes of a file that arrives in pieces, mostly in order; what comes too early waits, within bounds.

    Bytes that come a second time may differ from the first, and the storage keeps the last: then all is read again.
    """

    def __init__(self, kinds: tuple[int, ...], size: int) -> None:
        makers: dict[int, Callable[[], Any]] = {
            MD5: lambda: hashlib.md5(usedforsecurity=False),
            SHA1: lambda: hashlib.sha1(usedforsecurity=False),
            PIKPAK_SHA1: lambda: PikPakSha1(size),
        }
        self.kinds = kinds
        self._makers = {kind: makers[kind] for kind in kinds}
        self._hashes = self._fresh()
        self._size = size
        self._seen_twice = False
        self._next = 0
        self._early: dict[int, bytes] = {}
        self._early_bytes = 0

    def take(self, offset: int, data: bytes) -> None:
        """A piece was stored. Call from one thread at a time."""
        if not self._hashes:
            return
        end = offset + len(data)
        if offset < self._next or any(early < end and offset < early + len(kept) for early, kept in self._early.items()):
            self._seen_twice = True
            return
        if offset > self._next:
            if self._early_bytes + len(data) <= WAITING_BYTES:
                self._early[offset] = data
                self._early_bytes += len(data)
            return
        piece: bytes | None = data
        while piece is not None:
            for value in self._hashes.values():
                value.update(piece)
            self._next += len(piece)
            piece = self._early.pop(self._next, None)
            self._early_bytes -= len(piece or b"")

    def finish(self, storage: Storage, temporary: str) -> dict[int, str]:
        """All values; what was not seen in order is read from the storage."""
        self._early.clear()
        if self._seen_twice:
            self._hashes, self._next, self._seen_twice = self._fresh(), 0, False
        while self._hashes and self._next < self._size:
            piece = storage.read_temporary(temporary, self._next, min(STEP, self._size - self._next))
            piece = piece or bytes(min(STEP, self._size - self._next))
            for value in self._hashes.values():
                value.update(piece)
            self._next += len(piece)
        return {kind: value.hexdigest() for kind, value in self._hashes.items()}

    def forget(self) -> None:
        """Let go of what waits; there will be no values."""
        self._early.clear()
        self._early_bytes = 0

    def _fresh(self) -> dict[int, Any]:
        return {kind: make() for kind, make in self._makers.items()}


def hashes_of(storage: Storage, temporary: str, size: int, kinds: tuple[int, ...]) -> dict[int, str]:
    """Hashes of a temporary file."""
    return StreamingHashes(kinds, size).finish(storage, temporary)


def md5_of_part(storage: Storage, temporary: str, offset: int, length: int) -> str:
    """MD5 of a part of a temporary file, in lower case."""
    value = hashlib.md5(usedforsecurity=False)
    end = offset + length
    while offset < end:
        piece = storage.read_temporary(temporary, offset, min(STEP, end - offset)) or bytes(min(STEP, end - offset))
        value.update(piece)
        offset += len(piece)
    return value.hexdigest()
