"""Channels by device id, what is said again on a new one, and who may upload what (protocol.md §8.6, §2.5, §2.6, §8.10)."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from clouddrive2.emulator import CloudOptions
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

MIB = 1 << 20
PREPROCESSING, CANCELLED, TRANSFER, PAUSE, FINISH, SKIPPED, INQUEUE = range(1, 8)
DATA = bytes(range(256)) * (10 * 4096)


class TestChannel:
    async def test_a_device_id_is_needed(self, stub: Any, refused: Any) -> None:
        async with refused("INVALID_ARGUMENT"):
            await stub.RemoteUploadChannel(pb.RemoteUploadChannelRequest()).read()

    async def test_a_second_one_ends_the_first_well(self, device: Any, open_device: Any) -> None:
        again = await open_device("device")
        assert await device.next() is None
        assert await device.call.code() is grpc.StatusCode.OK
        upload = await again.announce("/Cloud/f", 3)
        assert await again.carry({upload: b"abc"}) == {upload: FINISH}

    async def test_outstanding_requests_are_said_again_and_then_the_status(self, device: Any, open_device: Any) -> None:
        hashing = await device.announce("/Cloud/hashing", 3)
        reading = await device.announce("/Cloud/reading", len(DATA), known_hashes={2: hashlib.sha1(DATA).hexdigest()})
        paused = await device.announce("/Cloud/paused", 3)
        ended = await device.announce("/Cloud/ended", 3)
        await device.carry({ended: b"abc"})
        await device.control(paused, "pause")
        await device.until("status", PAUSE)
        await device.send(reading, DATA, 0, MIB)
        await device.until("read", 2 * MIB)
        # Half of a range is not all of it: the whole is asked again.
        await device.send(reading, DATA, MIB, 1000)
        again = await open_device("device")
        said = [await again.next() for _ in range(6)]
        assert [each for each in said if each[0] == hashing] == [
            (hashing, ("hash", 2, None)),
            (hashing, ("status", PREPROCESSING)),
        ]
        assert [each[1] for each in said if each[0] == reading] == [
            ("read", MIB, MIB),
            ("read", 2 * MIB, MIB),
            ("status", TRANSFER),
        ]
        assert [each[1] for each in said if each[0] == paused] == [("status", PAUSE)]
        assert await again.carry({hashing: b"abc", reading: DATA}) == {hashing: FINISH, reading: FINISH}
        assert again.told(ended) == []

    async def test_a_lost_channel_ends_nothing(self, emulator: RunningEmulator, device: Any, open_device: Any) -> None:
        upload = await device.announce("/Cloud/f", len(DATA))
        await device.until("hash")
        emulator.drop_connections()
        with pytest.raises(grpc.aio.AioRpcError):
            await device.next()
        # What comes without a channel counts; only what was said meanwhile is lost.
        await device.report(upload, DATA)
        again = await open_device("device")
        assert await again.carry({upload: DATA}) == {upload: FINISH}
        assert ("hash", 2, None) not in again.told(upload)

    async def test_announced_before_any_channel(self, stub: Any, open_device: Any, listed: Any) -> None:
        request = pb.StartRemoteUploadRequest(file_path="/Cloud/f", file_size=3, client_can_calculate_hashes=True)
        upload = (await stub.StartRemoteUpload(request)).upload_id
        assert (await listed())[upload].status == "Inqueue"
        device = await open_device()
        assert await device.carry({upload: b"abc"}) == {upload: FINISH}

    async def test_another_device_is_not_this_one(self, device: Any, open_device: Any, stub: Any) -> None:
        upload = await device.announce("/Cloud/f", 3)
        await device.until("hash")
        device.call.cancel()
        other = await open_device("other")
        theirs = await other.announce("/Cloud/g", 3)
        assert await other.carry({theirs: b"abc"}) == {theirs: FINISH}
        assert other.told(upload) == []
        back = await open_device("device")
        assert await back.carry({upload: b"abc"}) == {upload: FINISH}

    async def test_two_clients_of_one_account(self, emulator: RunningEmulator, open_device_on: Any) -> None:
        first, second = await open_device_on(emulator, "one"), await open_device_on(emulator, "two")
        ours, theirs = {}, {}
        for number in range(5):
            ours[await first.announce(f"/Cloud/a{number}", 3)] = b"abc"
            theirs[await second.announce(f"/Cloud/b{number}", 3)] = b"def"
        ended = await asyncio.gather(first.carry(ours), second.carry(theirs))
        assert [set(each.values()) for each in ended] == [{FINISH}, {FINISH}]
        assert {upload for upload, _ in first.seen} == set(ours)
        assert {upload for upload, _ in second.seen} == set(theirs)

    async def test_two_clients_of_one_account_when_told_everything(self, emulator: RunningEmulator, open_device_on: Any) -> None:
        emulator.world.options.broadcast = True
        first, second = await open_device_on(emulator, "one"), await open_device_on(emulator, "two")
        upload = await first.announce("/Cloud/f", 3)
        assert await first.carry({upload: b"abc"}) == {upload: FINISH}
        await second.until("status", FINISH)
        assert second.told(upload) == first.told(upload)

    async def test_a_new_token_serves_the_old_upload(self, emulator: RunningEmulator, device: Any, stub: Any) -> None:
        upload = await device.announce("/Cloud/f", 3)
        await device.until("hash")
        reply = await stub.under(None).GetToken(pb.GetTokenRequest(userName=emulator.username, password=emulator.password))
        device.stub = stub.under(reply.token)
        other = await device.announce("/Cloud/g", 3)
        assert await device.carry({upload: b"abc", other: b"def"}) == {upload: FINISH, other: FINISH}


class TestRefusals:
    @pytest.mark.parametrize(
        ("path", "code"),
        [
            ("/Cloud/none/f", "NOT_FOUND"),
            ("/none/f", "NOT_FOUND"),
            ("/Cloud/file/f", "NOT_FOUND"),
            ("/f", "PERMISSION_DENIED"),
            ("/", "PERMISSION_DENIED"),
            ("", "PERMISSION_DENIED"),
            ("/Cloud", "PERMISSION_DENIED"),
            ("/Read/f", "PERMISSION_DENIED"),
            ("/Cloud/folder", "ALREADY_EXISTS"),
            ("/Cloud/../f", "INVALID_ARGUMENT"),
            ("/Cloud/..", "INVALID_ARGUMENT"),
            ("/Cloud/a\0b", "INVALID_ARGUMENT"),
            ("/Cloud/" + "x" * 256, "INVALID_ARGUMENT"),
        ],
    )
    async def test_where_nothing_can_go(
        self, emulator_factory: Callable[..., RunningEmulator], open_device_on: Any, refused: Any, path: str, code: str
    ) -> None:
        emulator = emulator_factory(clouds=("Cloud", CloudOptions("Read", read_only=True)))
        device = await open_device_on(emulator)
        await device.stub.CreateFolder(pb.CreateFolderRequest(parentPath="/Cloud", folderName="folder"))
        file = await device.announce("/Cloud/file", 0)
        await device.carry({file: b""})
        async with refused(code):
            await device.announce(path, 3)
        rows = await device.stub.GetUploadFileList(pb.GetUploadFileListRequest(getAll=True))
        assert [row.key for row in rows.uploadFiles] == [file]

    @pytest.mark.parametrize(
        ("offset", "length", "announced", "text"),
        [
            (2 * MIB, MIB, MIB, "asked"),
            (MIB + 1, MIB, MIB, "asked"),
            (len(DATA), 1, 1, "outside"),
            (len(DATA) - 1, 2, 2, "outside"),
            (0, MIB, MIB - 1, "announced"),
            (0, MIB - 1, MIB, "announced"),
        ],
    )
    async def test_data_nobody_asked_for(
        self, device: Any, offset: int, length: int, announced: int, text: str, content: Any
    ) -> None:
        upload = await device.announce("/Cloud/f", len(DATA), known_hashes={2: hashlib.sha1(DATA).hexdigest()})
        await device.until("read", MIB)
        padded = DATA + bytes(10)
        request = pb.RemoteReadDataUpload(
            upload_id=upload, offset=offset, length=announced, data=padded[offset : offset + length]
        )
        reply = await device.stub.RemoteReadData(request)
        assert (reply.success, reply.bytes_received) == (False, 0)
        assert text in reply.error_message
        # It goes on as if nothing had been sent.
        assert await device.carry({upload: DATA}) == {upload: FINISH}
        assert await content("/Cloud/f") == DATA

    async def test_data_before_anything_was_asked(self, emulator: RunningEmulator, device: Any) -> None:
        emulator.world.options.upload_slots = 0
        upload = await device.announce("/Cloud/f", 3)
        assert not (await device.send(upload, b"abc", 0, 3)).success

    async def test_a_message_that_is_too_large(self, device: Any, refused: Any) -> None:
        upload = await device.announce("/Cloud/f", 10 * MIB)
        async with refused("RESOURCE_EXHAUSTED"):
            await device.send(upload, DATA, 0, 9 * MIB)
        await device.control(upload, "cancel")
        await device.until("status", CANCELLED)

    async def test_no_room(self, emulator_factory: Callable[..., RunningEmulator], open_device_on: Any) -> None:
        emulator = emulator_factory(clouds=(CloudOptions("Cloud", total_space=2 * MIB),))
        device = await open_device_on(emulator)
        upload = await device.announce("/Cloud/f", 3 * MIB)
        await device.until("hash")
        await device.report(upload, DATA[: 3 * MIB])
        sent = [await device.send(upload, DATA, offset, MIB) for offset in (0, MIB)]
        assert [reply.success for reply in sent] == [True, True]
        assert not (await device.send(upload, DATA, 2 * MIB, MIB)).success
        await device.until("status", 10)
        assert "room" in device.problem
        reply = await device.stub.GetSpaceInfo(pb.FileRequest(path="/Cloud"))
        assert (reply.usedSpace, reply.freeSpace) == (0, 2 * MIB)


class TestTokens:
    @pytest.fixture
    def token(self, stub: Any) -> Any:
        """``await token("allow_write", root="/Cloud/in")``: a stub under a fresh API token."""

        async def make(*permissions: str, root: str = "/") -> Any:
            granted = pb.TokenPermissions(**dict.fromkeys(permissions, True))
            made = await stub.CreateToken(pb.CreateTokenRequest(rootDir=root, permissions=granted, friendly_name="t"))
            return stub.under(made.token)

        return make

    @pytest.mark.parametrize("permission", ["allow_write", "allow_create_file"])
    async def test_either_permission_is_enough(self, token: Any, open_device: Any, permission: str) -> None:
        device = await open_device(under=await token(permission))
        upload = await device.announce("/Cloud/f", 3)
        assert await device.carry({upload: b"abc"}) == {upload: FINISH}
        await device.control(upload, "cancel")

    async def test_without_them_none_of_the_five_calls(self, token: Any, device: Any, refused: Any) -> None:
        upload = await device.announce("/Cloud/f", 3)
        everything = [field.name for field in pb.TokenPermissions.DESCRIPTOR.fields]
        others = await token(*(name for name in everything if name not in ("allow_write", "allow_create_file")))
        for call in (
            others.StartRemoteUpload(pb.StartRemoteUploadRequest(file_path="/Cloud/g")),
            others.RemoteUploadChannel(pb.RemoteUploadChannelRequest(device_id="d")).read(),
            others.RemoteReadData(pb.RemoteReadDataUpload(upload_id=upload)),
            others.RemoteHashProgress(pb.RemoteHashProgressUpload(upload_id=upload)),
            others.RemoteUploadControl(pb.RemoteUploadControlRequest(upload_id=upload)),
        ):
            async with refused("PERMISSION_DENIED", "allow_write or allow_create_file"):
                await call
        async with refused("UNAUTHENTICATED"):
            await others.under("dead").StartRemoteUpload(pb.StartRemoteUploadRequest(file_path="/Cloud/g"))

    async def test_reading_the_list_and_changing_it_are_two_things(self, token: Any, device: Any, refused: Any) -> None:
        upload = await device.announce("/Cloud/f", 3)
        reader = await token("allow_get_transfer_tasks")
        assert (await reader.GetUploadFileCount()).fileCount == 1
        async with refused("PERMISSION_DENIED", "allow_modify_transfer_tasks"):
            await reader.CancelUploadFiles(pb.MultpleUploadFileKeyRequest(keys=[upload]))
        changer = await token("allow_modify_transfer_tasks")
        await changer.CancelUploadFiles(pb.MultpleUploadFileKeyRequest(keys=[upload]))
        await device.until("status", CANCELLED)
        async with refused("PERMISSION_DENIED", "allow_get_transfer_tasks"):
            await changer.GetUploadFileCount()

    async def test_a_root_is_all_a_token_uploads_into(
        self, stub: Any, token: Any, device: Any, open_device: Any, refused: Any, content: Any, found: Any
    ) -> None:
        for name in ("in", "out"):
            await stub.CreateFolder(pb.CreateFolderRequest(parentPath="/Cloud", folderName=name))
        granted = ("allow_write", "allow_list", "allow_get_transfer_tasks", "allow_modify_transfer_tasks")
        mine = await token(*granted, root="/Cloud/in")
        inside = await open_device("inside", under=mine)
        relative = await inside.announce("/f", 3)
        prefixed = await inside.announce("/Cloud/in/g", 3)
        assert await inside.carry({relative: b"abc", prefixed: b"def"}) == {relative: FINISH, prefixed: FINISH}
        assert await content("/Cloud/in/f") == b"abc"
        assert await content("/Cloud/in/g") == b"def"
        for path, code in (("/Cloud/out/f", "NOT_FOUND"), ("/out/f", "NOT_FOUND"), ("/../out/f", "INVALID_ARGUMENT")):
            async with refused(code):
                await inside.announce(path, 3)
        theirs = await device.announce("/Cloud/out/secret", 3)
        await device.until("hash")
        rows = (await mine.GetUploadFileList(pb.GetUploadFileListRequest(getAll=True))).uploadFiles
        assert [row.destPath for row in rows] == ["/f", "/g"]
        assert (await mine.GetUploadFileCount()).fileCount == (await mine.GetAllTasksCount()).uploadCount == 0
        await mine.CancelUploadFiles(pb.MultpleUploadFileKeyRequest(keys=[theirs]))
        await mine.CancelAllUploadFiles()
        for call in (inside.control(theirs, "cancel"), inside.send(theirs, b"abc", 0, 3), inside.report(theirs, b"abc")):
            async with refused("NOT_FOUND", "upload session not found"):
                await call
        assert await device.carry({theirs: b"abc"}) == {theirs: FINISH}
        assert inside.told(theirs) == []


async def test_statuses_before_the_reply(emulator: RunningEmulator, device: Any) -> None:
    emulator.faults.status_before_reply()
    announcing, early = asyncio.create_task(device.announce("/Cloud/f", 3)), asyncio.create_task(device.next())
    first, _ = await asyncio.wait({announcing, early}, return_when=asyncio.FIRST_COMPLETED)
    assert early in first
    upload = await announcing
    assert await early == (upload, ("status", INQUEUE))
    assert await device.carry({upload: b"abc"}) == {upload: FINISH}


async def test_slots_are_not_held_by_clients_that_went_away(
    emulator: RunningEmulator, device: Any, open_device: Any, listed: Any
) -> None:
    emulator.world.options.upload_slots = 1
    away = await device.announce("/Cloud/away", 3)
    await device.until("hash")
    waiting = await device.announce("/Cloud/waiting", 3)
    await device.until("status", INQUEUE)
    other = await open_device("other")
    device.call.cancel()
    while len(emulator.emulator._driver._channels) != 1:
        await listed()
    upload = await other.announce("/Cloud/f", 3)
    assert await other.carry({upload: b"abc"}) == {upload: FINISH}
    back = await open_device("device")
    assert await back.carry({away: b"abc", waiting: b"def"}) == {away: FINISH, waiting: FINISH}


async def test_an_entry_that_arrives_is_never_missing(
    emulator_factory: Callable[..., RunningEmulator], tmp_path: Path, open_device_on: Any
) -> None:
    """Whoever looks while files arrive sees each of them, as on its way or as arrived, and arrived ones have ended."""
    emulator = emulator_factory(root=tmp_path)
    device = await open_device_on(emulator)
    files = {await device.announce(f"/Cloud/{number}", 3): b"abc" for number in range(40)}
    carrying = asyncio.create_task(device.carry(files))
    while not carrying.done():
        replies = [reply async for reply in device.stub.GetSubFiles(pb.ListSubFileRequest(path="/Cloud"))]
        assert len([entry for reply in replies for entry in reply.subFiles]) == len(files)
        for number in (0, 20, 39):
            entry = await device.stub.FindFileByPath(pb.FindFileByPathRequest(path=f"/Cloud/{number}"))
            if entry.id.isdigit():
                rows = await device.stub.GetUploadFileList(pb.GetUploadFileListRequest(getAll=True, filter=f"/Cloud/{number}"))
                assert "Finish" in [row.status for row in rows.uploadFiles if row.destPath == f"/Cloud/{number}"]
    assert set((await carrying).values()) == {FINISH}
