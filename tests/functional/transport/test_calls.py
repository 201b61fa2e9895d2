"""Deadlines, repeating, what a server does not offer, and what becomes of each kind of no."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import Timeouts
from clouddrive2.emulator.call import Status
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

Connect = Callable[..., AsyncClient]


class TestRepeating:
    @pytest.mark.parametrize("code", [Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED, Status.RESOURCE_EXHAUSTED, Status.ABORTED])
    async def test_until_it_works(self, client: AsyncClient, emulator: RunningEmulator, code: int) -> None:
        emulator.faults.refuse("FindFileByPath", code=code, times=3)
        assert (await client.files.stat("/Cloud")).is_folder
        assert emulator.calls.count("FindFileByPath") == 4

    @pytest.mark.parametrize(
        ("code", "kind"),
        [
            (Status.UNAVAILABLE, errors.ConnectError),
            (Status.DEADLINE_EXCEEDED, errors.Timeout),
            (Status.RESOURCE_EXHAUSTED, errors.Throttled),
            (Status.ABORTED, errors.OperationFailed),
        ],
    )
    async def test_not_for_ever(
        self, client: AsyncClient, emulator: RunningEmulator, code: int, kind: type[errors.Error]
    ) -> None:
        emulator.faults.refuse("FindFileByPath", code=code, times=-1)
        with pytest.raises(kind, match=r"FindFileByPath: /Cloud: .* \(refused on purpose\)"):
            await client.files.stat("/Cloud")
        assert emulator.calls.count("FindFileByPath") == 4

    @pytest.mark.parametrize(
        ("code", "kind"),
        [
            (Status.CANCELLED, errors.ConnectError),
            (Status.UNKNOWN, errors.ServerFailed),
            (Status.INVALID_ARGUMENT, errors.InvalidRequest),
            (Status.NOT_FOUND, errors.NotFound),
            (Status.ALREADY_EXISTS, errors.AlreadyExists),
            (Status.PERMISSION_DENIED, errors.PermissionDenied),
            (Status.FAILED_PRECONDITION, errors.OperationFailed),
            (Status.OUT_OF_RANGE, errors.InvalidRequest),
            (Status.INTERNAL, errors.ServerFailed),
            (Status.DATA_LOSS, errors.OperationFailed),
        ],
    )
    async def test_an_answer_is_an_answer(
        self, client: AsyncClient, emulator: RunningEmulator, code: int, kind: type[errors.Error]
    ) -> None:
        emulator.faults.refuse("GetSpaceInfo", code=code, times=-1)
        with pytest.raises(errors.Error) as caught:
            await client.files.space("/Cloud")
        assert type(caught.value) is kind
        assert emulator.calls.count("GetSpaceInfo") == 1

    @pytest.mark.parametrize("fault", ["refuse", "drop_reply"])
    async def test_not_what_may_have_been_done(self, client: AsyncClient, emulator: RunningEmulator, fault: str) -> None:
        await client.files.mkdir("/Cloud/a")
        getattr(emulator.faults, fault)("RenameFile")
        with pytest.raises(errors.ConnectError):
            await client.files.rename("/Cloud/a", "b")
        assert emulator.calls.count("RenameFile") == 1
        assert await client.files.exists("/Cloud/b") is (fault == "drop_reply")

    async def test_a_lost_answer_to_a_question(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        emulator.faults.drop_reply("FindFileByPath")
        assert (await client.files.stat("/Cloud")).is_folder
        assert emulator.calls.count("FindFileByPath") == 2

    async def test_a_stream_that_has_not_begun(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        await client.files.mkdir("/Cloud/a")
        emulator.faults.refuse("GetSubFiles", times=2)
        assert [entry.name async for entry in client.files.list("/Cloud")] == ["a"]
        assert emulator.calls.count("GetSubFiles") == 3

    async def test_not_a_stream_that_is_meant_to_last(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        emulator.faults.refuse("PushMessage")
        with pytest.raises(errors.ConnectError):
            _ = [message async for message in client.raw.PushMessage()]
        assert emulator.calls.count("PushMessage") == 1


class TestDeadlines:
    async def test_a_slow_answer_is_asked_for_again(self, emulator: RunningEmulator, connect: Connect) -> None:
        client = connect(emulator, timeouts=Timeouts(read=0.5))
        await client.files.stat("/")
        emulator.faults.delay("FindFileByPath", 30, times=1)
        assert (await client.files.stat("/Cloud")).is_folder
        assert emulator.calls.count("FindFileByPath") == 3

    async def test_none_at_all_is_an_error(self, emulator: RunningEmulator, connect: Connect) -> None:
        client = connect(emulator, timeouts=Timeouts(read=0.1))
        await client.system.info()
        emulator.faults.delay("FindFileByPath", 30)
        with pytest.raises(TimeoutError, match="FindFileByPath: /Cloud: the server did not answer in time") as caught:
            await client.files.stat("/Cloud")
        assert isinstance(caught.value, errors.Timeout)
        assert "raise the timeout" in str(caught.value)

    async def test_a_change_is_not_sent_twice(self, emulator: RunningEmulator, connect: Connect) -> None:
        client = connect(emulator, timeouts=Timeouts(mutation=0.1))
        emulator.faults.delay("CreateFolder", 30)
        with pytest.raises(errors.Timeout):
            await client.files.mkdir("/Cloud/a")
        assert emulator.calls.count("CreateFolder") == 1

    @pytest.mark.parametrize("transport", ["grpc"], indirect=True)
    @pytest.mark.parametrize("pieces", [1, 100])
    async def test_a_server_that_does_not_take_what_is_sent(
        self, emulator: RunningEmulator, connect: Connect, pieces: int
    ) -> None:
        client = connect(emulator, timeouts=Timeouts(data=0.3))
        emulator.faults.delay("WriteToFileStream", 30)

        async def writes() -> AsyncIterator[pb.WriteFileRequest]:
            for _ in range(pieces):
                yield pb.WriteFileRequest(fileHandle=1, length=1 << 20, buffer=bytes(1 << 20))

        with pytest.raises(errors.Timeout, match=r"WriteToFileStream: the server has been silent for 0\.3 s"):
            await client.raw.WriteToFileStream(writes())

    @pytest.mark.parametrize("transport", ["grpc"], indirect=True)
    async def test_a_caller_may_take_his_time_between_pieces(self, emulator: RunningEmulator, connect: Connect) -> None:
        client = connect(emulator, timeouts=Timeouts(data=0.2))
        created = await client.raw.CreateFile(pb.CreateFileRequest(parentPath="/Cloud", fileName="f"))
        passed = asyncio.Event()
        asyncio.get_running_loop().call_later(0.5, passed.set)

        async def writes() -> AsyncIterator[pb.WriteFileRequest]:
            yield pb.WriteFileRequest(fileHandle=created.fileHandle, length=1, buffer=b"1")
            await passed.wait()
            yield pb.WriteFileRequest(fileHandle=created.fileHandle, startPos=1, length=1, buffer=b"2", closeFile=True)

        assert (await client.raw.WriteToFileStream(writes())).bytesWritten == 2

    async def test_the_clients_own(self, emulator: RunningEmulator) -> None:
        emulator.faults.delay("RenameFile", 30)
        async with AsyncClient(emulator.url, username="user", password="password", timeout=0.3) as client:
            with pytest.raises(errors.Timeout):
                await client.raw.RenameFile(pb.RenameFileRequest())

    async def test_a_caller_who_leaves_ends_the_call(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        emulator.faults.delay("CreateFolder", 30)
        task = asyncio.create_task(client.files.mkdir("/Cloud/a"))
        await emulator.calls.wait("CreateFolder")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not await client.files.exists("/Cloud/a")


@pytest.mark.parametrize("transport", ["grpc"], indirect=True)
class TestMessagesOfTheCaller:
    """What the caller sends in a stream is gone once sent, and his own errors are his own."""

    @pytest.fixture
    async def handle(self, client: AsyncClient) -> int:
        return (await client.raw.CreateFile(pb.CreateFileRequest(parentPath="/Cloud", fileName="f"))).fileHandle

    async def test_his_error_reaches_him(self, client: AsyncClient, handle: int) -> None:
        async def writes() -> AsyncIterator[pb.WriteFileRequest]:
            yield pb.WriteFileRequest(fileHandle=handle, length=1, buffer=b"1")
            raise ValueError("mine")

        async def hello() -> AsyncIterator[pb.AppAgentUpstream]:
            raise ValueError("mine")
            yield pb.AppAgentUpstream()

        with pytest.raises(ValueError, match="mine"):
            await client.raw.WriteToFileStream(writes())
        with pytest.raises(ValueError, match="mine"):
            _ = [message async for message in client.raw.AppAgentChannel(hello())]

    async def test_they_are_not_sent_in_part_under_a_new_token(
        self, client: AsyncClient, emulator: RunningEmulator, handle: int
    ) -> None:
        async def writes() -> AsyncIterator[pb.WriteFileRequest]:
            yield pb.WriteFileRequest(fileHandle=handle, length=1, buffer=b"1")
            yield pb.WriteFileRequest(fileHandle=handle, startPos=1, length=1, buffer=b"2", closeFile=True)

        emulator.faults.expire_tokens()
        with pytest.raises(errors.Unauthenticated):
            await client.raw.WriteToFileStream(writes())
        assert (await client.raw.WriteToFileStream(writes())).bytesWritten == 2

    async def test_leaving_ends_the_call(self, client: AsyncClient, handle: int) -> None:
        waiting = asyncio.Event()

        async def writes() -> AsyncIterator[pb.WriteFileRequest]:
            yield pb.WriteFileRequest(fileHandle=handle, length=1, buffer=b"1")
            waiting.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(client.raw.WriteToFileStream(writes()))
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


class TestNotOffered:
    async def test_is_remembered(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        emulator.faults.unimplemented("GetSpaceInfo")
        for _ in range(2):
            with pytest.raises(errors.Unsupported, match=r"GetSpaceInfo: .*this server does not offer the call"):
                await client.files.space("/Cloud")
        assert emulator.calls.count("GetSpaceInfo") == 1

    async def test_streams_too(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        emulator.faults.unimplemented("GetSearchResults")

        async def hello() -> AsyncIterator[pb.AppAgentUpstream]:
            yield pb.AppAgentUpstream()

        for _ in range(2):
            with pytest.raises(errors.Unsupported):
                _ = [entry async for entry in client.files.search("/Cloud", "x")]
        assert emulator.calls.count("GetSearchResults") == 1
        for expected in ("this server does not offer the call (", "this server does not offer the call;"):
            with pytest.raises(errors.Unsupported) as caught:
                _ = [message async for message in client.raw.AppAgentChannel(hello())]
            assert expected in str(caught.value)

    @pytest.mark.parametrize("size", [0, 1 << 20])
    async def test_a_message_sent_in_the_moment_of_the_refusal(
        self, client: AsyncClient, emulator: RunningEmulator, size: int
    ) -> None:
        emulator.faults.refuse("WriteToFileStream", code=Status.PERMISSION_DENIED, text="not you", times=-1)

        async def messages() -> AsyncIterator[pb.WriteFileRequest]:
            while True:
                yield pb.WriteFileRequest(buffer=bytes(size), length=size)

        kind = errors.PermissionDenied if client.config.transport == "grpc" else errors.Unsupported
        # The library then forgets the server's status, in some of these and not in others.
        for _ in range(100):
            with pytest.raises(kind):
                await client.raw.WriteToFileStream(messages())

    async def test_other_calls_go_on(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        emulator.faults.old_server("0.9.8")
        with pytest.raises(errors.Unsupported):
            await client.raw.StartRemoteUpload(pb.StartRemoteUploadRequest())
        assert (await client.files.stat("/Cloud")).is_folder


class TestTwoFacesOfNo:
    async def test_a_status_in_the_trailer_frame(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        emulator.world.options.trailers_only = False
        with pytest.raises(errors.NotFound, match="FindFileByPath: /Cloud/没有: does not exist"):
            await client.files.stat("/Cloud/没有")
        with pytest.raises(errors.NotFound):
            _ = [entry async for entry in client.files.list("/Cloud/没有")]

    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("file already exists", errors.AlreadyExists),
            ("任务已存在", errors.AlreadyExists),
            ("no such file", errors.NotFound),
            ("the path does not exist", errors.NotFound),
            ("HTTP 429 from the cloud", errors.Throttled),
            ("anything else", errors.OperationFailed),
        ],
    )
    async def test_a_good_reply_that_says_no(
        self, client: AsyncClient, emulator: RunningEmulator, text: str, kind: type[errors.Error]
    ) -> None:
        emulator.faults.fail_result("RenameFile", text)
        with pytest.raises(errors.Error, match="RenameFile: ") as caught:
            await client.raw.RenameFile(pb.RenameFileRequest())
        assert type(caught.value) is kind
        assert text in str(caught.value)

    async def test_a_plan_limit(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        emulator.faults.refuse("GetSpaceInfo", code=Status.PERMISSION_DENIED, text="invalid user plan")
        with pytest.raises(errors.PermissionDenied, match="the account's plan does not include this"):
            await client.files.space("/Cloud")
