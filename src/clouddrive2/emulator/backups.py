"""Backups: one-way ones really copy from a folder of the machine into the drive; two-way ones are scripted (protocol.md §14)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from clouddrive2.emulator import backup_rules, paths
from clouddrive2.emulator.call import CallError, Status
from clouddrive2.emulator.hashing import hashes_of
from clouddrive2.emulator.state import as_json, from_json
from clouddrive2.emulator.storage import StorageError
from clouddrive2.emulator.tree import Refusal, Tree
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["BackupRun", "Backups"]

PIECE_BYTES = 1 << 20
HISTORY = ".clfs_history"
FAILURES = (OSError, StorageError, CallError, Refusal)


@dataclass(slots=True)
class BackupRun:
    """One backup at work.

    Attributes:
        backup: As it was set up.
        status: Number of ``BackupStatus.Status``.
        errors: What went wrong in the last scan.
        issues: What waits for a person (two-way).
        passes: How many passes can be undone (two-way).
        indexed: Whether the index is there (two-way); a reset builds it anew.
        task: The scans.
    """

    backup: pb.Backup
    status: int = pb.BackupStatus.Idle
    errors: list[pb.TaskError] = field(default_factory=list)
    issues: list[pb.BackupSyncIssue] = field(default_factory=list)
    passes: int = 0
    indexed: bool = True
    task: asyncio.Task[None] | None = None
    again: asyncio.Event = field(default_factory=asyncio.Event)


class Backups:
    """All backups of a server.

    Args:
        world: Tree, clock, what is kept.

    Attributes:
        preview: What the next preview of a two-way backup finds; ``None`` for no differences.
        limit: How many the plan allows; ``None`` for any number.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._tree = Tree(world)
        self._runs: dict[str, BackupRun] = {}
        self.preview: pb.BackupSyncPreview | None = None
        self.limit: int | None = None
        self.previews: dict[str, pb.BackupSyncPreview] = {}
        for kept in world.state.load("backups", []):
            backup = from_json(kept, pb.Backup)
            self._runs[backup.sourcePath] = BackupRun(backup)

    def start(self) -> None:
        """Take up the backups that were kept; on the server's loop."""
        for run in self._runs.values():
            self._begin(run, scan=run.backup.forceWalkingThroughOnStart)

    def all(self) -> list[BackupRun]:
        """Every backup."""
        return list(self._runs.values())

    def find(self, source: str) -> BackupRun:
        """One of them.

        Raises:
            CallError: NOT_FOUND.
        """
        run = self._runs.get(source)
        if run is None:
            raise CallError(Status.NOT_FOUND, f"there is no backup of {source}")
        return run

    async def add(self, backup: pb.Backup) -> None:
        """Set one up, and begin.

        Raises:
            CallError: It is refused; says why.
        """
        if self.limit is not None and len(self._runs) >= self.limit:
            raise CallError(Status.PERMISSION_DENIED, "invalid user plan")
        if backup.sourcePath in self._runs:
            raise CallError(Status.ALREADY_EXISTS, f"a backup of {backup.sourcePath} already exists")
        backup_rules.check(backup, [each.backup for each in self._runs.values()])
        await self._check_places(backup)
        run = BackupRun(_complete(backup))
        self._runs[backup.sourcePath] = run
        self._keep()
        self._begin(run, scan=not backup.dontStartScanAfterAdd)

    async def update(self, given: pb.Backup) -> None:
        """Change one: absent two-way fields stay, everything else is as it comes (protocol.md §14.1, §14.3).

        Raises:
            CallError: It is refused; says why.
        """
        run = self.find(given.sourcePath)
        before, backup = run.backup, pb.Backup()
        backup.CopyFrom(given)
        present = {each.number for each, _ in given.ListFields()}
        for each in pb.Backup.DESCRIPTOR.fields:
            if 16 <= each.number <= 27 and each.number not in present:
                setattr(backup, each.name, getattr(before, each.name))
        if not given.clientKnowsPathRules:
            kept = [each for each in before.fileBackupRules if each.WhichOneof("rule") in ("relativePaths", "pathRegex")]
            backup.fileBackupRules.extend(each for each in kept if each not in backup.fileBackupRules)
        backup.ClearField("clientKnowsPathRules")
        backup_rules.check(backup, [each.backup for each in self._runs.values() if each is not run])
        await self._check_places(backup)
        run.backup = backup
        self._keep()
        self._begin(run, scan=False)

    async def remove(self, source: str) -> None:
        """Forget one; what it brought stays."""
        run = self.find(source)
        del self._runs[source]
        self._keep()
        await _ended(run)

    def restart(self, source: str) -> None:
        """Scan now."""
        run = self.find(source)
        self._begin(run, scan=True)

    def changed(self, run: BackupRun) -> None:
        """Keep a backup that was changed in place."""
        self._keep()
        self._begin(run, scan=False)

    def raise_issue(self, source: str, issue: pb.BackupSyncIssue) -> None:
        """Let a two-way backup meet something it leaves to a person (BACKUP_SYNC_ISSUE)."""
        run = self.find(source)
        issue.id = issue.id or len(run.issues) + 1
        if not issue.HasField("time"):
            issue.time.FromNanoseconds(int(self._world.clock() * 1e9))
        run.issues.append(issue)
        push = pb.BackupSyncIssuePush(sourcePath=source, issue=issue)
        kind = pb.CloudDrivePushMessage.BACKUP_SYNC_ISSUE
        self._world.push(pb.CloudDrivePushMessage(messageType=kind, backupSyncIssue=push))

    async def close(self) -> None:
        """End the scans."""
        for run in self._runs.values():
            await _ended(run)

    async def _check_places(self, backup: pb.Backup) -> None:
        if not backup.destinations:
            raise CallError(Status.INVALID_ARGUMENT, "a backup needs a destination")
        if not await asyncio.to_thread(Path(backup.sourcePath).is_dir) and not await self._is_folder(backup.sourcePath):
            raise CallError(Status.NOT_FOUND, f"{backup.sourcePath} not found")
        for each in backup.destinations:
            if not await self._is_folder(paths.parent(paths.normalise(each.destinationPath))):
                raise CallError(Status.NOT_FOUND, f"{each.destinationPath} not found")

    async def _is_folder(self, path: str) -> bool:
        if not path.startswith("/"):
            return False
        entry = await self._world.entry(paths.normalise(path))
        return entry is not None and entry.isDirectory

    def _begin(self, run: BackupRun, *, scan: bool) -> None:
        if not run.backup.isEnabled:
            run.status = pb.BackupStatus.Disabled
            self._stop(run)
            return
        if run.status == pb.BackupStatus.Disabled:
            run.status = pb.BackupStatus.Idle
        if run.status != pb.BackupStatus.WalkingThrough:
            # It waits by what was set before.
            self._stop(run)
        if scan:
            run.again.set()
            run.status = pb.BackupStatus.WalkingThrough
        if run.task is None or run.task.done():
            run.task = asyncio.create_task(self._work(run))

    def _stop(self, run: BackupRun) -> None:
        if run.task is not None:
            run.task.cancel()
            run.task = None

    async def _work(self, run: BackupRun) -> None:
        """Scans when asked for, and every interval of the world's clock."""
        while True:
            interval = run.backup.walkingThroughIntervalSecs
            waits: set[asyncio.Future[object]] = {asyncio.ensure_future(run.again.wait())}
            if interval > 0:
                waits.add(asyncio.ensure_future(self._world.clock.sleep(interval)))
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in waits:
                    each.cancel()
            run.again.clear()
            run.status = pb.BackupStatus.WalkingThrough
            run.errors.clear()
            if run.backup.syncMode != pb.BackupTwoWay:
                await self._scan(run)
            run.status = pb.BackupStatus.Error if run.errors else pb.BackupStatus.Finished

    async def _scan(self, run: BackupRun) -> None:
        source = Path(run.backup.sourcePath)
        if not await asyncio.to_thread(source.is_dir):
            self._failed(run, f"{source}: only folders of the server's machine are copied by the emulator")
            return
        files = await asyncio.to_thread(_taken, source, run.backup)
        for place in run.backup.destinations:
            if not place.isEnabled:
                continue
            root = paths.normalise(place.destinationPath)
            for relative, file in files.items():
                try:
                    await self._bring(run.backup, file, paths.join(root, relative))
                except FAILURES as error:
                    self._failed(run, f"{relative}: {getattr(error, 'details', error)}")
            if run.backup.syncDeleteFromDest:
                await self._thin_out(run, root, set(files))
            place.lastFinishTime.FromNanoseconds(int(self._world.clock() * 1e9))
        if run.backup.fileCompletionRule != 0 and not run.errors:
            for file in files.values():
                await asyncio.to_thread(file.unlink, missing_ok=True)

    async def _bring(self, backup: pb.Backup, file: Path, target: str) -> None:
        """One file, unless the destination has it already: by size and time."""
        found = await asyncio.to_thread(file.stat)
        there = await self._world.item(target)
        if there is not None:
            if backup.fileReplaceRule == pb.Skip or (there.size == found.st_size and there.modified >= found.st_mtime):
                return
            if backup.fileReplaceRule == pb.KeepHistoryVersion:
                await self._to_history(target)
        await self._folder(paths.parent(target))
        cloud, inner = self._world.locate(target)
        if cloud.options.read_only:
            raise Refusal("this cloud is read-only")
        temporary = await cloud.begin()
        try:
            with file.open("rb") as stream:
                size = 0
                while data := await asyncio.to_thread(stream.read, PIECE_BYTES):
                    await cloud.run(cloud.storage.write, temporary, size, data)
                    size += len(data)
            hashes = await asyncio.to_thread(hashes_of, cloud.storage, temporary, size, cloud.options.knows)
            await cloud.run(cloud.storage.publish, temporary, inner, size, hashes)
        except BaseException:
            await cloud.run(cloud.storage.discard, temporary)
            raise
        entry = await self._world.entry(target)
        self._world.announce("MODIFY" if there is not None else "CREATE", target, is_folder=False, entry=entry)

    async def _thin_out(self, run: BackupRun, root: str, wanted: set[str]) -> None:
        rule = run.backup.fileDeleteRule
        if rule == pb.Keep or not await self._is_folder(root):
            return
        for path in [path async for path in self._below(root)]:
            if path.removeprefix(root + "/") in wanted:
                continue
            try:
                if rule == pb.MoveToVersionHistory:
                    await self._to_history(path)
                else:
                    await self._tree.remove(path)
            except FAILURES as error:
                self._failed(run, f"{path}: {getattr(error, 'details', error)}")

    async def _below(self, folder: str) -> AsyncIterator[str]:
        cloud, inner = self._world.locate(folder)
        for name in await cloud.run(cloud.storage.names, inner):
            path = paths.join(folder, name)
            item = await self._world.item(path)
            if item is None or name == HISTORY:
                continue
            if item.is_folder:
                async for each in self._below(path):
                    yield each
            else:
                yield path

    async def _to_history(self, path: str) -> None:
        folder = paths.join(paths.parent(path), HISTORY)
        await self._folder(folder)
        target = paths.join(folder, f"{int(self._world.clock())} {paths.tail(path)}")
        await self._tree.place(path, target, move=True, replace=True)

    async def _folder(self, path: str) -> None:
        if await self._world.item(path) is None:
            await self._folder(paths.parent(path))
            with contextlib.suppress(Refusal):
                await self._tree.make_folder(path)

    def _failed(self, run: BackupRun, text: str) -> None:
        error = pb.TaskError(message=text)
        error.time.FromNanoseconds(int(self._world.clock() * 1e9))
        run.errors.append(error)

    def _keep(self) -> None:
        self._world.state.save("backups", [as_json(run.backup) for run in self._runs.values()])


