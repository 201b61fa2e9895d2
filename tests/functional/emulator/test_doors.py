"""One port: native gRPC from two libraries, gRPC-Web and plain HTTP."""

from __future__ import annotations

import struct
from email.utils import parsedate_to_datetime
from typing import Any

import grpc
import grpc.aio
import httpx
import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from grpclib.client import Channel, UnaryStreamMethod, UnaryUnaryMethod
from grpclib.exceptions import GRPCError

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto.methods import METHODS
from clouddrive2.testing import RunningEmulator

WEB = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1"}


def framed(message: Message) -> bytes:
    data = message.SerializeToString()
    return struct.pack(">BI", 0, len(data)) + data


def frames(body: bytes) -> list[tuple[int, bytes]]:
    found = []
    while body:
        flag, length = struct.unpack_from(">BI", body)
        found.append((flag, body[5 : 5 + length]))
        body = body[5 + length :]
    return found


async def web_call(
    emulator: RunningEmulator, name: str, request: Message, token: str | None = None, **headers: str
) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as http:
        allowed = {"authorization": f"Bearer {token}"} if token else {}
        url = emulator.url + METHODS[name].path
        return await http.post(url, content=framed(request), headers={**WEB, **allowed, **headers})


async def test_grpcio_lists_in_batches(emulator: RunningEmulator, stub: Any) -> None:
    emulator.world.options.batch_entries = 3
    for number in range(7):
        await stub.CreateFolder(pb.CreateFolderRequest(parentPath="/Cloud", folderName=f"f{number}"))
    replies = [reply async for reply in stub.GetSubFiles(pb.ListSubFileRequest(path="/Cloud/"))]
    assert [[entry.name for entry in reply.subFiles] for reply in replies] == [["f0", "f1", "f2"], ["f3", "f4", "f5"], ["f6"]]


async def test_grpclib_calls_and_streams(emulator: RunningEmulator, stub: Any) -> None:
    async with Channel("127.0.0.1", emulator.port) as channel:
        find: Any = UnaryUnaryMethod(channel, METHODS["FindFileByPath"].path, pb.FindFileByPathRequest, pb.CloudDriveFile)
        listing: Any = UnaryStreamMethod(channel, METHODS["GetSubFiles"].path, pb.ListSubFileRequest, pb.SubFilesReply)
        metadata = {"authorization": f"bearer  {stub.token} "}
        entry = await find(pb.FindFileByPathRequest(path="/Cloud"), metadata=metadata)
        assert entry.isCloudRoot
        replies = await listing(pb.ListSubFileRequest(path="/"), metadata=metadata)
        assert [entry.name for entry in replies[0].subFiles] == ["Cloud"]
        with pytest.raises(GRPCError) as refused:
            await find(pb.FindFileByPathRequest(path="/Cloud/none"), metadata=metadata)
        assert refused.value.status.value == grpc.StatusCode.NOT_FOUND.value[0]


