"""``cd2 transfers``."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from clouddrive2.emulator.options import EmulatorOptions
from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]
Spawn = Callable[..., "subprocess.Popen[bytes]"]
Seed = Callable[..., None]
COPY = "/A/d:/B"


@pytest.fixture
def emulator(emulator_factory: Callable[..., RunningEmulator]) -> RunningEmulator:
    """A server that waits long before it passes a written file on to its cloud, and copies slowly."""
    slow = EmulatorOptions(upload_delay_seconds=3600, copy_bytes_per_second=0.001)
    return emulator_factory(clouds=("A", "B"), options=slow)


@pytest.fixture
def key(cd2: Run) -> str:
    """The key of an upload that is waiting."""
    created = cd2("--json", "rpc", "CreateFile", '{"parentPath": "/A", "fileName": "film.mkv"}')
    handle = created.record["fileHandle"]
    assert cd2("rpc", "CloseFile", f'{{"fileHandle": "{handle}"}}').code == 0
    return str(cd2("--json", "transfers", "list").record["key"])


@pytest.fixture
def copy(cd2: Run, seed: Seed) -> str:
    """The key of a copy that is running."""
    seed({"d/one": b"1234567890", "d/two": b"1234567890"})
    assert cd2("cp", "--no-wait", "-r", "/A/d", "/B/").code == 0
    return COPY


def test_list(cd2: Run, key: str) -> None:
    result = cd2("transfers", "list")
    assert result.code == 0
    assert result.lines[0].split() == ["key", "kind", "status", "done", "size", "path"]
    assert result.lines[1].startswith(key) and result.lines[1].endswith("/A/film.mkv")
    assert cd2("transfers", "list", "--containing", "nothing").out == ""


def test_record(cd2: Run, key: str) -> None:
    record = cd2("--json", "transfers", "list").record
    assert record == {
        "kind": "upload",
        "key": key,
        "path": "/A/film.mkv",
        "size": 0,
        "transferred": 0,
        "status": "queued",
        "error": None,
        "operator": "mount",
    }


@pytest.mark.parametrize("all_of_them", [False, True])
def test_pause_resume_cancel(cd2: Run, key: str, all_of_them: bool) -> None:
    which = ["--all", "--yes"] if all_of_them else [key]

    def status() -> str:
        return str(cd2("--json", "transfers", "list").record["status"])

    assert cd2("transfers", "pause", which[0]).code == 0
    assert status() == "paused"
    assert cd2("transfers", "resume", which[0]).code == 0
    assert status() == "queued"
    assert cd2("transfers", "cancel", *which).code == 0
    assert status() == "cancelled"


def test_copies(cd2: Run, signed_in: RunningEmulator, copy: str) -> None:
    def task() -> dict[str, Any]:
        return dict(cd2("transfers", "list", "--copies", "--json").record)

    assert (task()["key"], task()["kind"], task()["files"], task()["paused"]) == (copy, "copy", 2, False)
    assert cd2("transfers", "pause", "--copies", copy).code == 0
    assert task()["paused"]
    assert "paused" in cd2("transfers", "list", "--copies").lines[1]
    assert cd2("transfers", "resume", "--copies", "--all", "-v").code == 0
    assert cd2("transfers", "cancel", "--copies", copy).code == 0
    assert (task()["status"], task()["succeeded"]) == ("failed", False)
    assert "failed (2): cancelled" in cd2("transfers", "list", "--copies").lines[1]
    signed_in.world.options.copy_bytes_per_second = 0
    assert cd2("transfers", "restart", "--all").code == 0
    while task()["status"] != "completed":
        pass
    assert task()["succeeded"]
    assert cd2("transfers", "remove", "--completed").code == 0
    assert cd2("transfers", "list", "--copies").out == ""


def test_remove(cd2: Run, copy: str) -> None:
    assert cd2("transfers", "restart", copy).code == 0
    assert cd2("transfers", "remove", copy, "--yes").code == 0
    assert cd2("transfers", "remove", copy, "-y").code == 5
    assert cd2("transfers", "remove", "--all", "--yes").code == 0
    assert cd2("transfers", "cancel", "--copies", "--all", "--yes").code == 0


def test_merges(cd2: Run, copy: str) -> None:
    assert cd2("rpc", "CreateFolder", '{"parentPath": "/A", "folderName": "x"}').code == 0
    assert cd2("rpc", "CreateFolder", '{"parentPath": "/A/x", "folderName": "d"}').code == 0
    request = {"theFilePaths": ["/A/d"], "destPath": "/A/x", "conflictPolicy": "Skip", "handleConflictRecursively": True}
    assert cd2("rpc", "MoveFile", json.dumps(request)).code == 0
    task = cd2("transfers", "list", "--merges", "--json").record
    assert (task["key"], task["kind"]) == ("/A/d:/A/x/d", "merge")
    assert cd2("transfers", "cancel", "--merges", task["key"]).code == 0
    assert "cancelled" in cd2("transfers", "list", "--merges").lines[1]
    assert cd2("transfers", "cancel", "--merges", "--all", "--yes").code == 0


def test_status(cd2: Run, copy: str) -> None:
    assert cd2("transfers", "status").out == "1 upload, 1 download, 1 copy\n"
    assert cd2("transfers", "status", "--json").record == {"uploads": 1, "downloads": 1, "copies": 1}
    assert cd2("transfers", "list", "--downloads", "--json").record["path"] == "/A/d/one"


def test_watch_elsewhere(signed_in: RunningEmulator, cd2: Run, spawn: Spawn, copy: str) -> None:
    watching = spawn("transfers", "watch", "--copies", "--every", "0.1", "--json")
    assert watching.stdout is not None
    assert json.loads(watching.stdout.readline())["status"] == "scanned"
    assert cd2("transfers", "pause", "--copies", copy).code == 0
    assert json.loads(watching.stdout.readline())["paused"] is True
    assert cd2("transfers", "remove", copy, "--yes").code == 0
    assert json.loads(watching.stdout.readline())["status"] == "gone"
    watching.send_signal(signal.SIGINT)
    assert watching.wait(60) == 130


def test_watch_for_people(signed_in: RunningEmulator, spawn: Spawn, copy: str) -> None:
    watching = spawn("transfers", "watch", "--copies", "--every", "0.1")
    assert watching.stdout is not None
    assert watching.stdout.readline().decode() == "copy  scanned  /A/d -> /B\n"
    watching.send_signal(signal.SIGTERM)
    assert watching.wait(60) == 143


@pytest.mark.parametrize(
    "arguments",
    [
        ("pause",),
        ("pause", "KEY", "--all"),
        ("cancel", "--copies", "--merges", "KEY"),
        ("remove", "--completed", "--all"),
        ("watch", "--every", "0"),
    ],
)
def test_wrong_usage(cd2: Run, arguments: tuple[str, ...]) -> None:
    assert cd2("transfers", *arguments).code == 2


def test_all_asks_first(cd2: Run) -> None:
    result = cd2("transfers", "cancel", "--all")
    assert result.code == 2
    assert "--yes" in result.err


def test_no_such_copy(cd2: Run) -> None:
    result = cd2("transfers", "pause", "--copies", "/a:/b")
    assert result.code == 5
    assert "/a:/b" in result.err


def test_watch_on_a_terminal(signed_in: RunningEmulator, spawn: Spawn, copy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    near, far = pty.openpty()
    try:
        watching = spawn("transfers", "watch", "--every", "0.1", stdout=far, stderr=far)
        os.close(far)
        shown = b""
        while b"/A/d -> /B" not in shown:
            shown += os.read(near, 4096)
        assert b"kind" in shown
        assert b"scanned" in shown
        watching.send_signal(signal.SIGINT)
        assert watching.wait(60) == 130
    finally:
        os.close(near)
