"""Which permission a token needs for which RPC (protocol.md §2.6)."""

from __future__ import annotations

from collections.abc import Mapping

from clouddrive2.emulator.call import Identity
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto.methods import METHODS, Method

__all__ = ["ALL_PERMISSIONS", "missing_permission"]

ALL_PERMISSIONS: frozenset[str] = frozenset(field.name for field in pb.TokenPermissions.DESCRIPTOR.fields)

# The second table: RPCs no source names a permission for. Any one of the row's permissions is enough.
_ROWS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("allow_read",), "GetDownloadUrlPath PrefetchFileRanges CancelFilePrefetch CloseFileReader"),
    (
        ("allow_write", "allow_create_file"),
        "StartRemoteUpload RemoteUploadChannel RemoteReadData RemoteHashProgress RemoteUploadControl",
    ),
    (("allow_create_file",), "CloseFile"),
    (("allow_view_properties",), "GetMetaData WalkThroughFolderTest"),
    (("allow_list",), "GetOriginalPath"),
    (("allow_get_mounts",), "CanMountBothLocalAndCloud"),
    (("allow_list_local",), "LocalCreateFolder"),
    (
        ("allow_modify_transfer_tasks",),
        "CancelMergeTask CancelCopyTask PauseCopyTask RestartCopyTask RemoveCompletedCopyTasks RemoveAllCopyTasks"
        " RemoveCopyTasks PauseAllCopyTasks PauseCopyTasks ResumeAllCopyTasks ResumeCopyTasks",
    ),
    (
        ("allow_modify_cloud_apis",),
        "APIAddLocalFolder RemoveCloudAPI CreateOAuthState DiscoverSmbServers DiscoverSmbShares"
        " SyncFileChangesFromCloud StartCloudEventListener StopCloudEventListener",
    ),
    (
        ("allow_get_system_settings",),
        "GetFileBufferDiskCacheStats ListDiskCacheFolders GetWebhookConfigTemplate GetWebhookConfigs GetWebServerConfig",
    ),
    (
        ("allow_modify_system_settings",),
        "PurgeFileBufferDiskCache SetDiskCacheEvictionStrategy SetFolderDiskCache RemoveFolderDiskCache AddWebhookConfig"
        " RemoveWebhookConfig ChangeWebhookConfig SetWebServerConfig GenerateSelfSignedCert",
    ),
    (
        ("allow_view_runtime_info",),
        "GetOpenFileHandles GetOpenFileTable GetDirCacheTable GetReferencedEntryPaths GetTempFileTable ListLogFiles"
        " GetServiceCapabilities HasUpdate CheckUpdate GetMachineId GetActivePrefetchHints",
    ),
    (("allow_service_control",), "DownloadUpdate UpdateSystem TestUpdate"),
    (
        ("allow_get_account_info",),
        "GetSessions Check2FAStatus GetRecoveryCodes GetOnlineDevices GetCloudDrivePlans GetPromotions"
        " GetPromotionsByCloud CheckActivationCode CheckCouponCode GetStorePurchaseQuote",
    ),
    (
        ("allow_modify_account",),
        "SendConfirmEmail ConfirmEmail Setup2FA Enable2FA Disable2FA RegenerateRecoveryCodes UnbindDevice RevokeSession"
        " RevokeOtherSessions Logout SendChangeEmailCode ChangeEmailAndPassword KickoutDevice JoinPlan BindCloudAccount"
        " ActivatePlan UpdatePromotionResult UpdatePromotionResultByCloud SendPromotionAction VerifyStorePurchase",
    ),
)


def _inferred() -> Mapping[str, tuple[str, ...]]:
    rows = {name: permissions for permissions, names in _ROWS for name in names.split()}
    unknown = rows.keys() - METHODS.keys()
    if unknown:
        raise ValueError(f"no methods of the contract: {sorted(unknown)}")
    return rows


_INFERRED = _inferred()


def missing_permission(method: Method, identity: Identity) -> str | None:
    """The permission that keeps the caller from an RPC; ``None`` when nothing does."""
    if identity.permissions is None:
        return None
    for permission in method.permissions:
        if permission not in identity.permissions:
            return permission
    if method.permissions:
        return None
    alternatives = _INFERRED.get(method.name)
    if alternatives is None:
        # In neither table: nothing a restricted token could have been given.
        return "a token from GetToken"
    return None if identity.permissions.intersection(alternatives) else " or ".join(alternatives)
