"""What was begun and how it ended, in SQLite: after a kill the same command finds it again."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from clouddrive2.upload.database import Database, Layout
from clouddrive2.upload.source import FileIdentity

__all__ = ["Journal", "JournalRow"]

KEEP_SECONDS = 30 * 24 * 3600.0
COLUMNS = "id, source, size, mtime_ns, inode, wanted, path, device_id, upload_id, state, started, route, leftover"


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One remembered upload."""

    id: int
    source: str
    size: int
    mtime_ns: int
    inode: int
    wanted: str
    path: str
    device_id: str
    upload_id: str | None
    state: str
    started: float
    route: str
    leftover: str

    def is_of(self, identity: FileIdentity) -> bool:
        """Whether the source is still the same file in the same state."""
        return (self.size, self.mtime_ns, self.inode) == (identity.size, identity.mtime_ns, identity.inode)


class Journal:
    """The journal of one state folder; several processes may use it at once.

    A journal that cannot be used does not stop uploads: a warning says so, and this process remembers only in memory.

    Args:
        folder: The state folder; made if missing.
    """

    def __init__(self, folder: Path) -> None:
        self._database = Database(folder / "uploads.sqlite", LAYOUT)

    async def begin(
        self, server: str, identity: FileIdentity, wanted: str, path: str, device_id: str, route: str, leftover: str = ""
    ) -> int:
        """Remember that an upload begins; replaces what was remembered of the same source and destination.

        ``leftover`` is what it goes on with, see :meth:`leaves`.
        """
        row = (
            server,
            identity.path,
            identity.size,
            identity.mtime_ns,
            identity.inode,
            wanted,
            path,
            device_id,
            route,
            leftover,
            time.time(),
        )
        return await self._database.run(lambda connection: _insert(connection, row))

    async def started(self, row: int, upload_id: str, device_id: str) -> None:
        """The server gave an upload id."""
        sql = "UPDATE uploads SET upload_id = ?, device_id = ? WHERE id = ?"
        await self._database.run(lambda connection: connection.execute(sql, (upload_id, device_id, row)).rowcount)

    async def leaves(self, row: int, leftover: str) -> None:
        """What its route is about to make and has to clean up after a kill; an empty text when nothing is left."""
        sql = "UPDATE uploads SET leftover = ? WHERE id = ?"
        await self._database.run(lambda connection: connection.execute(sql, (leftover, row)).rowcount)

    async def switched(self, row: int, route: str) -> None:
        """It goes on by another route, from the beginning."""
        sql = "UPDATE uploads SET route = ?, upload_id = NULL, leftover = '' WHERE id = ?"
        await self._database.run(lambda connection: connection.execute(sql, (route, row)).rowcount)

    async def ended(self, row: int, state: str, error: str = "") -> None:
        """It is over: ``finished``, ``failed`` or ``cancelled``."""
        sql = "UPDATE uploads SET state = ?, error = ?, ended = ? WHERE id = ?"
        await self._database.run(lambda connection: connection.execute(sql, (state, error, time.time(), row)).rowcount)

    async def find(self, server: str, source: str, wanted: str) -> JournalRow | None:
        """What is remembered of a source and destination."""
        sql = f"SELECT {COLUMNS} FROM uploads WHERE server = ? AND source = ? AND wanted = ?"
        row = await self._database.run(lambda connection: connection.execute(sql, (server, source, wanted)).fetchone())
        return JournalRow(*row) if row else None

    async def pending(self, server: str) -> list[JournalRow]:
        """Uploads that were begun and did not end."""
        sql = f"SELECT {COLUMNS} FROM uploads WHERE server = ? AND state = 'begun' ORDER BY started"
        rows = await self._database.run(lambda connection: connection.execute(sql, (server,)).fetchall())
        return [JournalRow(*row) for row in rows]

    async def close(self) -> None:
        """Close the file."""
        await self._database.close()


def _forget_old(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM uploads WHERE ended < ?", (time.time() - KEEP_SECONDS,))


def _insert(connection: sqlite3.Connection, row: tuple[object, ...]) -> int:
    sql = (
        "INSERT OR REPLACE INTO uploads (server, source, size, mtime_ns, inode, wanted, path, device_id, route, "
        "leftover, state, started) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'begun', ?)"
    )
    number = connection.execute(sql, row).lastrowid
    assert number is not None
    return number


LAYOUT = Layout(
    title="the upload journal",
    action="journal",
    schema="uploads.sql",
    version=2,
    without="uploads go on, but cannot be taken up after a restart",
    anew="unfinished uploads start anew",
    # From the first version, which knew one route and left nothing behind.
    migrations={
        1: (
            "ALTER TABLE uploads ADD COLUMN route TEXT NOT NULL DEFAULT 'remote'",
            "ALTER TABLE uploads ADD COLUMN leftover TEXT NOT NULL DEFAULT ''",
        )
    },
    tidy=_forget_old,
)
