"""Backups over the API (protocol.md §14)."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from pathlib import Path

from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator import backup_rules, paths
from clouddrive2.emulator.backups import BackupRun, Backups
from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["BackupsService"]

Outcome = pb.BackupTestFileRulesResult.Outcome
Action = pb.BackupResolveSyncIssueRequest.Action


class BackupsService:
    """All of ``Backup…``."""

    def __init__(self, backups: Backups) -> None:
        self._backups = backups

    async def BackupGetAll(self, request: Empty, call: Call) -> pb.BackupList:
        return pb.BackupList(backups=[_status(run) for run in self._backups.all()])

    async def BackupGetStatus(self, request: pb.StringValue, call: Call) -> pb.BackupStatus:
        return _status(self._backups.find(request.value))

    async def CanAddMoreBackups(self, request: Empty, call: Call) -> pb.FileOperationResult:
        limit = self._backups.limit
        if limit is not None and len(self._backups.all()) >= limit:
            return pb.FileOperationResult(success=False, errorMessage="the plan allows no more backups")
        return pb.FileOperationResult(success=True)

    async def BackupAdd(self, request: pb.Backup, call: Call) -> Empty:
        await self._backups.add(request)
        return Empty()

    async def BackupUpdate(self, request: pb.Backup, call: Call) -> Empty:
        await self._backups.update(request)
        return Empty()

    async def BackupRemove(self, request: pb.StringValue, call: Call) -> Empty:
        await self._backups.remove(request.value)
        return Empty()

    async def BackupSetEnabled(self, request: pb.BackupSetEnabledRequest, call: Call) -> Empty:
        run = self._backups.find(request.sourcePath)
        run.backup.isEnabled = request.isEnabled
        self._backups.changed(run)
        return Empty()

    async def BackupRestartWalkingThrough(self, request: pb.StringValue, call: Call) -> Empty:
        self._backups.restart(request.value)
        return Empty()

    async def BackupAddDestination(self, request: pb.BackupModifyRequest, call: Call) -> Empty:
        run = self._backups.find(request.sourcePath)
        known = {each.destinationPath for each in run.backup.destinations}
        if any(each.destinationPath in known for each in request.destinations):
            raise CallError(Status.ALREADY_EXISTS, "this destination already exists")
        run.backup.destinations.extend(request.destinations)
        self._backups.changed(run)
        return Empty()

    async def BackupRemoveDestination(self, request: pb.BackupModifyRequest, call: Call) -> Empty:
        run = self._backups.find(request.sourcePath)
        gone = {each.destinationPath for each in request.destinations}
        left = [each for each in run.backup.destinations if each.destinationPath not in gone]
        if len(left) == len(run.backup.destinations):
            raise CallError(Status.NOT_FOUND, "there is no such destination")
        del run.backup.destinations[:]
        run.backup.destinations.extend(left)
        self._backups.changed(run)
        return Empty()

    async def BackupSetFileSystemWatchEnabled(self, request: pb.BackupModifyRequest, call: Call) -> Empty:
        run = self._backups.find(request.sourcePath)
        run.backup.fileSystemWatchEnabled = request.fileSystemWatchEnabled
        self._backups.changed(run)
        return Empty()

    async def BackupTestFileRules(self, request: pb.BackupTestFileRulesRequest, call: Call) -> pb.BackupTestFileRulesResult:
        reply = pb.BackupTestFileRulesResult(ruleIndex=-1)
        source = paths.normalise(request.sourcePath)
        tested = request.testPath if request.testPath.startswith("/") else f"{source}/{request.testPath}"
        if not paths.is_below(paths.normalise(tested), source):
            reply.outcome = Outcome.OutsideSource
            return reply
        reply.relativePath = paths.normalise(tested)[len(source) :].strip("/")
        local = Path(paths.normalise(tested))
        reply.foundInSource = await asyncio.to_thread(local.exists)
        reply.isFolder = request.isFolder if request.HasField("isFolder") else await asyncio.to_thread(local.is_dir)
        found_size = (await asyncio.to_thread(local.stat)).st_size if reply.foundInSource and not reply.isFolder else 0
        reply.fileSize = request.fileSize if request.HasField("fileSize") else found_size
        _decide(reply, request.fileBackupRules)
        return reply

    # Two-way

    async def BackupStartTwoWaySyncPreview(
        self, request: pb.BackupSyncPreviewStartRequest, call: Call
    ) -> pb.BackupSyncPreviewHandle:
        if request.WhichOneof("target") == "proposed":
            backup = request.proposed
            backup_rules.check(
                backup, [each.backup for each in self._backups.all() if each.backup.sourcePath != backup.sourcePath]
            )
        else:
            backup = self._backups.find(request.sourcePath).backup
        preview = pb.BackupSyncPreview(state=pb.BackupSyncPreview.PreviewDone, previewId=str(uuid.uuid4()))
        if self._backups.preview is not None:
            preview.MergeFrom(self._backups.preview)
        else:
            places = [backup.sourcePath, *(each.destinationPath for each in backup.destinations)]
            preview.replicas.extend(
                pb.BackupSyncPreviewReplica(path=each, isSource=index == 0) for index, each in enumerate(places)
            )
        if request.sampleLimit and len(preview.samples) > request.sampleLimit:
            del preview.samples[request.sampleLimit :]
            preview.truncated = True
        self._backups.previews[preview.previewId] = preview
        return pb.BackupSyncPreviewHandle(previewId=preview.previewId)

    async def BackupGetTwoWaySyncPreview(self, request: pb.BackupSyncPreviewHandle, call: Call) -> pb.BackupSyncPreview:
        return self._preview(request)

    async def BackupCancelTwoWaySyncPreview(self, request: pb.BackupSyncPreviewHandle, call: Call) -> Empty:
        self._preview(request).state = pb.BackupSyncPreview.PreviewCancelled
        return Empty()

    async def BackupGetSyncIssues(self, request: pb.StringValue, call: Call) -> pb.BackupSyncIssueList:
        return pb.BackupSyncIssueList(issues=self._two_way(request.value).issues)

    async def BackupResolveSyncIssue(self, request: pb.BackupResolveSyncIssueRequest, call: Call) -> pb.FileOperationResult:
        run = self._two_way(request.sourcePath)
        if request.action in (Action.ApplyHeldDeletions, Action.ApplyStaleVersions) and not request.confirmed:
            return _no("this has to be confirmed")
        if request.action in (Action.KeepReplicaVersion, Action.AdoptAsIdentical) and not request.replica:
            return _no("the replica is missing")
        known = {each.id: each for each in run.issues if not each.resolved}
        if missing := [each for each in request.issueIds if each not in known]:
            return _no(f"no open issue {', '.join(map(str, missing))}; not found")
        for each in request.issueIds:
            known[each].resolved, known[each].resolution = True, Action.Name(request.action)
        return pb.FileOperationResult(success=True)

    async def BackupUndoSyncPass(self, request: pb.BackupUndoSyncPassRequest, call: Call) -> pb.FileOperationResult:
        run = self._two_way(request.sourcePath)
        if not request.confirmed:
            return _no("this has to be confirmed")
        if run.passes < max(1, request.generation):
            return _no("there is no such pass to undo")
        run.passes -= 1
        return pb.FileOperationResult(success=True)

    async def BackupResetSyncIndex(self, request: pb.StringValue, call: Call) -> Empty:
        run = self._two_way(request.value)
        run.passes, run.indexed = 0, False
        self._backups.restart(request.value)
        return Empty()

    def _two_way(self, source: str) -> BackupRun:
        run = self._backups.find(source)
        if run.backup.syncMode != pb.BackupTwoWay:
            raise CallError(Status.INVALID_ARGUMENT, f"{source} is backed up one way only")
        return run

    def _preview(self, request: pb.BackupSyncPreviewHandle) -> pb.BackupSyncPreview:
        if request.previewId not in self._backups.previews:
            raise CallError(Status.NOT_FOUND, "this preview is not known")
        return self._backups.previews[request.previewId]


def _status(run: BackupRun) -> pb.BackupStatus:
    rule = run.backup.fileDeleteRule
    return pb.BackupStatus(
        backup=run.backup,
        status=pb.BackupStatus.Status.ValueType(run.status),
        errors=run.errors,
        watcherStatus=pb.BackupStatus.Watching if run.backup.fileSystemWatchEnabled else pb.BackupStatus.WatcherDisabled,
        openSyncIssues=sum(not each.resolved for each in run.issues),
        twoWayBootstrapped=run.backup.syncMode == pb.BackupTwoWay and run.indexed,
        effectiveDeleteRule=rule,
    )


def _decide(reply: pb.BackupTestFileRulesResult, given: Sequence[pb.FileBackupRule]) -> None:
    """Fills in what becomes of the path, and what every rule says."""
    for rule in given:
        said = backup_rules.verdict(rule, reply.relativePath, is_folder=reply.isFolder, size=reply.fileSize)
        reply.ruleVerdicts.append(said)
    parts = reply.relativePath.split("/")
    if pb.BackupTestFileRulesResult.Invalid in reply.ruleVerdicts:
        reply.outcome = Outcome.InvalidRule
        reply.ruleIndex = list(reply.ruleVerdicts).index(pb.BackupTestFileRulesResult.Invalid)
        return
    if backup_rules.SYSTEM_FILES.intersection(parts):
        reply.outcome = Outcome.SkippedSystemFile
        return
    for depth in range(1, len(parts)):
        above = "/".join(parts[:depth])
        if (index := backup_rules.deciding(given, above, is_folder=True, size=0)) >= 0:
            reply.outcome, reply.ruleIndex, reply.skippedFolder = Outcome.SkippedFolderAbove, index, above
            return
    reply.ruleIndex = backup_rules.deciding(given, reply.relativePath, is_folder=reply.isFolder, size=reply.fileSize)
    reply.outcome = Outcome.SkippedByRule if reply.ruleIndex >= 0 else Outcome.BackedUp


def _no(text: str) -> pb.FileOperationResult:
    return pb.FileOperationResult(success=False, errorMessage=text)
