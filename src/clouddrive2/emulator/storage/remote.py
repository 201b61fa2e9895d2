"""Files that lie on another server: what is the same for every kind of it.

::

    RemoteStorage  the contract: checks, directory cache, ids and hashes, temporary files on the local disk
    Remote         one kind of server: lists, moves, sends, reads

Temporary files lie in a local folder until they are sent from there piece by piece, and files are read as streams: neither
needs memory for more than a few pieces, but the local disk needs room for what is on its way.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from clouddrive2.emulator.storage.base import Item, Reader, Storage, StorageError
from clouddrive2.emulator.storage.listings import Found, Listings
from clouddrive2.emulator.storage.notes import Known, Notes
from clouddrive2.emulator.storage.spool import Spool
from clouddrive2.emulator.storage.streams import Fetch, StreamReader

__all__ = ["Content", "Remote", "RemoteStorage"]

logger = logging.getLogger(__name__)
R = TypeVar("R")
LISTING_SECONDS = 60.0
LISTED_ENTRIES = 200_000


class Content(Protocol):
    """The bytes of a file to be sent."""

    size: int

    def read(self, offset: int, length: int) -> bytes:
        """``length`` bytes from ``offset``, fewer at the end.

        Raises:
            StorageError: Nobody wants it sent any more.
        """


class Remote(ABC):
    """One kind of server. Paths are those of the contract; whoever calls has seen to it that the call makes sense.

    Everything raises :class:`StorageError` with one sentence when the server does not answer, or answers no.
    """

    @abstractmethod
    def check(self) -> None:
        """Raise when the place is not there, or the credentials are not good for it."""

    @abstractmethod
    def stat(self, path: str) -> Found | None:
        """What is there; never asked for the root."""

    @abstractmethod
    def listed(self, folder: str) -> Iterable[Found] | None:
        """What a folder holds; ``None`` when there is no such folder."""

    @abstractmethod
    def make_folder(self, path: str) -> None:
        """Create a folder."""

    @abstractmethod
    def delete(self, path: str, *, is_folder: bool) -> None:
        """Delete a file, or a folder with all it holds."""

    @abstractmethod
    def move(self, old: str, new: str, found: Found) -> Mapping[str, str]:
        """Give a file or folder another path, in place of a file that may be there; new tags by new path, where they change."""

    @abstractmethod
    def copy(self, old: str, new: str, found: Found) -> Mapping[str, str]:
        """The same, and the old one stays."""

    @abstractmethod
    def fetch(self, path: str, found: Found) -> Fetch:
        """Opens streams of a file as it is now."""

    @abstractmethod
    def send(self, path: str, content: Content, begun: Callable[[str], None]) -> str:
        """Bring content there, not to be seen yet; names it. ``begun`` is told of it as soon as something lies there."""

    @abstractmethod
    def place(self, sent: str, path: str, content: Content) -> Found:
        """Show what was sent under a path, in place of a file that may be there."""

    @abstractmethod
    def drop(self, sent: str) -> None:
        """Remove what was sent; it may be gone already."""

    @abstractmethod
    def used(self) -> int:
        """Bytes of all files."""

    @abstractmethod
    def close(self) -> None:
        """Close all connections."""


class RemoteStorage(Storage):
    """The contract on top of a server.

    Args:
        remote: The server.
        scratch: Local folder for temporary files and what is known of files; made if missing. Two servers at once need two.
            ``None`` takes a temporary one that goes with the storage, and what is known of files with it.
        limit: The most bytes of one file.
        listing_seconds: How long a listing is believed, when nothing is changed through here.
        listed_entries: The most entries remembered, over all folders.
        clock: Times the listings.

    Raises:
        StorageError: The server does not answer, does not have the place, or does not let us in.
    """

    def __init__(
        self,
        remote: Remote,
        scratch: Path | None,
        limit: int = 1 << 40,
        *,
        listing_seconds: float = LISTING_SECONDS,
        listed_entries: int = LISTED_ENTRIES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        try:
            remote.check()
        except StorageError:
            remote.close()
            raise
        self._own_scratch = tempfile.TemporaryDirectory(prefix="cd2-emulator-") if scratch is None else None
        scratch = scratch or Path(self._own_scratch.name if self._own_scratch is not None else "")
        scratch.mkdir(parents=True, exist_ok=True)
        for left_over in scratch.glob("*.part"):
            left_over.unlink()
        self._remote = remote
        self._since = time.time()
        self._listings = Listings(listing_seconds, listed_entries, clock)
        self._spool = Spool(scratch, limit)
        self._notes = Notes(scratch / "notes.sqlite")
        # What was sent, by temporary file: for which path, of which size, and what the server calls it.
        self._sent: dict[str, tuple[str, int, str]] = {}
        self._used: tuple[int, int] | None = None
        self._lock = threading.Lock()
        for temporary, sent in self._notes.left_over():
            self._drop(temporary, sent)

    # Looking

    def stat(self, path: str) -> Item | None:
        found = self._found(path)
        if found is None:
            return None
        return self._item(path, found, self._notes.known({path: found}).get(path))

    def names(self, folder: str) -> list[str]:
        return list(self._listing(folder))

    def items(self, folder: str, names: Sequence[str]) -> list[Item]:
        listing, above = self._listing(folder), folder.rstrip("/")
        there = {f"{above}/{name}": listing[name] for name in names if name in listing}
        known = self._notes.known({path: found for path, found in there.items() if not found.is_folder})
        return [self._item(path, found, known.get(path)) for path, found in there.items()]

    def refresh(self, folder: str) -> None:
        self._listings.forget(folder)

    def open(self, path: str) -> Reader:
        found = self._existing(path)
        if found.is_folder:
            raise IsADirectoryError(path)
        return StreamReader(self._remote.fetch(path, found), found.size)

    def used(self) -> int:
        with self._lock:
            used, changes = self._used, self._listings.changes
        if used is None or used[0] != changes:
            used = (changes, self._remote.used())
            with self._lock:
                self._used = used
        return used[1]

    def holds(self, size: int, kind: int, value: str) -> str | None:
        for path in self._notes.holding(size, kind, value):
            item = self.stat(path)
            if item is not None and item.size == size and item.hashes.get(kind, "").lower() == value.lower():
                return path
        return None

    # Changing

    def make_folder(self, path: str) -> None:
        above = self._folder_above(path)
        if self._found(path) is not None:
            raise FileExistsError(path)
        self._remote.make_folder(path)
        self._listings.put(above, Found(_name(path), True, modified=time.time()))

    def delete(self, path: str) -> None:
        found = self._existing(path)
        self._changing(lambda: self._remote.delete(path, is_folder=found.is_folder), path)
        self._notes.forget(path)
        self._gone(path)

    def rename(self, old: str, new: str, *, replace: bool = False) -> None:
        found = self._existing(old)
        self._check_target(new, replaces=replace and not found.is_folder)
        tags = self._changing(lambda: self._remote.move(old, new, found), old, new)
        self._notes.moved(old, new, tags)
        self._gone(old)
        self._arrived(new, found, tags)

    def copy(self, old: str, new: str, *, replace: bool = False) -> None:
        found = self._existing(old)
        self._check_target(new, replaces=replace and not found.is_folder)
        tags = self._changing(lambda: self._remote.copy(old, new, found), new)
        self._notes.copied(old, new, tags)
        self._arrived(new, found, tags)

    # Writing

    def begin(self) -> str:
        return self._spool.begin()

    def write(self, temporary: str, offset: int, data: bytes) -> None:
        self._spool.write(temporary, offset, data)

    def read_temporary(self, temporary: str, offset: int, length: int) -> bytes:
        return self._spool.read(temporary, offset, length)

    def send(self, temporary: str, path: str, size: int) -> None:
        with self._lock:
            there = self._sent.get(temporary)
        if there is not None and there[:2] == (path, size):
            return
        if there is not None:
            self._take_back(temporary)
        content = _Spooled(self._spool, temporary, size)
        content.read(0, 1)
        sent = self._remote.send(path, content, lambda what: self._notes.begun(temporary, what))
        with self._lock:
            self._sent[temporary] = (path, size, sent)
        if not self._spool.has(temporary):
            # It was discarded in the very moment.
            self._take_back(temporary)

    def publish(self, temporary: str, path: str, size: int, hashes: Mapping[int, str]) -> Item:
        self._check_target(path, replaces=True)
        self.send(temporary, path, size)
        with self._lock:
            sent = self._sent.get(temporary, ("", 0, ""))[2]
        content = _Spooled(self._spool, temporary, size)
        found = self._changing(lambda: self._remote.place(sent, path, content), path)
        with self._lock:
            self._sent.pop(temporary, None)
        self._notes.ended(temporary)
        self._notes.remember(path, found, hashes)
        self._listings.put(_above(path), found)
        self._spool.discard(temporary)
        return self._item(path, found, self._notes.known({path: found}).get(path))

    def discard(self, temporary: str) -> None:
        self._spool.discard(temporary)
        self._take_back(temporary)

    def close(self) -> None:
        with self._lock:
            sent = list(self._sent)
        for temporary in sent:
            self._take_back(temporary)
        self._spool.close()
        self._remote.close()
        self._notes.close()
        if self._own_scratch is not None:
            self._own_scratch.cleanup()

    # What they share

    def _found(self, path: str) -> Found | None:
        if path == "/":
            return Found("", True, modified=self._since)
        if not _is_utf8(path):
            return None
        listing = self._listings.of(_above(path))
        return listing.get(_name(path)) if listing is not None else self._remote.stat(path)

    def _existing(self, path: str) -> Found:
        found = self._found(path)
        if found is None:
            raise FileNotFoundError(path)
        return found

    def _listing(self, folder: str) -> Mapping[str, Found]:
        listing = self._listings.of(folder)
        if listing is not None:
            return listing
        changes = self._listings.changes
        entries = self._remote.listed(folder)
        if entries is not None:
            return self._listings.remember(folder, entries, since=changes)
        if self._found(folder) is not None:
            raise NotADirectoryError(folder)
        raise FileNotFoundError(folder)

    def _folder_above(self, path: str) -> str:
        above = _above(path)
        if not self._existing(above).is_folder:
            raise NotADirectoryError(path)
        return above

    def _check_target(self, path: str, *, replaces: bool) -> None:
        self._folder_above(path)
        there = self._found(path)
        if there is not None and not replaces:
            raise FileExistsError(path)
        if there is not None and there.is_folder:
            raise IsADirectoryError(path)

    def _changing(self, change: Callable[[], R], *paths: str) -> R:
        """Make a change; when it fails nobody knows how far it came, so nothing is believed of what it touched."""
        try:
            return change()
        except StorageError:
            for path in paths:
                self._listings.forget(path)
                self._listings.forget(_above(path))
            raise

    def _gone(self, path: str) -> None:
        self._listings.forget(path)
        self._listings.remove(_above(path), _name(path))

    def _arrived(self, path: str, found: Found, tags: Mapping[str, str]) -> None:
        self._listings.forget(path)
        tag = tags.get(path, found.tag)
        self._listings.put(_above(path), Found(_name(path), found.is_folder, found.size, found.modified, tag))

    def _take_back(self, temporary: str) -> None:
        with self._lock:
            _, _, sent = self._sent.pop(temporary, ("", 0, ""))
        if sent:
            self._drop(temporary, sent)

    def _drop(self, temporary: str, sent: str) -> None:
        try:
            self._remote.drop(sent)
        except StorageError as error:
            # It stays noted: the next start tries again.
            logger.warning("something unfinished stays behind: %s", error, extra={"action": "storage_left_over"})
        else:
            self._notes.ended(temporary)

    def _item(self, path: str, found: Found, known: Known | None) -> Item:
        if known is not None:
            return Item(found.name, False, found.size, found.modified, found.modified, known.id, known.hashes)
        # Of what came another way the id is a digest: it stays as long as the file does.
        described = f"{path}\0{found.size}\0{found.tag}".encode()
        number = int.from_bytes(hashlib.blake2b(described, digest_size=8).digest()) >> 1
        return Item(found.name, found.is_folder, found.size, found.modified, found.modified, str(number))


class _Spooled:
    """A temporary file as content; what was never written reads as zeros."""

    def __init__(self, spool: Spool, temporary: str, size: int) -> None:
        self._spool = spool
        self._temporary = temporary
        self.size = size

    def read(self, offset: int, length: int) -> bytes:
        wanted = min(length, self.size - offset)
        return self._spool.read(self._temporary, offset, max(0, wanted)).ljust(wanted, b"\0")


def _above(path: str) -> str:
    return path.rpartition("/")[0] or "/"


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _is_utf8(path: str) -> bool:
    """What is not cannot be told to a server."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
