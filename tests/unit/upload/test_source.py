"""A local file is the one that was opened, or it is an error."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from clouddrive2.errors import ConfigError, NotFound, OperationFailed, PermissionDenied, SourceChanged
from clouddrive2.upload.source import LocalFile

OpenFile = Callable[..., LocalFile]
# Small files may be held in memory, large ones never are.
SIZES = [100, 3 << 20]


class TestOpening:
    def test_what_is_known(self, open_file: OpenFile, tmp_path: Path) -> None:
        source = open_file(b"content", "f.bin")
        assert (source.path, source.name, source.size) == (tmp_path / "f.bin", "f.bin", 7)
        assert source.identity.path == str(tmp_path / "f.bin")

    def test_a_relative_path_and_links(self, open_file: OpenFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        open_file(b"content", "f.bin")
        monkeypatch.chdir(tmp_path)
        (tmp_path / "link").symlink_to("f.bin")
        source = LocalFile("link")
        assert (source.path, source.name, source.read(0, 7)) == (tmp_path / "link", "link", b"content")
        monkeypatch.chdir("/")
        source.check()
        source.close()

    def test_what_cannot_be_uploaded(self, tmp_path: Path) -> None:
        with pytest.raises(NotFound, match="none does not exist"):
            LocalFile(tmp_path / "none")
        with pytest.raises(ConfigError, match="is a folder; upload it with a batch"):
            LocalFile(tmp_path)
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(ConfigError, match="is no regular file"):
            LocalFile(tmp_path / "pipe")
        with pytest.raises(ConfigError, match="is no regular file"):
            LocalFile("/dev/null")
        (tmp_path / "dangling").symlink_to("none")
        with pytest.raises(NotFound):
            LocalFile(tmp_path / "dangling")
        with pytest.raises(OperationFailed, match="File name too long"):
            LocalFile(tmp_path / ("n" * 300))

    @pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
    def test_an_unreadable_file(self, tmp_path: Path) -> None:
        (tmp_path / "f").touch(0o000)
        with pytest.raises(PermissionDenied, match="cannot be read"):
            LocalFile(tmp_path / "f")

    def test_closed_twice(self, open_file: OpenFile) -> None:
        source = open_file(b"1")
        source.close()
        source.close()


class TestReading:
    @pytest.mark.parametrize("size", SIZES)
    def test_any_range(self, open_file: OpenFile, size: int) -> None:
        source = open_file(size)
        data = source.path.read_bytes()
        for offset, length in ((0, size), (0, 0), (1, 10), (size - 1, 1), (size - 1, 100), (size, 1), (size + 5, 1)):
            assert source.read(offset, length) == data[offset : offset + length]

    def test_from_many_threads(self, open_file: OpenFile) -> None:
        size, piece = 4 << 20, 1 << 14
        source = open_file(size)
        data = source.path.read_bytes()
        wrong: list[int] = []

        def read(first: int) -> None:
            wrong.extend(at for at in range(first, size, 8 * piece) if source.read(at, piece) != data[at : at + piece])

        threads = [threading.Thread(target=read, args=(number * piece,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []

    def test_into_a_buffer(self, open_file: OpenFile) -> None:
        source = open_file(b"0123456789")
        buffer = bytearray(8)
        assert source.pread_into(memoryview(buffer), 5) == 5
        assert buffer[:5] == b"56789"


@pytest.mark.parametrize("size", SIZES)
class TestChanges:
    def test_written_to(self, open_file: OpenFile, size: int) -> None:
        source = open_file(size)
        with source.path.open("r+b") as file:
            file.write(b"x")
            os.utime(file.fileno(), ns=(1, source.identity.mtime_ns + 1))
        with pytest.raises(SourceChanged, match="changed while it was uploaded; upload it again when it is complete"):
            source.check()
        with pytest.raises(SourceChanged):
            source.read(0, 1)

    def test_grown(self, open_file: OpenFile, size: int) -> None:
        source = open_file(size)
        with source.path.open("ab") as file:
            file.write(b"x")
        with pytest.raises(SourceChanged, match="changed"):
            source.read(0, 1)

    def test_shrunk(self, open_file: OpenFile, size: int) -> None:
        source = open_file(size)
        os.truncate(source.path, 10)
        with pytest.raises(SourceChanged) as caught:
            source.read(0, size)
        assert caught.value.path == str(source.path)

    def test_replaced(self, open_file: OpenFile, size: int, tmp_path: Path) -> None:
        source = open_file(size)
        other = tmp_path / "other"
        other.write_bytes(source.path.read_bytes())
        os.utime(other, ns=(source.identity.mtime_ns, source.identity.mtime_ns))
        other.replace(source.path)
        with pytest.raises(SourceChanged, match=r"was replaced|changed while"):
            source.read(0, 1)

    def test_removed(self, open_file: OpenFile, size: int) -> None:
        source = open_file(size)
        source.path.unlink()
        with pytest.raises(SourceChanged, match=r"was removed|changed while"):
            source.read(0, 1)

    def test_touched_by_nobody(self, open_file: OpenFile, size: int) -> None:
        source = open_file(size)
        source.check()
        source.path.read_bytes()
        source.check()


class TestReadCached:
    def test_what_is_in_the_page_cache_is_read_at_once(self, tmp_path: Path) -> None:
        content = os.urandom(300_000)
        (tmp_path / "file").write_bytes(content)
        source = LocalFile(tmp_path / "file")
        if source.read_cached(0, 1) is None:
            pytest.skip("this system or file system does not tell what is cached")
        for offset, length in ((0, 300_000), (1, 7), (299_999, 1), (100_000, 900_000)):
            assert source.read_cached(offset, length) == content[offset : offset + length]
        source.close()

    def test_otherwise_a_thread_has_to_be_asked(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "file"
        path.write_bytes(bytes(300_000))
        source = LocalFile(path)
        assert source.read_cached(300_000, 10) is None
        assert source.read_cached(0, 0) is None
        os.truncate(path, 1000)
        assert source.read_cached(0, 300_000) is None
        with pytest.raises(SourceChanged, match="became shorter"):
            source.read(0, 300_000)
        monkeypatch.setattr("clouddrive2.upload.source.NO_WAIT", None)
        assert source.read_cached(0, 1000) is None
        source.close()

    def test_a_change_is_noticed_as_ever(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.write_bytes(bytes(300_000))
        source = LocalFile(path)
        if source.read_cached(0, 1) is None:
            pytest.skip("this system or file system does not tell what is cached")
        os.utime(path, ns=(1, 1))
        with pytest.raises(SourceChanged, match="changed while it was uploaded"):
            source.read_cached(0, 10)
        source.close()
