"""An upload that was stopped is taken up by the same client, on the channel its other uploads go on using."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from clouddrive2.client.aio import AsyncClient
from clouddrive2.models.uploads import Phase
from clouddrive2.testing import RunningEmulator

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
