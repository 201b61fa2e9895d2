"""The emulator in front of a real store: what our client puts there is there, and comes back; also after a restart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import clouddrive2 as cd2
from clouddrive2.emulator.options import CloudOptions
from clouddrive2.testing import running_emulator

from .far_servers import BUCKET, DAV_PASSWORD, DAV_USER, dav_server, s3_server

CONTENT = bytes(range(256)) * 40_000


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
