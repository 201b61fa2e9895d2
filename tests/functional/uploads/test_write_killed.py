"""The write route when its process, or its server, ends at an awkward moment: the old file or the new one, and nothing else."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import UploadConfig
from clouddrive2.models.uploads import Outcome
from clouddrive2.testing import RunningEmulator, running_emulator

MakeFile = Callable[..., Path]
MIB = 1 << 20
CHILD = """
import asyncio, sys
from pathlib import Path
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import UploadConfig

async def main(url, source, state):
    config = UploadConfig(state_folder=Path(state), delivery_first=0.02)
    async with AsyncClient(url, username="user", password="password", uploads=config) as client:
        await client.uploads.upload(source, "/Cloud/", routes=["write"], if_exists="overwrite")

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
def upload_config(upload_config: UploadConfig) -> UploadConfig:
    return replace(upload_config, delivery_first=0.02, delivery_longest=0.05, attempts=1)


async def whole_files(client: AsyncClient) -> list[bytes]:
    """What is in the folder, under whatever name."""
    entries = [entry async for entry in client.files.list("/Cloud", refresh=True)]
    return [await client.files.read_bytes(entry.path) for entry in entries if not entry.pending]


async def assert_only(client: AsyncClient, source: Path) -> None:
    assert [entry.name async for entry in client.files.list("/Cloud", refresh=True)] == [source.name]
    assert await client.files.read_bytes(f"/Cloud/{source.name}") == source.read_bytes()
    assert list((await client.raw.GetOpenFileHandles()).openFileHandles) == []
    assert await client.uploads.pending() == []


@pytest.mark.parametrize("change", [False, True], ids=["unchanged", "changed"])
@pytest.mark.parametrize(
    ("rpc", "count"),
    [
        ("CreateFile", 1),
        ("WriteToFile", 1),
        ("CloseFile", 1),
        ("RenameFile", 1),
        ("RenameFile", 2),
        ("DeleteFile", 1),
    ],
)
async def test_killed_while_a_file_is_replaced(
    emulator: RunningEmulator, upload_config: UploadConfig, make_file: MakeFile, rpc: str, count: int, change: bool
) -> None:
    old, source = make_file("old/film.mkv", 1000), make_file("film.mkv", MIB)
    user = {"username": emulator.username, "password": emulator.password}
    async with AsyncClient(emulator.url, **user, uploads=upload_config) as client:
        await client.uploads.upload(old, "/Cloud/", routes=["remote"])
    # The call waits in the server, and goes with the process that made it.
    emulator.faults.delay(rpc, 30.0, times=1, after=count - 1)
    already = emulator.calls.count(rpc)
    state = str(upload_config.state_folder)
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", CHILD, emulator.url, str(source), state)
    await emulator.calls.wait(rpc, already + count)
    child.send_signal(signal.SIGKILL)
    assert await child.wait() == -signal.SIGKILL
    if change:
        source = make_file("film.mkv", MIB, seed=1)
    async with AsyncClient(emulator.url, **user, uploads=upload_config) as client:
        assert old.read_bytes() in await whole_files(client)
        options = {"routes": ["write"], "if_exists": "overwrite"}
        assert (await client.uploads.upload(source, "/Cloud/", **options)).outcome is Outcome.VERIFIED
        await assert_only(client, source)


class TestServer:
    async def test_restarted_in_the_middle(self, upload_config: UploadConfig, make_file: MakeFile, tmp_path: Path) -> None:
        source = make_file("film.mkv", 12 * MIB)
        with ExitStack() as first:
            emulator = first.enter_context(running_emulator(root=tmp_path / "drive"))
            user = {"username": emulator.username, "password": emulator.password}
            async with AsyncClient(emulator.url, **user, uploads=upload_config, bandwidth="8M") as client:
                job = await client.uploads.start(source, "/Cloud/", routes=["write"])
                await emulator.calls.wait("WriteToFileStream", 2)
                await asyncio.to_thread(first.close)
                with running_emulator(root=tmp_path / "drive", port=emulator.port):
                    assert (await job.result()).outcome is Outcome.VERIFIED
                    await assert_only(client, source)

    async def test_gone_for_good(self, upload_config: UploadConfig, make_file: MakeFile, tmp_path: Path) -> None:
        source = make_file("film.mkv", 12 * MIB)
        impatient = replace(upload_config, offline_seconds=0.5)
        with ExitStack() as first:
            emulator = first.enter_context(running_emulator(root=tmp_path / "drive"))
            user = {"username": emulator.username, "password": emulator.password}
            async with AsyncClient(emulator.url, **user, uploads=impatient, bandwidth="8M") as client:
                job = await client.uploads.start(source, "/Cloud/", routes=["write"])
                await emulator.calls.wait("WriteToFileStream", 2)
                await asyncio.to_thread(first.close)
                with pytest.raises(errors.Unreachable):
                    await job.result()
                assert [each.path for each in await client.uploads.pending()] == ["/Cloud/film.mkv"]
        with running_emulator(root=tmp_path / "drive", port=emulator.port):
            async with AsyncClient(emulator.url, **user, uploads=upload_config) as client:
                uploaded = await client.uploads.upload(source, "/Cloud/", routes=["write"])
                assert uploaded.outcome is Outcome.VERIFIED
                await assert_only(client, source)

    async def test_restarted_while_it_delivers(self, upload_config: UploadConfig, make_file: MakeFile, tmp_path: Path) -> None:
        """A server that forgets what was queued: told as not verified, never as success; the next run does it."""
        source = make_file("film.mkv", 1000)
        with ExitStack() as first:
            emulator = first.enter_context(running_emulator(root=tmp_path / "drive"))
            emulator.emulator.options.upload_bytes_per_second = 1.0
            user = {"username": emulator.username, "password": emulator.password}
            async with AsyncClient(emulator.url, **user, uploads=upload_config) as client:
                job = await client.uploads.start(source, "/Cloud/", routes=["write"])
                await emulator.calls.wait("GetUploadFileList", 4)
                await asyncio.to_thread(first.close)
                with running_emulator(root=tmp_path / "drive", port=emulator.port):
                    with pytest.raises(errors.NotVerified, match="not there"):
                        await job.result()
                    uploaded = await client.uploads.upload(source, "/Cloud/", routes=["write"])
                    assert uploaded.outcome is Outcome.VERIFIED
                    await assert_only(client, source)
