"""The emulator in front of a real store: what our client puts there is there, and comes back; also after a restart."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import clouddrive2 as cd2
from clouddrive2.emulator.options import CloudOptions
from clouddrive2.testing import running_emulator

from .far_servers import BUCKET, DAV_PASSWORD, DAV_USER, dav_server, s3_server

CONTENT = bytes(range(256)) * 40_000
MIB = 1 << 20
COMMAND = (sys.executable, "-m", "clouddrive2.cli")


@pytest.fixture(params=["s3", "dav"])
def location(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    if request.param == "s3":
        with s3_server() as leads_there:
            for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
                monkeypatch.delenv(name, raising=False)
            for name, value in leads_there.items():
                monkeypatch.setenv(name, value)
            yield f"s3://{BUCKET}/drive"
    else:
        served = tmp_path / "served"
        served.mkdir()
        monkeypatch.setenv("CLOUDDRIVE2_DAV_PASSWORD", DAV_PASSWORD)
        with dav_server(served) as url:
            yield url.replace("http://", f"dav://{DAV_USER}@")


@contextmanager
def serving(far: CloudOptions, tmp_path: Path) -> Iterator[cd2.Client]:
    """A client of an emulator that keeps what it knows for the next one."""
    with (
        running_emulator(clouds=[far], root=tmp_path / "root") as emulator,
        cd2.Client(emulator.url, username=emulator.username, password=emulator.password) as client,
    ):
        yield client


def test_a_file_goes_there_and_comes_back(location: str, tmp_path: Path) -> None:
    source, target = tmp_path / "film.mkv", tmp_path / "back.mkv"
    source.write_bytes(CONTENT)
    kind = "S3" if location.startswith("s3") else "WebDAV"
    far = CloudOptions("far", kind, needs=(), has_events=False, location=location)
    with serving(far, tmp_path) as client:
        client.files.mkdir("/far/films")
        client.uploads.upload(source, to="/far/films/", routes=["remote"])
        client.files.rename("/far/films/film.mkv", "renamed.mkv")
    with serving(far, tmp_path) as client:
        assert [entry.name for entry in client.files.list("/far/films")] == ["renamed.mkv"]
        client.files.download("/far/films/renamed.mkv", target)
        client.files.delete("/far/films/renamed.mkv")
        assert list(client.files.list("/far/films")) == []
    assert hashlib.sha1(target.read_bytes()).digest() == hashlib.sha1(CONTENT).digest()


@contextmanager
def served_by_the_command(location: str, tmp_path: Path) -> Iterator[tuple[str, int]]:
    """``cd2 emulator`` with one cloud that lies elsewhere; its address and its process."""
    arguments = ["emulator", "--port", "0", "--json", "--root", str(tmp_path / "root"), "--cloud", f"far={location}"]
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield json.loads(server.stdout.readline())["url"], server.pid
        finally:
            server.terminate()
            assert server.wait(30) == 0


def most_memory(process: int) -> int:
    """The most bytes a process has ever had in memory."""
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        pytest.skip("memory is read from /proc")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
    assert found is not None
    return int(found[1]) * 1024


def write_large(file: Path, size: int) -> None:
    """No two pieces of it are alike, so that one in another's place shows."""
    piece = os.urandom(MIB - 8)
    with file.open("wb") as stream:
        for number in range(size // MIB):
            stream.write(number.to_bytes(8, "big") + piece)


def digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha1").hexdigest()


@pytest.mark.parametrize("size", [8 * MIB, pytest.param(256 * MIB, marks=pytest.mark.slow)], ids=["small", "large"])
def test_put_and_get_by_command_in_little_memory(location: str, size: int, tmp_path: Path) -> None:
    source, back = tmp_path / "film.mkv", tmp_path / "back.mkv"
    write_large(source, size)
    with served_by_the_command(location, tmp_path) as (url, process):
        account = {"CLOUDDRIVE2_URL": url, "CLOUDDRIVE2_USERNAME": "user", "CLOUDDRIVE2_PASSWORD": "password"}
        folders = {f"CLOUDDRIVE2_{kind}_DIR": str(tmp_path / kind) for kind in ("CONFIG", "STATE")}
        environment = {**os.environ, **account, **folders}
        at_first = most_memory(process)
        for arguments in (["put", str(source), "/far/films/"], ["get", "/far/films/film.mkv", str(back)]):
            subprocess.run([*COMMAND, "-q", *arguments], env=environment, check=True)
        grown = most_memory(process) - at_first
    assert digest(back) == digest(source)
    # Pieces on their way, and what threads and libraries take; never the file.
    assert grown < 128 * MIB
