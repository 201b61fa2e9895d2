"""Files written, sent, copied, moved, deleted; transactions."""

from __future__ import annotations

import gc
import zipfile
from pathlib import Path

import pytest
from fsspec.callbacks import Callback

import clouddrive2 as cd2
from clouddrive2.emulator.call import Status
from clouddrive2.fs import CloudDriveFileSystem
from clouddrive2.testing import RunningEmulator

CONTENT = bytes(range(256)) * 64


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where files lie until they are sent; empty in the end."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


class TestOpen:
    def test_nothing_is_there_before_it_is_closed(self, fs: CloudDriveFileSystem, home: str, temporary: Path) -> None:
        file = fs.open(f"{home}/new/film.bin", "wb")
        file.write(CONTENT)
        file.flush()
        assert not fs.exists(f"{home}/new")
        file.close()
        file.close()
        assert fs.cat(f"{home}/new/film.bin") == CONTENT
        assert list(temporary.iterdir()) == []

    def test_a_block_left_by_an_exception_sends_nothing(self, fs: CloudDriveFileSystem, home: str, temporary: Path) -> None:
        fs.pipe(f"{home}/kept", b"old")
        for path in (f"{home}/kept", f"{home}/new"):
            with pytest.raises(ZeroDivisionError), fs.open(path, "wb") as file:
                file.write(b"half")
                _ = 1 / 0
        assert fs.cat(f"{home}/kept") == b"old"
        assert not fs.exists(f"{home}/new")
        assert list(temporary.iterdir()) == []

    def test_a_file_never_closed_is_not_sent(
        self, fs: CloudDriveFileSystem, home: str, temporary: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        file = fs.open(f"{home}/new", "wb")
        file.write(b"half")
        del file
        gc.collect()
        assert f"{home}/new was never closed: it was not sent" in caplog.text
        assert not fs.exists(f"{home}/new")
        assert list(temporary.iterdir()) == []

    def test_exclusive(self, fs: CloudDriveFileSystem, home: str) -> None:
        late = fs.open(f"{home}/new", "xb")
        late.write(b"late")
        with fs.open(f"{home}/new", "xb") as file:
            file.write(b"first")
        with pytest.raises(FileExistsError):
            late.close()
        assert fs.cat(f"{home}/new") == b"first"

    def test_appended(self, fs: CloudDriveFileSystem, home: str) -> None:
        for part in (b"one", b"two"):
            with fs.open(f"{home}/log", "ab") as file:
                file.write(part)
        assert fs.cat(f"{home}/log") == b"onetwo"

    def test_an_archive_that_goes_back_to_its_beginning(self, fs: CloudDriveFileSystem, home: str) -> None:
        with fs.open(f"{home}/x.zip", "wb") as file, zipfile.ZipFile(file, "w") as archive:
            archive.writestr("数.txt", CONTENT)
        with fs.open(f"{home}/x.zip") as file, zipfile.ZipFile(file) as archive:
            assert archive.read("数.txt") == CONTENT

    def test_compressed(self, fs: CloudDriveFileSystem, home: str) -> None:
        with fs.open(f"{home}/x.txt.gz", "wt", compression="infer") as file:
            file.write("text" * 100)
        with fs.open(f"{home}/x.txt.gz", "rt", compression="infer") as file:
            assert file.read() == "text" * 100
        assert fs.size(f"{home}/x.txt.gz") < 100
        with fs.open(f"{home}/plain.txt", "wb", compression="infer") as file:
            file.write(b"text")
        assert fs.cat(f"{home}/plain.txt") == b"text"

    def test_a_compressed_one_left_by_an_exception(self, fs: CloudDriveFileSystem, home: str, temporary: Path) -> None:
        with pytest.raises(ZeroDivisionError), fs.open(f"{home}/x.gz", "wb", compression="gzip") as file:
            file.write(b"half")
            _ = 1 / 0
        assert not fs.exists(f"{home}/x.gz")
        assert list(temporary.iterdir()) == []

    def test_touch(self, fs: CloudDriveFileSystem, home: str) -> None:
        fs.touch(f"{home}/new")
        assert fs.size(f"{home}/new") == 0

    def test_a_failed_upload_is_told(
        self, fs: CloudDriveFileSystem, home: str, emulator: RunningEmulator, temporary: Path
    ) -> None:
        fs.pipe(f"{home}/kept", b"old")
        emulator.faults.refuse("StartRemoteUpload", Status.PERMISSION_DENIED, times=-1)
        file = fs.open(f"{home}/kept", "wb")
        file.write(b"new")
        with pytest.raises(PermissionError):
            file.close()
        with pytest.raises(PermissionError):
            fs.pipe(f"{home}/other", b"new")
        assert fs.cat(f"{home}/kept") == b"old"
        assert list(temporary.iterdir()) == []


class TestTransactions:
    def test_all_at_the_end(self, fs: CloudDriveFileSystem, home: str, tmp_path: Path) -> None:
        (tmp_path / "local").write_bytes(b"put")
        with fs.transaction:
            with fs.open(f"{home}/opened", "wb") as file:
                file.write(b"opened")
            fs.pipe(f"{home}/piped", b"piped")
            fs.put(str(tmp_path / "local"), f"{home}/put")
            assert fs.ls(home) == []
        assert fs.cat([f"{home}/opened", f"{home}/piped", f"{home}/put"]) == {
            f"{home}/opened": b"opened",
            f"{home}/piped": b"piped",
            f"{home}/put": b"put",
        }
        assert len(fs.ls(home)) == 3

    def test_nothing_after_an_exception(self, fs: CloudDriveFileSystem, home: str, temporary: Path) -> None:
        with pytest.raises(ZeroDivisionError), fs.transaction:
            fs.pipe(f"{home}/piped", b"piped")
            with fs.open(f"{home}/opened", "wb") as file:
                file.write(b"opened")
            _ = 1 / 0
        assert fs.ls(home) == []
        assert list(temporary.iterdir()) == []
        fs.pipe(f"{home}/after", b"x")
        assert fs.exists(f"{home}/after")

    def test_commit_and_discard_by_hand(self, fs: CloudDriveFileSystem, home: str) -> None:
        for name in ("kept", "dropped"):
            file = fs.open(f"{home}/{name}", "wb", autocommit=False)
            file.write(name.encode())
            with pytest.raises(cd2.ConfigError, match="still open"):
                file.commit()
            file.close()
            assert not fs.exists(f"{home}/{name}")
            (file.commit if name == "kept" else file.discard)()
            file.commit()
        assert fs.ls(home, detail=False) == [f"{home}/kept"]


class TestPut:
    def test_with_callbacks(self, fs: CloudDriveFileSystem, home: str, tmp_path: Path) -> None:
        (tmp_path / "film.bin").write_bytes(CONTENT)
        seen = Callback()
        fs.put_file(str(tmp_path / "film.bin"), f"{home}/deep/er/film.bin", callback=seen)
        assert (seen.size, seen.value) == (len(CONTENT), len(CONTENT))
        assert fs.cat(f"{home}/deep/er/film.bin") == CONTENT

    def test_create_and_overwrite(self, fs: CloudDriveFileSystem, home: str, tmp_path: Path) -> None:
        local = tmp_path / "x"
        local.write_bytes(b"one")
        fs.put_file(str(local), f"{home}/x", mode="create")
        local.write_bytes(b"two!")
        with pytest.raises(FileExistsError):
            fs.put_file(str(local), f"{home}/x", mode="create")
        fs.put_file(str(local), f"{home}/x")
        assert fs.cat(f"{home}/x") == b"two!"
        with pytest.raises(cd2.ConfigError, match="overwrite or create"):
            fs.put_file(str(local), f"{home}/x", mode="append")

    def test_into_the_root(self, fs: CloudDriveFileSystem) -> None:
        with pytest.raises(ValueError, match="root"):
            fs.pipe("/x", b"x")


class TestFolders:
    def test_mkdir_and_makedirs(self, fs: CloudDriveFileSystem, home: str) -> None:
        fs.mkdir(f"{home}/a/b")
        fs.makedirs(f"{home}/a/b", exist_ok=True)
        for make in (fs.mkdir, fs.makedirs):
            with pytest.raises(FileExistsError):
                make(f"{home}/a/b")
        with pytest.raises(FileNotFoundError):
            fs.mkdir(f"{home}/x/y", create_parents=False)
        fs.pipe(f"{home}/file", b"x")
        with pytest.raises(FileExistsError):
            fs.makedirs(f"{home}/file", exist_ok=True)

    def test_rmdir(self, fs: CloudDriveFileSystem, home: str) -> None:
        fs.mkdir(f"{home}/a/b")
        with pytest.raises(OSError, match="not empty"):
            fs.rmdir(f"{home}/a")
        fs.rmdir(f"{home}/a/b")
        fs.rmdir(f"{home}/a")
        with pytest.raises(FileNotFoundError):
            fs.rmdir(f"{home}/a")

    def test_rm(self, fs: CloudDriveFileSystem, home: str, emulator: RunningEmulator) -> None:
        fs.pipe({f"{home}/a/{name}": b"x" for name in ("1.txt", "2.txt", "[x] 3.mkv", "b/4.txt")})
        with pytest.raises(IsADirectoryError):
            fs.rm(f"{home}/a")
        fs.rm(f"{home}/a/[x] 3.mkv")
        fs.rm(f"{home}/a/*.txt")
        assert fs.find(home) == [f"{home}/a/b/4.txt"]
        deleted = emulator.calls.count("DeleteFile")
        fs.rm([f"{home}/a", f"{home}/a/b"], recursive=True)
        assert emulator.calls.count("DeleteFile") == deleted + 1
        for missing in (f"{home}/a", f"{home}/a*"):
            with pytest.raises(FileNotFoundError):
                fs.rm(missing)

    def test_only_so_deep(self, fs: CloudDriveFileSystem, home: str) -> None:
        fs.pipe({f"{home}/a/1": b"x", f"{home}/a/b/2": b"x"})
        with pytest.raises(OSError, match="not empty"):
            fs.rm(f"{home}/a", recursive=True, maxdepth=1)
        assert fs.exists(f"{home}/a/b/2")
        fs.rm(f"{home}/a", recursive=True, maxdepth=2)
        assert not fs.exists(f"{home}/a")


class TestCopyAndMove:
    def test_a_copy_under_another_name_replaces(self, fs: CloudDriveFileSystem, home: str) -> None:
        fs.pipe({f"{home}/a/one": b"one", f"{home}/b/two": b"two"})
        fs.cp(f"{home}/a/one", f"{home}/b/two")
        fs.cp(f"{home}/a/one", f"{home}/a/copy")
        fs.cp(f"{home}/a/one", f"{home}/c/d/one")
        assert fs.cat(fs.find(home)) == dict.fromkeys(fs.find(home), b"one")
        assert len(fs.find(home)) == 4

    def test_between_clouds(self, emulator_factory: object, tmp_path: Path) -> None:
        emulator = emulator_factory(clouds=("A", "B"))  # type: ignore[operator]
        fs = CloudDriveFileSystem(emulator.url, username=emulator.username, password=emulator.password, skip_instance_cache=True)
        fs.pipe("/A/x/one", CONTENT)
        fs.cp("/A/x/one", "/B/y/two")
        fs.mv("/A/x/one", "/B/z/three")
        assert fs.find("/A") == []
        assert fs.cat(["/B/y/two", "/B/z/three"]) == {"/B/y/two": CONTENT, "/B/z/three": CONTENT}
        fs.close()

    def test_moved(self, fs: CloudDriveFileSystem, home: str, emulator: RunningEmulator) -> None:
        fs.pipe({f"{home}/a/one": b"one", f"{home}/a/two": b"two", f"{home}/b/one": b"old"})
        copies = emulator.calls.count("CopyFile")
        fs.mv(f"{home}/a/one", f"{home}/b/one")
        fs.mv(f"{home}/a/two", f"{home}/b")
        fs.mv(f"{home}/b/two", f"{home}/c/d/three")
        fs.mv(f"{home}/c", f"{home}/moved", recursive=True)
        assert fs.find(home) == [f"{home}/b/one", f"{home}/moved/d/three"]
        assert fs.cat(f"{home}/b/one") == b"one"
        assert emulator.calls.count("CopyFile") == copies

    def test_many_moved(self, fs: CloudDriveFileSystem, home: str) -> None:
        fs.pipe({f"{home}/a/{name}": name.encode() for name in ("1.txt", "2.txt", "3.bin")})
        fs.mv(f"{home}/a/*.txt", f"{home}/b")
        fs.mv([f"{home}/b/1.txt", f"{home}/a/3.bin"], [f"{home}/x", f"{home}/y"])
        assert fs.find(home) == [f"{home}/b/2.txt", f"{home}/x", f"{home}/y"]

    def test_what_cannot_be_moved(self, fs: CloudDriveFileSystem, home: str) -> None:
        fs.pipe({f"{home}/a/one": b"one", f"{home}/b/a/two": b"two"})
        with pytest.raises(FileNotFoundError):
            fs.mv(f"{home}/nothing", f"{home}/b")
        with pytest.raises(FileExistsError):
            fs.mv(f"{home}/a", f"{home}/b")
        with pytest.raises(ValueError, match="into itself"):
            fs.mv(f"{home}/a", f"{home}/a/x")
        with pytest.raises(cd2.ConfigError, match="maxdepth"):
            fs.mv(f"{home}/a", f"{home}/c", maxdepth=1)
        fs.mv(f"{home}/a/one", f"{home}/a/one")
        assert fs.find(home) == [f"{home}/a/one", f"{home}/b/a/two"]
