"""``cd2 sync``: both directions, its reports, and what it deletes."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.emulator.options import CloudOptions
from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]
Spawn = Callable[..., "subprocess.Popen[bytes]"]
Seed = Callable[[Mapping[str, bytes]], None]
TreeOf = Callable[[Path], dict[str, bytes]]
OLD = 1_700_000_000


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A local folder; its parent is the current one."""
    folder = tmp_path / "here" / "photos"
    write(folder, {"a.jpg": b"a", "sub/b.jpg": b"bb", "notes.txt": b"n"})
    monkeypatch.chdir(folder.parent)
    return folder


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (OLD, OLD))


class TestBothWays:
    def test_up_and_again(self, cd2: Run, photos: Path) -> None:
        result = cd2("sync", "photos", "/Cloud/Photos")
        assert (result.code, result.err) == (0, "")
        assert result.lines[-2].startswith("3 files uploaded; 4 B in ")
        assert result.lines[-1] == "0 files the same"
        again = cd2("sync", "photos/", "/Cloud/Photos/")
        assert (again.code, again.out, again.err) == (0, "3 files the same\n", "")

    def test_down_and_again(self, cd2: Run, photos: Path, tree_of: TreeOf) -> None:
        cd2("sync", "photos", "/Cloud/Photos")
        result = cd2("sync", "/Cloud/Photos", "copy/of/it")
        assert (result.code, result.err) == (0, "")
        assert tree_of(photos.parent / "copy/of/it") == tree_of(photos)
        assert cd2("sync", "/Cloud/Photos", "copy/of/it").out == "3 files the same\n"

    def test_two_absolute_paths(self, cd2: Run, photos: Path, tmp_path: Path, tree_of: TreeOf) -> None:
        assert cd2("sync", photos, "/Cloud/Photos").code == 0
        assert cd2("sync", "/Cloud/Photos", tmp_path / "copy").code == 0
        assert cd2("sync", "cloud:/Cloud/Photos", tmp_path / "copy2").code == 0
        assert tree_of(tmp_path / "copy") == tree_of(tmp_path / "copy2") == tree_of(photos)

    @pytest.mark.parametrize(
        ("source", "dest", "why"),
        [
            ("a", "b", "one of SOURCE and DEST is a path in the drive, as /115/Photos; here none is"),
            ("cloud:/Cloud/a", "cloud:/Cloud/b", "here both are"),
            ("/Cloud/a", "/Cloud/b", "it is not clear which is in the drive; write cloud:/Cloud/b"),
            ("/nowhere/a", "/nothing/b", "it is not clear which is in the drive"),
            ("", "/Cloud/a", "an empty name is neither SOURCE nor DEST"),
            ("cloud:Photos", "here", "it must start with '/'"),
            ("here", "cloud:/", "/ holds only clouds"),
        ],
    )
    def test_which_is_in_the_drive(self, cd2: Run, source: str, dest: str, why: str) -> None:
        result = cd2("sync", source, dest)
        assert result.code == 2
        assert why in result.err

    def test_a_missing_source(self, cd2: Run) -> None:
        result = cd2("sync", "/Cloud/nothing", "here")
        assert (result.code, result.err) == (5, "cd2: /Cloud/nothing does not exist\n")
        assert not Path("here").exists()

    def test_as_json(self, cd2: Run, photos: Path) -> None:
        result = cd2("--json", "sync", "photos", "/Cloud/Photos")
        assert {(done["source"], done["path"]) for done in result.events("done")} == {
            (str(photos / name), f"/Cloud/Photos/{name}") for name in ("a.jpg", "sub/b.jpg", "notes.txt")
        }
        assert result.events("summary")[0]["done"] == 3
        [compared] = result.events("compared")
        assert compared == {"event": "compared", "same": 0, "carried": 3, "skipped": 0, "deleted": 0, "failed": 0, "left": 0}
        assert [record["event"] for record in cd2("--json", "sync", "photos", "/Cloud/Photos").records] == ["summary", "compared"]

    def test_quiet(self, cd2: Run, photos: Path) -> None:
        result = cd2("-q", "sync", "photos", "/Cloud/Photos")
        assert (result.code, result.out, result.err) == (0, "", "")

    def test_what_is_left_out_and_what_fails_is_told_and_the_rest_goes_on(self, cd2: Run, photos: Path, seed: Seed) -> None:
        (photos / "link").symlink_to("/")
        (photos / "a?b").touch()
        seed({"Photos/notes.txt/inside": b"1"})
        result = cd2("sync", "photos", "/Cloud/Photos")
        assert result.code == 1
        assert "cd2: warning: link is left out: it is a link to a folder\n" in result.err
        assert f"cd2: {photos}/a?b: 'a?b': the cloud (115) refuses '?' in a name; rename it\n" in result.err
        assert f"{photos}/notes.txt: /Cloud/Photos/notes.txt is in the way of a file: it is a folder\n" in result.err
        assert "2 files uploaded, 2 failed" in result.out

    def test_a_report(self, cd2: Run, photos: Path) -> None:
        (photos / "a?b").touch()
        assert cd2("sync", "--report", "r.jsonl", "photos", "/Cloud/Photos").code == 1
        records = [json.loads(line) for line in Path("r.jsonl").read_text().splitlines()]
        assert sorted((Path(record["file"]).name, record["outcome"]) for record in records) == [
            ("a.jpg", "verified"),
            ("a?b", "failed"),
            ("b.jpg", "verified"),
            ("notes.txt", "verified"),
        ]

    def test_slowly(self, cd2: Run, photos: Path) -> None:
        assert cd2("sync", "--bwlimit", "1M", "photos", "/Cloud/Photos").code == 0
        assert "'fast' is no rate" in cd2("sync", "--bwlimit", "fast", "photos", "/Cloud/Photos").err


