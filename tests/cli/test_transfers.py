"""``cd2 transfers``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clouddrive2.emulator.options import EmulatorOptions
from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]


@pytest.fixture
def emulator(emulator_factory: Callable[..., RunningEmulator]) -> RunningEmulator:
    """A server that waits long before it passes a written file on to its cloud."""
    return emulator_factory(options=EmulatorOptions(upload_delay_seconds=3600))


@pytest.fixture
def key(cd2: Run) -> str:
    """The key of an upload that is waiting."""
    created = cd2("--json", "rpc", "CreateFile", '{"parentPath": "/Cloud", "fileName": "film.mkv"}')
    handle = created.record["fileHandle"]
    assert cd2("rpc", "CloseFile", f'{{"fileHandle": "{handle}"}}').code == 0
    return str(cd2("--json", "transfers", "list").record["key"])


def test_list(cd2: Run, key: str) -> None:
    result = cd2("transfers", "list")
    assert result.code == 0
    assert result.lines[0].split() == ["key", "status", "sent", "size", "path"]
    assert result.lines[1].startswith(key) and result.lines[1].endswith("/Cloud/film.mkv")
    assert cd2("transfers", "list", "--containing", "nothing").out == ""


def test_record(cd2: Run, key: str) -> None:
    record = cd2("--json", "transfers", "list").record
    assert record == {
        "key": key,
        "path": "/Cloud/film.mkv",
        "size": 0,
        "transferred": 0,
        "status": "queued",
        "error": None,
        "operator": "mount",
    }


def test_pause_resume_cancel(cd2: Run, key: str) -> None:
    def status() -> str:
        return str(cd2("--json", "transfers", "list").record["status"])

    assert cd2("transfers", "pause", key).code == 0
    assert status() == "paused"
    assert cd2("transfers", "resume", key).code == 0
    assert status() == "queued"
    assert cd2("transfers", "cancel", key).code == 0
    assert status() == "cancelled"
