"""Deliberate faults of uploads, as they show on the wire."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from typing import Any

import grpc
import grpc.aio
import pytest

from clouddrive2.emulator import CloudOptions
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

MIB = 1 << 20
PREPROCESSING, CANCELLED, TRANSFER, PAUSE, FINISH, SKIPPED, INQUEUE, IGNORED, ERROR, FATAL = range(1, 11)
DATA = random.Random(7).randbytes(5 * MIB + 100)
SHA1 = hashlib.sha1(DATA).hexdigest()


def reads(device: Any, upload: str) -> list[tuple[int, int]]:
    return [(what[1], what[2]) for what in device.told(upload) if what[0] == "read"]


async def announce(device: Any, path: str = "/Cloud/f") -> str:
    """An upload of DATA whose hash is known ahead."""
    upload: str = await device.announce(path, len(DATA), known_hashes={2: SHA1})
    return upload


class TestChannel:
    @pytest.mark.parametrize("after", [1, 3])
    async def test_dropped(self, emulator: RunningEmulator, device: Any, open_device: Any, content: Any, after: int) -> None:
        emulator.faults.drop_channel(after_messages=after, times=2)
        upload = await announce(device)
        for number in range(2):
            with pytest.raises(grpc.aio.AioRpcError) as dropped:
                while await device.next():
                    pass
            assert dropped.value.code() is grpc.StatusCode.UNAVAILABLE
            assert len(device.seen) == after
            assert emulator.faults.fired["drop_channel"] == number + 1
            device = await open_device()
        assert await device.carry({upload: DATA}) == {upload: FINISH}
        assert await content("/Cloud/f") == DATA

    async def test_replaced(self, emulator: RunningEmulator, device: Any, open_device: Any) -> None:
        emulator.faults.replace_channel(after_messages=4)
        upload = await announce(device)
        while await device.next():
            pass
        assert len(device.seen) == 4
        assert await device.call.code() is grpc.StatusCode.OK
        again = await open_device()
        assert await again.carry({upload: DATA}) == {upload: FINISH}
        assert emulator.faults.fired["replace_channel"] == 1

    async def test_foreign_uploads(self, emulator: RunningEmulator, open_device: Any, refused: Any) -> None:
        emulator.faults.foreign_upload(messages=2)
        device = await open_device()
        upload = await announce(device)
        assert await device.carry({upload: DATA}) == {upload: FINISH}
        (foreign,) = {each for each, _ in device.seen} - {upload}
        assert [what[0] for what in device.told(foreign)] == ["hash", "read", "read"]
        async with refused("NOT_FOUND", "upload session not found"):
            await device.send(foreign, DATA, 0, 1024)

    async def test_an_odd_status(self, emulator: RunningEmulator, device: Any, listed: Any) -> None:
        emulator.faults.odd_status(99)
        upload = await announce(device)
        await device.until("read")
        assert [what[1] for what in device.told(upload) if what[0] == "status"] == [INQUEUE, 99, TRANSFER]
        assert (await listed())[upload].status == "Transfer"

    async def test_the_status_number_is_missing_from_the_list(self, emulator: RunningEmulator, device: Any, listed: Any) -> None:
        emulator.faults.status_enum_missing()
        upload = await announce(device)
        await device.until("status", TRANSFER)
        row = (await listed())[upload]
        assert (row.status, row.statusEnum) == ("Transfer", 0)


class TestRequests:
    async def test_twice(self, emulator: RunningEmulator, device: Any, content: Any) -> None:
        emulator.faults.ask_twice()
        upload = await announce(device)
        assert await device.carry({upload: DATA}) == {upload: FINISH}
        asked = reads(device, upload)
        assert sorted(asked[::2]) == sorted(asked[1::2]) == [(at, min(MIB, len(DATA) - at)) for at in range(0, len(DATA), MIB)]
        assert await content("/Cloud/f") == DATA

    async def test_out_of_order(self, emulator: RunningEmulator, device: Any, content: Any) -> None:
        emulator.faults.out_of_order()
        upload = await announce(device)
        assert await device.carry({upload: DATA}) == {upload: FINISH}
        assert [offset // MIB for offset, _ in reads(device, upload)] == [3, 2, 1, 0, 5, 4]
        assert await content("/Cloud/f") == DATA

    async def test_overlapping(self, emulator: RunningEmulator, device: Any, content: Any) -> None:
        emulator.faults.overlapping()
        upload = await announce(device)
        assert await device.carry({upload: DATA}) == {upload: FINISH}
        asked = reads(device, upload)
        assert asked[:3] == [(0, MIB), (MIB, MIB), (MIB // 2, MIB)]
        assert all(offset + length <= len(DATA) for offset, length in asked)
        assert sum(length for _, length in asked) > len(DATA)
        assert await content("/Cloud/f") == DATA

    async def test_all_of_them(self, emulator: RunningEmulator, device: Any, content: Any) -> None:
        for fault in ("ask_twice", "out_of_order", "overlapping"):
            getattr(emulator.faults, fault)()
        upload = await announce(device)
        assert await device.carry({upload: DATA}) == {upload: FINISH}
        assert await content("/Cloud/f") == DATA

    async def test_hashes_early(self, emulator: RunningEmulator, device: Any) -> None:
        emulator.faults.reask_hashes(after_seconds=0.02)
        upload = await device.announce("/Cloud/f", 3)
        for _ in range(4):
            await device.until("hash", 2)
        assert await device.carry({upload: b"abc"}) == {upload: FINISH}

    async def test_refused_data(self, emulator: RunningEmulator, device: Any) -> None:
        emulator.faults.fail_result("RemoteReadData", text="the cloud is busy")
        upload = await announce(device)
        await device.until("read", MIB)
        reply = await device.send(upload, DATA, 0, MIB)
        assert (reply.success, reply.error_message, reply.bytes_received) == (False, "the cloud is busy", 0)
        assert (await device.send(upload, DATA, 0, MIB)).success

    async def test_a_lost_reply_to_data(self, emulator: RunningEmulator, device: Any, refused: Any, content: Any) -> None:
        emulator.faults.drop_reply("RemoteReadData")
        upload = await announce(device)
        await device.until("read", MIB)
        async with refused("UNAVAILABLE"):
            await device.send(upload, DATA, 0, MIB)
        # It was taken: the next range is asked, and sending the same again does no harm.
        await device.until("read", 2 * MIB)
        assert (await device.send(upload, DATA, 0, MIB)).success
        assert await device.carry({upload: DATA}) == {upload: FINISH}
        assert await content("/Cloud/f") == DATA


class TestOutcomes:
    async def test_the_index_lags_by_lookups(self, emulator: RunningEmulator, device: Any, found: Any) -> None:
        emulator.faults.lag_index(lookups=2)
        await device.carry({await announce(device): DATA})
        assert await found("/Cloud/f") is None
        assert await found("/Cloud/f") is None
        assert (await found("/Cloud/f")).size == len(DATA)
        assert emulator.faults.fired["lag_index"] == 1

    async def test_the_index_lags_by_time(self, emulator: RunningEmulator, device: Any, found: Any, stub: Any) -> None:
        emulator.faults.lag_index(seconds=120)
        await device.carry({await announce(device): DATA})

        async def names() -> list[str]:
            return [e.name async for reply in stub.GetSubFiles(pb.ListSubFileRequest(path="/Cloud")) for e in reply.subFiles]

        assert await found("/Cloud/f") is None
        assert await names() == []
        emulator.world.clock.advance(121)
        assert await names() == ["f"]
        assert await found("/Cloud/f") is not None

    async def test_a_wrong_hash_is_shown(self, emulator: RunningEmulator, device: Any, found: Any, content: Any) -> None:
        emulator.faults.lie_about_hash()
        for path in ("/Cloud/f", "/Cloud/g"):
            await device.carry({await announce(device, path): DATA})
        assert (await found("/Cloud/f")).fileHashes[2] not in ("", SHA1)
        assert len((await found("/Cloud/f")).fileHashes[2]) == 40
        assert (await found("/Cloud/g")).fileHashes[2] == SHA1
        assert await content("/Cloud/f") == DATA

    async def test_wrong_bytes_are_stored(self, emulator_factory: Callable[..., RunningEmulator], open_device_on: Any) -> None:
        emulator = emulator_factory(clouds=(CloudOptions("Cloud", needs=()), CloudOptions("Other")))
        emulator.faults.corrupt_stored()
        device = await open_device_on(emulator)
        known = await device.announce("/Other/f", len(DATA), known_hashes={2: SHA1})
        assert await device.carry({known: DATA}) == {known: ERROR}
        emulator.faults.corrupt_stored()
        # Nobody knows the hash ahead: the cloud keeps the wrong bytes, and shows their hash.
        unknown = await device.announce("/Cloud/f", len(DATA))
        assert await device.carry({unknown: DATA}) == {unknown: FINISH}
        entry = await device.stub.FindFileByPath(pb.FindFileByPathRequest(path="/Cloud/f"))
        assert entry.fileHashes[2] != SHA1
        assert emulator.faults.fired["corrupt_stored"] == 2

    async def test_the_disk_fills(self, emulator: RunningEmulator, device: Any, stub: Any, found: Any, refused: Any) -> None:
        emulator.faults.disk_full(after_bytes=MIB + 10)
        upload = await announce(device)
        await device.until("read", MIB)
        assert (await device.send(upload, DATA, 0, MIB)).success
        reply = await device.send(upload, DATA, MIB, MIB)
        assert not reply.success
        assert "space" in reply.error_message
        await device.until("status", FATAL)
        assert "space" in device.problem
        assert await found("/Cloud/f") is None
        handle = (await stub.CreateFile(pb.CreateFileRequest(parentPath="/Cloud", fileName="g"))).fileHandle
        await stub.WriteToFile(pb.WriteFileRequest(fileHandle=handle, length=10, buffer=bytes(10)))
        async with refused("INTERNAL", "space"):
            await stub.WriteToFile(pb.WriteFileRequest(fileHandle=handle, startPos=10, length=1, buffer=b"1"))

    async def test_written_files_lag_and_lie_too(self, emulator: RunningEmulator, stub: Any, found: Any, listed: Any) -> None:
        emulator.faults.lag_index(lookups=1)
        emulator.faults.lie_about_hash()
        handle = (await stub.CreateFile(pb.CreateFileRequest(parentPath="/Cloud", fileName="f"))).fileHandle
        await stub.WriteToFile(pb.WriteFileRequest(fileHandle=handle, length=3, buffer=b"abc", closeFile=True))
        while "Finish" not in [row.status for row in (await listed()).values()]:
            pass
        assert await found("/Cloud/f") is None
        assert (await found("/Cloud/f")).fileHashes[2] != hashlib.sha1(b"abc").hexdigest()

    async def test_forgotten(self, emulator: RunningEmulator, device: Any, listed: Any, found: Any, refused: Any) -> None:
        hashing, reading = await device.announce("/Cloud/a", 3), await announce(device, "/Cloud/b")
        await device.until("read", MIB)
        emulator.faults.forget_uploads()
        for upload in (hashing, reading):
            for call in (device.control(upload, "resume"), device.send(upload, DATA, 0, MIB), device.report(upload, DATA)):
                async with refused("NOT_FOUND", "upload session not found"):
                    await call
        assert await listed() == {}
        assert await found("/Cloud/a") is await found("/Cloud/b") is None
        # The channel itself goes on, and the slots are free.
        emulator.world.options.upload_slots = 1
        again = await announce(device, "/Cloud/b")
        assert await device.carry({again: DATA}) == {again: FINISH}

    async def test_forgotten_in_the_middle_of_storing(
        self, emulator: RunningEmulator, device: Any, found: Any, listed: Any
    ) -> None:
        for _ in range(10):
            upload = await device.announce("/Cloud/f", 3, known_hashes={2: hashlib.sha1(b"abc").hexdigest()})
            await device.until("read", 0)
            await device.send(upload, b"abc", 0, 3)
            emulator.faults.forget_uploads()
            assert await listed() == {}
            if await found("/Cloud/f") is not None:
                assert (await found("/Cloud/f")).id.isdigit()
                await device.stub.DeleteFile(pb.FileRequest(path="/Cloud/f"))
