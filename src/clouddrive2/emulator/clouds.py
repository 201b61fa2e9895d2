"""One cloud account: its storage off the event loop, and the entries that are only local yet."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from clouddrive2.emulator import paths
from clouddrive2.emulator.clock import Clock
from clouddrive2.emulator.entries import Entry
from clouddrive2.emulator.options import MD5, PIKPAK_SHA1, SHA1, CloudOptions
from clouddrive2.emulator.storage.base import Reader, Storage

__all__ = ["Cloud", "Pending", "pikpak_segment"]

P = ParamSpec("P")
R = TypeVar("R")

HASH_PIECE = 1024 * 1024


@dataclass(slots=True, eq=False)
class Pending:
    """A placeholder: final name and size, a UUID as id (protocol.md §3.5).

    Attributes:
        path: Where it is now in the whole namespace; follows renames and moves of it and of folders above it.
        size: Final size in bytes, as far as known; its owner may change it.
        id: The UUID.
        hashes: Hashes known already.
        created: When it was made, on the world's clock.
        on_removed: Called when somebody deletes the placeholder or a folder above it.
    """

    path: str
    size: int
    created: float
    on_removed: Callable[[], Awaitable[None]] | None = field(default=None, repr=False)
    hashes: Mapping[int, str] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


class Cloud:
    """One cloud account. Paths are those of the whole namespace and lie inside the cloud.

    Args:
        options: What it is like.
        storage: Keeps its files.
        clock: The world's clock.
        executor: Runs what a blocking storage does.
    """

    def __init__(self, options: CloudOptions, storage: Storage, clock: Clock, executor: Executor) -> None:
        self.options = options
        self.storage = storage
        self.path = f"/{options.name}"
        self.pending: list[Pending] = []
        self._clock = clock
        self._executor = executor
        self._hidden: dict[str, float] = {}

    async def stat(self, path: str) -> Entry | None:
        """The entry, placeholders included; ``None`` when it is not there or the index lags (protocol.md §3.4)."""
        inner = self.inner(path)
        if self._lags(path):
            return None
        item = await self.run(self.storage.stat, inner)
        if item is not None:
            return Entry.of(path, item, self.options)
        waiting = self.pending_at(path)
        return self._placeholder(waiting) if waiting is not None else None

    async def names(self, folder: str) -> list[str]:
        """Names in a folder, placeholders included, sorted."""
        names = await self.run(self.storage.names, self.inner(folder))
        if self._hidden:
            names = [name for name in names if not self._lags(paths.join(folder, name))]
        waiting = {paths.tail(each.path) for each in self.pending if paths.parent(each.path) == folder}
        return sorted(waiting.union(names)) if waiting else names

    async def entries(self, folder: str, names: Sequence[str]) -> list[Entry]:
        """Entries of these names, in this order, without those that have vanished."""
        items = {item.name: item for item in await self.run(self.storage.items, self.inner(folder), names)}
        waiting = {paths.tail(each.path): each for each in self.pending if paths.parent(each.path) == folder}
        found = []
        for name in names:
            if name in items:
                found.append(Entry.of(f"{folder}/{name}", items[name], self.options))
            elif name in waiting:
                found.append(self._placeholder(waiting[name]))
        return found

    async def open(self, path: str) -> Reader:
        """Open a file; its reader is blocking, see :meth:`run`."""
        return await self.run(self.storage.open, self.inner(path))

    async def begin(self) -> str:
        """A new temporary file."""
        return await self.run(self.storage.begin)

    async def write(self, temporary: str, offset: int, data: bytes) -> None:
        """Write into a temporary file; raises ``StorageFull`` and ``StorageError``."""
        await self.run(self.storage.write, temporary, offset, data)

    async def read_temporary(self, temporary: str, offset: int, length: int) -> bytes:
        """Bytes of a temporary file."""
        return await self.run(self.storage.read_temporary, temporary, offset, length)

    async def discard(self, temporary: str) -> None:
        """Forget a temporary file; may be repeated."""
        await self.run(self.storage.discard, temporary)

    async def hash_temporary(self, temporary: str, size: int, kinds: Sequence[int]) -> dict[int, str]:
        """Hashes of a temporary file, computed off the event loop."""
        if not kinds:
            return {}

        def read(offset: int, length: int) -> bytes:
            return self.storage.read_temporary(temporary, offset, length)

        return await asyncio.get_running_loop().run_in_executor(self._executor, _hashes, read, size, tuple(kinds))

    async def publish(self, temporary: str, path: str, size: int, hashes: Mapping[int, str]) -> Entry:
        """Make a temporary file visible, in place of a file that may be there."""
        item = await self.run(self.storage.publish, temporary, self.inner(path), size, hashes)
        return Entry.of(path, item, self.options)

    async def holds(self, size: int, kind: int, value: str) -> str | None:
        """Path of a file with this content, if the cloud knows one."""
        inner = await self.run(self.storage.holds, size, kind, value)
        return self.path + inner if inner is not None else None

    def insert(self, pending: Pending) -> None:
        """Show a placeholder; a file that is there already goes on being shown instead."""
        self.pending.append(pending)

    def drop(self, pending: Pending) -> None:
        """Stop showing a placeholder; may be repeated."""
        if pending in self.pending:
            self.pending.remove(pending)

    def pending_at(self, path: str) -> Pending | None:
        """The newest placeholder at this path."""
        return next((each for each in reversed(self.pending) if each.path == path), None)

    def hide(self, path: str, seconds: float) -> None:
        """Keep a path out of listings and look-ups for a while, as an index that lags does."""
        self._hidden[path] = self._clock.now() + seconds

    def inner(self, path: str) -> str:
        """The storage's form of a path."""
        return path[len(self.path) :] or "/"

    async def run(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function of the storage, in a thread when it may block."""
        if not self.storage.blocking:
            return function(*args, **kwargs)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, lambda: function(*args, **kwargs))

    def _lags(self, path: str) -> bool:
        until = self._hidden.get(path)
        if until is None:
            return False
        if until > self._clock.now():
            return True
        del self._hidden[path]
        return False

    def _placeholder(self, pending: Pending) -> Entry:
        shown = {kind: value for kind, value in pending.hashes.items() if kind in self.options.knows}
        return Entry(
            path=pending.path,
            name=paths.tail(pending.path),
            is_folder=False,
            size=pending.size,
            modified=pending.created,
            created=pending.created,
            id=pending.id,
            hashes=shown,
            cloud=self.options,
            pending=True,
        )


def pikpak_segment(size: int) -> int:
    """Bytes of one segment of PikPakSha1 (protocol.md §8.5)."""
    mebibyte = 1024 * 1024
    for bound, segment in ((128, 256), (256, 512), (512, 1024)):
        if size <= bound * mebibyte:
            return segment * 1024
    return 2048 * 1024


def _hashes(read: Callable[[int, int], bytes], size: int, kinds: Sequence[int]) -> dict[int, str]:
    """All asked hashes in one pass; a piece is a whole number of PikPak segments or the other way round."""
    md5, sha1, pikpak = hashlib.md5(), hashlib.sha1(), hashlib.sha1()
    segment = pikpak_segment(size)
    piece = max(HASH_PIECE, segment)
    for offset in range(0, size, piece):
        data = memoryview(read(offset, piece))
        if MD5 in kinds:
            md5.update(data)
        if SHA1 in kinds:
            sha1.update(data)
        if PIKPAK_SHA1 in kinds:
            for start in range(0, len(data), segment):
                pikpak.update(hashlib.sha1(data[start : start + segment]).digest())
    values = {MD5: md5.hexdigest(), SHA1: sha1.hexdigest(), PIKPAK_SHA1: pikpak.hexdigest().upper()}
    return {kind: values[kind] for kind in kinds}
