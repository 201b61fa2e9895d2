"""A program killed in the middle of an upload: run again, it takes the upload up, or starts anew, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import UploadConfig
from clouddrive2.models.uploads import PendingUpload
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

# Every test starts programs, some more than one: a second time over the other transport only in the long run.
pytestmark = pytest.mark.parametrize("transport", ["grpc", pytest.param("grpc-web", marks=pytest.mark.slow)], indirect=True)
MakeFile = Callable[..., Path]
MIB = 1 << 20
SIZE = 32 * MIB

# Tells each megabyte the server has confirmed, at last the result: one JSON object per line.
PROGRAM = """
import asyncio, json, sys
from pathlib import Path
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import UploadConfig

url, username, password, source, to, state, if_exists = sys.argv[1:]

def tell(**what):
    print(json.dumps(what), flush=True)

async def main():
    uploads = UploadConfig(state_folder=Path(state), verify_seconds=3, quiet_seconds=1, reconnect_first=0.02)
    async with AsyncClient(url, username=username, password=password, uploads=uploads) as client:
        uploaded = await client.uploads.upload(
            source, to, if_exists=if_exists, on_progress=lambda now: tell(phase=now.phase, confirmed=now.confirmed)
        )
        tell(path=uploaded.path, outcome=uploaded.outcome, verified=uploaded.verified, reason=uploaded.reason)

asyncio.run(main())
"""


@pytest.fixture
def program(emulator: RunningEmulator, tmp_path: Path, transport: str) -> Callable[..., Any]:
    """``async with program(source, to) as process``: the program runs; it is gone after the block."""

    @asynccontextmanager
    async def run(source: Path, to: str, if_exists: str = "auto") -> AsyncIterator[Process]:
        arguments = (emulator.url, emulator.username, emulator.password, source, to, tmp_path / "state", if_exists)
        environ = {**os.environ, "CLOUDDRIVE2_CONFIG_DIR": str(tmp_path / "config"), "CLOUDDRIVE2_TRANSPORT": transport}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, *map(str, arguments), stdout=subprocess.PIPE, env=environ
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    return run


async def lines(process: Process) -> AsyncIterator[dict[str, Any]]:
    """What the program tells."""
    assert process.stdout is not None
    async for line in process.stdout:
        yield json.loads(line)


async def kill(process: Process) -> None:
    os.kill(process.pid, signal.SIGKILL)
    assert await process.wait() == -signal.SIGKILL


async def killed_at(process: Process, confirmed: int, phase: str = "transferring") -> None:
    """Kill the program when it is in a phase and the server has confirmed so many bytes."""
    async for told in lines(process):
        if told["phase"] == phase and told["confirmed"] >= confirmed:
            await kill(process)
            return
    pytest.fail("it ended before it could be killed")


async def result_of(process: Process) -> dict[str, Any]:
    """Let the program come to its end."""
    last: dict[str, Any] = {}
    async for told in lines(process):
        last = told
    assert await process.wait() == 0
    return last


async def left_in_journal(emulator: RunningEmulator, tmp_path: Path) -> list[PendingUpload]:
    uploads = UploadConfig(state_folder=tmp_path / "state")
    async with AsyncClient(emulator.url, username=emulator.username, password=emulator.password, uploads=uploads) as client:
        return await client.uploads.pending()


@pytest.fixture
async def killed(emulator: RunningEmulator, make_file: MakeFile, program: Callable[..., Any], tmp_path: Path) -> tuple[Path, str]:
    """A file whose upload was killed in the middle, and the upload's id."""
    # Slow enough that the kill always comes before the end.
    emulator.faults.delay("RemoteReadData", 0.1)
    source = make_file("film.mkv", SIZE)
    async with program(source, f"{emulator.cloud}/Inbox/") as process:
        await killed_at(process, 3 * MIB)
    [pending] = await left_in_journal(emulator, tmp_path)
    assert (pending.source, pending.path, pending.size) == (str(source), f"{emulator.cloud}/Inbox/film.mkv", SIZE)
    assert pending.upload_id is not None
    return source, pending.upload_id


