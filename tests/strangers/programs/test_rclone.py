"""rclone over ``/dav`` (protocol.md §15): a client that lists before and after everything it does."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

from .conftest import AWKWARD, Ran, content, files_in, fill, needs

pytestmark = [pytest.mark.strangers, needs("rclone")]

Settle = Callable[[], None]
Rclone = Callable[..., Ran]
SOME_DIFFER = 1


@pytest.fixture
def rclone_as(emulator: RunningEmulator, run: Callable[..., Ran]) -> Callable[[str, str], Rclone]:
    """``rclone_as(name, password)`` gives ``rclone("copy", source, "cd2:/Cloud")``."""

    def bound(name: str, password: str) -> Rclone:
        settings = {
            "RCLONE_CONFIG": os.devnull,
            "RCLONE_CONFIG_CD2_TYPE": "webdav",
            "RCLONE_CONFIG_CD2_VENDOR": "other",
            "RCLONE_CONFIG_CD2_URL": f"{emulator.url}/dav",
            "RCLONE_CONFIG_CD2_USER": name,
            "RCLONE_CONFIG_CD2_PASS": run("rclone", "obscure", password).stdout.strip(),
        }
        return lambda *command, **more: run("rclone", *command, "--retries=1", "--low-level-retries=1", env=settings, **more)

    return bound


@pytest.fixture
def rclone(emulator: RunningEmulator, rclone_as: Callable[[str, str], Rclone]) -> Rclone:
    return rclone_as(emulator.username, emulator.password)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    sizes = {"a.bin": 3_000_000, "one": 1, "sub/deep/empty": 0}
    return fill(tmp_path / "source", sizes | {f"sub/{name}": 70_000 for name in AWKWARD})


def test_copy_check_and_back(rclone: Rclone, settle: Settle, source: Path, cloud: Path, tmp_path: Path) -> None:
    rclone("copy", source, "cd2:/Cloud/there")
    settle()
    assert files_in(cloud / "there") == files_in(source)
    assert "0 differences found" in rclone("check", source, "cd2:/Cloud/there", "--download").stderr
    rclone("copy", "cd2:/Cloud/there", tmp_path / "back")
    assert files_in(tmp_path / "back") == files_in(source)
    again = rclone("copy", source, "cd2:/Cloud/there", "--size-only", "--stats-one-line", "-v")
    assert ": Copied" not in again.stderr


def test_sync_brings_what_changed_and_deletes_what_is_gone(rclone: Rclone, settle: Settle, source: Path, cloud: Path) -> None:
    rclone("sync", source, "cd2:/Cloud/there")
    settle()
    (source / "a.bin").write_bytes(b"another length")
    (source / "one").unlink()
    (source / "new").write_bytes(b"new")
    (source / "sub" / AWKWARD[1]).rename(source / "sub" / "renamed 名.mkv")
    assert "differences found" in rclone("check", source, "cd2:/Cloud/there", "--size-only", expect=SOME_DIFFER).stderr
    rclone("sync", source, "cd2:/Cloud/there", "--dry-run")
    assert (cloud / "there" / "one").exists()
    rclone("sync", source, "cd2:/Cloud/there")
    settle()
    assert files_in(cloud / "there") == files_in(source)


@pytest.mark.parametrize(
    "name", [*AWKWARD[1:4], *(pytest.param(name, marks=pytest.mark.slow) for name in (AWKWARD[0], AWKWARD[4]))]
)
def test_one_file_under_awkward_names(rclone: Rclone, settle: Settle, cloud: Path, tmp_path: Path, name: str) -> None:
    fill(tmp_path, {"one": 1000})
    rclone("copyto", tmp_path / "one", f"cd2:/Cloud/{name}")
    settle()
    rclone("moveto", f"cd2:/Cloud/{name}", f"cd2:/Cloud/{name} moved/to {name}")
    assert files_in(cloud) == {f"{name} moved/to {name}": content("one", 1000)}
    assert rclone("lsf", "-R", "--files-only", "cd2:/Cloud").stdout == f"{name} moved/to {name}\n"
    rclone("deletefile", f"cd2:/Cloud/{name} moved/to {name}")
    assert files_in(cloud) == {}


def test_folders_are_moved_made_and_removed(rclone: Rclone, settle: Settle, source: Path, cloud: Path) -> None:
    rclone("copy", source, "cd2:/Cloud/there")
    settle()
    before = files_in(source / "sub")
    rclone("moveto", "cd2:/Cloud/there/sub", "cd2:/Cloud/moved 到/deep")
    assert files_in(cloud / "moved 到" / "deep") == before
    assert not (cloud / "there" / "sub").exists()
    rclone("copy", "cd2:/Cloud/moved 到/deep", "cd2:/Cloud/copied", "--size-only")
    settle()
    assert files_in(cloud / "copied") == before
    rclone("move", "cd2:/Cloud/copied", "cd2:/Cloud/there")
    assert {name: data for name, data in files_in(cloud / "there").items() if name in before} == before
    rclone("mkdir", "cd2:/Cloud/x y/z")
    assert (cloud / "x y" / "z").is_dir()
    assert "not empty" in rclone("rmdir", "cd2:/Cloud/there", expect=None).stderr
    rclone("rmdir", "cd2:/Cloud/x y/z")
    rclone("purge", "cd2:/Cloud/moved 到")
    assert sorted(path.name for path in cloud.iterdir()) == ["copied", "there", "x y"]


def test_listings_and_space(rclone: Rclone, settle: Settle, source: Path) -> None:
    rclone("copy", source, "cd2:/Cloud")
    settle()
    listed = {entry["Path"]: entry for entry in json.loads(rclone("lsjson", "-R", "cd2:/Cloud").stdout)}
    sizes = {name: len(data) for name, data in files_in(source).items()}
    assert {path: entry["Size"] for path, entry in listed.items() if not entry["IsDir"]} == sizes
    assert {path for path, entry in listed.items() if entry["IsDir"]} == {"sub", "sub/deep"}
    total = json.loads(rclone("size", "--json", "cd2:/Cloud").stdout)
    assert (total["count"], total["bytes"]) == (len(sizes), sum(sizes.values()))
    about = json.loads(rclone("about", "--json", "cd2:").stdout)
    assert (about["used"], about["total"]) == (total["bytes"], 1 << 40)
    assert rclone("lsf", "cd2:/").stdout == "Cloud/\n"


def test_parts_of_a_file_and_a_stream_of_unknown_length(rclone: Rclone, settle: Settle, cloud: Path, tmp_path: Path) -> None:
    text = "".join(f"{number:09}\n" for number in range(20_000))
    rclone("rcat", "cd2:/Cloud/streamed.txt", "--streaming-upload-cutoff=0", stdin=text)
    settle()
    assert (cloud / "streamed.txt").read_text() == text
    for options, wanted in (
        (["--head", "10"], text[:10]),
        (["--tail", "25"], text[-25:]),
        (["--offset", "123456", "--count", "100"], text[123456:123556]),
        (["--offset", "199990"], text[199990:]),
        ([], text),
    ):
        assert rclone("cat", "cd2:/Cloud/streamed.txt", *options).stdout == wanted


def test_a_wrong_password_is_told_and_changes_nothing(
    rclone_as: Callable[[str, str], Rclone], emulator: RunningEmulator, source: Path, cloud: Path
) -> None:
    refused = rclone_as(emulator.username, "wrong")("copy", source, "cd2:/Cloud", expect=None)
    assert refused.returncode != 0
    assert "401 Unauthorized" in refused.stderr
    assert files_in(cloud) == {}


def test_a_full_cloud_is_told_and_leaves_nothing_half(
    emulator: RunningEmulator, rclone: Rclone, settle: Settle, source: Path, cloud: Path
) -> None:
    emulator.faults.disk_full(after_bytes=1_000_000)
    refused = rclone("copy", source, "cd2:/Cloud", expect=None)
    settle()
    assert refused.returncode != 0
    assert "507 Insufficient Storage" in refused.stderr
    arrived = files_in(cloud)
    assert "a.bin" not in arrived
    assert arrived.items() <= files_in(source).items()


def test_who_may_only_read_reads(
    rclone: Rclone, rclone_as: Callable[[str, str], Rclone], call: Callable[..., Any], settle: Settle, source: Path, cloud: Path
) -> None:
    rclone("copy", source, "cd2:/Cloud/shared")
    settle()
    call("AddDavUser", pb.AddDavUserRequest(userName="reader", password="r: ö", rootPath="/Cloud/shared", readOnly=True))
    reader = rclone_as("reader", "r: ö")
    assert "0 differences found" in reader("check", source, "cd2:/", "--download").stderr
    before = files_in(cloud)
    for command in (
        ["copyto", str(source / "one"), "cd2:/other"],
        ["moveto", "cd2:/one", "cd2:/two"],
        ["deletefile", "cd2:/one"],
        ["purge", "cd2:/sub"],
        ["mkdir", "cd2:/new"],
    ):
        refused = reader(*command, expect=None)
        assert refused.returncode != 0
        assert "403 Forbidden" in refused.stderr
    assert files_in(cloud) == before


def test_200_small_files(rclone: Rclone, settle: Settle, cloud: Path, tmp_path: Path) -> None:
    many_files(rclone, settle, cloud, tmp_path, 200)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_2000_small_files(rclone: Rclone, settle: Settle, cloud: Path, tmp_path: Path) -> None:
    many_files(rclone, settle, cloud, tmp_path, 2000)


def many_files(rclone: Rclone, settle: Settle, cloud: Path, tmp_path: Path, count: int) -> None:
    # rclone leaves 10 ms between two requests, and needs three for a file: that is what takes so long.
    source = fill(tmp_path / "many", {f"{number % 7}/{number}.txt": 100 + number for number in range(count)})
    rclone("copy", source, "cd2:/Cloud", "--transfers=8")
    settle()
    assert files_in(cloud) == files_in(source)
    assert f"{count} matching files" in rclone("check", source, "cd2:/Cloud").stderr


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_1_gib(rclone: Rclone, settle: Settle, cloud: Path, tmp_path: Path) -> None:
    piece = content("big", 1 << 20)
    with (tmp_path / "big").open("wb") as file:
        for number in range(1024):
            file.write(number.to_bytes(8) + piece[8:])
    rclone("copyto", tmp_path / "big", "cd2:/Cloud/big")
    settle()
    assert (cloud / "big").stat().st_size == 1 << 30
    assert "0 differences found" in rclone("check", tmp_path / "big", "cd2:/Cloud", "--download", "--one-way").stderr
