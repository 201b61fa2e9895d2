"""Large files over several connections: what is asked for, what happens when it goes wrong, and what comes a second time."""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from clouddrive2 import errors
from clouddrive2.api import fetching, partial
from clouddrive2.client.aio import AsyncClient
from clouddrive2.emulator.calls import SentFile
from clouddrive2.models.files import Downloaded, Entry
from clouddrive2.testing import RunningEmulator
from clouddrive2.transport import rest

Put = Callable[..., Awaitable[Entry]]
MIB = 1 << 20
PIECE = MIB
SIZE = 12 * MIB - 5
FILE = "/Cloud/large"
# Bytes come over plain HTTP whatever carries the calls.
pytestmark = pytest.mark.parametrize("transport", ["grpc"], indirect=True)


class Stopped(Exception):
    """Raised in the middle of a download to end it there."""


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of 1 MiB, so that a small file has many."""
    monkeypatch.setattr(fetching, "PIECE_BYTES", PIECE)
    monkeypatch.setattr(fetching, "WRITE_BYTES", 128 * 1024)
    monkeypatch.setattr(fetching, "PROGRESS_SECONDS", 0.0)


@pytest.fixture
def local(tmp_path: Path) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


@pytest.fixture
async def large(emulator: RunningEmulator, put: Put) -> bytes:
    """What is in the file; nothing of its way there is among the recorded calls."""
    content = random.Random(3).randbytes(SIZE)
    await put(FILE, content)
    emulator.calls.clear()
    return content


def asked(emulator: RunningEmulator) -> list[tuple[int, int]]:
    """The ranges answered, in the order of their beginnings."""
    return sorted((answer.start, answer.stop) for answer in emulator.calls.sent_files)


def pieces(start: int = 0, end: int = SIZE) -> list[tuple[int, int]]:
    return [(at, min(at + PIECE, end)) for at in range(start, end, PIECE)]


def spans_of(folder: Path) -> list[tuple[int, int]]:
    """What the notes beside the one part in a folder say."""
    [notes] = folder.glob(".*.part.notes")
    return [(start, end) for start, end in json.loads(notes.read_text())["spans"]]


def gaps(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    edges = [0, *(edge for span in spans for edge in span), SIZE]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]


def is_done(folder: Path, content: bytes) -> bool:
    """Whether the file is there as it should be, and nothing beside it."""
    return [path.name for path in folder.iterdir()] == ["large"] and (folder / "large").read_bytes() == content


class TestConnections:
    async def test_pieces_come_over_several(
        self, client: AsyncClient, emulator: RunningEmulator, large: bytes, local: Path
    ) -> None:
        # One answer stands still; all the others come, and then its connection breaks.
        emulator.faults.stall_download(after_bytes=200 * 1024)

        def progress(here: int, total: int) -> None:
            if here >= SIZE - PIECE:
                emulator.drop_connections()

        got = await client.files.download(FILE, local, connections=3, on_progress=progress)
        assert got == Downloaded(local / "large", SIZE, "hash")
        assert is_done(local, large)
        assert emulator.faults.fired["stall_download"] == 1
        assert {start // PIECE for start, _ in asked(emulator)} == set(range(12))

    async def test_each_byte_is_asked_for_once(
        self, client: AsyncClient, emulator: RunningEmulator, large: bytes, local: Path
    ) -> None:
        seen: list[int] = []
        await client.files.download(FILE, local, on_progress=lambda here, _: seen.append(here))
        assert is_done(local, large)
        assert asked(emulator) == pieces()
        assert seen == sorted(seen) and seen[-1] == SIZE

    async def test_one_connection_asks_once(
        self, client: AsyncClient, emulator: RunningEmulator, large: bytes, local: Path
    ) -> None:
        await client.files.download(FILE, local, connections=1)
        assert is_done(local, large)
        assert emulator.calls.sent_files == [SentFile(FILE, 0, SIZE, False, SIZE)]

    async def test_a_server_without_ranges_is_asked_once(
        self, client: AsyncClient, emulator: RunningEmulator, large: bytes, local: Path
    ) -> None:
        emulator.faults.no_ranges()
        await client.files.download(FILE, local)
        assert is_done(local, large)
        assert emulator.calls.sent_files == [SentFile(FILE, 0, SIZE, False, SIZE)]

    async def test_a_cloud_that_allows_only_some(
        self, client: AsyncClient, emulator: RunningEmulator, large: bytes, local: Path
    ) -> None:
        emulator.faults.limit_downloads(2)
        emulator.faults.stall_download(after_bytes=200 * 1024, times=2)
        download = asyncio.create_task(client.files.download(FILE, local, connections=6))
        while emulator.faults.fired["limit_downloads"] < 4:
            await client.files.stat(FILE)
        emulator.faults.limit_downloads(100)
        emulator.drop_connections()
        await download
        assert is_done(local, large)
        assert sum(answer.sent for answer in emulator.calls.sent_files) < SIZE + 2 * PIECE

    async def test_one_that_allows_none(self, client: AsyncClient, emulator: RunningEmulator, large: bytes, local: Path) -> None:
        emulator.faults.refuse_download(code=429, times=10)
        with pytest.raises(errors.Throttled):
            await client.files.download(FILE, local)
        assert list(local.iterdir()) == []

    async def test_what_cannot_be_asked_for(self, client: AsyncClient, large: bytes, local: Path) -> None:
        with pytest.raises(errors.ConfigError, match="connections must be at least 1, not 0"):
            await client.files.download(FILE, local, connections=0)
        with pytest.raises(errors.ConfigError, match="verify must be one of auto, size, hash, none, not 'md5'"):
            await client.files.download(FILE, local, verify="md5")

    @pytest.mark.parametrize(("verify", "by"), [("auto", "hash"), ("hash", "hash"), ("size", "size"), ("none", None)])
    async def test_what_was_compared_is_told(
        self, client: AsyncClient, large: bytes, local: Path, verify: str, by: str | None
    ) -> None:
        assert (await client.files.download(FILE, local, verify=verify)).verified == by
        assert is_done(local, large)


class TestFaults:
    async def test_connections_that_break_in_the_middle(
        self, client: AsyncClient, emulator: RunningEmulator, large: bytes, local: Path
    ) -> None:
        emulator.faults.break_download(after_bytes=600 * 1024, times=5)
        await client.files.download(FILE, local)
        assert is_done(local, large)
        assert emulator.faults.fired["break_download"] == 5
        # What was taken up again stays within its piece.
        assert all(start // PIECE == (stop - 1) // PIECE for start, stop in asked(emulator))

    async def test_a_cloud_that_has_to_wake_up(
        self,
        client: AsyncClient,
        emulator: RunningEmulator,
        large: bytes,
        local: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(rest, "NOT_READY_PAUSE", 0.01)
        emulator.faults.refuse_download(code=502, times=6)
        await client.files.download(FILE, local)
        assert is_done(local, large)
        assert emulator.faults.fired["refuse_download"] == 6

    async def test_ranges_that_are_shorter(
        self, client: AsyncClient, emulator: RunningEmulator, large: bytes, local: Path
    ) -> None:
        emulator.faults.short_ranges(400 * 1024)
        await client.files.download(FILE, local)
        assert is_done(local, large)
        assert len(asked(emulator)) == 36

    async def test_ranges_that_are_others(
        self, client: AsyncClient, emulator: RunningEmulator, large: bytes, local: Path
    ) -> None:
        emulator.faults.wrong_ranges()
        with pytest.raises(errors.OperationFailed, match="the server sent the bytes from 1 on, not those from 0 as asked"):
            await client.files.download(FILE, local)
        assert not (local / "large").exists()

    async def test_tags_that_never_stay(self, client: AsyncClient, emulator: RunningEmulator, large: bytes, local: Path) -> None:
        emulator.faults.new_tags()
        await client.files.download(FILE, local)
        assert is_done(local, large)

    async def test_replaced_meanwhile_nothing_is_mixed(
        self, client: AsyncClient, emulator: RunningEmulator, put: Put, large: bytes, local: Path
    ) -> None:
        await client.files.mkdir("/Cloud/aside")
        await put("/Cloud/aside/large", large[::-1])
        storage = emulator.world.clouds["Cloud"].storage
        replaced = False

        def replace(here: int, total: int) -> None:
            nonlocal replaced
            if not replaced:
                replaced = True
                emulator.on_loop(lambda: storage.rename("/aside/large", "/large", replace=True))

        await client.files.download(FILE, local, on_progress=replace)
        assert is_done(local, large[::-1])

    async def test_deleted_meanwhile(self, client: AsyncClient, emulator: RunningEmulator, large: bytes, local: Path) -> None:
        storage = emulator.world.clouds["Cloud"].storage
        deleted = False

        def delete(here: int, total: int) -> None:
            nonlocal deleted
            if not deleted:
                deleted = True
                emulator.on_loop(lambda: storage.delete("/large"))

        with pytest.raises(errors.NotFound):
            await client.files.download(FILE, local, on_progress=delete)
        assert not (local / "large").exists()


class TestResume:
    @pytest.fixture
    async def interrupted(
        self, client: AsyncClient, emulator: RunningEmulator, large: bytes, local: Path
    ) -> list[tuple[int, int]]:
        """A download that ended with holes; what of it is here."""
        emulator.faults.stall_download(after_bytes=300 * 1024)

        def progress(here: int, total: int) -> None:
            if here >= 5 * MIB:
                raise Stopped

        with pytest.raises(Stopped):
            await client.files.download(FILE, local, connections=3, on_progress=progress)
        spans = spans_of(local)
        assert len(spans) >= 2 and sum(end - start for start, end in spans) >= 5 * MIB
        emulator.calls.clear()
        return spans

    async def test_only_the_gaps_come(
        self, client: AsyncClient, emulator: RunningEmulator, large: bytes, local: Path, interrupted: list[tuple[int, int]]
    ) -> None:
        await client.files.download(FILE, local)
        assert is_done(local, large)
        assert asked(emulator) == [piece for gap in gaps(interrupted) for piece in pieces(*gap)]

    async def test_also_from_a_server_that_has_no_ranges_now(
        self, client: AsyncClient, emulator: RunningEmulator, large: bytes, local: Path, interrupted: list[tuple[int, int]]
    ) -> None:
        emulator.faults.no_ranges()
        await client.files.download(FILE, local)
        assert is_done(local, large)
        assert len(emulator.calls.sent_files) == 1

    async def test_another_tag_means_other_bytes(
        self, client: AsyncClient, emulator: RunningEmulator, large: bytes, local: Path, interrupted: list[tuple[int, int]]
    ) -> None:
        [notes] = local.glob(".*.notes")
        notes.write_text(json.dumps({**json.loads(notes.read_text()), "tag": '"another"'}))
        await client.files.download(FILE, local)
        assert is_done(local, large)
        assert sum(answer.sent for answer in emulator.calls.sent_files) >= SIZE

    async def test_torn_notes_are_worth_nothing(
        self, client: AsyncClient, emulator: RunningEmulator, large: bytes, local: Path, interrupted: list[tuple[int, int]]
    ) -> None:
        [notes] = local.glob(".*.notes")
        notes.write_bytes(notes.read_bytes().rstrip()[:-3])
        await client.files.download(FILE, local)
        assert is_done(local, large)
        assert asked(emulator) == pieces()

    async def test_notes_without_their_part_are_void(
        self, client: AsyncClient, emulator: RunningEmulator, large: bytes, local: Path, interrupted: list[tuple[int, int]]
    ) -> None:
        [part] = local.glob(".*.part")
        part.unlink()
        await client.files.download(FILE, local)
        assert is_done(local, large)
        assert asked(emulator) == pieces()

    async def test_a_wrong_part_is_found_by_the_hash_and_fetched_anew(
        self, client: AsyncClient, emulator: RunningEmulator, large: bytes, local: Path, interrupted: list[tuple[int, int]]
    ) -> None:
        [part] = local.glob(".*.part")
        with part.open("r+b") as file:
            file.write(b"wrong")
        await client.files.download(FILE, local)
        assert is_done(local, large)

    async def test_two_at_once_do_not_meet(self, client: AsyncClient, large: bytes, local: Path) -> None:
        both = await asyncio.gather(*(client.files.download(FILE, local) for _ in range(2)), return_exceptions=True)
        failed = [error for error in both if isinstance(error, BaseException)]
        assert len(failed) == 1 and isinstance(failed[0], errors.AlreadyExists)
        assert is_done(local, large)


def killed_after(amount: int, script: str) -> int:
    """Run a script that prints how far it is, kill it when it has come so far; its exit code."""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= amount:
                process.send_signal(signal.SIGKILL)
                break
    return process.returncode


async def test_killed_the_rest_comes_with_the_next_run(
    client: AsyncClient, emulator: RunningEmulator, large: bytes, local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator.faults.stall_download(after_bytes=300 * 1024)
    emulator.faults.stall_download(after_bytes=700 * 1024)
    script = f"""
