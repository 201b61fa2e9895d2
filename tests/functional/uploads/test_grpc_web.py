"""The route ``grpc-web``: the same engine by a connection of its own, forced, and as the one that takes over."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import UploadConfig
from clouddrive2.emulator.call import Status
from clouddrive2.models.uploads import Outcome
from clouddrive2.testing import RunningEmulator

MakeFile = Callable[..., Path]
MIB = 1 << 20
pytestmark = pytest.mark.parametrize("transport", ["grpc"], indirect=True)


def doors(emulator: RunningEmulator, rpc: str) -> set[str]:
    return {call.door for call in emulator.calls.of(rpc)}


async def test_forced_beside_grpc(client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
    source = make_file("film.mkv", 5 * MIB + 7)
    uploaded = await client.uploads.upload(source, f"{emulator.cloud}/", routes=["grpc-web"])
    assert (uploaded.route, uploaded.outcome, uploaded.verified) == ("grpc-web", Outcome.VERIFIED, "hash")
    assert await client.files.read_bytes(uploaded.path) == source.read_bytes()
    for rpc in ("StartRemoteUpload", "RemoteUploadChannel", "RemoteReadData", "RemoteHashProgress"):
        assert doors(emulator, rpc) == {"grpc-web"}, rpc
    assert doors(emulator, "FindFileByPath") == {"grpc"}
    # One sign-in is enough for both.
    assert emulator.calls.count("GetToken") == 1


async def test_both_at_once_have_a_channel_and_a_device_each(
    client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
) -> None:
    sources = [make_file(f"{number}.bin", 3 * MIB + number) for number in range(6)]
    jobs = [
        await client.uploads.start(source, f"{emulator.cloud}/", routes=[("remote", "grpc-web")[number % 2]])
        for number, source in enumerate(sources)
    ]
    assert [(await job.result()).verified for job in jobs] == ["hash"] * 6
    channels = emulator.calls.of("RemoteUploadChannel")
    assert {call.door for call in channels} == {"grpc", "grpc-web"}
    assert len({call.device_id for call in channels}) == 2
    for source in sources:
        assert await client.files.read_bytes(f"{emulator.cloud}/{source.name}") == source.read_bytes()


async def test_it_takes_over_when_the_channel_over_grpc_cannot_be_kept(
    client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.faults.replace_channel(after_messages=1, times=5)
    source = make_file("film.mkv", 3 * MIB)
    with caplog.at_level(logging.WARNING, "clouddrive2"):
        uploaded = await client.uploads.upload(source, f"{emulator.cloud}/", routes=["remote", "grpc-web"])
    assert (uploaded.route, uploaded.verified) == ("grpc-web", "hash")
    assert uploaded.reason.startswith("remote could not go on (the upload channel is ended again and again")
    assert uploaded.reason.endswith("grpc-web took over")
    assert "route_handed_over" in {getattr(record, "action", "") for record in caplog.records}
    assert await client.files.read_bytes(uploaded.path) == source.read_bytes()
    assert [row async for row in client.transfers.uploads() if not row.status.is_terminal] == []


async def test_a_refusal_is_not_handed_over(client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
    emulator.faults.refuse("StartRemoteUpload", code=Status.PERMISSION_DENIED, times=-1)
    with pytest.raises(errors.PermissionDenied):
        await client.uploads.upload(make_file("a.bin", MIB), f"{emulator.cloud}/", routes=["remote", "grpc-web"])
    assert emulator.calls.count("StartRemoteUpload") == 1


async def test_a_server_without_remote_uploads_has_none_over_gRPC_web_either(
    client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
) -> None:
    emulator.faults.old_server("0.9.8")
    with pytest.raises(errors.Unsupported):
        await client.uploads.upload(make_file("a.bin", MIB), f"{emulator.cloud}/", routes=["grpc-web"])
    with pytest.raises(errors.Unsupported):
        await client.uploads.upload(make_file("a.bin", MIB), f"{emulator.cloud}/", routes=["remote", "grpc-web"])
    steps = await client.uploads.plan(make_file("a.bin", MIB), f"{emulator.cloud}/", routes=["remote", "grpc-web"])
    assert [(step.available, step.reason) for step in steps] == [
        (False, "this server does not offer remote uploads; they need version 0.9.9 or newer")
    ] * 2


@pytest.mark.slow
@pytest.mark.parametrize("again", ["grpc-web", "remote"])
async def test_what_was_begun_over_one_goes_on_over_the_other(
    emulator: RunningEmulator, upload_config: UploadConfig, make_file: MakeFile, again: str, transport: str
) -> None:
    source = make_file("film.mkv", 64 * MIB)
    user = {"username": emulator.username, "password": emulator.password}
    first = {"grpc-web": "remote", "remote": "grpc-web"}[again]
    async with AsyncClient(emulator.url, **user, uploads=upload_config) as client:
        job = await client.uploads.start(source, f"{emulator.cloud}/", routes=[first])
        await emulator.calls.wait("RemoteReadData", 5)
        await job.stop()
    async with AsyncClient(emulator.url, **user, uploads=upload_config) as client:
        uploaded = await client.uploads.upload(source, f"{emulator.cloud}/", routes=[again])
        assert (uploaded.route, uploaded.verified) == (again, "hash")
        assert await client.files.read_bytes(uploaded.path) == source.read_bytes()
        assert [row async for row in client.transfers.uploads() if not row.status.is_terminal] == []
    assert doors(emulator, "RemoteReadData") == {"grpc", "grpc-web"}


async def test_stopped_and_taken_up_under_the_same_id(
    emulator: RunningEmulator, upload_config: UploadConfig, make_file: MakeFile, transport: str
) -> None:
    source = make_file("film.mkv", 64 * MIB)
    user = {"username": emulator.username, "password": emulator.password}
    for is_last in (False, True):
        async with AsyncClient(emulator.url, **user, uploads=upload_config) as client:
            job = await client.uploads.start(source, f"{emulator.cloud}/", routes=["grpc-web"])
            if is_last:
                assert (await job.result()).verified == "hash"
            else:
                await emulator.calls.wait("RemoteReadData", 5)
                await job.stop()
    assert emulator.calls.count("StartRemoteUpload") == 1
    assert len({call.device_id for call in emulator.calls.of("RemoteUploadChannel")}) == 1
