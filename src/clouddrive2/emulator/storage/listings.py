"""The directory cache of a storage that is far away: what folders held when they were last looked at."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

__all__ = ["Found", "Listings"]


@dataclass(frozen=True, slots=True)
class Found:
    """One file or folder as the far end describes it.

    Attributes:
        name: Last part of its path.
        is_folder: Folder or file.
        size: Bytes; 0 for folders.
        modified: Seconds since the epoch.
        tag: Changes when the content does.
    """

    name: str
    is_folder: bool
    size: int = 0
    modified: float = 0.0
    tag: str = ""


@dataclass(slots=True)
class _Listing:
    at: float
    entries: dict[str, Found]


class Listings:
    """Listings by folder, each good for some time; the least used go first. Safe to use from several threads.

    Args:
        seconds: How long one is believed; with 0 nothing is remembered.
        most: Entries held, over all folders; a folder with more is not remembered.
        clock: Tells the time.
    """

    def __init__(self, seconds: float, most: int, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[str, _Listing] = OrderedDict()
        self._held = 0
        # Counts changes, so that a listing that was under way meanwhile is not believed.
        self.changes = 0

    def of(self, folder: str) -> dict[str, Found] | None:
        """What a folder holds, as far as that is known and fresh; not to be changed."""
        with self._lock:
            known = self._known.get(folder)
            if known is None:
                return None
            if self._clock() - known.at >= self._seconds:
                self._drop(folder)
                return None
            self._known.move_to_end(folder)
            return known.entries

    def remember(self, folder: str, entries: Iterable[Found], *, since: int) -> dict[str, Found]:
        """A folder was listed; ``since`` is what :attr:`changes` was before. The entries by name, in order."""
        listed = {each.name: each for each in sorted(entries, key=lambda each: each.name)}
        with self._lock:
            if since == self.changes and self._seconds > 0 and len(listed) <= self._most:
                self._drop(folder)
                self._known[folder] = _Listing(self._clock(), listed)
                self._held += len(listed)
                while self._held > self._most:
                    self._drop(next(iter(self._known)))
        return listed

    def put(self, folder: str, entry: Found) -> None:
        """An entry is there now, or is another one."""
        self._replace(folder, entry.name, entry)

    def remove(self, folder: str, name: str) -> None:
        """An entry is not there any more."""
        self._replace(folder, name, None)

    def forget(self, folder: str) -> None:
        """Nothing is known of a folder and all below it."""
        below = folder.rstrip("/") + "/"
        with self._lock:
            self.changes += 1
            for known in [each for each in self._known if each == folder or each.startswith(below)]:
                self._drop(known)

    def _replace(self, folder: str, name: str, entry: Found | None) -> None:
        with self._lock:
            self.changes += 1
            known = self._known.get(folder)
            if known is None:
                return
            # Somebody may be going through the old one.
            entries = {each: found for each, found in known.entries.items() if each != name}
            if entry is not None:
                entries[name] = entry
                if name not in known.entries:
                    entries = dict(sorted(entries.items()))
            self._held += len(entries) - len(known.entries)
            known.entries = entries

    def _drop(self, folder: str) -> None:
        dropped = self._known.pop(folder, None)
        if dropped is not None:
            self._held -= len(dropped.entries)
