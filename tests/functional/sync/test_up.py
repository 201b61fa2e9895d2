"""From here to the drive."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from clouddrive2 import errors
from clouddrive2.emulator.options import CloudOptions
from clouddrive2.sync import Change, CloudSide, Difference, FilterOptions, Filters, LocalSide, Sync
from clouddrive2.testing import RunningEmulator
from clouddrive2.upload.hashing import FileHasher

Both = Any
ADD, REPLACE, SAME, EXTRA, EXTRA_FOLDER = Change.ADD, Change.REPLACE, Change.SAME, Change.EXTRA, Change.EXTRA_FOLDER
TREE = {"a.txt": b"a", "empty": b"", "sub/b.txt": b"b" * 5000, "sub/deep/中文 é.txt": b"c", "sub2/d": b"d"}


async def test_a_folder_arrives_and_a_second_run_does_nothing(both: Both, emulator: RunningEmulator) -> None:
    both.write(TREE)
    assert await both.carried(both.up()) == dict.fromkeys(TREE, ADD)
    assert await both.stored() == TREE
    emulator.calls.clear()
    assert await both.carried(both.up()) == {}
    # Each folder is listed once; nothing is looked up but the destination and its cloud.
    assert emulator.calls.count("GetSubFiles") == 4
    assert emulator.calls.count("FindFileByPath") == 2
    assert emulator.calls.count("StartRemoteUpload") == 0


async def test_what_changed_is_replaced(both: Both) -> None:
    both.write(TREE)
    await both.carried(both.up())
    both.write({"a.txt": b"longer"})
    both.write({"sub/b.txt": b"B" * 5000}, modified=time.time() + 60)
    # Touched, but the cloud knows a hash, and it is the same.
    both.write({"sub2/d": b"d"}, modified=time.time() + 60)
    assert await both.carried(both.up()) == {"a.txt": REPLACE, "sub/b.txt": REPLACE}
    assert await both.stored() == TREE | {"a.txt": b"longer", "sub/b.txt": b"B" * 5000}


async def test_checksum_finds_what_size_and_time_hide(both: Both) -> None:
    both.write(TREE)
    await both.carried(both.up())
    both.write({"sub/b.txt": b"B" * 5000})
    assert await both.carried(both.up()) == {}
    assert await both.carried(both.up(checksum=True)) == {"sub/b.txt": REPLACE}
    assert (await both.stored())["sub/b.txt"] == b"B" * 5000


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
async def test_a_second_run_with_checksum_hashes_nothing(both: Both, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    both.write({f"{number % 10}/{number}": b"%d" % number for number in range(count)})
    both.settle()
    sync = both.up()
    await sync.prepare()
    async with both.client.uploads.batch() as batch:
        async for one in sync.compare():
            batch.add(one.source.place, one.target)
    hashers: list[object] = []
    original = FileHasher.__init__
    monkeypatch.setattr(FileHasher, "__init__", lambda self, *args, **more: hashers.append(args) or original(self, *args, **more))
    # The uploads have hashed them.
    assert set((await both.compared(both.up(checksum=True))).values()) == {SAME}
    assert hashers == []


class TestDelete:
    async def test_what_is_only_there(self, both: Both) -> None:
        both.write(TREE)
        await both.store({"old": b"1", "gone/x": b"2", "gone/deeper/y": b"3", "sub/z": b"4"})
        sync = both.up(delete=True)
        assert await both.carried(sync) == dict.fromkeys(TREE, ADD) | {
            "old": EXTRA,
            "gone": EXTRA_FOLDER,
            "gone/x": EXTRA,
            "gone/deeper": EXTRA_FOLDER,
            "gone/deeper/y": EXTRA,
            "sub/z": EXTRA,
        }
        assert await both.deleted(sync) == ["gone", "gone/deeper", "gone/deeper/y", "gone/x", "old", "sub/z"]
        assert await both.stored() == TREE
        assert await both.compared(both.up(delete=True)) == dict.fromkeys(TREE, SAME)

    async def test_not_without_being_asked_to(self, both: Both, emulator: RunningEmulator) -> None:
        both.write({"a": b"a"})
        await both.store({"gone/x": b"2"})
        emulator.calls.clear()
        sync = both.up()
        assert await both.carried(sync) == {"a": ADD}
        assert sync.extra == [] and emulator.calls.count("GetSubFiles") == 1

    async def test_a_folder_somebody_uses_now_stays(self, both: Both) -> None:
        both.write({"a": b"a"})
        await both.store({"gone/x": b"2"})
        sync = both.up(delete=True)
        await both.carried(sync)
        await both.store({"gone/new": b"5"})
        assert await both.deleted(sync) == ["gone/x"]
        assert await both.stored() == {"a": b"a", "gone/new": b"5"}

    async def test_a_file_that_is_back_stays(self, both: Both) -> None:
        both.write({"a": b"a"})
        await both.store({"back": b"b", "gone": b"g"})
        sync = both.up(delete=True)
        await both.carried(sync)
        both.write({"back": b"b"})
        assert await both.deleted(sync) == ["gone"]

    async def test_the_limit(self, both: Both) -> None:
        both.write({"a": b"a"})
        await both.store({"x": b"1", "y": b"2"})
        sync = both.up(delete=True, max_delete=1)
        await both.carried(sync)
        with pytest.raises(errors.ConfigError, match="it would be 2 files, and the limit is 1"):
            await both.deleted(sync)
        assert len(await both.stored()) == 3

    async def test_an_empty_source_deletes_nothing(self, both: Both) -> None:
        await both.store({"x": b"1"})
        sync = both.up(delete=True)
        await both.carried(sync)
        with pytest.raises(errors.ConfigError, match="the source is empty"):
            await both.deleted(sync)
        allowed = both.up(delete=True, max_delete=1)
        await both.carried(allowed)
        assert await both.deleted(allowed) == ["x"]

    async def test_a_comparison_that_did_not_end_deletes_nothing(self, both: Both) -> None:
        await both.store({"x": b"1", "z/y": b"2"})
        both.write({"a": b"a"})
        sync = both.up(delete=True)
        await sync.prepare()
        differences = sync.compare()
        await anext(differences)
        await differences.aclose()
        with pytest.raises(errors.ConfigError, match="not everything could be listed"):
            await both.deleted(sync)

    async def test_a_source_folder_that_cannot_be_read(self, both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
        both.write({"a": b"a", "closed/b": b"b"})
        await both.store({"x": b"1", "closed/b": b"b", "closed/c": b"c"})
        original = os.scandir

        def scandir(path: Any) -> Any:
            if str(path).endswith("closed"):
                raise PermissionError(13, "Permission denied")
            return original(path)

        monkeypatch.setattr(os, "scandir", scandir)
        sync = both.up(delete=True)
        found = {one.path: one for one in await both.differences(sync)}
        assert {path: one.change for path, one in found.items()} == {"a": ADD, "closed": Change.FAILED, "x": EXTRA}
        assert "closed cannot be read: Permission denied" in str(found["closed"].error)
        assert "not everything could be listed" in sync.deletions().refusal()

    async def test_a_listing_of_the_drive_that_fails_in_the_middle(self, both: Both, emulator: RunningEmulator) -> None:
        both.write({"a": b"a", "sub/b": b"b"})
        await both.store({"x": b"1", "sub/b": b"b", "sub/c": b"c"})
        emulator.faults.refuse("GetSubFiles", 13, after=1)
        sync = both.up(delete=True)
        found = await both.carried(sync)
        assert found["sub"] is Change.FAILED
        assert "not everything could be listed" in sync.deletions().refusal()

    async def test_a_failed_upload(self, both: Both) -> None:
        both.write({"a": b"a", "b": b"b"})
        await both.store({"x": b"1"})
        sync = both.up(delete=True)
        for one in await both.differences(sync):
            if one.path == "a":
                (both.here / "a").unlink()
                with pytest.raises(errors.NotFound, match="does not exist"):
                    await sync.carry(one)
        assert "1 of the files failed" in sync.deletions().refusal()

    async def test_another_letter_case_is_never_deleted(self, both: Both) -> None:
        both.write({"Film.mkv": b"a"})
        await both.store({"film.mkv": b"1", "other": b"2"})
        sync = both.up(delete=True)
        assert await both.carried(sync) == {"Film.mkv": ADD, "film.mkv": Change.CLASH, "other": EXTRA}
        assert await both.deleted(sync) == ["other"]


class TestFilters:
    def filters(self, **options: Any) -> Filters:
        return Filters(FilterOptions(**options), datetime.now(UTC))

    async def test_what_is_excluded_takes_no_part(self, both: Both, emulator: RunningEmulator) -> None:
        both.write({"a.jpg": b"1", "b.txt": b"2", "cache/c.jpg": b"3", "sub/d.jpg": b"4"})
        await both.store({"old.jpg": b"5", "old.txt": b"6", "cache/e.jpg": b"7", "b.txt": b"8"})
        emulator.calls.clear()
        sync = both.up(filters=self.filters(filter=["- /cache/", "+ *.jpg", "- *"]), delete=True)
        assert await both.carried(sync) == {"a.jpg": ADD, "sub/d.jpg": ADD, "old.jpg": EXTRA}
        assert await both.deleted(sync) == ["old.jpg"]
        assert set(await both.stored()) == {"a.jpg", "sub/d.jpg", "old.txt", "cache/e.jpg", "b.txt"}

    async def test_unless_it_is_to_be_deleted_too(self, both: Both) -> None:
        both.write({"a.jpg": b"1", "b.txt": b"2", "cache/c.jpg": b"3"})
        await both.store({"old.txt": b"6", "cache/c.jpg": b"3", "b.txt": b"2"})
        sync = both.up(filters=self.filters(filter=["- /cache/", "- *.txt"]), delete=True, delete_excluded=True)
        await both.carried(sync)
        assert await both.deleted(sync) == ["b.txt", "cache", "cache/c.jpg", "old.txt"]
        assert await both.stored() == {"a.jpg": b"1"}

    async def test_sizes_and_ages(self, both: Both) -> None:
        both.write({"old": b"1", "large": b"2" * 3000})
        both.write({"young": b"3"}, modified=time.time())
        assert await both.compared(both.up(filters=self.filters(max_age="1h"))) == {"young": ADD}
        assert await both.compared(both.up(filters=self.filters(min_size="2k"))) == {"large": ADD}

    async def test_what_is_too_old_at_the_source_is_not_extra(self, both: Both) -> None:
        both.write({"old": b"1"})
        await both.store({"old": b"1"})
        assert await both.compared(both.up(filters=self.filters(max_age="1h"), delete=True)) == {}


class TestOddEntries:
    async def test_links_pipes_and_names_that_are_no_text(self, both: Both) -> None:
        both.write({"a": b"a"})
        here: Path = both.here
        (here / "to-a").symlink_to("a")
        (here / "to-folder").symlink_to(here)
        (here / "to-nothing").symlink_to("nothing")
        os.mkfifo(here / "pipe")
        Path(os.fsdecode(os.fsencode(here) + b"/\xff")).touch()
        (here / ".film.mkv.0123456789ab.part").touch()
        found = {one.path: one for one in await both.differences(both.up())}
        assert {path for path, one in found.items() if one.change is ADD} == {"a", "to-a"}
        assert {path: one.reason for path, one in found.items() if one.change is Change.LEFT} == {
            "to-folder": "it is a link to a folder",
            "to-nothing": "it is a link to nothing",
            "pipe": "it is neither a file nor a folder",
            os.fsdecode(b"\xff"): "its name is no UTF-8 text, as the drive needs it",
            ".film.mkv.0123456789ab.part": "it is an unfinished download",
        }

    async def test_something_in_the_way(self, both: Both) -> None:
        both.write({"file": b"a", "folder/b": b"b", "fine": b"c"})
        await both.store({"file/inside": b"1", "folder": b"2"})
        sync = both.up(delete=True)
        found = {one.path: one for one in await both.differences(sync)}
        assert {path: one.change for path, one in found.items()} == {
            "fine": ADD,
            "file": Change.FAILED,
            "folder": Change.FAILED,
        }
        assert str(found["file"].error).endswith("/there/file is in the way of a file: it is a folder")
        assert str(found["folder"].error).endswith("/there/folder is in the way of a folder: it is a file")
        assert "2 of the files failed" in sync.deletions().refusal()

    async def test_a_file_that_appears_there_meanwhile_is_not_replaced(self, both: Both) -> None:
        both.write({"a": b"mine"})
        sync = both.up()
        [one] = await both.differences(sync)
        await both.store({"a": b"somebody's"})
        with pytest.raises(errors.AlreadyExists):
            await sync.carry(one)
        assert await both.stored() == {"a": b"somebody's"}

    async def test_a_file_never_slips_into_a_folder_that_appears_there(self, both: Both) -> None:
        both.write({"a": b"mine"})
        sync = both.up()
        [one] = await both.differences(sync)
        await both.client.files.mkdir(f"{both.there}/a")
        with pytest.raises(errors.AlreadyExists):
            await sync.carry(one)
        assert await both.stored() == {}

    async def test_another_unicode_form_is_the_same_file(self, both: Both) -> None:
        both.write({"e\u0301/u\u0308": b"a"})
        await both.store({"\u00e9/\u00fc": b"a"})
        assert await both.compared(both.up(delete=True)) == {"e\u0301/u\u0308": SAME}

    async def test_several_entries_of_one_name_are_left_alone(self, both: Both, emulator: RunningEmulator) -> None:
        both.write({"a": b"a", "b": b"b"})
        await both.store({"a": b"x"})
        side = CloudSide(both.client.files, both.there)
        entry = await both.client.files.stat(f"{both.there}/a")

        async def twice(folder: str, *, refresh: bool = False) -> Any:
            yield entry
            yield entry

        monkey = pytest.MonkeyPatch()
        monkey.setattr(both.client.files, "list", twice)
        try:
            found = await side.list(both.there)
        finally:
            monkey.undo()
        assert (found.files, found.left) == ({}, {"a": "the folder has 2 entries of this name"})

    async def test_files_that_somebody_is_still_writing(self, both: Both) -> None:
        both.write({"done": b"d", "film.crdownload": b"f", "growing": b"g"})
        with (both.here / "growing").open("ab"):
            found = {one.path: one for one in await both.differences(both.up())}
            assert found["done"].change is ADD
            assert found["growing"].change is found["film.crdownload"].change is Change.LEFT
            assert found["growing"].reason == "another program has it open for writing"
            assert set((await both.compared(both.up(unfinished=True))).values()) == {ADD}

    async def test_a_name_the_cloud_refuses(self, both: Both) -> None:
        both.write({"a": b"a", "fine/is it?": b"b"})
        sync = both.up(delete=True)
        found = {one.path: one for one in await both.differences(sync)}
        assert found["a"].change is ADD
        assert found["fine/is it?"].change is Change.FAILED
        assert str(found["fine/is it?"].error) == "'is it?': the cloud (115) refuses '?' in a name; rename it"


class TestRoots:
    async def test_a_missing_source(self, both: Both) -> None:
        sync = Sync(both.client, LocalSide(both.here / "nothing"), CloudSide(both.client.files, both.there))
        with pytest.raises(errors.NotFound, match="nothing does not exist"):
            await sync.prepare()
        assert not await both.client.files.exists(both.there)

    async def test_files_are_no_folders(self, both: Both) -> None:
        both.write({"file": b"a"})
        with pytest.raises(errors.InvalidRequest, match="file is no folder"):
            await Sync(both.client, LocalSide(both.here / "file"), CloudSide(both.client.files, both.there)).prepare()
        await both.store({"file": b"1"})
        with pytest.raises(errors.InvalidRequest, match="file is a file"):
            await Sync(both.client, LocalSide(both.here), CloudSide(both.client.files, f"{both.there}/file")).prepare()

    async def test_a_rehearsal_makes_nothing(self, both: Both) -> None:
        both.write({"a/b": b"a"})
        sync = both.up(delete=True)
        await sync.prepare(make=False)
        assert [one.path async for one in sync.compare()] == ["a/b"]
        assert not await both.client.files.exists(both.there)

    async def test_two_of_a_kind(self, both: Both) -> None:
        with pytest.raises(errors.ConfigError, match="one side on this machine and one in the drive"):
            Sync(both.client, LocalSide("a"), LocalSide("b"))
        with pytest.raises(errors.ConfigError, match="/ holds only clouds"):
            await Sync(both.client, LocalSide(str(both.here)), CloudSide(both.client.files, "/")).prepare()


async def test_a_folder_whose_path_is_no_text(both: Both) -> None:
    both.here = Path(os.fsdecode(os.fsencode(both.here) + b"/\xff"))
    with pytest.raises(errors.InvalidRequest, match="is no UTF-8 text, as it is needed; rename the folder"):
        await both.up().prepare()


async def test_an_interrupted_run_goes_on(both: Both, emulator: RunningEmulator) -> None:
    both.write({"small": b"s", "large": os.urandom(8 << 20)})
    emulator.faults.delay("RemoteReadData", 0.3)
    sync = both.up()
    found: dict[str, Difference] = {one.path: one for one in await both.differences(sync)}
    await sync.carry(found["small"])
    under_way = asyncio.Event()
    carrying = asyncio.create_task(sync.carry(found["large"], lambda *now: now[3] > 0 and under_way.set()))
    await under_way.wait()
    carrying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await carrying
    # It is listed with its full size, but it has not arrived.
    again = both.up(delete=True)
    [one] = [one for one in await both.differences(again) if one.change is not SAME]
    assert (one.path, one.change, one.reason) == ("large", REPLACE, "its upload is not finished")
    await again.carry(one)
    assert emulator.calls.count("StartRemoteUpload") == 2
    assert (await both.stored())["large"] == (both.here / "large").read_bytes()


class TestACloudThatKnowsNoHash:
    @pytest.fixture
    def emulator(self, emulator_factory: Callable[..., RunningEmulator]) -> RunningEmulator:
        return emulator_factory(clouds=(CloudOptions("Cloud", needs=(), knows=()),))

    async def test_size_and_time_decide(self, both: Both) -> None:
        both.write(TREE)
        await both.carried(both.up())
        assert await both.carried(both.up()) == {}
        # Touched: as far as anybody knows it is another content.
        both.write({"a.txt": b"b"}, modified=time.time() + 60)
        assert await both.carried(both.up()) == {"a.txt": REPLACE}
        assert await both.stored() == TREE | {"a.txt": b"b"}

    async def test_checksum_falls_back_to_the_size(self, both: Both) -> None:
        both.write({"a": b"a", "b": b"b"})
        await both.carried(both.up())
        both.write({"a": b"A", "b": b"longer"})
        found = {one.path: (one.change, one.reason) for one in await both.differences(both.up(checksum=True))}
        assert found == {
            "a": (SAME, "same size; the cloud knows no hash to compare"),
            "b": (REPLACE, "6 instead of 1 bytes"),
        }

    async def test_down(self, both: Both) -> None:
        await both.store({"a": b"a"})
        await both.carried(both.down())
        assert await both.carried(both.down()) == {}
        both.write({"a": b"A"})
        assert await both.carried(both.down()) == {"a": REPLACE}


async def test_a_root_that_cannot_be_listed_ends_it(both: Both, emulator: RunningEmulator) -> None:
    both.write({"a": b"a"})
    await both.store({"x": b"1"})
    emulator.faults.refuse("GetSubFiles", 7)
    sync = both.up(delete=True)
    with pytest.raises(errors.PermissionDenied):
        await both.carried(sync)
    assert "not everything could be listed" in sync.deletions().refusal()