async def _ended(run: BackupRun) -> None:
    if run.task is not None:
        run.task.cancel()
        await asyncio.wait([run.task])


def _taken(source: Path, backup: pb.Backup) -> dict[str, Path]:
    """The files of the source that take part, by their path below it."""
    taken: dict[str, Path] = {}
    for folder, names, files in os.walk(source):
        below = Path(folder).relative_to(source)
        for name in list(names):
            relative = (below / name).as_posix()
            if name in backup_rules.SYSTEM_FILES or (
                backup_rules.deciding(backup.fileBackupRules, relative, is_folder=True, size=0) >= 0
            ):
                names.remove(name)
        for name in files:
            relative, file = (below / name).as_posix(), Path(folder) / name
            if name in backup_rules.SYSTEM_FILES:
                continue
            try:
                found = file.lstat()
            except FileNotFoundError:
                # Gone since its folder was listed: the next scan does not meet it.
                continue
            # Opening a pipe waits for who writes to it, and everything else would wait along.
            if not stat.S_ISREG(found.st_mode):
                continue
            if backup_rules.deciding(backup.fileBackupRules, relative, is_folder=False, size=found.st_size) < 0:
                taken[relative] = file
    return taken


def _complete(given: pb.Backup) -> pb.Backup:
    """With the effective values of what was left out (protocol.md §14.3)."""
    backup = pb.Backup(
        syncMode=pb.BackupOneWay,
        conflictPolicy=pb.ConflictKeepBoth,
        conflictCopyTag="conflict copy",
        syncDeletionsTwoWay=False,
        twoWayHardDelete=False,
        historyRetentionDays=0,
        massDeleteGuardPercent=20,
        bootstrapExtrasPolicy=pb.BootstrapCopyExtrasToSource,
        syncOwnerMarker=True,
        deepScanEnabled=True,
        deepScanEveryPasses=8,
        deepScanMaxHours=24,
    )
    backup.MergeFrom(given)
    backup.ClearField("clientKnowsPathRules")
    return backup
