"""Files brought here: whole or not at all, resumed only when they are the same."""

from __future__ import annotations

import asyncio
import fcntl
import json
import random
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import UploadConfig
from clouddrive2.emulator.options import CloudOptions
from clouddrive2.models.files import Downloaded, Entry
from clouddrive2.testing import RunningEmulator

Put = Callable[..., Awaitable[Entry]]
LARGE = 7 << 20


class Stopped(Exception):
    """Raised in the middle of a download to end it there."""


def stop(here: int, total: int) -> None:
    raise Stopped


@pytest.fixture
def large() -> bytes:
    return random.Random(2).randbytes(LARGE)


@pytest.fixture
def local(tmp_path: Path) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def part_of(folder: Path) -> tuple[Path, Path]:
    """The part an interrupted download left, and the notes beside it."""
    part, notes = sorted(folder.iterdir())
    assert notes.name == f"{part.name}.notes"
    return part, notes


class TestTarget:
    async def test_a_path_and_a_folder(self, client: AsyncClient, put: Put, local: Path) -> None:
        entry = await put("/Cloud/file.bin", b"content")
        assert entry.modified is not None
        for to, final in ((local / "other.bin", local / "other.bin"), (local, local / "file.bin")):
            assert await client.files.download("/Cloud/file.bin", to) == Downloaded(final, 7, "hash")
            assert final.read_bytes() == b"content"
            assert final.stat().st_mtime == pytest.approx(entry.modified.timestamp(), abs=1e-3)
        assert files_in(local) == ["file.bin", "other.bin"]

    async def test_an_empty_file(self, client: AsyncClient, put: Put, local: Path) -> None:
        await put("/Cloud/empty")
        seen: list[tuple[int, int]] = []
        await client.files.download("/Cloud/empty", local, on_progress=lambda *counts: seen.append(counts))
        assert (local / "empty").read_bytes() == b""
        assert seen == [(0, 0)]

    async def test_an_existing_file_stays_unless_told(
        self, client: AsyncClient, emulator: RunningEmulator, put: Put, local: Path
    ) -> None:
        await put("/Cloud/f", b"new")
        (local / "f").write_bytes(b"old")
        emulator.calls.clear()
        with pytest.raises(FileExistsError, match="exists already; allow replacing it"):
            await client.files.download("/Cloud/f", local)
        assert (local / "f").read_bytes() == b"old"
        assert emulator.calls.count("GetDownloadUrlPath") == 0
        await client.files.download("/Cloud/f", local, overwrite=True)
        assert (local / "f").read_bytes() == b"new"
        assert files_in(local) == ["f"]

    async def test_a_file_that_appears_meanwhile_stays(self, client: AsyncClient, put: Put, local: Path) -> None:
        await put("/Cloud/f", b"new")
        with pytest.raises(errors.AlreadyExists):
            await client.files.download("/Cloud/f", local, on_progress=lambda *_: (local / "f").write_bytes(b"theirs"))
        assert (local / "f").read_bytes() == b"theirs"

    async def test_a_folder_of_the_same_name(self, client: AsyncClient, put: Put, local: Path) -> None:
        await put("/Cloud/f")
        (local / "f").mkdir()
        with pytest.raises(errors.AlreadyExists, match="is a folder; choose another name"):
            await client.files.download("/Cloud/f", local, overwrite=True)

    async def test_a_missing_local_folder(self, client: AsyncClient, put: Put, local: Path) -> None:
        await put("/Cloud/f")
        with pytest.raises(errors.NotFound, match="none does not exist; create it first") as caught:
            await client.files.download("/Cloud/f", local / "none" / "f")
        assert caught.value.path == str(local / "none")

    async def test_what_the_file_system_refuses(self, client: AsyncClient, put: Put, local: Path) -> None:
        await put("/Cloud/f", b"1")
        target = local / ("n" * 300)
        with pytest.raises(errors.OperationFailed, match="cannot be written: File name too long") as caught:
            await client.files.download("/Cloud/f", target)
        assert caught.value.path == str(target)
        assert files_in(local) == []

    async def test_a_full_disk(self, client: AsyncClient, put: Put, local: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        await put("/Cloud/f", b"12345")
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=4))
        with pytest.raises(errors.OperationFailed, match="no room: 5 bytes are to come, 4 are free"):
            await client.files.download("/Cloud/f", local)
        assert files_in(local) == []

    async def test_what_is_no_file_in_the_drive(self, client: AsyncClient, local: Path) -> None:
        with pytest.raises(errors.InvalidRequest, match="/Cloud is a folder"):
            await client.files.download("/Cloud", local)
        with pytest.raises(errors.NotFound):
            await client.files.download("/Cloud/none", local)
        assert files_in(local) == []


