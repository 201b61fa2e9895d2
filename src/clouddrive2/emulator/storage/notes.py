"""What a server knows of files that lie elsewhere: their ids and hashes, and what it has begun to send and not finished."""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clouddrive2.emulator.storage.listings import Found

__all__ = ["Known", "Notes"]

ROWS_PER_QUERY = 500
SCHEMA = """
CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, id TEXT, size INTEGER, tag TEXT, hashes TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contents (size INTEGER, kind INTEGER, value TEXT, path TEXT, PRIMARY KEY (size, kind, value, path))
    WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS contents_by_path ON contents (path);
CREATE TABLE IF NOT EXISTS sent (temporary TEXT PRIMARY KEY, what TEXT) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a file that came through this server."""

    id: str
    hashes: dict[int, str]


class Notes:
    """One SQLite file; safe to use from several threads.

    What it says of a file holds as long as size and tag stay the same. Losing it loses ids and hashes, no content.

    Args:
        path: The SQLite file; made if missing.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._rows = sqlite3.connect(path, check_same_thread=False)
        self._rows.execute("PRAGMA journal_mode=WAL")
        self._rows.execute("PRAGMA synchronous=OFF")
        self._rows.executescript(SCHEMA)

    def known(self, files: Mapping[str, Found]) -> dict[str, Known]:
        """What is known of these files, by path."""
        paths, known = list(files), dict[str, Known]()
        for start in range(0, len(paths), ROWS_PER_QUERY):
            some = paths[start : start + ROWS_PER_QUERY]
            marks = ",".join("?" * len(some))
            with self._lock:
                rows = self._rows.execute(
                    f"SELECT path, id, size, tag, hashes FROM files WHERE path IN ({marks})", some
                ).fetchall()
            for path, file_id, size, tag, hashes in rows:
                if (files[path].size, files[path].tag) == (size, tag):
                    known[path] = Known(file_id, _hashes(hashes))
        return known

    def remember(self, path: str, found: Found, hashes: Mapping[int, str]) -> None:
        """A new file is there, with an id of its own."""
        with self._lock, self._rows:
            self._forget("path = ?", (path,))
            self._put(path, str(secrets.randbits(63)), found.size, found.tag, json.dumps(dict(hashes)))

    def moved(self, old: str, new: str, tags: Mapping[str, str]) -> None:
        """A file or folder has another path, and some files another tag, by their new paths."""
        self._carry(old, new, tags, keep=False)

    def copied(self, old: str, new: str, tags: Mapping[str, str]) -> None:
        """A file or folder is there a second time."""
        self._carry(old, new, tags, keep=True)

    def forget(self, path: str) -> None:
        """A file, or a folder with all it held, is gone."""
        with self._lock, self._rows:
            self._forget(*_at_or_below(path))

    def holding(self, size: int, kind: int, value: str) -> list[str]:
        """Where files of this size and hash were last known to be."""
        query = "SELECT path FROM contents WHERE size = ? AND kind = ? AND value = ?"
        with self._lock:
            return [path for (path,) in self._rows.execute(query, (size, kind, value.lower()))]

    def begun(self, temporary: str, what: str) -> None:
        """Something of a temporary file lies at the far end now, and would be left over by a kill."""
        with self._lock, self._rows:
            self._rows.execute("INSERT OR REPLACE INTO sent VALUES (?, ?)", (temporary, what))

    def ended(self, temporary: str) -> None:
        """It is in place, or has been removed."""
        with self._lock, self._rows:
            self._rows.execute("DELETE FROM sent WHERE temporary = ?", (temporary,))

    def left_over(self) -> list[tuple[str, str]]:
        """All that was begun and has not ended."""
        with self._lock:
            return self._rows.execute("SELECT temporary, what FROM sent").fetchall()

    def close(self) -> None:
        """Close the file; may be repeated."""
        with self._lock:
            self._rows.close()

    def _carry(self, old: str, new: str, tags: Mapping[str, str], *, keep: bool) -> None:
        condition, values = _at_or_below(old)
        with self._lock, self._rows:
            rows: Sequence[tuple[str, str, int, str, str]] = self._rows.execute(
                f"SELECT path, id, size, tag, hashes FROM files WHERE {condition}", values
            ).fetchall()
            if not keep:
                self._forget(condition, values)
            self._forget(*_at_or_below(new))
            for path, file_id, size, tag, hashes in rows:
                place = new + path.removeprefix(old)
                self._put(place, str(secrets.randbits(63)) if keep else file_id, size, tags.get(place, tag), hashes)

    def _put(self, path: str, file_id: str, size: int, tag: str, hashes: str) -> None:
        self._rows.execute("INSERT INTO files VALUES (?, ?, ?, ?, ?)", (path, file_id, size, tag, hashes))
        contents: Iterable[tuple[int, int, str, str]] = [
            (size, kind, value.lower(), path) for kind, value in _hashes(hashes).items()
        ]
        self._rows.executemany("INSERT INTO contents VALUES (?, ?, ?, ?)", contents)

    def _forget(self, condition: str, values: tuple[str, ...]) -> None:
        self._rows.execute(f"DELETE FROM files WHERE {condition}", values)
        self._rows.execute(f"DELETE FROM contents WHERE {condition}", values)


def _at_or_below(path: str) -> tuple[str, tuple[str, ...]]:
    # "0" is what follows "/": a range, so that no character of a name has a meaning.
    return "(path = ? OR (path > ? AND path < ?))", (path, f"{path}/", f"{path}0")


def _hashes(text: str) -> dict[int, str]:
    return {int(kind): value for kind, value in json.loads(text).items()}
