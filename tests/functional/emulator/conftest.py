"""Raw stubs of the contract: these tests use no client of ours."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio
import httpx
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
    address: str

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.stub, name)
        metadata = (("authorization", f"Bearer {self.token}"),) if self.token else ()
        return lambda request=None, **kw: method(Empty() if request is None else request, metadata=metadata, **kw)

    def under(self, token: str | None) -> Stub:
        """The same connection with another token."""
        return Stub(self.stub, token, self.address)


@pytest.fixture
async def channel(emulator: RunningEmulator) -> AsyncIterator[grpc.aio.Channel]:
    options = [("grpc.max_receive_message_length", 64 << 20), ("grpc.max_send_message_length", -1)]
    async with grpc.aio.insecure_channel(f"127.0.0.1:{emulator.port}", options=options) as channel:
        yield channel


@pytest.fixture
async def stub(emulator: RunningEmulator, channel: grpc.aio.Channel) -> Stub:
    stub: Any = rpc.CloudDriveFileSrvStub(channel)
    reply = await stub.GetToken(pb.GetTokenRequest(userName=emulator.username, password=emulator.password))
    return Stub(stub, reply.token, f"127.0.0.1:{emulator.port}")


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


ENDS = {2, 5, 6, 8, 9, 10}
HASHES = {1: "md5", 2: "sha1"}


@dataclass
class Device:
    """One upload channel, served by hand (protocol.md §8). Messages are kept as ``(upload_id, what)``.

    ``what`` is ``("status", number)``, ``("hash", type, block_size)`` or ``("read", offset, length)``.
    """

    stub: Stub
    call: Any
    seen: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    unanswered: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    problem: str = ""

    async def next(self) -> tuple[str, tuple[Any, ...]] | None:
        """The next message; ``None`` at the end of the stream."""
        message = await self.call.read()
        if message is grpc.aio.EOF:
            return None
        what: tuple[Any, ...]
        if message.HasField("status_changed"):
            self.problem = message.status_changed.error_message or self.problem
            what = ("status", int(message.status_changed.status))
        elif message.HasField("hash_data"):
            asked = message.hash_data
            what = ("hash", asked.hash_type, asked.block_size if asked.HasField("block_size") else None)
        else:
            what = ("read", message.read_data.offset, message.read_data.length)
        self.seen.append((message.upload_id, what))
        if what[0] != "status":
            self.unanswered.append((message.upload_id, what))
        return message.upload_id, what

    async def until(self, *what: Any) -> str:
        """Read up to a message that begins with these words; its upload."""
        while (message := await self.next()) is not None:
            if message[1][: len(what)] == what:
                return message[0]
        raise AssertionError(f"the channel ended before {what}: {self.seen}")

    async def send(self, upload: str, data: bytes, offset: int, length: int, **more: Any) -> pb.RemoteReadDataReply:
        """Answer a read of ``data`` with one piece."""
        self._answered(upload, "read", offset)
        piece = data[offset : offset + length]
        fields = {"length": len(piece), "data": piece, "is_last_chunk": offset + length >= len(data), **more}
        reply: pb.RemoteReadDataReply = await self.stub.RemoteReadData(
            pb.RemoteReadDataUpload(upload_id=upload, offset=offset, **fields)
        )
        return reply

    async def report(self, upload: str, data: bytes, kind: int = 2, **more: Any) -> None:
        """Report the hash of ``data``."""
        self._answered(upload, "hash", kind)
        value = hashlib.new(HASHES[kind], data).hexdigest()
        fields = {"bytes_hashed": len(data), "total_bytes": len(data), "hash_type": kind, "hash_value": value, **more}
        await self.stub.RemoteHashProgress(pb.RemoteHashProgressUpload(upload_id=upload, **fields))

    async def carry(self, files: dict[str, bytes]) -> dict[str, int]:
        """Answer everything, also what was seen before, until each of these uploads has ended; the last status of each."""
        ended: dict[str, int] = {}
        while ended.keys() != files.keys():
            early = [each for each in self.unanswered if each[0] in files]
            message = early[0] if early else await self.next()
            assert message is not None, self.seen
            upload, what = message
            if upload not in files:
                continue
            match what:
                case ("status", number) if number in ENDS:
                    ended[upload] = number
                case ("hash", kind, block):
                    data = files[upload]
                    blocks = (
                        [hashlib.md5(data[at : at + block]).hexdigest() for at in range(0, len(data), block or 1)]
                        if block
                        else []
                    )
                    await self.report(upload, data, kind, block_hashes=blocks)
                case ("read", offset, length):
                    reply = await self.send(upload, files[upload], offset, length)
                    # Data for a doubled request may come when all is done.
                    assert reply.success or "ended" in reply.error_message
        return ended

    def _answered(self, upload: str, *what: Any) -> None:
        for message in self.unanswered:
            if message[0] == upload and message[1][: len(what)] == what:
                self.unanswered.remove(message)
                return

    def told(self, upload: str) -> list[tuple[Any, ...]]:
        """What came for one upload so far."""
        return [what for each, what in self.seen if each == upload]

    async def announce(self, path: str, size: int, **more: Any) -> str:
        """Start an upload; its id."""
        fields = {"client_can_calculate_hashes": True, **more}
        reply = await self.stub.StartRemoteUpload(pb.StartRemoteUploadRequest(file_path=path, file_size=size, **fields))
        return str(reply.upload_id)

    async def control(self, upload: str, action: str) -> None:
        """``cancel``, ``pause`` or ``resume``."""
        request = pb.RemoteUploadControlRequest(upload_id=upload)
        getattr(request, action).SetInParent()
        await self.stub.RemoteUploadControl(request)


@pytest.fixture
async def open_device(stub: Stub) -> AsyncIterator[Any]:
    """``await open_device("device id")`` opens an upload channel that stands when it returns."""
    opened: list[Device] = []

    async def open_channel(device_id: str = "device", under: Stub | None = None) -> Device:
        used = under or stub
        device = Device(used, used.RemoteUploadChannel(pb.RemoteUploadChannelRequest(device_id=device_id)))
        await device.call.initial_metadata()
        opened.append(device)
        return device

    yield open_channel
    for device in opened:
        device.call.cancel()


@pytest.fixture
async def device(open_device: Any) -> Device:
    opened: Device = await open_device()
    return opened


@pytest.fixture
def listed(stub: Stub) -> Any:
    """``await listed()``: the upload list by key."""

    async def read(**more: Any) -> dict[str, pb.UploadFileInfo]:
        reply = await stub.GetUploadFileList(pb.GetUploadFileListRequest(getAll=True, **more))
        return {row.key: row for row in reply.uploadFiles}

    return read


@pytest.fixture
def content(stub: Stub) -> Any:
    """``await content(path)``: the bytes of a file, by its download link."""

    async def read(path: str) -> bytes:
        link = (await stub.GetDownloadUrlPath(pb.GetDownloadUrlPathRequest(path=path))).downloadUrlPath
        host = stub.address
        link = link.replace("{SCHEME}", "http").replace("{HOST}", host).replace("{PREVIEW}", "false")
        async with httpx.AsyncClient(trust_env=False) as http:
            response = await http.get(f"http://{host}{link}")
        response.raise_for_status()
        return response.content

    return read


@pytest.fixture
def found(stub: Stub) -> Any:
    """``await found(path)``: the entry, or ``None``."""

    async def look(path: str) -> pb.CloudDriveFile | None:
        try:
            entry: pb.CloudDriveFile = await stub.FindFileByPath(pb.FindFileByPathRequest(path=path))
        except grpc.aio.AioRpcError as error:
            assert error.code() is grpc.StatusCode.NOT_FOUND
            return None
        return entry

    return look


@pytest.fixture
async def open_device_on() -> AsyncIterator[Any]:
    """``await open_device_on(emulator)``: an upload channel on another emulator than the test's own."""
    async with AsyncExitStack() as stack:

        async def open_there(emulator: RunningEmulator, device_id: str = "device") -> Device:
            channel = await stack.enter_async_context(grpc.aio.insecure_channel(f"127.0.0.1:{emulator.port}"))
            raw: Any = rpc.CloudDriveFileSrvStub(channel)
            reply = await raw.GetToken(pb.GetTokenRequest(userName=emulator.username, password=emulator.password))
            there = Stub(raw, reply.token, f"127.0.0.1:{emulator.port}")
            device = Device(there, there.RemoteUploadChannel(pb.RemoteUploadChannelRequest(device_id=device_id)))
            await device.call.initial_metadata()
            stack.callback(device.call.cancel)
            return device

        yield open_there
