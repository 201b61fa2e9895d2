"""Pausing, resuming and cancelling uploads, by their own call and through the upload list (protocol.md §8.7, §10.1)."""

from __future__ import annotations

from typing import Any

import pytest

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

MIB = 1 << 20
PREPROCESSING, CANCELLED, TRANSFER, PAUSE, FINISH, SKIPPED, INQUEUE = range(1, 8)
DATA = bytes(range(256)) * (10 * 4096)


@pytest.fixture(params=["control", "list", "list all"])
def act(request: pytest.FixtureRequest, stub: Any) -> Any:
    """``await act(device, upload, "pause")``, by each of the three ways there are."""

    async def control(device: Any, upload: str, action: str) -> None:
        if request.param == "control":
            await device.control(upload, action)
            return
        name = action.capitalize()
        if request.param == "list":
            keys = pb.MultpleUploadFileKeyRequest(keys=[upload, "unknown"])
            await getattr(stub, f"{name}UploadFiles")(keys)
        else:
            await getattr(stub, f"{name}AllUploadFiles")()

    return control


async def at_work(device: Any, path: str = "/Cloud/f") -> str:
    """An upload with its first reads open."""
    upload: str = await device.announce(path, len(DATA))
    await device.until("hash")
    await device.report(upload, DATA)
    await device.until("read", MIB)
    return upload


async def test_pause_and_resume(device: Any, act: Any, listed: Any, content: Any) -> None:
    upload = await at_work(device)
    await device.send(upload, DATA, 0, MIB)
    await device.until("read", 2 * MIB)
    await act(device, upload, "pause")
    assert await device.next() == (upload, ("status", PAUSE))
    assert (await listed())[upload].status == "Pause"
    # What was on its way when the pause came is taken, and nothing more is asked.
    assert (await device.send(upload, DATA, MIB, MIB)).success
    await act(device, upload, "resume")
    assert [(await device.next())[1] for _ in range(4)] == [
        ("status", INQUEUE),
        ("status", PREPROCESSING),
        ("status", TRANSFER),
        ("read", 2 * MIB, MIB),
    ]
    await device.until("read", 3 * MIB)
    for offset in range(2 * MIB, len(DATA), MIB):
        await device.send(upload, DATA, offset, MIB)
        if offset + 2 * MIB < len(DATA):
            await device.until("read", offset + 2 * MIB)
    await device.until("status", FINISH)
    assert await content("/Cloud/f") == DATA


async def test_paused_while_hashing(device: Any, act: Any, content: Any) -> None:
    upload = await device.announce("/Cloud/f", 3)
    await device.until("hash")
    await act(device, upload, "pause")
    await device.until("status", PAUSE)
    await act(device, upload, "resume")
    assert [(await device.next())[1] for _ in range(3)] == [("status", INQUEUE), ("status", PREPROCESSING), ("hash", 2, None)]
    assert await device.carry({upload: b"abc"}) == {upload: FINISH}


async def test_cancel(device: Any, act: Any, listed: Any, found: Any, stub: Any) -> None:
    upload = await at_work(device)
    await act(device, upload, "cancel")
    assert await device.next() == (upload, ("status", CANCELLED))
    assert await found("/Cloud/f") is None
    assert (await listed())[upload].status == "Cancelled"
    reply = await device.send(upload, DATA, 0, MIB)
    assert (reply.success, reply.bytes_received) == (False, 0)
    # Nothing wakes it, and nothing of it is left.
    for action in ("resume", "pause", "cancel"):
        await act(device, upload, action)
    other = await device.announce("/Cloud/f", 3)
    assert await device.carry({other: b"abc"}) == {other: FINISH}
    assert [what for what in device.told(upload) if what[0] == "status"][-1] == ("status", CANCELLED)
    assert len([what for what in device.told(upload) if what == ("status", CANCELLED)]) == 1


async def test_cancel_while_paused_and_while_queued(emulator: RunningEmulator, device: Any, found: Any) -> None:
    emulator.world.options.upload_slots = 1
    first = await at_work(device)
    second = await device.announce("/Cloud/g", 3)
    await device.until("status", INQUEUE)
    await device.control(second, "cancel")
    assert await device.next() == (second, ("status", CANCELLED))
    await device.control(first, "pause")
    await device.until("status", PAUSE)
    await device.control(first, "cancel")
    assert await device.next() == (first, ("status", CANCELLED))
    assert await found("/Cloud/f") is await found("/Cloud/g") is None


