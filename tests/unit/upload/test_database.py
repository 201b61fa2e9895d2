"""One SQLite file and its thread: order, work that comes together, failures that stay with whoever asked."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from clouddrive2.upload.database import Database
from clouddrive2.upload.journal import LAYOUT

INSERT = (
    "INSERT INTO uploads (server, source, size, mtime_ns, inode, wanted, path, device_id, route, state, started) "
    "VALUES ('server', ?, 0, 0, 0, '/a', '/a', 'device', 'remote', 'begun', 0)"
)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "uploads.sqlite", LAYOUT)
    yield database
    await database.close()


def inserting(source: str) -> Callable[[sqlite3.Connection], int]:
    return lambda connection: connection.execute(INSERT, (source,)).rowcount


def sources(connection: sqlite3.Connection) -> list[str]:
    return [source for (source,) in connection.execute("SELECT source FROM uploads ORDER BY id")]


def is_in_transaction(connection: sqlite3.Connection) -> bool:
    return connection.in_transaction


async def test_work_is_done_in_the_order_it_was_asked_for(database: Database) -> None:
    names = [f"{number:03}" for number in range(100)]
    results = await asyncio.gather(*(database.run(inserting(name)) for name in names), database.run(sources))
    assert results == [*([1] * 100), names]


async def test_what_comes_together_is_one_transaction_and_what_comes_alone_is_none(database: Database) -> None:
    assert await database.run(is_in_transaction) is False
    assert await asyncio.gather(*(database.run(is_in_transaction) for _ in range(3))) == [True, True, True]


async def test_a_failure_is_told_to_whoever_asked_and_spoils_nothing_of_the_others(database: Database) -> None:
    def failing(connection: sqlite3.Connection) -> int:
        raise ValueError("mine")

    await database.run(sources)
    asked = (database.run(inserting("before")), database.run(failing), database.run(inserting("after")))
    before, failed, after = await asyncio.gather(*asked, return_exceptions=True)
    assert (before, after) == (1, 1)
    assert isinstance(failed, ValueError)
    assert await database.run(sources) == ["before", "after"]


async def test_who_gives_up_before_his_turn_is_passed_over(database: Database) -> None:
    kept, given_up = (asyncio.create_task(database.run(inserting(name))) for name in ("kept", "given up"))
    await asyncio.sleep(0)
    given_up.cancel()
    assert await kept == 1
    assert await database.run(sources) in (["kept"], ["kept", "given up"])
    assert given_up.cancelled()


async def test_closing_waits_for_what_was_asked_for(tmp_path: Path) -> None:
    database = Database(tmp_path / "uploads.sqlite", LAYOUT)
    writing = [asyncio.create_task(database.run(inserting(str(number)))) for number in range(20)]
    await asyncio.sleep(0)
    await database.close()
    assert await asyncio.gather(*writing) == [1] * 20


async def test_a_program_that_is_ending_still_writes_down_what_it_leaves(tmp_path: Path) -> None:
    database = Database(tmp_path / "uploads.sqlite", LAYOUT)
    assert await database.run(inserting("one")) == 1
    # As the interpreter does before it calls what is registered for its end.
    database._thread.shutdown()
    assert await database.run(inserting("two")) == 1
    await database.close()
    again = Database(tmp_path / "uploads.sqlite", LAYOUT)
    assert await again.run(sources) == ["one", "two"]
    await again.close()
