"""A server that goes away in the middle of an upload: waited for, found again, or told apart from a failure."""

from __future__ import annotations

import asyncio
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
from clouddrive2.upload.job import UploadJob

MakeFile = Callable[..., Path]
MIB = 1 << 20
SIZE = 24 * MIB


async def under_way(emulator: RunningEmulator, client: AsyncClient, source: Path) -> UploadJob:
    emulator.faults.delay("RemoteReadData", 0.05)
    job = await client.uploads.start(source, "/Cloud/")
    await emulator.calls.wait("RemoteReadData", 8)
    return job


@pytest.mark.parametrize("failures", [0, 1])
async def test_restarted_without_its_memory(
    upload_config: UploadConfig, make_file: MakeFile, tmp_path: Path, failures: int
) -> None:
    source = make_file("film.mkv", SIZE)
    with ExitStack() as first:
        emulator = first.enter_context(running_emulator(root=tmp_path / "drive"))
        async with AsyncClient(emulator.url, username="user", password="password", uploads=upload_config) as client:
            job = await under_way(emulator, client, source)
            await asyncio.to_thread(first.close)
            for _ in range(failures):
                with pytest.raises(errors.ConnectError):
                    await client.files.stat("/Cloud")
            with running_emulator(root=tmp_path / "drive", port=emulator.port) as second:
                uploaded = await job.result()
                assert (uploaded.outcome, uploaded.verified) == (Outcome.VERIFIED, "hash")
                assert second.calls.count("StartRemoteUpload") == 1
                assert [entry.name async for entry in client.files.list("/Cloud")] == ["film.mkv"]
                assert await client.files.read_bytes("/Cloud/film.mkv") == source.read_bytes()
                assert await client.uploads.pending() == []


async def test_gone_for_good_is_not_called_a_failure(upload_config: UploadConfig, make_file: MakeFile, tmp_path: Path) -> None:
    source = make_file("film.mkv", SIZE)
    impatient = replace(upload_config, offline_seconds=0.5)
    with ExitStack() as first:
        emulator = first.enter_context(running_emulator(root=tmp_path / "drive"))
        async with AsyncClient(emulator.url, username="user", password="password", uploads=impatient) as client:
            job = await under_way(emulator, client, source)
            await asyncio.to_thread(first.close)
            with pytest.raises(errors.OutcomeUnknown, match="run the same upload again to take it up"):
                await job.result()
            assert [pending.source for pending in await client.uploads.pending()] == [str(source)]
    with running_emulator(root=tmp_path / "drive", port=emulator.port) as second:
        async with AsyncClient(second.url, username="user", password="password", uploads=upload_config) as client:
            assert (await client.uploads.upload(source, "/Cloud/")).outcome is Outcome.VERIFIED
            assert await client.files.read_bytes("/Cloud/film.mkv") == source.read_bytes()
            assert await client.uploads.pending() == []
