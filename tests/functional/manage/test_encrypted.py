"""``client.encrypted``: folders that need a password."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

import clouddrive2 as cd2
from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.models.encrypted import EncryptionState
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

Connect = Callable[..., AsyncClient]
Make = Callable[..., RunningEmulator]

FOLDER = "/Cloud/Private"


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    file = tmp_path / "letter.txt"
    file.write_bytes(b"dear")
    return file


async def names(client: AsyncClient, folder: str) -> list[str]:
    return [each.name async for each in client.files.list(folder)]


async def test_create_lock_unlock(client: AsyncClient, letter: Path, emulator: RunningEmulator) -> None:
    made = await client.encrypted.create(FOLDER, "x1y2")
    assert (made.path, made.is_folder) == (FOLDER, True)
    assert await client.encrypted.state(FOLDER) is EncryptionState.UNLOCKED
    assert await client.encrypted.state("/Cloud") is EncryptionState.NONE
    await client.uploads.upload(letter, f"{FOLDER}/letter.txt")
    link = await client.files.download_url(f"{FOLDER}/letter.txt")
    await client.encrypted.lock(FOLDER)
    await client.encrypted.lock(FOLDER)
    assert await client.encrypted.state(FOLDER) is EncryptionState.LOCKED
    with pytest.raises(errors.OperationFailed, match="is locked"):
        await names(client, FOLDER)
    assert not await client.files.exists(f"{FOLDER}/letter.txt")
    assert [each async for each in client.files.search("/", "letter")] == []
    for asked in (
        client.files.read_bytes(f"{FOLDER}/letter.txt"),
        client.files.delete(f"{FOLDER}/letter.txt"),
        client.files.mkdir(f"{FOLDER}/more"),
        client.files.copy(FOLDER, "/Cloud", on_conflict="rename"),
        client.uploads.upload(letter, f"{FOLDER}/other.txt"),
    ):
        with pytest.raises(errors.Error):
            await asked
    async with httpx.AsyncClient(auth=(emulator.username, emulator.password)) as http:
        assert (await http.get(link.url, headers=link.headers)).status_code == 404
        place = f"{emulator.url}/dav{FOLDER}"
        assert (await http.get(f"{place}/letter.txt")).status_code == 404
        assert (await http.put(f"{place}/other.txt", content=b"x")).status_code == 403
    with pytest.raises(errors.OperationFailed, match="is locked"):
        await client.raw.CreateFile(pb.CreateFileRequest(parentPath=FOLDER, fileName="other.txt"))
    with pytest.raises(errors.OperationFailed, match="wrong password"):
        await client.encrypted.unlock(FOLDER, "other")
    await client.encrypted.unlock(FOLDER, "x1y2")
    assert await client.files.read_bytes(f"{FOLDER}/letter.txt") == b"dear"


async def test_a_locked_folder_stays_so_when_it_is_moved(client: AsyncClient, letter: Path) -> None:
    await client.encrypted.create(FOLDER, "x1y2")
    await client.uploads.upload(letter, f"{FOLDER}/letter.txt")
    await client.encrypted.lock(FOLDER)
    await client.files.mkdir("/Cloud/above")
    await client.files.move(FOLDER, "/Cloud/above")
    await client.files.rename("/Cloud/above", "over")
    assert await client.encrypted.state("/Cloud/over/Private") is EncryptionState.LOCKED
    await client.encrypted.unlock("/Cloud/over/Private", "x1y2")
    assert await names(client, "/Cloud/over/Private") == ["letter.txt"]
    await client.files.delete("/Cloud/over")
    await client.files.mkdir(FOLDER)
    assert await client.encrypted.state(FOLDER) is EncryptionState.NONE


async def test_bad_input(client: AsyncClient) -> None:
    with pytest.raises(errors.ConfigError, match="needs a password"):
        await client.encrypted.create(FOLDER, "")
    with pytest.raises(errors.NotFound):
        await client.encrypted.create("/Cloud/none/Private", "x")
    await client.encrypted.create(FOLDER, "x")
    with pytest.raises(errors.AlreadyExists):
        await client.encrypted.create(FOLDER, "x")
    with pytest.raises(errors.OperationFailed, match="inside another"):
        await client.encrypted.create(f"{FOLDER}/inner", "x")
    for asked in (client.encrypted.lock("/Cloud"), client.encrypted.unlock("/Cloud", "x")):
        with pytest.raises(errors.OperationFailed, match="no encrypted folder"):
            await asked
    for asked in (client.encrypted.lock("/Cloud/none"), client.encrypted.unlock("/Cloud/none", "x")):
        with pytest.raises(errors.NotFound):
            await asked


async def test_permissions_and_an_old_server(client: AsyncClient, emulator: RunningEmulator, connect: Connect) -> None:
    await client.encrypted.create(FOLDER, "x1y2")
    rights = pb.TokenPermissions(allow_list=True, allow_create_folder=True)
    reader = connect(emulator, token=emulator.world.add_token(pb.TokenInfo(rootDir="/", permissions=rights)).token)
    assert await reader.encrypted.state(FOLDER) is EncryptionState.UNLOCKED
    for asked in (
        reader.encrypted.create("/Cloud/x", "x"),
        reader.encrypted.lock(FOLDER),
        reader.encrypted.unlock(FOLDER, "x1y2"),
    ):
        with pytest.raises(errors.PermissionDenied):
            await asked
    emulator.faults.unimplemented("LockEncryptedFile")
    with pytest.raises(errors.Unsupported):
        await client.encrypted.lock(FOLDER)


async def test_over_a_restart(emulator_factory: Make, connect: Connect, tmp_path: Path) -> None:
    first = emulator_factory(root=tmp_path / "drive")
    client = connect(first)
    await client.encrypted.create("/Cloud/kept", "a", save_password=True)
    await client.encrypted.create("/Cloud/closed", "b")
    await client.encrypted.create("/Cloud/opened", "c")
    await client.encrypted.unlock("/Cloud/opened", "c", save_password=True)
    await client.close()
    first.on_loop(first.emulator.stop)
    again = connect(emulator_factory(root=tmp_path / "drive"))
    states = {name: await again.encrypted.state(f"/Cloud/{name}") for name in ("kept", "closed", "opened")}
    assert states == {"kept": "unlocked", "closed": "locked", "opened": "unlocked"}
    await again.encrypted.unlock("/Cloud/closed", "b")
    assert '"b"' not in (tmp_path / "drive" / ".clouddrive2.json").read_text(encoding="utf-8")


def test_the_blocking_client(emulator: RunningEmulator) -> None:
    with cd2.Client(emulator.url, username=emulator.username, password=emulator.password) as client:
        assert client.encrypted.create(FOLDER, "x1y2").path == FOLDER
        client.encrypted.lock(FOLDER)
        assert client.encrypted.state(FOLDER) is EncryptionState.LOCKED
        client.encrypted.unlock(FOLDER, "x1y2")
        assert list(client.files.list(FOLDER)) == []
