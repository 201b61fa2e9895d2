"""The file system of ``python-clouddrive2`` 2.0.8.1.2: trees up and down, walks, globs, changes, parts of files, paths, tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.emulator.options import EmulatorOptions
from clouddrive2.testing import RunningEmulator, running_emulator

from .conftest import Told, failure_of, value_of

pytestmark = pytest.mark.strangers

TREE = {"1.txt": b"one", "中文/2 #%.bin": b"2" * 20_000, "deep/er/3.bin": b"three"}
PATTERN = bytes(range(128)) * 1000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Has the tree that is sent, and gets what is fetched."""
    folder = tmp_path_factory.mktemp("fs_client")
    for name, data in TREE.items():
        path = folder / "local" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
    (folder / "local" / "empty").mkdir()
    return folder


@pytest.fixture(scope="module")
def emulator(folder: Path) -> Iterator[RunningEmulator]:
    # It makes its links itself, without a signature (protocol.md §6.3).
    options = EmulatorOptions(open_downloads=True)
    with running_emulator(root=folder / "emulated", clouds=("Cloud", "Other", "115"), options=options) as running:
        yield running


@pytest.fixture(scope="module")
def told(emulator: RunningEmulator, folder: Path, play: Callable[..., Told]) -> Told:
    return play("fs_client.py", emulator, folder)