async def test_a_message_over_8_mib_is_refused(stub: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.WriteToFile(pb.WriteFileRequest(buffer=bytes(9 << 20)))
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_methods_without_service_and_unknown_paths(channel: grpc.aio.Channel, stub: Any) -> None:
    unknown: Any = channel.unary_unary("/clouddrive.CloudDriveFileSrv/Nothing")
    for call in (stub.ListPairedControllers(), unknown(b"")):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call
        assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_keepalive_pings_are_not_punished(emulator: RunningEmulator, stub: Any) -> None:
    options = [
        ("grpc.keepalive_time_ms", 1000),
        ("grpc.keepalive_timeout_ms", 1000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
    ]
    async with grpc.aio.insecure_channel(f"127.0.0.1:{emulator.port}", options=options) as channel:
        push: Any = channel.unary_stream(
            METHODS["PushMessage"].path, Empty.SerializeToString, pb.CloudDrivePushMessage.FromString
        )
        call = push(Empty(), metadata=(("authorization", f"Bearer {stub.token}"),))
        for _ in range(3):
            await call.read()
        # Four pings go out while nothing else does; then the stream still works.
        emulator.world.clock.advance(0)
        emulator.faults.delay("CreateFolder", 4.5)
        await stub.CreateFolder(pb.CreateFolderRequest(parentPath="/Cloud", folderName="later"))
        message = await call.read()
        assert message.fileSystemChange.path == "/Cloud/later"
        call.cancel()


async def test_web_unary(emulator: RunningEmulator, stub: Any) -> None:
    response = await web_call(emulator, "FindFileByPath", pb.FindFileByPathRequest(path="/Cloud"), stub.token)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/grpc-web+proto"
    assert response.headers["access-control-allow-origin"] == "*"
    (flag, data), trailers = frames(response.content)
    assert flag == 0
    assert pb.CloudDriveFile.FromString(data).fullPathName == "/Cloud"
    assert trailers == (0x80, b"grpc-status:0\r\n")


async def test_web_empty_reply_has_only_trailers(emulator: RunningEmulator, stub: Any) -> None:
    response = await web_call(emulator, "PauseAllUploadFiles", Empty(), stub.token)
    assert frames(response.content) == [(0x80, b"grpc-status:0\r\n")]


async def test_web_failure_is_trailers_only(emulator: RunningEmulator, stub: Any) -> None:
    response = await web_call(emulator, "FindFileByPath", pb.FindFileByPathRequest(path="/Cloud/没有"), stub.token)
    assert response.status_code == 200
    assert response.content == b""
    assert response.headers["grpc-status"] == "5"
    assert "%E6%B2%A1%E6%9C%89" in response.headers["grpc-message"]
    assert (await web_call(emulator, "GetSubFiles", pb.ListSubFileRequest(path="/"))).headers["grpc-status"] == "16"


async def test_web_failure_in_a_trailer_frame(emulator: RunningEmulator, stub: Any) -> None:
    emulator.world.options.trailers_only = False
    response = await web_call(emulator, "FindFileByPath", pb.FindFileByPathRequest(path="/Cloud/none"), stub.token)
    assert "grpc-status" not in response.headers
    [(flag, block)] = frames(response.content)
    assert flag == 0x80
    assert block.startswith(b"grpc-status:5\r\ngrpc-message:/Cloud/none")


async def test_web_server_stream(emulator: RunningEmulator, stub: Any) -> None:
    emulator.world.options.batch_entries = 1
    for name in ("a", "b"):
        await stub.CreateFolder(pb.CreateFolderRequest(parentPath="/Cloud", folderName=name))
    response = await web_call(emulator, "GetSubFiles", pb.ListSubFileRequest(path="/Cloud"), stub.token)
    *data, (flag, _) = frames(response.content)
    assert [pb.SubFilesReply.FromString(each).subFiles[0].name for _, each in data] == ["a", "b"]
    assert flag == 0x80


async def test_web_limits(emulator: RunningEmulator, stub: Any) -> None:
    big = await web_call(emulator, "WriteToFile", pb.WriteFileRequest(buffer=bytes(9 << 20)), stub.token)
    assert big.headers["grpc-status"] == "8"
    stream = await web_call(emulator, "WriteToFileStream", pb.WriteFileRequest(), stub.token)
    assert stream.headers["grpc-status"] == "12"
    emulator.faults.delay("GetRuntimeInfo", 30)
    late = await web_call(emulator, "GetRuntimeInfo", Empty(), stub.token, **{"grpc-timeout": "50m"})
    assert late.headers["grpc-status"] == "4"


async def test_native_grpc_over_http1_is_a_bad_request(emulator: RunningEmulator) -> None:
    response = await web_call(emulator, "GetSystemInfo", Empty(), **{"content-type": "application/grpc"})
    assert response.status_code == 400


async def test_preflight(emulator: RunningEmulator) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        response = await http.options(emulator.url + METHODS["GetToken"].path, headers={"origin": "http://elsewhere"})
    allowed = response.headers["access-control-allow-headers"]
    assert all(name in allowed for name in ("authorization", "content-type", "x-grpc-web", "x-user-agent", "grpc-timeout"))
    assert response.headers["access-control-allow-origin"] == "*"


async def test_a_web_stream_that_is_left_ends_at_once(emulator: RunningEmulator, stub: Any) -> None:
    url = emulator.url + METHODS["PushMessage"].path
    headers = {**WEB, "authorization": f"Bearer {stub.token}"}
    listeners = emulator.world._listeners
    async with (
        httpx.AsyncClient(trust_env=False) as http,
        http.stream("POST", url, content=framed(Empty()), headers=headers) as response,
    ):
        parts: Any = response.aiter_raw()
        assert (await anext(parts))[0] == 0
        assert len(listeners) == 1
        await parts.aclose()
    while listeners:
        await stub.GetRuntimeInfo()


@pytest.mark.parametrize("path", ["/", "/static/http/h/false/x", METHODS["GetSystemInfo"].path])
async def test_every_answer_over_http_tells_the_servers_time(emulator: RunningEmulator, path: str) -> None:
    emulator.world.clock.set(1_700_000_000)
    async with httpx.AsyncClient(trust_env=False) as http:
        for verb in ("GET", "POST"):
            answer = await http.request(verb, emulator.url + path, headers=WEB, content=framed(Empty()))
            told = parsedate_to_datetime(answer.headers["date"]).timestamp()
            assert 1_700_000_000 <= told < 1_700_000_100
