"""What only the route by the write-file API has: streams and calls, lost answers, the way from the server into its cloud."""

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
from clouddrive2.emulator.options import EmulatorOptions
from clouddrive2.models.transfers import TransferStatus
from clouddrive2.models.uploads import Outcome, Phase, Uploaded
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator
from clouddrive2.upload.job import UploadJob

MakeFile = Callable[..., Path]
MIB = 1 << 20


@pytest.fixture
def upload_config(upload_config: UploadConfig) -> UploadConfig:
    return replace(upload_config, delivery_first=0.02, delivery_longest=0.05, attempts=1)


@pytest.fixture
async def client(emulator: RunningEmulator, upload_config: UploadConfig) -> AsyncIterator[AsyncClient]:
    user = {"username": emulator.username, "password": emulator.password}
    async with AsyncClient(emulator.url, **user, uploads=upload_config) as client:
        yield client


async def put(client: AsyncClient, source: Path, **options: Any) -> Uploaded:
    return await client.uploads.upload(source, "/Cloud/", routes=["write"], **options)


async def names(client: AsyncClient) -> list[tuple[str, int, bool]]:
    return sorted([(entry.name, entry.size, entry.pending) async for entry in client.files.list("/Cloud", refresh=True)])


async def assert_once(client: AsyncClient, source: Path) -> None:
    assert await names(client) == [(source.name, source.stat().st_size, False)]
    assert await client.files.read_bytes(f"/Cloud/{source.name}") == source.read_bytes()
    assert list((await client.raw.GetOpenFileHandles()).openFileHandles) == []


async def delivering(job: UploadJob) -> None:
    async for progress in job.progress():
        if progress.phase is Phase.DELIVERING:
            return


async def sending(client: AsyncClient) -> None:
    """Wait until the server waits for its cloud's clock."""
    while [row.status async for row in client.transfers.uploads()] != [TransferStatus.TRANSFER]:
        pass


