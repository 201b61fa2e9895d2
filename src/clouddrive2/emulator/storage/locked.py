"""A storage with folders that can be locked: what is in a locked one is neither seen nor touched (protocol.md §5.7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from clouddrive2.emulator.paths import is_below
from clouddrive2.emulator.storage.base import Item, Reader, Storage, StorageError

__all__ = ["EncryptedFolder", "LockedStorage"]


@dataclass(slots=True)
class EncryptedFolder:
    """One encrypted folder.

    Attributes:
        salt, digest: What its password is compared with, in hex.
        saved: Whether the server knows the password, and opens the folder after a restart.
        locked: Whether its content is out of reach now.
    """

    salt: str = field(repr=False)
    digest: str = field(repr=False)
    saved: bool = False
    locked: bool = False


class LockedStorage(Storage):
    """Another storage, without what is in its locked folders. Files are kept as they are: nothing is really encrypted here.

    Args:
        inner: The storage.
        folders: Encrypted folders by their path in it.
        changed: Told when one was moved or deleted.
    """

    def __init__(self, inner: Storage, folders: dict[str, EncryptedFolder], changed: Callable[[], object]) -> None:
        self._inner = inner
        self.folders = folders
        self._changed = changed
        self.blocking = inner.blocking

    def around(self, path: str) -> str | None:
        """The encrypted folder that is this path or has it inside."""
        return next((folder for folder in self.folders if is_below(path, folder)), None)

    def stat(self, path: str) -> Item | None:
        return None if self.is_locked(path) else self._inner.stat(path)

    def names(self, folder: str) -> list[str]:
        self._check(folder)
        return [] if self._is_closed(folder) else self._inner.names(folder)

    def items(self, folder: str, names: Sequence[str]) -> list[Item]:
        self._check(folder)
        return [] if self._is_closed(folder) else self._inner.items(folder, names)

    def make_folder(self, path: str) -> None:
        self._check(path)
        self._inner.make_folder(path)

    def delete(self, path: str) -> None:
        self._check(path)
        self._inner.delete(path)
        self._forget(path)

    def rename(self, old: str, new: str, *, replace: bool = False) -> None:
        self._check(old)
        self._check(new)
        self._inner.rename(old, new, replace=replace)
        moved = {folder: row for folder, row in self.folders.items() if is_below(folder, old)}
        self._forget(old)
        if moved:
            self.folders.update({new + folder.removeprefix(old): row for folder, row in moved.items()})
            self._changed()

    def copy(self, old: str, new: str, *, replace: bool = False) -> None:
        self._check(old)
        self._check(new)
        if any(is_below(folder, old) and row.locked for folder, row in self.folders.items()):
            raise StorageError(f"{old} holds a locked folder, which cannot be copied")
        self._inner.copy(old, new, replace=replace)

    def open(self, path: str) -> Reader:
        self._check(path)
        return self._inner.open(path)

    def begin(self) -> str:
        return self._inner.begin()

    def write(self, temporary: str, offset: int, data: bytes) -> None:
        self._inner.write(temporary, offset, data)

    def read_temporary(self, temporary: str, offset: int, length: int) -> bytes:
        return self._inner.read_temporary(temporary, offset, length)

    def send(self, temporary: str, path: str, size: int) -> None:
        self._check(path)
        self._inner.send(temporary, path, size)

    def publish(self, temporary: str, path: str, size: int, hashes: Mapping[int, str]) -> Item:
        self._check(path)
        return self._inner.publish(temporary, path, size, hashes)

    def discard(self, temporary: str) -> None:
        self._inner.discard(temporary)

    def refresh(self, folder: str) -> None:
        self._inner.refresh(folder)

    def is_locked(self, path: str) -> bool:
        folder = self.around(path)
        return folder is not None and folder != path and self.folders[folder].locked

    def used(self) -> int:
        return self._inner.used()

    def holds(self, size: int, kind: int, value: str) -> str | None:
        found = self._inner.holds(size, kind, value)
        return None if found is None or self.is_locked(found) else found

    def close(self) -> None:
        self._inner.close()

    def _is_closed(self, path: str) -> bool:
        row = self.folders.get(path)
        return row is not None and row.locked

    def _check(self, path: str) -> None:
        if self.is_locked(path):
            raise StorageError(f"{self.around(path)} is locked")

    def _forget(self, path: str) -> None:
        gone = [folder for folder in self.folders if is_below(folder, path)]
        for folder in gone:
            del self.folders[folder]
        if gone:
            self._changed()