import asyncio, sys
from clouddrive2.api import fetching, partial
from clouddrive2.client.aio import AsyncClient

fetching.PIECE_BYTES, fetching.WRITE_BYTES, fetching.PROGRESS_SECONDS = {PIECE}, 131072, 0.0

def progress(here, total):
    if here >= {3 * MIB}:
        partial.NOTE_SECONDS = 0.0
    print(here, flush=True)

async def main():
    async with AsyncClient({emulator.url!r}, username={emulator.username!r}, password={emulator.password!r}) as client:
        await client.files.download({FILE!r}, {str(local)!r}, connections=3, on_progress=progress)

asyncio.run(main())
"""
    assert await asyncio.to_thread(killed_after, 4 * MIB, script) == -signal.SIGKILL
    spans = spans_of(local)
    assert len(spans) >= 2 and sum(end - start for start, end in spans) >= 3 * MIB
    emulator.calls.clear()
    await client.files.download(FILE, local)
    assert is_done(local, large)
    assert asked(emulator) == [piece for gap in gaps(spans) for piece in pieces(*gap)]


class TestLocalDisk:
    @pytest.fixture
    def small_disk(self, tmp_path: Path) -> Iterator[Path]:
        """A file system of 16 MiB."""
        if os.geteuid() != 0 or shutil.which("mount") is None:
            pytest.skip("mounting a small file system needs root")
        folder = tmp_path / "small"
        folder.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], capture_output=True, text=True)
        if mounted.returncode != 0:
            pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
        yield folder
        subprocess.run(["umount", folder], check=True)

    async def test_full_from_the_start(self, client: AsyncClient, large: bytes, small_disk: Path) -> None:
        (small_disk / "other").write_bytes(bytes(8 * MIB))
        with pytest.raises(errors.OperationFailed, match=r"no room: 12,582,907 bytes are to come, 8,\d+,\d+ are free"):
            await client.files.download(FILE, small_disk)
        assert [path.name for path in small_disk.iterdir()] == ["other"]

    async def test_full_in_the_middle(
        self, client: AsyncClient, emulator: RunningEmulator, large: bytes, small_disk: Path
    ) -> None:
        other = small_disk / "other"

        def fill(here: int, total: int) -> None:
            if here >= 3 * MIB and not other.exists():
                other.write_bytes(bytes(8 * MIB))

        with pytest.raises(errors.OperationFailed, match="No space left on device; what came so far stays") as caught:
            await client.files.download(FILE, small_disk, on_progress=fill)
        assert caught.value.path == str(small_disk / "large")
        assert not (small_disk / "large").exists()
        other.unlink()
        spans = spans_of(small_disk)
        assert sum(end - start for start, end in spans) >= 3 * MIB
        emulator.calls.clear()
        await client.files.download(FILE, small_disk)
        assert is_done(small_disk, large)
        assert sum(answer.sent for answer in emulator.calls.sent_files) == SIZE - sum(end - start for start, end in spans)

    async def test_read_only(self, client: AsyncClient, large: bytes, small_disk: Path) -> None:
        await asyncio.to_thread(subprocess.run, ["mount", "-o", "remount,ro", small_disk], check=True)
        with pytest.raises(errors.OperationFailed, match="large cannot be written: Read-only file system"):
            await client.files.download(FILE, small_disk)

    async def test_no_file_of_that_size(self, client: AsyncClient, large: bytes, local: Path) -> None:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4 * MIB, before[1]))
        try:
            with pytest.raises(errors.OperationFailed, match="takes no file of that size"):
                await client.files.download(FILE, local)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert list(local.iterdir()) == []


async def test_notes_are_written_on_the_way_but_not_too_often(
    client: AsyncClient, large: bytes, local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partial, "NOTE_SECONDS", 3600.0)
    seen: list[list[Path]] = []
    await client.files.download(FILE, local, on_progress=lambda *_: seen.append(list(local.glob(".*.notes"))))
    assert not any(seen)
    monkeypatch.setattr(partial, "NOTE_SECONDS", 0.0)
    await client.files.download(FILE, local, overwrite=True, on_progress=lambda *_: seen.append(list(local.glob(".*.notes"))))
    assert any(seen)
    assert is_done(local, large)
