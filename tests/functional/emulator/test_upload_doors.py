"""The same upload from another HTTP/2 implementation, and over gRPC-Web by plain requests."""

from __future__ import annotations

import hashlib
import random
import struct
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from grpclib.client import Channel, UnaryStreamMethod, UnaryUnaryMethod
from grpclib.const import Status
from grpclib.exceptions import GRPCError

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto.methods import METHODS
from clouddrive2.testing import RunningEmulator

MIB = 1 << 20
PREPROCESSING, CANCELLED, TRANSFER, PAUSE, FINISH = 1, 2, 3, 4, 5
DATA = random.Random(3).randbytes(3 * MIB + 7)
WEB = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1"}


def answer(message: pb.RemoteUploadChannelReply) -> tuple[str, Message] | None:
    """The call that answers a message of the channel."""
    if message.HasField("hash_data"):
        value = hashlib.sha1(DATA).hexdigest()
        return "RemoteHashProgress", pb.RemoteHashProgressUpload(
            upload_id=message.upload_id,
            hash_type=pb.CloudDriveFile.HashType.ValueType(message.hash_data.hash_type),
            hash_value=value,
        )
    if message.HasField("read_data"):
        offset, length = message.read_data.offset, message.read_data.length
        piece = DATA[offset : offset + length]
        return "RemoteReadData", pb.RemoteReadDataUpload(
            upload_id=message.upload_id, offset=offset, length=length, data=piece, is_last_chunk=offset + length == len(DATA)
        )
    return None


class TestGrpclib:
    @pytest.fixture
    async def other(self, emulator: RunningEmulator) -> AsyncIterator[Channel]:
        async with Channel("127.0.0.1", emulator.port) as channel:
            yield channel

    @pytest.fixture
    def call(self, other: Channel, stub: Any) -> Any:
        metadata = {"authorization": f"Bearer {stub.token}"}

        async def call_method(name: str, request: Message) -> Any:
            method: Any = METHODS[name]
            return await UnaryUnaryMethod(other, method.path, method.request, method.reply)(request, metadata=metadata)

        return call_method

    async def test_a_whole_upload(self, other: Channel, call: Any, stub: Any, content: Any) -> None:
        opening: Any = UnaryStreamMethod(
            other, METHODS["RemoteUploadChannel"].path, pb.RemoteUploadChannelRequest, pb.RemoteUploadChannelReply
        )
        async with opening.open(metadata={"authorization": f"Bearer {stub.token}"}) as stream:
            await stream.send_message(pb.RemoteUploadChannelRequest(device_id="grpclib"), end=True)
            # The stream stands before anything is said on it.
            await stream.recv_initial_metadata()
            request = pb.StartRemoteUploadRequest(file_path="/Cloud/f", file_size=len(DATA), client_can_calculate_hashes=True)
            upload = (await call("StartRemoteUpload", request)).upload_id
            statuses = []
            while FINISH not in statuses:
                message = await stream.recv_message()
                assert message.upload_id == upload
                if message.HasField("status_changed"):
                    statuses.append(message.status_changed.status)
                elif (answered := answer(message)) is not None:
                    await call(*answered)
            assert statuses == [7, PREPROCESSING, TRANSFER, FINISH]
            await stream.cancel()
        assert await content("/Cloud/f") == DATA

    async def test_a_replaced_channel_ends_well(self, other: Channel, stub: Any, open_device: Any) -> None:
        opening: Any = UnaryStreamMethod(
            other, METHODS["RemoteUploadChannel"].path, pb.RemoteUploadChannelRequest, pb.RemoteUploadChannelReply
        )
        async with opening.open(metadata={"authorization": f"Bearer {stub.token}"}) as stream:
            await stream.send_message(pb.RemoteUploadChannelRequest(device_id="device"), end=True)
            await stream.recv_initial_metadata()
            await open_device("device")
            assert await stream.recv_message() is None
            await stream.recv_trailing_metadata()

    async def test_statuses(self, call: Any) -> None:
        for name, request, status in (
            ("StartRemoteUpload", pb.StartRemoteUploadRequest(file_path="/Cloud/none/f"), Status.NOT_FOUND),
            ("RemoteReadData", pb.RemoteReadDataUpload(upload_id="none"), Status.NOT_FOUND),
            ("RemoteReadData", pb.RemoteReadDataUpload(data=bytes(9 * MIB)), Status.RESOURCE_EXHAUSTED),
            ("ListPairedControllers", Empty(), Status.UNIMPLEMENTED),
        ):
            with pytest.raises(GRPCError) as refused:
                await call(name, request)
            assert refused.value.status is status


