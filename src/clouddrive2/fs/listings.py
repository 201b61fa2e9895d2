"""What is remembered of folders, and how fsspec wants entries described."""

from __future__ import annotations

from typing import Any

from fsspec.dircache import DirCache

from clouddrive2.models.files import Entry
from clouddrive2.models.paths import is_below, parent_of

__all__ = ["Info", "Listings", "described"]

Info = dict[str, Any]
TYPES = {"folder": "directory", "file": "file", "other": "other"}


def described(entry: Entry) -> Info:
    """An entry in fsspec's words; nothing secret in it."""
    hashes = {name: value for name, value in (("sha1", entry.hashes.sha1), ("md5", entry.hashes.md5)) if value}
    return {
        "name": entry.path,
        "type": TYPES[entry.kind],
        "size": entry.size,
        "created": entry.created,
        "mtime": entry.modified,
        "id": entry.id,
        "pending": entry.pending,
        "read_only": entry.read_only,
        **hashes,
    }


class Listings:
    """Listings by folder, forgotten when something changes below them.

    Args:
        cache: fsspec's, which knows how long and how many.

    Attributes:
        change: Grows with everything that is forgotten: a listing that was asked for before that is not kept.
    """

    def __init__(self, cache: DirCache) -> None:
        self._cache = cache
        self.change = 0

    def of(self, folder: str) -> list[Info] | None:
        """What was kept of a folder."""
        try:
            kept: list[Info] = self._cache[folder]
        except KeyError:
            return None
        return list(kept)

    def entry(self, path: str) -> Info | None:
        """What the listing of the folder above says of an entry; ``None`` also when that does not have it."""
        above = self.of(parent_of(path)) if path != "/" else None
        return next((each for each in above or () if each["name"] == path), None)

    def keep(self, folder: str, entries: list[Info], change: int) -> list[Info]:
        """Keep a listing, unless something changed since it was asked for; gives it, sorted."""
        entries = sorted(entries, key=lambda each: str(each["name"]))
        if change == self.change:
            self._cache[folder] = entries
        return list(entries)

    def forget(self, path: str | None) -> None:
        """What is kept of a path, of everything below it, and of the folders above it; of everything for ``None``."""
        self.change += 1
        if path is None:
            self._cache.clear()
            return
        for folder in list(self._cache):
            if is_below(folder, path) or is_below(path, folder):
                self._cache.pop(folder, None)
