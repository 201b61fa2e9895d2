"""What was begun: found again after a kill, shared by processes, and no obstacle when it is broken."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from clouddrive2.upload.journal import KEEP_SECONDS, Journal
from clouddrive2.upload.source import FileIdentity

SERVER, WANTED, PATH, DEVICE = "http://nas:1#me", "/Cloud/wanted", "/Cloud/path", "device"
IDENTITY = FileIdentity("/local/file", 1, 2, 300, 4)


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    journal = Journal(tmp_path)
    yield journal
    await journal.close()


def rows(folder: Path, table: str) -> int:
    with closing(sqlite3.connect(folder / "uploads.sqlite")) as connection:
        (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(count)


class TestCycle:
    async def test_from_beginning_to_end(self, journal: Journal) -> None:
        assert await journal.find(SERVER, IDENTITY.path, WANTED) is None
        number = await journal.begin(SERVER, IDENTITY, WANTED, PATH, DEVICE, "remote")
        [begun] = await journal.pending(SERVER)
        assert (begun.source, begun.wanted, begun.path, begun.size) == (IDENTITY.path, WANTED, PATH, 300)
        assert (begun.upload_id, begun.state, begun.device_id) == (None, "begun", DEVICE)
        await journal.started(number, "upload-1", "device-2")
        row = await journal.find(SERVER, IDENTITY.path, WANTED)
        assert row is not None and (row.upload_id, row.device_id) == ("upload-1", "device-2")
        await journal.ended(number, "finished")
        assert await journal.pending(SERVER) == []
        ended = await journal.find(SERVER, IDENTITY.path, WANTED)
        assert ended is not None and ended.state == "finished"

    @pytest.mark.parametrize("state", ["failed", "cancelled", "finished"])
    async def test_beginning_again_replaces_the_row(self, journal: Journal, tmp_path: Path, state: str) -> None:
        number = await journal.begin(SERVER, IDENTITY, WANTED, PATH, DEVICE, "remote")
        await journal.started(number, "upload-1", DEVICE)
        await journal.ended(number, state, "why")
        await journal.begin(SERVER, IDENTITY, WANTED, "/Cloud/other", DEVICE, "remote")
        [row] = await journal.pending(SERVER)
        assert (row.upload_id, row.path) == (None, "/Cloud/other")
        assert rows(tmp_path, "uploads") == 1

    async def test_servers_sources_and_destinations_are_apart(self, journal: Journal) -> None:
        other_file = replace(IDENTITY, path="/local/other")
        await journal.begin(SERVER, IDENTITY, WANTED, PATH, DEVICE, "remote")
        await journal.begin(SERVER, other_file, WANTED, PATH, DEVICE, "remote")
        await journal.begin(SERVER, IDENTITY, "/Cloud/elsewhere", PATH, DEVICE, "remote")
        await journal.begin("http://other", IDENTITY, WANTED, PATH, DEVICE, "remote")
        assert len(await journal.pending(SERVER)) == 3
        assert len(await journal.pending("http://other")) == 1

    @pytest.mark.parametrize(
        ("change", "same"),
        [({}, True), ({"size": 1}, False), ({"mtime_ns": 1}, False), ({"inode": 1}, False), ({"device": 9}, True)],
    )
    async def test_is_it_the_same_file(self, journal: Journal, change: dict[str, int], same: bool) -> None:
        await journal.begin(SERVER, IDENTITY, WANTED, PATH, DEVICE, "remote")
        row = await journal.find(SERVER, IDENTITY.path, WANTED)
        # Device numbers may change with every start of a machine.
        assert row is not None and row.is_of(replace(IDENTITY, **change)) is same  # type: ignore[arg-type]


class TestFile:
    async def test_nothing_is_made_before_it_is_needed(self, tmp_path: Path) -> None:
        journal = Journal(tmp_path / "state")
        await journal.close()
        assert list(tmp_path.iterdir()) == []

    async def test_is_its_owners(self, tmp_path: Path) -> None:
        journal = Journal(tmp_path / "deep" / "state")
        await journal.pending(SERVER)
        folder = tmp_path / "deep" / "state"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
        await journal.close()

    async def test_survives_being_closed(self, tmp_path: Path) -> None:
        first = Journal(tmp_path)
        await first.begin(SERVER, IDENTITY, WANTED, PATH, DEVICE, "remote")
        await first.close()
        second = Journal(tmp_path)
        assert len(await second.pending(SERVER)) == 1
        await second.close()

    async def test_is_open_twice(self, journal: Journal, tmp_path: Path) -> None:
        other = Journal(tmp_path)
        numbers = await asyncio.gather(
            *(
                one.begin(SERVER, replace(IDENTITY, path=f"/local/{place}{number}"), WANTED, PATH, DEVICE, "remote")
                for number in range(50)
                for place, one in (("a", journal), ("b", other))
            )
        )
        assert len(set(numbers)) == 100
        assert len(await journal.pending(SERVER)) == len(await other.pending(SERVER)) == 100
        await other.close()

    async def test_is_opened_by_many_at_once_for_the_first_time(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        journals = [Journal(tmp_path) for _ in range(16)]
        await asyncio.gather(
            *(
                journal.begin(SERVER, replace(IDENTITY, path=f"/local/{number}"), WANTED, PATH, DEVICE, "remote")
                for number, journal in enumerate(journals)
            )
        )
        assert len(await journals[0].pending(SERVER)) == 16
        assert caplog.records == []
        for journal in journals:
            await journal.close()

    async def test_old_ends_are_forgotten(self, tmp_path: Path) -> None:
        journal = Journal(tmp_path)
        number = await journal.begin(SERVER, IDENTITY, WANTED, PATH, DEVICE, "remote")
        await journal.ended(number, "finished")
        await journal.begin(SERVER, IDENTITY, "/Cloud/open", PATH, DEVICE, "remote")
        await journal.close()
        with closing(sqlite3.connect(tmp_path / "uploads.sqlite")) as connection:
            age = KEEP_SECONDS + 60
            connection.execute("UPDATE uploads SET started = started - ?, ended = ended - ?", (age, age))
            connection.commit()
        again = Journal(tmp_path)
        assert await again.find(SERVER, IDENTITY.path, WANTED) is None
        assert len(await again.pending(SERVER)) == 1
        await again.close()


FIRST_VERSION = """
CREATE TABLE uploads (id INTEGER PRIMARY KEY, server TEXT NOT NULL, source TEXT NOT NULL, size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL, inode INTEGER NOT NULL, wanted TEXT NOT NULL, path TEXT NOT NULL, device_id TEXT NOT NULL,
    upload_id TEXT, state TEXT NOT NULL, error TEXT NOT NULL DEFAULT '', started REAL NOT NULL, ended REAL,
    UNIQUE (server, source, wanted));
