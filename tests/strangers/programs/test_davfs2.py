"""davfs2: ``/dav`` mounted as a file system, with the locks it takes before every write (protocol.md §15)."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clouddrive2.testing import RunningEmulator

from .conftest import AWKWARD, Ran, content, files_in, needs

pytestmark = [
    pytest.mark.strangers,
    needs("mount.davfs"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount with davfs2"),
    pytest.mark.skipif(not Path("/dev/fuse").exists(), reason="no /dev/fuse here"),
]

SETTINGS = """\
secrets {folder}/secrets
cache_dir {folder}/cache
ask_auth 0
delay_upload 0
dir_refresh 0
file_refresh 0
gui_optimize 0
# Newer kernels ask for more of a folder at once than the 16 KiB it has by default; davfs2 1.6 then answers EINVAL.
buf_size 64
"""


class Drive:
    """The drive, which can be mounted."""

    def __init__(self, run: Callable[..., Ran], url: str, folder: Path) -> None:
        self._run, self._url, self._folder = run, url, folder
        self._point = folder / "point"

    def __call__(self) -> Path:
        options = f"conf={self._folder}/settings"
        ran = self._run("mount.davfs", f"{self._url}/dav/", self._point, "-o", options, expect=None)
        if "not permitted" in ran.stderr or "fuse device" in ran.stderr:
            pytest.skip(f"nothing can be mounted here: {ran.stderr.strip()}")
        assert self._point.is_mount(), ran.stderr
        return self._point

    def end(self) -> None:
        """Wait until all is written, and unmount; may be repeated."""
        if self._point.is_mount():
            self._run("umount", self._point)


@pytest.fixture
def mounted(emulator: RunningEmulator, run: Callable[..., Ran]) -> Iterator[Drive]:
    """``mounted()`` mounts the drive and gives its folder."""
    # It works as a user of its own, who must get to its cache.
    folder = Path(tempfile.mkdtemp(prefix="davfs2-"))
    folder.chmod(0o755)
    (folder / "point").mkdir()
    (folder / "cache").mkdir()
    shutil.chown(folder / "cache", group="davfs2")
    (folder / "cache").chmod(0o1775)
    (folder / "secrets").touch(0o600)
    (folder / "secrets").write_text(f'"{emulator.url}/dav/" {emulator.username} {emulator.password}\n')
    (folder / "settings").write_text(SETTINGS.format(folder=folder))
    drive = Drive(run, emulator.url, folder)
    try:
        yield drive
    finally:
        drive.end()
        shutil.rmtree(folder)


@pytest.mark.timeout(60)
def test_a_day_in_a_mounted_drive(mounted: Drive, settle: Callable[[], None], cloud: Path) -> None:
    here = mounted() / "Cloud"
    big = content("big", 3_000_000)
    (here / "big.bin").write_bytes(big)
    for name in AWKWARD:
        (here / name).write_text(name)
    (here / "new" / "deep").mkdir(parents=True)
    (here / "big.bin").rename(here / "new" / "moved 到.bin")
    with (here / "new" / "moved 到.bin").open("r+b") as file:
        file.seek(1000)
        file.write(b"changed in the middle")
    with (here / AWKWARD[0]).open("a") as text:
        text.write(" and more")
    (here / AWKWARD[1]).unlink()
    (here / "new" / "deep").rmdir()
    assert sorted(entry.name for entry in here.iterdir()) == sorted({*AWKWARD, "new"} - {AWKWARD[1]})
    assert (here / AWKWARD[2]).read_text() == AWKWARD[2]
    space = os.statvfs(here)
    assert space.f_blocks * space.f_frsize == pytest.approx(1 << 40, rel=0.01)
    mounted.end()
    settle()
    wanted = {name: name.encode() for name in AWKWARD if name != AWKWARD[1]}
    wanted[AWKWARD[0]] += b" and more"
    wanted["new/moved 到.bin"] = big[:1000] + b"changed in the middle" + big[1021:]
    assert files_in(cloud) == wanted


@pytest.mark.slow
def test_what_is_there_already_is_read(mounted: Drive, cloud: Path) -> None:
    data = content("there", 40_000_000)
    (cloud / "中 文").mkdir(parents=True)
    (cloud / "中 文" / "there.bin").write_bytes(data)
    here = mounted() / "Cloud" / "中 文"
    assert (here / "there.bin").stat().st_size == len(data)
    assert (here / "there.bin").read_bytes() == data
