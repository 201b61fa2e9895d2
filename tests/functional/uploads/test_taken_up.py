"""An upload that was stopped is taken up by the same client, on the channel its other uploads go on using."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import UploadConfig
from clouddrive2.models.uploads import Phase
from clouddrive2.testing import RunningEmulator
from clouddrive2.upload.routes import remote

MIB = 1 << 20


async def test_stopped_and_started_again(client: AsyncClient, emulator: RunningEmulator, make_file: Callable[..., Path]) -> None:
    emulator.faults.delay("RemoteReadData", 0.3)
    stopped, other = make_file("stopped.bin", 6 * MIB), make_file("other.bin", 8 * MIB)
    beside = await client.uploads.start(other, f"{emulator.cloud}/")
    job = await client.uploads.start(stopped, f"{emulator.cloud}/")
    async for snapshot in job.progress():
        if snapshot.phase is Phase.TRANSFERRING and snapshot.confirmed:
            await job.stop()
    assert [row.path for row in await client.uploads.pending() if row.source == str(stopped)] == [f"{emulator.cloud}/stopped.bin"]
    again = await client.uploads.upload(stopped, f"{emulator.cloud}/")
    assert (again.verified, (await beside.result()).verified) == ("hash", "hash")
    assert emulator.calls.count("StartRemoteUpload") == 2
    assert emulator.calls.count("RemoteUploadChannel") == 2
    for source in (stopped, other):
        assert await client.files.read_bytes(f"{emulator.cloud}/{source.name}") == source.read_bytes()
    assert await client.uploads.pending() == []


async def test_the_device_id_of_the_one_that_began_it(
    emulator: RunningEmulator, upload_config: UploadConfig, make_file: Callable[..., Path]
) -> None:
    """The server asks on the stream of that id; a client that may have any id takes this one."""
    emulator.faults.delay("RemoteReadData", 0.2)
    source, small = make_file("source.bin", 4 * MIB), make_file("small.bin", 10)

    def connect() -> AsyncClient:
        return AsyncClient(emulator.url, username=emulator.username, password=emulator.password, uploads=upload_config)

    async with connect() as first:
        await first.uploads.upload(small, f"{emulator.cloud}/")
        async with connect() as second:
            job = await second.uploads.start(source, f"{emulator.cloud}/")
            await emulator.calls.wait("RemoteReadData", 2)
            await job.stop()
    async with connect() as third:
        assert (await third.uploads.upload(source, f"{emulator.cloud}/")).verified == "hash"
    first_id, second_id, third_id = [call.device_id for call in emulator.calls.of("RemoteUploadChannel")]
    assert first_id != second_id == third_id
    assert emulator.calls.count("StartRemoteUpload") == 2


async def test_a_server_that_asks_somebody_gone_is_told_to_start_anew(
    emulator: RunningEmulator,
    upload_config: UploadConfig,
    make_file: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remote, "ADOPT_SECONDS", 0.2)
    emulator.faults.delay("RemoteReadData", 0.2)
    source, small = make_file("source.bin", 4 * MIB), make_file("small.bin", 10)
    user = {"username": emulator.username, "password": emulator.password}
    async with AsyncClient(emulator.url, **user, uploads=upload_config) as first:
        await first.uploads.upload(small, f"{emulator.cloud}/")
        async with AsyncClient(emulator.url, **user, uploads=upload_config) as second:
            job = await second.uploads.start(source, f"{emulator.cloud}/")
            await emulator.calls.wait("RemoteReadData", 2)
            await job.stop()
        assert (await first.uploads.upload(source, f"{emulator.cloud}/")).verified == "hash"
        assert await first.files.read_bytes(f"{emulator.cloud}/source.bin") == source.read_bytes()
        assert await first.uploads.pending() == []
    assert emulator.calls.count("StartRemoteUpload") == 3
    assert [call.WhichOneof("control") for call in emulator.calls.of("RemoteUploadControl")] == ["cancel"]


async def test_hashes_outlive_a_stopped_upload(
    client: AsyncClient,
    emulator: RunningEmulator,
    upload_config: UploadConfig,
    make_file: Callable[..., Path],
    settled: Callable[[Path], None],
) -> None:
    emulator.faults.delay("RemoteReadData", 0.2)
    source = make_file("hashed.bin", 4 * MIB)
    settled(source)
    job = await client.uploads.start(source, f"{emulator.cloud}/")
    await emulator.calls.wait("RemoteReadData")
    await job.stop()
    await client.close()
    assert upload_config.state_folder is not None
    with contextlib.closing(sqlite3.connect(upload_config.state_folder / "hashes.sqlite")) as cache:
        rows = cache.execute("SELECT kind, value FROM hashes WHERE path = ?", (os.fsencode(source),)).fetchall()
    assert rows == [(2, hashlib.sha1(source.read_bytes()).hexdigest())]