def test_killed_and_run_again(cd2: Run, spawn: Spawn, photos: Path, signed_in: RunningEmulator, tree_of: TreeOf) -> None:
    write(photos, {f"many/{number}": os.urandom(200_000) for number in range(40)})
    signed_in.faults.delay("RemoteReadData", 0.02)
    process = spawn("--json", "sync", "photos", "/Cloud/Photos")
    assert process.stdout is not None
    while b'"event": "done"' not in process.stdout.readline():
        pass
    process.kill()
    process.wait()
    again = cd2("--json", "sync", "photos", "/Cloud/Photos")
    assert again.code == 0, again.err
    assert again.events("compared")[0]["same"] > 0
    assert cd2("sync", "/Cloud/Photos", "copy").code == 0
    assert tree_of(photos.parent / "copy") == tree_of(photos)


class TestCheck:
    def test_the_same(self, cd2: Run, photos: Path) -> None:
        cd2("sync", "photos", "/Cloud/Photos")
        result = cd2("sync", "--check", "photos", "/Cloud/Photos")
        assert (result.code, result.out) == (0, "3 files the same, 0 differences\n")

    def test_what_differs(self, cd2: Run, photos: Path, tree_of: TreeOf) -> None:
        cd2("sync", "photos", "/Cloud/Photos")
        write(photos, {"a.jpg": b"longer", "new": b"1"})
        (photos / "notes.txt").unlink()
        before = tree_of(photos)
        result = cd2("sync", "--check", "photos", "/Cloud/Photos")
        assert result.code == 1
        assert result.lines == [
            "* a.jpg  (6 instead of 1 bytes)",
            "+ new  (only at the source)",
            "- notes.txt  (only at the destination)",
            "1 file the same, 3 differences",
        ]
        down = cd2("--json", "sync", "--check", "/Cloud/Photos", "photos")
        assert [(one["path"], one["difference"]) for one in down.events("checked")] == [
            ("a.jpg", "replace"),
            ("notes.txt", "add"),
            ("new", "extra"),
        ]
        assert down.events("compared")[0]["only_destination"] == 1
        assert tree_of(photos) == before

    def test_nothing_is_made(self, cd2: Run, photos: Path) -> None:
        assert cd2("sync", "--check", "photos", "/Cloud/Photos").code == 1
        assert cd2("stat", "/Cloud/Photos").code == 5

    def test_verbose_names_the_same_too(self, cd2: Run, photos: Path) -> None:
        cd2("sync", "photos", "/Cloud/Photos")
        result = cd2("-v", "sync", "--check", "--checksum", "photos", "/Cloud/Photos")
        assert result.lines[0] == "= a.jpg  (same content)"


