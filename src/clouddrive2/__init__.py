"""An open client for CloudDrive2: files into and out of its drives, over its gRPC service. ::

    import clouddrive2 as cd2

    with cd2.Client("nas:19798", username="me", password="secret") as client:
        print(client.uploads.upload("film.mkv", to="/115/Movies/"))

Public names are loaded on first use: a command that only prints its help does not wait for gRPC.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from clouddrive2._homes import HOMES

if TYPE_CHECKING:
    from clouddrive2.client.aio import AsyncClient
    from clouddrive2.client.sync import Client
    from clouddrive2.config import CloudPace, Retry, ServerConfig, Timeouts, UploadConfig
    from clouddrive2.errors import (
        AlreadyExists,
        ChannelLost,
        ConfigError,
        ConnectError,
        Error,
        FileExpected,
        FolderNotEmpty,
        HashMismatch,
        InvalidRequest,
        MessageTooLarge,
        NotFound,
        NotInstant,
        NotVerified,
        OperationFailed,
        OutcomeUnknown,
        PermissionDenied,
        Refused,
        ServerFailed,
        SignInRefused,
        SourceChanged,
        Throttled,
        Timeout,
        Unauthenticated,
        Unreachable,
        Unsupported,
        UploadCancelled,
        UploadError,
        UploadFailed,
        UploadRejected,
    )
    from clouddrive2.models.accounts import AccountDeletion, AccountStatus, BoundDevice, Subscription, TwoFactorSetup
    from clouddrive2.models.archives import ArchiveFolder, ArchiveProbe, ArchiveState, UnreadableMembers
    from clouddrive2.models.backups import (
        Backup,
        BackupDestination,
        BackupPreview,
        BackupReplicaPreview,
        BackupState,
        BackupSyncIssue,
        CompletionRule,
        ConflictPolicy,
        DeleteRule,
        FileRule,
        IssueAction,
        IssueKind,
        ReplaceRule,
        RuleTest,
        RuleTestOutcome,
    )
    from clouddrive2.models.bandwidth import Bandwidth
    from clouddrive2.models.cache import (
        CacheDatabase,
        DiskCache,
        DiskCacheFolder,
        Eviction,
        Prefetch,
        Prefetched,
        PrefetchPriority,
        PrefetchState,
        VacuumProgress,
        VacuumStatus,
    )
    from clouddrive2.models.cloud_sync import (
        CloudSyncAccount,
        CloudSyncEnd,
        CloudSyncPreview,
        CloudSyncResult,
        CloudSyncState,
        CloudSyncStatus,
    )
    from clouddrive2.models.clouds import (
        ChangeCounts,
        CloudAccount,
        CloudSettings,
        GoogleSignIn,
        Membership,
        OAuthState,
        Promotion,
        Proxy,
        ProxyKind,
        QrLogin,
        QrLoginState,
        SmbServer,
    )
    from clouddrive2.models.encrypted import EncryptionState
    from clouddrive2.models.events import (
        BackupIssue,
        CloudChange,
        CloudChanged,
        ExitReason,
        FileChange,
        FileChanged,
        LogLine,
        MergeChanged,
        MountChanged,
        Reconnected,
        ServerExiting,
        TaskCountsChanged,
        TransferChanged,
        UpdateChanged,
        UpdatePhase,
    )
    from clouddrive2.models.files import Downloaded, DownloadLink, Entry, EntryKind, FolderDetails, Hashes, Space
    from clouddrive2.models.mounts import MountPoint, MountStatus
    from clouddrive2.models.offline import OfflineAdded, OfflineDownload, OfflineQuota, OfflineStatus
    from clouddrive2.models.plans import ActivationCode, BalanceChange, BalanceChangeKind, Coupon, Plan
    from clouddrive2.models.service import LogFile, OpenHandle, RunningInfo, ServiceAbilities, Update, WebServer
    from clouddrive2.models.sessions import AccountDevice, AccountSession
    from clouddrive2.models.settings import SettingsChange, SystemSettings
    from clouddrive2.models.system import Capabilities, Connection, RuntimeInfo, SystemInfo, TokenDetails
    from clouddrive2.models.tasks import CopyTask, Download, MergeTask, TaskCounts, TaskStatus
    from clouddrive2.models.tokens import Token
    from clouddrive2.models.transfers import Operator, Transfer, TransferStatus
    from clouddrive2.models.uploads import (
        BatchItem,
        IfExists,
        Outcome,
        PendingUpload,
        Phase,
        RouteStep,
        Uploaded,
        UploadProgress,
        Verify,
        Wait,
    )
    from clouddrive2.models.webdav import DavServer, DavUser
    from clouddrive2.models.webhooks import Webhook, WebhookConfig
    from clouddrive2.settings import load_config

__all__ = [
    "AccountDeletion",
    "AccountDevice",
    "AccountSession",
    "AccountStatus",
    "ActivationCode",
    "AlreadyExists",
    "ArchiveFolder",
    "ArchiveProbe",
    "ArchiveState",
    "AsyncClient",
    "Backup",
    "BackupDestination",
    "BackupIssue",
    "BackupPreview",
    "BackupReplicaPreview",
    "BackupState",
    "BackupSyncIssue",
    "BalanceChange",
    "BalanceChangeKind",
    "Bandwidth",
    "BatchItem",
    "BoundDevice",
    "CacheDatabase",
    "Capabilities",
    "ChangeCounts",
    "ChannelLost",
    "Client",
    "CloudAccount",
    "CloudChange",
    "CloudChanged",
    "CloudPace",
    "CloudSettings",
    "CloudSyncAccount",
    "CloudSyncEnd",
    "CloudSyncPreview",
    "CloudSyncResult",
    "CloudSyncState",
    "CloudSyncStatus",
    "CompletionRule",
    "ConfigError",
    "ConflictPolicy",
    "ConnectError",
    "Connection",
    "CopyTask",
    "Coupon",
    "DavServer",
    "DavUser",
    "DeleteRule",
    "DiskCache",
    "DiskCacheFolder",
    "Download",
    "DownloadLink",
    "Downloaded",
    "EncryptionState",
    "Entry",
    "EntryKind",
    "Error",
    "Eviction",
    "ExitReason",
    "FileChange",
    "FileChanged",
    "FileExpected",
    "FileRule",
    "FolderDetails",
    "FolderNotEmpty",
    "GoogleSignIn",
    "HashMismatch",
    "Hashes",
    "IfExists",
    "InvalidRequest",
    "IssueAction",
    "IssueKind",
    "LogFile",
    "LogLine",
    "Membership",
    "MergeChanged",
    "MergeTask",
    "MessageTooLarge",
    "MountChanged",
    "MountPoint",
    "MountStatus",
    "NotFound",
    "NotInstant",
    "NotVerified",
    "OAuthState",
    "OfflineAdded",
    "OfflineDownload",
    "OfflineQuota",
    "OfflineStatus",
    "OpenHandle",
    "OperationFailed",
    "Operator",
    "Outcome",
    "OutcomeUnknown",
    "PendingUpload",
    "PermissionDenied",
    "Phase",
    "Plan",
    "Prefetch",
    "PrefetchPriority",
    "PrefetchState",
    "Prefetched",
    "Promotion",
    "Proxy",
    "ProxyKind",
    "QrLogin",
    "QrLoginState",
    "Reconnected",
    "Refused",
    "ReplaceRule",
    "Retry",
    "RouteStep",
    "RuleTest",
    "RuleTestOutcome",
    "RunningInfo",
    "RuntimeInfo",
    "ServerConfig",
    "ServerExiting",
    "ServerFailed",
    "ServiceAbilities",
    "SettingsChange",
    "SignInRefused",
    "SmbServer",
    "SourceChanged",
    "Space",
    "Subscription",
    "SystemInfo",
    "SystemSettings",
    "TaskCounts",
    "TaskCountsChanged",
    "TaskStatus",
    "Throttled",
    "Timeout",
    "Timeouts",
    "Token",
    "TokenDetails",
    "Transfer",
    "TransferChanged",
    "TransferStatus",
    "TwoFactorSetup",
    "Unauthenticated",
    "Unreachable",
    "UnreadableMembers",
    "Unsupported",
    "Update",
    "UpdateChanged",
    "UpdatePhase",
    "UploadCancelled",
    "UploadConfig",
    "UploadError",
    "UploadFailed",
    "UploadProgress",
    "UploadRejected",
    "Uploaded",
    "VacuumProgress",
    "VacuumStatus",
    "Verify",
    "Wait",
    "WebServer",
    "Webhook",
    "WebhookConfig",
    "load_config",
]


def __getattr__(name: str) -> object:
    if name not in HOMES:
        raise AttributeError(f"module 'clouddrive2' has no attribute '{name}'")
    value: object = getattr(import_module(HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
