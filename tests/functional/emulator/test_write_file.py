"""The write-file API and what follows the close."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.emulator.delivery import Deliveries, Delivery
from clouddrive2.emulator.upload_faults import UploadFaults
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator


async def opened(stub: Any, name: str = "f") -> int:
    return int((await stub.CreateFile(pb.CreateFileRequest(parentPath="/Cloud", fileName=name))).fileHandle)


def piece(handle: int, at: int, data: bytes, **more: bool) -> pb.WriteFileRequest:
    return pb.WriteFileRequest(fileHandle=handle, startPos=at, length=len(data), buffer=data, **more)


async def rows(stub: Any) -> list[tuple[str, str, int]]:
    reply = await stub.GetUploadFileList(pb.GetUploadFileListRequest(getAll=True))
    return [(row.destPath, row.status, row.operatorType) for row in reply.uploadFiles]


async def until(stub: Any, status: str) -> None:
    while [row[1] for row in await rows(stub)] != [status]:
        pass


async def test_write_and_close(stub: Any) -> None:
    handle = await opened(stub)
    assert handle > 0
    assert (await stub.WriteToFile(piece(handle, 3, b"def"))).bytesWritten == 3
    assert (await stub.WriteToFile(piece(handle, 0, b"abc"))).bytesWritten == 3
    listed = await stub.GetOpenFileHandles()
    assert [(each.fileHandle, each.filePath) for each in listed.openFileHandles] == [(handle, "/Cloud/f")]
    closed = await stub.CloseFile(pb.CloseFileRequest(fileHandle=handle))
    assert (closed.success, list(closed.resultFilePaths)) == (True, ["/Cloud/f"])
    await until(stub, "Finish")
    assert await rows(stub) == [("/Cloud/f", "Finish", 0)]
    entry = await stub.FindFileByPath(pb.FindFileByPathRequest(path="/Cloud/f"))
    assert (entry.size, entry.id.isdigit()) == (6, True)
    assert dict(entry.fileHashes) == {2: hashlib.sha1(b"abcdef").hexdigest()}


async def test_a_stream_of_writes(stub: Any) -> None:
    handle = await opened(stub)

    async def pieces() -> Any:
        yield piece(handle, 0, b"abc")
        yield piece(handle, 3, b"de")
        yield piece(handle, 5, b"", closeFile=True)

    assert (await stub.WriteToFileStream(pieces())).bytesWritten == 5
    await until(stub, "Finish")


async def test_an_empty_file(stub: Any) -> None:
    await stub.CloseFile(pb.CloseFileRequest(fileHandle=await opened(stub)))
    await until(stub, "Finish")
    assert (await stub.FindFileByPath(pb.FindFileByPathRequest(path="/Cloud/f"))).size == 0


async def test_refusals(stub: Any, refused: Any) -> None:
    handle = await opened(stub)
    for parent, name, code in (
        ("/Cloud", "f", "ALREADY_EXISTS"),
        ("/Cloud/none", "g", "NOT_FOUND"),
        ("/", "g", "PERMISSION_DENIED"),
        ("/Cloud", "..", "INVALID_ARGUMENT"),
    ):
        async with refused(code):
            await stub.CreateFile(pb.CreateFileRequest(parentPath=parent, fileName=name))
    async with refused("INVALID_ARGUMENT"):
        await stub.WriteToFile(pb.WriteFileRequest(fileHandle=handle, length=2, buffer=b"x"))
    await stub.CloseFile(pb.CloseFileRequest(fileHandle=handle))
    async with refused("NOT_FOUND"):
        await stub.CloseFile(pb.CloseFileRequest(fileHandle=handle))
    async with refused("NOT_FOUND"):
        await stub.WriteToFile(piece(99, 0, b"x"))


async def test_idle_handles_expire(emulator: RunningEmulator, stub: Any, refused: Any) -> None:
    handle = await opened(stub)
    emulator.world.clock.advance(29 * 60)
    await stub.WriteToFile(piece(handle, 0, b"x"))
    emulator.world.clock.advance(31 * 60)
    async with refused("NOT_FOUND"):
        await stub.WriteToFile(piece(handle, 1, b"x"))
    assert await opened(stub) > handle


async def test_a_placeholder_until_it_has_arrived(emulator: RunningEmulator, stub: Any) -> None:
    emulator.world.options.upload_delay_seconds = 3600
    await stub.WriteToFile(piece(await opened(stub), 0, b"12345", closeFile=True))
    waiting = await stub.FindFileByPath(pb.FindFileByPathRequest(path="/Cloud/f"))
    assert (waiting.size, waiting.id.count("-")) == (5, 4)
    assert await rows(stub) == [("/Cloud/f", "Inqueue", 0)]
    assert (await stub.RenameFile(pb.RenameFileRequest(theFilePath="/Cloud/f", newName="g"))).success
    assert await rows(stub) == [("/Cloud/g", "Inqueue", 0)]
    emulator.world.clock.advance(3600)
    await until(stub, "Finish")
    assert (await stub.FindFileByPath(pb.FindFileByPathRequest(path="/Cloud/g"))).id.isdigit()


async def test_pause_resume_cancel(emulator: RunningEmulator, stub: Any, refused: Any) -> None:
    emulator.world.options.upload_delay_seconds = 1
    await stub.WriteToFile(piece(await opened(stub), 0, b"12345", closeFile=True))
    await stub.PauseAllUploadFiles()
    emulator.world.clock.advance(2)
    assert [row[1] for row in await rows(stub)] == ["Pause"]
    await stub.ResumeAllUploadFiles()
    await until(stub, "Finish")
    emulator.world.clock.advance(601)
    assert await rows(stub) == []
    await stub.WriteToFile(piece(await opened(stub, "g"), 0, b"12345", closeFile=True))
    await stub.CancelAllUploadFiles()
    await until(stub, "Cancelled")
    async with refused("NOT_FOUND"):
        await stub.FindFileByPath(pb.FindFileByPathRequest(path="/Cloud/g"))


async def test_deleting_the_placeholder_cancels(emulator: RunningEmulator, stub: Any) -> None:
    emulator.world.options.upload_delay_seconds = 3600
    await stub.WriteToFile(piece(await opened(stub), 0, b"12345", closeFile=True))
    assert (await stub.DeleteFile(pb.FileRequest(path="/Cloud/f"))).success
    await until(stub, "Cancelled")


async def test_cancelled_before_it_began(
    emulator_factory: Callable[..., RunningEmulator], open_device_on: Any, tmp_path: Path
) -> None:
    emulator = emulator_factory(root=tmp_path)
    stub = (await open_device_on(emulator)).stub

    async def close_and_cancel() -> None:
        """Without a pause in between, as a call that comes at once."""
        world = emulator.emulator.world
        cloud, _ = world.locate("/Cloud/f")
        task = await Deliveries(world, UploadFaults()).begin(
            Delivery("/Cloud/f", cloud, await cloud.begin(), 0, "me"), at_once=True
        )
        task.control("cancel")

    await asyncio.to_thread(emulator.on_loop, close_and_cancel)
    while list(tmp_path.rglob("*.part")):
        await stub.GetUploadFileCount()
    assert not list((tmp_path / "Cloud").iterdir())


async def test_upload_immediately_does_not_wait(emulator: RunningEmulator, stub: Any) -> None:
    emulator.world.options.upload_delay_seconds = 3600
    await stub.WriteToFile(piece(await opened(stub), 0, b"1", closeFile=True, uploadImmediately=True))
    await until(stub, "Finish")


async def test_ignored_names_stay_local(emulator: RunningEmulator, stub: Any) -> None:
    emulator.world.options.ignored_extensions = (".part",)
    await stub.WriteToFile(piece(await opened(stub, "x.PART"), 0, b"1", closeFile=True))
    await until(stub, "Ignored")
    assert (await stub.FindFileByPath(pb.FindFileByPathRequest(path="/Cloud/x.PART"))).id.count("-") == 4


async def test_what_is_cancelled_never_arrives_and_what_arrives_was_never_cancelled(
    emulator_factory: Callable[..., RunningEmulator], open_device_on: Any, tmp_path: Path
) -> None:
    emulator = emulator_factory(root=tmp_path)
    stub = (await open_device_on(emulator)).stub
    for start in range(0, 60, 10):
        for number in range(start, start + 10):
            await stub.WriteToFile(piece(await opened(stub, str(number)), 0, b"12345", closeFile=True))
        await stub.CancelAllUploadFiles()
    while (await stub.GetUploadFileCount()).fileCount:
        pass
    for path, status, _ in await rows(stub):
        assert status in ("Cancelled", "Finish")
        assert (tmp_path / path[1:]).exists() == (status == "Finish")
    while list(tmp_path.rglob("*.part")):
        await stub.GetUploadFileCount()


class TestFaults:
    @pytest.mark.parametrize("streamed", [False, True])
    async def test_a_piece_that_fails(self, emulator: RunningEmulator, stub: Any, refused: Any, streamed: bool) -> None:
        emulator.faults.fail_write(text="the disk is broken", after=1)
        handle = await opened(stub)

        async def pieces() -> Any:
            for number in range(4):
                yield piece(handle, number, b"x")

        async with refused("INTERNAL", "the disk is broken"):
            if streamed:
                await stub.WriteToFileStream(pieces())
            async for each in pieces():
                await stub.WriteToFile(each)
        assert (await stub.WriteToFile(piece(handle, 1, b"x"))).bytesWritten == 1
        assert emulator.faults.fired["fail_write"] == 1

    async def test_a_piece_that_is_taken_in_part(self, emulator: RunningEmulator, stub: Any) -> None:
        emulator.faults.short_write(after=1)
        handle = await opened(stub)
        assert [(await stub.WriteToFile(piece(handle, at, b"abc"))).bytesWritten for at in (0, 3, 6)] == [3, 2, 3]

    async def test_wrong_bytes(self, emulator: RunningEmulator, stub: Any) -> None:
        emulator.faults.corrupt_stored()
        await stub.WriteToFile(piece(await opened(stub), 0, b"abc", closeFile=True))
        await until(stub, "Finish")
        entry = await stub.FindFileByPath(pb.FindFileByPathRequest(path="/Cloud/f"))
        assert dict(entry.fileHashes) != {2: hashlib.sha1(b"abc").hexdigest()}

    @pytest.mark.parametrize(("fatal", "status"), [(1, "FatalError"), (0, "Error")])
    async def test_a_delivery_that_fails(
        self, emulator: RunningEmulator, stub: Any, refused: Any, fatal: int, status: str
    ) -> None:
        emulator.faults.fail_delivery(text="no quota left", fatal=fatal)
        await stub.WriteToFile(piece(await opened(stub), 0, b"abc", closeFile=True))
        await until(stub, status)
        reply = await stub.GetUploadFileList(pb.GetUploadFileListRequest(getAll=True))
        assert [row.errorMessage for row in reply.uploadFiles] == ["no quota left"]
        async with refused("NOT_FOUND"):
            await stub.FindFileByPath(pb.FindFileByPathRequest(path="/Cloud/f"))

    async def test_rows_with_paths_of_a_mount(self, emulator: RunningEmulator, stub: Any) -> None:
        emulator.faults.list_mount_paths("/mnt/drive")
        await stub.CloseFile(pb.CloseFileRequest(fileHandle=await opened(stub)))
        assert [row[0] for row in await rows(stub)] == ["/mnt/drive/Cloud/f"]
