"""Files in a folder on disk, visible there as ordinary files; what is not finished lies beside the visible tree."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from clouddrive2.emulator.storage.base import Item, Reader, Storage, StorageError
from clouddrive2.emulator.storage.index import HashIndex
from clouddrive2.emulator.storage.spool import Spool, named

__all__ = ["DiskStorage"]


class _Opened(Reader):
    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._closed = False
        self.size = os.fstat(handle).st_size

    def read(self, offset: int, length: int) -> bytes:
        return os.pread(self._handle, length, offset)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            os.close(self._handle)


class DiskStorage(Storage):
    """One cloud below ``root``. Symbolic links and names that are not UTF-8 are not shown and not followed.

    Args:
        root: Folder with the visible files; made if missing.
        scratch: Folder for temporary files and the hash index; made if missing, on the same file system.
        limit: Bytes that fit into one file system's worth of this cloud; the disk may be full earlier.
    """

    def __init__(self, root: Path, scratch: Path, limit: int = 1 << 40) -> None:
        self._root = root
        self._scratch = scratch
        root.mkdir(parents=True, exist_ok=True)
        scratch.mkdir(parents=True, exist_ok=True)
        for left_over in scratch.glob("*.part"):
            _remove(left_over)
        self._spool = Spool(scratch, limit)
        self._index = HashIndex(scratch / "hashes.sqlite")

    def stat(self, path: str) -> Item | None:
        try:
            found = self._local(path).lstat()
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                return None
            raise StorageError(f"{path}: {error.strerror}") from error
        if not _shown(found):
            return None
        return self._item(path.rpartition("/")[2], found, self._index.known([found]))

    def names(self, folder: str) -> list[str]:
        with named(folder), os.scandir(self._folder(folder)) as children:
            return sorted(child.name for child in children if _is_utf8(child.name) and not child.is_symlink())

    def items(self, folder: str, names: Sequence[str]) -> list[Item]:
        found: dict[str, os.stat_result] = {}
        with named(folder):
            local = self._folder(folder)
            for name in names:
                with contextlib.suppress(FileNotFoundError):
                    found[name] = (local / name).lstat()
        known = self._index.known([each for each in found.values() if stat.S_ISREG(each.st_mode)])
        return [self._item(name, each, known) for name, each in found.items() if _shown(each)]

    def make_folder(self, path: str) -> None:
        with named(path):
            self._local(path).mkdir()

    def delete(self, path: str) -> None:
        local = self._local(path)
        with named(path):
            # One rename takes the whole tree out of sight; removing it may take its time.
            gone = self._part()
            local.rename(gone)
            _remove(gone)

    def rename(self, old: str, new: str, *, replace: bool = False) -> None:
        source, target = self._local(old), self._local(new)
        with named(old):
            is_folder = stat.S_ISDIR(source.lstat().st_mode)
            self._check_target(target, new, replaces=replace and not is_folder)
            source.replace(target)
            self._index.moved(target.lstat(), new)

    def copy(self, old: str, new: str, *, replace: bool = False) -> None:
        source, target = self._local(old), self._local(new)
        with named(old):
            is_folder = stat.S_ISDIR(source.lstat().st_mode)
            self._check_target(target, new, replaces=replace and not is_folder)
            part = self._part()
            try:
                self._copy_tree(source, part, new)
                part.replace(target)
            except BaseException:
                _remove(part)
                raise

    def open(self, path: str) -> Reader:
        local = self._local(path)
        with named(path):
            handle = os.open(local, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                os.close(handle)
                raise IsADirectoryError(path)
            return _Opened(handle)

    def begin(self) -> str:
        return self._spool.begin()

    def write(self, temporary: str, offset: int, data: bytes) -> None:
        self._spool.write(temporary, offset, data)

    def read_temporary(self, temporary: str, offset: int, length: int) -> bytes:
        return self._spool.read(temporary, offset, length)

    def publish(self, temporary: str, path: str, size: int, hashes: Mapping[int, str]) -> Item:
        target = self._local(path)
        with named(path):
            self._check_target(target, path, replaces=True)
            with self._spool.handle(temporary) as handle:
                if os.fstat(handle).st_size != size:
                    os.ftruncate(handle, size)
                found = os.fstat(handle)
                # Before it is seen: nobody finds it without its hashes, not even after a kill right here.
                self._index.remember(found, path, hashes)
                self._spool.path(temporary).replace(target)
            self._spool.discard(temporary)
        return self._item(path.rpartition("/")[2], found, {found.st_ino: dict(hashes)})

    def discard(self, temporary: str) -> None:
        self._spool.discard(temporary)

    def used(self) -> int:
        total = 0
        for folder, _, files in os.walk(self._root):
            for name in files:
                with contextlib.suppress(OSError):
                    total += (Path(folder) / name).lstat().st_size
        return total

    def holds(self, size: int, kind: int, value: str) -> str | None:
        for path in self._index.paths(size, kind, value):
            item = self.stat(path)
            if item is not None and item.size == size and item.hashes.get(kind, "").lower() == value.lower():
                return path
        return None

    def close(self) -> None:
        self._spool.close()
        self._index.close()

    def _local(self, path: str) -> Path:
        """The place of a cloud path on disk. A symbolic link on the way would lead out of the root, so none is taken."""
        local = self._root
        parts = path.strip("/").split("/") if path != "/" else []
        for part in parts:
            if part in ("", ".", "..") or "\0" in part:
                raise FileNotFoundError(path)
            local = local / part
        for folder in [*local.parents][: len(parts) - 1] if parts else []:
            if folder.is_symlink():
                raise FileNotFoundError(path)
        return local

    def _folder(self, path: str) -> Path:
        local = self._local(path)
        if path != "/" and local.is_symlink():
            raise FileNotFoundError(path)
        return local

    def _check_target(self, target: Path, path: str, *, replaces: bool) -> None:
        """Nothing is there, or a file that may be replaced."""
        try:
            there = target.lstat()
        except FileNotFoundError:
            return
        if not replaces:
            raise FileExistsError(path)
        if stat.S_ISDIR(there.st_mode):
            raise IsADirectoryError(path)

    def _part(self) -> Path:
        return self._scratch / f"{uuid.uuid4().hex}.part"

    def _copy_tree(self, source: Path, target: Path, path: str) -> None:
        found = source.lstat()
        if not stat.S_ISDIR(found.st_mode):
            shutil.copyfile(source, target, follow_symlinks=False)
            known = self._index.known([found])
            if known:
                self._index.remember(target.lstat(), path, known[found.st_ino])
            return
        target.mkdir()
        with os.scandir(source) as children:
            for child in children:
                if not child.is_symlink():
                    self._copy_tree(source / child.name, target / child.name, f"{path}/{child.name}")

    def _item(self, name: str, found: os.stat_result, known: Mapping[int, Mapping[int, str]]) -> Item:
        if stat.S_ISDIR(found.st_mode):
            return Item(name, True, 0, found.st_mtime, found.st_ctime, str(found.st_ino))
        hashes = known.get(found.st_ino, {})
        return Item(name, False, found.st_size, found.st_mtime, found.st_ctime, str(found.st_ino), hashes)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _shown(found: os.stat_result) -> bool:
    return stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)


def _is_utf8(name: str) -> bool:
    """Names that are not UTF-8 come from the system with surrogates and cannot be sent."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
