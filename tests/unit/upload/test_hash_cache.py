"""Hashes between runs: found again for an unchanged file, never for a changed one."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from clouddrive2.upload.hash_cache import KEEP_SECONDS, HashCache, is_settled
from clouddrive2.upload.hashing import MD5, SHA1, FileHasher, HashKind, HashPool
from clouddrive2.upload.source import FileIdentity, LocalFile

SECOND, MILLISECOND = 1_000_000_000, 1_000_000
MTIME = 1_700_000_000 * SECOND
IDENTITY = FileIdentity("/local/file", 1, 2, 300, MTIME, MTIME)
LATER = MTIME + 2 * SECOND


@pytest.fixture
async def cache(tmp_path: Path) -> AsyncIterator[HashCache]:
    cache = HashCache(tmp_path)
    yield cache
    await cache.close()


def rows(folder: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "hashes.sqlite")) as connection:
        return list(connection.execute("SELECT path, kind, value FROM hashes ORDER BY path, kind"))


class TestStates:
    async def test_the_same_file_in_the_same_state(self, cache: HashCache) -> None:
        cache.keep(IDENTITY, {1: "aa", 2: "bb"}, opened_ns=LATER)
        cache.keep(IDENTITY, {2: "cc"}, opened_ns=LATER)
        assert await cache.get(IDENTITY) == {1: "aa", 2: "cc"}
        # The number of a device may be another after the next start of the machine.
        assert await cache.get(replace(IDENTITY, device=9)) == {1: "aa", 2: "cc"}

    @pytest.mark.parametrize("change", [{"size": 1}, {"mtime_ns": 1}, {"ctime_ns": 1}, {"inode": 1}, {"path": "/x"}])
    async def test_another_state(self, cache: HashCache, change: dict[str, object]) -> None:
        cache.keep(IDENTITY, {1: "aa"}, opened_ns=LATER)
        assert await cache.get(replace(IDENTITY, **change)) == {}  # type: ignore[arg-type]

    async def test_a_later_state_replaces_the_earlier(self, tmp_path: Path) -> None:
        cache = HashCache(tmp_path)
        cache.keep(IDENTITY, {1: "aa", 2: "bb"}, opened_ns=LATER)
        later = replace(IDENTITY, mtime_ns=MTIME + 5)
        cache.keep(later, {1: "cc"}, opened_ns=LATER + 5)
        assert (await cache.get(IDENTITY), await cache.get(later)) == ({}, {1: "cc"})
        await cache.close()
        assert rows(tmp_path) == [(b"/local/file", 1, "cc")]

    async def test_numbers_that_fill_64_bits_and_names_that_are_no_text(self, cache: HashCache) -> None:
        odd = replace(IDENTITY, path="/local/" + os.fsdecode(b"\xff"), inode=(1 << 64) - 1)
        cache.keep(odd, {1: "aa"}, opened_ns=LATER)
        assert await cache.get(odd) == {1: "aa"}

    @pytest.mark.parametrize(
        ("time_ns", "after_ns", "settled"),
        [
            # Whole seconds may come from a clock that knows nothing finer.
            (MTIME, 2 * SECOND, True),
            (MTIME, 2 * SECOND - 1, False),
            (MTIME + 1, 100 * MILLISECOND, True),
            (MTIME + 1, 100 * MILLISECOND - 1, False),
            (MTIME, 0, False),
            # A clock that was set back, or is another machine's.
            (MTIME + 1, -5 * SECOND, False),
        ],
    )
    async def test_a_file_that_changed_just_before_it_was_opened_is_not_remembered(
        self, cache: HashCache, time_ns: int, after_ns: int, settled: bool
    ) -> None:
        """Another change in the same tick of the clock would not show."""
        assert is_settled(time_ns, time_ns + after_ns) is settled
        before = time_ns - 10 * SECOND
        for identity in (
            replace(IDENTITY, mtime_ns=time_ns, ctime_ns=before),
            replace(IDENTITY, ctime_ns=time_ns, mtime_ns=before),
        ):
            cache.keep(identity, {1: "aa"}, opened_ns=time_ns + after_ns)
            assert await cache.get(identity) == ({1: "aa"} if settled else {})


class TestFile:
    async def test_outlives_the_process(self, tmp_path: Path) -> None:
        first = HashCache(tmp_path)
        first.keep(IDENTITY, {1: "aa"}, opened_ns=LATER)
        await first.close()
        second = HashCache(tmp_path)
        assert await second.get(IDENTITY) == {1: "aa"}
        await second.close()

    async def test_nothing_is_made_before_it_is_needed(self, tmp_path: Path) -> None:
        await HashCache(tmp_path / "state").close()
        assert list(tmp_path.iterdir()) == []

    async def test_what_is_of_no_use_for_long_is_forgotten(self, tmp_path: Path) -> None:
        other = replace(IDENTITY, path="/local/other")
        now = time.time()

        async def at(age: float, *identities: FileIdentity) -> list[dict[int, str]]:
            cache = HashCache(tmp_path, clock=lambda: now + age)
            if not age:
                cache.keep(IDENTITY, {1: "aa"}, opened_ns=LATER)
                cache.keep(other, {1: "bb"}, opened_ns=LATER)
            found = [await cache.get(identity) for identity in identities]
            await cache.close()
            return found

        assert await at(0, IDENTITY, other) == [{1: "aa"}, {1: "bb"}]
        # One is of use once more before the time is up.
        assert await at(KEEP_SECONDS - 60, IDENTITY) == [{1: "aa"}]
        assert await at(KEEP_SECONDS + 60, IDENTITY, other) == [{1: "aa"}, {}]
        assert await at(3 * KEEP_SECONDS, IDENTITY, other) == [{}, {}]
        assert rows(tmp_path) == []

    async def test_many_at_once_take_few_transactions(self, tmp_path: Path) -> None:
        cache = HashCache(tmp_path)
        identities = [replace(IDENTITY, path=f"/local/{number}") for number in range(3000)]
        statements: list[str] = []
        await cache.get(IDENTITY)
        await cache._database.run(lambda connection: connection.set_trace_callback(statements.append))
        for number, identity in enumerate(identities):
            cache.keep(identity, {2: f"{number:040x}"}, opened_ns=LATER)
        found = await asyncio.gather(*map(cache.get, identities))
        assert [values[2] for values in found] == [f"{number:040x}" for number in range(3000)]
        assert statements.count("COMMIT") == 1
        assert len([text for text in statements if text.startswith("SELECT")]) == 6
        await cache.close()

    async def test_a_spoilt_one_is_set_aside(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        (tmp_path / "hashes.sqlite").write_bytes(b"no database at all" * 100)
        cache = HashCache(tmp_path)
        with caplog.at_level(logging.WARNING):
            cache.keep(IDENTITY, {1: "aa"}, opened_ns=LATER)
            assert await cache.get(IDENTITY) == {1: "aa"}
        await cache.close()
        [record] = caplog.records
        assert "hashes.sqlite.spoilt; files are hashed anew" in record.getMessage()

    async def test_one_that_cannot_be_used(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        (tmp_path / "file").touch()
        cache = HashCache(tmp_path / "file" / "state")
        with caplog.at_level(logging.WARNING):
            cache.keep(IDENTITY, {1: "aa"}, opened_ns=LATER)
            assert await cache.get(IDENTITY) == {1: "aa"}
        await cache.close()
        [record] = caplog.records
        assert "the hash cache" in record.getMessage() and "cannot be used" in record.getMessage()


def settled(path: Path) -> Path:
    """The file, when its last change is long enough ago."""
    while not is_settled(path.stat().st_ctime_ns, time.time_ns()):
        time.sleep(0.01)
    return path


class TestHasher:
    @pytest.fixture
    def old_file(self, tmp_path: Path) -> Path:
        path = tmp_path / "file.bin"
        path.write_bytes(b"content" * 100_000)
        return settled(path)

    async def test_reads_nothing_that_is_known(
        self, cache: HashCache, pool: HashPool, old_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with closing(LocalFile(old_file)) as source:
            first = await FileHasher(source, pool, cache=cache).compute(HashKind(SHA1))
            assert first.value == hashlib.sha1(old_file.read_bytes()).hexdigest()
            monkeypatch.setattr(LocalFile, "read", lambda *_: pytest.fail("read"))
            assert await FileHasher(source, pool, cache=cache).compute(HashKind(SHA1)) == first

    async def test_kinds_asked_for_together_share_one_look_and_one_pass(
        self, cache: HashCache, pool: HashPool, old_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reads: list[int] = []
        original = LocalFile.read
        monkeypatch.setattr(LocalFile, "read", lambda self, at, length: reads.append(at) or original(self, at, length))
        with closing(LocalFile(old_file)) as source:
            hasher = FileHasher(source, pool, cache=cache)
            await asyncio.gather(hasher.compute(HashKind(SHA1)), hasher.compute(HashKind(MD5)))
        assert reads == [0]

    async def test_a_small_file_is_remembered_too(self, cache: HashCache, pool: HashPool, tmp_path: Path) -> None:
        path = tmp_path / "small"
        path.write_bytes(b"small")
        settled(path)
        with closing(LocalFile(path)) as source:
            FileHasher(source, pool, cache=cache).known(HashKind(MD5))
            assert await cache.get(source.identity) == {MD5: hashlib.md5(b"small").hexdigest()}

    async def test_a_fresh_file_is_hashed_each_time(self, cache: HashCache, pool: HashPool, tmp_path: Path) -> None:
        path = tmp_path / "fresh"
        path.write_bytes(b"one")
        with closing(LocalFile(path)) as source:
            await FileHasher(source, pool, cache=cache).compute(HashKind(MD5))
            assert await cache.get(source.identity) == {}

    async def test_content_written_under_an_old_time_is_hashed_anew(
        self, cache: HashCache, pool: HashPool, old_file: Path
    ) -> None:
        found = old_file.stat()
        with closing(LocalFile(old_file)) as source:
            await FileHasher(source, pool, cache=cache).compute(HashKind(MD5))
        old_file.write_bytes(b"CONTENT" * 100_000)
        os.utime(old_file, ns=(found.st_atime_ns, found.st_mtime_ns))
        with closing(LocalFile(old_file)) as source:
            value = await FileHasher(source, pool, cache=cache).compute(HashKind(MD5))
        assert value.value == hashlib.md5(b"CONTENT" * 100_000).hexdigest()
