"""Is a folder a mounted drive? By table: what the system's mount table says, and what comes out of it."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from clouddrive2.api.local_mounts import TableRow, in_thread, inspect_mount, read_table, unwritable

ROOT = "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw"
CONTAINER = "400 300 0:50 / / rw,relatime master:1 - overlay overlay rw,lowerdir=/a:/b"


def table(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "mountinfo"
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def row(place: Path | str, kind: str, options: str = "rw,nosuid", more: str = "rw,user_id=0") -> str:
    escaped = str(place).replace("\\", "\\134").replace(" ", "\\040").replace("\n", "\\012")
    return f"42 21 0:39 / {escaped} {options} shared:7 master:2 - {kind} CloudFS {more}"


def test_the_table_as_the_kernel_writes_it(tmp_path: Path) -> None:
    found = read_table(table(tmp_path, ROOT, row("/mnt/a b\\c\nd 电影", "fuse.clouddrive", "ro"), "", "nonsense - x"))
    assert found == [
        TableRow("/", "ext4", "/dev/sda1", False),
        TableRow("/mnt/a b\\c\nd 电影", "fuse.clouddrive", "CloudFS", True),
    ]


def test_no_table_on_this_platform(tmp_path: Path) -> None:
    assert read_table(tmp_path / "none") is None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "Cloud NAS"
    (place / "115").mkdir(parents=True)
    return place


MOUNTED = ["fuse", "fuse.clouddrive", "fuse.CloudFS"]
BARE = ["ext4", "btrfs", "tmpfs", "overlay", "fuseblk", "fuse.shfs", "fuse.mergerfs", "nfs4", "cifs", "virtiofs"]


@pytest.mark.parametrize(("kind", "expected"), [*((kind, True) for kind in MOUNTED), *((kind, False) for kind in BARE)])
def test_a_mount_point_of_the_server(tmp_path: Path, folder: Path, kind: str, expected: bool) -> None:
    found = inspect_mount(folder, named_by_user=False, table=table(tmp_path, ROOT, row(folder, kind)))
    assert found.mounted is expected
    assert found.device == (folder.stat().st_dev if expected else None)
    assert bool(found.reason) is not expected


@pytest.mark.parametrize(("kind", "expected"), [("fuse.clouddrive", True), ("nfs4", True), ("cifs", True), ("ext4", False)])
def test_a_folder_the_user_names_may_be_a_share_or_lie_below_a_mount(
    tmp_path: Path, folder: Path, kind: str, expected: bool
) -> None:
    mounts = table(tmp_path, ROOT, row(folder, kind))
    assert inspect_mount(folder / "115", named_by_user=True, table=mounts).mounted is expected
    assert not inspect_mount(folder / "115", named_by_user=False, table=mounts).mounted


def test_what_lies_on_top_counts(tmp_path: Path, folder: Path) -> None:
    mounts = table(tmp_path, ROOT, row(folder, "fuse.clouddrive"), row(folder, "ext4"))
    assert not inspect_mount(folder, named_by_user=False, table=mounts).mounted


def test_a_name_that_only_begins_alike_is_another(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "Cloud").mkdir()
    assert not inspect_mount(
        folder, named_by_user=True, table=table(tmp_path, ROOT, row(tmp_path / "Cloud", "fuse.clouddrive"))
    ).mounted


def test_a_link_to_the_mount(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    assert inspect_mount(
        tmp_path / "link", named_by_user=False, table=table(tmp_path, ROOT, row(folder, "fuse.clouddrive"))
    ).mounted


def test_read_only_for_the_system(tmp_path: Path, folder: Path) -> None:
    for options, more in (("ro", "rw"), ("rw", "ro,user_id=0")):
        mounts = table(tmp_path, ROOT, row(folder, "fuse.clouddrive", options, more))
        assert inspect_mount(folder, named_by_user=False, table=mounts).read_only


def test_a_bare_folder_in_a_container_tells_of_propagation(tmp_path: Path, folder: Path) -> None:
    # What a container sees that was given the folder without propagation: a bind of the host's disk.
    found = inspect_mount(folder, named_by_user=False, table=table(tmp_path, CONTAINER, row(folder, "ext4")))
    assert found.reason == (
        f"{folder} is a bare folder here: the mount is not propagated into this container; start it with rslave propagation, "
        "or name another folder with --mount-map"
    )


def test_a_bare_folder_elsewhere(tmp_path: Path, folder: Path) -> None:
    assert inspect_mount(folder, named_by_user=False, table=table(tmp_path, ROOT)).reason == f"{folder} is a bare folder here"


def test_missing_and_dead_ones(tmp_path: Path, folder: Path) -> None:
    def fails(code: int) -> Callable[[str], os.stat_result]:
        def stat(path: str) -> os.stat_result:
            raise OSError(code, os.strerror(code), path)

        return stat

    mounts = table(tmp_path, ROOT)
    assert "does not exist" in inspect_mount(tmp_path / "none", named_by_user=True, table=mounts).reason
    dead = inspect_mount(folder, named_by_user=False, table=mounts, stat=fails(errno.ENOTCONN))
    assert not dead.mounted
    assert "is dead" in dead.reason
    assert "cannot be looked at" in inspect_mount(folder, named_by_user=False, table=mounts, stat=fails(errno.EACCES)).reason


def devices(numbers: dict[str, int]) -> Callable[[str], os.stat_result]:
    """A look-up that knows devices only."""
    return lambda path: os.stat_result((0o40755, 1, numbers[path], 1, 0, 0, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("below", "named", "numbers", "expected"),
    [
        (False, False, (7, 1, 1), True),
        (False, False, (1, 1, 1), False),
        (True, False, (7, 7, 1), False),
        (True, True, (7, 7, 1), True),
        (True, True, (1, 1, 1), False),
    ],
)
def test_by_device_number_where_there_is_no_table(
    tmp_path: Path, folder: Path, below: bool, named: bool, numbers: tuple[int, int, int], expected: bool
) -> None:
    place = folder / "115" if below else folder
    known = {str(place.resolve()): numbers[0], str(place.resolve().parent): numbers[1], "/": numbers[2]}
    found = inspect_mount(place, named_by_user=named, table=tmp_path / "none", stat=devices(known))
    assert found.mounted is expected
    assert found.device == (7 if expected else None)


def test_where_one_may_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert unwritable(tmp_path / "a/b/c.mkv", tmp_path) == ""
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    assert unwritable(tmp_path / "a/b/c.mkv", tmp_path) == f"this user may not write into {tmp_path}"


async def test_a_thread_nobody_waits_for() -> None:
    hangs = threading.Event()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await in_thread(hangs.wait)
    [thread] = [each for each in threading.enumerate() if each.name == "mount"]
    assert thread.daemon
    hangs.set()
    thread.join()
    assert await in_thread(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: 1 // 0)
