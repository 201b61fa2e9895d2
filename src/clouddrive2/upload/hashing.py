"""Hashes of a file: several in one pass, in threads, as fast as the slowest alone (protocol.md §8.5)."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from clouddrive2.errors import SourceChanged, UploadRejected
from clouddrive2.upload.hash_cache import HashCache
from clouddrive2.upload.source import LocalFile

__all__ = ["MD5", "PIKPAK_SHA1", "SHA1", "FileHasher", "HashKind", "HashPool", "HashValue", "segment_bytes"]

MD5, SHA1, PIKPAK_SHA1 = 1, 2, 3
MIB = 1 << 20
BLOCK = 2 * MIB
# Requests for several algorithms of one file come one after the other; a pass over a large file waits this long for more.
GATHER_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class HashKind:
    """Which hash: its type number, and for MD5 the block size of the block hashes wanted too (0 for none)."""

    type: int
    block_size: int = 0


@dataclass(frozen=True, slots=True)
class HashValue:
    """Hex text as the protocol wants it, and the block hashes if asked for."""

    value: str
    blocks: tuple[str, ...] = ()


class Digest(Protocol):
    """What a pass feeds."""

    def update(self, data: memoryview) -> None:
        """Take the next bytes."""

    def finish(self) -> HashValue:
        """The result."""


class PlainDigest:
    """One algorithm over the whole file."""

    def __init__(self, algorithm: Any) -> None:
        self._algorithm = algorithm

    def update(self, data: memoryview) -> None:
        self._algorithm.update(data)

    def finish(self) -> HashValue:
        return HashValue(self._algorithm.hexdigest())


class SegmentDigest:
    """Cuts the bytes into segments and hands each segment's digest on."""

    def __init__(self, segment: int, start: Callable[[], Any]) -> None:
        self._segment = segment
        self._start = start
        self._current = start()
        self._left = segment

    def update(self, data: memoryview) -> None:
        while data:
            part = data[: self._left]
            self._current.update(part)
            self._left -= len(part)
            data = data[len(part) :]
            if self._left == 0:
                self._end()

    def _end(self) -> None:
        self.ended(self._current)
        self._current = self._start()
        self._left = self._segment

    def end_last(self) -> None:
        """The bytes are over: end the segment that is not full."""
        if self._left != self._segment:
            self._end()

    def ended(self, algorithm: Any) -> None:
        """One segment is complete."""
        raise AssertionError("each kind of segment digest says what becomes of a segment")


class BlockMd5(SegmentDigest):
    """MD5 of the file and of each block."""

    def __init__(self, block_size: int) -> None:
        super().__init__(block_size, _md5)
        self._whole = _md5()
        self._blocks: list[str] = []

    def update(self, data: memoryview) -> None:
        self._whole.update(data)
        super().update(data)

    def ended(self, algorithm: Any) -> None:
        self._blocks.append(algorithm.hexdigest())

    def finish(self) -> HashValue:
        self.end_last()
        return HashValue(self._whole.hexdigest(), tuple(self._blocks))


class PikPakSha1(SegmentDigest):
    """SHA-1 over the SHA-1 digests of the segments, in capitals."""

    def __init__(self, size: int) -> None:
        super().__init__(segment_bytes(size), _sha1)
        self._outer = _sha1()

    def ended(self, algorithm: Any) -> None:
        self._outer.update(algorithm.digest())

    def finish(self) -> HashValue:
        self.end_last()
        return HashValue(self._outer.hexdigest().upper())


def segment_bytes(size: int) -> int:
    """Segment length of PikPakSha1 for a file of ``size`` bytes (protocol.md §8.5)."""
    for bound, segment in ((128 * MIB, 256 * 1024), (256 * MIB, 512 * 1024), (512 * MIB, MIB)):
        if size <= bound:
            return segment
    return 2 * MIB


def digest_for(kind: HashKind, size: int) -> Digest:
    """A fresh digest.

    Raises:
        UploadRejected: The protocol knows no such type.
    """
    if kind.type == MD5:
        return BlockMd5(kind.block_size) if kind.block_size else PlainDigest(_md5())
    if kind.type == SHA1:
        return PlainDigest(_sha1())
    if kind.type == PIKPAK_SHA1:
        return PikPakSha1(size)
    raise UploadRejected(f"the server asks for a hash of type {kind.type}, which this version does not know")


