"""The server's upload list and its controls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from clouddrive2 import errors
from clouddrive2.api import transfers as module
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import PathView, ServerConfig, UploadConfig
from clouddrive2.emulator.permissions import ALL_PERMISSIONS
from clouddrive2.models.transfers import Operator, Transfer, TransferStatus
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

Queue = Callable[..., Awaitable[None]]


@pytest.fixture
def queue(client: AsyncClient, emulator: RunningEmulator) -> Queue:
    """Files whose way to the cloud begins only when the test lets an hour pass."""
    emulator.world.options.upload_delay_seconds = 3600

    async def queue_files(*names: str) -> None:
        for name in names:
            created = await client.raw.CreateFile(pb.CreateFileRequest(parentPath="/Cloud", fileName=name))
            data = name.encode()
            write = pb.WriteFileRequest(fileHandle=created.fileHandle, length=len(data), buffer=data, closeFile=True)
            await client.raw.WriteToFile(write)

    return queue_files


async def rows(client: AsyncClient, **which: object) -> dict[str, Transfer]:
    return {row.path: row async for row in client.transfers.uploads(**which)}  # type: ignore[arg-type]


async def test_an_empty_list(client: AsyncClient) -> None:
    assert await rows(client) == {}


async def test_what_a_row_says(client: AsyncClient, queue: Queue) -> None:
    await queue("file.bin")
    [row] = [row async for row in client.transfers.uploads()]
    assert (row.path, row.size, row.transferred, row.error) == ("/Cloud/file.bin", 8, 0, "")
    assert (row.status, row.operator, row.status.is_terminal) == (TransferStatus.QUEUED, Operator.MOUNT, False)
    assert row.key


async def test_chosen_by_text_and_by_operator(client: AsyncClient, queue: Queue) -> None:
    await queue("one.txt", "two.txt")
    assert set(await rows(client, containing="two")) == {"/Cloud/two.txt"}
    assert set(await rows(client, operator=Operator.MOUNT)) == {"/Cloud/one.txt", "/Cloud/two.txt"}
    assert await rows(client, operator=Operator.REMOTE_UPLOAD) == {}


@pytest.mark.parametrize("page", [1, 2, 3, 5, 6])
async def test_pages_become_one_list(
    client: AsyncClient, emulator: RunningEmulator, queue: Queue, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    names = [f"{number}" for number in range(5)]
    await queue(*names)
    monkeypatch.setattr(module, "PAGE", page)
    assert list(await rows(client)) == [f"/Cloud/{name}" for name in names]
    assert emulator.calls.count("GetUploadFileList") == -(-5 // page)


async def test_pause_resume_cancel(client: AsyncClient, emulator: RunningEmulator, queue: Queue) -> None:
    await queue("a", "b")
    keys = {path: row.key for path, row in (await rows(client)).items()}
    await client.transfers.pause([keys["/Cloud/a"], "unknown key"])
    assert {path: row.status for path, row in (await rows(client)).items()} == {
        "/Cloud/a": TransferStatus.PAUSED,
        "/Cloud/b": TransferStatus.QUEUED,
    }
    await client.transfers.resume(keys.values())
    assert (await rows(client))["/Cloud/a"].status is TransferStatus.QUEUED
    await client.transfers.cancel([keys["/Cloud/b"]])
    while (await rows(client))["/Cloud/b"].status is not TransferStatus.CANCELLED:
        pass
    emulator.world.clock.advance(3601)
    while (await rows(client))["/Cloud/a"].status is not TransferStatus.FINISHED:
        pass
    assert [entry.name async for entry in client.files.list("/Cloud")] == ["a"]


async def test_an_old_server_without_status_numbers(client: AsyncClient, emulator: RunningEmulator, queue: Queue) -> None:
    await queue("a")
    emulator.faults.status_enum_missing()
    assert (await rows(client))["/Cloud/a"].status is TransferStatus.QUEUED


async def test_permission_is_needed(emulator: RunningEmulator) -> None:
    emulator.world.add_token(pb.TokenInfo(token="lister", permissions=pb.TokenPermissions(allow_list=True)))
    async with AsyncClient(emulator.url, token="lister") as client:
        with pytest.raises(errors.PermissionDenied):
            await rows(client)
        with pytest.raises(errors.PermissionDenied):
            await client.transfers.pause(["x"])


@pytest.mark.parametrize(("view", "folder"), [("prefix", "/"), ("strip", "/Cloud/Inbox/"), ("as_given", "/")])
async def test_uploads_of_a_token_with_a_root_folder(
    client: AsyncClient, emulator: RunningEmulator, tmp_path: Path, view: PathView, folder: str
) -> None:
    await client.files.mkdir("/Cloud/Inbox")
    permissions = pb.TokenPermissions(**dict.fromkeys(ALL_PERMISSIONS, True))
    emulator.world.add_token(pb.TokenInfo(token="confined", rootDir="/Cloud/Inbox", permissions=permissions))
    config = ServerConfig(emulator.url, token="confined", path_view=view, root_folder="/Cloud/Inbox")
    (tmp_path / "file").write_bytes(b"content")
    async with AsyncClient(config=config, uploads=UploadConfig(state_folder=tmp_path / "state")) as confined:
        uploaded = await confined.uploads.upload(tmp_path / "file", f"{folder}sub/")
        assert uploaded.path == f"{folder}sub/file"
        assert set(await rows(confined)) == {uploaded.path}
    assert emulator.calls.of("StartRemoteUpload")[-1].file_path == ("/Cloud/Inbox/sub/file" if view == "prefix" else "/sub/file")
    assert await client.files.read_bytes("/Cloud/Inbox/sub/file") == b"content"
