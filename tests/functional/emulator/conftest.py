"""Raw stubs of the contract: these tests use no client of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
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