class TestACloudThatKnowsNoHash:
    @pytest.fixture
    def emulator(self, emulator_factory: Callable[..., RunningEmulator]) -> RunningEmulator:
        return emulator_factory(clouds=(CloudOptions("Cloud", knows=()),))

    def test_a_remark_says_so(self, cd2: Run, photos: Path) -> None:
        cd2("sync", "photos", "/Cloud/Photos")
        result = cd2("sync", "--checksum", "photos", "/Cloud/Photos")
        assert (result.code, result.out) == (0, "3 files the same\n")
        assert result.err == "3 files compared by size only: the cloud knows nothing else of them\n"


class TestDryRun:
    def test_changes_nothing(self, cd2: Run, photos: Path, seed: Seed) -> None:
        seed({"Photos/a.jpg": b"other", "Photos/old/x": b"1"})
        result = cd2("sync", "--dry-run", "--delete", "photos", "/Cloud/Photos")
        assert result.code == 0
        assert result.lines == [
            "replace     /Cloud/Photos/a.jpg  1 B (1 instead of 5 bytes)",
            "upload      /Cloud/Photos/notes.txt  1 B (only at the source)",
            "upload      /Cloud/Photos/sub/b.jpg  2 B (only at the source)",
            "delete      /Cloud/Photos/old/x  1 B (only at the destination)",
            "delete      /Cloud/Photos/old (a folder, if nothing is left in it)",
            "0 files the same",
        ]
        assert cd2("cat", "/Cloud/Photos/a.jpg").raw == b"other"
        assert cd2("sync", "--check", "--exclude", "*", "photos", "/Cloud/Photos").code == 0

    def test_says_when_nothing_would_be_deleted(self, cd2: Run, photos: Path, seed: Seed) -> None:
        seed({"Photos/x": b"1", "Photos/y": b"1"})
        result = cd2("sync", "-n", "--delete", "--max-delete", 1, "photos", "/Cloud/Photos")
        assert result.code == 1
        assert result.err == "cd2: warning: nothing is deleted: it would be 2 files, and the limit is 1 (--max-delete)\n"
        assert cd2("sync", "-n", "photos", "/Cloud/Photos").code == 0

    def test_as_json(self, cd2: Run, photos: Path) -> None:
        result = cd2("--json", "sync", "-n", "photos", "/Cloud/Photos")
        assert result.records[0] == {
            "event": "plan",
            "action": "upload",
            "source": str(photos / "a.jpg"),
            "path": "/Cloud/Photos/a.jpg",
            "bytes": 1,
            "route": None,
            "reason": "only at the source",
        }


