"""Every RPC of the contract is within reach: one of each shape, with the same errors as everything else."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator

import pytest

from clouddrive2 import errors
from clouddrive2.api.raw import AsyncRaw
from clouddrive2.client.aio import AsyncClient
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto.methods import METHODS
from clouddrive2.testing import RunningEmulator


def test_each_rpc_has_its_method() -> None:
    methods = {name for name, _ in inspect.getmembers(AsyncRaw, inspect.isfunction) if not name.startswith("_")}
    assert methods == METHODS.keys()


async def test_one_message_for_one(client: AsyncClient) -> None:
    reply = await client.raw.FindFileByPath(pb.FindFileByPathRequest(path="/Cloud"))
    assert reply.isCloudRoot
    assert (await client.raw.GetRuntimeInfo()).productVersion == "1.1.2"


async def test_many_messages_for_one(client: AsyncClient) -> None:
    await client.files.mkdir("/Cloud/a")
    replies = [reply async for reply in client.raw.GetSubFiles(pb.ListSubFileRequest(path="/Cloud"))]
    assert [file.name for reply in replies for file in reply.subFiles] == ["a"]


async def test_a_stream_without_end_is_left(client: AsyncClient) -> None:
    seen = []
    async for message in client.raw.PushMessage():
        seen.append(message)
        if len(seen) == 3:
            break
    assert all(message.HasField("transferTaskStatus") for message in seen)


@pytest.mark.parametrize("transport", ["grpc"], indirect=True)
async def test_one_message_for_many(client: AsyncClient) -> None:
    created = await client.raw.CreateFile(pb.CreateFileRequest(parentPath="/Cloud", fileName="f"))

    async def writes() -> AsyncIterator[pb.WriteFileRequest]:
        for start in (0, 3):
            yield pb.WriteFileRequest(fileHandle=created.fileHandle, startPos=start, length=3, buffer=b"abc")
        yield pb.WriteFileRequest(fileHandle=created.fileHandle, startPos=6, closeFile=True)

    assert (await client.raw.WriteToFileStream(writes())).bytesWritten == 6
    while (await client.files.stat("/Cloud/f")).pending:
        pass
    assert await client.files.read_bytes("/Cloud/f") == b"abcabc"


async def test_many_messages_for_many(client: AsyncClient) -> None:
    async def hello() -> AsyncIterator[pb.AppAgentUpstream]:
        yield pb.AppAgentUpstream(hello=pb.AppAgentHello(app_version="1", protocol_version=1))

    with pytest.raises(errors.Unsupported, match="AppAgentChannel: this server does not offer the call"):
        _ = [message async for message in client.raw.AppAgentChannel(hello())]


async def test_the_same_errors(client: AsyncClient, emulator: RunningEmulator) -> None:
    with pytest.raises(errors.NotFound):
        await client.raw.FindFileByPath(pb.FindFileByPathRequest(path="/none"))
    emulator.faults.fail_result("RenameFile", "the name exists")
    with pytest.raises(errors.AlreadyExists, match="RenameFile: the name exists"):
        await client.raw.RenameFile(pb.RenameFileRequest(theFilePath="/Cloud/a", newName="b"))


async def test_a_deadline_of_its_own(client: AsyncClient, emulator: RunningEmulator) -> None:
    emulator.faults.delay("RenameFile", 30)
    with pytest.raises(errors.Timeout, match="RenameFile: the server did not answer in time"):
        await client.raw.RenameFile(pb.RenameFileRequest(theFilePath="/Cloud/a", newName="b"), timeout=0.05)
