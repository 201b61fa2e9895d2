"""The emulator's drive as a real file system, used through the kernel as any program would."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.emulator.mounting.fusermount import why_unavailable
from clouddrive2.emulator.options import CloudOptions, EmulatorOptions
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

pytestmark = pytest.mark.skipif(bool(why_unavailable()), reason=why_unavailable() or "FUSE works")


@pytest.fixture(params=["memory", "disk"])
def emulator(emulator_factory: Callable[..., RunningEmulator], tmp_path: Path, request: pytest.FixtureRequest) -> RunningEmulator:
    return emulator_factory(root=tmp_path / "drive" if request.param == "disk" else None)


@pytest.fixture
def mounted(emulator: RunningEmulator, tmp_path: Path) -> Iterator[Path]:
    """The cloud folder, mounted."""
    place = tmp_path / "mnt"
    option = pb.MountOption(mountPoint=str(place), sourceDir=emulator.cloud, autoMount=True)
    point = emulator.on_loop(emulator.emulator.mounts.add, option)
    assert point.isMounted, point.failReason
    yield place


def names(folder: Path) -> list[str]:
    return sorted(child.name for child in folder.iterdir())


async def until(holds: Callable[[], Awaitable[object]]) -> None:
    """Asks again and again: a kernel tells the file system of a close only after the close."""
    while True:
        if await holds():
            return
        await asyncio.sleep(0.01)


async def waited(stub: Any, path: str) -> pb.CloudDriveFile:
    """The entry once it is there and has arrived."""
    while True:
        found = await stub.FindFileByPath(pb.FindFileByPathRequest(path=path)) if await there(stub, path) else None
        if found is not None and "-" not in found.id:
            return found  # type: ignore[no-any-return]
        await asyncio.sleep(0.01)


async def holds(data: bytes, content: Any) -> bool:
    return bool(await content("/Cloud/f") == data)


async def there(stub: Any, path: str) -> bool:
    import grpc.aio

    try:
        await stub.FindFileByPath(pb.FindFileByPathRequest(path=path))
    except grpc.aio.AioRpcError:
        return False
    return True


async def test_what_is_written_reaches_the_cloud(mounted: Path, stub: Any, content: Any) -> None:
    data = os.urandom(3_000_001)
    assert mounted.is_mount()
    (mounted / "film 电影.mkv").write_bytes(data)
    assert (mounted / "film 电影.mkv").stat().st_size == len(data)
    entry = await waited(stub, "/Cloud/film 电影.mkv")
    assert entry.size == len(data)
    assert await content("/Cloud/film 电影.mkv") == data
    assert (mounted / "film 电影.mkv").read_bytes() == data


async def test_a_row_of_the_upload_list_goes_along_with_a_new_name(
    emulator: RunningEmulator, mounted: Path, stub: Any, listed: Any
) -> None:
    emulator.world.options.upload_delay_seconds = 3600
    (mounted / "a.part").write_bytes(b"data")
    (mounted / "a.part").rename(mounted / "a")
    await until(lambda: listed(filter="/Cloud/a"))
    [row] = (await listed()).values()
    assert (row.destPath, row.operatorType, row.size) == ("/Cloud/a", pb.UploadFileInfo.Mount, 4)
    assert (mounted / "a").read_bytes() == b"data"
    assert names(mounted) == ["a"]
    emulator.world.clock.advance(3600)
    await waited(stub, "/Cloud/a")


async def test_folders_names_and_removal(mounted: Path, stub: Any) -> None:
    (mounted / "a").mkdir()
    (mounted / "a/b").mkdir()
    with pytest.raises(OSError) as failure:
        (mounted / "a").rmdir()
    assert failure.value.errno == errno.ENOTEMPTY
    (mounted / "a/f").write_bytes(b"1")
    await waited(stub, "/Cloud/a/f")
    (mounted / "a").rename(mounted / "c")
    assert names(mounted / "c") == ["b", "f"]
    assert await there(stub, "/Cloud/c/f")
    shutil.rmtree(mounted / "c")
    assert names(mounted) == []
    assert not await there(stub, "/Cloud/c")


async def test_a_rename_replaces_in_one_step(mounted: Path, stub: Any, content: Any) -> None:
    (mounted / "f").write_bytes(b"old")
    await waited(stub, "/Cloud/f")
    (mounted / "f.new").write_bytes(b"newer")
    (mounted / "f.new").replace(mounted / "f")
    assert names(mounted) == ["f"]
    assert (mounted / "f").read_bytes() == b"newer"
    await until(lambda: holds(b"newer", content))


async def test_what_replaces_an_upload_on_its_way_stops_it(
    emulator: RunningEmulator, mounted: Path, stub: Any, listed: Any, content: Any
) -> None:
    emulator.world.options.upload_delay_seconds = 3600
    (mounted / "f").write_bytes(b"old")
    (mounted / "g").write_bytes(b"newer")
    await until(lambda: listed(filter="/Cloud/f"))
    await until(lambda: listed(filter="/Cloud/g"))
    (mounted / "g").replace(mounted / "f")
    assert sorted(row.status for row in (await listed()).values()) == ["Cancelled", "Inqueue"]
    emulator.world.clock.advance(3600)
    await waited(stub, "/Cloud/f")
    assert await content("/Cloud/f") == b"newer"


async def test_changes_in_place(mounted: Path, stub: Any, content: Any) -> None:
    path = mounted / "f"
    path.write_bytes(b"0123456789")
    await waited(stub, "/Cloud/f")
    with path.open("ab") as file:
        file.write(b"ab")
    with path.open("r+b") as file:
        file.seek(2)
        file.write(b"XX")
    os.truncate(path, 6)
    os.truncate(path, 8)
    assert path.read_bytes() == b"01XX45\0\0"
    await until(lambda: holds(b"01XX45\0\0", content))
    path.write_bytes(b"")
    await until(lambda: holds(b"", content))


async def test_an_open_file_may_be_removed_or_shortened(mounted: Path, stub: Any) -> None:
    with (mounted / "f").open("w+b") as file:
        file.write(b"0123456789")
        file.flush()
        file.truncate(4)
        file.seek(0)
        assert file.read() == b"0123"
        (mounted / "f").unlink()
        assert names(mounted) == []
        file.write(b"more")
    (mounted / "marker").write_bytes(b"")
    await waited(stub, "/Cloud/marker")
    assert not await there(stub, "/Cloud/f")


async def test_what_the_api_does_shows_at_once(mounted: Path, stub: Any, put: Any) -> None:
    await put("/Cloud/x", b"by the API")
    assert (mounted / "x").read_bytes() == b"by the API"
    await stub.RenameFile(pb.RenameFileRequest(theFilePath="/Cloud/x", newName="y"))
    assert names(mounted) == ["y"]
    await stub.DeleteFile(pb.FileRequest(path="/Cloud/y"))
    assert not (mounted / "y").exists()


def refusal(action: Callable[[], object]) -> int:
    with pytest.raises(OSError) as failure:
        action()
    return failure.value.errno or 0


def test_what_a_mount_refuses(emulator: RunningEmulator, mounted: Path) -> None:
    (mounted / "folder").mkdir()
    (mounted / "file").write_bytes(b"x")
    assert refusal(lambda: (mounted / "folder").mkdir()) == errno.EEXIST
    assert refusal(lambda: (mounted / "none/f").write_bytes(b"")) == errno.ENOENT
    assert refusal(lambda: (mounted / ("n" * 256)).write_bytes(b"")) == errno.ENAMETOOLONG
    assert refusal(lambda: (mounted / "folder").unlink()) == errno.EISDIR
    assert refusal(lambda: (mounted / "file").rename(mounted / "folder")) == errno.EISDIR
    assert refusal(lambda: (mounted / "folder").rename(mounted / "folder/below")) == errno.EINVAL
    emulator.faults.disk_full(after_bytes=10)
    assert refusal(lambda: (mounted / "big").write_bytes(b"x" * 11)) == errno.ENOSPC
    assert os.statvfs(mounted).f_bavail == 0
    emulator.faults.fail_mount_writes(code=errno.EIO)
    assert refusal(lambda: (mounted / "bad").write_bytes(b"x")) == errno.EIO


def test_every_cloud_in_one_mount(emulator_factory: Callable[..., RunningEmulator], tmp_path: Path) -> None:
    emulator = emulator_factory(clouds=["A", CloudOptions("B", read_only=True)])
    place = tmp_path / "all"
    emulator.on_loop(emulator.emulator.mounts.add, pb.MountOption(mountPoint=str(place), sourceDir="/", autoMount=True))
    assert names(place) == ["A", "B"]
    assert refusal(lambda: (place / "x").write_bytes(b"")) == errno.EPERM
    assert refusal(lambda: (place / "A").rmdir()) == errno.EPERM
    assert refusal(lambda: (place / "B/x").write_bytes(b"")) == errno.EROFS
    assert os.statvfs(place).f_blocks * os.statvfs(place).f_frsize == 2 << 40


def test_a_read_only_mount(emulator_factory: Callable[..., RunningEmulator], tmp_path: Path) -> None:
    emulator, place = emulator_factory(), tmp_path / "ro"
    option = pb.MountOption(mountPoint=str(place), sourceDir="/Cloud", autoMount=True, readOnly=True, permissions="550")
    emulator.on_loop(emulator.emulator.mounts.add, option)
    assert refusal(lambda: (place / "x").write_bytes(b"")) == errno.EROFS
    assert place.stat().st_mode & 0o777 == 0o550


async def test_busy_ones_stay_mounted(mounted: Path, stub: Any) -> None:
    request = pb.MountPointRequest(MountPoint=str(mounted))
    with (mounted / "f").open("wb"):
        reply = await stub.Unmount(request)
        assert not reply.success
        assert "busy" in reply.failReason
        assert mounted.is_mount()
    (mounted / "f").unlink()

    async def unmounted() -> bool:
        return bool((await stub.Unmount(request)).success)

    await until(unmounted)
    assert not mounted.is_mount()
    assert names(mounted) == []


async def test_a_mount_that_ends_by_itself_is_noticed(emulator: RunningEmulator, mounted: Path, stub: Any) -> None:
    stream = stub.PushMessage()
    for _ in range(3):
        await stream.read()
    emulator.faults.mount_dies(after_bytes=1 << 20)
    with pytest.raises(OSError):
        (mounted / "big").write_bytes(bytes(4 << 20))
    while not (change := await stream.read()).HasField("mountPointChange"):
        pass
    assert change.mountPointChange.actionType == pb.MountPointChange.UNMOUNT
    [point] = (await stub.GetMountPoints()).mountPoints
    assert (point.isMounted, point.failReason) == (False, "the file system ended")
    assert not mounted.is_mount()
    assert names(mounted) == []
    stream.cancel()


def test_the_end_of_the_server_takes_its_mounts_along(tmp_path: Path) -> None:
    from clouddrive2.testing import running_emulator

    place = tmp_path / "mnt"
    before = Path.cwd()
    with running_emulator(options=EmulatorOptions(upload_delay_seconds=3600)) as emulator:
        emulator.on_loop(emulator.emulator.mounts.add, pb.MountOption(mountPoint=str(place), sourceDir="/Cloud", autoMount=True))
        file = (place / "open").open("wb")
        file.write(b"still open")
        file.flush()
    assert not place.is_mount()
    assert names(place) == []
    with pytest.raises(OSError):
        file.write(b"x" * (1 << 20))
    file.close()
    assert Path.cwd() == before
