"""Backups the server keeps, and what a two-way one asks (protocol.md §14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Literal

from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = [
    "Backup",
    "BackupDestination",
    "BackupPreview",
    "BackupReplicaPreview",
    "BackupState",
    "BackupSyncIssue",
    "CompletionRule",
    "ConflictPolicy",
    "DeleteRule",
    "FileRule",
    "IssueAction",
    "IssueKind",
    "ReplaceRule",
    "RuleTest",
    "RuleTestOutcome",
]


class _Open(IntEnum):
    """Numbers nobody knows yet survive as ``UNKNOWN_n``."""

    @classmethod
    def _missing_(cls, value: object) -> _Open | None:
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_, member._value_ = f"UNKNOWN_{value}", value
        return member


class ReplaceRule(_Open):
    """What happens to a file in the destination that differs."""

    SKIP = 0
    OVERWRITE = 1
    KEEP_HISTORY = 2


class DeleteRule(_Open):
    """What happens in the destination to a file that is gone from the source."""

    DELETE = 0
    RECYCLE = 1
    KEEP = 2
    MOVE_TO_HISTORY = 3


class CompletionRule(_Open):
    """What happens to the source once a file is backed up."""

    NONE = 0
    DELETE_SOURCE = 1
    DELETE_SOURCE_AND_FOLDER = 2


class ConflictPolicy(_Open):
    """Who wins when both sides changed (two-way)."""

    KEEP_BOTH = 0
    NEWEST_WINS = 1
    SOURCE_WINS = 2
    DESTINATION_WINS = 3


class BackupState(_Open):
    """What a backup is doing."""

    IDLE = 0
    SCANNING = 1
    ERROR = 2
    DISABLED = 3
    SCANNED = 4
    FINISHED = 5
    WAITING = 6


class RuleTestOutcome(_Open):
    """What would become of a path."""

    BACKED_UP = 0
    SKIPPED_BY_RULE = 1
    SKIPPED_FOLDER_ABOVE = 2
    SKIPPED_SYSTEM_FILE = 3
    OUTSIDE_SOURCE = 4
    INVALID_RULE = 5


class IssueKind(_Open):
    """What a two-way backup could not settle by itself."""

    CONFLICT = 0
    HELD_DELETES = 1
    STALE_REPLICA = 2
    NAME_CASE_CLASH = 3
    MODIFIED_VS_DELETED = 4
    INDEX_REBUILT = 5
    REPLACE_FAILED = 6
    RENAME_COLLISION = 7
    CREATED_ON_BOTH = 8
    NOT_COMPARABLE = 9
    DELETIONS_NOT_MIRRORED = 10
    UNVERIFIED_PAIRS = 11
    HELD_CHANGES = 12
    SHARED_REPLICA = 13


class IssueAction(_Open):
    """What to do about one."""

    DISMISS = 0
    APPLY_HELD_DELETIONS = 1
    RESTORE_HELD_FILES = 2
    KEEP_REPLICA_VERSION = 3
    ADOPT_AS_IDENTICAL = 4
    APPLY_STALE_VERSIONS = 5
    ACCEPT_HELD_CHANGES = 6
    RESTORE_FROM_HUB = 7


RuleKind = Literal["extensions", "names", "regex", "min_size", "paths", "path_regex"]
FIELDS: dict[RuleKind, str] = {
    "extensions": "extensions",
    "names": "fileNames",
    "regex": "regex",
    "min_size": "minSize",
    "paths": "relativePaths",
    "path_regex": "pathRegex",
}
KINDS = {field: kind for kind, field in FIELDS.items()}


@dataclass(frozen=True, slots=True)
class FileRule:
    """Which files take part.

    Attributes:
        kind: What it looks at; ``paths`` and ``path_regex`` since 1.1.2.
        value: Text, or bytes for ``min_size``.
        exclude: What matches is left out; otherwise only what matches is taken.
        enabled: Whether it counts.
        folders, files: What it applies to; path rules take everything below.
    """

    kind: RuleKind
    value: str | int
    exclude: bool = True
    enabled: bool = True
    folders: bool = False
    files: bool = True

    @classmethod
    def from_proto(cls, message: pb.FileBackupRule) -> FileRule:
        """From a backup; a kind nobody knows yet shows as an empty ``names``."""
        field = message.WhichOneof("rule")
        files = message.applyToFile if message.HasField("applyToFile") else True
        value = getattr(message, field) if field else ""
        return cls(KINDS.get(field or "", "names"), value, message.isBlackList, message.isEnabled, message.applyToFolder, files)

    def to_proto(self) -> pb.FileBackupRule:
        """For the wire."""
        message = pb.FileBackupRule(
            isEnabled=self.enabled, isBlackList=self.exclude, applyToFolder=self.folders, applyToFile=self.files
        )
        setattr(message, FIELDS[self.kind], self.value)
        return message


@dataclass(frozen=True, slots=True)
class BackupDestination:
    """Where a backup goes."""

    path: str
    enabled: bool = True
    finished: datetime | None = None


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup and what it is doing. ``source`` is its key in every call.

    Attributes:
        source: Folder on the server's machine, or in the drive.
        destinations: Where it goes.
        enabled: Whether it runs.
        two_way: Both sides take over the other's changes.
        watch: Changes are taken as they happen.
        interval: Seconds between full scans; 0 for none.
        replace, delete, completion: See the rules.
        delete_extra: A full scan removes from the destinations what the source does not have, by ``delete``.
        conflicts: Who wins (two-way).
        rules: Which files take part.
        state, message: What it is doing.
        errors: What went wrong, the latest last.
        open_issues: What waits for a person (two-way).
    """

    source: str
    destinations: tuple[BackupDestination, ...]
    enabled: bool
    two_way: bool
    watch: bool
    interval: int
    replace: ReplaceRule
    delete: DeleteRule
    completion: CompletionRule
    delete_extra: bool
    conflicts: ConflictPolicy
    rules: tuple[FileRule, ...]
    state: BackupState
    message: str = ""
    errors: tuple[str, ...] = ()
    open_issues: int = 0

    @classmethod
    def from_proto(cls, message: pb.BackupStatus) -> Backup:
        """From ``BackupGetAll`` or ``BackupGetStatus``."""
        backup = message.backup
        destinations = tuple(
            BackupDestination(
                each.destinationPath,
                each.isEnabled,
                each.lastFinishTime.ToDatetime(UTC) if each.HasField("lastFinishTime") else None,
            )
            for each in backup.destinations
        )
        return cls(
            source=backup.sourcePath,
            destinations=destinations,
            enabled=backup.isEnabled,
            two_way=backup.syncMode == pb.BackupTwoWay,
            watch=backup.fileSystemWatchEnabled,
            interval=backup.walkingThroughIntervalSecs,
            replace=ReplaceRule(backup.fileReplaceRule),
            delete=DeleteRule(backup.fileDeleteRule),
            completion=CompletionRule(backup.fileCompletionRule),
            delete_extra=backup.syncDeleteFromDest,
            conflicts=ConflictPolicy(backup.conflictPolicy),
            rules=tuple(FileRule.from_proto(each) for each in backup.fileBackupRules),
            state=BackupState(message.status),
            message=message.statusMessage,
            errors=tuple(each.message for each in message.errors),
            open_issues=message.openSyncIssues,
        )


