"""Does the drive really hold it? Finish is what the server says; the entry is what counts (protocol.md §3.5, §8.8)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from clouddrive2.errors import HashMismatch, NotFound, NotVerified
from clouddrive2.models.files import Entry
from clouddrive2.models.uploads import Verify
from clouddrive2.upload.hashing import HashKind, HashValue

__all__ = ["SourceHashes", "Verified", "verify_entry"]

PAUSES = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


class SourceHashes(Protocol):
    """Hashes of what was sent."""

    @property
    def values(self) -> Mapping[int, str]:
        """Those at hand, by type number."""

    async def compute(self, kind: HashKind) -> HashValue:
        """One more."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found.

    Attributes:
        path: Where.
        by: What was compared: ``hash`` or ``size``; ``None`` when nothing was.
        uncompared: The cloud shows a hash of the file, and it was not compared: nobody asked for that, or it is no hash.
    """

    path: str
    by: str | None
    uncompared: bool = False


async def verify_entry(
    path: str,
    size: int,
    how: Verify,
    hasher: SourceHashes,
    stat: Callable[[str, bool], Awaitable[Entry]],
    *,
    seconds: float,
    before: Entry | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> Verified:
    """Compare the entry with the source; wait for a lagging index with growing pauses, at last by a forced listing.

    Args:
        path: Where the entry should be.
        size: Bytes of the source.
        how: Which comparison is asked for.
        hasher: Hashes of the source, computed only when the cloud knows one to compare.
        stat: Looks an entry up; with ``True`` past the server's cache.
        seconds: How long to wait for the index.
        before: What stood there before the upload; an index that still shows it is lagging.

    Raises:
        NotVerified: It does not appear, stays pending, or has another size; or ``HASH`` is asked and there is none.
        HashMismatch: The cloud holds other bytes.
    """
    if how is Verify.NONE:
        return Verified(path, None)
    give_up_at = clock() + seconds
    problem = "it is not there"
    attempt = 0
    while True:
        last = clock() >= give_up_at
        try:
            entry = await stat(path, last)
        except NotFound:
            problem = "it is not there"
        else:
            problem = _difference(entry, size)
            if not problem:
                lagging = entry == before and not last
                try:
                    found = await _compare_hash(entry, path, how, hasher)
                except (HashMismatch, NotVerified):
                    if not lagging:
                        raise
                else:
                    if not lagging or found.by == "hash":
                        return found
        if last:
            raise NotVerified(
                f"{path}: the server says the upload ended well, but {problem}; look at the folder later, or upload again",
                path=path,
            )
        await sleep(min(PAUSES[min(attempt, len(PAUSES) - 1)], max(0.0, give_up_at - clock())))
        attempt += 1


def _difference(entry: Entry, size: int) -> str:
    """Why the entry cannot be the uploaded file (yet); empty when it can."""
    if not entry.is_file:
        return "there is a folder in its place"
    if entry.pending:
        return "it has not reached the cloud yet"
    if entry.size != size:
        return f"it has {entry.size} bytes instead of {size}"
    return ""


async def _compare_hash(entry: Entry, path: str, how: Verify, hasher: SourceHashes) -> Verified:
    known = entry.hashes.by_type()
    if how is Verify.SIZE:
        return Verified(path, "size", bool(known) or entry.hashes.unreadable)
    if not known:
        if how is Verify.HASH:
            raise NotVerified(f"{path}: the size is right, but the cloud knows no hash to compare", path=path)
        return Verified(path, "size", entry.hashes.unreadable)
    # Compare what is at hand; compute only when nothing is.
    kind = next((kind for kind in known if kind in hasher.values), next(iter(known)))
    ours = (await hasher.compute(HashKind(kind))).value
    if ours.lower() != known[kind].lower():
        raise HashMismatch(f"{path}: the cloud holds other bytes than were sent; upload it again", path=path)
    return Verified(path, "hash")
