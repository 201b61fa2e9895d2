"""Something turns against an upload while it runs: told in a sentence, nothing left behind, and the next attempt succeeds.

Here is what ``tests/functional/uploads`` does not try: a source that changes, a full cloud and wrong bytes are there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import UploadConfig
from clouddrive2.emulator.options import CloudOptions
from clouddrive2.models.uploads import Outcome
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator
from clouddrive2.upload.job import UploadJob

MakeFile = Callable[..., Path]
MIB = 1 << 20


@pytest.fixture
def emulator(emulator_factory: Callable[..., RunningEmulator], tmp_path: Path) -> RunningEmulator:
    """Slow enough that an upload of some megabytes has a middle."""
    emulator = emulator_factory(root=tmp_path / "root")
    emulator.faults.delay("RemoteReadData", 0.05)
    return emulator


@pytest.fixture
def upload_config(upload_config: UploadConfig) -> UploadConfig:
    """Patience with a lost sign-in is one second here."""
    return replace(upload_config, sign_in_seconds=1.0, sign_in_first=0.1, again_first=0.05)


@pytest.fixture
async def client(emulator: RunningEmulator, upload_config: UploadConfig) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(emulator.url, username="user", password="password", uploads=upload_config) as client:
        yield client


@pytest.fixture
def source(make_file: MakeFile) -> Path:
    return make_file("film.mkv", 12 * MIB)


async def under_way(client: AsyncClient, emulator: RunningEmulator, source: Path, to: str = "/Cloud/") -> UploadJob:
    """An upload in its middle."""
    reads = emulator.calls.count("RemoteReadData")
    job = await client.uploads.start(source, to)
    await emulator.calls.wait("RemoteReadData", reads + 4)
    return job


class TestSigningIn:
    async def test_an_api_token_that_is_revoked(
        self, emulator: RunningEmulator, client: AsyncClient, upload_config: UploadConfig, source: Path, aftermath: Any
    ) -> None:
        names = (field.name for field in pb.TokenPermissions.DESCRIPTOR.fields)
        everything = pb.TokenPermissions(**dict.fromkeys(names, True))
        made = await client.raw.CreateToken(pb.CreateTokenRequest(rootDir="/", permissions=everything, friendly_name="uploader"))
        async with AsyncClient(emulator.url, token=made.token, uploads=upload_config) as uploader:
            job = await under_way(uploader, emulator, source)
            await asyncio.to_thread(emulator.world.remove_token, made.token)
            with pytest.raises(errors.Unauthenticated, match="token"):
                await job.result()
        assert (await client.uploads.upload(source, "/Cloud/")).verified == "hash"
        assert (aftermath.drive / source.name).read_bytes() == source.read_bytes()
        aftermath.assert_nothing_left(emulator)

    async def test_a_password_that_is_changed(
        self, emulator: RunningEmulator, upload_config: UploadConfig, source: Path, aftermath: Any
    ) -> None:
        async with AsyncClient(emulator.url, username="user", password="password", uploads=upload_config) as client:
            job = await under_way(client, emulator, source)
            await asyncio.to_thread(emulator.world.set_password, "changed")
            with pytest.raises(errors.Unauthenticated, match="password"):
                await job.result()
        async with AsyncClient(emulator.url, username="user", password="changed", uploads=upload_config) as again:
            assert (await again.uploads.upload(source, "/Cloud/")).verified == "hash"
        # What the server had was not sent again.
        assert emulator.calls.count("StartRemoteUpload") == 1
        assert (aftermath.drive / source.name).read_bytes() == source.read_bytes()
        aftermath.assert_nothing_left(emulator)


class TestServer:
    async def test_turns_read_only(
        self, emulator: RunningEmulator, client: AsyncClient, make_file: MakeFile, source: Path, aftermath: Any
    ) -> None:
        job = await under_way(client, emulator, source)
        await asyncio.to_thread(emulator.faults.turn_read_only)
        # It fails, is tried once more, and is refused.
        with pytest.raises(errors.PermissionDenied, match=r"film\.mkv: .*read-only"):
            await job.result()
        with pytest.raises(errors.PermissionDenied, match="read-only"):
            await client.uploads.upload(make_file("other.bin", 10), "/Cloud/")
        assert list(aftermath.drive.iterdir()) == []
        aftermath.assert_nothing_left(emulator)

    async def test_runs_full_and_has_room_again(
        self, emulator: RunningEmulator, client: AsyncClient, source: Path, aftermath: Any
    ) -> None:
        emulator.faults.disk_full(after_bytes=5 * MIB)
        with pytest.raises(errors.UploadFailed, match="no space left"):
            await client.uploads.upload(source, "/Cloud/")
        aftermath.assert_nothing_left(emulator)
        emulator.faults.disk_full(after_bytes=1 << 40)
        assert (await client.uploads.upload(source, "/Cloud/")).outcome is Outcome.VERIFIED
        assert (aftermath.drive / source.name).read_bytes() == source.read_bytes()

    async def test_loses_the_folder(self, emulator: RunningEmulator, client: AsyncClient, source: Path, aftermath: Any) -> None:
        job = await under_way(client, emulator, source, "/Cloud/gone/")
        await client.files.delete("/Cloud/gone")
        with pytest.raises(errors.UploadCancelled, match=r"/Cloud/gone/film\.mkv: the upload was cancelled at the server"):
            await job.result()
        aftermath.assert_nothing_left(emulator)
        assert (await client.uploads.upload(source, "/Cloud/gone/")).outcome is Outcome.VERIFIED
        assert (aftermath.drive / "gone" / source.name).read_bytes() == source.read_bytes()

    async def test_refuses_a_name(
        self, emulator: RunningEmulator, client: AsyncClient, make_file: MakeFile, aftermath: Any
    ) -> None:
        text = "the name contains a character this cloud does not take: ?"
        emulator.faults.refuse("StartRemoteUpload", code=3, text=text)
        async with client.uploads.batch(files_at_once=1) as batch:
            for name in ("what?.txt", "fine.txt"):
                batch.add(make_file(name, 100), "/Cloud/")
        refused, fine = await batch.outcomes()
        assert isinstance(refused.error, errors.InvalidRequest) and text in str(refused.error)
        assert "/Cloud/what?.txt" in str(refused.error)
        assert fine.uploaded is not None and fine.uploaded.outcome is Outcome.VERIFIED
        aftermath.assert_nothing_left(emulator)


class TestHashes:
    """Wrong bytes behind a true hash, and a wrong hash, are in ``tests/functional/uploads``."""

    async def test_garbage_proves_nothing(
        self, emulator: RunningEmulator, client: AsyncClient, make_file: MakeFile, aftermath: Any
    ) -> None:
        emulator.faults.garble_hashes(times=3)
        uploaded = await client.uploads.upload(make_file("a.bin", 1000), "/Cloud/")
        assert (uploaded.outcome, uploaded.verified) == (Outcome.VERIFIED, "size")
        with pytest.raises(errors.NotVerified, match="knows no hash to compare"):
            await client.uploads.upload(make_file("b.bin", 1000), "/Cloud/", verify="hash")
        aftermath.assert_nothing_left(emulator)

    async def test_a_hash_nobody_knows_is_asked_for(
        self, emulator_factory: Callable[..., RunningEmulator], upload_config: UploadConfig, make_file: MakeFile, aftermath: Any
    ) -> None:
        emulator = emulator_factory(clouds=[CloudOptions("Cloud", needs=((7, None),))])
        async with AsyncClient(emulator.url, username="user", password="password", uploads=upload_config) as client:
            with pytest.raises(errors.UploadRejected, match="a hash of type 7, which this version does not know"):
                await client.uploads.upload(make_file("a.bin", 1000), "/Cloud/")
            assert [entry async for entry in client.files.list("/Cloud")] == []
        aftermath.assert_journal()


class TestClocks:
    @pytest.mark.parametrize("days", [400, -400])
    async def test_that_of_the_server_jumps(
        self, emulator: RunningEmulator, client: AsyncClient, source: Path, days: int, aftermath: Any
    ) -> None:
        job = await under_way(client, emulator, source)
        await asyncio.to_thread(emulator.world.clock.advance, days * 86400.0)
        assert (await job.result()).verified == "hash"
        assert (aftermath.drive / source.name).read_bytes() == source.read_bytes()
        aftermath.assert_nothing_left(emulator)