@dataclass(frozen=True, slots=True)
class RuleTest:
    """What would become of a path under some rules.

    Attributes:
        outcome: Whether it would be backed up.
        rule: Index of the rule that decides; ``None`` for none.
        relative_path: The path below the source.
        message: Words of the server's.
    """

    outcome: RuleTestOutcome
    rule: int | None
    relative_path: str
    message: str = ""

    @classmethod
    def from_proto(cls, message: pb.BackupTestFileRulesResult) -> RuleTest:
        """From ``BackupTestFileRules``."""
        rule = message.ruleIndex if message.ruleIndex >= 0 else None
        return cls(RuleTestOutcome(message.outcome), rule, message.relativePath, message.message)


@dataclass(frozen=True, slots=True)
class BackupReplicaPreview:
    """One side of a two-way backup before anything moves: files only here, missing here, differing, alike, to be deleted."""

    path: str
    is_source: bool
    only_here: int
    missing_here: int
    differ: int
    same: int
    would_delete: int
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class BackupPreview:
    """What a two-way backup would do.

    Attributes:
        replicas: Its sides.
        samples: Some of the differences: relative path, side, and ``only here``, ``missing here`` or ``differ``.
        truncated: There are more than ``samples``.
        hold_reason: Why it would wait for a person; empty when it would not.
    """

    replicas: tuple[BackupReplicaPreview, ...]
    samples: tuple[tuple[str, str, str], ...] = ()
    truncated: bool = False
    hold_reason: str = ""

    @classmethod
    def from_proto(cls, message: pb.BackupSyncPreview) -> BackupPreview:
        """From ``BackupGetTwoWaySyncPreview``, once it is done."""
        words = {0: "only here", 1: "missing here", 2: "differ"}
        replicas = tuple(
            BackupReplicaPreview(
                each.path,
                each.isSource,
                each.onlyHere,
                each.missingHere,
                each.differ,
                each.same,
                each.wouldDelete,
                each.refusalReason or None,
            )
            for each in message.replicas
        )
        samples = tuple(
            (each.relativePath, each.replica, words.get(each.kind, f"unknown {each.kind}")) for each in message.samples
        )
        return cls(replicas, samples, message.truncated, (message.holdReason or "held") if message.wouldHold else "")


@dataclass(frozen=True, slots=True)
class BackupSyncIssue:
    """Something a two-way backup leaves to a person.

    Attributes:
        id: What :meth:`resolve` takes.
        kind: What it is.
        path: Relative to the source.
        replica: The side it is about.
        detail: Words of the server's.
        resolved: Settled already.
        affected: How many files.
        time: When it was found.
    """

    id: int
    kind: IssueKind
    path: str
    replica: str
    detail: str
    resolved: bool
    affected: int
    time: datetime | None

    @classmethod
    def from_proto(cls, message: pb.BackupSyncIssue) -> BackupSyncIssue:
        """From ``BackupGetSyncIssues``."""
        return cls(
            message.id,
            IssueKind(message.kind),
            message.relativePath,
            message.replica,
            message.detail,
            message.resolved,
            message.affectedCount,
            message.time.ToDatetime(UTC) if message.HasField("time") else None,
        )
