"""``clouddrive2-client`` 0.3.0, blocking, of an older contract: its methods, and remote uploads as its users write them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.emulator.options import MD5, CloudOptions, EmulatorOptions
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator, running_emulator

from .conftest import Told, failure_of, value_of

pytestmark = pytest.mark.strangers

BAIDU = CloudOptions("Baidu", kind="BaiduPan", needs=((MD5, 64 * 1024),), knows=(MD5,))
DATA = hashlib.sha256(b"stranger").digest() * (3 << 15)
WRITTEN = bytes(range(256)) * 4096


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sync_client")


@pytest.fixture(scope="module")
def emulator(folder: Path) -> Iterator[RunningEmulator]:
    # So slow that a copy of 1 MiB is under way as long as the script wants it, and one of 7 bytes is not.
    options = EmulatorOptions(copy_bytes_per_second=10_000)
    with running_emulator(root=folder / "emulated", clouds=("Cloud", BAIDU), options=options) as running:
        running.emulator.cloud_accounts.memberships["115", "account-Cloud"] = [pb.CloudMembership(identity="VIP")]
        yield running


@pytest.fixture(scope="module")
def told(emulator: RunningEmulator, folder: Path, play: Callable[..., Told]) -> Told:
    return play("sync_client.py", emulator, folder)


@pytest.fixture(scope="module")
def files(told: Told, folder: Path) -> dict[str, bytes]:
    """What is in the clouds in the end."""
    roots = [folder / "emulated" / name for name in ("Cloud", "Baidu")]
    found = [path for root in roots for path in root.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder / "emulated")): path.read_bytes() for path in found}


def copy(**fields: Any) -> dict[str, Any]:
    """The list of copies with one in it, as it is before it has done anything."""
    task = {
        "sourcePath": "/Cloud/b/written.bin",
        "destPath": "/Baidu",
        "status": "Scanned",
        "totalFiles": "1",
        "totalBytes": "1048576",
    }
    return {"copyTasks": [{**task, **fields}]}


CANCELLED = {"status": "Failed", "cancelledFiles": "1"}
DONE = {"success": True}
ONE_DONE = {"success": True, "affectedCount": 1}
VALUES: dict[str, Any] = {
    "wrong password": False,
    "sign in": True,
    "system": {"IsLogin": True, "UserName": "user", "SystemReady": True},
    "capabilities": {"canRestart": True, "canUpdate": True},
    "cache rules": {
        "folders": [
            {
                "path": "/Cloud",
                "maxFileSize": str(1 << 30),
                "minFileSize": "1024",
                "extensionFilterMode": "EXTENSION_FILTER_INCLUDE",
                "extensions": ["mkv", "mp4"],
                "enabled": True,
            }
        ]
    },
    "no cache rule": None,
    "cache rules at last": {},
    "local folder": {"success": True, "createdPath": "/home/made by the stranger"},
    "folder again": {"result": {"errorMessage": "/Cloud/a already exists"}},
    "rename": {"success": True, "resultFilePaths": ["/Cloud/new"]},
    "rename several": {"success": True, "resultFilePaths": ["/Cloud/a/1.txt", "/Cloud/a/2.txt"]},
    "move": {"success": True, "resultFilePaths": ["/Cloud/b/three.txt"]},
    "listing": ["/Cloud/a", "/Cloud/b", "/Cloud/new", "/Cloud/secret"],
    "unlock": {"success": True, "resultFilePaths": ["/Cloud/secret"]},
    "lock": {"success": True, "resultFilePaths": ["/Cloud/secret"]},
    "listing with a slash": [
        "/Cloud/a/1.txt",
        "/Cloud/a/2.txt",
        *(f"/Cloud/a/doomed-{number}" for number in range(1, 5)),
        "/Cloud/a/中文 电影",
    ],
    "search": ["/Cloud/a/1.txt", "/Cloud/a/2.txt", "/Cloud/b/three.txt"],
    "walk one deep": ["/Baidu", "/Cloud"],
    "space": {"totalSpace": str(1 << 40), "usedSpace": "55", "freeSpace": str((1 << 40) - 55)},
    "details": {"totalFileCount": "6", "totalFolderCount": "1", "totalSize": "46"},
    "memberships": {"memberships": [{"identity": "VIP"}]},
    "downloads": {},
    "count of downloads": {},
    "counts": {"pushMessage": {"clouddriveVersion": "1.1.2"}},
    "upload": {"good": True, "error": "", "asked": ["hash_data", "read_data", "status_changed"]},
    "upload of nothing": {"good": True, "error": "", "asked": ["hash_data", "status_changed"]},
    "upload to md5": {"good": True, "error": "", "asked": ["hash_data", "read_data", "status_changed"]},
    "upload again": {"good": True, "error": "", "asked": ["hash_data", "status_changed"]},
    "upload with hash": {"good": True, "error": "", "asked": ["status_changed"]},
    "upload without hashes": {"good": True, "error": "", "asked": ["read_data", "status_changed"]},
    "cancelled upload": "Cancelled",
    "waiting": dict.fromkeys(("w1", "w2", "w3"), "Preprocessing"),
    "after pause one": {"w1": "Pause", "w2": "Preprocessing", "w3": "Preprocessing"},
    "after resume one": dict.fromkeys(("w1", "w2", "w3"), "Preprocessing"),
    "after pause all": dict.fromkeys(("w1", "w2", "w3"), "Pause"),
    "after resume all": dict.fromkeys(("w1", "w2", "w3"), "Preprocessing"),
    "after cancel one": {"w1": "Cancelled", "w2": "Preprocessing", "w3": "Preprocessing"},
    "after cancel all": dict.fromkeys(("w1", "w2", "w3"), "Cancelled"),
    "count of uploads": {},
    "copy": {"success": True, "resultFilePaths": ["/Baidu/1.txt"]},
    "after remove completed": {},
    "large copy": {"success": True, "resultFilePaths": ["/Baidu/written.bin"]},
    "running copies": copy(),
    "after pause copy": copy(paused=True),
    "after resume copy": copy(),
    "pause copies": ONE_DONE,
    "after pause copies": copy(paused=True),
    "resume copies": ONE_DONE,
    "after resume copies": copy(),
    "pause by key": ONE_DONE,
    "after pause by key": copy(paused=True),
    "resume by key": ONE_DONE,
    "after resume by key": copy(),
    "after cancel copy": copy(**CANCELLED),
    "after restart copy": copy(),
    "remove by key": ONE_DONE,
    "after remove by key": {},
    "remove copies": DONE,
    "merges": {},
    "delete": DONE,
    "delete several": DONE,
    "delete for good": DONE,
    "delete several for good": DONE,
    "methods nobody called": [],
}
FAILURES = {
    "not signed in": "UNAUTHENTICATED",
    "local folder in nothing": "NOT_FOUND",
    "rename nothing": "NOT_FOUND",
    "listing of nothing": "NOT_FOUND",
    "find nothing": "NOT_FOUND",
    "create in nothing": "NOT_FOUND",
    "write to no handle": "NOT_FOUND",
    "close no handle": "NOT_FOUND",
    "read for nobody": "NOT_FOUND",
    "hash for nobody": "NOT_FOUND",
    "cancel no merge": "NOT_FOUND",
    "delete nothing": "NOT_FOUND",
    "closed": "ValueError",
}


def timeless(value: Any) -> Any:
    """Without the times of copies, and without the texts of what went wrong in them."""
    if isinstance(value, dict):
        return {key: timeless(each) for key, each in value.items() if key not in ("startTime", "endTime", "errors")}
    return [timeless(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", VALUES)
def test_it_gets(told: Told, name: str) -> None:
    assert timeless(value_of(told, name)) == VALUES[name]


@pytest.mark.parametrize("name", FAILURES)
def test_it_is_refused(told: Told, name: str) -> None:
    assert failure_of(told, name) == FAILURES[name]


def test_nothing_else_failed(told: Told) -> None:
    assert {name for name, line in told.items() if "error" in line} == set(FAILURES)


def test_walk_is_broad_first(told: Told) -> None:
    (top, *below) = value_of(told, "walk")
    assert top == ["/Cloud/a", True]
    assert dict(below) == {path: path.endswith("电影") for path in value_of(told, "listing with a slash")}


def test_an_entry(told: Told) -> None:
    entry = value_of(told, "find")
    assert (entry["name"], entry["fullPathName"], entry["size"]) == ("1.txt", "/Cloud/a/1.txt", "7")
    assert entry["fileHashes"] == {"2": hashlib.sha1(b"one.txt").hexdigest()}
    assert entry["CloudAPI"]["name"] == "115"
    assert value_of(told, "link")["downloadUrlPath"].startswith("/static/{SCHEME}/{HOST}/{PREVIEW}/%2FCloud%2Fa%2F1.txt?")


def test_a_finished_copy(told: Told) -> None:
    (task,) = value_of(told, "finished copies")["copyTasks"]
    assert (task["sourcePath"], task["destPath"], task["status"]) == ("/Cloud/a/1.txt", "/Baidu", "Completed")
    assert (task["totalFiles"], task["uploadedFiles"], task["uploadedBytes"]) == ("1", "1", "7")


def test_the_clouds_have_what_it_sent_and_nothing_else(files: dict[str, bytes]) -> None:
    assert files == {
        "Cloud/a/1.txt": b"one.txt",
        "Cloud/a/2.txt": b"two.txt",
        "Cloud/b/three.txt": b"three.txt",
        "Cloud/b/written.bin": WRITTEN,
        "Cloud/a/remote.bin": DATA,
        "Cloud/a/empty.bin": b"",
        "Cloud/b/instant.bin": DATA,
        "Cloud/b/known.bin": DATA,
        "Cloud/b/unhashed.bin": DATA[1:],
        "Baidu/remote.bin": DATA[: 100 * 1024],
        "Baidu/1.txt": b"one.txt",
    }


def test_hashes_without_a_value_were_taken_for_progress(told: Told, emulator: RunningEmulator) -> None:
    """It sets ``hash_value`` to an empty text until it has one (protocol.md §8.4)."""
    value_of(told, "upload")
    sent = [each.request for each in emulator.calls.of("RemoteHashProgress")]
    assert any(not each.hash_value and each.bytes_hashed < each.total_bytes == len(DATA) for each in sent)


def test_each_upload_had_a_channel_of_its_own(told: Told, emulator: RunningEmulator) -> None:
    started = len(emulator.calls.of("StartRemoteUpload"))
    # The three that wait share one.
    assert len(emulator.calls.of("RemoteUploadChannel")) == started - 2 == 8
