"""The storage suite on each storage, and what only one of them has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clouddrive2.emulator.storage import DiskStorage, MemoryStorage, Storage

from .storage_suite import StorageSuite


class TestMemory(StorageSuite):
    has_holes = False

    def make(self, limit: int) -> Storage:
        return MemoryStorage(limit=limit)


class TestDisk(StorageSuite):
    @pytest.fixture(autouse=True)
    def _place(self, tmp_path: Path) -> None:
        self.root, self.scratch = tmp_path / "Cloud", tmp_path / ".clouddrive2" / "Cloud"

    def make(self, limit: int) -> Storage:
        return DiskStorage(self.root, self.scratch, limit)

    def test_files_are_ordinary_files(self, storage: Storage) -> None:
        storage.make_folder("/d")
        self.put(storage, "/d/f", b"x")
        assert (self.root / "d" / "f").read_bytes() == b"x"
        (self.root / "d" / "by hand").write_bytes(b"1234")
        assert storage.names("/d") == ["by hand", "f"]
        assert [path.name for path in self.scratch.glob("*.part")] == []

    def test_symbolic_links_lead_nowhere(self, storage: Storage, tmp_path: Path) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "secret").write_bytes(b"s")
        (self.root / "out").symlink_to(outside)
        (self.root / "link").symlink_to(outside / "secret")
        assert storage.names("/") == []
        assert storage.stat("/out") is None
        assert storage.stat("/out/secret") is None
        assert storage.items("/", ["out", "link"]) == []
        for path in ("/out/secret", "/link"):
            with pytest.raises(FileNotFoundError):
                storage.open(path)
        with pytest.raises(FileNotFoundError):
            storage.names("/out")
        with pytest.raises(FileNotFoundError):
            storage.make_folder("/out/new")
        temporary = storage.begin()
        with pytest.raises(FileNotFoundError):
            storage.publish(temporary, "/out/secret", 0, {})

    @pytest.mark.parametrize("path", ["/../x", "/a/../../x", "/a\0b", "/."])
    def test_paths_do_not_leave_the_root(self, storage: Storage, path: str) -> None:
        with pytest.raises(FileNotFoundError):
            storage.make_folder(path)
        assert storage.stat(path) is None

    def test_names_that_are_not_utf8_are_not_shown(self, storage: Storage) -> None:
        (self.root / os.fsdecode(b"\xff\xfe")).write_bytes(b"x")
        assert storage.names("/") == []

    def test_a_restart_keeps_files_and_hashes_and_drops_what_was_not_finished(self, storage: Storage) -> None:
        self.put(storage, "/f", b"x", {2: "aa"})
        temporary = storage.begin()
        storage.write(temporary, 0, b"half")
        again = DiskStorage(self.root, self.scratch)
        found = again.stat("/f")
        assert found is not None
        assert dict(found.hashes) == {2: "aa"}
        assert list(self.scratch.glob("*.part")) == []
        again.close()

    def test_hashes_of_a_file_changed_by_hand_are_forgotten(self, storage: Storage) -> None:
        self.put(storage, "/f", b"x", {2: "aa"})
        (self.root / "f").write_bytes(b"y!")
        found = storage.stat("/f")
        assert found is not None
        assert dict(found.hashes) == {}
        assert storage.holds(1, 2, "aa") is None
