"""``client.archives``: archives as folders."""

from __future__ import annotations

import base64
import gzip
import io
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import clouddrive2 as cd2
from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.emulator.options import EmulatorOptions
from clouddrive2.models.archives import ArchiveState
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

Connect = Callable[..., AsyncClient]
Make = Callable[..., RunningEmulator]

PHOTOS = {"a.jpg": b"a" * 70_000, "trip/b.jpg": b"bb", "trip/中文.txt": "内容".encode()}
FOLDER = "/Archive Folders/photos_zip"
# Made by Info-ZIP: secret.txt with "hidden\n", password "x1y2".
ENCRYPTED = base64.b64decode(
    "UEsDBAoACQAAAHioeV1LlI+HEwAAAAcAAAAKAAAAc2VjcmV0LnR4dEYoDBPwmbHLN+QAm3CFL8EgfzRQSwcIS5SPhxMAAAAHAAAA"
    "UEsBAh4DCgAJAAAAeKh5XUuUj4cTAAAABwAAAAoAAAAAAAAAAQAAAKSBAAAAAHNlY3JldC50eHRQSwUGAAAAAAEAAQA4AAAASwAA"
    "AAAA"
)


def zipped(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w:gz") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return made.getvalue()


@pytest.fixture
def emulator(emulator_factory: Make) -> RunningEmulator:
    return emulator_factory(options=EmulatorOptions(archive_folders=True))


async def put(client: AsyncClient, path: str, content: bytes) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "content")
        file.write_bytes(content)
        await client.uploads.upload(file, path)
    return path


async def below(client: AsyncClient, folder: str) -> dict[str, int]:
    return {each.path: each.size async for _, _, files in client.files.walk(folder) for each in files}


async def test_a_zip_is_a_folder(client: AsyncClient) -> None:
    path = await put(client, "/Cloud/photos.zip", zipped(PHOTOS))
    probe = await client.archives.probe(path)
    assert (probe.supported, probe.format, probe.problem, probe.needs_password) == (True, "zip", None, False)
    folder = await client.archives.open(path)
    assert (folder.path, folder.archive, folder.state, folder.files) == (FOLDER, path, ArchiveState.READY, 3)
    assert folder.size == sum(map(len, PHOTOS.values())) and folder.is_loaded and folder.is_ready
    assert await below(client, FOLDER) == {f"{FOLDER}/{name}": len(content) for name, content in PHOTOS.items()}
    for name, content in PHOTOS.items():
        assert await client.files.read_bytes(f"{FOLDER}/{name}") == content
    assert await client.files.read_bytes(f"{FOLDER}/a.jpg", start=69_998) == b"aa"
    entry = await client.files.stat(f"{FOLDER}/trip")
    assert entry.read_only and entry.is_folder
    assert "Archive Folders" in [each.name async for each in client.files.list("/")]
    assert len(await client.clouds.list()) == 1


async def test_what_is_inside_cannot_be_changed_but_copied(client: AsyncClient) -> None:
    await client.archives.open(await put(client, "/Cloud/photos.zip", zipped(PHOTOS)))
    for asked in (
        client.files.delete(f"{FOLDER}/a.jpg"),
        client.files.mkdir(f"{FOLDER}/new"),
        client.files.rename(f"{FOLDER}/a.jpg", "c.jpg"),
        put(client, f"{FOLDER}/x", b"x"),
    ):
        with pytest.raises(errors.Error):
            await asked
    await client.files.copy(f"{FOLDER}/trip", "/Cloud")
    assert await client.files.read_bytes("/Cloud/trip/b.jpg") == b"bb"


@pytest.mark.parametrize("mode", ["w:", "w:gz", "w:bz2", "w:xz"])
async def test_tars(client: AsyncClient, mode: str) -> None:
    path = await put(client, "/Cloud/photos.tar", tarred(PHOTOS, mode))
    probe = await client.archives.probe(path)
    assert [(row.reason, row.example) for row in probe.unreadable] == [("method", "link")]
    folder = await client.archives.open(path)
    assert (folder.is_ready, folder.is_solid, folder.files) == (True, mode != "w:", 3)
    assert await client.files.read_bytes(f"{folder.path}/trip/中文.txt") == "内容".encode()
    assert await client.files.read_bytes(f"{folder.path}/a.jpg", start=1, length=3) == b"aaa"


async def test_list_update_unload_load_remove(client: AsyncClient, emulator: RunningEmulator) -> None:
    assert await client.archives.list() == []
    path = await put(client, "/Cloud/photos.zip", zipped(PHOTOS))
    await client.archives.open(path, auto_load=True, cover="/Cloud/photos.zip", solid_mode="memory")
    again = await client.archives.open(path, auto_load=False)
    assert (again.path, again.auto_load, again.cover, again.solid_mode) == (FOLDER, False, path, "memory")
    changed = await client.archives.update(FOLDER, cover="", auto_load=True, solid_mode="cache")
    assert (changed.cover, changed.auto_load, changed.solid_mode) == (None, True, "cache")
    await client.archives.unload(FOLDER)
    [listed] = await client.archives.list()
    assert (listed.state, listed.is_loaded) == (ArchiveState.UNLOADED, False)
    assert not await client.files.exists("/Archive Folders")
    assert (await client.archives.load(FOLDER)).is_ready
    await client.archives.remove(FOLDER)
    assert await client.archives.list() == [] and not await client.files.exists(FOLDER)
    assert await client.files.exists(path)
    for asked in (client.archives.load(FOLDER), client.archives.update(FOLDER), client.archives.remove(FOLDER)):
        with pytest.raises(errors.NotFound):
            await asked


