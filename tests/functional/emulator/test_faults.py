"""Deliberate faults of calls, and faults given as text."""

from __future__ import annotations

import asyncio
import inspect
import json
import signal
import subprocess
import sys
from typing import Any

import pytest
from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator.call import Status
from clouddrive2.emulator.faults import Faults, FaultSyntaxError, fault_names
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto.methods import METHODS
from clouddrive2.testing import RunningEmulator

ROOT = pb.FindFileByPathRequest(path="/Cloud")
REMOTE_UPLOAD = ("StartRemoteUpload", "RemoteUploadChannel", "RemoteReadData", "RemoteHashProgress", "RemoteUploadControl")
UNDERSTOOD = (
    "refuse:rpc=GetSubFiles",
    "refuse:rpc=GetSubFiles,code=14,text=no = no,times=2,after=1",
    "refuse:rpc=GetSubFiles,code=unavailable",
    "fail-result:rpc=DeleteFile,text=busy",
    "delay:rpc=GetSubFiles,seconds=0.5,times=3",
    "drop-reply:rpc=CreateFolder",
    "drop-channel",
    "drop-channel:after_messages=3,times=2",
    "replace-channel:after_messages=3",
    "ask-twice",
    "out-of-order",
    "overlapping",
    "reask-hashes:after_seconds=1",
    "lag-index:lookups=2",
    "lag-index:seconds=2.5",
    "lie-about-hash:times=2",
    "garble-hashes:times=2",
    "corrupt-stored",
    "disk-full:after_bytes=1000",
    "fail-mount:text=busy,times=2",
    "mount-dies:after_bytes=1000",
    "fail-mount-writes:code=28,after_bytes=10,times=1",
    "refuse-download:code=429,times=2",
    "break-download:after_bytes=1000",
    "stall-download:after_bytes=1000",
    "limit-downloads:connections=2",
    "no-ranges",
    "short-ranges:length=1000",
    "wrong-ranges",
    "new-tags",
    "expire-tokens",
    "turn-read-only",
    "forget-uploads",
    "old-server:version=0.9.8",
    "unimplemented:rpc=StartRemoteUpload",
    "foreign-upload:messages=2",
    "status-before-reply",
    "odd-status:number=42",
    "status-enum-missing",
    "fail-write:text=broken,after=3",
    "short-write:after=2",
    "fail-delivery:text=no quota,fatal=0",
    "list-mount-paths:mount_point=/mnt",
    "starting:seconds=30",
    "drop_channel:after_messages=3",
)


async def folder(stub: Any, name: str) -> pb.CreateFolderResult:
    made: pb.CreateFolderResult = await stub.CreateFolder(pb.CreateFolderRequest(parentPath="/Cloud", folderName=name))
    return made


async def names(stub: Any, path: str = "/Cloud") -> list[str]:
    return [e.name async for reply in stub.GetSubFiles(pb.ListSubFileRequest(path=path)) for e in reply.subFiles]


async def test_a_start_shows_nothing_until_it_is_over(emulator: RunningEmulator, stub: Any, refused: Any) -> None:
    await folder(stub, "a")
    emulator.faults.starting(30)
    info = await stub.GetSystemInfo(Empty())
    assert (info.SystemReady, info.IsLogin, info.SystemMessage) == (False, True, "clouds are being loaded")
    assert [await names(stub, path) for path in ("/", "/Cloud", "/none")] == [[], [], []]
    assert [reply async for reply in stub.GetSearchResults(pb.SearchRequest(path="/Cloud", searchFor="a"))] == []
    assert (await stub.FindFileByPath(pb.FindFileByPathRequest(path="/"))).isRoot
    async with refused("NOT_FOUND"):
        await stub.FindFileByPath(ROOT)
    emulator.world.clock.advance(30)
    assert (await stub.GetSystemInfo(Empty())).SystemReady
    assert await names(stub) == ["a"]


async def test_a_clock_set_back_is_no_start(emulator: RunningEmulator, stub: Any) -> None:
    emulator.world.clock.advance(-3600)
    assert (await stub.GetSystemInfo(Empty())).SystemReady
    assert await names(stub, "/") == ["Cloud"]