class TestResume:
    async def test_the_part_is_hidden_and_gone_on_with(self, client: AsyncClient, put: Put, local: Path, large: bytes) -> None:
        await put("/Cloud/large", large)
        with pytest.raises(Stopped):
            await client.files.download("/Cloud/large", local, on_progress=stop)
        part, notes = part_of(local)
        assert part.name.startswith(".large.") and part.name.endswith(".part")
        assert part.stat().st_size == LARGE
        [(start, have)] = json.loads(notes.read_text())["spans"]
        assert start == 0 < have < LARGE
        seen: list[int] = []
        await client.files.download("/Cloud/large", local, on_progress=lambda here, _: seen.append(here))
        assert seen[0] > have and seen[-1] == LARGE
        assert (local / "large").read_bytes() == large
        assert files_in(local) == ["large"]

    async def test_a_complete_part_needs_no_bytes(
        self, client: AsyncClient, emulator: RunningEmulator, put: Put, local: Path, large: bytes
    ) -> None:
        await put("/Cloud/large", large)
        with pytest.raises(Stopped):
            await client.files.download("/Cloud/large", local, on_progress=stop)
        part, notes = part_of(local)
        part.write_bytes(large)
        notes.write_text(json.dumps({**json.loads(notes.read_text()), "spans": [[0, LARGE]]}))
        emulator.calls.clear()
        await client.files.download("/Cloud/large", local)
        assert emulator.calls.count("GetDownloadUrlPath") == 0
        assert (local / "large").read_bytes() == large

    async def test_without_it_nothing_is_left(self, client: AsyncClient, put: Put, local: Path, large: bytes) -> None:
        await put("/Cloud/large", large)
        with pytest.raises(Stopped):
            await client.files.download("/Cloud/large", local, resume=False, on_progress=stop)
        assert files_in(local) == []

    async def test_changed_content_starts_again(self, client: AsyncClient, put: Put, local: Path, large: bytes) -> None:
        await put("/Cloud/large", large)
        with pytest.raises(Stopped):
            await client.files.download("/Cloud/large", local, on_progress=stop)
        await client.files.delete("/Cloud/large")
        await put("/Cloud/large", large[::-1])
        await client.files.download("/Cloud/large", local)
        assert (local / "large").read_bytes() == large[::-1]
        assert files_in(local) == ["large"]

    @pytest.mark.parametrize("spoil", [lambda part: b"x" * len(part), lambda part: part + b"more", lambda part: part[:-1]])
    async def test_a_spoilt_part_is_not_trusted(
        self, client: AsyncClient, put: Put, local: Path, large: bytes, spoil: Callable[[bytes], bytes]
    ) -> None:
        await put("/Cloud/large", large)
        with pytest.raises(Stopped):
            await client.files.download("/Cloud/large", local, on_progress=stop)
        part, _ = part_of(local)
        part.write_bytes(spoil(part.read_bytes()))
        await client.files.download("/Cloud/large", local)
        assert (local / "large").read_bytes() == large
        assert files_in(local) == ["large"]

    async def test_one_download_per_target_at_a_time(self, client: AsyncClient, put: Put, local: Path, large: bytes) -> None:
        await put("/Cloud/large", large)
        with pytest.raises(Stopped):
            await client.files.download("/Cloud/large", local, on_progress=stop)
        part, _ = part_of(local)
        with part.open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            with pytest.raises(errors.AlreadyExists, match="is being downloaded by another program now"):
                await client.files.download("/Cloud/large", local)
        await client.files.download("/Cloud/large", local)
        assert files_in(local) == ["large"]


