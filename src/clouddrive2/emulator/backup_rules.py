"""Which files a backup takes (protocol.md §14.1), and what a backup must not ask for (§14.3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import CallError, Status
from clouddrive2.proto import clouddrive_pb2 as pb

if TYPE_CHECKING:
    Said: TypeAlias = pb.BackupTestFileRulesResult.RuleVerdict.ValueType

__all__ = ["SYSTEM_FILES", "check", "deciding", "verdict"]

SYSTEM_FILES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", ".clfs_history", ".clfs_sync_owner"})
LISTED = re.compile(r"[;\n|]")
NO_SKIP = "Two-way sync: file replace rule Skip is not allowed; use Overwrite or KeepHistoryVersion"
NO_COMPLETION = "Two-way sync: the source folder must keep its files; set fileCompletionRule to None"
NO_DELETE = (
    "Two-way sync: fileDeleteRule Delete must be confirmed with twoWayHardDelete, or choose MoveToVersionHistory, Recycle or Keep"
)
Verdict = pb.BackupTestFileRulesResult.RuleVerdict


def verdict(rule: pb.FileBackupRule, relative: str, *, is_folder: bool, size: int) -> Said:
    """What one rule says of a path: NotUsed, Passes, Skips or Invalid."""
    kind = rule.WhichOneof("rule")
    if not rule.isEnabled or kind is None:
        return Verdict.NotUsed
    by_path = kind in ("relativePaths", "pathRegex")
    for_files = rule.applyToFile if rule.HasField("applyToFile") else True
    if not by_path and not (rule.applyToFolder if is_folder else for_files):
        return Verdict.NotUsed
    if kind == "minSize" and is_folder:
        return Verdict.NotUsed
    try:
        hit = _matches(rule, kind, relative, size)
    except re.error:
        return Verdict.Invalid
    if by_path and is_folder and not rule.isBlackList:
        # A folder on the way to what is taken is no reason to stop.
        return Verdict.NotUsed
    return Verdict.Skips if hit is rule.isBlackList else Verdict.Passes


def deciding(rules: Sequence[pb.FileBackupRule], relative: str, *, is_folder: bool, size: int) -> int:
    """Index of the rule that leaves a path out; -1 when it is taken."""
    for index, rule in enumerate(rules):
        if verdict(rule, relative, is_folder=is_folder, size=size) in (Verdict.Skips, Verdict.Invalid):
            return index
    return -1


def check(backup: pb.Backup, others: Sequence[pb.Backup]) -> None:
    """Refuses what a backup must not ask for.

    Raises:
        CallError: INVALID_ARGUMENT, with the texts the protocol fixes.
    """
    for rule in backup.fileBackupRules:
        if rule.WhichOneof("rule") == "pathRegex":
            try:
                re.compile(rule.pathRegex)
            except re.error as error:
                raise CallError(Status.INVALID_ARGUMENT, f"the path rule {rule.pathRegex} is invalid: {error}") from error
    two_way = backup.syncMode == pb.BackupTwoWay
    if two_way:
        if backup.fileReplaceRule == pb.Skip:
            raise CallError(Status.INVALID_ARGUMENT, NO_SKIP)
        if backup.fileCompletionRule != 0:
            raise CallError(Status.INVALID_ARGUMENT, NO_COMPLETION)
        # Every request that says syncMode comes from a client that knows of it.
        if backup.fileDeleteRule == pb.Delete and not backup.twoWayHardDelete:
            raise CallError(Status.INVALID_ARGUMENT, NO_DELETE)
    for other in others:
        if not (two_way or other.syncMode == pb.BackupTwoWay):
            continue
        for mine in _folders(backup):
            for theirs in _folders(other):
                if paths.is_below(mine, theirs) or paths.is_below(theirs, mine):
                    text = f"Folders overlap with backup {other.sourcePath}: {mine} and {theirs}"
                    raise CallError(Status.INVALID_ARGUMENT, text)


def _folders(backup: pb.Backup) -> list[str]:
    return [backup.sourcePath, *(each.destinationPath for each in backup.destinations)]


def _matches(rule: pb.FileBackupRule, kind: str, relative: str, size: int) -> bool:
    name = relative.rpartition("/")[2]
    match kind:
        case "extensions":
            wanted = {each.strip().lstrip(".").lower() for each in LISTED.split(rule.extensions.replace(",", ";"))}
            return name.rpartition(".")[2].lower() in wanted and "." in name
        case "fileNames":
            return name in {each.strip() for each in LISTED.split(rule.fileNames)}
        case "regex":
            return re.search(rule.regex, name) is not None
        case "minSize":
            # A minimum names what is taken.
            return size >= rule.minSize
        case "relativePaths":
            wanted = {each.strip().strip("/") for each in LISTED.split(rule.relativePaths)} - {""}
            return any(relative == each or relative.startswith(each + "/") for each in wanted)
        case _:
            return re.search(rule.pathRegex, relative) is not None
