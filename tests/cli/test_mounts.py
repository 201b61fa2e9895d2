"""``cd2 mounts``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def elsewhere(signed_in: RunningEmulator) -> None:
    """As if the server ran on another machine: it says that it mounts, and nothing of it is seen here."""
    signed_in.world.options.real_mounts = False


def test_the_life_of_a_mount_point(cd2: Run) -> None:
    assert cd2("mounts", "list").out == ""
    added = cd2("--json", "mounts", "add", "/CloudNAS/115", "--source", "/Cloud", "--permissions", "755").record
    assert (added["mount_point"], added["source_folder"], added["mounted"], added["permissions"]) == (
        "/CloudNAS/115",
        "/Cloud",
        False,
        "755",
    )
    assert cd2("mounts", "mount", "/CloudNAS/115").code == 0
    assert cd2("mounts", "list").lines[1].split() == ["yes", "writable", "/CloudNAS/115", "/Cloud"]
    assert cd2("mounts", "add", "/CloudNAS/115").code == 1
    assert cd2("mounts", "unmount", "/CloudNAS/115").code == 0
    changed = cd2("--json", "mounts", "update", "/CloudNAS/115", "--to", "/mnt", "--read-only", "--auto-mount").record
    assert (changed["mount_point"], changed["read_only"], changed["auto_mount"], changed["permissions"]) == (
        "/mnt",
        True,
        True,
        "755",
    )
    assert cd2("mounts", "remove", "/mnt").code == 2
    assert cd2("mounts", "remove", "/mnt", "--yes").code == 0
    assert cd2("--json", "mounts", "list").records == []


def test_a_mount_that_fails(cd2: Run, signed_in: RunningEmulator) -> None:
    cd2("mounts", "add", "/CloudNAS")
    signed_in.faults.fail_mount("the folder is not empty")
    failed = cd2("mounts", "mount", "/CloudNAS")
    assert failed.code == 1 and "the folder is not empty" in failed.err
    assert "the folder is not empty" in cd2("mounts", "list").lines[1]


def test_status(cd2: Run) -> None:
    cd2("mounts", "add", "/CloudNAS", "--source", "/Cloud")
    record = cd2("--json", "mounts", "status", "/Cloud/film.mkv").record
    assert (record["method"], record["mounted"], record["local_path"]) == ("remote", False, None)
    assert cd2("mounts", "status", "/Cloud").out.startswith("remote: /CloudNAS is not mounted on the server")


def test_browse(cd2: Run) -> None:
    assert cd2("mounts", "browse").lines == ["home", "media", "mnt"]
    assert cd2("mounts", "browse", "/", "--make", "CloudNAS").lines == ["CloudNAS", "home", "media", "mnt"]
    assert cd2("--json", "mounts", "browse", "/CloudNAS", "--make", "115").records == [{"name": "115"}]
    assert cd2("mounts", "browse", "/", "--make", "CloudNAS").code == 1
    assert cd2("mounts", "browse", "/none").code == 5


def test_unknown_mount_points(cd2: Run) -> None:
    for verb in ("mount", "unmount", "update"):
        assert cd2("mounts", verb, "/none").code == 5, verb
    assert cd2("mounts", "remove", "/none", "--yes").code == 5


def test_a_mount_that_failed_says_why_unasked(cd2: Run, signed_in: RunningEmulator) -> None:
    assert cd2("mounts", "add", "/mnt/drive").code == 0
    signed_in.faults.fail_mount("the device is busy")
    assert cd2("mounts", "mount", "/mnt/drive").code == 1
    changed = cd2("mounts", "update", "/mnt/drive", "--read-only")
    assert (changed.code, changed.out) == (0, "")
    assert "/mnt/drive is not mounted: the device is busy" in changed.err
