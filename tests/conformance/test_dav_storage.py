"""The storage suite on WebDAV, against two servers nobody here wrote, and what only WebDAV has."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

import pytest

from clouddrive2.emulator.storage import Storage, StorageError
from clouddrive2.emulator.storage.dav import PASSWORD_VARIABLE, DavRemote
from clouddrive2.emulator.storage.remote import RemoteStorage

from .far_servers import DAV_PASSWORD, DAV_USER, dav_server, rclone_dav_server, unused_port
from .storage_suite import StorageSuite

folders = itertools.count(1)
MIB = 1 << 20


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def wsgidav(served: Path) -> Iterator[str]:
    with dav_server(served) as url:
        yield url


@pytest.fixture(scope="module")
def rclone(served: Path) -> Iterator[str]:
    with rclone_dav_server(served) as url:
        yield url


class DavSuite(StorageSuite):
    replaced_content_stays = False
    has_holes = False
    names_refused = MappingProxyType({"n\n": "a name with a line break does not survive the way through WebDAV"})
    url: str
    folder: Path
    scratch: Path

    def begin(self, url: str, served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A folder of its own for each test."""
        monkeypatch.setenv(PASSWORD_VARIABLE, DAV_PASSWORD)
        number = next(folders)
        self.url, self.folder, self.scratch = f"{url}/{number}", served / str(number), tmp_path / "scratch"
        self.folder.mkdir()

    def make(self, limit: int) -> Storage:
        return RemoteStorage(DavRemote(self.url, DAV_USER), self.scratch, limit)

    def test_files_are_ordinary_files(self, storage: Storage) -> None:
        storage.make_folder("/d")
        self.put(storage, "/d/f", b"x")
        assert (self.folder / "d" / "f").read_bytes() == b"x"
        (self.folder / "by hand").write_bytes(b"1234")
        assert storage.names("/") == ["by hand", "d"]
        found = storage.stat("/by hand")
        assert found is not None
        assert (found.size, dict(found.hashes)) == (4, {})

    def test_a_large_file_is_sent_ahead_and_seen_when_published(self, storage: Storage) -> None:
        size = 3 * MIB + 5
        temporary = storage.begin()
        storage.write(temporary, 0, b"begin")
        storage.write(temporary, size - 3, b"end")
        storage.send(temporary, "/big", size)
        assert [path.name for path in self.folder.iterdir()] == [".clouddrive2"]
        assert storage.names("/") == []
        storage.publish(temporary, "/big", size, {2: "aa"})
        assert list((self.folder / ".clouddrive2").iterdir()) == []
        reader = storage.open("/big")
        assert reader.read(size - 5, 100) == b"\0\0end"
        read = b"".join(reader.read(offset, MIB) for offset in range(0, size, MIB))
        reader.close()
        assert read == b"begin" + bytes(size - 8) + b"end"

    def test_what_is_being_sent_is_neither_seen_nor_left(self, storage: Storage) -> None:
        temporary = storage.begin()
        storage.write(temporary, 0, b"x")
        storage.send(temporary, "/f", 1)
        assert storage.stat("/.clouddrive2") is None
        with pytest.raises(FileNotFoundError):
            storage.names("/.clouddrive2")
        storage.discard(temporary)
        assert list((self.folder / ".clouddrive2").iterdir()) == []

    def test_a_restart_keeps_files_and_hashes_and_drops_what_was_not_finished(self, storage: Storage) -> None:
        self.put(storage, "/f", b"x", {2: "aa"})
        temporary = storage.begin()
        storage.write(temporary, 0, b"half")
        storage.send(temporary, "/half", 4)
        again = self.make(1 << 40)
        found = again.stat("/f")
        assert found is not None
        assert dict(found.hashes) == {2: "aa"}
        assert list((self.folder / ".clouddrive2").iterdir()) == []
        again.close()

    def test_hashes_of_a_file_changed_elsewhere_are_forgotten(self, storage: Storage) -> None:
        self.put(storage, "/f", b"x", {2: "aa"})
        (self.folder / "f").write_bytes(b"y!")
        found = storage.stat("/f")
        assert found is not None
        assert dict(found.hashes) == {}
        assert storage.holds(1, 2, "aa") is None

    def test_a_wrong_password_is_refused_and_not_told(self, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(PASSWORD_VARIABLE, "another secret")
        with pytest.raises(StorageError, match=f"does not let the user {DAV_USER} in") as refused:
            self.make(1)
        assert "secret" not in str(refused.value)

    def test_no_password(self, storage: Storage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.delenv(PASSWORD_VARIABLE)
        monkeypatch.setenv("HOME", str(tmp_path))
        with pytest.raises(StorageError, match=f"set {PASSWORD_VARIABLE}, or an entry for it in ~/.netrc"):
            self.make(1)

    def test_a_folder_that_is_not_there(self, storage: Storage) -> None:
        with pytest.raises(StorageError, match="there is no such folder"):
            RemoteStorage(DavRemote(f"{self.url}/none", DAV_USER), self.scratch)

    def test_a_server_that_is_away_says_so(self, storage: Storage) -> None:
        with pytest.raises(StorageError, match="the server does not answer"):
            RemoteStorage(DavRemote(f"http://127.0.0.1:{unused_port()}", DAV_USER), self.scratch)


class TestWsgiDav(DavSuite):
    names_refused = MappingProxyType(
        {**DavSuite.names_refused, "q?&=+": "WsgiDAV decodes a Destination before it looks for a query in it"}
    )

    @pytest.fixture(autouse=True)
    def _place(self, wsgidav: str, served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begin(wsgidav, served, tmp_path, monkeypatch)

    def test_a_large_folder(self, storage: Storage) -> None:
        many = self.folder / "many"
        many.mkdir()
        for number in range(1500):
            (many / f"{number:05}").touch()
        assert len(storage.names("/many")) == 1500


class TestRclone(DavSuite):
    @pytest.fixture(autouse=True)
    def _place(self, rclone: str, served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begin(rclone, served, tmp_path, monkeypatch)
