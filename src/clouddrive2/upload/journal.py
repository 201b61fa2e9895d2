"""What was begun and how it ended, in SQLite: after a kill the same command finds it again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TypeVar

from clouddrive2.upload.source import FileIdentity

__all__ = ["Journal", "JournalRow"]

logger = logging.getLogger(__name__)
T = TypeVar("T")
VERSION = 2
KEEP_SECONDS = 30 * 24 * 3600.0
# From the first version, which knew one route and left nothing behind.
MIGRATION_2 = (
    "ALTER TABLE uploads ADD COLUMN route TEXT NOT NULL DEFAULT 'remote'",
    "ALTER TABLE uploads ADD COLUMN leftover TEXT NOT NULL DEFAULT ''",
)
BUSY_SECONDS, BUSY_PAUSE = 10.0, 0.01
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
        self._path = folder / "uploads.sqlite"
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="cd2-journal")
        self._connection: sqlite3.Connection | None = None

    async def begin(self, server: str, identity: FileIdentity, wanted: str, path: str, device_id: str, route: str) -> int:
        """Remember that an upload begins; replaces what was remembered of the same source and destination."""
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
            time.time(),
        )
        return await self._run(lambda connection: _insert(connection, row))

    async def started(self, row: int, upload_id: str, device_id: str) -> None:
        """The server gave an upload id."""
        sql = "UPDATE uploads SET upload_id = ?, device_id = ? WHERE id = ?"
        await self._run(lambda connection: connection.execute(sql, (upload_id, device_id, row)).rowcount)

    async def leaves(self, row: int, leftover: str) -> None:
        """What its route is about to make and has to clean up after a kill; an empty text when nothing is left."""
        sql = "UPDATE uploads SET leftover = ? WHERE id = ?"
        await self._run(lambda connection: connection.execute(sql, (leftover, row)).rowcount)

    async def switched(self, row: int, route: str) -> None:
        """It goes on by another route, from the beginning."""
        sql = "UPDATE uploads SET route = ?, upload_id = NULL, leftover = '' WHERE id = ?"
        await self._run(lambda connection: connection.execute(sql, (route, row)).rowcount)

    async def ended(self, row: int, state: str, error: str = "") -> None:
        """It is over: ``finished``, ``failed`` or ``cancelled``."""
        sql = "UPDATE uploads SET state = ?, error = ?, ended = ? WHERE id = ?"
        await self._run(lambda connection: connection.execute(sql, (state, error, time.time(), row)).rowcount)

    async def find(self, server: str, source: str, wanted: str) -> JournalRow | None:
        """What is remembered of a source and destination."""
        sql = f"SELECT {COLUMNS} FROM uploads WHERE server = ? AND source = ? AND wanted = ?"
        row = await self._run(lambda connection: connection.execute(sql, (server, source, wanted)).fetchone())
        return JournalRow(*row) if row else None

    async def pending(self, server: str) -> list[JournalRow]:
        """Uploads that were begun and did not end."""
        sql = f"SELECT {COLUMNS} FROM uploads WHERE server = ? AND state = 'begun' ORDER BY started"
        rows = await self._run(lambda connection: connection.execute(sql, (server,)).fetchall())
        return [JournalRow(*row) for row in rows]

    async def close(self) -> None:
        """Close the file."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown(wait=False)

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._work, work)

    def _work(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            if self._connection is None:
                self._connection = _open_whole(self._path)
            return work(self._connection)
        except (sqlite3.Error, OSError) as error:
            logger.warning(
                "the upload journal %s cannot be used (%s); uploads go on, but cannot be taken up after a restart",
                self._path,
                error,
                extra={"action": "journal_unusable"},
            )
            self._close()
            self._connection = _prepare(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False))
            return work(self._connection)

    def _close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None


def _open_whole(path: Path) -> sqlite3.Connection:
    """The journal; one that is spoilt is set aside for a fresh one."""
    try:
        return _open(path)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", None) not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise
        aside = path.with_name(f"{path.name}.spoilt")
        logger.warning(
            "the upload journal %s is spoilt (%s) and is now %s; unfinished uploads start anew",
            path,
            error,
            aside.name,
            extra={"action": "journal_spoilt"},
        )
        path.replace(aside)
        for part in ("-wal", "-shm"):
            path.with_name(path.name + part).unlink(missing_ok=True)
        return _open(path)


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        path.touch(0o600)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        _write_ahead(connection)
        # A kill loses nothing; after a power cut the last rows may be missing, and those uploads start anew.
        connection.execute("PRAGMA synchronous=NORMAL")
        return _prepare(connection)
    except sqlite3.Error:
        connection.close()
        raise


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch the file to its mode for several processes; SQLite does not wait for another that is just doing the same."""
    give_up_at = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= give_up_at:
                raise
        time.sleep(BUSY_PAUSE)


def _prepare(connection: sqlite3.Connection) -> sqlite3.Connection:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise sqlite3.DatabaseError("it was written by a newer version")
    if version == 1:
        _migrate(connection)
    if version < VERSION:
        connection.executescript(resources.files("clouddrive2.upload").joinpath("schema.sql").read_text(encoding="utf-8"))
        connection.execute(f"PRAGMA user_version = {VERSION}")
    long_ago = time.time() - KEEP_SECONDS
    connection.execute("DELETE FROM uploads WHERE ended < ?", (long_ago,))
    return connection


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring a journal of the first version up to this one, unless another process just did."""
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("PRAGMA user_version").fetchone()[0] == 1:
        for step in MIGRATION_2:
            connection.execute(step)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def _insert(connection: sqlite3.Connection, row: tuple[object, ...]) -> int:
    sql = (
        "INSERT OR REPLACE INTO uploads (server, source, size, mtime_ns, inode, wanted, path, device_id, route, state, started) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'begun', ?)"
    )
    number = connection.execute(sql, row).lastrowid
    assert number is not None
    return number