async def test_a_pause_gives_the_slot_away_and_a_resume_waits_for_one(emulator: RunningEmulator, device: Any) -> None:
    emulator.world.options.upload_slots = 1
    first = await at_work(device)
    second = await device.announce("/Cloud/g", 3)
    assert await device.next() == (second, ("status", INQUEUE))
    await device.control(first, "pause")
    assert await device.next() == (first, ("status", PAUSE))
    assert await device.next() == (second, ("status", PREPROCESSING))
    await device.control(first, "resume")
    assert await device.carry({second: b"abc"}) == {second: FINISH}
    await device.until("status", TRANSFER)
    assert device.told(first)[-3:] == [("status", INQUEUE), ("status", PREPROCESSING), ("status", TRANSFER)]


async def test_pause_twice_and_resume_unpaused(device: Any) -> None:
    upload = await device.announce("/Cloud/f", 3)
    await device.until("hash")
    await device.control(upload, "resume")
    for _ in range(2):
        await device.control(upload, "pause")
        assert await device.next() == (upload, ("status", PAUSE))


async def test_a_queued_upload_is_paused(emulator: RunningEmulator, device: Any) -> None:
    emulator.world.options.upload_slots = 0
    upload = await device.announce("/Cloud/f", 3)
    await device.until("status", INQUEUE)
    await device.control(upload, "pause")
    assert await device.next() == (upload, ("status", PAUSE))
    await device.control(upload, "resume")
    assert await device.next() == (upload, ("status", INQUEUE))


async def test_deleting_the_placeholder_or_its_folder_cancels(device: Any, stub: Any) -> None:
    await stub.CreateFolder(pb.CreateFolderRequest(parentPath="/Cloud", folderName="d"))
    for path, deleted in (("/Cloud/f", "/Cloud/f"), ("/Cloud/d/f", "/Cloud/d")):
        upload = await device.announce(path, 3)
        await device.until("hash")
        assert (await stub.DeleteFile(pb.FileRequest(path=deleted))).success
        assert await device.next() == (upload, ("status", CANCELLED))


async def test_a_folder_that_is_uploaded_into_is_not_moved(device: Any, stub: Any) -> None:
    await stub.CreateFolder(pb.CreateFolderRequest(parentPath="/Cloud", folderName="d"))
    upload = await device.announce("/Cloud/d/f", 3)
    await device.until("hash")
    result = await stub.RenameFile(pb.RenameFileRequest(theFilePath="/Cloud/d", newName="e"))
    assert not result.success
    assert await device.carry({upload: b"abc"}) == {upload: FINISH}


async def test_two_uploads_to_one_path(device: Any, found: Any, content: Any) -> None:
    first = await device.announce("/Cloud/f", 3)
    second = await device.announce("/Cloud/f", 4)
    await device.control(first, "cancel")
    await device.until("status", CANCELLED)
    assert (await found("/Cloud/f")).size == 4
    assert await device.carry({second: b"abcd"}) == {second: FINISH}
    assert await content("/Cloud/f") == b"abcd"


async def test_pages_and_filters_of_the_list(device: Any, stub: Any, put: Any) -> None:
    await put("/Cloud/written", b"1")
    for name in ("a", "b", "A2"):
        upload = await device.announce(f"/Cloud/{name}", 3)
    await device.control(upload, "pause")
    await device.until("status", PAUSE)

    async def page(**more: Any) -> tuple[list[str], int, int]:
        reply = await stub.GetUploadFileList(pb.GetUploadFileListRequest(**more))
        names = [row.destPath.rpartition("/")[2] for row in reply.uploadFiles]
        return names, reply.totalCount, reply.totalCountFiltered

    assert await page(itemsPerPage=3, pageNumber=0) == (["written", "a", "b"], 4, 4)
    assert await page(itemsPerPage=3, pageNumber=1) == (["A2"], 4, 4)
    assert await page(itemsPerPage=3, pageNumber=2) == ([], 4, 4)
    assert await page(getAll=True, itemsPerPage=1) == (["written", "a", "b", "A2"], 4, 4)
    assert await page(getAll=True, filter="/a") == (["a", "A2"], 4, 2)
    assert await page(getAll=True, statusFilter=PAUSE) == (["A2"], 4, 1)
    assert await page(getAll=True, operatorTypeFilter=0) == (["written"], 4, 1)
    assert await page(itemsPerPage=1, pageNumber=1, operatorTypeFilter=3) == (["b"], 4, 3)
    assert (await stub.GetAllTasksCount()).uploadCount == (await stub.GetUploadFileCount()).fileCount == 3