class HashPool:
    """The threads that hash, for all uploads of a client.

    Args:
        jobs: Files hashed at once.
    """

    def __init__(self, jobs: int) -> None:
        self._passes = ThreadPoolExecutor(jobs, thread_name_prefix="cd2-hash")
        self._helpers = ThreadPoolExecutor(jobs * 5, thread_name_prefix="cd2-hash-part")

    async def run(self, work: Callable[[ThreadPoolExecutor], dict[HashKind, HashValue]]) -> dict[HashKind, HashValue]:
        """One pass in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._passes, work, self._helpers)

    def close(self) -> None:
        """End the threads; running passes end at their next block once told to stop."""
        self._passes.shutdown(wait=False, cancel_futures=True)
        self._helpers.shutdown(wait=False, cancel_futures=True)


class FileHasher:
    """All hashes of one file; asked for twice, computed once.

    Args:
        source: The open file.
        pool: Threads.
        known: Hashes of this very state of the file, by type number.
        cache: Asked before the file is read, and told what was found.

    Attributes:
        hashed: Bytes hashed in the current or last pass.
    """

    def __init__(
        self,
        source: LocalFile,
        pool: HashPool,
        known: dict[int, str] | None = None,
        cache: HashCache | None = None,
    ) -> None:
        self.hashed = 0
        self._cache = cache
        self._looking: asyncio.Task[None] | None = None
        self._source = source
        self._pool = pool
        self._stop = threading.Event()
        self._results: dict[HashKind, HashValue] = {}
        for kind, text in (known or {}).items():
            self._results[HashKind(kind)] = HashValue(text)
        self._waiting: dict[HashKind, asyncio.Future[HashValue]] = {}
        self._running: asyncio.Task[None] | None = None

    @property
    def values(self) -> dict[int, str]:
        """What is known so far, by type number."""
        return {kind.type: result.value for kind, result in self._results.items()}

    def known(self, kind: HashKind) -> HashValue | None:
        """The result, when there is one or it costs nothing."""
        content = self._source.content
        if kind not in self._results and content is not None:
            digest = digest_for(kind, len(content))
            digest.update(memoryview(content))
            self._keep(kind, digest.finish())
            self._remember([kind])
            self.hashed = len(content)
        return self._results.get(kind)

    async def compute(self, kind: HashKind) -> HashValue:
        """The hash. Kinds asked for before a pass starts share it; those asked for during one share the next.

        Raises:
            SourceChanged: The file is not what it was.
        """
        if kind not in self._results and self._cache is not None:
            # Once, for all who ask: none of them may start a pass before the answer is here.
            self._looking = self._looking or asyncio.create_task(self._look_up(self._cache))
            await asyncio.shield(self._looking)
        if (result := self.known(kind)) is not None:
            return result
        digest_for(kind, self._source.size)  # an unknown type fails here, not in a thread
        future = self._waiting.get(kind)
        if future is None:
            future = self._waiting[kind] = asyncio.get_running_loop().create_future()
            if self._running is None:
                self._running = asyncio.create_task(self._passes())
        return await asyncio.shield(future)

    async def close(self) -> None:
        """Stop hashing."""
        self._stop.set()
        if self._running is not None:
            await asyncio.gather(self._running, return_exceptions=True)

    async def _look_up(self, cache: HashCache) -> None:
        """Take over what the cache knows."""
        for kind, text in (await cache.get(self._source.identity)).items():
            self._results.setdefault(HashKind(kind), HashValue(text))

    def _remember(self, kinds: Iterable[HashKind]) -> None:
        if self._cache is not None:
            values = {kind.type: self._results[kind].value for kind in kinds}
            self._cache.keep(self._source.identity, values, opened_ns=self._source.opened_ns)

    def _keep(self, kind: HashKind, value: HashValue) -> None:
        self._results[kind] = value
        # The hash of the whole is the same with and without those of the blocks.
        self._results.setdefault(HashKind(kind.type), HashValue(value.value))

    async def _passes(self) -> None:
        try:
            while self._waiting and not self._stop.is_set():
                await asyncio.sleep(GATHER_SECONDS if self._source.size > BLOCK else 0)
                asked, self._waiting = self._waiting, {}
                try:
                    results = await self._pool.run(lambda helpers, asked=tuple(asked): self._pass(asked, helpers))  # type: ignore[misc]
                except Exception as error:  # noqa: BLE001 - whatever ended the pass is what its askers must hear
                    for future in asked.values():
                        future.set_exception(error)
                        future.exception()  # an asker may have gone
                    continue
                for kind, future in asked.items():
                    self._keep(kind, results[kind])
                    future.set_result(results[kind])
                self._remember(asked)
        finally:
            self._running = None
            # Stopped: no pass will come for those who asked during the last one.
            left, self._waiting = self._waiting, {}
            for future in left.values():
                future.set_exception(self._stopped())
                future.exception()

    def _stopped(self) -> SourceChanged:
        return SourceChanged(f"hashing {self._source.path} was stopped", path=str(self._source.path))

    def _pass(self, kinds: tuple[HashKind, ...], helpers: ThreadPoolExecutor) -> dict[HashKind, HashValue]:
        """Read once, feed all: while one buffer is hashed the next is read."""
        source, size = self._source, self._source.size
        digests = {kind: digest_for(kind, size) for kind in kinds}
        self.hashed = 0
        if size <= BLOCK:
            data = memoryview(source.read(0, size))
            for digest in digests.values():
                digest.update(data)
        else:
            current, following = memoryview(bytearray(BLOCK)), memoryview(bytearray(BLOCK))
            length = source.pread_into(current, 0)
            while length:
                if self._stop.is_set():
                    raise self._stopped()
                offset = self.hashed + length
                reading: Future[int] = helpers.submit(source.pread_into, following, offset)
                others = list(digests.values())
                parts = [helpers.submit(digest.update, current[:length]) for digest in others[1:]]
                others[0].update(current[:length])
                for part in parts:
                    part.result()
                self.hashed = offset
                length = reading.result()
                current, following = following, current
            source.check()
        if size > BLOCK and self.hashed != size:
            raise SourceChanged(f"{source.path} became shorter while it was hashed", path=str(source.path))
        self.hashed = size
        return {kind: digest.finish() for kind, digest in digests.items()}


def _md5() -> Any:
    return hashlib.md5(usedforsecurity=False)


def _sha1() -> Any:
    return hashlib.sha1(usedforsecurity=False)
