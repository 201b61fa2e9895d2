"""From the drive to here."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from clouddrive2 import errors
from clouddrive2.models.files import Entry, EntryKind
from clouddrive2.sync import Change, FilterOptions, Filters
from clouddrive2.testing import RunningEmulator

Both = Any
ADD, REPLACE, SAME, EXTRA, EXTRA_FOLDER = Change.ADD, Change.REPLACE, Change.SAME, Change.EXTRA, Change.EXTRA_FOLDER
TREE = {"a.txt": b"a", "empty": b"", "sub/b.txt": b"b" * 5000, "sub/deep/中文 é.txt": b"c", "sub2/d": b"d"}


async def test_a_folder_arrives_and_a_second_run_does_nothing(both: Both, emulator: RunningEmulator) -> None:
    await both.store(TREE)
    assert await both.carried(both.down()) == dict.fromkeys(TREE, ADD)
    assert both.local() == TREE
    emulator.calls.clear()
    assert await both.carried(both.down()) == {}
    assert (emulator.calls.count("GetSubFiles"), emulator.calls.count("FindFileByPath")) == (4, 1)


async def test_the_destination_is_made(both: Both) -> None:
    await both.store({"a": b"a"})
    both.here = both.here / "new" / "place"
    await both.carried(both.down())
    assert both.local() == {"a": b"a"}


async def test_what_changed_is_replaced(both: Both) -> None:
    await both.store(TREE)
    await both.carried(both.down())
    both.write({"a.txt": b"other", "sub/b.txt": b"B" * 5000})
    # Another time alone is no other content, where the cloud knows a hash.
    both.write({"sub2/d": b"d"})
    assert await both.carried(both.down()) == {"a.txt": REPLACE, "sub/b.txt": REPLACE}
    assert both.local() == TREE


async def test_checksum(both: Both) -> None:
    await both.store({"a": b"one"})
    await both.carried(both.down())
    found = (both.here / "a").stat()
    (both.here / "a").write_bytes(b"two")
    os.utime(both.here / "a", ns=(found.st_atime_ns, found.st_mtime_ns))
    assert await both.carried(both.down()) == {}
    assert await both.carried(both.down(checksum=True)) == {"a": REPLACE}
    assert both.local() == {"a": b"one"}


class TestDelete:
    async def test_what_is_only_here(self, both: Both) -> None:
        await both.store(TREE)
        both.write({"old": b"1", "gone/deeper/y": b"3", "sub/z": b"4"})
        (both.here / "link").symlink_to("old")
        sync = both.down(delete=True)
        await both.carried(sync)
        assert await both.deleted(sync) == ["gone", "gone/deeper", "gone/deeper/y", "link", "old", "sub/z"]
        assert both.local() == TREE

    async def test_what_changed_since_it_was_compared_stays(self, both: Both) -> None:
        await both.store({"a": b"a"})
        both.write({"x": b"1", "y": b"2"})
        sync = both.down(delete=True)
        await both.carried(sync)
        both.write({"x": b"new content"})
        results = [(one.path, str(error)) async for one, error in sync.delete()]
        assert results == [("x", f"{both.here}/x changed meanwhile and is not deleted"), ("y", "None")]
        assert both.local() == {"a": b"a", "x": b"new content"}

    async def test_a_link_to_a_folder_stays_and_nothing_behind_it_is_touched(self, both: Both, tmp_path: Path) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "precious").write_bytes(b"p")
        (both.here / "linked").symlink_to(outside)
        await both.store({"a": b"a", "linked/new": b"n"})
        sync = both.down(delete=True)
        found = {one.path: one for one in await both.differences(sync)}
        assert found["linked"].change is Change.FAILED
        assert "is in the way of a folder: it is a link to a folder" in str(found["linked"].error)
        assert list(outside.iterdir()) == [outside / "precious"]

    async def test_an_empty_answer_is_asked_again(self, both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
        """As from a server that has just come up."""
        await both.store({"a": b"a", "b": b"b"})
        both.write({"a": b"a", "b": b"b"})
        listed: list[bool] = []
        original = both.client.files.list

        async def empty_at_first(path: str, *, refresh: bool = False) -> AsyncGenerator[Entry, None]:
            listed.append(refresh)
            if refresh:
                async for entry in original(path, refresh=True):
                    yield entry

        monkeypatch.setattr(both.client.files, "list", empty_at_first)
        assert await both.compared(both.down(delete=True)) == {"a": SAME, "b": SAME}
        assert listed == [False, True]

    async def test_the_cloud_itself_is_asked_before_anything_is_deleted(
        self, both: Both, emulator: RunningEmulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A server's cache may not know yet what another program has put into the cloud."""
        await both.store({"a": b"a", "there": b"t", "sub/there": b"t"})
        both.write({"there": b"t", "sub/there": b"t", "sub/gone": b"g", "new/gone": b"g"})
        original = both.client.files.list

        async def cached(path: str, *, refresh: bool = False) -> AsyncGenerator[Entry, None]:
            async for entry in original(path, refresh=refresh):
                if refresh or entry.name != "there":
                    yield entry

        monkeypatch.setattr(both.client.files, "list", cached)
        sync = both.down(delete=True)
        found = await both.carried(sync)
        assert found["there"] is EXTRA
        assert await both.deleted(sync) == ["new", "new/gone", "sub/gone"]
        assert both.local() == {"a": b"a", "there": b"t", "sub/there": b"t"}

    async def test_a_source_that_is_empty_deletes_nothing(self, both: Both) -> None:
        await both.client.files.mkdir(both.there)
        both.write({"a": b"a"})
        sync = both.down(delete=True)
        await both.carried(sync)
        with pytest.raises(errors.ConfigError, match="the source is empty, and 1 file would go"):
            await both.deleted(sync)
        assert both.local() == {"a": b"a"}

    async def test_a_source_that_breaks_off_deletes_nothing(self, both: Both, emulator: RunningEmulator) -> None:
        await both.store({"a": b"a", "sub/b": b"b"})
        both.write({"x": b"1", "sub/y": b"2"})
        emulator.faults.refuse("GetSubFiles", 5, after=1)
        sync = both.down(delete=True)
        found = await both.carried(sync)
        assert found == {"a": ADD, "x": EXTRA, "sub": Change.FAILED}
        assert "not everything could be listed" in sync.deletions().refusal()

    async def test_a_server_that_is_gone_ends_it(self, both: Both, emulator: RunningEmulator) -> None:
        await both.store({"a": b"a", "sub/b": b"b"})
        both.write({"x": b"1"})
        emulator.faults.refuse("GetSubFiles", 14, times=-1, after=1)
        sync = both.down(delete=True)
        with pytest.raises(errors.Unreachable):
            await both.carried(sync)
        with pytest.raises(errors.ConfigError, match="not everything could be listed"):
            await both.deleted(sync)

    async def test_filters(self, both: Both) -> None:
        await both.store({"a.jpg": b"1", "b.txt": b"2"})
        both.write({"old.jpg": b"3", "old.txt": b"4"})
        filters = Filters(FilterOptions(include=["*.jpg"]), datetime.now(UTC))
        sync = both.down(filters=filters, delete=True)
        await both.carried(sync)
        assert await both.deleted(sync) == ["old.jpg"]
        assert both.local() == {"a.jpg": b"1", "old.txt": b"4"}


