"""``mkdir``, ``mv``, ``cp``, ``rm``: the shell's meaning, on a server that has another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]
Seed = Callable[[Mapping[str, bytes]], None]


@pytest.fixture
def emulator(emulator_factory: Callable[..., RunningEmulator]) -> RunningEmulator:
    """Two clouds."""
    return emulator_factory(clouds=("Cloud", "Other Cloud"))


@pytest.fixture
def there(cd2: Run) -> Callable[[], dict[str, bytes]]:
    """Every file of the drive, with its bytes."""

    def read() -> dict[str, bytes]:
        return {path: cd2("cat", path).raw for path in cd2("find", "/", "--type", "f").lines}

    return read


There = Callable[[], dict[str, bytes]]


class TestMakeFolder:
    def test_one(self, cd2: Run) -> None:
        result = cd2("mkdir", "/Cloud/中文 #1")
        assert (result.code, result.out) == (0, "/Cloud/中文 #1/\n")

    def test_it_exists(self, cd2: Run) -> None:
        cd2("mkdir", "/Cloud/a")
        result = cd2("mkdir", "/Cloud/a")
        assert result.code == 1
        assert "exists already" in result.err
        assert cd2("mkdir", "-p", "/Cloud/a").code == 0

    def test_with_parents(self, cd2: Run) -> None:
        result = cd2("mkdir", "/Cloud/a/b/c")
        assert (result.code, result.err) == (
            5,
            "cd2: /Cloud/a/b/c: there is no folder /Cloud/a/b; 'cd2 mkdir -p' makes it too\n",
        )
        assert cd2("mkdir", "-p", "/Cloud/a/b/c").code == 0
        assert cd2("find", "/Cloud").lines == ["/Cloud/a/", "/Cloud/a/b/", "/Cloud/a/b/c/"]

    @pytest.mark.parametrize("options", [[], ["-p"]])
    def test_below_a_file(self, cd2: Run, seed: Callable[[dict[str, bytes]], None], options: list[str]) -> None:
        seed({"a": b"file"})
        result = cd2("mkdir", *options, "/Cloud/a/b")
        assert result.code != 0
        assert "/Cloud/a" in result.err
        assert "mkdir -p" not in result.err
        assert cd2("ls", "/Cloud").lines == ["a"]

    def test_json(self, cd2: Run) -> None:
        assert cd2("--json", "mkdir", "/Cloud/a").record == {"path": "/Cloud/a", "kind": "folder"}


class TestMove:
    @pytest.mark.parametrize(
        ("dest", "path"),
        [("/Cloud/b", "/Cloud/b"), ("/Cloud/folder", "/Cloud/folder/a"), ("/Cloud/folder/c #%", "/Cloud/folder/c #%"),
         ("/Other Cloud/", "/Other Cloud/a"), ("/Other Cloud/z", "/Other Cloud/z")],
    )  # fmt: skip
    def test_renames_and_moves(self, cd2: Run, seed: Seed, there: There, dest: str, path: str) -> None:
        seed({"a": b"a"})
        cd2("mkdir", "/Cloud/folder")
        result = cd2("mv", "/Cloud/a", dest)
        assert (result.code, result.out, result.err) == (0, "", "")
        assert there() == {path: b"a"}

    def test_several_need_a_folder(self, cd2: Run, seed: Seed, there: There) -> None:
        seed({"a": b"a", "b": b"b"})
        assert cd2("mv", "/Cloud/a", "/Cloud/b", "/Cloud/c").code == 2
        cd2("mkdir", "/Cloud/c")
        assert cd2("mv", "/Cloud/a", "/Cloud/b", "/Cloud/c").code == 0
        assert there() == {"/Cloud/c/a": b"a", "/Cloud/c/b": b"b"}

    @pytest.mark.parametrize(
        ("choice", "code", "left"),
        [("fail", 1, {"/Cloud/a": b"a", "/Cloud/b": b"b"}), ("skip", 0, {"/Cloud/a": b"a", "/Cloud/b": b"b"}),
         ("overwrite", 0, {"/Cloud/b": b"a"}), ("rename", 0, {"/Cloud/b": b"b", "/Cloud/b (1)": b"a"})],
    )  # fmt: skip
    def test_the_name_is_taken(self, cd2: Run, seed: Seed, there: There, choice: str, code: int, left: dict[str, bytes]) -> None:
        seed({"a": b"a", "b": b"b"})
        assert cd2("mv", "--if-exists", choice, "/Cloud/a", "/Cloud/b").code == code
        assert there() == left

    def test_what_makes_no_sense(self, cd2: Run, seed: Seed, there: There) -> None:
        seed({"folder/a": b"a"})
        assert cd2("mv", "/Cloud/folder", "/Cloud/folder/below").err == "cd2: /Cloud/folder cannot be moved into itself\n"
        same = cd2("mv", "/Cloud/folder/a", "/Cloud/folder/a")
        assert (same.code, same.err) == (1, "cd2: /Cloud/folder/a: source and destination are the same\n")
        missing = cd2("mv", "/Cloud/folder/a", "/Cloud/nothing/")
        assert (missing.code, missing.err) == (
            5,
            "cd2: /Cloud/nothing: there is no such folder; 'cd2 mkdir -p /Cloud/nothing' makes it\n",
        )
        assert cd2("mv", "/Cloud/nothing", "/Cloud/folder").code == 5
        assert cd2("mv", "/Cloud/folder").code == 2
        assert there() == {"/Cloud/folder/a": b"a"}

    def test_json(self, cd2: Run, seed: Seed) -> None:
        seed({"a": b"a"})
        assert cd2("--json", "mv", "/Cloud/a", "/Cloud/b").record == {"path": "/Cloud/a", "moved": True, "to": "/Cloud/b"}


class TestCopy:
    @pytest.mark.parametrize(
        ("dest", "path"),
        [("/Cloud/b", "/Cloud/b"), ("/Cloud/folder", "/Cloud/folder/a"), ("/Other Cloud/", "/Other Cloud/a"),
         ("/Other Cloud/😀", "/Other Cloud/😀")],
    )  # fmt: skip
    def test_a_file(self, cd2: Run, seed: Seed, there: There, dest: str, path: str) -> None:
        seed({"a": b"a"})
        cd2("mkdir", "/Cloud/folder")
        result = cd2("cp", "/Cloud/a", dest)
        assert (result.code, result.out, result.err) == (0, "", "")
        assert there() == {"/Cloud/a": b"a", path: b"a"}

    def test_a_folder(self, cd2: Run, seed: Seed, there: There) -> None:
        seed({"folder/a": b"a", "folder/deep/b": b"b"})
        refused = cd2("cp", "/Cloud/folder", "/Other Cloud/")
        assert (refused.code, refused.err) == (1, "cd2: /Cloud/folder is a folder; 'cd2 cp -r' copies it\n")
        assert cd2("cp", "-r", "/Cloud/folder", "/Other Cloud/again").code == 0
        assert there() == {
            "/Cloud/folder/a": b"a",
            "/Cloud/folder/deep/b": b"b",
            "/Other Cloud/again/a": b"a",
            "/Other Cloud/again/deep/b": b"b",
        }

    @pytest.mark.parametrize(
        ("choice", "code", "left"),
        [("fail", 1, {"/Cloud/b": b"b"}), ("skip", 0, {"/Cloud/b": b"b"}), ("overwrite", 0, {"/Cloud/b": b"a"}),
         ("rename", 0, {"/Cloud/b": b"b", "/Cloud/b (1)": b"a"})],
    )  # fmt: skip
    def test_the_name_is_taken(self, cd2: Run, seed: Seed, there: There, choice: str, code: int, left: dict[str, bytes]) -> None:
        seed({"a": b"a", "b": b"b"})
        assert cd2("cp", "--if-exists", choice, "/Cloud/a", "/Cloud/b").code == code
        assert there() == {"/Cloud/a": b"a", **left}

    def test_into_itself(self, cd2: Run, seed: Seed) -> None:
        seed({"folder/a": b"a"})
        result = cd2("cp", "-r", "/Cloud/folder", "/Cloud/folder/")
        assert (result.code, result.err) == (1, "cd2: /Cloud/folder cannot be copied into itself\n")

    def test_json(self, cd2: Run, seed: Seed) -> None:
        seed({"a": b"a"})
        assert cd2("--json", "cp", "/Cloud/a", "/Cloud/b").record == {
            "path": "/Cloud/a", "copied": True, "to": "/Cloud/b", "complete": True,
        }  # fmt: skip


class TestRemove:
    def test_files_and_folders(self, cd2: Run, seed: Seed, there: There) -> None:
        seed({"a": b"a", "-dash #": b"b", "folder/c": b"c"})
        assert cd2("rm", "/Cloud/a", "/Cloud/-dash #").code == 0
        refused = cd2("rm", "/Cloud/folder")
        assert (refused.code, refused.err) == (
            1,
            "cd2: /Cloud/folder is a folder; 'cd2 rm -r' deletes it with everything in it\n",
        )
        assert there() == {"/Cloud/folder/c": b"c"}
        assert cd2("rm", "-r", "--permanently", "/Cloud/folder").code == 0
        assert there() == {}

    def test_nothing_there(self, cd2: Run, seed: Seed) -> None:
        assert cd2("rm", "/Cloud/nothing").code == 5
        assert cd2("rm", "-f", "/Cloud/nothing").code == 0
        seed({"a": b"a"})
        assert cd2("rm", "/Cloud/nothing", "/Cloud/a").code == 1
        assert cd2("ls", "/Cloud").out == ""

    @pytest.mark.parametrize("path", ["/", "/Cloud"])
    def test_not_the_clouds(self, cd2: Run, path: str) -> None:
        assert cd2("rm", "-r", path).code == 1
        assert cd2("ls").lines == ["Cloud/", "Other Cloud/"]

    def test_json(self, cd2: Run, seed: Seed) -> None:
        seed({"a": b"a"})
        assert cd2("--json", "rm", "/Cloud/a").record == {"path": "/Cloud/a", "deleted": True, "permanently": False}
