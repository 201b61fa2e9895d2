"""The stream of what the server tells: every kind, and what is between two connections."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TypeVar

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.client.sync import Client
from clouddrive2.config import PathView, ServerConfig
from clouddrive2.emulator.permissions import ALL_PERMISSIONS
from clouddrive2.models.events import (
    BackupIssue,
    CloudChange,
    CloudChanged,
    Event,
    ExitReason,
    FileChange,
    FileChanged,
    LogLine,
    MergeChanged,
    MountChanged,
    Reconnected,
    ServerExiting,
    TaskCountsChanged,
    TransferChanged,
    UpdateChanged,
    UpdatePhase,
)
from clouddrive2.models.tasks import TaskStatus
from clouddrive2.models.transfers import TransferStatus
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

E = TypeVar("E", bound=Event)
Watch = AsyncGenerator[Event, None]


async def until(events: Watch, kind: type[E]) -> E:
    """The next event of a kind."""
    async for event in events:
        if isinstance(event, kind):
            return event
    raise AssertionError("the stream has an end")


@pytest.fixture
async def events(client: AsyncClient) -> AsyncIterator[Watch]:
    """A stream that stands."""
    async with aclosing(client.events.watch(poll_seconds=0.001)) as events:
        assert await anext(events) == Reconnected(first=True)
        counts = await anext(events)
        assert isinstance(counts, TaskCountsChanged)
        yield events


async def test_files(client: AsyncClient, events: Watch) -> None:
    await client.files.mkdir("/Cloud/a")
    event = await anext(events)
    assert isinstance(event, FileChanged)
    assert (event.change, event.path, event.is_folder, event.new_path) == (FileChange.CREATED, "/Cloud/a", True, None)
    assert event.entry == await client.files.stat("/Cloud/a")
    await client.files.rename("/Cloud/a", "b")
    event = await anext(events)
    assert isinstance(event, FileChanged)
    assert (event.change, event.path, event.new_path) == (FileChange.RENAMED, "/Cloud/a", "/Cloud/b")
    await client.files.delete("/Cloud/b")
    assert await anext(events) == FileChanged(FileChange.DELETED, "/Cloud/b", is_folder=True)


async def test_uploads_and_counts(client: AsyncClient, events: Watch) -> None:
    created = await client.raw.CreateFile(pb.CreateFileRequest(parentPath="/Cloud", fileName="f"))
    await client.raw.WriteToFile(pb.WriteFileRequest(fileHandle=created.fileHandle, length=1, buffer=b"x", closeFile=True))
    seen: list[Event] = []
    while not (seen and isinstance(seen[-1], TaskCountsChanged) and seen[-1].counts.uploads == 0):
        seen.append(await anext(events))
    rows = [event.transfer for event in seen if isinstance(event, TransferChanged)]
    assert {row.path for row in rows} == {"/Cloud/f"}
    statuses = [row.status for row in rows]
    assert statuses[0] is TransferStatus.QUEUED
    assert statuses[-1] is TransferStatus.FINISHED
    counts = [event.counts.uploads for event in seen if isinstance(event, TaskCountsChanged)]
    assert counts == [1, 0], "what has not changed is not told again"


async def test_heart_beats_are_not_told(client: AsyncClient, emulator: RunningEmulator, events: Watch) -> None:
    for _ in range(3):
        emulator.world.clock.advance(30)
    await client.files.mkdir("/Cloud/after")
    assert isinstance(await anext(events), FileChanged)


KINDS = pb.CloudDrivePushMessage
OTHERS: list[tuple[pb.CloudDrivePushMessage, Event]] = [
    (
        KINDS(
            messageType=KINDS.MOUNT_POINT_CHANGE,
            mountPointChange=pb.MountPointChange(actionType=pb.MountPointChange.MOUNT, mountPoint="/mnt", failReason="busy"),
        ),
        MountChanged("/mnt", True, False, "busy"),
    ),
    (
        KINDS(
            messageType=KINDS.UPDATE_STATUS,
            updateStatus=pb.UpdateStatus(updatePhase=pb.UpdateStatus.DOWNLOADING, clouddriveVersion="1", downloadedBytes=5),
        ),
        UpdateChanged(UpdatePhase.DOWNLOADING, "1", downloaded=5),
    ),
    (
        KINDS(messageType=KINDS.FORCE_EXIT, exitedMessage=pb.ExitedMessage(exitReason=pb.ExitedMessage.RESTART, message="soon")),
        ServerExiting(ExitReason.RESTART, "soon"),
    ),
    (
        KINDS(
            messageType=KINDS.LOG_MESSAGE,
            logMessage=pb.LogMessage(level=pb.LogMessage.WARN, message="slow", target="cloud", fields={"a": "b"}),
        ),
        LogLine("warn", "slow", "cloud", None, {"a": "b"}),
    ),
    (
        KINDS(
            messageType=KINDS.CLOUD_API_CHANGE,
            cloudApiChange=pb.CloudApiChange(
                action=pb.CloudApiChange.RENAME, cloudName="115", userName="me", mountPath="/a", newMountPath="/b"
            ),
        ),
        CloudChanged(CloudChange.RENAMED, "115", "me", "/a", "/b"),
    ),
    (
        KINDS(
            messageType=KINDS.BACKUP_SYNC_ISSUE,
            backupSyncIssue=pb.BackupSyncIssuePush(
                sourcePath="/Cloud/s", issue=pb.BackupSyncIssue(id=7, kind=pb.BackupSyncIssue.HeldDeletes, relativePath="x")
            ),
        ),
        BackupIssue("/Cloud/s", 7, "HeldDeletes", "x"),
    ),
]


@pytest.mark.parametrize(("message", "event"), OTHERS, ids=[type(event).__name__ for _, event in OTHERS])
async def test_other_kinds(emulator: RunningEmulator, events: Watch, message: pb.CloudDrivePushMessage, event: Event) -> None:
    emulator.world.push(message)
    assert await anext(events) == event


async def test_merges(emulator: RunningEmulator, events: Watch) -> None:
    task = pb.MergeTask(sourcePath="/Cloud/a", destPath="/Cloud/b", status=pb.MergeTask.Running, mergedFiles=3)
    update = pb.MergeTaskUpdate(mergeTasks=[task], lastMergedPath="/Cloud/a/x", lastMergedNewPath="/Cloud/b/x")
    emulator.world.push(KINDS(messageType=KINDS.MERGE_TASKS, mergeTaskUpdate=update))
    event = await anext(events)
    assert isinstance(event, MergeChanged)
    assert (event.last_path, event.last_new_path) == ("/Cloud/a/x", "/Cloud/b/x")
    [told] = event.tasks
    assert (told.source, told.destination, told.status, told.merged_files) == ("/Cloud/a", "/Cloud/b", TaskStatus.RUNNING, 3)


async def test_kinds_and_values_of_later_versions(
    client: AsyncClient, emulator: RunningEmulator, events: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "clouddrive2")
    for number in (77, 78, 77):
        emulator.world.push(KINDS.FromString(bytes([8, number])))
    change = pb.FileSystemChange(changeType=9, path="/Cloud/new")  # type: ignore[arg-type]
    emulator.world.push(KINDS(messageType=KINDS.FILE_SYSTEM_CHANGE, fileSystemChange=change))
    emulator.world.push(KINDS(messageType=KINDS.FORCE_EXIT, exitedMessage=pb.ExitedMessage(exitReason=66)))  # type: ignore[arg-type]
    assert await anext(events) == FileChanged(FileChange.CREATED, "/Cloud/new")
    assert await anext(events) == ServerExiting(ExitReason.UNKNOWN)
    unknown = [record.getMessage() for record in caplog.records if getattr(record, "action", None) == "event_unknown"]
    assert unknown == ["push messages of kind 77 are not understood", "push messages of kind 78 are not understood"]


@pytest.mark.parametrize(("view", "seen"), [("prefix", "/x"), ("strip", "/Cloud/In/x"), ("as_given", "/x")])
async def test_paths_in_the_callers_view(client: AsyncClient, emulator: RunningEmulator, view: PathView, seen: str) -> None:
    await client.files.mkdir("/Cloud/In")
    permissions = pb.TokenPermissions(**dict.fromkeys(ALL_PERMISSIONS, True))
    emulator.world.add_token(pb.TokenInfo(token="confined", rootDir="/Cloud/In", permissions=permissions))
    config = ServerConfig(emulator.url, token="confined", path_view=view, root_folder="/Cloud/In")
    async with AsyncClient(config=config) as confined, aclosing(confined.events.watch()) as events:
        assert isinstance(await anext(events), Reconnected)
        await client.files.mkdir("/Cloud/out")
        await client.files.mkdir("/Cloud/In/x")
        event = await until(events, FileChanged)
        assert event.path == seen
        assert event.entry is not None
        assert event.entry.path == seen


# Between connections


async def test_a_broken_connection_is_made_again(client: AsyncClient, emulator: RunningEmulator, events: Watch) -> None:
    for number in range(3):
        emulator.drop_connections()
        assert await until(events, Reconnected) == Reconnected(first=False)
        await client.files.mkdir(f"/Cloud/{number}")
        assert (await until(events, FileChanged)).path == f"/Cloud/{number}"


async def test_a_server_that_is_away_for_some_time(client: AsyncClient, emulator: RunningEmulator, events: Watch) -> None:
    emulator.faults.refuse("PushMessage", times=5)
    emulator.drop_connections()
    assert await until(events, Reconnected) == Reconnected(first=False)
    assert emulator.faults.fired["refuse"] == 5


async def test_a_token_that_runs_out_is_renewed(client: AsyncClient, emulator: RunningEmulator, events: Watch) -> None:
    emulator.world.expire_tokens()
    emulator.world.clock.advance(30)
    assert await until(events, Reconnected) == Reconnected(first=False)
    assert emulator.calls.count("GetToken") == 2


async def test_a_changed_password_ends_it(client: AsyncClient, emulator: RunningEmulator, events: Watch) -> None:
    emulator.world.set_password("another")
    event = await until(events, ServerExiting)
    assert (event.reason, event.credentials_stay_good) == (ExitReason.PASSWORD_CHANGED, False)
    emulator.world.clock.advance(30)
    with pytest.raises(errors.Unauthenticated):
        await until(events, Reconnected)


async def test_a_token_without_the_permission(emulator: RunningEmulator) -> None:
    emulator.world.add_token(pb.TokenInfo(token="deaf", permissions=pb.TokenPermissions(allow_list=True)))
    async with AsyncClient(emulator.url, token="deaf") as client:
        with pytest.raises(errors.PermissionDenied, match="allow_push_message"):
            await anext(client.events.watch())


async def test_a_token_nobody_knows(emulator: RunningEmulator) -> None:
    async with AsyncClient(emulator.url, token="dead") as client:
        with pytest.raises(errors.Unauthenticated):
            await anext(client.events.watch())


async def test_no_server_at_the_beginning() -> None:
    async with AsyncClient("127.0.0.1:1", token="x") as client:
        with pytest.raises(errors.Unreachable):
            await anext(client.events.watch())


async def test_leaving_ends_the_call(client: AsyncClient, emulator: RunningEmulator) -> None:
    async for _ in client.events.watch():
        break
    while emulator.world._listeners:  # noqa: ASYNC110  # the server notices in its own thread
        await asyncio.sleep(0)


# Servers without push messages


@pytest.fixture
def old(emulator: RunningEmulator) -> RunningEmulator:
    emulator.faults.refuse("PushMessage", code=12, times=-1)
    return emulator


@pytest.fixture
async def polled(client: AsyncClient, old: RunningEmulator) -> AsyncIterator[Watch]:
    async with aclosing(client.events.watch(poll_seconds=0.001)) as events:
        assert await anext(events) == Reconnected(first=True, polling=True)
        yield events


async def test_polling(client: AsyncClient, old: RunningEmulator, polled: Watch) -> None:
    assert (await until(polled, TaskCountsChanged)).counts.uploads == 0
    old.world.options.upload_delay_seconds = 3600
    old.world.options.real_mounts = False
    created = await client.raw.CreateFile(pb.CreateFileRequest(parentPath="/Cloud", fileName="f"))
    await client.raw.CloseFile(pb.CloseFileRequest(fileHandle=created.fileHandle))
    assert (await until(polled, TransferChanged)).transfer.status is TransferStatus.QUEUED
    await client.transfers.pause([row.key async for row in client.transfers.uploads()])
    assert (await until(polled, TransferChanged)).transfer.status is TransferStatus.PAUSED
    await client.mounts.add("/mnt", "/Cloud")
    await client.mounts.mount("/mnt")
    assert await until(polled, MountChanged) == MountChanged("/mnt", True, True)
    await client.mounts.remove("/mnt")
    assert await until(polled, MountChanged) == MountChanged("/mnt", False, True)
    assert old.calls.count("PushMessage") == 1


async def test_polling_survives_the_server(client: AsyncClient, old: RunningEmulator, polled: Watch) -> None:
    old.faults.refuse("GetAllTasksCount", times=9)
    assert await until(polled, Reconnected) == Reconnected(first=False, polling=True)


async def test_polling_with_little_permission(emulator: RunningEmulator, old: RunningEmulator) -> None:
    granted = pb.TokenPermissions(allow_push_message=True, allow_get_mounts=True)
    old.world.add_token(pb.TokenInfo(token="mounts", permissions=granted))
    old.world.add_token(pb.TokenInfo(token="nothing", permissions=pb.TokenPermissions(allow_push_message=True)))
    async with AsyncClient(old.url, token="mounts") as client, aclosing(client.events.watch()) as events:
        assert await anext(events) == Reconnected(first=True, polling=True)
    async with AsyncClient(old.url, token="nothing") as client:
        with pytest.raises(errors.PermissionDenied):
            await anext(client.events.watch())


def test_the_blocking_client_iterates(emulator: RunningEmulator) -> None:
    with Client(emulator.url, username=emulator.username, password=emulator.password) as client:
        events = client.events.watch()
        assert next(events) == Reconnected(first=True)
        client.files.mkdir("/Cloud/a")
        assert isinstance(next(event for event in events if not isinstance(event, TaskCountsChanged)), FileChanged)
        events.close()