class TestOddEntries:
    async def test_names_that_would_lead_elsewhere(self, both: Both, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        await both.store({"fine": b"f"})
        original = both.client.files.list
        names = ["..", ".", "a/b", "/etc", "nul\0", "../../outside", ""]

        async def hostile(path: str, *, refresh: bool = False) -> AsyncGenerator[Entry, None]:
            async for entry in original(path, refresh=refresh):
                yield entry
            for name in names:
                yield Entry(f"{path}/{name}", name, EntryKind.FILE, 3)
            yield Entry(f"{path}/folder/..", "..", EntryKind.FOLDER)
            yield Entry(f"{path}/one", "other", EntryKind.FILE, 3)

        monkeypatch.setattr(both.client.files, "list", hostile)
        before = set(tmp_path.iterdir())
        found = await both.carried(both.down())
        assert found.pop("fine") is ADD
        assert set(found.values()) == {Change.LEFT}
        assert set(found) == {*names, "other"}
        assert both.local() == {"fine": b"f"}
        assert set(tmp_path.iterdir()) - before <= {tmp_path / "state"}

    async def test_a_file_on_its_way_to_the_cloud(self, both: Both, emulator: RunningEmulator) -> None:
        await both.store({"a": b"a"})
        both.write({"large": os.urandom(4 << 20)})
        emulator.faults.delay("RemoteReadData", 5)
        job = await both.client.uploads.start(both.here / "large", f"{both.there}/large")
        await emulator.calls.wait("RemoteReadData")
        both.here = both.here / "other"
        both.here.mkdir()
        both.write({"large": b"kept"})
        sync = both.down(delete=True)
        found = {one.path: one for one in await both.differences(sync)}
        assert (found["large"].change, found["large"].reason) == (Change.LEFT, "it has not reached the cloud yet")
        assert sync.extra == []
        await job.stop()

    async def test_names_alike(self, both: Both) -> None:
        await both.store({"Film": b"1", "film": b"2"})
        found = await both.differences(both.down())
        clash = next(one for one in found if one.change is Change.CLASH)
        assert (
            clash.reason == "Film and film differ only in letter case or Unicode form, which not every cloud or disk keeps apart"
        )
        assert [one.path for one in found if one.change is ADD] == ["Film", "film"]

    async def test_what_changed_since_it_was_compared_is_not_replaced(self, both: Both) -> None:
        await both.store({"a": b"longer"})
        both.write({"a": b"a"})
        sync = both.down()
        [one] = await both.differences(sync)
        both.write({"a": b"my work"})
        with pytest.raises(errors.SourceChanged, match="changed since it was compared, and is not replaced"):
            await sync.carry(one)
        assert both.local() == {"a": b"my work"}


async def test_an_interrupted_run_goes_on(both: Both, emulator: RunningEmulator) -> None:
    content = os.urandom(40 << 20)
    both.write({"large": content})
    await both.carried(both.up())
    (both.here / "large").unlink()
    sync = both.down()
    [one] = await both.differences(sync)
    some = asyncio.Event()
    carrying = asyncio.create_task(sync.carry(one, lambda *now: now[3] and some.set()))
    await some.wait()
    carrying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await carrying
    assert not (both.here / "large").exists()
    again = both.down(delete=True)
    found = {one.path: one for one in await both.differences(again)}
    assert found.pop("large").change is ADD
    # What the first run left is neither deleted nor taken for a file.
    assert not found and not again.extra
    starts: list[int] = []
    await again.carry(one, lambda *now: starts.append(now[3]))
    assert starts[0] > 0
    assert both.local() == {"large": content}
