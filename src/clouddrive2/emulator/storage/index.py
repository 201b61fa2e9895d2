"""Remembers hashes of files on disk, as long as size and time of change stay the same."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["HashIndex"]

ROWS_PER_QUERY = 500
INDEXED_KINDS = (1, 2, 3)


class HashIndex:
    """Hashes by inode, so they outlive renames; safe to use from several threads.

    Args:
        path: The SQLite file; made if missing. Losing it loses no more than known hashes.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._rows = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._rows.execute("PRAGMA journal_mode=WAL")
        self._rows.execute("PRAGMA synchronous=OFF")
        self._rows.execute(
            "CREATE TABLE IF NOT EXISTS hashes (inode INTEGER PRIMARY KEY, path TEXT, size INTEGER, changed INTEGER, hashes TEXT)"
        )
        for kind in INDEXED_KINDS:
            self._rows.execute(f"CREATE INDEX IF NOT EXISTS hashes_by_content_{kind} ON hashes (size, {_value_of(kind)})")

    def known(self, files: Sequence[os.stat_result]) -> dict[int, dict[int, str]]:
        """Hashes of those files that have not changed since, by inode."""
        wanted = {each.st_ino: (each.st_size, each.st_mtime_ns) for each in files}
        inodes = list(wanted)
        found: dict[int, dict[int, str]] = {}
        for start in range(0, len(inodes), ROWS_PER_QUERY):
            some = inodes[start : start + ROWS_PER_QUERY]
            marks = ",".join("?" * len(some))
            with self._lock:
                rows = self._rows.execute(
                    f"SELECT inode, size, changed, hashes FROM hashes WHERE inode IN ({marks})", some
                ).fetchall()
            for inode, size, changed, hashes in rows:
                if wanted[inode] == (size, changed):
                    found[inode] = {int(kind): value for kind, value in json.loads(hashes).items()}
        return found

    def remember(self, found: os.stat_result, path: str, hashes: Mapping[int, str]) -> None:
        """Note the hashes of a file as it is now."""
        row = (found.st_ino, path, found.st_size, found.st_mtime_ns, json.dumps(dict(hashes)))
        with self._lock:
            self._rows.execute("INSERT OR REPLACE INTO hashes VALUES (?, ?, ?, ?, ?)", row)

    def moved(self, found: os.stat_result, path: str) -> None:
        """A file has another path now; files in a moved folder are found again when they are next written."""
        with self._lock:
            self._rows.execute("UPDATE hashes SET path = ? WHERE inode = ?", (path, found.st_ino))

    def paths(self, size: int, kind: int, value: str) -> list[str]:
        """Where files of this size and hash were last known to be."""
        with self._lock:
            rows = self._rows.execute(
                f"SELECT path FROM hashes WHERE size = ? AND {_value_of(kind)} = ?", (size, value.lower())
            ).fetchall()
        return [path for (path,) in rows]

    def close(self) -> None:
        """Close the file; may be repeated."""
        with self._lock:
            self._rows.close()


def _value_of(kind: int) -> str:
    """The hash of a kind as SQL, in the very words of the index: other words would not find it."""
    return f"lower(json_extract(hashes, '$.\"{int(kind)}\"'))"
