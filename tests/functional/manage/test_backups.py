"""``client.backups``: what the server keeps copied."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2 import (
    AlreadyExists,
    Backup,
    BackupState,
    CompletionRule,
    DeleteRule,
    FileRule,
    InvalidRequest,
    IssueAction,
    IssueKind,
    NotFound,
    OperationFailed,
    PermissionDenied,
    ReplaceRule,
    RuleTestOutcome,
    Unsupported,
)
from clouddrive2.client.aio import AsyncClient
from clouddrive2.emulator.options import EmulatorOptions
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

Connect = Callable[..., AsyncClient]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "2024").mkdir(parents=True)
    (folder / "2024" / "a.jpg").write_bytes(b"a")
    (folder / "b.tmp").write_bytes(b"b")
    return folder


async def ended(client: AsyncClient, source: Path) -> Backup:
    """The backup, once its scan is over."""
    while (backup := await client.backups.status(str(source))).state is BackupState.SCANNING:
        pass  # Every look is a call, and the emulator works meanwhile.
    return backup


async def names(client: AsyncClient, folder: str) -> list[str]:
    return [entry.name async for entry in client.files.list(folder, refresh=True)]


async def test_a_backup_really_copies(client: AsyncClient, photos: Path) -> None:
    rules = [FileRule("extensions", "tmp;bak")]
    await client.backups.add(str(photos), ["/Cloud/Photos"], rules=rules)
    backup = await ended(client, photos)
    assert (backup.state, backup.errors, backup.delete) == (BackupState.FINISHED, (), DeleteRule.KEEP)
    assert backup.rules == tuple(rules)
    assert backup.destinations[0].finished is not None
    assert await names(client, "/Cloud/Photos") == ["2024"]
    assert await client.files.read_bytes("/Cloud/Photos/2024/a.jpg") == b"a"
    assert await client.backups.list() == [backup]
    await client.backups.remove(str(photos))
    assert await client.backups.list() == []
    assert await names(client, "/Cloud/Photos") == ["2024"]


async def test_a_backup_leaves_out_what_is_no_file(client: AsyncClient, photos: Path) -> None:
    """Opening a pipe nobody writes to would hold up the whole emulator."""
    os.mkfifo(photos / "pipe")
    (photos / "link").symlink_to(photos / "b.tmp")
    await client.backups.add(str(photos), ["/Cloud/Photos"])
    backup = await ended(client, photos)
    assert (backup.state, backup.errors) == (BackupState.FINISHED, ())
    assert sorted(await names(client, "/Cloud/Photos")) == ["2024", "b.tmp"]


async def test_the_clock_and_deletions(client: AsyncClient, emulator: RunningEmulator, photos: Path) -> None:
    await client.backups.add(str(photos), ["/Cloud/P"], delete_extra=True, interval=3600)
    await ended(client, photos)
    (photos / "b.tmp").unlink()
    await client.backups.restart(str(photos))
    await ended(client, photos)
    assert await names(client, "/Cloud/P") == ["2024", "b.tmp"]
    await client.backups.update(str(photos), delete=DeleteRule.MOVE_TO_HISTORY)
    await client.backups.restart(str(photos))
    await ended(client, photos)
    assert await names(client, "/Cloud/P") == [".clfs_history", "2024"]
    (photos / "c").write_bytes(b"c")
    while "c" not in await names(client, "/Cloud/P"):
        emulator.world.clock.advance(3601)


async def test_replacing(client: AsyncClient, photos: Path) -> None:
    source, file = str(photos), photos / "2024" / "a.jpg"
    await client.backups.add(source, ["/Cloud/P"], replace=ReplaceRule.SKIP)
    await ended(client, photos)
    file.write_bytes(b"changed")
    os.utime(file, (9e9, 9e9))
    for rule, expected in ((ReplaceRule.SKIP, b"a"), (ReplaceRule.KEEP_HISTORY, b"changed")):
        await client.backups.update(source, replace=rule)
        await client.backups.restart(source)
        await ended(client, photos)
        assert await client.files.read_bytes("/Cloud/P/2024/a.jpg") == expected
    assert await names(client, "/Cloud/P/2024") == [".clfs_history", "a.jpg"]


async def test_an_update_keeps_what_is_not_given(client: AsyncClient, photos: Path) -> None:
    rules = [FileRule("paths", "2024"), FileRule("min_size", 5, exclude=False)]
    await client.backups.add(str(photos), ["/Cloud/P"], rules=rules, interval=60, watch=True, scan=False)
    before = (await client.raw.BackupGetStatus(pb.StringValue(value=str(photos)))).backup
    after = await client.backups.update(str(photos), delete_extra=True)
    assert (after.interval, after.watch, after.delete_extra, after.rules) == (60, True, True, tuple(rules))
    assert (await client.backups.update(str(photos), rules=[])).rules == ()
    await client.backups.update(str(photos), rules=rules, delete_extra=False)
    assert (await client.raw.BackupGetStatus(pb.StringValue(value=str(photos)))).backup == before


async def test_rest_and_destinations(client: AsyncClient, photos: Path) -> None:
    source = str(photos)
    await client.backups.add(source, ["/Cloud/P"], scan=False)
    assert (await client.backups.disable(source)).state is BackupState.DISABLED
    assert (await client.backups.enable(source)).state is BackupState.IDLE
    assert [each.path for each in (await client.backups.add_destination(source, "/Cloud/Q")).destinations] == [
        "/Cloud/P",
        "/Cloud/Q",
    ]
    with pytest.raises(AlreadyExists):
        await client.backups.add_destination(source, "/Cloud/Q")
    assert len((await client.backups.remove_destination(source, "/Cloud/P")).destinations) == 1
    with pytest.raises(NotFound):
        await client.backups.remove_destination(source, "/Cloud/P")


async def test_refusals(client: AsyncClient, photos: Path, emulator: RunningEmulator) -> None:
    source = str(photos)
    with pytest.raises(NotFound):
        await client.backups.add("/nothing", ["/Cloud/P"])
    with pytest.raises(InvalidRequest, match="destination"):
        await client.backups.add(source, [])
    with pytest.raises(InvalidRequest, match="invalid"):
        await client.backups.add(source, ["/Cloud/P"], rules=[FileRule("path_regex", "(")])
    await client.backups.add(source, ["/Cloud/P"], scan=False)
    with pytest.raises(AlreadyExists):
        await client.backups.add(source, ["/Cloud/P"])
    for call in (client.backups.status, client.backups.remove, client.backups.restart, client.backups.update):
        with pytest.raises(NotFound):
            await call("/nothing")
    emulator.emulator.backups.limit = 1
    assert not await client.backups.can_add()
    with pytest.raises(PermissionDenied, match="plan"):
        await client.backups.add(str(photos / "2024"), ["/Cloud/P"])


@pytest.mark.parametrize(
    ("path", "rules", "outcome", "rule"),
    [
        ("2024/a.jpg", [], RuleTestOutcome.BACKED_UP, None),
        ("b.tmp", [FileRule("extensions", "jpg"), FileRule("extensions", "tmp")], RuleTestOutcome.SKIPPED_BY_RULE, 1),
        ("2024/a.jpg", [FileRule("paths", "2024")], RuleTestOutcome.SKIPPED_FOLDER_ABOVE, 0),
        ("2024/a.jpg", [FileRule("paths", "2024/a.jpg", exclude=False)], RuleTestOutcome.BACKED_UP, None),
        ("b.tmp", [FileRule("min_size", 10, exclude=False)], RuleTestOutcome.SKIPPED_BY_RULE, 0),
        ("b.tmp", [FileRule("regex", "(")], RuleTestOutcome.INVALID_RULE, 0),
        (".DS_Store", [], RuleTestOutcome.SKIPPED_SYSTEM_FILE, None),
        ("/elsewhere", [], RuleTestOutcome.OUTSIDE_SOURCE, None),
    ],
)
async def test_rules(
    client: AsyncClient, photos: Path, path: str, rules: list[FileRule], outcome: RuleTestOutcome, rule: int | None
) -> None:
    found = await client.backups.test_rules(str(photos), rules, path)
    assert (found.outcome, found.rule) == (outcome, rule)


class TestTwoWay:
    @pytest.fixture
    async def both(self, client: AsyncClient, photos: Path) -> str:
        await client.backups.add(str(photos), ["/Cloud/P"], two_way=True, scan=False)
        return str(photos)

    @pytest.mark.parametrize(
        ("wrong", "text"),
        [
            (
                {"replace": ReplaceRule.SKIP},
                "Two-way sync: file replace rule Skip is not allowed; use Overwrite or KeepHistoryVersion",
            ),
            (
                {"completion": CompletionRule.DELETE_SOURCE},
                "Two-way sync: the source folder must keep its files; set fileCompletionRule to None",
            ),
            (
                {"delete": DeleteRule.DELETE},
                "Two-way sync: fileDeleteRule Delete must be confirmed with twoWayHardDelete,"
                " or choose MoveToVersionHistory, Recycle or Keep",
            ),
        ],
    )
    async def test_what_it_must_not_ask_for(self, client: AsyncClient, photos: Path, wrong: dict[str, Any], text: str) -> None:
        with pytest.raises(InvalidRequest) as caught:
            await client.backups.add(str(photos), ["/Cloud/P"], two_way=True, **wrong)
        assert text in str(caught.value)

    async def test_folders_that_overlap(self, client: AsyncClient, both: str) -> None:
        with pytest.raises(InvalidRequest, match="Folders overlap with backup"):
            await client.backups.add(f"{both}/2024", ["/Cloud/Q"])

    async def test_preview(self, client: AsyncClient, both: str, emulator: RunningEmulator, tmp_path: Path) -> None:
        assert [each.path for each in (await client.backups.preview(both)).replicas] == [both, "/Cloud/P"]
        (tmp_path / "new").mkdir()
        proposed = await client.backups.preview(str(tmp_path / "new"), ["/Cloud/New"])
        assert [each.is_source for each in proposed.replicas] == [True, False]
        items = [pb.BackupSyncPreviewItem(relativePath=f"{n}", replica=both, kind=1) for n in range(3)]
        emulator.emulator.backups.preview = pb.BackupSyncPreview(samples=items, wouldHold=True, holdReason="too many")
        found = await client.backups.preview(both, samples=2)
        assert (found.samples[0], len(found.samples), found.truncated) == (("0", both, "missing here"), 2, True)
        assert found.hold_reason == "too many"
        failed = pb.BackupSyncPreview(state=pb.BackupSyncPreview.PreviewFailed, error="the cloud is gone")
        emulator.emulator.backups.preview = failed
        with pytest.raises(OperationFailed, match="the cloud is gone"):
            await client.backups.preview(both)

    async def test_issues(self, client: AsyncClient, both: str, emulator: RunningEmulator) -> None:
        queue = emulator.world.listen()
        backups = emulator.emulator.backups
        for kind in (pb.BackupSyncIssue.HeldDeletes, pb.BackupSyncIssue.Conflict):
            emulator.on_loop(backups.raise_issue, both, pb.BackupSyncIssue(kind=kind, relativePath="a", affectedCount=9))
        assert queue.get_nowait().backupSyncIssue.sourcePath == both
        first, second = await client.backups.issues(both)
        assert (first.kind, first.affected, second.kind) == (IssueKind.HELD_DELETES, 9, IssueKind.CONFLICT)
        assert (await client.backups.status(both)).open_issues == 2
        with pytest.raises(InvalidRequest, match="confirmed"):
            await client.backups.resolve(both, [first.id], IssueAction.APPLY_HELD_DELETIONS)
        with pytest.raises(InvalidRequest, match="side"):
            await client.backups.resolve(both, [second.id], IssueAction.KEEP_REPLICA_VERSION)
        await client.backups.resolve(both, [first.id], IssueAction.APPLY_HELD_DELETIONS, confirmed=True)
        await client.backups.resolve(both, [second.id], IssueAction.KEEP_REPLICA_VERSION, replica="/Cloud/P")
        with pytest.raises(NotFound):
            await client.backups.resolve(both, [second.id], IssueAction.DISMISS)
        assert [each.resolved for each in await client.backups.issues(both)] == [True, True]

    async def test_undo_and_reset(self, client: AsyncClient, both: str, emulator: RunningEmulator) -> None:
        emulator.emulator.backups.find(both).passes = 1
        await client.backups.undo(both, confirmed=True)
        with pytest.raises(OperationFailed, match="no such pass"):
            await client.backups.undo(both, confirmed=True)
        await client.backups.reset(both)

    async def test_old_servers(self, connect: Connect, emulator_factory: Callable[..., RunningEmulator]) -> None:
        client = connect(emulator_factory(options=EmulatorOptions(version="1.0.17")))
        with pytest.raises(Unsupported, match="two-way"):
            await client.backups.add("/a", ["/Cloud"], two_way=True)
        for call in (client.backups.preview, client.backups.issues, client.backups.reset):
            with pytest.raises(Unsupported, match="two-way"):
                await call("/a")


async def test_a_restart(
    connect: Connect, emulator_factory: Callable[..., RunningEmulator], photos: Path, tmp_path: Path
) -> None:
    first = emulator_factory(root=tmp_path / "root")
    made = await connect(first).backups.add(str(photos), ["/Cloud/P"], scan=False, rules=[FileRule("names", "x")])
    first.on_loop(first.emulator.stop)
    assert await connect(emulator_factory(root=tmp_path / "root")).backups.list() == [made]