class TestOnTheWay:
    async def test_broken_connections_are_taken_up(
        self, client: AsyncClient, emulator: RunningEmulator, put: Put, local: Path, large: bytes
    ) -> None:
        await put("/Cloud/large", large)
        breaks = [1, 2]

        def break_it(here: int, total: int) -> None:
            if breaks:
                breaks.pop()
                emulator.drop_connections()

        await client.files.download("/Cloud/large", local, on_progress=break_it)
        assert (local / "large").read_bytes() == large

    async def test_a_cancelled_one_leaves_its_part(self, client: AsyncClient, put: Put, local: Path, large: bytes) -> None:
        await put("/Cloud/large", large)
        begun = asyncio.Event()
        task = asyncio.create_task(client.files.download("/Cloud/large", local, on_progress=lambda *_: begun.set()))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        _, notes = part_of(local)
        [(_, have)] = json.loads(notes.read_text())["spans"]
        seen: list[int] = []
        await client.files.download("/Cloud/large", local, on_progress=lambda here, _: seen.append(here))
        assert 0 < have < seen[0]
        assert (local / "large").read_bytes() == large
        assert files_in(local) == ["large"]

    async def test_replaced_meanwhile_the_new_content_comes(
        self, emulator: RunningEmulator, client: AsyncClient, put: Put, local: Path, large: bytes
    ) -> None:
        await put("/Cloud/large", large)
        await client.files.mkdir("/Cloud/aside")
        await put("/Cloud/aside/large", large[::-1])
        replaced = False

        def replace(here: int, total: int) -> None:
            nonlocal replaced
            if not replaced:
                replaced = True
                storage = emulator.world.clouds["Cloud"].storage
                emulator.on_loop(lambda: storage.rename("/aside/large", "/large", replace=True))
                emulator.drop_connections()

        await client.files.download("/Cloud/large", local, on_progress=replace)
        assert (local / "large").read_bytes() == large[::-1]
        assert files_in(local) == ["large"]

    async def test_bytes_with_another_hash_are_not_kept(
        self, emulator: RunningEmulator, local: Path, tmp_path: Path, large: bytes
    ) -> None:
        emulator.faults.lie_about_hash()
        source = tmp_path / "large"
        source.write_bytes(large)
        uploads = UploadConfig(state_folder=tmp_path / "state")
        async with AsyncClient(emulator.url, username=emulator.username, password=emulator.password, uploads=uploads) as client:
            await client.uploads.upload(source, "/Cloud/", verify="none")
            with pytest.raises(errors.HashMismatch, match="/Cloud/large: what came has another hash"):
                await client.files.download("/Cloud/large", local)
        assert files_in(local) == []

    async def test_a_cloud_without_hashes(self, emulator_factory: Callable[..., RunningEmulator], local: Path) -> None:
        emulator = emulator_factory(clouds=(CloudOptions("Cloud", knows=()),))
        (local / "up").write_bytes(b"content")
        uploads = UploadConfig(state_folder=local / "state")
        async with AsyncClient(emulator.url, username=emulator.username, password=emulator.password, uploads=uploads) as client:
            await client.uploads.upload(local / "up", "/Cloud/")
            assert await client.files.download("/Cloud/up", local / "down") == Downloaded(local / "down", 7, "size")
            assert (local / "down").read_bytes() == b"content"
            with pytest.raises(errors.NotVerified, match="/Cloud/up: its cloud tells no hash"):
                await client.files.download("/Cloud/up", local / "other", verify="hash")
            assert not (local / "other").exists()
