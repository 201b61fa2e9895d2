"""Hashes of local files between runs, in SQLite: a file that did not change is not read again.

A file is taken for unchanged when path, inode, size, modification time and the time of its last change of any kind are what
they were. The last one tells of content that was written under an old modification time. The number of the device does not
count, because it may change with every start of a machine.

A file that changed just before it was hashed is not remembered: a second change within the same tick of the file system's
clock would leave all of these as they are.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from clouddrive2.upload.database import Database, Layout
from clouddrive2.upload.source import FileIdentity

__all__ = ["KEEP_SECONDS", "HashCache", "is_settled"]

KEEP_SECONDS = 90 * 24 * 3600.0
# How exact "last used" is: finer would turn every look into a write.
DAY_SECONDS = 24 * 3600.0
SECOND_NS = 1_000_000_000
# The coarsest clocks of file systems: FAT counts in steps of two seconds. One that gives fractions counts in ticks of the
# kernel, ten milliseconds at most.
COARSE_NS, FINE_NS = 2 * SECOND_NS, SECOND_NS // 10
GATHER_SECONDS = 0.1
# Paths in one query; SQLite's own limit is higher.
PATHS_AT_ONCE = 500

Hashes = dict[int, str]
Key = tuple[bytes, int, int, int, int]
Kept = list[tuple[Key, Hashes]]


class HashCache:
    """The cache of one state folder; several processes may use it at once.

    Questions and new hashes that come in while the file is busy are worked off together, so that thousands of small
    files cost few transactions. What was kept last may be missing after a kill: those files are hashed again.

    Args:
        folder: The state folder; made if missing.
        clock: Seconds since the epoch.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        layout = Layout(
            title="the hash cache",
            action="hash_cache",
            schema="hashes.sql",
            version=1,
            without="files are hashed anew",
            anew="files are hashed anew",
            tidy=self._forget_old,
        )
        self._database = Database(folder / "hashes.sqlite", layout)
        self._asked: list[tuple[FileIdentity, asyncio.Future[Hashes]]] = []
        self._kept: Kept = []
        self._working: asyncio.Task[None] | None = None
        self._urgent = asyncio.Event()

    async def get(self, identity: FileIdentity) -> Hashes:
        """Hashes of a file in this very state, by type number; empty when there are none."""
        future: asyncio.Future[Hashes] = asyncio.get_running_loop().create_future()
        self._asked.append((identity, future))
        self._urgent.set()
        self._wake()
        return await future

    def keep(self, identity: FileIdentity, values: Mapping[int, str], *, opened_ns: int) -> None:
        """Remember hashes, in the background.

        Args:
            identity: The state of the file that was hashed.
            values: Hex text by type number.
            opened_ns: When the file was opened, before its first byte was read.
        """
        if not (is_settled(identity.mtime_ns, opened_ns) and is_settled(identity.ctime_ns, opened_ns)):
            return
        self._kept.append((_key(identity), dict(values)))
        self._wake()

    async def close(self) -> None:
        """Write down what is left, and close the file."""
        while self._working is not None:
            self._urgent.set()
            await asyncio.shield(self._working)
        await self._database.close()

    def _wake(self) -> None:
        if self._working is None:
            self._working = asyncio.create_task(self._work())

    async def _work(self) -> None:
        try:
            while self._asked or self._kept:
                await self._gather()
                asked, self._asked = self._asked, []
                kept, self._kept = self._kept, []
                identities = [identity for identity, _ in asked]
                now = self._clock()
                try:
                    answers = await self._database.run(lambda connection, job=(kept, identities, now): _turn(connection, *job))  # type: ignore[misc]
                except sqlite3.Error:
                    # Even memory is of no use: everything is hashed anew.
                    answers = [{} for _ in identities]
                for (_, future), answer in zip(asked, answers, strict=True):
                    if not future.done():
                        future.set_result(answer)
        finally:
            self._working = None

    async def _gather(self) -> None:
        """Nobody waits for what is only to be kept: let more of it come together."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GATHER_SECONDS):
                await self._urgent.wait()
        self._urgent.clear()

    def _forget_old(self, connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM hashes WHERE used < ?", (self._clock() - KEEP_SECONDS,))


def is_settled(time_ns: int, now_ns: int) -> bool:
    """Whether a change now would get another time from the file system than one at ``time_ns`` got."""
    return now_ns - time_ns >= (FINE_NS if time_ns % SECOND_NS else COARSE_NS)


def _turn(connection: sqlite3.Connection, kept: Kept, asked: list[FileIdentity], now: float) -> list[Hashes]:
    """Everything that has gathered, in one transaction: first what is new, then the answers."""
    if not kept:
        return _answers(connection, asked, now)
    connection.execute("BEGIN IMMEDIATE")
    try:
        for key, values in kept:
            # Another kind of hash of an earlier state is of no use any more.
            connection.execute("DELETE FROM hashes WHERE path = ? AND (size, mtime_ns, ctime_ns, inode) != (?, ?, ?, ?)", key)
            rows = [(*key, kind, value, now) for kind, value in values.items()]
            connection.executemany("INSERT OR REPLACE INTO hashes VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        answers = _answers(connection, asked, now)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    return answers


def _answers(connection: sqlite3.Connection, asked: list[FileIdentity], now: float) -> list[Hashes]:
    found: dict[Key, Hashes] = {}
    stale: set[bytes] = set()
    for paths in _portions({os.fsencode(identity.path) for identity in asked}):
        marks = ", ".join("?" * len(paths))
        sql = f"SELECT path, size, mtime_ns, ctime_ns, inode, kind, value, used FROM hashes WHERE path IN ({marks})"
        for path, size, mtime_ns, ctime_ns, inode, kind, value, used in connection.execute(sql, paths):
            found.setdefault((path, size, mtime_ns, ctime_ns, inode), {})[kind] = value
            if used < now - DAY_SECONDS:
                stale.add(path)
    if stale:
        connection.executemany("UPDATE hashes SET used = ? WHERE path = ?", [(now, path) for path in stale])
    return [dict(found.get(_key(identity), {})) for identity in asked]


def _key(identity: FileIdentity) -> Key:
    path = os.fsencode(identity.path)
    return path, identity.size, identity.mtime_ns, identity.ctime_ns, _signed(identity.inode)


def _signed(number: int) -> int:
    """Some file systems use all 64 bits for an inode; SQLite's integers have a sign."""
    return number - (1 << 64) if number >= 1 << 63 else number


def _portions(paths: Iterable[bytes]) -> Iterable[list[bytes]]:
    everything = list(paths)
    for start in range(0, len(everything), PATHS_AT_ONCE):
        yield everything[start : start + PATHS_AT_ONCE]