async def test_names_that_clash(client: AsyncClient) -> None:
    await client.files.mkdir("/Cloud/more")
    folders = [
        await client.archives.open(await put(client, f"{folder}/photos.zip", zipped(PHOTOS)))
        for folder in ("/Cloud", "/Cloud/more")
    ]
    assert [each.path for each in folders] == [FOLDER, f"{FOLDER}(1)"]


async def test_pushes(client: AsyncClient, emulator: RunningEmulator) -> None:
    heard = emulator.world.listen()
    path = await put(client, "/Cloud/photos.zip", zipped({"a": b"a"}))
    await client.archives.open(path)
    await client.archives.remove(FOLDER)
    told = []
    while not heard.empty():
        change = heard.get_nowait().fileSystemChange
        if change.path.startswith("/Archive"):
            told.append((pb.FileSystemChange.ChangeType.Name(change.changeType), change.path))
    root = "/Archive Folders"
    assert told == [("CREATE", root), ("CREATE", FOLDER), ("DELETE", FOLDER), ("DELETE", root)]


async def test_a_password(client: AsyncClient) -> None:
    path = await put(client, "/Cloud/secret.zip", ENCRYPTED)
    probe = await client.archives.probe(path)
    assert probe.supported and probe.needs_password
    assert (await client.archives.open(path)).state is ArchiveState.NEEDS_PASSWORD
    wrong = await client.archives.open(path, password="other")
    assert (wrong.state, wrong.message) == (ArchiveState.NEEDS_PASSWORD, "wrong password")
    assert not await client.files.exists(wrong.path)
    right = await client.archives.update(wrong.path, password="x1y2")
    assert right.is_ready and "x1y2" not in repr(right)
    assert await client.files.read_bytes(f"{right.path}/secret.txt") == b"hidden\n"


async def test_names_do_not_lead_out(client: AsyncClient) -> None:
    names = ["../up", "/absolute", "a/../../b", "C:\\c", "good/./x", "file", "file/below", "win\\dows"]
    path = await put(client, "/Cloud/photos.zip", zipped(dict.fromkeys(names, b"x")))
    assert {row.reason: row.count for row in (await client.archives.probe(path)).unreadable} == {"damaged": 5}
    await client.archives.open(path)
    inside = {each.removeprefix(f"{FOLDER}/") for each in await below(client, FOLDER)}
    assert inside == {"good/x", "file", "win/dows"}