class TestDelete:
    def test_up(self, cd2: Run, photos: Path, seed: Seed) -> None:
        seed({"Photos/old/x": b"1", "Photos/y": b"2"})
        result = cd2("sync", "--delete", "--yes", "photos", "/Cloud/Photos")
        assert (result.code, result.err) == (0, "")
        assert result.lines[-4:] == [
            "/Cloud/Photos/y  deleted",
            "/Cloud/Photos/old/x  deleted",
            "/Cloud/Photos/old  deleted",
            "0 files the same, 3 deleted",
        ]
        assert cd2("sync", "--check", "photos", "/Cloud/Photos").code == 0

    def test_down_as_json(self, cd2: Run, photos: Path, seed: Seed, tree_of: TreeOf) -> None:
        seed({"Photos/a.jpg": b"a"})
        result = cd2("--json", "sync", "--delete", "--yes", "/Cloud/Photos", "photos")
        assert result.code == 0
        assert [(one["path"], one["kind"]) for one in result.events("deleted")] == [
            (str(photos / "notes.txt"), "file"),
            (str(photos / "sub/b.jpg"), "file"),
            (str(photos / "sub"), "folder"),
        ]
        assert result.events("compared")[0]["deleted"] == 3
        assert tree_of(photos) == {"a.jpg": b"a"}

    def test_nobody_can_answer(self, cd2: Run, photos: Path) -> None:
        result = cd2("sync", "--delete", "photos", "/Cloud/Photos")
        assert result.code == 2
        assert "--delete asks before it deletes; where nobody can answer, say --yes" in result.err

    def test_not_after_a_failure(self, cd2: Run, photos: Path, seed: Seed, signed_in: RunningEmulator) -> None:
        seed({"Photos/x": b"1"})
        signed_in.faults.disk_full()
        result = cd2("sync", "--delete", "--yes", "photos", "/Cloud/Photos")
        assert result.code == 1
        assert re.search(r"nothing is deleted, because \d of the files failed; run it again when they are through\n", result.err)
        assert cd2("stat", "/Cloud/Photos/x").code == 0

    def test_too_many(self, cd2: Run, photos: Path, seed: Seed) -> None:
        seed({"Photos/x": b"1", "Photos/y": b"1"})
        result = cd2("sync", "--delete", "--yes", "--max-delete", 1, "photos", "/Cloud/Photos")
        assert result.code == 1
        assert "nothing is deleted: it would be 2 files, and the limit is 1 (--max-delete)\n" in result.err
        assert cd2("stat", "/Cloud/Photos/x").code == 0
        assert cd2("sync", "--delete", "--yes", "--max-delete", 2, "photos", "/Cloud/Photos").code == 0

    def test_an_empty_source(self, cd2: Run, tmp_path: Path, seed: Seed) -> None:
        seed({"Photos/x": b"1"})
        (tmp_path / "empty").mkdir()
        result = cd2("sync", "--delete", "--yes", tmp_path / "empty", "/Cloud/Photos")
        assert result.code == 1
        assert "the source is empty, and 1 file would go; if that is meant, say --max-delete" in result.err

    @pytest.mark.parametrize(
        ("options", "why"),
        [
            (["--delete-excluded"], "--delete-excluded goes with --delete"),
            (["--check", "--dry-run"], "two different questions"),
        ],
    )
    def test_options_that_contradict(self, cd2: Run, options: list[str], why: str) -> None:
        result = cd2("sync", *options, "a", "/Cloud/a")
        assert result.code == 2
        assert why in result.err


class TestFilters:
    def test_include(self, cd2: Run, photos: Path, tree_of: TreeOf) -> None:
        assert cd2("sync", "--include", "*.{jpg,png}", "photos", "/Cloud/Photos").code == 0
        assert cd2("sync", "/Cloud/Photos", "copy").code == 0
        assert set(tree_of(photos.parent / "copy")) == {"a.jpg", "sub/b.jpg"}

    def test_rules_from_files_and_from_standard_input(self, cd2: Run, photos: Path) -> None:
        Path("rules").write_text("# pictures only\n+ *.jpg\n- *\n")
        names = [["--filter-from", "rules"], ["--include-from", "-"], ["--files-from", "-"]]
        stdin = ["", "*.jpg\n", "a.jpg\nsub/b.jpg\n"]
        for options, text in zip(names, stdin, strict=True):
            result = cd2("--json", "sync", "-n", *options, "photos", "/Cloud/Photos", stdin=text)
            assert [Path(one["source"]).name for one in result.events("plan")] == ["a.jpg", "b.jpg"]

    def test_sizes_and_ages(self, cd2: Run, photos: Path) -> None:
        def taken(*options: str) -> list[str]:
            return [
                Path(one["source"]).name for one in cd2("--json", "sync", "-n", *options, "photos", "/Cloud/P").events("plan")
            ]

        assert taken("--min-size", "2B") == ["b.jpg"]
        assert taken("--max-size", "1B") == ["a.jpg", "notes.txt"]
        assert taken("--max-age", "1d") == []
        assert taken("--min-age", "1d", "--exclude", "sub/") == ["a.jpg", "notes.txt"]

    @pytest.mark.parametrize(
        ("options", "why"),
        [
            (["--include", "a["], "the filter pattern 'a[' cannot be used: '[' without ']'"),
            (["--filter", "*.jpg"], "'*.jpg' is no filter rule"),
            (["--exclude-from", "nothing"], "the filter file nothing cannot be read: No such file or directory"),
            (["--max-age", "old"], "'old' is no age; write 30m"),
        ],
    )
    def test_what_cannot_be_used(self, cd2: Run, photos: Path, options: list[str], why: str) -> None:
        result = cd2("sync", *options, "photos", "/Cloud/Photos")
        assert result.code == 2
        assert why in result.err