class TestCalls:
    @pytest.mark.parametrize("code", [code for code in Status if code is not Status.OK])
    async def test_refuse_with_any_status(self, emulator: RunningEmulator, stub: Any, refused: Any, code: Status) -> None:
        emulator.faults.refuse("FindFileByPath", code=code, text="because: 因为")
        async with refused(code.name, "because: 因为"):
            await stub.FindFileByPath(ROOT)
        assert (await stub.FindFileByPath(ROOT)).name == "Cloud"
        assert emulator.faults.fired["refuse"] == 1

    async def test_refuse_some_of_them(self, emulator: RunningEmulator, stub: Any, refused: Any) -> None:
        emulator.faults.refuse("CreateFolder", times=2, after=1)
        assert (await folder(stub, "a")).result.success
        for name in ("b", "c"):
            async with refused("UNAVAILABLE"):
                await folder(stub, name)
        assert (await folder(stub, "d")).result.success
        assert await names(stub) == ["a", "d"]
        assert emulator.calls.count("CreateFolder") == 4

    async def test_refuse_for_ever_and_only_that_rpc(self, emulator: RunningEmulator, stub: Any, refused: Any) -> None:
        emulator.faults.refuse("GetSubFiles", code=Status.PERMISSION_DENIED, times=-1)
        for _ in range(5):
            async with refused("PERMISSION_DENIED"):
                await names(stub)
        await stub.FindFileByPath(ROOT)

    async def test_who_may_not_call_is_told_that_first(self, emulator: RunningEmulator, stub: Any, refused: Any) -> None:
        emulator.faults.refuse("FindFileByPath")
        async with refused("UNAUTHENTICATED"):
            await stub.under(None).FindFileByPath(ROOT)
        assert emulator.faults.fired["refuse"] == 0

    async def test_unsuccessful(self, emulator: RunningEmulator, stub: Any) -> None:
        emulator.faults.fail_result("CreateFolder", text="操作失败")
        made = await folder(stub, "a")
        assert (made.result.success, made.result.errorMessage) == (False, "操作失败")
        assert not made.HasField("folderCreated")
        emulator.faults.fail_result("DeleteFile")
        result = await stub.DeleteFile(pb.FileRequest(path="/Cloud/none"))
        assert (result.success, result.errorMessage) == (False, "failed on purpose")
        emulator.faults.fail_result("GetToken", text="locked")
        reply = await stub.GetToken(pb.GetTokenRequest(userName="user", password="password"))
        assert (reply.success, reply.token, reply.errorMessage) == (False, "", "locked")
        assert (await folder(stub, "a")).result.success

    async def test_delay(self, emulator: RunningEmulator, stub: Any, refused: Any) -> None:
        emulator.faults.delay("FindFileByPath", 60, times=1)
        slow = asyncio.ensure_future(stub.FindFileByPath(ROOT))
        await emulator.calls.wait("FindFileByPath")
        # Others do not wait, nor does the next one.
        await stub.FindFileByPath(ROOT)
        assert not slow.done()
        slow.cancel()
        emulator.faults.delay("GetRuntimeInfo", 60)
        for _ in range(2):
            async with refused("DEADLINE_EXCEEDED"):
                await stub.GetRuntimeInfo(timeout=0.05)

    async def test_the_work_is_done_and_the_reply_is_lost(self, emulator: RunningEmulator, stub: Any, refused: Any) -> None:
        emulator.faults.drop_reply("CreateFolder", after=1)
        await folder(stub, "a")
        async with refused("UNAVAILABLE"):
            await folder(stub, "b")
        assert await names(stub) == ["a", "b"]

    async def test_a_stream_that_fails_after_some_replies(self, emulator: RunningEmulator, stub: Any, refused: Any) -> None:
        emulator.world.options.batch_entries = 1
        for name in ("a", "b", "c"):
            await folder(stub, name)
        emulator.faults.drop_reply("GetSubFiles", after=2)
        seen = []
        async with refused("UNAVAILABLE"):
            async for reply in stub.GetSubFiles(pb.ListSubFileRequest(path="/Cloud")):
                seen += [entry.name for entry in reply.subFiles]
        assert seen == ["a", "b"]
        assert await names(stub) == ["a", "b", "c"]

    async def test_dead_tokens(self, emulator: RunningEmulator, stub: Any, refused: Any) -> None:
        made = await stub.CreateToken(pb.CreateTokenRequest(rootDir="/", permissions=pb.TokenPermissions(allow_list=True)))
        emulator.faults.expire_tokens()
        for token in (stub.token, made.token):
            async with refused("UNAUTHENTICATED"):
                await stub.under(token).FindFileByPath(ROOT)
        fresh = await stub.under(None).GetToken(pb.GetTokenRequest(userName="user", password="password"))
        assert (await stub.under(fresh.token).FindFileByPath(ROOT)).name == "Cloud"


