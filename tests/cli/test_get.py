"""``cd2 get`` and ``cd2 cat``: what arrives here, under which name, and what is left alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

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