async def test_bombs_and_damage(client: AsyncClient) -> None:
    member = tarfile.TarInfo("huge")
    member.size = 1 << 42
    bomb = gzip.compress(member.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 16))
    folder = await client.archives.open(await put(client, "/Cloud/bomb.tar.gz", bomb))
    assert folder.state is ArchiveState.ERROR and "times its own size" in folder.message
    good = zipped(PHOTOS)
    cut = await put(client, "/Cloud/cut.zip", good[: len(good) // 2])
    assert (await client.archives.probe(cut)).problem == "damaged"
    assert (await client.archives.open(cut)).state is ArchiveState.ERROR
    spoilt = bytearray(zipped({"a": bytes(range(256)) * 400}))
    spoilt[60:70] = b"\xff" * 10
    broken = await client.archives.open(await put(client, "/Cloud/spoilt.zip", bytes(spoilt)))
    assert broken.is_ready
    with pytest.raises(errors.Error):
        await client.files.read_bytes(f"{broken.path}/a")


async def test_what_does_not_open(client: AsyncClient) -> None:
    text = await put(client, "/Cloud/text.txt", b"no archive")
    rar = await put(client, "/Cloud/a.rar", b"Rar!\x1a\x07\x01\x00" + bytes(100))
    second = await put(client, "/Cloud/a.part2.rar", b"x")
    inside = await client.archives.open(await put(client, "/Cloud/photos.zip", zipped({"in.zip": zipped(PHOTOS)})))
    problems = [
        (await client.archives.probe(path)).problem for path in (text, second, f"{inside.path}/in.zip", "/Cloud/none", "/Cloud")
    ]
    assert problems == ["not-an-archive", "not-first-volume", "inside-archive-folder", "other", "other"]
    assert (await client.archives.open(rar)).state is ArchiveState.UNSUPPORTED
    for path in (second, f"{inside.path}/in.zip", "/Cloud"):
        with pytest.raises(errors.InvalidRequest):
            await client.archives.open(path)
    with pytest.raises(errors.NotFound):
        await client.archives.open("/Cloud/none")
    with pytest.raises(errors.ConfigError, match="never, memory, cache"):
        await client.archives.open(text, solid_mode="all")  # type: ignore[arg-type]


async def test_an_archive_that_changes_or_goes(client: AsyncClient) -> None:
    path = await put(client, "/Cloud/photos.zip", zipped(PHOTOS))
    await client.archives.open(path)
    await client.files.delete(path)
    await put(client, path, zipped({"other": b"other"}))
    assert [each.files for each in await client.archives.list()] == [1]
    assert await below(client, FOLDER) == {f"{FOLDER}/other": 5}
    await client.files.delete(path)
    assert [each.state for each in await client.archives.list()] == [ArchiveState.MISSING]
    assert not await client.files.exists(FOLDER)


async def test_a_long_index(client: AsyncClient, emulator: RunningEmulator) -> None:
    emulator.emulator.archives.wait_seconds = 0
    folder = await client.archives.open(await put(client, "/Cloud/photos.zip", zipped(PHOTOS)))
    assert folder.state is ArchiveState.INDEXING and folder.progress is not None and folder.is_loaded
    while not (listed := (await client.archives.list())[0]).is_ready:
        assert listed.state is ArchiveState.INDEXING
    assert listed.progress is None


async def test_turned_off_no_plan_and_old(emulator_factory: Make, connect: Connect) -> None:
    emulator = emulator_factory()
    client = connect(emulator)
    path = await put(client, "/Cloud/photos.zip", zipped(PHOTOS))
    with pytest.raises(errors.Unsupported, match=r"turned off in the settings.*archive_folders_enabled"):
        await client.archives.open(path)
    await client.settings.update({"archive_folders_enabled": True})
    assert (await client.archives.open(path)).is_ready
    emulator.emulator.archives.in_plan = False
    with pytest.raises(errors.PermissionDenied, match="plan does not include"):
        await client.archives.load(FOLDER)
    old = connect(emulator_factory(options=EmulatorOptions(version="1.1.0")))
    with pytest.raises(errors.Unsupported):
        await old.archives.list()


async def test_permissions(client: AsyncClient, emulator: RunningEmulator, connect: Connect) -> None:
    path = await put(client, "/Cloud/photos.zip", zipped(PHOTOS))
    await client.archives.open(path)
    rights = pb.TokenPermissions(allow_list=True, allow_get_archive_folders=True)
    reader = connect(emulator, token=emulator.world.add_token(pb.TokenInfo(rootDir="/", permissions=rights)).token)
    assert len(await reader.archives.list()) == 1 and (await reader.archives.probe(path)).supported
    for asked in (
        reader.archives.open(path),
        reader.archives.update(FOLDER),
        reader.archives.load(FOLDER),
        reader.archives.unload(FOLDER),
        reader.archives.remove(FOLDER),
    ):
        with pytest.raises(errors.PermissionDenied):
            await asked
    elsewhere = pb.TokenPermissions(allow_list=True, allow_get_archive_folders=True, allow_modify_archive_folders=True)
    info = pb.TokenInfo(rootDir="/Cloud/other", permissions=elsewhere)
    other = connect(emulator, token=emulator.world.add_token(info).token)
    assert await other.archives.list() == []
    with pytest.raises(errors.NotFound):
        await other.archives.remove(FOLDER)


async def test_over_a_restart(emulator_factory: Make, connect: Connect, tmp_path: Path) -> None:
    options = EmulatorOptions(archive_folders=True)
    first = emulator_factory(root=tmp_path / "drive", options=options)
    client = connect(first)
    for name, auto in (("a", True), ("b", False)):
        await client.archives.open(await put(client, f"/Cloud/{name}.zip", zipped(PHOTOS)), auto_load=auto)
    await client.close()
    first.on_loop(first.emulator.stop)
    again = connect(emulator_factory(root=tmp_path / "drive", options=options))
    while (listed := await again.archives.list())[0].state is ArchiveState.INDEXING:
        pass
    assert [each.state for each in listed] == [ArchiveState.READY, ArchiveState.UNLOADED]
    assert await again.files.read_bytes("/Archive Folders/a_zip/trip/b.jpg") == b"bb"


def test_the_blocking_client(emulator: RunningEmulator, tmp_path: Path) -> None:
    (tmp_path / "photos.zip").write_bytes(zipped(PHOTOS))
    with cd2.Client(emulator.url, username=emulator.username, password=emulator.password) as client:
        client.uploads.upload(tmp_path / "photos.zip", "/Cloud/photos.zip")
        assert client.archives.probe("/Cloud/photos.zip").supported
        assert client.archives.open("/Cloud/photos.zip").is_ready
        assert client.archives.update(FOLDER, auto_load=True).auto_load
        client.archives.unload(FOLDER)
        assert client.archives.load(FOLDER).is_ready
        assert [each.path for each in client.archives.list()] == [FOLDER]
        client.archives.remove(FOLDER)
        assert client.archives.list() == []