async def assert_there_once(client: AsyncClient, emulator: RunningEmulator, source: Path, tmp_path: Path) -> None:
    entries = [entry async for entry in client.files.list(f"{emulator.cloud}/Inbox")]
    assert [(entry.name, entry.size, entry.pending) for entry in entries] == [(source.name, SIZE, False)]
    assert await client.files.read_bytes(f"{emulator.cloud}/Inbox/{source.name}") == source.read_bytes()
    assert await left_in_journal(emulator, tmp_path) == []


async def test_taken_up_under_the_same_id(
    emulator: RunningEmulator, client: AsyncClient, program: Callable[..., Any], killed: tuple[Path, str], tmp_path: Path
) -> None:
    source, upload_id = killed
    sent = emulator.calls.count("RemoteReadData")
    async with program(source, f"{emulator.cloud}/Inbox/") as process:
        told = await result_of(process)
    assert (told["path"], told["outcome"], told["verified"]) == (f"{emulator.cloud}/Inbox/film.mkv", "verified", "hash")
    assert emulator.calls.count("StartRemoteUpload") == 1
    later = emulator.calls.of("RemoteReadData")[sent:]
    assert {call.upload_id for call in later} == {upload_id}
    # What the server had is not sent again.
    assert sum(call.data_length for call in later) <= SIZE - 3 * MIB
    assert len({call.device_id for call in emulator.calls.of("RemoteUploadChannel")}) == 1
    await assert_there_once(client, emulator, source, tmp_path)


async def test_started_anew_when_the_server_forgot_it(
    emulator: RunningEmulator, client: AsyncClient, program: Callable[..., Any], killed: tuple[Path, str], tmp_path: Path
) -> None:
    source, upload_id = killed
    sent = emulator.calls.count("RemoteReadData")
    emulator.faults.forget_uploads()
    async with program(source, f"{emulator.cloud}/Inbox/") as process:
        told = await result_of(process)
    assert (told["outcome"], told["verified"]) == ("verified", "hash")
    assert emulator.calls.count("StartRemoteUpload") == 2
    assert upload_id not in {call.upload_id for call in emulator.calls.of("RemoteReadData")[sent:]}
    await assert_there_once(client, emulator, source, tmp_path)


async def test_announced_anew_by_one_that_was_killed_before_it_heard_the_id(
    emulator: RunningEmulator, client: AsyncClient, program: Callable[..., Any], killed: tuple[Path, str], tmp_path: Path
) -> None:
    """The journal holds an id that the server forgot, and the server an upload that no journal holds."""
    source, _ = killed
    emulator.faults.forget_uploads()
    announced = pb.StartRemoteUploadRequest(
        file_path=f"{emulator.cloud}/Inbox/film.mkv", file_size=SIZE, client_can_calculate_hashes=True
    )
    await client.raw.StartRemoteUpload(announced)
    async with program(source, f"{emulator.cloud}/Inbox/") as process:
        told = await result_of(process)
    assert (told["outcome"], told["verified"]) == ("verified", "hash")
    assert emulator.calls.count("StartRemoteUpload") == 2
    assert [row async for row in client.transfers.uploads() if not row.status.is_terminal] == []
    await assert_there_once(client, emulator, source, tmp_path)


async def test_killed_again_and_again(
    emulator: RunningEmulator, client: AsyncClient, program: Callable[..., Any], killed: tuple[Path, str], tmp_path: Path
) -> None:
    source, _ = killed
    for _ in range(2):
        async with program(source, f"{emulator.cloud}/Inbox/") as process:
            await killed_at(process, 3 * MIB)
    async with program(source, f"{emulator.cloud}/Inbox/") as process:
        await result_of(process)
    assert emulator.calls.count("StartRemoteUpload") == 1
    await assert_there_once(client, emulator, source, tmp_path)


async def test_a_file_that_changed_meanwhile_is_not_mixed(
    emulator: RunningEmulator,
    client: AsyncClient,
    make_file: MakeFile,
    program: Callable[..., Any],
    killed: tuple[Path, str],
    tmp_path: Path,
) -> None:
    _, upload_id = killed
    sent = emulator.calls.count("RemoteReadData")
    source = make_file("film.mkv", SIZE, seed=1)
    # What the killed one left is still shown at the destination.
    async with program(source, f"{emulator.cloud}/Inbox/", "overwrite") as process:
        assert (await result_of(process))["outcome"] == "verified"
    assert upload_id not in {call.upload_id for call in emulator.calls.of("RemoteReadData")[sent:]}
    await assert_there_once(client, emulator, source, tmp_path)


