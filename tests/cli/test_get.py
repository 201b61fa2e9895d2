"""``cd2 get`` and ``cd2 cat``: what arrives here, under which name, and what is left alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]
Seed = Callable[[Mapping[str, bytes]], None]
MIB = 1 << 20


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the downloads go."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


class TestGet:
    def test_into_this_folder(self, cd2: Run, seed: Seed, here: Path) -> None:
        seed({"a b.txt": b"hello"})
        result = cd2("get", "/Cloud/a b.txt")
        assert (result.code, result.err) == (0, "")
        assert result.out.startswith("/Cloud/a b.txt -> a b.txt  5 B in ")
        assert (here / "a b.txt").read_bytes() == b"hello"

    def test_under_another_name(self, cd2: Run, seed: Seed, here: Path) -> None:
        seed({"a": b"hello"})
        assert cd2("get", "/Cloud/a", "new/place/b").code == 0
        assert (here / "new/place/b").read_bytes() == b"hello"

    def test_several_need_a_folder(self, cd2: Run, seed: Seed, here: Path) -> None:
        seed({"a": b"1", "b": b"2"})
        result = cd2("get", "/Cloud/a", "/Cloud/b", "nowhere")
        assert result.code == 2
        assert result.err.startswith("cd2: several sources need a folder: write nowhere/ to make it one")
        assert cd2("get", "/Cloud/a", "/Cloud/b", "nowhere/").code == 0
        assert sorted(path.name for path in (here / "nowhere").iterdir()) == ["a", "b"]

    def test_a_missing_one_does_not_stop_the_others(self, cd2: Run, seed: Seed, here: Path) -> None:
        seed({"a": b"1"})
        result = cd2("get", "/Cloud/nothing", "/Cloud/a", "out/")
        assert result.code == 1
        assert result.err.startswith("cd2: /Cloud/nothing: ")
        assert (here / "out/a").read_bytes() == b"1"

    def test_a_missing_one(self, cd2: Run) -> None:
        assert cd2("get", "/Cloud/nothing").code == 5

    def test_an_empty_name_is_no_place(self, cd2: Run) -> None:
        result = cd2("get", "/Cloud/a", "")
        assert (result.code, result.err) == (2, "cd2: an empty name is no DEST (see 'cd2 get --help')\n")

    def test_what_is_there_with_the_same_size_is_left(self, cd2: Run, seed: Seed, here: Path) -> None:
        seed({"a": b"hello"})
        (here / "a").write_bytes(b"HELLO")
        result = cd2("get", "/Cloud/a")
        assert (result.code, result.out) == (0, "/Cloud/a -> a  skipped: already there with the same size\n")
        assert (here / "a").read_bytes() == b"HELLO"

    @pytest.mark.parametrize(
        ("choice", "code", "there"),
        [("auto", 1, {"a": b"old"}), ("fail", 1, {"a": b"old"}), ("skip", 0, {"a": b"old"}),
         ("overwrite", 0, {"a": b"hello"}), ("rename", 0, {"a": b"old", "a (1)": b"hello"})],
    )  # fmt: skip
    def test_other_content(
        self,
        cd2: Run,
        seed: Seed,
        here: Path,
        tree_of: Callable[[Path], dict[str, bytes]],
        choice: str,
        code: int,
        there: dict[str, bytes],
    ) -> None:
        seed({"a": b"hello"})
        (here / "a").write_bytes(b"old")
        result = cd2("get", "--if-exists", choice, "/Cloud/a")
        assert result.code == code
        if code:
            assert result.err == "cd2: /Cloud/a: a exists (see --if-exists)\n"
        assert tree_of(here) == there

    def test_json(self, cd2: Run, seed: Seed) -> None:
        seed({"a": b"hello", "b": b"x" * MIB})
        result = cd2("--json", "get", "/Cloud/a", "/Cloud/b", "out/")
        assert (result.code, result.err) == (0, "")
        assert {(done["source"], done["path"], done["bytes"]) for done in result.events("done")} == {
            ("/Cloud/a", "out/a", 5),
            ("/Cloud/b", "out/b", MIB),
        }
        assert result.events("summary")[0]["done"] == 2

    def test_a_bandwidth_limit(self, cd2: Run, seed: Seed, here: Path) -> None:
        seed({"a": b"hello"})
        assert cd2("get", "--bwlimit", "10M:20M", "/Cloud/a").code == 0
        assert cd2("cat", "--bwlimit", "00:00,1G 12:00,off", "/Cloud/a").raw == b"hello"
        assert cd2("put", "--bwlimit", "1G", here / "a", "/Cloud/b").code == 0
        for verb in (["get", "/Cloud/a"], ["cat", "/Cloud/a"], ["put", "a", "/Cloud/"]):
            result = cd2(*verb, "--bwlimit", "fast")
            assert (result.code, result.err.partition(";")[0]) == (2, "cd2: 'fast' is no rate")

    def test_a_place_that_cannot_be_written(self, cd2: Run, seed: Seed, here: Path) -> None:
        seed({"a": b"hello"})
        (here / "file").write_bytes(b"")
        result = cd2("get", "/Cloud/a", "file/below/")
        assert result.code == 1
        assert "Not a directory" in result.err


class TestStandardOutput:
    def test_cat(self, cd2: Run, seed: Seed) -> None:
        seed({"a": bytes(range(256)), "b": b"more"})
        assert cd2("cat", "/Cloud/a", "/Cloud/b").raw == bytes(range(256)) + b"more"
        assert cd2("cat", "--start", 2, "--length", 3, "/Cloud/a").raw == b"\2\3\4"
        assert cd2("get", "/Cloud/b", "-").raw == b"more"

    @pytest.mark.parametrize("arguments", [["cat", "/Cloud/folder"], ["get", "/Cloud/folder", "-"]], ids=["cat", "get"])
    def test_a_folder_has_no_bytes(self, cd2: Run, arguments: list[str]) -> None:
        cd2("mkdir", "/Cloud/folder")
        result = cd2(*arguments)
        assert (result.code, result.out) == (1, "")
        assert result.err == "cd2: /Cloud/folder is a folder; 'cd2 get' downloads it\n"

    def test_nothing_there(self, cd2: Run) -> None:
        assert cd2("cat", "/Cloud/nothing").code == 5

    @pytest.mark.parametrize("arguments", [["cat", "/Cloud/a"], ["get", "/Cloud/a", "-"]], ids=["cat", "get"])
    def test_bytes_are_no_json(self, cd2: Run, arguments: list[str]) -> None:
        result = cd2("--json", *arguments)
        assert (result.code, result.out) == (2, "")


class TestFolders:
    FILES: ClassVar = {"tree/a": b"1", "tree/sub/b": b"22", "tree/sub/deep/中文 #1": "三".encode()}

    def test_everything_in_it(self, cd2: Run, seed: Seed, here: Path, tree_of: Callable[[Path], dict[str, bytes]]) -> None:
        seed(self.FILES)
        cd2("mkdir", "/Cloud/tree/nothing here")
        result = cd2("--json", "get", "/Cloud/tree", "copy")
        assert (result.code, result.err) == (0, "")
        assert tree_of(here / "copy") == {name.removeprefix("tree/"): data for name, data in self.FILES.items()}
        assert (here / "copy/nothing here").is_dir()
        for name in self.FILES:
            entry = cd2("--json", "stat", f"/Cloud/{name}").record
            modified = datetime.fromisoformat(entry["modified"]).timestamp()
            assert (here / "copy" / name.removeprefix("tree/")).stat().st_mtime == pytest.approx(modified, abs=0.01)
        assert {done["verified"] for done in result.events("done")} == {"hash"}

    @pytest.mark.parametrize(("verify", "by"), [("size", "size"), ("none", None), ("hash", "hash"), ("auto", "hash")])
    def test_what_was_compared(self, cd2: Run, seed: Seed, verify: str, by: str | None) -> None:
        seed({"a": b"hello"})
        assert cd2("--json", "get", "--verify", verify, "/Cloud/a").events("done")[0]["verified"] == by

    def test_what_is_there_is_compared_by_hash_when_told(self, cd2: Run, seed: Seed, here: Path) -> None:
        seed({"a": b"hello", "b": b"world"})
        (here / "a").write_bytes(b"hello")
        (here / "b").write_bytes(b"WORLD")
        result = cd2("--json", "get", "--verify", "hash", "/Cloud/a", "/Cloud/b", ".")
        [skipped] = result.events("done")
        assert (skipped["source"], skipped["skipped"], skipped["verified"]) == ("/Cloud/a", True, "hash")
        assert skipped["reason"] == "already there with the same hash"
        [failed] = result.events("failed")
        assert (failed["source"], failed["error"]) == ("/Cloud/b", "b exists (see --if-exists)")
        assert (here / "b").read_bytes() == b"WORLD"

    def test_skipped_is_no_proof(self, cd2: Run, seed: Seed, here: Path) -> None:
        seed({"a": b"hello"})
        (here / "a").write_bytes(b"something else")
        [skipped] = cd2("--json", "get", "--if-exists", "skip", "/Cloud/a").events("done")
        assert (skipped["skipped"], skipped["verified"], skipped["reason"]) == (True, None, "already there")

    def test_one_that_fails_does_not_stop_the_others(self, cd2: Run, seed: Seed, here: Path, signed_in: RunningEmulator) -> None:
        seed(self.FILES)
        signed_in.faults.refuse_download(code=403)
        result = cd2("--json", "get", "-j", 1, "/Cloud/tree", "copy")
        assert result.code == 1
        assert [failed["source"] for failed in result.events("failed")] == ["/Cloud/tree/a"]
        assert len(result.events("done")) == 2
        assert result.events("summary")[0]["failed"] == 1
        assert cd2("get", "/Cloud/tree/a", "copy/").code == 0

    def test_a_link_in_the_place_of_a_file_is_replaced_not_followed(
        self, cd2: Run, seed: Seed, here: Path, tmp_path: Path
    ) -> None:
        seed(self.FILES)
        (tmp_path / "theirs").write_bytes(b"theirs")
        (here / "a").symlink_to(tmp_path / "theirs")
        assert cd2("get", "/Cloud/tree/a").code == 1
        assert cd2("get", "--overwrite", "/Cloud/tree/a").code == 0
        assert (here / "a").read_bytes() == b"1" and not (here / "a").is_symlink()
        assert (tmp_path / "theirs").read_bytes() == b"theirs"

    def test_a_link_among_the_folders(self, cd2: Run, seed: Seed, here: Path, tmp_path: Path) -> None:
        seed(self.FILES)
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        (here / "tree").mkdir()
        (here / "tree/sub").symlink_to(elsewhere)
        result = cd2("get", "/Cloud/tree")
        assert result.code == 1
        assert "tree/sub is a link, and nothing is written through it; remove it first" in result.err
        assert list(elsewhere.iterdir()) == []
        assert (here / "tree/a").read_bytes() == b"1"

    def test_a_file_where_a_folder_should_be(self, cd2: Run, seed: Seed, here: Path) -> None:
        seed(self.FILES)
        (here / "tree").mkdir()
        (here / "tree/sub").write_bytes(b"mine")
        result = cd2("get", "/Cloud/tree")
        assert (result.code, (here / "tree/sub").read_bytes()) == (1, b"mine")
        assert "tree/sub is a file; a folder cannot take its place" in result.err


def test_killed_and_gone_on_with(
    cd2: Run, spawn: Callable[..., Any], signed_in: RunningEmulator, here: Path, make_file: Callable[..., Path]
) -> None:
    size = 48 * MIB
    big = make_file("big", size)
    assert cd2("put", big, "/Cloud/").code == 0
    first = spawn("get", "--bwlimit", "8M", "/Cloud/big", cwd=here)
    # The notes appear in one step, two seconds after the first byte.
    while not (notes := list(here.glob(".*.notes"))):
        assert first.poll() is None
    first.kill()
    first.wait()
    spans = json.loads(notes[0].read_text())["spans"]
    there = sum(end - start for start, end in spans)
    assert 0 < there < size
    signed_in.calls.clear()
    assert cd2("get", "/Cloud/big").code == 0
    assert (here / "big").read_bytes() == big.read_bytes()
    assert [path.name for path in here.iterdir()] == ["big"]
    assert sum(answer.stop - answer.start for answer in signed_in.calls.sent_files) == size - there


def test_escaped_names_come_back(cd2: Run, make_file: Callable[..., Path], tmp_path: Path) -> None:
    folder = make_file("a:b/why?.txt", 10).parent
    assert cd2("put", "--escape-names", folder, "/Cloud/").code == 0
    assert cd2("get", "--unescape-names", "/Cloud/a：b", f"{tmp_path}/").code == 0
    assert (tmp_path / "a:b" / "why?.txt").read_bytes() == (folder / "why?.txt").read_bytes()


def test_a_report(cd2: Run, make_file: Callable[..., Path], tmp_path: Path) -> None:
    assert cd2("put", make_file("a.bin", 10), "/Cloud/").code == 0
    report = tmp_path / "report.jsonl"
    assert cd2("get", "--report", report, "/Cloud/a.bin", f"{tmp_path}/").code == 0
    record = json.loads(report.read_text())
    assert (record["outcome"], record["source"], record["file"]) == ("verified", "/Cloud/a.bin", str(tmp_path / "a.bin"))
