"""A SQLite file of the state folder: opened when it is needed, worked on in one thread, shared by several processes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

__all__ = ["Database", "Layout"]

logger = logging.getLogger(__name__)
T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]
BUSY_SECONDS, BUSY_PAUSE = 10.0, 0.01


@dataclass(frozen=True, slots=True)
class Layout:
    """What a file holds, and what people hear when it cannot be used.

    Attributes:
        title: What it is, as in "the upload journal".
        action: First part of the actions in the log.
        schema: File of SQL statements beside this module; they may be run on a file that has its tables already.
        version: Of the schema.
        without: What is not possible while the file cannot be used.
        anew: What is lost when a spoilt file is set aside.
        migrations: Statements that bring a file of the version in the key to the next one, by that version.
        tidy: Called with the connection when the file is opened, to forget what is old.
    """

    title: str
    action: str
    schema: str
    version: int
    without: str
    anew: str
    migrations: Mapping[int, Sequence[str]] = field(default_factory=dict)
    tidy: Callable[[sqlite3.Connection], object] = lambda connection: None


class Database:
    """One file. When it cannot be used a warning says so once, and this process remembers only in memory.

    Args:
        path: The file; its folder is made when missing, both for the owner's eyes only.
        layout: What it holds.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        self._path = path
        self._layout = layout
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"cd2-{path.stem}")
        self._connection: sqlite3.Connection | None = None
        self._asked: list[tuple[Work, asyncio.Future[Any]]] = []
        self._working: asyncio.Task[None] | None = None

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Call a function with the connection, in the thread; one at a time, in the order they were asked for.

        What is asked for while the thread is busy is done together afterwards, in one transaction: a trip to a thread costs
        more than most of what is done there. Who gives up before his turn is passed over. Work with a transaction of its
        own must be asked for one at a time.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._asked.append((work, future))
        if self._working is None:
            self._working = asyncio.create_task(self._trips())
        return await future

    async def close(self) -> None:
        """Close the file, after what was asked for."""
        if self._working is not None:
            await asyncio.shield(self._working)
        await self._in_thread(self._close)
        self._thread.shutdown(wait=False)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            done = asyncio.get_running_loop().run_in_executor(self._thread, work)
        except RuntimeError:
            # The program is ending, and takes no more work for threads; what is noted now the next run needs.
            return work()
        return await done

    async def _trips(self) -> None:
        try:
            while self._asked:
                asked, self._asked = [each for each in self._asked if not each[1].done()], []
                works = [work for work, _ in asked]
                outcomes = await self._in_thread(partial(self._work_off, works))
                for (_, future), (result, error) in zip(asked, outcomes, strict=True):
                    if future.done():
                        continue
                    if error is None:
                        future.set_result(result)
                    else:
                        future.set_exception(error)
        finally:
            self._working = None

    def _work_off(self, works: list[Work]) -> list[tuple[Any, Exception | None]]:
        if len(works) > 1 and self._connection is not None:
            try:
                return [(result, None) for result in self._transaction(self._connection, works)]
            except Exception:
                # One of them failed, for whatever reason, and took the others along: each alone tells its own asker.
                logger.debug("%s: a transaction is done again piece by piece", self._layout.title, exc_info=True)
        outcomes: list[tuple[Any, Exception | None]] = []
        for work in works:
            try:
                outcomes.append((self._work(work), None))
            except Exception as error:  # noqa: BLE001 - whatever it is, who asked must hear it
                outcomes.append((None, error))
        return outcomes

    def _transaction(self, connection: sqlite3.Connection, works: list[Work]) -> list[Any]:
        connection.execute("BEGIN IMMEDIATE")
        try:
            results = [work(connection) for work in works]
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        return results

    def _work(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            if self._connection is None:
                self._connection = self._open_whole()
            return work(self._connection)
        except (sqlite3.Error, OSError) as error:
            logger.warning(
                "%s %s cannot be used (%s); %s",
                self._layout.title,
                self._path,
                error,
                self._layout.without,
                extra={"action": f"{self._layout.action}_unusable"},
            )
            self._close()
            self._connection = self._prepare(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False))
            return work(self._connection)

    def _close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _open_whole(self) -> sqlite3.Connection:
        """The file; one that is spoilt is set aside for a fresh one."""
        path = self._path
        try:
            return self._open()
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", None) not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
                raise
            aside = path.with_name(f"{path.name}.spoilt")
            logger.warning(
                "%s %s is spoilt (%s) and is now %s; %s",
                self._layout.title,
                path,
                error,
                aside.name,
                self._layout.anew,
                extra={"action": f"{self._layout.action}_spoilt"},
            )
            path.replace(aside)
            for part in ("-wal", "-shm"):
                path.with_name(path.name + part).unlink(missing_ok=True)
            return self._open()

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._path.exists():
            self._path.touch(0o600)
        connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            _write_ahead(connection)
            # A kill loses nothing; after a power cut the last rows may be missing.
            connection.execute("PRAGMA synchronous=NORMAL")
            return self._prepare(connection)
        except sqlite3.Error:
            connection.close()
            raise

    def _prepare(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        layout = self._layout
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > layout.version:
            raise sqlite3.DatabaseError("it was written by a newer version")
        if version in layout.migrations:
            self._migrate(connection)
        if version < layout.version:
            connection.executescript(resources.files("clouddrive2.upload").joinpath(layout.schema).read_text(encoding="utf-8"))
            connection.execute(f"PRAGMA user_version = {layout.version}")
        layout.tidy(connection)
        return connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        """Bring an older file up to this version, unless another process just did."""
        connection.execute("BEGIN IMMEDIATE")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        while version in self._layout.migrations:
            for statement in self._layout.migrations[version]:
                connection.execute(statement)
            version += 1
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("COMMIT")


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
