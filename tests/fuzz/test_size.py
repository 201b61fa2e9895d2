"""Much of everything: folders full of the longest names, folders in folders, many streams at once. Bounded memory, no error."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.empty_pb2 import Empty

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto import clouddrive_pb2_grpc as rpc

MIB = 1 << 20
ENTRIES, STREAMS = 10_000, 200
# What the server may take at its peak, all of it. Each listing under way keeps the names it has not told yet: some 5 MiB here.
LIMIT_BYTES = 1024 * MIB


def metadata(target: Any) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {target.token}"),)


def peak(target: Any) -> int:
    """Bytes of memory at its most, as Linux counts them."""
    status = Path(f"/proc/{target.process.pid}/status")
    if not status.exists():
        pytest.skip("memory is read from /proc")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
    assert found is not None
    return int(found[1]) * 1024


def test_folders_in_folders_end_with_a_sentence_where_the_disk_does(target: Any) -> None:
    stub: Any = rpc.CloudDriveFileSrvStub(target.channel)
    path, replies = "/Other", []
    for _ in range(30):
        request = pb.CreateFolderRequest(parentPath=path, folderName="é" * 127)
        try:
            reply = stub.CreateFolder(request, metadata=metadata(target), timeout=target.deadline)
        except grpc.RpcError as error:
            assert error.code() is grpc.StatusCode.NOT_FOUND  # type: ignore[attr-defined]
            break
        replies.append(reply.result)
        if not reply.result.success:
            break
        path += "/" + "é" * 127
    assert sum(result.success for result in replies) > 10
    assert all(result.success or result.errorMessage for result in replies)
    request = pb.ListSubFileRequest(path=path)
    assert list(stub.GetSubFiles(request, metadata=metadata(target), timeout=target.deadline)) == []
    details = stub.GetFileDetailProperties(pb.FileRequest(path="/Other"), metadata=metadata(target), timeout=target.deadline)
    assert details.totalFolderCount == sum(result.success for result in replies)
    target.check()


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_200_streams_list_10000_of_the_longest_names(target: Any, record_property: Any) -> None:
    folder = target.place / "drive" / "Cloud" / "many"
    folder.mkdir()
    names = {f"{number:05}" + "x" * 250 for number in range(ENTRIES)}
    for name in names:
        (folder / name).touch()
    before = peak(target)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{target.port}") as channel:
        stub: Any = rpc.CloudDriveFileSrvStub(channel)
        pushes = [stub.PushMessage(Empty(), metadata=metadata(target)) for _ in range(STREAMS // 2)]
        for push in pushes:
            await push.read()

        async def listed() -> int:
            request = pb.ListSubFileRequest(path="/Cloud/many", forceRefresh=True)
            found = set()
            async for reply in stub.GetSubFiles(request, metadata=metadata(target)):
                found.update(entry.name for entry in reply.subFiles)
            assert found == names
            return len(found)

        assert await asyncio.gather(*(listed() for _ in range(STREAMS // 2))) == [ENTRIES] * (STREAMS // 2)
        await stub.CreateFolder(pb.CreateFolderRequest(parentPath="/Cloud", folderName="told"), metadata=metadata(target))
        for push in pushes:
            while not (message := await push.read()).HasField("fileSystemChange"):
                pass
            assert message.fileSystemChange.path == "/Cloud/told"
            push.cancel()
    print(f"memory before {before // MIB} MiB, peak {peak(target) // MIB} MiB")
    assert peak(target) < LIMIT_BYTES
    target.check()
