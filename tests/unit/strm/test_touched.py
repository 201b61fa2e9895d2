"""Which folders an event concerns."""

from __future__ import annotations

import pytest

from clouddrive2.models.events import (
    CloudChange,
    CloudChanged,
    Event,
    FileChange,
    FileChanged,
    LogLine,
    MergeChanged,
    MountChanged,
    Reconnected,
    TransferChanged,
)
from clouddrive2.models.tasks import MergeTask, TaskStatus
from clouddrive2.models.transfers import Operator, Transfer, TransferStatus
from clouddrive2.strm.touched import MOST_FOLDERS, Touched, touched_by

ROOT = "/115/Films"
ALL, NOTHING = Touched(everything=True), Touched()


def upload(path: str, status: TransferStatus) -> TransferChanged:
    return TransferChanged(Transfer("k", path, 1, 1, status, "", Operator.COPY))


@pytest.mark.parametrize(
    ("event", "touched"),
    [
        (Reconnected(first=True), ALL),
        (CloudChanged(CloudChange.ADDED, "115", "me", "/115", None), ALL),
        (FileChanged(FileChange.CREATED, "/115/Films/a.mkv"), Touched(shallow={""})),
        (FileChanged(FileChange.MODIFIED, "/115/Films/x/y/a.mkv"), Touched(shallow={"x/y"})),
        (FileChanged(FileChange.CREATED, "/115/Films/x", is_folder=True), Touched(shallow={""}, deep={"x"})),
        (FileChanged(FileChange.DELETED, "/115/Films/x", is_folder=True), Touched(shallow={""})),
        (
            FileChanged(FileChange.RENAMED, "/115/Films/x", "/115/Films/z/y", is_folder=True),
            Touched(shallow={"", "z"}, deep={"x", "z/y"}),
        ),
        (FileChanged(FileChange.RENAMED, "/115/Other/a.mkv", "/115/Films/a.mkv"), Touched(shallow={""})),
        (FileChanged(FileChange.DELETED, "/115", is_folder=True), ALL),
        (FileChanged(FileChange.DELETED, "/115/Films", is_folder=True), ALL),
        (FileChanged(FileChange.CREATED, "/115/Films2/a.mkv"), NOTHING),
        (FileChanged(FileChange.CREATED, "/116/a.mkv"), NOTHING),
        (upload("/115/Films/x/a.mkv", TransferStatus.FINISHED), Touched(shallow={"x"})),
        (upload("/115/Films/x/a.mkv", TransferStatus.TRANSFER), NOTHING),
        (
            MergeChanged(
                (MergeTask("k", "/115/Other/s", "/115/Films/d", TaskStatus.RUNNING),), "/115/Other/s/a", "/115/Films/d/a"
            ),
            Touched(shallow={"", "d"}, deep={"d"}),
        ),
        (MountChanged("/mnt", True, True), NOTHING),
        (LogLine("warn", "slow", "cloud"), NOTHING),
    ],
)
def test_folders(event: Event, touched: Touched) -> None:
    assert touched_by(event, ROOT) == touched


def test_the_root_of_the_drive() -> None:
    assert touched_by(FileChanged(FileChange.CREATED, "/115/a.mkv"), "/") == Touched(shallow={"115"})
    assert touched_by(FileChanged(FileChange.CREATED, "/115", is_folder=True), "/") == Touched(shallow={""}, deep={"115"})


def test_too_many_to_ask_for_each() -> None:
    touched = Touched()
    for number in range(MOST_FOLDERS + 1):
        touched.add(Touched(shallow={str(number)}))
    assert touched.everything
    assert not Touched()