INSERT INTO uploads VALUES (1, 'server', '/local/file', 300, 4, 2, '/w', '/p', 'd', 'u', 'begun', '', 5.0, NULL);
PRAGMA user_version = 1;
"""


async def test_a_file_of_the_first_version_is_brought_up_by_whoever_comes_first(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(sqlite3.connect(tmp_path / "uploads.sqlite")) as connection:
        connection.executescript(FIRST_VERSION)
    journals = [Journal(tmp_path) for _ in range(8)]
    for [row] in await asyncio.gather(*(journal.pending("server") for journal in journals)):
        assert (row.upload_id, row.route, row.leftover) == ("u", "remote", "")
    assert caplog.records == []
    for journal in journals:
        await journal.close()


SCRIPT = """
import asyncio, sys
from pathlib import Path
from clouddrive2.upload.journal import Journal
from clouddrive2.upload.source import FileIdentity

async def main():
    journal = Journal(Path(sys.argv[1]))
    for number in range(100):
        row = await journal.begin("server", FileIdentity(f"{sys.argv[2]}{number}", 1, 2, 3, 4), "/w", "/p", "d", "remote")
        await journal.started(row, f"id {number}", "d")
        if number % 2:
            await journal.ended(row, "finished")
    print("written", flush=True)
    sys.stdin.read()

asyncio.run(main())
"""


async def test_two_processes_one_of_them_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    processes = [
        await asyncio.create_subprocess_exec(*command, name, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for name in "ab"
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert await process.stdout.readline() == b"written\n"
    finally:
        for process in processes:
            process.kill()
            await process.communicate()
    journal = Journal(tmp_path)
    pending = await journal.pending("server")
    assert sorted(row.source for row in pending) == sorted(f"{name}{number}" for name in "ab" for number in range(0, 100, 2))
    assert all(row.upload_id for row in pending)
    await journal.close()


class TestBroken:
    """Uploads go on; a warning says what is lost."""

    async def works_in_memory(self, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
        journal = Journal(folder)
        with caplog.at_level(logging.WARNING):
            number = await journal.begin(SERVER, IDENTITY, WANTED, PATH, DEVICE, "remote")
        await journal.started(number, "upload-1", DEVICE)
        assert [row.upload_id for row in await journal.pending(SERVER)] == ["upload-1"]
        await journal.close()
        [record] = caplog.records
        assert "cannot be used" in record.getMessage() and "cannot be taken up after a restart" in record.getMessage()

    def newer(self, folder: Path) -> None:
        with closing(sqlite3.connect(folder / "uploads.sqlite")) as connection:
            connection.execute("PRAGMA user_version = 99")

    def a_folder(self, folder: Path) -> None:
        (folder / "uploads.sqlite").mkdir()

    @pytest.mark.parametrize("spoil", [newer, a_folder], ids=["newer", "folder"])
    async def test_a_file_that_is_no_journal(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture, spoil: Callable[[object, Path], None]
    ) -> None:
        spoil(self, tmp_path)
        await self.works_in_memory(tmp_path, caplog)

    async def test_a_spoilt_one_is_set_aside(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        spoilt = b"this is no database, whatever its name says" * 100
        (tmp_path / "uploads.sqlite").write_bytes(spoilt)
        journal = Journal(tmp_path)
        with caplog.at_level(logging.WARNING):
            number = await journal.begin(SERVER, IDENTITY, WANTED, PATH, DEVICE, "remote")
        await journal.started(number, "upload-1", DEVICE)
        await journal.close()
        [record] = caplog.records
        assert "uploads.sqlite.spoilt; unfinished uploads start anew" in record.getMessage()
        assert (tmp_path / "uploads.sqlite.spoilt").read_bytes() == spoilt
        again = Journal(tmp_path)
        assert [row.upload_id for row in await again.pending(SERVER)] == ["upload-1"]
        await again.close()

    async def test_a_folder_that_cannot_be_made(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        (tmp_path / "file").touch()
        await self.works_in_memory(tmp_path / "file" / "state", caplog)
