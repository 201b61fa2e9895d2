"""Backups the server keeps (protocol.md §14). Paths are sent as given: a source may lie on the server's own machine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

from google.protobuf.empty_pb2 import Empty

from clouddrive2.errors import InvalidRequest, OperationFailed, Unsupported
from clouddrive2.models.backups import (
    Backup,
    BackupPreview,
    BackupSyncIssue,
    CompletionRule,
    ConflictPolicy,
    DeleteRule,
    FileRule,
    IssueAction,
    ReplaceRule,
    RuleTest,
)
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["AsyncBackups"]

# ``list`` is a method below.
BackupRows = list[Backup]
Issues = list[BackupSyncIssue]

POLL_SECONDS = 0.5
NEEDS_YES = frozenset({IssueAction.APPLY_HELD_DELETIONS, IssueAction.APPLY_STALE_VERSIONS})
NEEDS_REPLICA = frozenset({IssueAction.KEEP_REPLICA_VERSION, IssueAction.ADOPT_AS_IDENTICAL})


class AsyncBackups:
    """``client.backups``. A backup is named by its source.

    Args:
        caller: Makes the calls.
        sleep: Waits between two looks at a preview.
    """

    def __init__(self, caller: Caller, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._caller = caller
        self._sleep = sleep

    async def list(self) -> BackupRows:
        """Every backup and what it is doing. May be repeated.

        Raises:
            PermissionDenied: The token may not see them.
        """
        reply = await self._caller.unary("BackupGetAll", Empty(), pb.BackupList)
        return [Backup.from_proto(each) for each in reply.backups]

    async def status(self, source: str) -> Backup:
        """One backup. May be repeated.

        Raises:
            NotFound: There is none of this source.
        """
        request = pb.StringValue(value=source)
        return Backup.from_proto(await self._caller.unary("BackupGetStatus", request, pb.BackupStatus, path=source))

    async def can_add(self) -> bool:
        """Whether the plan allows one more. May be repeated."""
        try:
            await self._caller.unary("CanAddMoreBackups", Empty(), pb.FileOperationResult)
        except OperationFailed:
            return False
        return True

    async def add(
        self,
        source: str,
        destinations: Iterable[str],
        *,
        delete: DeleteRule = DeleteRule.KEEP,
        replace: ReplaceRule = ReplaceRule.OVERWRITE,
        completion: CompletionRule = CompletionRule.NONE,
        rules: Sequence[FileRule] = (),
        watch: bool = False,
        interval: int = 0,
        delete_extra: bool = False,
        scan: bool = True,
        two_way: bool = False,
        conflicts: ConflictPolicy = ConflictPolicy.KEEP_BOTH,
        hard_delete: bool = False,
    ) -> Backup:
        """Set up a backup. On the wire the rule for deletions begins with the harshest; here with the mildest.

        Args:
            source: Folder on the server's machine, or in the drive.
            destinations: Folders in the drive.
            delete: What happens there to what is gone from the source.
            replace: What happens there to what differs.
            completion: What happens to the source once a file is backed up.
            rules: Which files take part; all by default. Path rules since 1.1.2.
            watch: Take changes as they happen.
            interval: Seconds between full scans; 0 for none.
            delete_extra: A full scan removes from the destinations what the source does not have.
            scan: Begin at once.
            two_way: Both sides take over the other's changes. Since 1.1.0; look at :meth:`preview` first.
            conflicts: Who wins (two-way).
            hard_delete: Agrees that :attr:`DeleteRule.DELETE` deletes for good (two-way).

        Raises:
            InvalidRequest: The server's own text.
            AlreadyExists: There is one of this source.
            Unsupported: The server knows no two-way backups.
        """
        if two_way:
            await self._need_two_way()
        message = _proposed(source, destinations, delete, replace, completion, rules)
        message.fileSystemWatchEnabled, message.walkingThroughIntervalSecs = watch, interval
        message.syncDeleteFromDest, message.dontStartScanAfterAdd = delete_extra, not scan
        if two_way:
            _make_two_way(message, conflicts, hard_delete=hard_delete)
        await self._caller.unary("BackupAdd", message, Empty, path=source)
        return await self.status(source)

    async def update(
        self,
        source: str,
        *,
        delete: DeleteRule | None = None,
        replace: ReplaceRule | None = None,
        completion: CompletionRule | None = None,
        rules: Sequence[FileRule] | None = None,
        watch: bool | None = None,
        interval: int | None = None,
        delete_extra: bool | None = None,
        conflicts: ConflictPolicy | None = None,
    ) -> Backup:
        """Change a backup; what is not given stays, also what this version does not know (protocol.md §14.1). May be repeated.

        Raises:
            NotFound: There is none of this source.
            InvalidRequest: The server's own text.
        """
        request = pb.StringValue(value=source)
        # The whole message as the server holds it: what is left out of an update would be reset.
        message = (await self._caller.unary("BackupGetStatus", request, pb.BackupStatus, path=source)).backup
        fields = {
            "fileDeleteRule": delete,
            "fileReplaceRule": replace,
            "fileCompletionRule": completion,
            "fileSystemWatchEnabled": watch,
            "walkingThroughIntervalSecs": interval,
            "syncDeleteFromDest": delete_extra,
            "conflictPolicy": conflicts,
        }
        for name, value in fields.items():
            if value is not None:
                setattr(message, name, value)
        if rules is not None:
            del message.fileBackupRules[:]
            message.fileBackupRules.extend(each.to_proto() for each in rules)
        message.clientKnowsPathRules = True
        await self._caller.unary("BackupUpdate", message, Empty, path=source)
        return await self.status(source)

    async def remove(self, source: str) -> None:
        """Forget a backup; what it has brought stays.

        Raises:
            NotFound: There is none of this source.
        """
        await self._caller.unary("BackupRemove", pb.StringValue(value=source), Empty, path=source)

    async def enable(self, source: str) -> Backup:
        """Let it run. May be repeated."""
        return await self._set_enabled(source, enabled=True)

    async def disable(self, source: str) -> Backup:
        """Let it rest. May be repeated."""
        return await self._set_enabled(source, enabled=False)

    async def restart(self, source: str) -> None:
        """Begin a full scan now."""
        await self._caller.unary("BackupRestartWalkingThrough", pb.StringValue(value=source), Empty, path=source)

    async def add_destination(self, source: str, destination: str) -> Backup:
        """One more place to bring it to."""
        await self._caller.unary("BackupAddDestination", _at(source, destination), Empty, path=source)
        return await self.status(source)

    async def remove_destination(self, source: str, destination: str) -> Backup:
        """One place less; what was brought there stays."""
        await self._caller.unary("BackupRemoveDestination", _at(source, destination), Empty, path=source)
        return await self.status(source)

    async def test_rules(
        self, source: str, rules: Sequence[FileRule], path: str, *, is_folder: bool | None = None, size: int | None = None
    ) -> RuleTest:
        """What would become of a path under rules that need not be saved. Since 1.1.2. May be repeated.

        Args:
            source: Folder the rules are for.
            rules: Them.
            path: The path to try.
            is_folder, size: What it is, when it does not exist.
        """
        request = pb.BackupTestFileRulesRequest(
            sourcePath=source,
            fileBackupRules=[each.to_proto() for each in rules],
            testPath=path,
            isFolder=is_folder,
            fileSize=size,
        )
        reply = await self._caller.unary("BackupTestFileRules", request, pb.BackupTestFileRulesResult, path=path)
        return RuleTest.from_proto(reply)

    async def preview(
        self,
        source: str,
        destinations: Iterable[str] | None = None,
        *,
        samples: int = 100,
        delete: DeleteRule = DeleteRule.KEEP,
        conflicts: ConflictPolicy = ConflictPolicy.KEEP_BOTH,
    ) -> BackupPreview:
        """What a two-way backup would do, before anything moves. Since 1.1.0. Leaving early cancels it on the server.

        Args:
            source: Of a backup that is there; or, with ``destinations``, of one that is not.
            destinations: Where it would go.
            samples: How many differences to name.
            delete, conflicts: As for :meth:`add`.

        Raises:
            Unsupported: The server knows no two-way backups.
            OperationFailed: It failed, or somebody cancelled it.
        """
        await self._need_two_way()
        request = pb.BackupSyncPreviewStartRequest(sourcePath=source, sampleLimit=samples)
        if destinations is not None:
            message = _proposed(source, destinations, delete, ReplaceRule.OVERWRITE, CompletionRule.NONE, ())
            _make_two_way(message, conflicts, hard_delete=False)
            request = pb.BackupSyncPreviewStartRequest(proposed=message, sampleLimit=samples)
        handle = await self._caller.unary("BackupStartTwoWaySyncPreview", request, pb.BackupSyncPreviewHandle, path=source)
        rpc, ended = "BackupGetTwoWaySyncPreview", False
        try:
            while True:
                found = await self._caller.unary(rpc, handle, pb.BackupSyncPreview, path=source)
                ended = found.state != pb.BackupSyncPreview.PreviewRunning
                if ended:
                    break
                await self._sleep(POLL_SECONDS)
        finally:
            if not ended:
                await asyncio.shield(self._caller.unary("BackupCancelTwoWaySyncPreview", handle, Empty, path=source))
        if found.state != pb.BackupSyncPreview.PreviewDone:
            why = found.error or ("it was cancelled" if found.state == pb.BackupSyncPreview.PreviewCancelled else "it failed")
            raise OperationFailed(f"{rpc}: {source}: {why}", path=source, rpc=rpc)
        return BackupPreview.from_proto(found)

    async def issues(self, source: str) -> Issues:
        """What a two-way backup leaves to a person. Since 1.1.0. May be repeated."""
        await self._need_two_way()
        request = pb.StringValue(value=source)
        reply = await self._caller.unary("BackupGetSyncIssues", request, pb.BackupSyncIssueList, path=source)
        return [BackupSyncIssue.from_proto(each) for each in reply.issues]

    async def resolve(
        self, source: str, issues: Iterable[int], action: IssueAction, *, replica: str | None = None, confirmed: bool = False
    ) -> None:
        """Settle issues. Since 1.1.0.

        Args:
            source: Of the backup.
            issues: Their numbers.
            action: What to do.
            replica: The side meant, where the action needs one.
            confirmed: Agrees to what deletes or overwrites.

        Raises:
            InvalidRequest: ``replica`` or ``confirmed`` is needed.
            OperationFailed: The server refuses, and says why.
        """
        await self._need_two_way()
        if action in NEEDS_YES and not confirmed:
            raise InvalidRequest(f"{action.name.lower()} deletes or overwrites files: say that it is confirmed")
        if action in NEEDS_REPLICA and not replica:
            raise InvalidRequest(f"{action.name.lower()} needs the side that is meant")
        request = pb.BackupResolveSyncIssueRequest(
            sourcePath=source,
            issueIds=issues,
            action=pb.BackupResolveSyncIssueRequest.Action.ValueType(action.value),
            replica=replica,
            confirmed=confirmed,
        )
        await self._caller.unary("BackupResolveSyncIssue", request, pb.FileOperationResult, path=source)

    async def undo(self, source: str, *, generation: int = 0, confirmed: bool) -> None:
        """Take back one of the last five passes of a two-way backup. Since 1.1.0.

        Args:
            source: Of the backup.
            generation: Which pass; 0 for the last.
            confirmed: Must be true.
        """
        await self._need_two_way()
        request = pb.BackupUndoSyncPassRequest(sourcePath=source, generation=generation, confirmed=confirmed)
        await self._caller.unary("BackupUndoSyncPass", request, pb.FileOperationResult, path=source)

    async def reset(self, source: str) -> None:
        """Build the index of a two-way backup anew; nothing is deleted. Since 1.1.0."""
        await self._need_two_way()
        await self._caller.unary("BackupResetSyncIndex", pb.StringValue(value=source), Empty, path=source)

    async def _set_enabled(self, source: str, *, enabled: bool) -> Backup:
        request = pb.BackupSetEnabledRequest(sourcePath=source, isEnabled=enabled)
        await self._caller.unary("BackupSetEnabled", request, Empty, path=source)
        return await self.status(source)

    async def _need_two_way(self) -> None:
        info = await self._caller.unary("GetSystemInfo", Empty(), pb.CloudDriveSystemInfo)
        if not info.supportsTwoWayBackup:
            raise Unsupported("this server knows no two-way backups; version 1.1.0 does", rpc="GetSystemInfo")


def _proposed(
    source: str,
    destinations: Iterable[str],
    delete: DeleteRule,
    replace: ReplaceRule,
    completion: CompletionRule,
    rules: Sequence[FileRule],
) -> pb.Backup:
    places = [pb.BackupDestination(destinationPath=each, isEnabled=True) for each in destinations]
    if not places:
        raise InvalidRequest(f"a backup of {source} needs a destination", path=source)
    message = pb.Backup(
        sourcePath=source,
        destinations=places,
        fileBackupRules=[each.to_proto() for each in rules],
        isEnabled=True,
        clientKnowsPathRules=True,
    )
    message.fileDeleteRule = pb.FileDeleteRule.ValueType(delete.value)
    message.fileReplaceRule = pb.FileReplaceRule.ValueType(replace.value)
    message.fileCompletionRule = pb.FileCompletionRule.ValueType(completion.value)
    return message


def _make_two_way(message: pb.Backup, conflicts: ConflictPolicy, *, hard_delete: bool) -> None:
    message.syncMode = pb.BackupTwoWay
    message.conflictPolicy = pb.BackupConflictPolicy.ValueType(conflicts.value)
    message.twoWayHardDelete = hard_delete


def _at(source: str, destination: str) -> pb.BackupModifyRequest:
    place = pb.BackupDestination(destinationPath=destination, isEnabled=True)
    return pb.BackupModifyRequest(sourcePath=source, destinations=[place])
