"""What every storage of the emulator promises. A subclass gives it a storage to keep it."""

from __future__ import annotations

import contextlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import pytest

from clouddrive2.emulator.storage import Storage, StorageError, StorageFull

AWKWARD = (
    " leading",
    "trailing ",
    "a b",
    "#100%",
    "中文名.mkv",
    "😀.bin",
    "cafe\u0301",
    "café",
    "-rf",
    "q?&=+",
    "n\n",
    "\\",
    ".hidden",
    "x" * 255,
)


class StorageSuite(ABC):
    """Runs on each storage; :meth:`make` gives an empty one with room for ``limit`` bytes.

    Attributes:
        replaced_content_stays: A reader goes on with content that was replaced; otherwise it is told.
        has_holes: What was never written takes neither room nor time.
        names_refused: What the server behind it in the tests cannot take, with the reason.
    """

    replaced_content_stays = True
    has_holes = True
    names_refused: Mapping[str, str] = MappingProxyType({})

    @abstractmethod
    def make(self, limit: int) -> Storage:
        """An empty storage."""

    @pytest.fixture
    def storage(self) -> Iterator[Storage]:
        storage = self.make(1 << 40)
        yield storage
        storage.close()

    def put(self, storage: Storage, path: str, data: bytes, hashes: dict[int, str] | None = None) -> None:
        temporary = storage.begin()
        storage.write(temporary, 0, data)
        storage.publish(temporary, path, len(data), hashes or {})

    def test_an_empty_root(self, storage: Storage) -> None:
        root = storage.stat("/")
        assert root is not None
        assert root.is_folder
        assert storage.names("/") == []
        assert storage.used() == 0

    def test_folders(self, storage: Storage) -> None:
        storage.make_folder("/a")
        storage.make_folder("/a/b")
        found = storage.stat("/a/b")
        assert found is not None
        assert (found.name, found.is_folder, found.size) == ("b", True, 0)
        assert storage.names("/a") == ["b"]
        with pytest.raises(FileExistsError):
            storage.make_folder("/a")
        with pytest.raises(FileNotFoundError):
            storage.make_folder("/none/b")

    def test_a_published_file(self, storage: Storage) -> None:
        self.put(storage, "/f", b"content", {2: "ABC"})
        found = storage.stat("/f")
        assert found is not None
        assert (found.name, found.is_folder, found.size, dict(found.hashes)) == ("f", False, 7, {2: "ABC"})
        assert found.id.isdigit()
        assert storage.read("/f", 0, 100) == b"content"
        assert storage.read("/f", 3, 2) == b"te"
        assert storage.read("/f", 7, 5) == b""
        assert storage.used() == 7

    @pytest.mark.parametrize("name", AWKWARD)
    def test_names_are_kept_exactly(self, storage: Storage, name: str) -> None:
        if name in self.names_refused:
            pytest.skip(self.names_refused[name])
        self.put(storage, f"/{name}", b"1")
        storage.make_folder("/sub")
        storage.rename(f"/{name}", f"/sub/{name}")
        assert storage.names("/sub") == [name]
        assert [item.name for item in storage.items("/sub", [name])] == [name]

    def test_listings_are_sorted_and_skip_what_has_gone(self, storage: Storage) -> None:
        for name in ("b", "a", "C"):
            self.put(storage, f"/{name}", name.encode())
        assert storage.names("/") == ["C", "a", "b"]
        assert [item.name for item in storage.items("/", ["a", "gone", "C"])] == ["a", "C"]

    def test_missing_paths(self, storage: Storage) -> None:
        self.put(storage, "/f", b"")
        assert storage.stat("/none") is None
        assert storage.stat("/f/below") is None
        for act in (
            lambda: storage.names("/none"),
            lambda: storage.open("/none"),
            lambda: storage.delete("/none"),
            lambda: storage.rename("/none", "/x"),
            lambda: storage.copy("/none", "/x"),
        ):
            with pytest.raises(FileNotFoundError):
                act()
        with pytest.raises(NotADirectoryError):
            storage.names("/f")
        with pytest.raises(NotADirectoryError):
            storage.make_folder("/f/x")
        with pytest.raises(IsADirectoryError):
            storage.open("/")

    def test_temporary_files_are_not_seen(self, storage: Storage) -> None:
        temporary = storage.begin()
        storage.write(temporary, 0, b"12345")
        assert storage.names("/") == []
        assert storage.used() == 0
        assert storage.read_temporary(temporary, 1, 3) == b"234"
        storage.discard(temporary)
        storage.discard(temporary)
        storage.discard("never begun")

    def test_a_temporary_file_that_has_gone(self, storage: Storage) -> None:
        discarded, published = storage.begin(), storage.begin()
        storage.discard(discarded)
        storage.publish(published, "/f", 0, {})
        for temporary in (discarded, published, "never begun"):
            with pytest.raises(StorageError, match="gone"):
                storage.write(temporary, 0, b"x")
            with pytest.raises(StorageError, match="gone"):
                storage.read_temporary(temporary, 0, 1)
            with pytest.raises(StorageError, match="gone"):
                storage.publish(temporary, "/g", 0, {})
        assert storage.names("/") == ["f"]

    def test_discarding_while_others_write_harms_no_other_file(self, storage: Storage) -> None:
        def write(temporary: str) -> None:
            with contextlib.suppress(StorageError):
                for number in range(1000):
                    storage.write(temporary, number, b"x")

        for number in range(20):
            doomed = storage.begin()
            writer = threading.Thread(target=write, args=(doomed,))
            writer.start()
            storage.discard(doomed)
            kept = [storage.begin() for _ in range(5)]
            writer.join()
            for place, temporary in enumerate(kept):
                assert storage.read_temporary(temporary, 0, 1) == b""
                storage.publish(temporary, f"/{number}-{place}", 0, {})

    def test_writes_in_any_order_leave_zeros_between(self, storage: Storage) -> None:
        temporary = storage.begin()
        storage.write(temporary, 8, b"cd")
        storage.write(temporary, 0, b"ab")
        storage.write(temporary, 1, b"B")
        storage.publish(temporary, "/f", 12, {})
        assert storage.read("/f", 0, 100) == b"aB" + bytes(6) + b"cd" + bytes(2)

    def test_publishing_cuts_to_size(self, storage: Storage) -> None:
        temporary = storage.begin()
        storage.write(temporary, 0, b"12345")
        item = storage.publish(temporary, "/f", 3, {})
        assert item.size == 3
        assert storage.read("/f", 0, 100) == b"123"

    def test_publishing_replaces_in_one_step(self, storage: Storage) -> None:
        self.put(storage, "/f", b"old")
        before = storage.stat("/f")
        reader = storage.open("/f")
        self.put(storage, "/f", b"newer")
        after = storage.stat("/f")
        assert before is not None
        assert after is not None
        assert after.id != before.id
        assert storage.read("/f", 0, 9) == b"newer"
        if self.replaced_content_stays:
            assert reader.read(0, 9) == b"old"
        else:
            with pytest.raises(StorageError, match="changed"):
                reader.read(0, 9)
        reader.close()
        reader.close()

    def test_publishing_over_a_folder_or_into_nothing_keeps_the_temporary_file(self, storage: Storage) -> None:
        storage.make_folder("/d")
        temporary = storage.begin()
        storage.write(temporary, 0, b"x")
        with pytest.raises(IsADirectoryError):
            storage.publish(temporary, "/d", 1, {})
        with pytest.raises(FileNotFoundError):
            storage.publish(temporary, "/none/f", 1, {})
        storage.publish(temporary, "/f", 1, {})
        assert storage.names("/") == ["d", "f"]

    def test_deleting_a_folder_deletes_what_it_holds(self, storage: Storage) -> None:
        storage.make_folder("/d")
        storage.make_folder("/d/e")
        self.put(storage, "/d/e/f", b"x")
        storage.delete("/d")
        assert storage.names("/") == []
        assert storage.used() == 0

    def test_renaming_keeps_identity_and_hashes(self, storage: Storage) -> None:
        storage.make_folder("/d")
        self.put(storage, "/d/f", b"x", {1: "aa"})
        before = storage.stat("/d/f")
        storage.rename("/d", "/e")
        storage.rename("/e/f", "/g")
        after = storage.stat("/g")
        assert before is not None
        assert after is not None
        assert (after.id, dict(after.hashes)) == (before.id, {1: "aa"})

    def test_renaming_over_something(self, storage: Storage) -> None:
        self.put(storage, "/a", b"a")
        self.put(storage, "/b", b"b")
        storage.make_folder("/d")
        with pytest.raises(FileExistsError):
            storage.rename("/a", "/b")
        with pytest.raises(IsADirectoryError):
            storage.rename("/a", "/d", replace=True)
        with pytest.raises(FileExistsError):
            storage.rename("/d", "/a", replace=True)
        storage.rename("/a", "/b", replace=True)
        assert storage.names("/") == ["b", "d"]
        assert storage.read("/b", 0, 9) == b"a"

    def test_copies_are_whole_and_separate(self, storage: Storage) -> None:
        storage.make_folder("/d")
        self.put(storage, "/d/f", b"one", {2: "bb"})
        storage.copy("/d", "/e")
        self.put(storage, "/d/f", b"two")
        copied = storage.stat("/e/f")
        assert copied is not None
        assert dict(copied.hashes) == {2: "bb"}
        assert storage.read("/e/f", 0, 9) == b"one"
        with pytest.raises(FileExistsError):
            storage.copy("/d/f", "/e/f")
        storage.copy("/d/f", "/e/f", replace=True)
        assert storage.read("/e/f", 0, 9) == b"two"

    def test_known_content_is_found_where_it_is(self, storage: Storage) -> None:
        storage.make_folder("/d")
        self.put(storage, "/d/f", b"one", {2: "AbC"})
        assert storage.holds(3, 2, "aBc") == "/d/f"
        assert storage.holds(4, 2, "abc") is None
        assert storage.holds(3, 1, "abc") is None
        storage.delete("/d/f")
        assert storage.holds(3, 2, "abc") is None

    def test_known_content_is_found_through_every_change(self, storage: Storage) -> None:
        storage.make_folder("/d")
        self.put(storage, "/d/f", b"one", {1: "aa", 2: "bb"})
        self.put(storage, "/other", b"two", {2: "cc"})
        assert storage.holds(3, 1, "AA") == storage.holds(3, 2, "BB") == "/d/f"
        storage.rename("/d/f", "/g")
        assert storage.holds(3, 2, "bb") == "/g"
        storage.copy("/g", "/d/copy")
        storage.delete("/g")
        assert storage.holds(3, 2, "bb") == "/d/copy"
        self.put(storage, "/d/copy", b"new", {2: "dd"})
        assert storage.holds(3, 2, "bb") is storage.holds(3, 1, "aa") is None
        storage.rename("/other", "/d/copy", replace=True)
        assert storage.holds(3, 2, "dd") is None
        assert storage.holds(3, 2, "cc") == "/d/copy"

    def test_known_content_is_gone_with_the_folder_around_it(self, storage: Storage) -> None:
        storage.make_folder("/d")
        storage.make_folder("/d/e")
        self.put(storage, "/d/e/f", b"one", {2: "bb"})
        storage.copy("/d", "/copy")
        storage.delete("/d")
        assert storage.holds(3, 2, "bb") == "/copy/e/f"
        storage.delete("/copy")
        assert storage.holds(3, 2, "bb") is None

    def test_no_room(self) -> None:
        storage = self.make(10)
        temporary = storage.begin()
        storage.write(temporary, 0, b"12345")
        with pytest.raises(StorageFull):
            storage.write(temporary, 5, b"123456")
        storage.discard(temporary)
        self.put(storage, "/f", b"1234567890")
        storage.close()

    def test_a_big_sparse_file(self, storage: Storage) -> None:
        if not self.has_holes:
            pytest.skip("this storage has no holes")
        size = (4 << 30) + 5
        temporary = storage.begin()
        storage.write(temporary, size - 2, b"ab")
        storage.publish(temporary, "/big", size, {})
        assert storage.read("/big", size - 3, 10) == b"\0ab"
        found = storage.stat("/big")
        assert found is not None
        assert found.size == size

    def test_pieces_written_from_several_threads(self, storage: Storage) -> None:
        temporary = storage.begin()
        pieces = [bytes([number]) * 1000 for number in range(32)]
        threads = [
            threading.Thread(target=storage.write, args=(temporary, number * 1000, data)) for number, data in enumerate(pieces)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        storage.publish(temporary, "/f", 32_000, {})
        assert storage.read("/f", 0, 32_000) == b"".join(pieces)
