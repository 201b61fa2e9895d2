"""What a storage offers to one cloud: plain blocking calls on paths relative to the cloud's root."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

__all__ = ["Item", "Storage", "StorageError", "StorageFull"]


class StorageError(Exception):
    """The storage refused; the text says why."""


class StorageFull(StorageError):
    """No room is left."""


@dataclass(frozen=True, slots=True)
class Item:
    """One file or folder.

    Attributes:
        name: Last part of the path.
        is_folder: Folder or file.
        size: Bytes; 0 for folders.
        modified, created: Seconds since the epoch.
        id: The cloud's object id as text.
        hashes: Hash type to hex text, as far as known.
    """

    name: str
    is_folder: bool
    size: int
    modified: float
    created: float
    id: str
    hashes: dict[int, str] = field(default_factory=dict)


class Storage(ABC):
    """Files of one cloud.

    Paths are normalised, start with ``/`` and never contain ``..``. Missing paths raise ``FileNotFoundError``, a file in
    place of a folder ``NotADirectoryError``, everything else :class:`StorageError`. Calls may block and may come from
    several threads at once, but never twice for one temporary file and range.
    """

    blocking = True

    @abstractmethod
    def stat(self, path: str) -> Item | None:
        """The item, or ``None``."""

    @abstractmethod
    def names(self, folder: str) -> list[str]:
        """Names in a folder, sorted."""

    @abstractmethod
    def make_folder(self, path: str) -> None:
        """Create one folder; its parent exists."""

    @abstractmethod
    def delete(self, path: str) -> None:
        """Delete a file, or a folder with all it holds."""

    @abstractmethod
    def rename(self, old: str, new: str) -> None:
        """Give an item another path; nothing is there yet."""

    @abstractmethod
    def copy(self, old: str, new: str) -> None:
        """Copy a file, or a folder with all it holds; nothing is there yet."""

    @abstractmethod
    def read(self, path: str, offset: int, length: int) -> bytes:
        """Bytes of a file; shorter at its end."""

    @abstractmethod
    def begin(self) -> str:
        """A new temporary file outside the visible tree."""

    @abstractmethod
    def write(self, temporary: str, offset: int, data: bytes) -> None:
        """Write into a temporary file at any offset."""

    @abstractmethod
    def read_temporary(self, temporary: str, offset: int, length: int) -> bytes:
        """Bytes of a temporary file."""

    @abstractmethod
    def publish(self, temporary: str, path: str, size: int, hashes: dict[int, str]) -> None:
        """Make a temporary file visible under ``path`` in one step, in place of a file that may be there."""

    @abstractmethod
    def discard(self, temporary: str) -> None:
        """Forget a temporary file; unknown ones are ignored."""

    @abstractmethod
    def used(self) -> int:
        """Bytes of all visible files."""

    @abstractmethod
    def holds(self, size: int, kind: int, value: str) -> str | None:
        """Path of a file with this size and hash among those whose hash is known."""