def framed(message: Message) -> bytes:
    data = message.SerializeToString()
    return struct.pack(">BI", 0, len(data)) + data


class TestWeb:
    async def test_a_whole_upload(self, emulator: RunningEmulator, stub: Any, content: Any) -> None:
        headers = {**WEB, "authorization": f"Bearer {stub.token}"}
        async with httpx.AsyncClient(trust_env=False, base_url=emulator.url, headers=headers) as http:

            async def call(name: str, request: Message) -> Any:
                response = await http.post(METHODS[name].path, content=framed(request))
                assert response.status_code == 200
                assert "grpc-status" not in response.headers
                body, replies = response.content, []
                while body[0] == 0:
                    length = int.from_bytes(body[1:5])
                    replies.append(METHODS[name].reply.FromString(body[5 : 5 + length]))
                    body = body[5 + length :]
                assert body[5:].startswith(b"grpc-status:0")
                return replies[0] if replies else METHODS[name].reply()

            request = pb.RemoteUploadChannelRequest(device_id="web")
            async with http.stream("POST", METHODS["RemoteUploadChannel"].path, content=framed(request)) as response:
                assert response.headers["content-type"] == "application/grpc-web+proto"
                start = pb.StartRemoteUploadRequest(file_path="/Cloud/f", file_size=len(DATA), client_can_calculate_hashes=True)
                upload = (await call("StartRemoteUpload", start)).upload_id
                statuses: list[int] = []
                async for message in messages(response):
                    assert message.upload_id == upload
                    if message.HasField("status_changed"):
                        statuses.append(message.status_changed.status)
                        if statuses[-1] == FINISH:
                            break
                    elif (answered := answer(message)) is not None:
                        reply = await call(*answered)
                        assert answered[0] != "RemoteReadData" or reply.success
                assert statuses == [7, PREPROCESSING, TRANSFER, FINISH]
            control = pb.RemoteUploadControlRequest(upload_id=upload, cancel=pb.CancelRemoteUpload())
            assert await call("RemoteUploadControl", control) == Empty()
        assert await content("/Cloud/f") == DATA

    async def test_a_channel_that_is_left_is_noticed(self, emulator: RunningEmulator, stub: Any) -> None:
        headers = {**WEB, "authorization": f"Bearer {stub.token}"}
        async with httpx.AsyncClient(trust_env=False, base_url=emulator.url, headers=headers) as http:
            request = pb.RemoteUploadChannelRequest(device_id="web")
            async with http.stream("POST", METHODS["RemoteUploadChannel"].path, content=framed(request)):
                assert [channel.device_id for channel in emulator.emulator._driver._channels] == ["web"]
        while len(emulator.emulator._driver._channels):
            await stub.GetRuntimeInfo()

    async def test_a_replaced_channel_ends_with_a_good_trailer(
        self, emulator: RunningEmulator, stub: Any, open_device: Any
    ) -> None:
        headers = {**WEB, "authorization": f"Bearer {stub.token}"}
        async with httpx.AsyncClient(trust_env=False, base_url=emulator.url, headers=headers) as http:
            request = pb.RemoteUploadChannelRequest(device_id="device")
            async with http.stream("POST", METHODS["RemoteUploadChannel"].path, content=framed(request)) as response:
                await open_device("device")
                body = await response.aread()
        assert body[0] == 0x80
        assert b"grpc-status:0" in body


async def messages(response: httpx.Response) -> AsyncIterator[pb.RemoteUploadChannelReply]:
    """Messages of a stream as they come, whatever the pieces they come in."""
    waiting = b""
    async for part in response.aiter_raw():
        waiting += part
        while len(waiting) >= 5 and len(waiting) >= 5 + (length := int.from_bytes(waiting[1:5])):
            flag, message, waiting = waiting[0], waiting[5 : 5 + length], waiting[5 + length :]
            if flag & 0x80:
                return
            yield pb.RemoteUploadChannelReply.FromString(message)
