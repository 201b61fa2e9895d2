"""``cd2 put`` through a mount."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.emulator.mounting.fusermount import why_unavailable
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]
needs_fuse = pytest.mark.skipif(bool(why_unavailable()), reason=why_unavailable() or "FUSE works")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "film.mkv"
    path.write_bytes(b"film" * 1000)
    return path


def mount(emulator: RunningEmulator, place: Path) -> None:
    option = pb.MountOption(mountPoint=str(place), sourceDir="/Cloud", autoMount=True)
    emulator.on_loop(emulator.emulator.mounts.add, option)


@needs_fuse
def test_through_the_mount_by_itself(cd2: Run, signed_in: RunningEmulator, source: Path, tmp_path: Path) -> None:
    mount(signed_in, tmp_path / "mnt")
    assert "by mount" in cd2("put", "--dry-run", "-v", source, "/Cloud/").out
    records = cd2("put", "--json", source, "/Cloud/").records
    assert (tmp_path / "mnt/film.mkv").read_bytes() == source.read_bytes()
    assert [record["route"] for record in records if record.get("route")] == ["mount"]


@needs_fuse
def test_where_it_is_seen_here(cd2: Run, signed_in: RunningEmulator, source: Path, tmp_path: Path) -> None:
    mount(signed_in, tmp_path / "mnt")
    (tmp_path / "here").symlink_to(tmp_path / "mnt")
    told = cd2("put", "-n", "-v", "--mount-map", f"/Cloud={tmp_path}/here", source, "/Cloud/")
    assert f"/Cloud is mounted at {tmp_path}/here" in told.out + told.err
    assert cd2("put", "--mount-map", f"/Cloud={tmp_path}/here", "--route", "mount", source, "/Cloud/").code == 0


def test_a_bare_folder(cd2: Run, signed_in: RunningEmulator, source: Path, tmp_path: Path) -> None:
    signed_in.world.options.real_mounts = False
    bare = tmp_path / "bare"
    bare.mkdir()
    mount(signed_in, bare)
    result = cd2("put", "--route", "mount", source, "/Cloud/")
    assert result.code == 1
    assert f"{bare} is a bare folder here" in result.err
    assert list(bare.iterdir()) == []
    assert cd2("put", source, "/Cloud/").code == 0
    assert list(bare.iterdir()) == []


@pytest.mark.parametrize("text", ["/Cloud", "=/mnt", "/Cloud=", "Cloud=/mnt", "/Cloud=mnt"])
def test_maps_that_are_none(cd2: Run, source: Path, text: str) -> None:
    result = cd2("put", "--mount-map", text, source, "/Cloud/")
    assert result.code == 2
    assert "/115" in result.err or "absolute" in result.err


@needs_fuse
@pytest.mark.parametrize("wait", ["queued", "none"])
def test_not_waiting_for_the_cloud(cd2: Run, signed_in: RunningEmulator, source: Path, tmp_path: Path, wait: str) -> None:
    mount(signed_in, tmp_path / "mnt")
    signed_in.world.options.upload_delay_seconds = 3600
    result = cd2("put", "--wait", wait, source, "/Cloud/")
    assert result.code == 0
    assert (tmp_path / "mnt/film.mkv").read_bytes() == source.read_bytes()
