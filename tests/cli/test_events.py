"""``cd2 events``."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from clouddrive2.cli.commands import events as command
from clouddrive2.models import events as models
from clouddrive2.models.files import Entry, EntryKind
from clouddrive2.models.tasks import MergeTask, TaskCounts, TaskStatus
from clouddrive2.models.transfers import Operator, Transfer, TransferStatus
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]
Spawn = Callable[..., "subprocess.Popen[bytes]"]

FILE = Entry("/Cloud/f", "f", EntryKind.FILE, size=2048)
TRANSFER = Transfer("k", "/Cloud/f", 1, 0, TransferStatus.FATAL_ERROR, "full", Operator.COPY)
LINES: list[tuple[models.Event, str]] = [
    (models.Reconnected(first=True), "listening"),
    (models.Reconnected(first=False), "listening again; what happened meanwhile is not told"),
    (models.FileChanged(models.FileChange.CREATED, "/Cloud/f\x1b", entry=FILE), "created  /Cloud/f\\x1b  2.0 KiB"),
    (models.FileChanged(models.FileChange.RENAMED, "/a", "/b", is_folder=True), "renamed  /a/ -> /b/"),
    (models.MountChanged("/mnt", True, False, "busy"), "mounted  /mnt  failed: busy"),
    (models.TransferChanged(TRANSFER), "fatal error  /Cloud/f: full"),
    (models.TaskCountsChanged(TaskCounts(1, 2, 1)), "1 upload, 2 downloads, 1 copy"),
    (models.UpdateChanged(models.UpdatePhase.DOWNLOADING, "1.1.1", "1.1.2", "", 1, 4), "downloading 25%  1.1.2"),
    (models.ServerExiting(models.ExitReason.PASSWORD_CHANGED), "password changed"),
    (models.LogLine("warn", "slow", "cloud"), "warn  cloud  slow"),
    (models.MergeChanged((MergeTask("k", "/a", "/b", TaskStatus.RUNNING),)), "running  /a -> /b"),
    (models.CloudChanged(models.CloudChange.RENAMED, "115", "me", "/a", "/b"), "renamed  115  /a -> /b"),
    (models.BackupIssue("/s", 1, "Conflict", "x"), "Conflict  /s  x"),
]


@pytest.mark.parametrize(("event", "line"), LINES)
def test_lines(event: models.Event, line: str) -> None:
    assert command.told(event) == line
    name = command.KIND_OF[type(event).__name__]
    assert json.loads(json.dumps(command.record(name, event)))["event"] == name


def test_as_they_happen(signed_in: RunningEmulator, cd2: Run, spawn: Spawn) -> None:
    watching = spawn("events", "--json", "--kind", "reconnected", "--kind", "file")
    assert watching.stdout is not None
    assert json.loads(watching.stdout.readline()) == {"event": "reconnected", "first": True, "polling": False}
    assert cd2("mkdir", "/Cloud/中文").code == 0
    created = json.loads(watching.stdout.readline())
    assert (created["event"], created["change"], created["path"], created["is_folder"]) == (
        "file",
        "created",
        "/Cloud/中文",
        True,
    )
    assert created["entry"]["kind"] == "folder"
    signed_in.drop_connections()
    assert json.loads(watching.stdout.readline()) == {"event": "reconnected", "first": False, "polling": False}
    watching.send_signal(signal.SIGINT)
    assert watching.wait(60) == 130


def test_for_people(signed_in: RunningEmulator, cd2: Run, spawn: Spawn) -> None:
    watching = spawn("events")
    assert watching.stdout is not None
    assert watching.stdout.readline().decode().split(maxsplit=1)[1].rstrip() == "reconnected  listening"
    assert b"0 uploads, 0 downloads, 0 copies" in watching.stdout.readline()
    assert cd2("mkdir", "/Cloud/a").code == 0
    assert watching.stdout.readline().decode().rstrip().endswith("file         created  /Cloud/a/")


def test_wrong_kind(cd2: Run) -> None:
    result = cd2("events", "--kind", "weather")
    assert result.code == 2
    assert "weather" in result.err


def test_no_permission(signed_in: RunningEmulator, run: Run) -> None:
    signed_in.world.add_token(pb.TokenInfo(token="deaf", permissions=pb.TokenPermissions(allow_list=True)))
    result = run("events", "--api-token", "deaf")
    assert result.code == 4
    assert "allow_push_message" in result.err
