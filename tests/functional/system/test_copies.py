"""Copy and merge tasks, open readers, counts: the lists and what can be done with them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.client.sync import Client
from clouddrive2.config import ServerConfig
from clouddrive2.emulator import CloudOptions
from clouddrive2.emulator.options import EmulatorOptions
from clouddrive2.emulator.permissions import ALL_PERMISSIONS
from clouddrive2.models.tasks import CopyTask, MergeTask, TaskStatus
from clouddrive2.models.transfers import Operator, TransferStatus
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator, running_emulator

Put = Callable[[str, bytes], Awaitable[None]]
KEY = "/A/d:/B"


@pytest.fixture
def emulator(emulator_factory: Callable[..., RunningEmulator]) -> RunningEmulator:
    """Two clouds, a small one, and a byte a second between them."""
    small = CloudOptions("Small", total_space=25)
    return emulator_factory(clouds=("A", "B", small), options=EmulatorOptions(copy_bytes_per_second=1.0))


@pytest.fixture
async def put(client: AsyncClient, emulator: RunningEmulator) -> Put:
    async def put_file(path: str, data: bytes) -> None:
        folder, _, name = path.rpartition("/")
        created = await client.raw.CreateFile(pb.CreateFileRequest(parentPath=folder, fileName=name))
        write = pb.WriteFileRequest(fileHandle=created.fileHandle, length=len(data), buffer=data, closeFile=True)
        await client.raw.WriteToFile(write)
        while (await client.transfers.counts()).uploads:
            pass

    return put_file


@pytest.fixture
async def folder(client: AsyncClient, put: Put) -> str:
    """Three files, 60 bytes, two folders."""
    await client.files.mkdir("/A/d/e", parents=True)
    for path, size in (("/A/d/1", 10), ("/A/d/2", 20), ("/A/d/e/3", 30)):
        await put(path, b"x" * size)
    return "/A/d"


async def one(client: AsyncClient, wanted: Callable[[CopyTask], bool] = lambda _: True) -> CopyTask:
    """The only copy task, once it is so."""
    while True:
        [task] = await client.transfers.copies()
        if wanted(task):
            return task


async def merged(client: AsyncClient, wanted: Callable[[MergeTask], bool]) -> MergeTask:
    while True:
        [task] = await client.transfers.merges()
        if wanted(task):
            return task


async def names(client: AsyncClient, folder: str) -> set[str]:
    return {entry.path async for entry in client.files.list(folder)}


async def test_a_copy_to_another_cloud(client: AsyncClient, emulator: RunningEmulator, folder: str) -> None:
    assert await client.files.copy(folder, "/B") == ["/B/d"]
    task = await one(client, lambda task: task.status is TaskStatus.SCANNED)
    assert (task.key, task.source, task.destination) == (KEY, "/A/d", "/B")
    assert (task.total_files, task.total_folders, task.total_bytes) == (3, 2, 60)
    assert (task.done_files, task.moves, task.succeeded, task.ended) == (0, False, False, None)
    assert (await client.transfers.counts()).copies == 1
    [row] = [row async for row in client.transfers.uploads(operator=Operator.COPY, status=TransferStatus.TRANSFER)]
    assert (row.path, row.size) == ("/B/d/1", 10)
    emulator.world.clock.advance(10)
    task = await one(client, lambda task: task.done_files == 1)
    assert task.done_bytes == 10
    assert await names(client, "/B/d") == {"/B/d/1", "/B/d/e"}
    emulator.world.clock.advance(20)
    await one(client, lambda task: task.done_files == 2)
    emulator.world.clock.advance(30)
    task = await one(client, lambda task: task.status.is_terminal)
    assert (task.succeeded, task.done_files, task.done_bytes, task.errors) == (True, 3, 60, ())
    assert task.ended is not None
    assert (await client.transfers.counts()).copies == 0
    assert await client.files.read_bytes("/B/d/e/3") == b"x" * 30


async def test_a_move_takes_the_originals_away(client: AsyncClient, emulator: RunningEmulator, folder: str) -> None:
    emulator.world.options.copy_bytes_per_second = 0
    assert await client.files.move(folder, "/B", across_clouds=True) == ["/B/d"]
    task = await one(client)
    assert (task.moves, task.succeeded) == (True, True)
    assert await names(client, "/A") == set()
    assert await names(client, "/B/d/e") == {"/B/d/e/3"}


async def test_pause_and_resume(client: AsyncClient, emulator: RunningEmulator, folder: str) -> None:
    await client.files.copy(folder, "/B")
    await one(client, lambda task: task.status is TaskStatus.SCANNED)
    assert await client.transfers.pause_copies([KEY]) == 1
    assert (await one(client)).paused
    emulator.world.clock.advance(1000)
    [row] = [row async for row in client.transfers.uploads(operator=Operator.COPY)]
    assert row.status is TransferStatus.PAUSED
    assert (await one(client)).done_files == 0
    assert await client.transfers.resume_copies([KEY]) == 1
    assert (await one(client, lambda task: task.done_files == 1)).paused is False
    assert await client.transfers.pause_all_copies() == 1
    assert (await one(client)).paused
    assert await client.transfers.resume_all_copies() == 1
    assert not (await one(client)).paused


async def test_cancel_and_restart(client: AsyncClient, emulator: RunningEmulator, folder: str) -> None:
    await client.files.copy(folder, "/B")
    await one(client, lambda task: task.status is TaskStatus.SCANNED)
    emulator.world.clock.advance(10)
    await one(client, lambda task: task.done_files == 1)
    await client.transfers.cancel_copies([KEY])
    task = await one(client)
    assert (task.status, task.cancelled_files, task.succeeded) == (TaskStatus.FAILED, 2, False)
    assert await names(client, "/B/d") == {"/B/d/1", "/B/d/e"}
    emulator.world.options.copy_bytes_per_second = 0
    await client.transfers.restart_copies([KEY])
    task = await one(client, lambda task: task.status.is_terminal)
    assert (task.succeeded, task.skipped_files, task.done_files) == (True, 1, 2)


async def test_the_same_again_while_it_runs(client: AsyncClient, emulator: RunningEmulator, folder: str) -> None:
    request = pb.CopyFileRequest(theFilePaths=[folder], destPath="/B", conflictPolicy=pb.CopyFileRequest.Rename)
    for _ in range(2):
        assert (await client.raw.CopyFile(request)).resultFilePaths == ["/B/d"]
    await one(client, lambda task: task.status is TaskStatus.SCANNED)
    assert await names(client, "/B") == {"/B/d"}


async def test_a_file_that_does_not_fit(client: AsyncClient, emulator: RunningEmulator, folder: str) -> None:
    emulator.world.options.copy_bytes_per_second = 0
    await client.files.copy(folder, "/Small")
    task = await one(client)
    assert (task.status, task.failed_files, task.succeeded) == (TaskStatus.COMPLETED, 2, False)
    assert "no room" in task.errors[0]


async def test_one_file_of_a_copy_is_cancelled(client: AsyncClient, emulator: RunningEmulator, folder: str) -> None:
    await client.files.copy(folder, "/B")
    await one(client, lambda task: task.status is TaskStatus.SCANNED)
    [row] = [row async for row in client.transfers.uploads(operator=Operator.COPY)]
    await client.transfers.cancel([row.key])
    emulator.world.options.copy_bytes_per_second = 0
    await one(client, lambda task: task.cancelled_files == 1)
    emulator.world.clock.advance(1000)
    task = await one(client, lambda task: task.status.is_terminal)
    assert (task.done_files, task.succeeded) == (2, False)


async def test_remove(client: AsyncClient, emulator: RunningEmulator, folder: str) -> None:
    emulator.world.options.copy_bytes_per_second = 0
    await client.files.copy(folder, "/B")
    await client.files.copy(f"{folder}/1", "/B")
    await client.transfers.remove_completed_copies()
    assert await client.transfers.copies() == []
    emulator.world.options.copy_bytes_per_second = 1
    await client.files.copy(f"{folder}/1", "/B/d", on_conflict="rename")
    await client.files.copy(f"{folder}/2", "/B")
    await client.transfers.remove_completed_copies()
    first, _ = await client.transfers.copies()
    assert await client.transfers.remove_copies([first.key]) == 1
    assert await client.transfers.remove_all_copies() == 1
    assert await client.transfers.copies() == []


async def test_no_such_task(client: AsyncClient) -> None:
    for call in (
        client.transfers.pause_copies,
        client.transfers.resume_copies,
        client.transfers.cancel_copies,
        client.transfers.restart_copies,
        client.transfers.remove_copies,
        client.transfers.cancel_merges,
    ):
        with pytest.raises(errors.NotFound, match=r"there is no (copy|merge) task"):
            await call(["/a:/b"])
    with pytest.raises(errors.NotFound):
        await client.raw.PauseCopyTask(pb.PauseCopyTaskRequest(sourcePath="/a", destPath="/b", pause=True))


async def test_names_with_a_colon(client: AsyncClient, emulator: RunningEmulator, put: Put) -> None:
    await put("/A/a:", b"x" * 5)
    await client.files.copy("/A/a:", "/B")
    task = await one(client)
    assert (task.key, task.source) == ("/A/a::/B", "/A/a:")
    await client.transfers.cancel_copies([task.key])
    assert (await one(client)).status is TaskStatus.FAILED


async def test_a_token_with_a_root_folder(client: AsyncClient, emulator: RunningEmulator, folder: str) -> None:
    await client.files.mkdir("/A/d/to")
    permissions = pb.TokenPermissions(**dict.fromkeys(ALL_PERMISSIONS, True))
    emulator.world.add_token(pb.TokenInfo(token="confined", rootDir="/A/d", permissions=permissions))
    config = ServerConfig(emulator.url, token="confined", path_view="strip", root_folder="/A/d")
    async with AsyncClient(config=config) as confined:
        await client.files.copy("/A/d", "/B")
        assert await confined.transfers.copies() == []
        await confined.files.copy("/A/d/e", "/A/d/to")
        task = await one(confined)
        assert (task.key, task.source, task.destination) == ("/e:/to", "/A/d/e", "/A/d/to")
        assert await confined.transfers.pause_copies([task.key]) == 1
        await confined.transfers.cancel_copies([task.key])
        assert (await one(confined)).status is TaskStatus.FAILED


async def test_permissions(emulator: RunningEmulator) -> None:
    emulator.world.add_token(pb.TokenInfo(token="seer", permissions=pb.TokenPermissions(allow_get_transfer_tasks=True)))
    async with AsyncClient(emulator.url, token="seer") as client:
        assert await client.transfers.copies() == []
        for call in (client.transfers.remove_completed_copies, client.transfers.pause_all, client.transfers.resume_all_copies):
            with pytest.raises(errors.PermissionDenied):
                await call()


async def test_a_merge(client: AsyncClient, emulator: RunningEmulator, folder: str, put: Put) -> None:
    await client.files.mkdir("/A/x/d", parents=True)
    await put("/A/x/d/1", b"another")
    request = pb.MoveFileRequest(
        theFilePaths=[folder], destPath="/A/x", conflictPolicy=pb.MoveFileRequest.Rename, handleConflictRecursively=True
    )
    assert (await client.raw.MoveFile(request)).success
    await merged(client, lambda task: task.status is TaskStatus.RUNNING)
    emulator.world.clock.advance(10)
    task = await merged(client, lambda task: task.merged_files == 1)
    assert (task.key, task.moves) == ("/A/d:/A/x/d", True)
    await client.transfers.cancel_merges([task.key])
    task = await merged(client, lambda task: task.status.is_terminal)
    assert task.status is TaskStatus.CANCELLED
    assert await names(client, "/A/x/d") == {"/A/x/d/1", "/A/x/d/1(1)"}
    assert await names(client, "/A/d") == {"/A/d/2", "/A/d/e"}
    emulator.world.options.copy_bytes_per_second = 0
    assert (await client.raw.MoveFile(request)).success
    [task] = await client.transfers.merges()
    assert (task.status, task.merged_files, task.merged_folders) == (TaskStatus.COMPLETED, 1, 2)
    assert await names(client, "/A") == {"/A/x"}


@pytest.mark.parametrize("act", ["move", "copy"])
async def test_a_merge_goes_on_after_a_restart(act: str, tmp_path: Path) -> None:
    account: dict[str, str] = {"username": "user", "password": "password"}
    slow = EmulatorOptions(copy_bytes_per_second=1.0)
    folders = {"Cloud/d": ("1", "2", "3"), "Cloud/x/d": ("1",)}
    for folder, files in folders.items():
        (tmp_path / folder).mkdir(parents=True)
        for name in files:
            (tmp_path / folder / name).write_bytes(f"{name} of {folder}".ljust(20).encode())
    with running_emulator(root=tmp_path, options=slow) as emulator:
        async with AsyncClient(emulator.url, **account) as client:
            if act == "move":
                request = pb.MoveFileRequest(theFilePaths=["/Cloud/d"], destPath="/Cloud/x", handleConflictRecursively=True)
                request.conflictPolicy = pb.MoveFileRequest.Rename
                await client.raw.MoveFile(request)
            else:
                copy = pb.CopyFileRequest(theFilePaths=["/Cloud/d"], destPath="/Cloud/x", handleConflictRecursively=True)
                copy.conflictPolicy = pb.CopyFileRequest.Rename
                await client.raw.CopyFile(copy)
            await merged(client, lambda task: task.status is TaskStatus.RUNNING)
            emulator.world.clock.advance(20)
            begun = await merged(client, lambda task: task.merged_files == 1)
    with running_emulator(root=tmp_path) as emulator:
        async with AsyncClient(emulator.url, **account) as client:
            task = await merged(client, lambda task: task.status.is_terminal)
            assert (task.status, task.merged_files, task.key) == (TaskStatus.COMPLETED, 3, begun.key)
            there = {f"/Cloud/x/d/{name}" for name in ("1", "1(1)", "2", "3")}
            assert await names(client, "/Cloud/x/d") == there
            assert await client.files.exists("/Cloud/d") == (act == "copy")
    assert (tmp_path / "Cloud/x/d/1(1)").read_bytes().rstrip() == b"1 of Cloud/d"
    with running_emulator(root=tmp_path) as emulator:
        async with AsyncClient(emulator.url, **account) as client:
            # What has ended is still told, and not done again.
            assert [each.status for each in await client.transfers.merges()] == [TaskStatus.COMPLETED]
            assert await names(client, "/Cloud/x/d") == there


async def test_downloads(client: AsyncClient, emulator: RunningEmulator, put: Put) -> None:
    await put("/A/big", b"x" * (3 << 20))
    link = await client.files.download_url("/A/big")
    emulator.faults.stall_download(after_bytes=1 << 20)
    async with httpx.AsyncClient(trust_env=False) as http, http.stream("GET", link.url) as response:
        parts = response.aiter_raw()
        await anext(parts)
        [download] = await client.transfers.downloads()
        assert (download.path, download.size, download.connections) == ("/A/big", 3 << 20, 1)
        assert download.readers == ("http 127.0.0.1",)
        assert (await client.transfers.counts()).downloads == 1
        assert (await client.raw.GetDownloadFileCount()).fileCount == 1
    while await client.transfers.downloads():
        pass
    assert (await client.transfers.counts()).downloads == 0


async def test_pause_resume_and_cancel_all_uploads(client: AsyncClient, emulator: RunningEmulator) -> None:
    emulator.world.options.upload_delay_seconds = 3600
    for name in ("one", "two"):
        created = await client.raw.CreateFile(pb.CreateFileRequest(parentPath="/A", fileName=name))
        await client.raw.CloseFile(pb.CloseFileRequest(fileHandle=created.fileHandle))

    async def statuses() -> set[TransferStatus]:
        return {row.status async for row in client.transfers.uploads()}

    await client.transfers.pause_all()
    assert await statuses() == {TransferStatus.PAUSED}
    await client.transfers.resume_all()
    assert await statuses() == {TransferStatus.QUEUED}
    assert [row.path async for row in client.transfers.uploads(status=TransferStatus.PAUSED)] == []
    await client.transfers.cancel_all()
    while await statuses() != {TransferStatus.CANCELLED}:
        pass


def test_a_restart_goes_on_with_a_copy(tmp_path: Path) -> None:
    slow = EmulatorOptions(copy_bytes_per_second=1.0)
    user = {"username": "user", "password": "password"}
    (tmp_path / "A" / "d").mkdir(parents=True)
    (tmp_path / "A" / "d" / "1").write_bytes(b"x" * 10)
    with running_emulator(root=tmp_path, clouds=("A", "B"), options=slow) as emulator, Client(emulator.url, **user) as client:
        client.files.copy("/A/d", "/B")
    with running_emulator(root=tmp_path, clouds=("A", "B")) as emulator, Client(emulator.url, **user) as client:
        while not (task := client.transfers.copies()[0]).status.is_terminal:
            pass
        assert (task.key, task.succeeded) == (KEY, True)
        assert client.files.read_bytes("/B/d/1") == b"x" * 10
    with running_emulator(root=tmp_path, clouds=("A", "B")) as emulator, Client(emulator.url, **user) as client:
        assert client.transfers.copies() == [task]
