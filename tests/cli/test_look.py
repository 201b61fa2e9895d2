"""``ls``, ``tree``, ``stat``, ``find``, ``df``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]
Seed = Callable[[Mapping[str, bytes]], None]
FILES = {"b.txt": b"four", "A.bin": b"x" * 2048, "folder/中文 文件": b"1", "folder/deep/🎬 #1 100%.mkv": b"22"}


@pytest.fixture
def filled(cd2: Run, seed: Seed) -> Run:
    seed(FILES)
    return cd2


class TestList:
    def test_the_clouds(self, cd2: Run) -> None:
        result = cd2("ls")
        assert (result.code, result.out, result.err) == (0, "Cloud/\n", "")

    def test_sorted(self, filled: Run) -> None:
        assert filled("ls", "--sort", "name", "/Cloud").lines == ["A.bin", "b.txt", "folder/"]
        assert filled("ls", "--sort", "size", "/Cloud").lines == ["folder/", "b.txt", "A.bin"]

    def test_long(self, filled: Run) -> None:
        assert [line.split()[0] for line in filled("ls", "-l", "--sort", "name", "/Cloud").lines] == ["2048", "4", "-"]
        assert filled("ls", "-lh", "--sort", "name", "/Cloud").lines[0].startswith("   2.0 KiB  20")

    def test_several_folders_have_titles_and_files_have_none(self, filled: Run) -> None:
        filled("mkdir", "/Cloud/empty")
        result = filled("ls", "/Cloud/b.txt", "/Cloud/folder/deep", "/Cloud/empty")
        assert result.out == "b.txt\n\n/Cloud/folder/deep:\n🎬 #1 100%.mkv\n\n/Cloud/empty:\n"

    def test_json(self, filled: Run) -> None:
        (entry,) = filled("--json", "ls", "/Cloud/folder/deep").records
        assert (entry["path"], entry["kind"], entry["size"]) == ("/Cloud/folder/deep/🎬 #1 100%.mkv", "file", 2)
        assert entry["hashes"]["sha1"]

    def test_nothing_there(self, cd2: Run) -> None:
        result = cd2("ls", "/Cloud/nothing")
        assert (result.code, result.out) == (5, "")
        assert result.err.startswith("cd2: /Cloud/nothing: does not exist")

    def test_one_of_two_is_missing(self, filled: Run) -> None:
        result = filled("ls", "/Cloud/nothing", "/Cloud/folder/deep")
        assert result.code == 1
        assert "🎬 #1 100%.mkv" in result.out

    def test_control_characters_do_not_reach_the_terminal(self, cd2: Run) -> None:
        assert cd2("mkdir", "/Cloud/bell\x07\x1b[2J").code == 0
        assert cd2("ls", "/Cloud").out == "bell\\x07\\x1b[2J/\n"
        assert cd2("--json", "ls", "/Cloud").record["name"] == "bell\x07\x1b[2J"

    def test_a_long_folder_is_complete(self, cd2: Run, signed_in: RunningEmulator, seed: Seed) -> None:
        signed_in.emulator.options.batch_entries = 7
        seed({f"many/{number:03}": b"" for number in range(50)})
        assert cd2("ls", "--sort", "name", "/Cloud/many").lines == [f"{number:03}" for number in range(50)]


class TestTree:
    def test_everything(self, filled: Run) -> None:
        result = filled("tree", "/Cloud")
        assert result.code == 0
        assert result.lines == [
            "/Cloud/",
            "├── A.bin",
            "├── b.txt",
            "└── folder/",
            "    ├── deep/",
            "    │   └── 🎬 #1 100%.mkv",
            "    └── 中文 文件",
        ]
        assert result.err == "2 folders, 4 files, 2.0 KiB\n"

    def test_less(self, filled: Run) -> None:
        assert filled("tree", "--depth", 1, "/Cloud").lines[1:] == ["├── A.bin", "├── b.txt", "└── folder/"]
        assert filled("tree", "--folders", "-q", "/Cloud").lines[1:] == ["└── folder/", "    └── deep/"]

    def test_json(self, filled: Run) -> None:
        result = filled("tree", "--json", "/Cloud")
        assert result.err == ""
        assert {record["name"]: record["depth"] for record in result.records} == {
            "A.bin": 1, "b.txt": 1, "folder": 1, "deep": 2, "🎬 #1 100%.mkv": 3, "中文 文件": 2,
        }  # fmt: skip

    def test_nothing_there(self, cd2: Run) -> None:
        assert cd2("tree", "/Cloud/nothing").code == 5


class TestStat:
    def test_a_file(self, filled: Run) -> None:
        result = filled("stat", "/Cloud/folder/中文 文件")
        rows = dict(line.split(None, 1) for line in result.lines)
        assert (rows["path"], rows["kind"], rows["size"]) == ("/Cloud/folder/中文 文件", "file", "1 bytes (1 B)")
        assert rows["sha1"] == "356a192b7913b04c54574d18c28d46e6395428ab"

    def test_several_as_json(self, filled: Run) -> None:
        result = filled("--json", "stat", "/Cloud/b.txt", "/Cloud/nothing", "/Cloud/folder")
        assert result.code == 1
        assert [record["kind"] for record in result.records] == ["file", "folder"]

    def test_details(self, filled: Run) -> None:
        result = filled("stat", "--details", "/Cloud")
        rows = dict(line.split(None, 1) for line in result.lines)
        assert rows["below"] == "2 folders, 4 files, 2,055 bytes (2.0 KiB)"
        assert "below" not in filled("stat", "/Cloud").out
        assert "below" not in filled("stat", "--details", "/Cloud/b.txt").out

    def test_details_as_json(self, filled: Run) -> None:
        folder, file = filled("--json", "stat", "--details", "/Cloud/folder", "/Cloud/b.txt").records
        assert folder["details"] == {"files": 2, "folders": 1, "size": 3}
        assert file["details"] is None
        assert "details" not in filled("--json", "stat", "/Cloud/folder").record

    def test_details_of_a_server_without_them(self, filled: Run, signed_in: RunningEmulator) -> None:
        signed_in.faults.unimplemented("GetFileDetailProperties")
        result = filled("stat", "--details", "/Cloud")
        assert (result.code, result.out) == (1, "")
        assert "does not offer the call" in result.err

    def test_without_a_path(self, cd2: Run) -> None:
        assert cd2("stat").code == 2


class TestFind:
    @pytest.mark.parametrize(
        ("arguments", "found"),
        [
            (["--name", "*.mkv"], ["/Cloud/folder/deep/🎬 #1 100%.mkv"]),
            (["--iname", "a.*"], ["/Cloud/A.bin"]),
            (["--type", "d"], ["/Cloud/folder/", "/Cloud/folder/deep/"]),
            (["--size", "+1K"], ["/Cloud/A.bin"]),
            (
                ["--size", "-2", "--name", "*文*", "--name", "*.mkv"],
                ["/Cloud/folder/deep/🎬 #1 100%.mkv", "/Cloud/folder/中文 文件"],
            ),
            (["--depth", "1", "--type", "f"], ["/Cloud/A.bin", "/Cloud/b.txt"]),
            (["--name", "nobody"], []),
        ],
        ids=lambda value: " ".join(value) if value and value[0].startswith("-") else "",
    )
    def test_walking(self, filled: Run, arguments: list[str], found: list[str]) -> None:
        result = filled("find", "/Cloud", *arguments)
        assert result.code == 0
        assert sorted(result.lines) == found

    def test_for_xargs(self, filled: Run) -> None:
        assert filled("find", "/Cloud", "--name", "b*", "-0").raw == b"/Cloud/b.txt\0"

    def test_by_the_server(self, filled: Run) -> None:
        assert filled("find", "/Cloud", "--server", "deep").lines == ["/Cloud/folder/deep/"]

    def test_a_size_that_is_none(self, cd2: Run) -> None:
        result = cd2("find", "/Cloud", "--size", "3Q")
        assert result.code == 2
        assert "'3Q' is no size; write +10M, -4G or 1048576" in result.err


class TestSpace:
    def test_every_cloud(self, filled: Run) -> None:
        result = filled("df")
        assert result.lines[0].split() == ["total", "used", "free", "use%", "path"]
        assert result.lines[1].split()[1:] == ["2055", str((1 << 40) - 2055), "0%", "/Cloud"]

    def test_json(self, filled: Run) -> None:
        record = filled("--json", "df", "/Cloud").record
        assert (record["path"], record["used"], record["total"]) == ("/Cloud", 2055, 1 << 40)

    def test_readable(self, cd2: Run) -> None:
        assert cd2("df", "-h", "/Cloud").lines[1].split("  ")[0] == "1.0 TiB"
