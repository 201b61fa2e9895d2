"""An open client for CloudDrive2: files into and out of its drives, over its gRPC service. ::

    import clouddrive2 as cd2

    with cd2.Client("nas:19798", username="me", password="secret") as client:
        print(client.uploads.upload("film.mkv", to="/115/Movies/"))

Public names are loaded on first use: a command that only prints its help does not wait for gRPC.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

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
    from clouddrive2.models.files import Downloaded, DownloadLink, Entry, EntryKind, Hashes, Space
    from clouddrive2.models.mounts import MountPoint, MountStatus
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
    from clouddrive2.models.webhooks import Webhook, WebhookConfig
    from clouddrive2.settings import load_config

__all__ = [
    "AlreadyExists",
    "AsyncClient",
    "BackupIssue",
    "Bandwidth",
    "BatchItem",
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
    "ConfigError",
    "ConnectError",
    "Connection",
    "CopyTask",
    "DiskCache",
    "DiskCacheFolder",
    "Download",
    "DownloadLink",
    "Downloaded",
    "Entry",
    "EntryKind",
    "Error",
    "Eviction",
    "ExitReason",
    "FileChange",
    "FileChanged",
    "FileExpected",
    "FolderNotEmpty",
    "GoogleSignIn",
    "HashMismatch",
    "Hashes",
    "IfExists",
    "InvalidRequest",
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
    "OperationFailed",
    "Operator",
    "Outcome",
    "OutcomeUnknown",
    "PendingUpload",
    "PermissionDenied",
    "Phase",
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
    "Retry",
    "RouteStep",
    "RuntimeInfo",
    "ServerConfig",
    "ServerExiting",
    "ServerFailed",
    "SettingsChange",
    "SignInRefused",
    "SmbServer",
    "SourceChanged",
    "Space",
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
    "Unauthenticated",
    "Unreachable",
    "Unsupported",
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
    "Webhook",
    "WebhookConfig",
    "load_config",
]

_MODULES = {
    "clouddrive2.models.webhooks": (
        "Webhook",
        "WebhookConfig",
    ),
    "clouddrive2.models.cache": (
        "CacheDatabase",
        "DiskCache",
        "DiskCacheFolder",
        "Eviction",
        "Prefetch",
        "PrefetchPriority",
        "PrefetchState",
        "Prefetched",
        "VacuumProgress",
        "VacuumStatus",
    ),
    "clouddrive2.models.settings": (
        "SettingsChange",
        "SystemSettings",
    ),
    "clouddrive2.models.tokens": ("Token",),
    "clouddrive2.client.aio": ("AsyncClient",),
    "clouddrive2.client.sync": ("Client",),
    "clouddrive2.config": (
        "CloudPace",
        "Retry",
        "ServerConfig",
        "Timeouts",
        "UploadConfig",
    ),
    "clouddrive2.settings": ("load_config",),
    "clouddrive2.models.bandwidth": ("Bandwidth",),
    "clouddrive2.models.clouds": (
        "ChangeCounts",
        "CloudAccount",
        "CloudSettings",
        "GoogleSignIn",
        "Membership",
        "OAuthState",
        "Promotion",
        "Proxy",
        "ProxyKind",
        "QrLogin",
        "QrLoginState",
        "SmbServer",
    ),
    "clouddrive2.models.files": (
        "DownloadLink",
        "Downloaded",
        "Entry",
        "EntryKind",
        "Hashes",
        "Space",
    ),
    "clouddrive2.models.mounts": (
        "MountPoint",
        "MountStatus",
    ),
    "clouddrive2.models.system": (
        "Capabilities",
        "Connection",
        "RuntimeInfo",
        "SystemInfo",
        "TokenDetails",
    ),
    "clouddrive2.models.transfers": (
        "Operator",
        "Transfer",
        "TransferStatus",
    ),
    "clouddrive2.models.uploads": (
        "BatchItem",
        "IfExists",
        "Outcome",
        "PendingUpload",
        "Phase",
        "RouteStep",
        "UploadProgress",
        "Uploaded",
        "Verify",
        "Wait",
    ),
    "clouddrive2.models.events": (
        "BackupIssue",
        "CloudChange",
        "CloudChanged",
        "ExitReason",
        "FileChange",
        "FileChanged",
        "LogLine",
        "MergeChanged",
        "MountChanged",
        "Reconnected",
        "ServerExiting",
        "TaskCountsChanged",
        "TransferChanged",
        "UpdateChanged",
        "UpdatePhase",
    ),
    "clouddrive2.models.tasks": (
        "CopyTask",
        "Download",
        "MergeTask",
        "TaskCounts",
        "TaskStatus",
    ),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'clouddrive2' has no attribute '{name}'")
    # Whatever is listed nowhere else is an error class.
    value: object = getattr(import_module(_HOMES.get(name, "clouddrive2.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
