"""Raw stubs of the contract: these tests use no client of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.empty_pb2 import Empty

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto import clouddrive_pb2_grpc as rpc
from clouddrive2.testing import RunningEmulator


@dataclass
class Stub:
    """A stub that sends a token with every call: ``await stub.FindFileByPath(request)``."""

    stub: Any
    token: str | None

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.stub, name)
        metadata = (("authorization", f"Bearer {self.token}"),) if self.token else ()
        return lambda request=None, **kw: method(Empty() if request is None else request, metadata=metadata, **kw)

    def under(self, token: str | None) -> Stub:
        """The same connection with another token."""
        return Stub(self.stub, token)


@pytest.fixture
async def channel(emulator: RunningEmulator) -> AsyncIterator[grpc.aio.Channel]:
    options = [("grpc.max_receive_message_length", 64 << 20), ("grpc.max_send_message_length", -1)]
    async with grpc.aio.insecure_channel(f"127.0.0.1:{emulator.port}", options=options) as channel:
        yield channel


@pytest.fixture
async def stub(emulator: RunningEmulator, channel: grpc.aio.Channel) -> Stub:
    stub: Any = rpc.CloudDriveFileSrvStub(channel)
    reply = await stub.GetToken(pb.GetTokenRequest(userName=emulator.username, password=emulator.password))
    return Stub(stub, reply.token)


@pytest.fixture
def put(stub: Stub) -> Any:
    """``await put("/Cloud/f", b"data")`` writes a file and waits until it has arrived."""

    async def put_file(path: str, data: bytes) -> pb.CloudDriveFile:
        folder, _, name = path.rpartition("/")
        handle = (await stub.CreateFile(pb.CreateFileRequest(parentPath=folder or "/", fileName=name))).fileHandle
        request = pb.WriteFileRequest(fileHandle=handle, startPos=0, length=len(data), buffer=data, closeFile=True)
        await stub.WriteToFile(request)
        return await arrived(stub, path)

    return put_file


async def arrived(stub: Stub, path: str) -> pb.CloudDriveFile:
    """The entry, once its id is no UUID any more."""
    while True:
        entry: pb.CloudDriveFile = await stub.FindFileByPath(pb.FindFileByPathRequest(path=path))
        if "-" not in entry.id:
            return entry


@pytest.fixture
def refused() -> Any:
    """``async with refused("NOT_FOUND"): …``: the call in the block ends with this status."""

    @asynccontextmanager
    async def expect(code: str, text: str | None = None) -> AsyncIterator[None]:
        with pytest.raises(grpc.aio.AioRpcError, match=text) as failure:
            yield
        assert failure.value.code() is grpc.StatusCode[code]

    return expect
