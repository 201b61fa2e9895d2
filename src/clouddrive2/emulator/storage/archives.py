"""Archives as a storage that cannot be changed: one folder for each (protocol.md §5.7)."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Mapping, Sequence
from typing import IO, Any, cast

from clouddrive2.emulator import paths
from clouddrive2.emulator.storage.archive_index import DAMAGE, PIECE_BYTES, Archive, close_archive, open_archive
from clouddrive2.emulator.storage.base import Item, Reader, Storage, StorageError

__all__ = ["ArchiveStorage"]


class _Member(Reader):
    """A member that is being read; to go back it is begun anew."""

    def __init__(self, archive: Archive, path: str) -> None:
        self.size = archive.items[path].size
        self._archive, self._handle = archive, archive.handles[path]
        self._lock = threading.Lock()
        self._container: Any = None
        self._stream: IO[bytes] | None = None
        self._at = 0

    def read(self, offset: int, length: int) -> bytes:
        with self._lock:
            try:
                return self._read(offset, min(length, max(0, self.size - offset)))
            except FileNotFoundError as error:
                raise StorageError("the archive has gone") from error
            except (*DAMAGE, RuntimeError) as error:
                raise StorageError(f"the archive is damaged: {error}") from error

    def close(self) -> None:
        with self._lock:
            self._leave()

    def _read(self, offset: int, length: int) -> bytes:
        if not length:
            return b""
        if self._stream is None or offset < self._at:
            self._leave()
            self._container = open_archive(self._archive.format, self._archive.source())
            if isinstance(self._container, zipfile.ZipFile):
                self._stream = self._container.open(self._handle, pwd=self._archive.password)
            else:
                self._stream = cast(IO[bytes], self._container.extractfile(self._handle))
            self._at = 0
        if offset > self._at:
            self._stream.seek(offset)
        parts, left = [], length
        while left and (data := self._stream.read(min(left, PIECE_BYTES))):
            parts.append(data)
            left -= len(data)
        self._at = offset + length - left
        return b"".join(parts)

    def _leave(self) -> None:
        if self._stream is not None:
            self._stream.close()
        if self._container is not None:
            close_archive(self._container)
        self._stream = self._container = None


class ArchiveStorage(Storage):
    """Archives by the name of their folder.

    Attributes:
        shown: What can be seen.
    """

    def __init__(self) -> None:
        self.shown: dict[str, Archive] = {}

    def stat(self, path: str) -> Item | None:
        name, inner = _split(path)
        archive = self.shown.get(name)
        if archive is None:
            return None
        if inner == "/":
            identity, size, modified = archive.stamp
            return Item(name, True, 0, modified, modified, f"archive-{identity}-{size}")
        return archive.items.get(inner)

    def names(self, folder: str) -> list[str]:
        if folder == "/":
            return sorted(self.shown)
        archive, inner = self._of(folder)
        if inner in archive.handles:
            raise NotADirectoryError(folder)
        if inner not in archive.children:
            raise FileNotFoundError(folder)
        return sorted(archive.children[inner])

    def items(self, folder: str, names: Sequence[str]) -> list[Item]:
        found = [self.stat(paths.join(folder, name)) for name in names]
        return [item for item in found if item is not None]

    def open(self, path: str) -> Reader:
        archive, inner = self._of(path)
        if inner in archive.children:
            raise IsADirectoryError(path)
        if inner not in archive.handles:
            raise FileNotFoundError(path)
        return _Member(archive, inner)

    def used(self) -> int:
        return sum(archive.total for archive in self.shown.values())

    def holds(self, size: int, kind: int, value: str) -> str | None:
        return None

    def make_folder(self, path: str) -> None:
        raise _refusal()

    def delete(self, path: str) -> None:
        raise _refusal()

    def rename(self, old: str, new: str, *, replace: bool = False) -> None:
        raise _refusal()

    def copy(self, old: str, new: str, *, replace: bool = False) -> None:
        raise _refusal()

    def begin(self) -> str:
        raise _refusal()

    def write(self, temporary: str, offset: int, data: bytes) -> None:
        raise _refusal()

    def read_temporary(self, temporary: str, offset: int, length: int) -> bytes:
        raise _refusal()

    def publish(self, temporary: str, path: str, size: int, hashes: Mapping[int, str]) -> Item:
        raise _refusal()

    def discard(self, temporary: str) -> None:
        return None

    def close(self) -> None:
        self.shown = {}

    def _of(self, path: str) -> tuple[Archive, str]:
        name, inner = _split(path)
        if name not in self.shown:
            raise FileNotFoundError(path)
        return self.shown[name], inner


def _split(path: str) -> tuple[str, str]:
    name, _, rest = path[1:].partition("/")
    return name, f"/{rest}"


def _refusal() -> StorageError:
    return StorageError("archive folders are read-only")
