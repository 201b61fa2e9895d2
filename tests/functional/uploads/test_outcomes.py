"""What an upload may be told to want: only instantly, gone afterwards; and what it waits for by itself."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import UploadConfig
from clouddrive2.emulator.call import Status
from clouddrive2.emulator.options import CloudOptions, EmulatorOptions
from clouddrive2.models.uploads import Outcome
from clouddrive2.testing import RunningEmulator

MakeFile = Callable[..., Path]
MIB = 1 << 20


async def assert_there_once(client: AsyncClient, emulator: RunningEmulator, source: Path) -> None:
    entries = [entry async for entry in client.files.list(emulator.cloud)]
    assert [(entry.name, entry.size, entry.pending) for entry in entries] == [(source.name, source.stat().st_size, False)]
    assert await client.files.read_bytes(f"{emulator.cloud}/{source.name}") == source.read_bytes()


class TestInstantOnly:
    async def test_nothing_is_sent(self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
        with pytest.raises(errors.NotInstant, match=r"a\.bin: the cloud does not have this content; nothing was sent"):
            await client.uploads.upload(make_file("a.bin", 3 * MIB), f"{emulator.cloud}/", instant_only=True)
        assert emulator.calls.count("RemoteReadData") == 0
        assert [entry async for entry in client.files.list(emulator.cloud)] == []

    async def test_what_the_cloud_has_is_linked(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        source = make_file("a.bin", 3 * MIB)
        await client.uploads.upload(source, f"{emulator.cloud}/")
        sent = emulator.calls.count("RemoteReadData")
        uploaded = await client.uploads.upload(source, f"{emulator.cloud}/again.bin", instant_only=True)
        assert uploaded.instant and uploaded.outcome is Outcome.VERIFIED
        assert emulator.calls.count("RemoteReadData") == sent


class TestMove:
    async def test_the_source_goes_when_it_is_verified(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        source = make_file("a.bin", 3 * MIB)
        uploaded = await client.uploads.upload(source, f"{emulator.cloud}/", move=True)
        assert uploaded.source_deleted and not source.exists()
        assert (await client.files.stat(f"{emulator.cloud}/a.bin")).size == 3 * MIB

    @pytest.mark.parametrize("verify", ["none", "hash"])
    async def test_it_stays_on_anything_less(
        self, emulator_factory: Callable[..., RunningEmulator], upload_config: UploadConfig, make_file: MakeFile, verify: str
    ) -> None:
        emulator = emulator_factory(clouds=[CloudOptions("Cloud", knows=())])
        user = {"username": emulator.username, "password": emulator.password}
        source = make_file("a.bin", 3 * MIB)
        async with AsyncClient(emulator.url, **user, uploads=upload_config) as client:
            with contextlib.nullcontext() if verify == "none" else pytest.raises(errors.NotVerified):
                await client.uploads.upload(source, f"{emulator.cloud}/", verify=verify, move=True)
        assert source.exists()

    @pytest.mark.parametrize(("verify", "garbled"), [("size", False), ("size", True), ("auto", True)])
    async def test_it_stays_while_the_cloud_shows_a_hash_that_was_not_compared(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile, verify: str, garbled: bool
    ) -> None:
        if garbled:
            emulator.faults.garble_hashes()
        source = make_file("a.bin", 1000)
        uploaded = await client.uploads.upload(source, f"{emulator.cloud}/", verify=verify, move=True)
        assert (uploaded.verified, uploaded.source_deleted) == ("size", False)
        assert uploaded.reason == "the source stays: the cloud shows a hash that was not compared"
        assert source.exists()

    async def test_by_size_where_the_cloud_knows_no_hash(
        self, emulator_factory: Callable[..., RunningEmulator], upload_config: UploadConfig, make_file: MakeFile
    ) -> None:
        emulator = emulator_factory(clouds=[CloudOptions("Cloud", knows=())])
        user = {"username": emulator.username, "password": emulator.password}
        source = make_file("a.bin", 1000)
        async with AsyncClient(emulator.url, **user, uploads=upload_config) as client:
            uploaded = await client.uploads.upload(source, f"{emulator.cloud}/", verify="size", move=True)
        assert (uploaded.verified, uploaded.source_deleted, source.exists()) == ("size", True, False)

    async def test_it_stays_when_it_changed_meanwhile(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        source = make_file("a.bin", 3 * MIB)
        await client.uploads.upload(source, f"{emulator.cloud}/")
        source.write_bytes(b"other")
        with pytest.raises(errors.AlreadyExists):
            await client.uploads.upload(source, f"{emulator.cloud}/", move=True)
        assert source.exists()

    async def test_what_is_there_already_is_moved_by_its_hash(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        source = make_file("a.bin", 3 * MIB)
        await client.uploads.upload(source, f"{emulator.cloud}/")
        uploaded = await client.uploads.upload(source, f"{emulator.cloud}/", move=True)
        assert uploaded.skipped and uploaded.source_deleted and not source.exists()


class TestSignedOut:
    async def test_a_lost_sign_in_is_waited_for(
        self, emulator: RunningEmulator, upload_config: UploadConfig, make_file: MakeFile
    ) -> None:
        """The password is changed in the middle, and changed back later: everything goes on by itself."""
        user = {"username": emulator.username, "password": emulator.password}
        config = replace(upload_config, sign_in_first=0.05, sign_in_longest=0.1)
        source = make_file("a.bin", 40 * MIB)
        async with AsyncClient(emulator.url, **user, uploads=config) as client:
            job = await client.uploads.start(source, f"{emulator.cloud}/")
            await emulator.calls.wait("RemoteReadData", 3)
            emulator.world.set_password("another")
            await emulator.calls.wait("GetToken", 3)
            assert not job.snapshot().phase.is_terminal
            emulator.world.set_password(emulator.password)
            assert (await job.result()).outcome is Outcome.VERIFIED
            await assert_there_once(client, emulator, source)

    async def test_a_cloud_that_asks_to_slow_down(
        self, emulator: RunningEmulator, upload_config: UploadConfig, make_file: MakeFile
    ) -> None:
        user = {"username": emulator.username, "password": emulator.password}
        config = replace(upload_config, throttle_first=0.01)
        emulator.faults.refuse("StartRemoteUpload", code=Status.RESOURCE_EXHAUSTED, times=3)
        async with AsyncClient(emulator.url, **user, uploads=config) as client:
            uploaded = await client.uploads.upload(make_file("a.bin", MIB), f"{emulator.cloud}/")
        assert uploaded.outcome is Outcome.VERIFIED
        assert emulator.calls.count("StartRemoteUpload") == 4


class TestEndsNobodyHeard:
    @pytest.mark.parametrize("knows", [(), (2,)])
    @pytest.mark.parametrize("after", [3, 4, 5, 6])
    async def test_what_arrived_is_not_sent_again(
        self,
        emulator_factory: Callable[..., RunningEmulator],
        upload_config: UploadConfig,
        make_file: MakeFile,
        after: int,
        knows: tuple[int, ...],
    ) -> None:
        """The channel is cut around the last message, and the server keeps neither the upload nor its row."""
        options = EmulatorOptions(ended_seconds=0, row_seconds=0)
        emulator = emulator_factory(clouds=[CloudOptions("Cloud", knows=knows)], options=options)
        user = {"username": emulator.username, "password": emulator.password}
        emulator.faults.drop_channel(after_messages=after)
        source = make_file("a.bin", MIB)
        async with AsyncClient(emulator.url, **user, uploads=upload_config) as client:
            uploaded = await client.uploads.upload(source, f"{emulator.cloud}/")
            assert uploaded.outcome is Outcome.VERIFIED
            await assert_there_once(client, emulator, source)
        assert emulator.calls.count("StartRemoteUpload") == 1
