"""Files in a folder on disk, visible there as ordinary files; what is not finished lies beside the visible tree."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

from clouddrive2.emulator.storage.base import Item, Storage, StorageError, StorageFull

__all__ = ["DiskStorage"]


@contextlib.contextmanager
def _named(path: str) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, FileExistsError, NotADirectoryError, IsADirectoryError):
        raise
    except OSError as error:
        kind = StorageFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else StorageError
        raise kind(f"{path}: {error.strerror}") from error


class DiskStorage(Storage):
    """One cloud below ``root``.

    Args:
        root: Folder with the visible files; made if missing.
        scratch: Folder for temporary files and the hash index, on the same file system.
    """

    def __init__(self, root: Path, scratch: Path) -> None:
        self._root = root
        self._scratch = scratch
        root.mkdir(parents=True, exist_ok=True)
        scratch.mkdir(parents=True, exist_ok=True)
        for left_over in scratch.glob("*.part"):
            left_over.unlink()
        self._lock = threading.Lock()
        self._open: dict[str, int] = {}
        self._index = sqlite3.connect(scratch / "hashes.sqlite", check_same_thread=False, isolation_level=None)
        self._index.execute("PRAGMA journal_mode=WAL")
        self._index.execute("PRAGMA synchronous=OFF")
        self._index.execute(
            "CREATE TABLE IF NOT EXISTS hashes (inode INTEGER PRIMARY KEY, path TEXT, size INTEGER, mtime INTEGER, hashes TEXT)"
        )

    def close(self) -> None:
        """Close what is open; the files stay."""
        with self._lock:
            for handle in self._open.values():
                os.close(handle)
            self._open.clear()
            self._index.close()

    def stat(self, path: str) -> Item | None:
        try:
            found = os.lstat(self._local(path))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StorageError(f"{path}: {error.strerror}") from error
        return self._item(path, found)

    def names(self, folder: str) -> list[str]:
        with _named(folder):
            return sorted(name for name in os.listdir(self._local(folder)) if _visible(name))

    def make_folder(self, path: str) -> None:
        with _named(path):
            self._local(path).mkdir()

    def delete(self, path: str) -> None:
        local = self._local(path)
        with _named(path):
            if local.is_dir() and not local.is_symlink():
                shutil.rmtree(local)
            else:
                local.unlink()

    def rename(self, old: str, new: str) -> None:
        target = self._local(new)
        with _named(old):
            if os.path.lexists(target):
                raise FileExistsError(new)
            self._local(old).rename(target)

    def copy(self, old: str, new: str) -> None:
        source, target = self._local(old), self._local(new)
        with _named(old):
            if source.is_dir():
                shutil.copytree(source, target)
            else:
                shutil.copyfile(source, target)
        item = self.stat(old)
        if item is not None and item.hashes:
            self._remember(new, item.hashes)

    def read(self, path: str, offset: int, length: int) -> bytes:
        with _named(path):
            handle = os.open(self._local(path), os.O_RDONLY | os.O_NOFOLLOW)
            try:
                return os.pread(handle, length, offset)
            finally:
                os.close(handle)

    def begin(self) -> str:
        temporary = uuid.uuid4().hex
        with _named("a temporary file"):
            handle = os.open(self._scratch / f"{temporary}.part", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
        with self._lock:
            self._open[temporary] = handle
        return temporary

    def write(self, temporary: str, offset: int, data: bytes) -> None:
        with _named("a temporary file"):
            view = memoryview(data)
            while view:
                written = os.pwrite(self._open[temporary], view, offset)
                view, offset = view[written:], offset + written

    def read_temporary(self, temporary: str, offset: int, length: int) -> bytes:
        return os.pread(self._open[temporary], length, offset)

    def publish(self, temporary: str, path: str, size: int, hashes: dict[int, str]) -> None:
        with self._lock:
            handle = self._open.pop(temporary)
        with _named(path):
            try:
                if os.fstat(handle).st_size != size:
                    os.ftruncate(handle, size)
            finally:
                os.close(handle)
            (self._scratch / f"{temporary}.part").replace(self._local(path))
        self._remember(path, hashes)

    def discard(self, temporary: str) -> None:
        with self._lock:
            handle = self._open.pop(temporary, None)
        if handle is not None:
            os.close(handle)
            (self._scratch / f"{temporary}.part").unlink(missing_ok=True)

    def used(self) -> int:
        total = 0
        for folder, _, files in os.walk(self._root):
            for name in files:
                with contextlib.suppress(OSError):
                    total += os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118 - one string per file
        return total

    def holds(self, size: int, kind: int, value: str) -> str | None:
        with self._lock:
            rows = self._index.execute("SELECT path, hashes FROM hashes WHERE size = ?", (size,)).fetchall()
        for path, hashes in rows:
            if json.loads(hashes).get(str(kind), "").lower() == value.lower():
                item = self.stat(path)
                if item is not None and item.hashes.get(kind, "").lower() == value.lower():
                    return str(path)
        return None

    def _local(self, path: str) -> Path:
        """The place of a cloud path on disk; a symbolic link on the way would lead out of the root."""
        local = self._root
        for part in path.strip("/").split("/") if path != "/" else ():
            if not _visible(part):
                raise FileNotFoundError(path)
            if local.is_symlink():
                raise StorageError(f"{path}: symbolic links are not followed")
            local = local / part
        return local

    def _item(self, path: str, found: os.stat_result) -> Item:
        is_folder = _is_folder(found.st_mode)
        hashes = {} if is_folder else self._known(found)
        size = 0 if is_folder else found.st_size
        name = path.rpartition("/")[2]
        return Item(name, is_folder, size, found.st_mtime, found.st_ctime, str(found.st_ino), hashes)

    def _known(self, found: os.stat_result) -> dict[int, str]:
        with self._lock:
            row = self._index.execute("SELECT size, mtime, hashes FROM hashes WHERE inode = ?", (found.st_ino,)).fetchone()
        if row is None or (row[0], row[1]) != (found.st_size, found.st_mtime_ns):
            return {}
        return {int(kind): value for kind, value in json.loads(row[2]).items()}

    def _remember(self, path: str, hashes: dict[int, str]) -> None:
        found = os.lstat(self._local(path))
        row = (found.st_ino, path, found.st_size, found.st_mtime_ns, json.dumps(hashes))
        with self._lock:
            self._index.execute("INSERT OR REPLACE INTO hashes VALUES (?, ?, ?, ?, ?)", row)


def _visible(name: str) -> bool:
    return name != ".clouddrive2"


def _is_folder(mode: int) -> bool:
    return (mode & 0o170000) == 0o040000
