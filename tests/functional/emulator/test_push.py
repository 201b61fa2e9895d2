"""The push stream."""

from __future__ import annotations

from typing import Any

import pytest

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

CREATE, DELETE, RENAME = pb.FileSystemChange.CREATE, pb.FileSystemChange.DELETE, pb.FileSystemChange.RENAME
COUNTS = [
    pb.CloudDrivePushMessage.DOWNLOADER_COUNT,
    pb.CloudDrivePushMessage.UPLOADER_COUNT,
    pb.CloudDrivePushMessage.COPY_TASK_COUNT,
]


class Listener:
    """An open push stream."""

    def __init__(self, stub: Any) -> None:
        self.call = stub.PushMessage()

    async def snapshot(self) -> list[pb.CloudDrivePushMessage]:
        return [await self.call.read() for _ in range(3)]

    async def change(self) -> pb.FileSystemChange:
        """The next change; counters are passed over."""
        while True:
            message = await self.call.read()
            if message.HasField("fileSystemChange"):
                change: pb.FileSystemChange = message.fileSystemChange
                return change


@pytest.fixture
async def listener(stub: Any) -> Any:
    listener = Listener(stub)
    assert [message.messageType for message in await listener.snapshot()] == COUNTS
    yield listener
    listener.call.cancel()


async def test_changes_as_they_happen(stub: Any, put: Any, listener: Listener) -> None:
    await stub.CreateFolder(pb.CreateFolderRequest(parentPath="/Cloud", folderName="d"))
    change = await listener.change()
    assert (change.changeType, change.path, change.isDirectory, change.theFile.name) == (CREATE, "/Cloud/d", True, "d")
    await put("/Cloud/d/f", b"123")
    change = await listener.change()
    assert (change.changeType, change.path, change.isDirectory, change.theFile.size) == (CREATE, "/Cloud/d/f", False, 3)
    await stub.RenameFile(pb.RenameFileRequest(theFilePath="/Cloud/d", newName="e"))
    change = await listener.change()
    assert (change.changeType, change.path, change.newPath, change.theFile.fullPathName) == (
        RENAME,
        "/Cloud/d",
        "/Cloud/e",
        "/Cloud/e",
    )
    await stub.MoveFile(pb.MoveFileRequest(theFilePaths=["/Cloud/e/f"], destPath="/Cloud"))
    change = await listener.change()
    assert (change.changeType, change.path, change.newPath) == (RENAME, "/Cloud/e/f", "/Cloud/f")
    await stub.DeleteFile(pb.FileRequest(path="/Cloud/e"))
    change = await listener.change()
    assert (change.changeType, change.path, change.isDirectory, change.HasField("theFile")) == (DELETE, "/Cloud/e", True, False)


async def test_uploads_are_counted(emulator: RunningEmulator, stub: Any, put: Any, listener: Listener) -> None:
    await put("/Cloud/f", b"123")
    seen = []
    while "Finish" not in seen:
        message = await listener.call.read()
        seen += [row.status for row in message.transferTaskStatus.uploadFileStatusChanges]
    assert seen == ["Inqueue", "Preprocessing", "Transfer", "Finish"]


async def test_a_counter_now_and_then(emulator: RunningEmulator, listener: Listener) -> None:
    emulator.world.clock.advance(30)
    assert (await listener.call.read()).messageType == pb.CloudDrivePushMessage.UPLOADER_COUNT


async def test_several_listeners_each_in_its_view(stub: Any, listener: Listener) -> None:
    for name in ("in", "out"):
        await stub.CreateFolder(pb.CreateFolderRequest(parentPath="/Cloud", folderName=name))
        await listener.change()
    granted = pb.TokenPermissions(allow_push_message=True)
    token = (await stub.CreateToken(pb.CreateTokenRequest(rootDir="/Cloud/in", permissions=granted))).token
    inside = Listener(stub.under(token))
    await inside.snapshot()
    await stub.CreateFolder(pb.CreateFolderRequest(parentPath="/Cloud/out", folderName="x"))
    await stub.CreateFolder(pb.CreateFolderRequest(parentPath="/Cloud/in", folderName="y"))
    await stub.MoveFile(pb.MoveFileRequest(theFilePaths=["/Cloud/out/x"], destPath="/Cloud/in"))
    await stub.MoveFile(pb.MoveFileRequest(theFilePaths=["/Cloud/in/y"], destPath="/Cloud/out"))
    seen = [await inside.change() for _ in range(3)]
    assert [(change.changeType, change.path) for change in seen] == [(CREATE, "/y"), (CREATE, "/x"), (DELETE, "/y")]
    assert seen[0].theFile.fullPathName == "/y"
    assert [(await listener.change()).changeType for _ in range(4)] == [CREATE, CREATE, RENAME, RENAME]
    inside.call.cancel()


async def test_a_listener_that_does_not_read_costs_no_more_than_its_queue(emulator: RunningEmulator, stub: Any) -> None:
    emulator.world.options.listener_messages = 5
    slow = Listener(stub)
    await slow.snapshot()
    for number in range(300):
        emulator.world.announce("DELETE", f"/Cloud/{number}", is_folder=False)
    (queue,) = emulator.world._listeners
    assert queue.qsize() <= 5
    slow.call.cancel()