class TestNoRoom:
    """A cloud that is full is not asked again and again."""

    @pytest.fixture
    def upload_config(self, upload_config: UploadConfig) -> UploadConfig:
        return replace(upload_config, attempts=3, again_first=0.01)

    @pytest.mark.parametrize("size", [1000, 5 * MIB])
    async def test_while_it_is_written(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile, size: int
    ) -> None:
        emulator.faults.disk_full(after_bytes=100)
        told = rf"^/Cloud/a\.bin: the cloud has no room for it, it takes {size:,} bytes, 100 are free \(.*\); make some$"
        with pytest.raises(errors.UploadRejected, match=told):
            await put(client, make_file("a.bin", size))
        assert emulator.calls.count("CreateFile") == 1
        assert await names(client) == []

    async def test_on_the_way_to_the_cloud(self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
        emulator.faults.disk_full(after_bytes=1500)
        emulator.faults.fail_delivery("the quota is used up", fatal=0, times=-1)
        with pytest.raises(errors.UploadRejected, match=r"/Cloud/a\.bin: the cloud has no room for it, .*the quota is used up"):
            await put(client, make_file("a.bin", 1000))
        assert emulator.calls.count("CreateFile") == 1
        assert await names(client) == []

    async def test_with_room_it_is_tried_again(self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
        emulator.faults.fail_delivery("not now", fatal=0)
        source = make_file("a.bin", 1000)
        assert (await put(client, source)).verified == "hash"
        await assert_once(client, source)


class TestWriting:
    async def test_small_files_take_one_call(self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
        source = make_file("a.bin", 2 * MIB)
        await put(client, source)
        assert (emulator.calls.count("WriteToFile"), emulator.calls.count("WriteToFileStream")) == (1, 0)
        await assert_once(client, source)

    async def test_large_ones_a_stream_in_order(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        source = make_file("a.bin", 9 * MIB + 1)
        await put(client, source)
        pieces = emulator.calls.of("WriteToFileStream")
        assert [call.startPos for call in pieces] == [0, 2 * MIB, 4 * MIB, 6 * MIB, 8 * MIB]
        assert all(call.length == call.data_length <= 4 * MIB - 16 * 1024 for call in pieces)
        assert emulator.calls.of("CloseFile")[0].uploadImmediately
        await assert_once(client, source)

    async def test_a_server_without_streams_is_remembered(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        emulator.faults.unimplemented("WriteToFileStream")
        for name in ("a.bin", "b.bin", "c.bin"):
            before = emulator.calls.count("CreateFile")
            await put(client, make_file(name, 5 * MIB))
        assert emulator.calls.count("WriteToFile") == 9
        # The first file was begun twice, and what was begun first is gone; the last one was not.
        assert emulator.calls.count("CreateFile") == before + 1
        assert [name for name, *_ in await names(client)] == ["a.bin", "b.bin", "c.bin"]

    async def test_a_stream_that_falls_short_is_done_in_single_calls(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        emulator.faults.short_write(after=1)
        source = make_file("a.bin", 5 * MIB)
        await put(client, source)
        assert emulator.faults.fired["short_write"] == 1
        assert emulator.calls.count("WriteToFile") == 3
        await assert_once(client, source)

    async def test_a_server_that_always_falls_short(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        emulator.faults.short_write(times=-1)
        with pytest.raises(errors.OperationFailed, match=r"wrote 999 of 1000 bytes"):
            await put(client, make_file("a.bin", 1000))
        assert await names(client) == []

    @pytest.mark.parametrize("rpc", ["CreateFile", "WriteToFile", "CloseFile", "RenameFile"])
    @pytest.mark.parametrize("fault", ["drop_reply", "refuse"])
    async def test_lost_calls_and_lost_answers(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile, rpc: str, fault: str
    ) -> None:
        getattr(emulator.faults, fault)(rpc)
        source = make_file("a.bin", MIB)
        assert (await put(client, source)).outcome is Outcome.VERIFIED
        assert emulator.faults.fired[fault] == 1
        await assert_once(client, source)

    async def test_no_handle_is_a_failure(self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
        emulator.faults.refuse("CreateFile", code=13, text="too many open files", times=-1)
        with pytest.raises(errors.Error, match="too many open files"):
            await put(client, make_file("a.bin", 10))
        assert await names(client) == []

    async def test_every_connection_breaks(
        self, emulator: RunningEmulator, upload_config: UploadConfig, make_file: MakeFile
    ) -> None:
        source = make_file("a.bin", 8 * MIB)
        user = {"username": emulator.username, "password": emulator.password}
        async with AsyncClient(emulator.url, **user, uploads=upload_config, bandwidth="8M") as client:
            job = await client.uploads.start(source, "/Cloud/", routes=["write"])
            await emulator.calls.wait("WriteToFileStream", 2)
            await asyncio.to_thread(emulator.drop_connections)
            assert (await job.result()).outcome is Outcome.VERIFIED
            assert job.snapshot().confirmed == 8 * MIB
            await assert_once(client, source)

    async def test_expired_tokens_are_renewed(
        self, emulator: RunningEmulator, upload_config: UploadConfig, make_file: MakeFile
    ) -> None:
        source = make_file("a.bin", 8 * MIB)
        user = {"username": emulator.username, "password": emulator.password}
        async with AsyncClient(emulator.url, **user, uploads=upload_config, bandwidth="8M") as client:
            job = await client.uploads.start(source, "/Cloud/", routes=["write"])
            await emulator.calls.wait("WriteToFileStream", 2)
            await asyncio.to_thread(emulator.faults.expire_tokens)
            assert (await job.result()).outcome is Outcome.VERIFIED
            await assert_once(client, source)


class TestPlacing:
    async def test_a_server_that_renames_only_what_has_arrived(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        emulator.faults.fail_result("RenameFile", text="file is being uploaded")
        source = make_file("a.bin", MIB)
        assert (await put(client, source)).outcome is Outcome.VERIFIED
        await assert_once(client, source)

    async def test_a_name_that_is_taken_meanwhile_is_left_alone(
        self, client: AsyncClient, emulator: RunningEmulator, upload_config: UploadConfig, make_file: MakeFile, tmp_path: Path
    ) -> None:
        other = make_file("other/a.bin", 5)
        emulator.faults.delay("WriteToFile", 0.3, times=1)
        job = await client.uploads.start(make_file("a.bin", 100), "/Cloud/", routes=["write"])
        await emulator.calls.wait("WriteToFile", 1)
        user = {"username": emulator.username, "password": emulator.password}
        elsewhere = replace(upload_config, state_folder=tmp_path / "another machine")
        async with AsyncClient(emulator.url, **user, uploads=elsewhere) as somebody:
            await somebody.uploads.upload(other, "/Cloud/", routes=["remote"])
        with pytest.raises(errors.AlreadyExists):
            await job.result()
        await assert_once(client, other)

    async def test_what_is_replaced_comes_back_when_the_new_file_is_wrong(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        old = make_file("old/a.bin", 1000)
        await put(client, old)
        emulator.faults.corrupt_stored()
        with pytest.raises(errors.HashMismatch):
            await put(client, make_file("a.bin", 1000), if_exists="overwrite")
        await assert_once(client, old)

    @pytest.mark.parametrize(("fatal", "kind"), [(0, errors.UploadFailed), (1, errors.UploadRejected)])
    async def test_what_is_replaced_comes_back_when_the_cloud_refuses(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile, fatal: int, kind: type[errors.Error]
    ) -> None:
        old = make_file("old/a.bin", 1000)
        await put(client, old)
        emulator.faults.fail_delivery(text="no quota left", fatal=fatal)
        with pytest.raises(kind, match=r"/Cloud/a.bin: .*no quota left"):
            await put(client, make_file("a.bin", 2000), if_exists="overwrite")
        await assert_once(client, old)


class TestDelivery:
    @pytest.fixture
    def emulator(self, emulator_factory: Callable[..., RunningEmulator]) -> RunningEmulator:
        """Its cloud takes a byte per second of a clock that stands still."""
        return emulator_factory(options=EmulatorOptions(upload_bytes_per_second=1.0))

    def let_go(self, emulator: RunningEmulator) -> None:
        emulator.emulator.options.upload_bytes_per_second = 0.0
        emulator.on_loop(emulator.emulator.world.clock.advance, 10_000_000)

    async def test_two_figures(self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
        source = make_file("a.bin", 3 * MIB)
        job = await client.uploads.start(source, "/Cloud/", routes=["write"])
        await delivering(job)
        await sending(client)
        now = job.snapshot()
        assert (now.confirmed, now.delivered) == (3 * MIB, 0)
        emulator.on_loop(emulator.emulator.world.clock.advance, MIB)
        async for now in job.progress():
            if now.delivered:
                break
        assert now.delivered == MIB
        await asyncio.to_thread(self.let_go, emulator)
        assert (await job.result()).outcome is Outcome.VERIFIED
        assert job.snapshot().delivered == 3 * MIB

    async def test_steered_by_the_upload_list(self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
        source = make_file("a.bin", 1000)
        job = await client.uploads.start(source, "/Cloud/", routes=["write"])
        await delivering(job)
        await job.pause()
        assert job.snapshot().phase is Phase.PAUSED
        assert emulator.calls.count("PauseUploadFiles") == 1
        await job.resume()
        assert job.snapshot().phase is Phase.DELIVERING
        await asyncio.to_thread(self.let_go, emulator)
        await job.result()
        await assert_once(client, source)

    async def test_cancelled(self, client: AsyncClient, make_file: MakeFile) -> None:
        job = await client.uploads.start(make_file("a.bin", 1000), "/Cloud/", routes=["write"])
        await delivering(job)
        await job.cancel()
        with pytest.raises(errors.UploadCancelled):
            await job.result()
        assert await names(client) == []

    async def test_cancelled_at_the_server(self, client: AsyncClient, make_file: MakeFile) -> None:
        job = await client.uploads.start(make_file("a.bin", 1000), "/Cloud/", routes=["write"])
        await delivering(job)
        await client.raw.CancelAllUploadFiles()
        with pytest.raises(errors.UploadCancelled, match="at the server"):
            await job.result()
        assert await names(client) == []

    async def test_a_stuck_cloud_is_an_unknown_outcome_and_the_next_run_goes_on(
        self, emulator: RunningEmulator, upload_config: UploadConfig, make_file: MakeFile
    ) -> None:
        source = make_file("a.bin", 1000)
        user = {"username": emulator.username, "password": emulator.password}
        impatient = replace(upload_config, delivery_seconds=0.2)
        async with AsyncClient(emulator.url, **user, uploads=impatient) as client:
            with pytest.raises(errors.OutcomeUnknown, match="passed nothing on to its cloud"):
                await put(client, source)
            assert await names(client) == [("a.bin", 1000, True)]
        async with AsyncClient(emulator.url, **user, uploads=upload_config) as client:
            job = await client.uploads.start(source, "/Cloud/", routes=["write"])
            await delivering(job)
            await asyncio.to_thread(self.let_go, emulator)
            assert (await job.result()).outcome is Outcome.VERIFIED
            await assert_once(client, source)
        assert emulator.calls.count("CreateFile") == 1

    async def test_stopped_and_taken_up_with_what_it_replaces(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile, tmp_path: Path
    ) -> None:
        await asyncio.to_thread(self.let_go, emulator)
        await put(client, make_file("old/a.bin", 500))
        emulator.emulator.options.upload_bytes_per_second = 1.0
        source = make_file("a.bin", 1000)
        job = await client.uploads.start(source, "/Cloud/", routes=["write"], if_exists="overwrite")
        await delivering(job)
        await job.stop()
        assert len(await names(client)) == 2
        again = await client.uploads.start(source, "/Cloud/", routes=["write"], if_exists="overwrite")
        await delivering(again)
        await asyncio.to_thread(self.let_go, emulator)
        assert (await again.result()).outcome is Outcome.VERIFIED
        await assert_once(client, source)

    async def test_a_source_that_changed_since_takes_the_old_file_back(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        await asyncio.to_thread(self.let_go, emulator)
        await put(client, make_file("old/a.bin", 500))
        emulator.emulator.options.upload_bytes_per_second = 1.0
        job = await client.uploads.start(make_file("a.bin", 1000), "/Cloud/", routes=["write"], if_exists="overwrite")
        await delivering(job)
        await job.stop()
        emulator.emulator.options.upload_bytes_per_second = 0.0
        source = make_file("a.bin", 1000, seed=1)
        assert (await put(client, source, if_exists="overwrite")).outcome is Outcome.VERIFIED
        await assert_once(client, source)


class TestTheList:
    async def test_a_token_that_may_not_see_it(
        self, client: AsyncClient, emulator: RunningEmulator, upload_config: UploadConfig, make_file: MakeFile
    ) -> None:
        allowed = pb.TokenPermissions(
            allow_list=True, allow_create_file=True, allow_create_folder=True, allow_rename=True, allow_delete=True
        )
        made = await client.raw.CreateToken(pb.CreateTokenRequest(rootDir="/", permissions=allowed))
        source = make_file("a.bin", 100_000)
        async with AsyncClient(emulator.url, token=made.token, uploads=upload_config) as confined:
            uploaded = await put(confined, source)
        assert uploaded.outcome is Outcome.VERIFIED
        await assert_once(client, source)

    async def test_paths_of_a_mount(self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
        emulator.faults.list_mount_paths("/CloudNAS")
        emulator.faults.fail_delivery(text="seen in the list")
        with pytest.raises(errors.UploadRejected, match="seen in the list"):
            await put(client, make_file("a.bin", 1000))

    async def test_rows_that_vanish_at_once(
        self, emulator_factory: Callable[..., RunningEmulator], upload_config: UploadConfig, make_file: MakeFile
    ) -> None:
        emulator = emulator_factory(options=EmulatorOptions(row_seconds=0.0))
        user = {"username": emulator.username, "password": emulator.password}
        async with AsyncClient(emulator.url, **user, uploads=upload_config) as client:
            source = make_file("a.bin", MIB)
            assert (await put(client, source)).outcome is Outcome.VERIFIED
            await assert_once(client, source)

    async def test_an_ignored_name(
        self, emulator_factory: Callable[..., RunningEmulator], upload_config: UploadConfig, make_file: MakeFile
    ) -> None:
        emulator = emulator_factory(options=EmulatorOptions(ignored_extensions=(".tmp",)))
        user = {"username": emulator.username, "password": emulator.password}
        async with AsyncClient(emulator.url, **user, uploads=upload_config) as client:
            with pytest.raises(errors.UploadRejected, match="ignored extensions"):
                await put(client, make_file("a.tmp", 100))
            assert await names(client) == []


class TestHandOver:
    @pytest.mark.parametrize("version", ["0.9.8", "1.1.2"])
    async def test_from_the_remote_route(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile, version: str
    ) -> None:
        if version == "0.9.8":
            emulator.faults.old_server(version)
        else:
            emulator.faults.unimplemented("StartRemoteUpload")
        source = make_file("a.bin", 5 * MIB)
        uploaded = await client.uploads.upload(source, "/Cloud/")
        assert (uploaded.route, uploaded.outcome) == ("write", Outcome.VERIFIED)
        assert "remote could not go on" in uploaded.reason and "write took over" in uploaded.reason
        await assert_once(client, source)
        steps = {step.route: step for step in await client.uploads.plan(source, "/Cloud/")}
        assert not steps["remote"].available
        assert steps["write"].available

    async def test_a_refusal_is_not_handed_over(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        emulator.faults.refuse("StartRemoteUpload", code=7, text="not for you", times=-1)
        with pytest.raises(errors.PermissionDenied, match="not for you"):
            await client.uploads.upload(make_file("a.bin", 10), "/Cloud/")
        assert emulator.calls.count("CreateFile") == 0

    async def test_a_server_with_neither(self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
        emulator.faults.unimplemented("CreateFile")
        with pytest.raises(errors.Unsupported, match="CreateFile"):
            await put(client, make_file("a.bin", 10))
        with pytest.raises(errors.Unsupported, match="no calls to write files"):
            await put(client, make_file("a.bin", 10))
