"""``cd2 backups``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]


@pytest.fixture
def source(tmp_path: Path) -> str:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"a")
    return str(folder)


def test_one_way(cd2: Run, source: str) -> None:
    made = cd2("--json", "backups", "add", source, "/Cloud/P", "--rule", "extensions=tmp", "--no-scan")
    assert (made.record["state"], made.record["delete"], made.record["rules"]) == ("idle", "keep", 1)
    assert cd2("backups", "list").lines[1].split() == [source, "idle", "one-way", "/Cloud/P"]
    assert cd2("backups", "test", source, "b.tmp").out == "b.tmp: skipped by rule (rule 1)\n"
    assert cd2("backups", "test", source, "b.tmp", "--rule", "+extensions=tmp").out == "b.tmp: backed up\n"
    assert cd2("backups", "test", source, "b", "--rule", "nonsense").code == 2
    changed = cd2("--json", "backups", "update", source, "--delete", "recycle", "--interval", "60").record
    assert (changed["delete"], changed["interval"], changed["rules"]) == ("recycle", 60, 1)
    assert cd2("--json", "backups", "disable", source).record["state"] == "disabled"
    assert cd2("--json", "backups", "enable", source).record["state"] == "idle"
    assert cd2("backups", "destinations", source, "--add", "/Cloud/Q", "--remove", "/Cloud/P").out == "-  /Cloud/Q\n"
    assert cd2("backups", "restart", source).code == 0
    assert cd2("backups", "status", source).lines[0].split() == ["source", source]
    assert cd2("backups", "remove", source).code == 2
    assert cd2("backups", "remove", source, "--yes").code == 0
    assert cd2("backups", "remove", source, "--yes").code == 5


def test_two_way(cd2: Run, source: str, signed_in: RunningEmulator) -> None:
    backups = signed_in.emulator.backups
    refused = cd2("backups", "add", source, "/Cloud/P", "--two-way")
    assert (refused.code, "--yes" in refused.err, "only here" in refused.err) == (2, True, True)
    assert cd2("backups", "list").out == ""
    assert cd2("backups", "add", source, "/Cloud/P", "--two-way", "--yes", "--no-scan").code == 0
    backups.preview = pb.BackupSyncPreview(
        replicas=[pb.BackupSyncPreviewReplica(path=source, isSource=True, onlyHere=1)],
        samples=[pb.BackupSyncPreviewItem(relativePath="a.jpg", replica=source)],
        wouldHold=True,
        holdReason="too many deletions",
    )
    shown = cd2("backups", "preview", source)
    assert "only here  a.jpg" in shown.out
    assert shown.lines[-1] == "it would wait for you: too many deletions"
    assert [each.get("only_here", each.get("kind")) for each in cd2("--json", "backups", "preview", source).records] == [
        1,
        "only here",
    ]
    signed_in.on_loop(backups.raise_issue, source, pb.BackupSyncIssue(kind=1, relativePath="a", affectedCount=3))
    assert cd2("backups", "issues", source).lines[1].split() == ["1", "held", "deletes", "3", "a"]
    resolve = ("backups", "resolve", source, "1", "--action", "apply_held_deletions")
    assert cd2(*resolve).code == 2
    assert cd2(*resolve, "--yes").code == 0
    assert cd2("--json", "backups", "issues", source).record["resolved"] is True
    backups.find(source).passes = 1
    assert cd2("backups", "undo", source, "--yes").code == 0
    assert cd2("backups", "reset", source, "--yes").code == 0
