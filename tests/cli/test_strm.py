"""``cd2 strm``."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.cli.strm_report import hint_of_address
from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]
Spawn = Callable[..., "subprocess.Popen[bytes]"]
Seed = Callable[[Mapping[str, bytes]], None]

FILMS = {"Films/a/one.mkv": b"1" * 2048, "Films/two.mp4": b"2" * 2048, "Films/sample.mkv": b"s", "Films/two.srt": b"words"}


def test_links(cd2: Run, seed: Seed, signed_in: RunningEmulator, tmp_path: Path) -> None:
    seed(FILMS)
    there, here = f"{signed_in.cloud}/Films", tmp_path / "strm"
    planned = cd2("strm", there, here, "--min-size", "1K", "-n", "--json")
    assert [record["action"] for record in planned.events("plan")] == ["add", "add"]
    assert not here.exists()
    done = cd2("strm", there, here, "--min-size", "1K")
    assert done.code == 0
    assert done.lines == [f"written  {here}/a/one.strm", f"written  {here}/two.strm", "0 files the same, 2 written"]
    assert "a container, needs --base-url" in done.err
    link = (here / "two.strm").read_text()
    assert link.startswith(f"{signed_in.url}/static/http/")
    again = cd2("strm", there, here, "--min-size", "1K", "--json")
    assert again.record == {
        "event": "summary",
        "same": 2,
        "written": 0,
        "updated": 0,
        "copied": 0,
        "deleted": 0,
        "left": 0,
        "failed": 0,
    }
    for output in (planned, done, again):
        assert "sign=" not in output.out + output.err, "a link is a credential"


def test_paths_sidecars_and_deletion(cd2: Run, seed: Seed, signed_in: RunningEmulator, tmp_path: Path) -> None:
    seed(FILMS)
    there, here = f"{signed_in.cloud}/Films", tmp_path / "strm"
    options = ("--mounted-at", "/mnt/films", "--extensions", ".MP4, mkv", "--sidecars")
    assert cd2("strm", there, here, *options).lines[-1] == "0 files the same, 3 written, 1 copied"
    assert (here / "a" / "one.strm").read_text() == "/mnt/films/a/one.mkv"
    assert cd2("rm", "-r", f"{there}/a", f"{there}/two.srt").code == 0
    refused = cd2("strm", there, here, *options, "--max-delete", "1")
    assert refused.code == 1
    assert "2 files, and the limit is 1" in refused.err
    gone = cd2("strm", there, here, *options)
    assert gone.lines == [
        f"deleted  {here}/a/one.strm  (it is not in the drive any more)",
        f"deleted  {here}/two.srt  (it is not in the drive any more)",
        "2 files the same, 2 deleted",
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--base-url", "nas"), "must be an address"),
        (("--mounted-at", "mnt"), "not absolute"),
        (("--base-url", "http://nas", "--mounted-at", "/mnt"), "not both"),
        (("--min-size", "big"), "is no size"),
        (("--extensions", ""), "is no extension"),
        (("--watch", "--dry-run"), "give one of them"),
        (("--every", "5"), "goes with --watch"),
    ],
)
def test_wrong_usage(cd2: Run, tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    result = cd2("strm", "/Cloud", tmp_path, *options)
    assert result.code == 2
    assert words in result.err


def test_watch(cd2: Run, seed: Seed, spawn: Spawn, ended: Any, signed_in: RunningEmulator, tmp_path: Path) -> None:
    seed(FILMS)
    there, here = f"{signed_in.cloud}/Films", tmp_path / "strm"
    watching = spawn("strm", there, here, "--mounted-at", "/mnt", "--watch", "--min-size", "1K")
    assert watching.stdout is not None
    assert [watching.stdout.readline().decode().rstrip() for _ in range(3)] == [
        f"written  {here}/a/one.strm",
        f"written  {here}/two.strm",
        "0 files the same, 2 written",
    ]
    assert cd2("mv", f"{there}/a", f"{there}/b").code == 0
    assert {watching.stdout.readline().decode().rstrip() for _ in range(2)} == {
        f"written  {here}/b/one.strm",
        f"deleted  {here}/a/one.strm  (it is not in the drive any more)",
    }
    watching.send_signal(signal.SIGINT)
    result = ended(watching)
    assert result.code == 130
    assert "no longer watching" in result.err
    assert (here / "b" / "one.strm").read_text() == "/mnt/b/one.mkv"
    assert not (here / "a").exists()


def test_nothing_there(cd2: Run, tmp_path: Path) -> None:
    assert cd2("strm", "/Cloud/none", tmp_path / "x").code == 5
    assert not (tmp_path / "x").exists()


def test_one_file_that_cannot_be_written(cd2: Run, seed: Seed, signed_in: RunningEmulator, tmp_path: Path) -> None:
    seed({"Films/" + "x" * 252 + ".ts": b"1", "Films/one.mkv": b"1"})
    here = tmp_path / "strm"
    result = cd2("strm", f"{signed_in.cloud}/Films", here, "--mounted-at", "/mnt")
    assert result.code == 1
    assert result.err.count("x" * 252) == 1, "the path is named once"
    assert "cannot be written" in result.err
    assert result.lines == [f"written  {here}/one.strm", "0 files the same, 1 written, 1 failed"]


def test_addresses_only_this_machine_understands() -> None:
    assert hint_of_address("http://127.0.0.1:19798") is not None
    assert hint_of_address("http://localhost:1") is not None
    assert hint_of_address("http://[::1]:1") is not None
    assert hint_of_address("http://nas:1") is None
    assert hint_of_address("http://192.168.1.2:1") is None
