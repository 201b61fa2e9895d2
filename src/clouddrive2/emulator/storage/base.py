"""What a storage offers to one cloud: plain blocking calls on paths relative to the cloud's root."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Item", "Reader", "Storage", "StorageError", "StorageFull"]


class StorageError(Exception):
    """The storage refused; the text says why."""


class StorageFull(StorageError):
    """No room is left."""


@dataclass(frozen=True, slots=True)
class Item:
    """One file or folder.

    Attributes:
        name: Last part of the path; empty for the root.
        is_folder: Folder or file.
        size: Bytes; 0 for folders.
        modified, created: Seconds since the epoch.
        id: The cloud's object id as text; never looks like a UUID.
        hashes: Hash type to hex text, as far as known.
    """

    name: str
    is_folder: bool
    size: int
    modified: float
    created: float
    id: str
    hashes: Mapping[int, str] = field(default_factory=dict)


class Reader(ABC):
    """An opened file. It keeps showing the content it was opened on, even when another takes its place.

    A storage that lets go of replaced content raises :class:`StorageError` then; no reader mixes the two.
    """

    size: int

    @abstractmethod
    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the file; fewer at its end, none behind it."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the file; may be repeated."""


class Storage(ABC):
    """Files of one cloud.

    Paths are normalised, start with ``/`` and never contain ``..``; names are kept byte for byte. A missing path raises
    ``FileNotFoundError``, a taken one ``FileExistsError``, a file in place of a folder ``NotADirectoryError``, a folder in
    place of a file ``IsADirectoryError``, everything else :class:`StorageError`. Calls may block and may come from
    several threads at once; the caller sees to it that only one at a time changes the tree.

    Where a change is many steps for a storage (a folder in an object store) and one fails, the :class:`StorageError` says how
    far it came: nothing is reported as done that is not.

    Attributes:
        blocking: Whether calls may wait for a disk or a network and so must stay off the event loop.
    """

    blocking = True

    @abstractmethod
    def stat(self, path: str) -> Item | None:
        """The item, or ``None``."""

    @abstractmethod
    def names(self, folder: str) -> list[str]:
        """Names in a folder, sorted."""

    @abstractmethod
    def items(self, folder: str, names: Sequence[str]) -> list[Item]:
        """The items of these names, in this order, without those that have vanished."""

    @abstractmethod
    def make_folder(self, path: str) -> None:
        """Create one folder; its parent exists."""

    @abstractmethod
    def delete(self, path: str) -> None:
        """Delete a file, or a folder with all it holds."""

    @abstractmethod
    def rename(self, old: str, new: str, *, replace: bool = False) -> None:
        """Give an item another path; ``replace`` puts a file in place of another file in one step."""

    @abstractmethod
    def copy(self, old: str, new: str, *, replace: bool = False) -> None:
        """Copy a file, or a folder with all it holds, with the known hashes; the copy appears in one step."""

    @abstractmethod
    def open(self, path: str) -> Reader:
        """Open a file for reading."""

    def read(self, path: str, offset: int, length: int) -> bytes:
        """Bytes of a file; fewer at its end."""
        reader = self.open(path)
        try:
            return reader.read(offset, length)
        finally:
            reader.close()

    @abstractmethod
    def begin(self) -> str:
        """A new temporary file outside the visible tree; the answer names it."""

    @abstractmethod
    def write(self, temporary: str, offset: int, data: bytes) -> None:
        """Write into a temporary file at any offset; what was never written reads as zeros.

        Like every call on a temporary file that has gone, this raises :class:`StorageError` then.
        """

    @abstractmethod
    def read_temporary(self, temporary: str, offset: int, length: int) -> bytes:
        """Bytes of a temporary file; fewer at its end."""

    def send(self, temporary: str, path: str, size: int) -> None:
        """Bring the bytes of a temporary file to where they will be kept, so that publishing is quick; nothing of it is seen.

        May take long, and may be left out: publishing does what is missing. Other calls may go on meanwhile, and discarding
        the temporary file ends it. A storage whose temporary files lie there already has nothing to do.

        Raises:
            StorageError: They did not arrive; the temporary file is as it was.
        """
        return None

    @abstractmethod
    def publish(self, temporary: str, path: str, size: int, hashes: Mapping[int, str]) -> Item:
        """Make a temporary file of ``size`` bytes visible under ``path`` in one step, in place of a file that may be there.

        The temporary file is gone afterwards; when this raises it is still there.
        """

    @abstractmethod
    def discard(self, temporary: str) -> None:
        """Forget a temporary file; unknown ones are ignored."""

    def refresh(self, folder: str) -> None:
        """Forget what is remembered of a folder and all below it: the next look goes to the place itself."""
        return None

    def is_locked(self, path: str) -> bool:
        """Whether a path is out of reach, so that nothing can be kept under it."""
        return False

    @abstractmethod
    def used(self) -> int:
        """Bytes of all visible files."""

    @abstractmethod
    def holds(self, size: int, kind: int, value: str) -> str | None:
        """Path of a file with this size and hash (any letter case) among those whose hash is known."""

    @abstractmethod
    def close(self) -> None:
        """Let go of everything that is open; temporary files are lost, visible ones stay."""