def files_in(folder: Path) -> dict[str, bytes]:
    """Relative path to content of every file."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


VALUES: dict[str, Any] = {
    "mkdir": "/Cloud/up",
    "makedirs": "/Cloud/up/made",
    "upload tree": "/Cloud/up/local",
    "upload tree again": "/Cloud/up/local",
    "upload": "/Cloud/up/one.txt",
    "upload over it": "/Cloud/up/one.txt",
    "upload into a cloud": "/Cloud/top.txt",
    "bytes": "/Cloud/up/bytes.bin",
    "text": "/Cloud/up/text.txt",
    "touch": "/Cloud/up/touched",
    "touch again": "/Cloud/up/one.txt",
    "question": "/Cloud/up/who?.txt",
    "ls": ["bytes.bin", "item.txt", "local", "made", "one.txt", "text.txt", "touched", "who?.txt"],
    "scandir": ["1.txt", "deep", "empty", "中文"],
    "stat": [33279, 0, 0, 1, 0, 0, 7],
    "stat of a folder": "0o40777",
    "exists": [True, True, True, False],
    "isdir": [True, True, False, False],
    "isfile": [False, False, True, False],
    "is_empty": [False, True, True],
    "storage_of": ["/", "/Cloud", "/Cloud"],
    "capacity": 4,
    "search": ["/Cloud/up/item.txt", "/Cloud/up/local/1.txt", "/Cloud/up/one.txt", "/Cloud/up/text.txt", "/Cloud/up/who?.txt"],
    "from there": ["/Cloud/up", "/Cloud/x", True, 8, True],
    "back": [None, "/"],
    "refreshed": [],
    "walk down": [
        ["/Cloud/up/local", ["deep", "empty", "中文"], ["1.txt"]],
        ["/Cloud/up/local/deep", ["er"], []],
        ["/Cloud/up/local/deep/er", [], ["3.bin"]],
        ["/Cloud/up/local/empty", [], []],
        ["/Cloud/up/local/中文", [], ["2 #%.bin"]],
    ],
    "walk up": [
        ["/Cloud/up/local/deep/er", [], ["3.bin"]],
        ["/Cloud/up/local/deep", ["er"], []],
        ["/Cloud/up/local/empty", [], []],
        ["/Cloud/up/local/中文", [], ["2 #%.bin"]],
        ["/Cloud/up/local", ["deep", "empty", "中文"], ["1.txt"]],
    ],
    "walk broad": [
        ["/Cloud/up/local", ["deep", "empty", "中文"], ["1.txt"]],
        ["/Cloud/up/local/deep", ["er"], []],
        ["/Cloud/up/local/empty", [], []],
        ["/Cloud/up/local/中文", [], ["2 #%.bin"]],
        ["/Cloud/up/local/deep/er", [], ["3.bin"]],
    ],
    "walk one level": ["/Cloud/up/local"],
    "walk by attributes": ["20000", "3", "5"],
    "walk by paths": ["/Cloud/up/local/1.txt", "/Cloud/up/local/deep/er/3.bin", "/Cloud/up/local/中文/2 #%.bin"],
    "iter": [
        "/Cloud/up/local/1.txt",
        "/Cloud/up/local/deep",
        "/Cloud/up/local/deep/er",
        "/Cloud/up/local/deep/er/3.bin",
        "/Cloud/up/local/empty",
        "/Cloud/up/local/中文",
        "/Cloud/up/local/中文/2 #%.bin",
    ],
    "iter broad": [
        "/Cloud/up/local/1.txt",
        "/Cloud/up/local/deep",
        "/Cloud/up/local/deep/er",
        "/Cloud/up/local/deep/er/3.bin",
        "/Cloud/up/local/empty",
        "/Cloud/up/local/中文",
        "/Cloud/up/local/中文/2 #%.bin",
    ],
    "glob *": ["/Cloud/up/local/1.txt", "/Cloud/up/local/deep", "/Cloud/up/local/empty", "/Cloud/up/local/中文"],
    "glob *.txt": ["/Cloud/up/local/1.txt"],
    "glob **/*.bin": ["/Cloud/up/local/deep/er/3.bin", "/Cloud/up/local/中文/2 #%.bin"],
    "glob **": [
        "/Cloud/up/local/1.txt",
        "/Cloud/up/local/deep",
        "/Cloud/up/local/deep/er",
        "/Cloud/up/local/deep/er/3.bin",
        "/Cloud/up/local/empty",
        "/Cloud/up/local/中文",
        "/Cloud/up/local/中文/2 #%.bin",
    ],
    "glob deep/*/3.bin": ["/Cloud/up/local/deep/er/3.bin"],
    "glob 1.txt": ["/Cloud/up/local/1.txt"],
    "glob [0-9].txt": ["/Cloud/up/local/1.txt"],
    "glob nothing*": [],
    "rglob": ["/Cloud/up/local/deep/er/3.bin", "/Cloud/up/local/中文/2 #%.bin"],
    "download of a question by its link": "me",
    "all of it": 128000,
    "a part": [126, 127, 0, 1],
    "the end": [125, 126, 127],
    "up to the end": [124, 125],
    "a range": [0, 1],
    "the last bytes": [126, 127],
    "a block": [126, 127],
    "text read": "一二三\nfour\n",
    "seeks": [[0, 1, 2], [33, 34, 35], [126, 127], 128000],
    "rename": "/Cloud/ren/A.txt",
    "rename into a folder under another name": "/Cloud/ren/into/B.txt",
    "replace": "/Cloud/ren/c.txt",
    "move": "/Cloud/ren/into/d.txt",
    "renames": "/Cloud/ren/only.txt",
    "after all": ["/Cloud/ren/c.txt", "/Cloud/ren/into", "/Cloud/ren/into/B.txt", "/Cloud/ren/into/d.txt", "/Cloud/ren/only.txt"],
    "path write": [None, None],
    "path kind": [True, False, False, True, True, False],
    "path is_absolute": True,
    "path stat": 10,
    "path read": ["0123456789", "23", "89", "45"],
    "path open": "56789",
    "path text": [None, None, "文"],
    "path touch": [None, None, True],
    "path lists": [["film.tar.gz", "t", "u"], 3, ["film.tar.gz", "t", "u"]],
    "path trees": [["/Cloud/paths/film.tar.gz", "/Cloud/paths/t", "/Cloud/paths/u"], ["/Cloud/paths/t"], []],
    "path walks": [1, 1, 1],
    "path parts": [
        "film.tar.gz",
        "film.tar",
        ".gz",
        [".tar", ".gz"],
        ["/", "Cloud", "paths", "film.tar.gz"],
        "/Cloud/paths",
        "/Cloud",
        ["film.tar.gz", "paths/film.tar.gz", "Cloud/paths/film.tar.gz"],
    ],
    "path with": ["/Cloud/paths/x", "/Cloud/paths/film.tar.y", "/Cloud/paths/z", "paths/film.tar.gz"],
    "path match": [True, False, True],
    "path link": [True, "%2FCloud%2Fpaths%2Ffilm.tar.gz"],
    "path attributes": ["10", True, True],
    "path rename": "/Cloud/paths/v",
    "path replace": "/Cloud/paths/v",
    "path move": "/Cloud/up/v",
    "path renames": "/Cloud/paths/v",
    "path remove": [None, False],
    "path remove all": [None, False],
    "downloads": [0, [], []],
    "uploads that ended": ["Finish"],
    "page of uploads": 2,
    "filtered uploads": ["/Cloud/top.txt"],
    "upload by key": ["/Cloud/top.txt", "3", True, 1],
    "pause": [None, None],
    "resume": [None, None],
    "cancel": [None, None, None, 0],
    "awaited": [True, "/Cloud/top.txt", [], 0],
    "removedirs": ["/Cloud/x", "/Cloud/x/y", None],
    "methods of CloudDriveFileSystem nobody called": [],
    "methods of CloudDrivePath nobody called": [],
    "methods of CloudDriveDownloadTaskList nobody called": [],
    "methods of CloudDriveUploadTaskList nobody called": [],
}
FAILURES = {
    "wrong password": "PermissionError",
    "mkdir again": "FileExistsError",
    "mkdir in the root": "PermissionError",
    "mkdir in nothing": "FileNotFoundError",
    "makedirs again": "FileExistsError",
    "upload again": "FileExistsError",
    "upload over a folder": "IsADirectoryError",
    "ls of nothing": "FileNotFoundError",
    "chdir to a file": "NotADirectoryError",
    "download of nothing": "FileNotFoundError",
    "a folder": "IsADirectoryError",
    "rename to a name that is taken": "FileExistsError",
    "move into itself": "PermissionError",
    "copy": "UnsupportedOperation",
    "copytree": "UnsupportedOperation",
    "path copy": "UnsupportedOperation",
    "path rmdir": "OSError",
    "remove nothing": "FileNotFoundError",
    "remove a folder": "IsADirectoryError",
    "remove a cloud": "PermissionError",
    "remove the root": "PermissionError",
    "rmdir of a full one": "OSError",
}


BY_ITSELF = {
    # It asks for the bare names of what it listed.
    "download tree": "FileNotFoundError",
    # It leaves "?" as it is, and a query begins there.
    "download of a question": "HTTPError",
    # It asks a message for a key.
    "is_empty of a file": "AttributeError",
    # It makes one level.
    "makedirs, several": "FileNotFoundError",
    # It means to return nothing, and does not hear of 416 that way.
    "behind the end": "HTTPError",
}


@pytest.mark.parametrize("name", VALUES)
def test_it_gets(told: Told, name: str) -> None:
    assert value_of(told, name) == VALUES[name]


@pytest.mark.parametrize("name", FAILURES)
def test_it_is_refused(told: Told, name: str) -> None:
    assert failure_of(told, name) == FAILURES[name]


@pytest.mark.parametrize("name", BY_ITSELF)
def test_its_own_mistakes(told: Told, name: str) -> None:
    assert failure_of(told, name) == BY_ITSELF[name]


def test_answers_of_its_own(told: Told) -> None:
    """Wrong whatever the server: a cloud is no storage, ``**/`` wants a folder between."""
    assert value_of(told, "is_storage") == [True, False, False]
    assert value_of(told, "path trees")[2] == []


def test_nothing_else_failed(told: Told) -> None:
    assert {name for name, line in told.items() if "error" in line} == {*FAILURES, *BY_ITSELF}


def test_attributes(told: Told) -> None:
    seen = value_of(told, "attributes")
    assert (seen["name"], seen["path"], seen["size"], seen["isDirectory"]) == ("one.txt", "/Cloud/up/one.txt", "7", False)
    assert seen["mtime"] > 1e9


def test_what_it_fetched(told: Told, folder: Path) -> None:
    value_of(told, "download")
    assert (folder / "one.txt").read_bytes() == b"over it"
    assert (folder / "by path" / "1.txt").read_bytes() == TREE["1.txt"]
    assert files_in(folder / "by hand") == TREE
    assert (folder / "by hand" / "empty").is_dir()


def test_what_it_sent(told: Told, folder: Path) -> None:
    value_of(told, "rmtree")
    assert files_in(folder / "emulated" / "Cloud") == {
        "top.txt": b"top",
        "up/bytes.bin": PATTERN,
        "up/item.txt": b"by its key",
        "up/text.txt": "一二三\nfour\n".encode(),
        "up/touched": b"",
        "up/who?.txt": b"me",
        "ren/c.txt": b"a",
        "ren/only.txt": b"only",
    }


def test_a_cloud_is_removed_where_its_folder_has_the_name_of_its_type(told: Told) -> None:
    """It takes the folder's name for the type; those of accounts differ (protocol.md §3.1), and it overlooks the refusal."""
    assert value_of(told, "storages") == ["115", "Cloud", "Other"]
    assert value_of(told, "storages at last") == ["Cloud", "Other"]
