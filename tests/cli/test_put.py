"""``cd2 put``: where things go, what is said about it, and what the exit code tells."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.cli.local_tree import walk
from clouddrive2.cli.transfers import Item
from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]
MakeFile = Callable[..., Path]
MIB = 1 << 20
FIELDS = {"event", "source", "path", "bytes", "route", "seconds", "verified", "instant", "error"}


class TestWhere:
    def test_into_a_folder(self, cd2: Run, make_file: MakeFile) -> None:
        source = make_file("film.mkv", 3 * MIB)
        result = cd2("put", source, "/Cloud/new/Movies/")
        assert (result.code, result.err) == (0, "")
        assert result.out.startswith(f"{source} -> /Cloud/new/Movies/film.mkv  3.0 MiB in ")
        assert result.out.endswith("verified by hash\n")
        assert cd2("cat", "/Cloud/new/Movies/film.mkv").raw == source.read_bytes()

    def test_under_another_name(self, cd2: Run, make_file: MakeFile) -> None:
        source = make_file("a.bin", 100)
        assert cd2("put", source, "/Cloud/Film (2024).mkv").code == 0
        assert cd2("cat", "/Cloud/Film (2024).mkv").raw == source.read_bytes()

    def test_into_a_folder_that_exists_without_a_slash(self, cd2: Run, make_file: MakeFile) -> None:
        cd2("mkdir", "/Cloud/there")
        assert cd2("put", make_file("a.bin", 100), "/Cloud/there").code == 0
        assert cd2("ls", "/Cloud/there").lines == ["a.bin"]

    def test_a_folder_with_awkward_names(
        self, cd2: Run, awkward: Path, tmp_path: Path, tree_of: Callable[[Path], dict[str, bytes]]
    ) -> None:
        (awkward / "empty folder").mkdir()
        result = cd2("put", awkward, "/Cloud/")
        assert result.code == 0, result.err
        assert result.lines[-1].startswith("6 files uploaded")
        assert cd2("get", "/Cloud/awkward", tmp_path / "back").code == 0
        assert tree_of(tmp_path / "back") == tree_of(awkward)
        assert (tmp_path / "back" / "empty folder").is_dir()

    def test_a_source_named_twice_is_taken_once(
        self, cd2: Run, make_file: MakeFile, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        source, other = make_file("a.bin", 100), make_file("b.bin", 100)
        monkeypatch.chdir(source.parent)
        result = cd2("put", "--jobs", "1", source, "b.bin", "./a.bin", source, other, "/Cloud/")
        assert (result.code, result.err) == (0, "")
        assert [line.split(" -> ")[0] for line in result.lines[:-1]] == [str(source), "b.bin"]
        folder = make_file("in/c.bin", 100).parent
        assert len(cd2("put", folder, f"{folder}/", "/Cloud/").lines) == 1

    def test_a_name_with_a_leading_dash(self, cd2: Run, awkward: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(awkward)
        assert cd2("put", "--", "-dash", "/Cloud/").code == 0
        assert cd2("ls", "/Cloud").lines == ["-dash"]

    def test_a_dot_is_the_folder_it_stands_for(self, cd2: Run, awkward: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(awkward / "deep")
        assert cd2("put", ".", "/Cloud/").code == 0
        assert cd2("find", "/Cloud", "--type", "f").lines == ["/Cloud/deep/er/ümlaut é"]

    @pytest.mark.parametrize("arguments", [["x"], []], ids=["one", "none"])
    def test_without_a_destination(self, cd2: Run, arguments: list[str]) -> None:
        result = cd2("put", *arguments)
        assert result.code == 2
        assert "SOURCE" in result.err and "(see 'cd2 put --help')" in result.err

    def test_several_sources_need_a_folder(self, cd2: Run, make_file: MakeFile) -> None:
        result = cd2("put", make_file("a", 1), make_file("b", 1), "/Cloud/c")
        assert result.code == 2
        assert result.err == "cd2: several sources need a folder: write /Cloud/c/ to make it one (see 'cd2 put --help')\n"

    def test_a_relative_destination(self, cd2: Run, make_file: MakeFile) -> None:
        result = cd2("put", make_file("a", 1), "Cloud/")
        assert (result.code, result.err) == (
            2,
            "cd2: 'Cloud/' is no path in the drive: it must start with '/', as in /115/Movies\n",
        )

    def test_a_file_is_no_folder(self, cd2: Run, make_file: MakeFile) -> None:
        cd2("put", make_file("a", 1), "/Cloud/")
        result = cd2("put", make_file("b", 1), "/Cloud/a/")
        assert (result.code, result.err) == (1, "cd2: /Cloud/a is a file, not a folder\n")


class TestSources:
    def test_a_missing_one(self, cd2: Run, tmp_path: Path) -> None:
        result = cd2("put", tmp_path / "nothing", "/Cloud/")
        assert (result.code, result.err) == (5, f"cd2: {tmp_path}/nothing: No such file or directory\n")

    def test_a_missing_one_does_not_stop_the_others(self, cd2: Run, tmp_path: Path, make_file: MakeFile) -> None:
        result = cd2("put", tmp_path / "nothing", make_file("a", 1), "/Cloud/")
        assert result.code == 1
        assert result.lines[-1].startswith("1 file uploaded, 1 failed; ")
        assert cd2("ls", "/Cloud").lines == ["a"]

    def test_neither_file_nor_folder(self, cd2: Run, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        result = cd2("put", tmp_path / "pipe", "/Cloud/")
        assert (result.code, result.err) == (1, f"cd2: {tmp_path}/pipe: it is neither a file nor a folder\n")

    def test_what_is_left_out_of_a_folder_is_said(self, cd2: Run, awkward: Path) -> None:
        os.mkfifo(awkward / "pipe")
        (awkward / "loop").symlink_to(awkward, target_is_directory=True)
        (awkward / "same").symlink_to(awkward / "-dash")
        result = cd2("put", awkward, "/Cloud/")
        assert result.code == 0
        assert sorted(result.err.splitlines()) == [
            f"cd2: warning: {awkward}/loop is left out: it is a link to a folder",
            f"cd2: warning: {awkward}/pipe is left out: it is neither a file nor a folder",
        ]
        assert cd2("cat", "/Cloud/awkward/same").raw == b"dash"

    def test_a_name_that_is_no_text(self, cd2: Run, tmp_path: Path) -> None:
        folder = tmp_path / "odd"
        folder.mkdir()
        Path(os.fsdecode(bytes(folder) + b"/\xff")).write_bytes(b"x")
        result = cd2("put", folder, "/Cloud/")
        assert result.code == 1
        assert "odd/\\udcff: the name is no UTF-8 text, as the server needs it; rename it" in result.err

    @pytest.mark.parametrize("dry", [["--dry-run"], []], ids=["dry", "real"])
    @pytest.mark.parametrize("arguments", [["", "/Cloud/"], ["a", "", "/Cloud/"], ["a", ""]], ids=["only", "among", "dest"])
    def test_an_empty_name_is_nothing(
        self,
        cd2: Run,
        signed_in: RunningEmulator,
        dry: list[str],
        arguments: list[str],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.chdir(tmp_path)
        result = cd2("put", *dry, *arguments)
        assert (result.code, result.out) == (2, "")
        assert "an empty name" in result.err
        assert signed_in.calls.count("StartRemoteUpload") == 0

    def test_a_walk_of_nothing_finds_nothing(self) -> None:
        (item,) = walk("", "/Cloud/x")
        assert isinstance(item, Item) and item.error is not None

    def test_a_link_that_leads_in_circles(self, cd2: Run, awkward: Path) -> None:
        (awkward / "circle").symlink_to("circle")
        result = cd2("put", awkward, "/Cloud/")
        assert result.code == 1
        assert result.err == f"cd2: {awkward}/circle: Too many levels of symbolic links\n"
        assert len(cd2("find", "/Cloud", "--type", "f").lines) == 6


class TestTaken:
    def test_the_same_content_is_skipped(self, cd2: Run, signed_in: RunningEmulator, make_file: MakeFile) -> None:
        source = make_file("a.bin", 1000)
        cd2("put", source, "/Cloud/")
        result = cd2("put", source, "/Cloud/")
        assert (result.code, result.out) == (
            0,
            f"{source} -> /Cloud/a.bin  skipped: the same content is there already\n",
        )
        assert signed_in.calls.count("StartRemoteUpload") == 1

    @pytest.mark.parametrize(
        ("choice", "code", "there"),
        [("auto", 1, {"a": b"old"}), ("fail", 1, {"a": b"old"}), ("skip", 0, {"a": b"old"}),
         ("overwrite", 0, {"a": b"newer"}), ("rename", 0, {"a": b"old", "a (1)": b"newer"})],
    )  # fmt: skip
    def test_other_content(self, cd2: Run, tmp_path: Path, choice: str, code: int, there: dict[str, bytes]) -> None:
        source = tmp_path / "a"
        source.write_bytes(b"old")
        cd2("put", source, "/Cloud/")
        source.write_bytes(b"newer")
        result = cd2("put", "--if-exists", choice, source, "/Cloud/")
        assert result.code == code
        if code:
            assert result.err.startswith(f"cd2: {source}: /Cloud/a exists already")
        assert {name: cd2("cat", f"/Cloud/{name}").raw for name in cd2("ls", "/Cloud").lines} == there

    def test_an_unknown_choice(self, cd2: Run) -> None:
        result = cd2("put", "--if-exists", "maybe", "a", "/Cloud/")
        assert result.code == 2
        assert "'auto', 'skip', 'overwrite', 'rename', 'fail'" in result.err


class TestVerifying:
    def test_a_wrong_hash_is_no_success(self, cd2: Run, signed_in: RunningEmulator, make_file: MakeFile) -> None:
        signed_in.faults.lie_about_hash()
        result = cd2("put", make_file("a.bin", 100), "/Cloud/")
        assert result.code == 1
        assert "/Cloud/a.bin" in result.err

    @pytest.mark.parametrize(
        ("how", "said"), [("hash", "verified by hash"), ("size", "verified by size"), ("none", "not verified")]
    )
    def test_as_asked(self, cd2: Run, make_file: MakeFile, how: str, said: str) -> None:
        result = cd2("put", "--verify", how, make_file("a.bin", 100), "/Cloud/")
        assert result.code == 0
        assert result.out.endswith(f"{said}\n")

    def test_known_hashes_make_it_instant(self, cd2: Run, signed_in: RunningEmulator, make_file: MakeFile) -> None:
        source = make_file("a.bin", 2 * MIB)
        cd2("put", source, "/Cloud/")
        before = signed_in.calls.count("RemoteReadData")
        result = cd2("put", "--known-hashes", source, "/Cloud/again")
        assert result.out.endswith("2.0 MiB instantly, verified by hash\n")
        assert signed_in.calls.count("RemoteReadData") == before


class TestJson:
    def test_one_object_per_line_and_nothing_else(self, cd2: Run, make_file: MakeFile) -> None:
        source = make_file("a.bin", 4 * MIB)
        result = cd2("put", source, "/Cloud/", "--json")
        assert (result.code, result.err) == (0, "")
        assert all(record.keys() >= FIELDS for record in result.records)
        progress, (done,), (summary,) = (result.events(name) for name in ("progress", "done", "summary"))
        assert progress and all(record["total"] == 4 * MIB for record in progress)
        assert done["source"] == str(source)
        assert done["path"] == "/Cloud/a.bin"
        assert (done["bytes"], done["route"], done["verified"], done["instant"], done["error"]) == (
            4 * MIB, "remote", "hash", False, None,
        )  # fmt: skip
        assert (summary["done"], summary["failed"], summary["skipped"], summary["bytes"]) == (1, 0, 0, 4 * MIB)

    def test_a_failure_is_an_event_too(self, cd2: Run, tmp_path: Path, make_file: MakeFile) -> None:
        result = cd2("--json", "put", tmp_path / "nothing", make_file("a", 1), "/Cloud/")
        assert (result.code, result.err) == (1, "")
        (failed,) = result.events("failed")
        assert (failed["source"], failed["error"], failed["kind"]) == (
            str(tmp_path / "nothing"), "No such file or directory", "FileNotFoundError",
        )  # fmt: skip
        assert result.events("summary")[0]["failed"] == 1

    def test_what_ends_the_command_is_on_stderr(self, run: Run, make_file: MakeFile) -> None:
        result = run("--url", "127.0.0.1:1", "--api-token", "x", "--json", "put", make_file("a", 1), "/Cloud/")
        assert (result.code, result.out) == (3, "")
        error = json.loads(result.err)
        assert (error["event"], error["kind"], error["exit_code"]) == ("error", "ConnectError", 3)

    def test_wrong_usage(self, run: Run) -> None:
        result = run("--json", "put", "--nonsense", "a", "b")
        assert (result.code, result.out) == (2, "")
        assert json.loads(result.err)["kind"] == "Usage"


class TestQuietAndDry:
    def test_quiet_says_nothing_when_all_is_well(self, cd2: Run, awkward: Path) -> None:
        result = cd2("-q", "put", awkward, "/Cloud/")
        assert (result.code, result.out, result.err) == (0, "", "")

    def test_quiet_still_says_what_failed(self, cd2: Run, tmp_path: Path) -> None:
        result = cd2("put", "-q", tmp_path / "nothing", "/Cloud/")
        assert (result.code, result.out) == (5, "")
        assert "No such file" in result.err

    def test_a_dry_run_sends_nothing(self, cd2: Run, signed_in: RunningEmulator, awkward: Path) -> None:
        result = cd2("put", "--dry-run", "--json", awkward, "/Cloud/")
        assert result.code == 0
        actions = {record["path"]: record["action"] for record in result.events("plan")}
        assert actions["/Cloud/awkward"] == "make folder"
        assert actions["/Cloud/awkward/中文 文件.txt"] == "upload"
        assert cd2("ls", "/Cloud").out == ""
        assert signed_in.calls.count("StartRemoteUpload") == 0

    def test_a_dry_run_says_what_would_fail(self, cd2: Run, tmp_path: Path) -> None:
        source = tmp_path / "a"
        source.write_bytes(b"old")
        cd2("put", source, "/Cloud/")
        source.write_bytes(b"newer")
        result = cd2("put", "-n", source, "/Cloud/")
        assert result.code == 1
        assert result.out == f"fail        {source} -> /Cloud/a  5 B (another file is there, of 3 bytes)\n"


def test_a_broken_channel_is_told_and_taken_up(cd2: Run, signed_in: RunningEmulator, make_file: MakeFile) -> None:
    signed_in.faults.drop_channel(after_messages=5)
    source = make_file("a.bin", 16 * MIB)
    result = cd2("put", source, "/Cloud/")
    assert result.code == 0
    assert result.err.splitlines() == ["upload channel ended, opening it again", "upload channel is back"]
    assert cd2("cat", "/Cloud/a.bin").raw == source.read_bytes()