async def test_paused_at_the_server_meanwhile(
    emulator: RunningEmulator, client: AsyncClient, program: Callable[..., Any], killed: tuple[Path, str], tmp_path: Path
) -> None:
    source, upload_id = killed
    await client.transfers.pause([upload_id])
    async with program(source, f"{emulator.cloud}/Inbox/") as process:
        assert (await result_of(process))["outcome"] == "verified"
    assert emulator.calls.count("StartRemoteUpload") == 1
    await assert_there_once(client, emulator, source, tmp_path)


async def test_cancelled_at_the_server_meanwhile(
    emulator: RunningEmulator, client: AsyncClient, program: Callable[..., Any], killed: tuple[Path, str], tmp_path: Path
) -> None:
    source, upload_id = killed
    await client.transfers.cancel([upload_id])
    async with program(source, f"{emulator.cloud}/Inbox/") as process:
        assert (await result_of(process))["outcome"] == "verified"
    assert emulator.calls.count("StartRemoteUpload") == 2
    await assert_there_once(client, emulator, source, tmp_path)


async def test_before_the_server_gave_an_id(
    emulator: RunningEmulator, client: AsyncClient, program: Callable[..., Any], make_file: MakeFile, tmp_path: Path
) -> None:
    emulator.faults.delay("StartRemoteUpload", 30, times=1)
    source = make_file("film.mkv", SIZE)
    async with program(source, f"{emulator.cloud}/Inbox/") as process:
        await emulator.calls.wait("StartRemoteUpload")
        await kill(process)
    assert [pending.upload_id for pending in await left_in_journal(emulator, tmp_path)] == [None]
    async with program(source, f"{emulator.cloud}/Inbox/") as process:
        assert (await result_of(process))["outcome"] == "verified"
    await assert_there_once(client, emulator, source, tmp_path)


@pytest.mark.parametrize("lookups", [0, 1, 4])
async def test_after_the_last_byte(
    emulator: RunningEmulator,
    client: AsyncClient,
    program: Callable[..., Any],
    make_file: MakeFile,
    tmp_path: Path,
    lookups: int,
) -> None:
    # Killed while it waits for the index; the second run finds the end of the first, at once or after some looks.
    emulator.faults.lag_index(lookups=1000)
    source = make_file("film.mkv", SIZE)
    async with program(source, f"{emulator.cloud}/Inbox/") as process:
        await killed_at(process, 0, "verifying")
    emulator.world.hidden.clear()
    if lookups:
        emulator.world.hide(f"{emulator.cloud}/Inbox/film.mkv", lookups=lookups)
    sent = emulator.calls.count("RemoteReadData")
    async with program(source, f"{emulator.cloud}/Inbox/") as process:
        told = await result_of(process)
    assert (told["outcome"], told["verified"]) == ("verified", "hash")
    assert (emulator.calls.count("StartRemoteUpload"), emulator.calls.count("RemoteReadData")) == (1, sent)
    await assert_there_once(client, emulator, source, tmp_path)


async def test_while_it_lives_nobody_takes_its_upload(
    emulator: RunningEmulator, client: AsyncClient, program: Callable[..., Any], make_file: MakeFile, tmp_path: Path
) -> None:
    emulator.faults.delay("RemoteReadData", 0.1)
    source = make_file("film.mkv", SIZE)
    async with program(source, f"{emulator.cloud}/Inbox/") as process:
        async for told in lines(process):
            if told["phase"] == "transferring":
                break
        with pytest.raises(errors.UploadFailed, match="another upload to this place is running on this machine now"):
            await client.uploads.upload(source, f"{emulator.cloud}/Inbox/")
        assert (await result_of(process))["outcome"] == "verified"
    assert emulator.calls.count("StartRemoteUpload") == 1
    await assert_there_once(client, emulator, source, tmp_path)
