"""Archives that somebody has spoilt: they are refused, or read as far as they are whole, and nothing else happens."""

from __future__ import annotations

import io
import random
import tarfile
import zipfile

import pytest

from clouddrive2.emulator.storage import Item, MemoryStorage, StorageError
from clouddrive2.emulator.storage.archive_index import read_archive
from clouddrive2.emulator.storage.archives import ArchiveStorage

FILES = {"a": b"abc", "b/c": b"x" * 1000}


def made(kind: str) -> bytes:
    content = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in FILES.items():
                archive.writestr(name, data)
        return content.getvalue()
    with tarfile.open(fileobj=content, mode=kind) as archive:  # type: ignore[call-overload]
        for name, data in FILES.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return content.getvalue()


def read_all(data: bytes) -> dict[str, bytes]:
    """Every member of an archive, with a storage in memory behind it."""
    memory = MemoryStorage()
    temporary = memory.begin()
    memory.write(temporary, 0, data)
    memory.publish(temporary, "/x", len(data), {})
    storage = ArchiveStorage()
    storage.shown["x"] = archive = read_archive(lambda: memory.open("/x"), Item("x", False, len(data), 1.0, 1.0, "7"), "")
    found = {}
    for path, item in archive.items.items():
        assert path.startswith("/") and ".." not in path.split("/")
        if not item.is_folder:
            found[path] = storage.read(f"/x{path}", 0, 5000)
            assert storage.read(f"/x{path}", 1, 2) == found[path][1:3]
    return found


@pytest.mark.parametrize("kind", ["zip", "w:", "w:gz", "w:bz2", "w:xz"])
def test_whole_and_spoilt(kind: str) -> None:
    whole = made(kind)
    assert read_all(whole) == {f"/{name}": data for name, data in FILES.items()}
    generator, outcomes = random.Random(7), set()
    for _ in range(150):
        spoilt = bytearray(whole)
        for _ in range(generator.choice((1, 2, 8))):
            place = generator.randrange(len(spoilt))
            if generator.random() < 0.8:
                spoilt[place] = generator.randrange(256)
            elif place:
                del spoilt[place:]
        try:
            read_all(bytes(spoilt))
            outcomes.add("read")
        except StorageError:
            outcomes.add("refused")
    assert "refused" in outcomes


@pytest.mark.parametrize(
    ("offset", "value"),
    [(6, 0xC5), (28, 0), (8, 0x41)],
    ids=["a version nobody knows", "no name", "strong encryption"],
)
def test_a_directory_of_a_zip_that_libraries_choke_on(offset: int, value: int) -> None:
    data = bytearray(made("zip"))
    data[data.index(b"PK\x01\x02") + offset] = value
    try:
        assert "/a" not in read_all(bytes(data))
    except StorageError as error:
        assert "damaged" in str(error)
