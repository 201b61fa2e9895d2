"""Hashes against hashlib, in one pass and in threads (protocol.md §8.5)."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.errors import SourceChanged, UploadRejected
from clouddrive2.upload.hashing import BLOCK, MD5, PIKPAK_SHA1, SHA1, FileHasher, HashKind, HashPool, HashValue, segment_bytes
from clouddrive2.upload.source import LocalFile

OpenFile = Callable[..., LocalFile]
KIB, MIB = 1 << 10, 1 << 20
SEGMENT = 256 * KIB
SIZES = [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 12345]
ALL = (HashKind(MD5), HashKind(MD5, 4096), HashKind(SHA1), HashKind(PIKPAK_SHA1))


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def blocks(data: bytes, size: int) -> tuple[str, ...]:
    return tuple(md5(data[at : at + size]) for at in range(0, len(data), size))


def pikpak(data: bytes, segment: int) -> str:
    joined = b"".join(hashlib.sha1(data[at : at + segment]).digest() for at in range(0, len(data), segment))
    return hashlib.sha1(joined).hexdigest().upper()


def _wait_for(condition: Callable[[], bool]) -> None:
    while not condition():
        pass


class TestValues:
    @pytest.mark.parametrize("size", SIZES)
    async def test_every_kind_in_one_pass(self, open_file: OpenFile, pool: HashPool, size: int) -> None:
        source = open_file(size)
        data = source.path.read_bytes()
        hasher = FileHasher(source, pool)
        plain, in_blocks, sha1, pik = await asyncio.gather(*map(hasher.compute, ALL))
        assert plain == HashValue(md5(data))
        assert in_blocks == HashValue(md5(data), blocks(data, 4096))
        assert sha1 == HashValue(hashlib.sha1(data).hexdigest())
        assert pik == HashValue(pikpak(data, SEGMENT))
        assert hasher.hashed == size
        assert hasher.values == {MD5: plain.value, SHA1: sha1.value, PIKPAK_SHA1: pik.value}
        await hasher.close()

    @pytest.mark.parametrize("block_size", [1, 1000, BLOCK - 1, BLOCK, BLOCK + 1, 10 * BLOCK])
    async def test_blocks_of_any_size(self, open_file: OpenFile, pool: HashPool, block_size: int) -> None:
        source = open_file(5000 if block_size == 1 else 2 * BLOCK + 777)
        data = source.path.read_bytes()
        value = await FileHasher(source, pool).compute(HashKind(MD5, block_size))
        assert value == HashValue(md5(data), blocks(data, block_size))

    async def test_the_empty_file_as_the_protocol_says(self, open_file: OpenFile, pool: HashPool) -> None:
        hasher = FileHasher(open_file(b""), pool)
        assert await hasher.compute(HashKind(MD5, 1024)) == HashValue("d41d8cd98f00b204e9800998ecf8427e")
        assert (await hasher.compute(HashKind(SHA1))).value == "da39a3ee5e6b4b0d3255bfef95601890afd80709"
        assert (await hasher.compute(HashKind(PIKPAK_SHA1))).value == "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709"

    @pytest.mark.parametrize(
        ("size", "segment"),
        [
            (0, 256 * KIB),
            (128 * MIB, 256 * KIB),
            (128 * MIB + 1, 512 * KIB),
            (256 * MIB, 512 * KIB),
            (256 * MIB + 1, MIB),
            (512 * MIB, MIB),
            (512 * MIB + 1, 2 * MIB),
            (5000 * MIB, 2 * MIB),
        ],
    )
    def test_segments_grow_with_the_file(self, size: int, segment: int) -> None:
        assert segment_bytes(size) == segment

    async def test_a_file_with_larger_segments(self, tmp_path: Path, pool: HashPool) -> None:
        path = tmp_path / "sparse"
        with path.open("wb") as file:
            file.write(b"beginning")
            file.truncate(128 * MIB + 1)
        source = LocalFile(path)
        value = await FileHasher(source, pool).compute(HashKind(PIKPAK_SHA1))
        assert value.value == pikpak(path.read_bytes(), 512 * KIB)
        source.close()


class TestPasses:
    @pytest.fixture
    def passes(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[HashKind, ...]]:
        """The kinds of each pass over a file."""
        seen: list[tuple[HashKind, ...]] = []
        original = FileHasher._pass

        def noted(self: FileHasher, kinds: tuple[HashKind, ...], helpers: Any) -> dict[HashKind, HashValue]:
            seen.append(kinds)
            return original(self, kinds, helpers)

        monkeypatch.setattr(FileHasher, "_pass", noted)
        return seen

    async def test_kinds_asked_for_together_share_one(
        self, open_file: OpenFile, pool: HashPool, passes: list[tuple[HashKind, ...]]
    ) -> None:
        hasher = FileHasher(open_file(3 * BLOCK), pool)
        await asyncio.gather(*map(hasher.compute, ALL), *map(hasher.compute, ALL))
        assert [set(kinds) for kinds in passes] == [set(ALL)]

    async def test_what_is_known_needs_none(
        self, open_file: OpenFile, pool: HashPool, passes: list[tuple[HashKind, ...]]
    ) -> None:
        hasher = FileHasher(open_file(100_000), pool, {SHA1: "aa"})
        assert await hasher.compute(HashKind(SHA1)) == HashValue("aa")
        assert hasher.known(HashKind(SHA1)) == HashValue("aa")
        assert hasher.known(HashKind(MD5)) is None
        first = await hasher.compute(HashKind(MD5))
        assert await hasher.compute(HashKind(MD5)) is first
        # Known as a whole, but not block by block.
        assert len((await hasher.compute(HashKind(MD5, 10_000))).blocks) == 10
        assert passes == [(HashKind(MD5),), (HashKind(MD5, 10_000),)]

    async def test_a_small_file_needs_none(self, open_file: OpenFile, pool: HashPool, passes: list[tuple[HashKind, ...]]) -> None:
        hasher = FileHasher(open_file(b"small"), pool)
        assert hasher.known(HashKind(MD5)) == HashValue(md5(b"small"))
        assert passes == []

    async def test_a_cancelled_asker_takes_nothing_from_the_others(self, open_file: OpenFile, pool: HashPool) -> None:
        source = open_file(3 * BLOCK)
        hasher = FileHasher(source, pool)
        first, second = (asyncio.create_task(hasher.compute(HashKind(SHA1))) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        assert (await second).value == hashlib.sha1(source.path.read_bytes()).hexdigest()

    async def test_an_unknown_kind(self, open_file: OpenFile, pool: HashPool) -> None:
        with pytest.raises(UploadRejected, match="hash of type 9, which this version does not know"):
            await FileHasher(open_file(1), pool).compute(HashKind(9))

    async def test_the_loop_stays_free(self, tmp_path: Path, pool: HashPool) -> None:
        path = tmp_path / "sparse"
        with path.open("wb") as file:
            file.truncate(256 * MIB)
        source = LocalFile(path)
        hasher = FileHasher(source, pool)
        task = asyncio.create_task(hasher.compute(HashKind(SHA1)))
        seen: set[int] = set()
        while not task.done():
            seen.add(hasher.hashed)
            await asyncio.sleep(0)
        await task
        assert len(seen) > 2 and max(seen) == 256 * MIB
        source.close()


class TestStopping:
    @pytest.fixture
    def endless(self, tmp_path: Path) -> LocalFile:
        path = tmp_path / "sparse"
        with path.open("wb") as file:
            file.truncate(1 << 40)
        return LocalFile(path)

    async def test_a_pass_ends_at_its_next_block(self, endless: LocalFile, pool: HashPool) -> None:
        hasher = FileHasher(endless, pool)
        task = asyncio.create_task(hasher.compute(HashKind(SHA1)))
        await asyncio.to_thread(_wait_for, lambda: hasher.hashed > 0)
        # Asked for during the pass: it would share the next one, which will not come.
        later = asyncio.create_task(hasher.compute(HashKind(MD5)))
        await asyncio.sleep(0)
        await hasher.close()
        for waiting in (task, later):
            with pytest.raises(SourceChanged, match="was stopped"):
                await waiting
        assert 0 < hasher.hashed < endless.size
        endless.close()

    async def test_nothing_begins_after_it(self, endless: LocalFile, pool: HashPool) -> None:
        hasher = FileHasher(endless, pool)
        await hasher.close()
        await hasher.close()
        with pytest.raises(SourceChanged, match="was stopped"):
            await hasher.compute(HashKind(SHA1))
        endless.close()


class TestChangedFiles:
    async def test_are_told(self, open_file: OpenFile, pool: HashPool) -> None:
        source = open_file(3 * BLOCK)
        os.utime(source.path, ns=(1, 1))
        with pytest.raises(SourceChanged, match="changed while it was uploaded"):
            await FileHasher(source, pool).compute(HashKind(SHA1))

    @pytest.mark.parametrize("size", [BLOCK - 1, 3 * BLOCK])
    async def test_a_shorter_one(self, open_file: OpenFile, pool: HashPool, size: int) -> None:
        source = open_file(size)
        os.truncate(source.path, size // 2)
        hasher = FileHasher(source, pool)
        with pytest.raises(SourceChanged):
            await hasher.compute(HashKind(SHA1))
        assert hasher.values == {}

    async def test_a_small_one_is_hashed_as_it_was_opened(self, open_file: OpenFile, pool: HashPool) -> None:
        source = open_file(b"before")
        source.path.write_bytes(b"after.")
        assert (await FileHasher(source, pool).compute(HashKind(MD5))).value == md5(b"before")
