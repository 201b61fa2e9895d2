"""Files written straight into the server, without a local file."""

from __future__ import annotations

import gc
import random

import pytest

import clouddrive2 as cd2
from clouddrive2.emulator.call import Status
from clouddrive2.fs import CloudDriveFileSystem
from clouddrive2.testing import RunningEmulator

CONTENT = random.Random(1).randbytes(5 * 1024 * 1024 + 17)


def test_in_pieces(fs: CloudDriveFileSystem, home: str, emulator: RunningEmulator) -> None:
    with fs.open(f"{home}/new/film.bin", "wb", streaming=True) as file:
        for start in range(0, len(CONTENT), 700_000):
            file.write(memoryview(CONTENT)[start : start + 700_000])
        assert file.tell() == len(CONTENT)
        assert not fs.exists(f"{home}/new/film.bin")
    assert fs.cat(f"{home}/new/film.bin") == CONTENT
    assert fs.ls(f"{home}/new", detail=False) == [f"{home}/new/film.bin"]
    assert emulator.calls.count("WriteToFile") == 3
    assert emulator.calls.count("StartRemoteUpload") == 0


@pytest.mark.parametrize("content", [b"", b"new"])
def test_in_the_place_of_another(fs: CloudDriveFileSystem, home: str, content: bytes) -> None:
    fs.pipe(f"{home}/x", b"old content")
    with fs.open(f"{home}/x", "wb", streaming=True) as file:
        file.write(content)
        assert fs.cat(f"{home}/x") == b"old content"
    assert fs.cat(f"{home}/x") == content
    assert fs.ls(home, detail=False) == [f"{home}/x"]
    with pytest.raises(FileExistsError):
        fs.open(f"{home}/x", "xb", streaming=True)


def test_text_and_compression(fs: CloudDriveFileSystem, home: str) -> None:
    with fs.open(f"{home}/x.txt.gz", "wt", compression="infer", streaming=True) as file:
        file.write("电影\n" * 1000)
    with fs.open(f"{home}/x.txt.gz", "rt", compression="infer") as file:
        assert file.read() == "电影\n" * 1000


def test_given_up(fs: CloudDriveFileSystem, home: str, caplog: pytest.LogCaptureFixture) -> None:
    fs.pipe(f"{home}/x", b"old")
    with pytest.raises(ZeroDivisionError), fs.open(f"{home}/x", "wb", streaming=True) as file:
        file.write(CONTENT)
        _ = 1 / 0
    assert [each["name"] for each in fs.ls(home, refresh=True)] == [f"{home}/x"]
    assert fs.cat(f"{home}/x") == b"old"
    file = fs.open(f"{home}/y", "wb", streaming=True)
    del file
    gc.collect()
    assert "never closed" in caplog.text
    with pytest.raises(ValueError, match="closed"), fs.open(f"{home}/z", "wb", streaming=True) as file:
        file.close()
        file.write(b"late")


def test_a_refused_piece(fs: CloudDriveFileSystem, home: str, emulator: RunningEmulator) -> None:
    emulator.faults.refuse("WriteToFile", Status.RESOURCE_EXHAUSTED, after=1)
    file = fs.open(f"{home}/x", "wb", streaming=True)
    with pytest.raises(cd2.Error):
        file.write(CONTENT)
    with pytest.raises(cd2.ConfigError, match="has ended"):
        file.close()
    assert fs.ls(home, refresh=True) == []


def test_a_broken_connection(fs: CloudDriveFileSystem, home: str, emulator: RunningEmulator) -> None:
    emulator.faults.refuse("WriteToFile", Status.UNAVAILABLE, times=-1)
    file = fs.open(f"{home}/x", "wb", streaming=True)
    with pytest.raises(cd2.UploadFailed, match="a stream cannot be repeated"):
        file.write(CONTENT)
    file.discard()
    assert fs.ls(home, refresh=True) == []


def test_what_a_stream_cannot_do(fs: CloudDriveFileSystem, home: str) -> None:
    with pytest.raises(cd2.ConfigError, match="mode w or x"):
        fs.open(f"{home}/x", "ab", streaming=True)
    with pytest.raises(cd2.ConfigError, match="transaction"), fs.transaction:
        fs.open(f"{home}/x", "wb", streaming=True)


def test_the_blocking_client_has_it(fs: CloudDriveFileSystem, home: str, emulator: RunningEmulator) -> None:
    with cd2.Client(emulator.url, username=emulator.username, password=emulator.password) as client:
        stream = client.uploads.stream(f"{home}/x")
        stream.write(b"abc")
        uploaded = stream.close()
        assert (uploaded.path, uploaded.size, uploaded.verified) == (f"{home}/x", 3, "hash")
        with pytest.raises(cd2.AlreadyExists):
            client.uploads.stream(f"{home}/x")
        client.uploads.stream(f"{home}/y").abort()
        assert not client.files.exists(f"{home}/y")