class TestOldServers:
    async def test_before_remote_uploads(self, emulator: RunningEmulator, stub: Any, refused: Any) -> None:
        emulator.faults.old_server("0.9.8")
        for name in (*REMOTE_UPLOAD, "GetApiTokenInfo", "ListTokens"):
            method = METHODS[name]
            call = getattr(stub, name)(method.request())
            async with refused("UNIMPLEMENTED"):
                await (call.read() if method.server_streaming else call)
        assert (await stub.GetRuntimeInfo()).productVersion == "0.9.8"
        assert (await stub.FindFileByPath(ROOT)).name == "Cloud"

    async def test_with_remote_uploads(self, emulator: RunningEmulator, open_device: Any) -> None:
        for version in ("0.9.9", "0.10.0", "1.0.0"):
            emulator.faults.old_server(version)
            device = await open_device(version)
            upload = await device.announce(f"/Cloud/{version}", 3)
            assert await device.carry({upload: b"abc"}) == {upload: 5}

    async def test_changed_content_is_told_as_that_version_would(self, emulator: RunningEmulator, stub: Any, device: Any) -> None:
        for version, change in (("1.1.1", pb.FileSystemChange.CREATE), ("1.1.2", pb.FileSystemChange.MODIFY)):
            emulator.faults.old_server(version)
            await device.carry({await device.announce("/Cloud/f", 3): b"abc"})
            push = stub.PushMessage()
            for _ in range(3):
                await push.read()
            await device.carry({await device.announce("/Cloud/f", 4): b"abcd"})
            while not (message := await push.read()).HasField("fileSystemChange"):
                pass
            assert message.fileSystemChange.changeType == change
            push.cancel()

    async def test_one_rpc_less(self, emulator: RunningEmulator, stub: Any, refused: Any) -> None:
        emulator.faults.unimplemented("CreateFolder")
        for _ in range(2):
            async with refused("UNIMPLEMENTED", "CreateFolder is not implemented"):
                await folder(stub, "a")


class TestText:
    @pytest.mark.parametrize("text", UNDERSTOOD)
    def test_understood(self, emulator: RunningEmulator, text: str) -> None:
        emulator.faults.set(text)

    def test_every_fault_has_a_text(self) -> None:
        assert {text.partition(":")[0].replace("-", "_") for text in UNDERSTOOD} == fault_names()
        for name in fault_names():
            assert inspect.getdoc(getattr(Faults, name)), name

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("", "there is no fault ''; there are: ask-twice, "),
            ("drop-chanel", "there is no fault 'drop-chanel'; there are: "),
            ("set:text=x", "there is no fault 'set'"),
            ("fired", "there is no fault 'fired'"),
            ("refuse", "fault 'refuse': missing a required argument: 'rpc'"),
            ("refuse:rpc", "fault 'refuse' does not take 'rpc'; its arguments: after, code, rpc, text, times"),
            ("refuse:rpc=GetSubFiles,often=2", "fault 'refuse' does not take 'often=2'; its arguments: "),
            ("refuse:rpc=GetSubFile", "fault 'refuse': there is no RPC 'GetSubFile'"),
            ("unimplemented:rpc=x", "there is no RPC 'x'"),
            ("refuse:rpc=GetSubFiles,times=two", "fault 'refuse': times must be a whole number, not 'two'"),
            ("refuse:rpc=GetSubFiles,code=NONE", "fault 'refuse': code must be a whole number, not 'NONE'"),
            ("refuse:rpc=GetSubFiles,code=0", "there is no status 0"),
            ("refuse:rpc=GetSubFiles,code=17", "there is no status 17"),
            ("fail-result:rpc=FindFileByPath", "the reply of FindFileByPath has no field 'success'; refuse it instead"),
            ("fail-result:rpc=PushMessage", "the reply of PushMessage has no field 'success'"),
            ("delay:rpc=GetSubFiles,seconds=long", "fault 'delay': seconds must be a number, not 'long'"),
            ("delay:rpc=GetSubFiles,seconds=nan", "fault 'delay': seconds must be a number, not 'nan'"),
            ("ask-twice:times=2", "fault 'ask-twice' does not take 'times=2'; its arguments: none"),
            ("old-server:version=new", "fault 'old-server': 'new' is no version"),
        ],
    )
    def test_not_understood(self, emulator: RunningEmulator, text: str, sentence: str) -> None:
        with pytest.raises(FaultSyntaxError) as wrong:
            emulator.faults.set(text)
        assert sentence in str(wrong.value)

    async def test_as_set_from_python(self, emulator: RunningEmulator, stub: Any, refused: Any) -> None:
        emulator.faults.set("refuse:rpc=FindFileByPath,code=RESOURCE_EXHAUSTED,text=wait: 5 s,times=1")
        async with refused("RESOURCE_EXHAUSTED", "wait: 5 s"):
            await stub.FindFileByPath(ROOT)
        await stub.FindFileByPath(ROOT)

    def test_the_program_takes_them_and_refuses_wrong_ones(self) -> None:
        script = (
            "import sys; from clouddrive2.emulator.command import ServeOptions, run;"
            "run(ServeOptions(port=0, faults=tuple(sys.argv[1:]), as_json=True))"
        )
        good = subprocess.Popen(
            [sys.executable, "-c", script, "drop-channel:after_messages=2", "ask-twice"], stdout=subprocess.PIPE
        )
        assert good.stdout is not None
        assert json.loads(good.stdout.readline())["port"] > 0
        good.send_signal(signal.SIGTERM)
        good.communicate(timeout=30)
        assert good.returncode == 0
        wrong = subprocess.run([sys.executable, "-c", script, "drop-chanel"], capture_output=True, text=True, timeout=30)
        assert wrong.returncode == 1
        assert "there is no fault 'drop-chanel'" in wrong.stderr
        assert wrong.stdout == ""
