"""Each fault of the emulator: nothing lost, nothing doubled, and the truth is told."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import UploadConfig
from clouddrive2.emulator.options import CloudOptions, EmulatorOptions
from clouddrive2.models.uploads import Outcome, Phase
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

MakeFile = Callable[..., Path]
MIB = 1 << 20


async def assert_there_once(client: AsyncClient, emulator: RunningEmulator, source: Path, folder: str = "") -> None:
    where = f"{emulator.cloud}{folder}"
    entries = [entry async for entry in client.files.list(where)]
    assert [(entry.name, entry.size, entry.pending) for entry in entries] == [(source.name, source.stat().st_size, False)]
    assert await client.files.read_bytes(f"{where}/{source.name}") == source.read_bytes()


class TestChannel:
    @pytest.mark.parametrize("after", [1, 2, 3, 5, 8])
    async def test_dropped_and_opened_again(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile, after: int
    ) -> None:
        emulator.faults.drop_channel(after_messages=after, times=3)
        source = make_file("a.bin", 32 * MIB)
        uploaded = await client.uploads.upload(source, f"{emulator.cloud}/")
        assert uploaded.outcome is Outcome.VERIFIED
        assert emulator.faults.fired["drop_channel"] == 3
        devices = {call.device_id for call in emulator.calls.of("RemoteUploadChannel")}
        assert len(devices) == 1
        assert emulator.calls.count("StartRemoteUpload") == 1
        await assert_there_once(client, emulator, source)

    async def test_replaced_now_and_then(self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
        emulator.faults.replace_channel(after_messages=3, times=2)
        source = make_file("a.bin", 12 * MIB)
        await client.uploads.upload(source, f"{emulator.cloud}/")
        assert emulator.faults.fired["replace_channel"] == 2
        await assert_there_once(client, emulator, source)

    async def test_fought_over_is_given_up_with_a_sentence(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile, transport: str
    ) -> None:
        route = {"grpc": "remote", "grpc-web": "grpc-web"}[transport]
        emulator.faults.replace_channel(after_messages=1, times=1000)
        with pytest.raises(errors.ChannelLost, match="same device id"):
            await client.uploads.upload(make_file("a.bin", 200 * MIB), f"{emulator.cloud}/", routes=[route])

    async def test_an_end_that_is_heard_before_the_answer_to_the_data(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        emulator.faults.drop_reply("RemoteReadData")
        uploaded = await client.uploads.upload(make_file("a.bin", 1000), f"{emulator.cloud}/")
        assert (uploaded.outcome, uploaded.instant) == (Outcome.VERIFIED, False)

    async def test_every_connection_breaks(self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
        source = make_file("a.bin", 30 * MIB)
        job = await client.uploads.start(source, f"{emulator.cloud}/")
        await emulator.calls.wait("RemoteReadData", 5)
        await asyncio.to_thread(emulator.drop_connections)
        assert (await job.result()).outcome is Outcome.VERIFIED
        await assert_there_once(client, emulator, source)

    async def test_foreign_uploads_are_not_answered(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        emulator.faults.foreign_upload(messages=5)
        source = make_file("a.bin", 3 * MIB)
        await client.uploads.upload(source, f"{emulator.cloud}/")
        assert emulator.faults.fired["foreign_upload"] == 1
        ours = {call.upload_id for call in emulator.calls.of("RemoteReadData")}
        assert len(ours) == 1
        assert emulator.calls.count("RemoteUploadControl") == 0

    async def test_messages_before_the_reply_are_kept(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        emulator.faults.status_before_reply()
        source = make_file("a.bin", 3 * MIB)
        await client.uploads.upload(source, f"{emulator.cloud}/")
        await assert_there_once(client, emulator, source)


class TestReading:
    @pytest.mark.parametrize("fault", ["ask_twice", "out_of_order", "overlapping"])
    async def test_odd_requests(self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile, fault: str) -> None:
        getattr(emulator.faults, fault)()
        source = make_file("a.bin", 9 * MIB + 5)
        job = await client.uploads.start(source, f"{emulator.cloud}/")
        assert (await job.result()).outcome is Outcome.VERIFIED
        assert job.snapshot().confirmed == source.stat().st_size
        await assert_there_once(client, emulator, source)

    @pytest.mark.parametrize("read_bytes", [100_000, 4 * MIB, 16 * MIB])
    async def test_any_length_is_cut_into_pieces(
        self,
        emulator_factory: Callable[..., RunningEmulator],
        upload_config: UploadConfig,
        make_file: MakeFile,
        read_bytes: int,
    ) -> None:
        emulator = emulator_factory(options=EmulatorOptions(read_bytes=read_bytes, outstanding_reads=8))
        source = make_file("a.bin", 20 * MIB + 1)
        user = {"username": emulator.username, "password": emulator.password}
        async with AsyncClient(emulator.url, **user, uploads=upload_config) as client:
            await client.uploads.upload(source, f"{emulator.cloud}/")
            await assert_there_once(client, emulator, source)
        assert max(call.data_length for call in emulator.calls.of("RemoteReadData")) <= MIB
        last = [call for call in emulator.calls.of("RemoteReadData") if call.is_last_chunk]
        assert {call.offset + call.length for call in last} == {source.stat().st_size}

    @pytest.mark.parametrize("rpc", ["RemoteReadData", "RemoteHashProgress"])
    async def test_lost_calls_and_lost_replies(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile, rpc: str
    ) -> None:
        emulator.faults.refuse(rpc, times=1)
        emulator.faults.drop_reply(rpc, times=1, after=0)
        source = make_file("a.bin", 5 * MIB)
        await client.uploads.upload(source, f"{emulator.cloud}/")
        assert emulator.faults.fired["refuse"] == 1
        assert emulator.faults.fired["drop_reply"] == 1
        await assert_there_once(client, emulator, source)

    async def test_refused_data_ends_the_upload(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        emulator.faults.fail_result("RemoteReadData", text="broken pipe in the cloud", after=2)
        with pytest.raises(errors.UploadFailed, match="broken pipe in the cloud"):
            await client.uploads.upload(make_file("a.bin", 8 * MIB), f"{emulator.cloud}/")
        assert [entry async for entry in client.files.list(emulator.cloud)] == []

    async def test_what_may_work_later_is_tried_again(
        self, emulator: RunningEmulator, upload_config: UploadConfig, make_file: MakeFile
    ) -> None:
        user = {"username": emulator.username, "password": emulator.password}
        config = replace(upload_config, attempts=2, again_first=0.01)
        emulator.faults.fail_result("RemoteReadData", text="broken pipe in the cloud", after=2)
        source = make_file("a.bin", 8 * MIB)
        async with AsyncClient(emulator.url, **user, uploads=config) as client:
            assert (await client.uploads.upload(source, f"{emulator.cloud}/")).outcome is Outcome.VERIFIED
            await assert_there_once(client, emulator, source)
        assert emulator.calls.count("StartRemoteUpload") == 2


class TestHashing:
    async def test_asked_again_while_it_runs(self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
        emulator.faults.reask_hashes(after_seconds=0.01)
        source = make_file("a.bin", 60 * MIB)
        await client.uploads.upload(source, f"{emulator.cloud}/")
        final = [call for call in emulator.calls.of("RemoteHashProgress") if call.hash_value]
        assert len({call.hash_value for call in final}) == 1
        await assert_there_once(client, emulator, source)

    async def test_progress_leaves_the_value_out(
        self,
        emulator_factory: Callable[..., RunningEmulator],
        upload_config: UploadConfig,
        make_file: MakeFile,
    ) -> None:
        emulator = emulator_factory(clouds=(CloudOptions("Cloud", needs=((1, 1024), (2, None), (3, None))),))
        emulator.faults.reask_hashes(after_seconds=0.005)
        user = {"username": emulator.username, "password": emulator.password}
        async with AsyncClient(emulator.url, **user, uploads=upload_config) as client:
            await client.uploads.upload(make_file("a.bin", 60 * MIB), f"{emulator.cloud}/")
        reports = emulator.calls.of("RemoteHashProgress")
        running = [call for call in reports if not call.request.HasField("hash_value")]
        assert running
        assert all(call.bytes_hashed <= call.total_bytes == 60 * MIB for call in reports)


class TestOutcome:
    @pytest.mark.parametrize("lag", [{"lookups": 3}, {"seconds": 0.5}])
    async def test_a_lagging_index_is_waited_for(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile, lag: dict[str, float]
    ) -> None:
        emulator.faults.lag_index(**lag)
        source = make_file("a.bin", MIB)
        assert (await client.uploads.upload(source, f"{emulator.cloud}/")).outcome is Outcome.VERIFIED
        assert emulator.faults.fired["lag_index"] == 1

    async def test_an_index_that_never_comes_is_not_called_success(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        emulator.faults.lag_index(seconds=3600)
        with pytest.raises(errors.NotVerified, match="not there"):
            await client.uploads.upload(make_file("a.bin", MIB), f"{emulator.cloud}/")

    async def test_a_wrong_hash_is_told(self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
        emulator.faults.lie_about_hash()
        with pytest.raises(errors.HashMismatch):
            await client.uploads.upload(make_file("a.bin", MIB), f"{emulator.cloud}/")

    async def test_wrong_bytes_in_the_store_are_noticed(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        emulator.faults.corrupt_stored()
        with pytest.raises(errors.UploadError):
            await client.uploads.upload(make_file("a.bin", 3 * MIB), f"{emulator.cloud}/")

    async def test_a_full_cloud(self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
        emulator.faults.disk_full(after_bytes=2 * MIB)
        with pytest.raises(errors.UploadFailed, match="space"):
            await client.uploads.upload(make_file("a.bin", 6 * MIB), f"{emulator.cloud}/")
        assert [entry async for entry in client.files.list(emulator.cloud)] == []

    async def test_an_unknown_status_number_is_survived(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        emulator.faults.odd_status(99)
        await client.uploads.upload(make_file("a.bin", MIB), f"{emulator.cloud}/")
        assert emulator.faults.fired["odd_status"] == 1

    async def test_an_ignored_name(
        self, emulator_factory: Callable[..., RunningEmulator], upload_config: UploadConfig, make_file: MakeFile
    ) -> None:
        emulator = emulator_factory(options=EmulatorOptions(ignored_extensions=(".tmp",)))
        user = {"username": emulator.username, "password": emulator.password}
        async with AsyncClient(emulator.url, **user, uploads=upload_config) as client:
            with pytest.raises(errors.UploadFailed, match="ignores"):
                await client.uploads.upload(make_file("a.tmp", 100), f"{emulator.cloud}/")


class TestServer:
    async def test_forgotten_uploads_start_anew(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        source = make_file("a.bin", 20 * MIB)
        job = await client.uploads.start(source, f"{emulator.cloud}/")
        await emulator.calls.wait("RemoteReadData", 3)
        await asyncio.to_thread(emulator.faults.forget_uploads)
        assert (await job.result()).outcome is Outcome.VERIFIED
        assert emulator.calls.count("StartRemoteUpload") == 2
        await assert_there_once(client, emulator, source)

    async def test_expired_tokens_are_renewed_once(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        source = make_file("a.bin", 20 * MIB)
        job = await client.uploads.start(source, f"{emulator.cloud}/")
        await emulator.calls.wait("RemoteReadData", 3)
        await asyncio.to_thread(emulator.faults.expire_tokens)
        assert (await job.result()).outcome is Outcome.VERIFIED
        assert emulator.calls.count("GetToken") == 2
        await assert_there_once(client, emulator, source)

    async def test_lost_reply_to_the_announcement_is_not_a_second_upload(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        emulator.faults.drop_reply("StartRemoteUpload")
        source = make_file("a.bin", 4 * MIB)
        await client.uploads.upload(source, f"{emulator.cloud}/")
        assert emulator.calls.count("StartRemoteUpload") == 1
        await assert_there_once(client, emulator, source)

    async def test_an_old_server_is_named_as_the_reason(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile, transport: str
    ) -> None:
        route = {"grpc": "remote", "grpc-web": "grpc-web"}[transport]
        emulator.faults.unimplemented("StartRemoteUpload")
        with pytest.raises(errors.Unsupported):
            await client.uploads.upload(make_file("a.bin", 1), f"{emulator.cloud}/", routes=[route])
        steps = await client.uploads.plan(make_file("a.bin", 1), f"{emulator.cloud}/")
        (step,) = [step for step in steps if step.route == route]
        assert not step.available and "0.9.9" in step.reason

    async def test_a_missing_permission(
        self, emulator_factory: Callable[..., RunningEmulator], upload_config: UploadConfig, make_file: MakeFile
    ) -> None:
        emulator = emulator_factory()
        user = {"username": emulator.username, "password": emulator.password}
        async with AsyncClient(emulator.url, **user) as admin:
            allowed = pb.TokenPermissions(allow_list=True)
            token = await admin.raw.CreateToken(pb.CreateTokenRequest(rootDir="/", permissions=allowed, friendly_name="reader"))
        async with AsyncClient(emulator.url, token=token.token, uploads=upload_config) as client:
            with pytest.raises(PermissionError, match="allow_"):
                await client.uploads.upload(make_file("a.bin", 1), f"{emulator.cloud}/")

    async def test_a_parent_deleted_meanwhile_is_made_again(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        await client.uploads.upload(make_file("a.bin", 10), f"{emulator.cloud}/dir/")
        await client.files.delete(f"{emulator.cloud}/dir")
        await client.uploads.upload(make_file("b.bin", 10), f"{emulator.cloud}/dir/")
        assert (await client.files.stat(f"{emulator.cloud}/dir/b.bin")).size == 10


class TestSource:
    @pytest.mark.parametrize("change", ["grow", "shrink", "replace", "remove", "touch"])
    async def test_a_change_cancels_and_leaves_nothing(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile, change: str
    ) -> None:
        emulator.faults.delay("RemoteReadData", 0.02)
        source = make_file("a.bin", 30 * MIB)
        job = await client.uploads.start(source, f"{emulator.cloud}/")
        await emulator.calls.wait("RemoteReadData", 3)
        if change == "grow":
            with source.open("ab") as file:
                file.write(b"more")
        elif change == "shrink":
            os.truncate(source, 10)
        elif change == "replace":
            other = source.with_name("other")
            other.write_bytes(source.read_bytes())
            other.replace(source)
        elif change == "remove":
            source.unlink()
        else:
            os.utime(source, (1, 1))
        with pytest.raises(errors.SourceChanged):
            await job.result()
        assert job.snapshot().phase is Phase.FAILED
        assert emulator.calls.of("RemoteUploadControl")[-1].request.HasField("cancel")
        assert [entry async for entry in client.files.list(emulator.cloud)] == []

    @pytest.mark.parametrize("code", [2, 7, 8, 9])
    async def test_a_cancel_that_is_refused_does_not_hide_why_it_was_asked_for(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile, code: int
    ) -> None:
        emulator.faults.delay("RemoteReadData", 0.02)
        emulator.faults.refuse("RemoteUploadControl", code=code, times=-1)
        source = make_file("a.bin", 30 * MIB)
        job = await client.uploads.start(source, f"{emulator.cloud}/")
        await emulator.calls.wait("RemoteReadData", 3)
        os.truncate(source, 10)
        with pytest.raises(errors.SourceChanged):
            await job.result()


class TestControl:
    async def test_pause_and_resume(self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
        emulator.faults.delay("RemoteReadData", 0.01)
        source = make_file("a.bin", 20 * MIB)
        job = await client.uploads.start(source, f"{emulator.cloud}/")
        await emulator.calls.wait("RemoteReadData", 3)
        await job.pause()
        assert job.snapshot().phase is Phase.PAUSED
        paused = [transfer async for transfer in client.transfers.uploads()]
        assert [transfer.status.name for transfer in paused] == ["PAUSED"]
        await job.resume()
        assert (await job.result()).outcome is Outcome.VERIFIED
        await assert_there_once(client, emulator, source)

    async def test_cancel_here(self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
        emulator.faults.delay("RemoteReadData", 0.01)
        job = await client.uploads.start(make_file("a.bin", 20 * MIB), f"{emulator.cloud}/")
        await emulator.calls.wait("RemoteReadData", 3)
        await job.cancel()
        with pytest.raises(errors.UploadCancelled):
            await job.result()
        assert [entry async for entry in client.files.list(emulator.cloud)] == []
        assert await client.uploads.pending() == []

    async def test_cancelled_at_the_server(self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
        emulator.faults.delay("RemoteReadData", 0.01)
        job = await client.uploads.start(make_file("a.bin", 20 * MIB), f"{emulator.cloud}/")
        await emulator.calls.wait("RemoteReadData", 3)
        await client.transfers.cancel([transfer.key async for transfer in client.transfers.uploads()])
        with pytest.raises(errors.UploadCancelled):
            await job.result()

    async def test_stopped_is_taken_up_under_the_same_id(
        self, emulator: RunningEmulator, upload_config: UploadConfig, make_file: MakeFile
    ) -> None:
        emulator.faults.delay("RemoteReadData", 0.01)
        source = make_file("a.bin", 30 * MIB)
        user = {"username": emulator.username, "password": emulator.password}
        async with AsyncClient(emulator.url, **user, uploads=upload_config) as first:
            job = await first.uploads.start(source, f"{emulator.cloud}/")
            await emulator.calls.wait("RemoteReadData", 10)
            await job.stop()
        sent = emulator.calls.count("RemoteReadData")
        async with AsyncClient(emulator.url, **user, uploads=upload_config) as second:
            assert [pending.source for pending in await second.uploads.pending()] == [str(source)]
            assert (await second.uploads.upload(source, f"{emulator.cloud}/")).outcome is Outcome.VERIFIED
            assert await second.uploads.pending() == []
            await assert_there_once(second, emulator, source)
        assert emulator.calls.count("StartRemoteUpload") == 1
        assert emulator.calls.count("RemoteReadData") - sent < 30


async def test_an_index_that_still_shows_the_old_file(
    client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
) -> None:
    """The same size as before, and for a while the hash of before: neither wrong nor verified yet."""
    old, new = make_file("old/a.bin", 4000), make_file("new/a.bin", 4000, seed=1)
    await client.uploads.upload(old, f"{emulator.cloud}/")
    emulator.faults.lag_index(lookups=3)
    uploaded = await client.uploads.upload(new, f"{emulator.cloud}/", if_exists="overwrite")
    assert uploaded.verified == "hash"
    await assert_there_once(client, emulator, new)
