"""One row per RPC of the contract. Generated from proto/clouddrive.proto and proto/methods.toml: do not edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["METHODS", "SERVICE", "Method"]

SERVICE = "clouddrive.CloudDriveFileSrv"


@dataclass(frozen=True, slots=True)
class Method:
    """What is known of one RPC.

    Attributes:
        name: The RPC's name as the contract spells it.
        request: Message class of the request (of each request, when ``client_streaming``).
        reply: Message class of the reply (of each reply, when ``server_streaming``).
        client_streaming: Whether the client sends a stream.
        server_streaming: Whether the server answers with a stream.
        public: Whether it works without a token.
        permissions: Fields of ``TokenPermissions`` the RPC is named beside; empty when no source names one.
        since: First version documented to have it; ``None`` when it was already there in 1.0.0.
        repeatable: Whether it may be sent again when the answer to it was lost.
    """

    name: str
    request: type[Message]
    reply: type[Message]
    client_streaming: bool = False
    server_streaming: bool = False
    public: bool = False
    permissions: tuple[str, ...] = ()
    since: str | None = None
    repeatable: bool = False

    @property
    def path(self) -> str:
        """The HTTP path of the call."""
        return f"/{SERVICE}/{self.name}"


_ROWS = (
    Method("GetSystemInfo", Empty, pb.CloudDriveSystemInfo, public=True, repeatable=True),
    Method("GetToken", pb.GetTokenRequest, pb.JWTToken, public=True, repeatable=True),
    Method("Login", pb.UserLoginRequest, pb.FileOperationResult, public=True),
    Method("LoginWithThirdPartyAccount", pb.LoginWithThirdPartyAccountRequest, pb.JWTToken, public=True, since="0.9.18"),
    Method("Register", pb.UserRegisterRequest, pb.FileOperationResult, public=True),
    Method("SendResetAccountEmail", pb.SendResetAccountEmailRequest, Empty, public=True),
    Method("ResetAccount", pb.ResetAccountRequest, Empty, public=True),
    Method("GetApiTokenInfo", pb.StringValue, pb.TokenInfo, public=True, repeatable=True),
    Method("LoginWith2FA", pb.LoginWith2FARequest, pb.JWTToken, public=True, since="0.9.14"),
    Method("SendConfirmEmail", Empty, Empty),
    Method("ConfirmEmail", pb.ConfirmEmailRequest, Empty),
    Method("GetAccountStatus", Empty, pb.AccountStatusResult, permissions=("allow_get_account_info",), repeatable=True),
    Method("Check2FAStatus", Empty, pb.TwoFactorAuthStatusResult, since="0.9.14", repeatable=True),
    Method("Setup2FA", pb.Setup2FARequest, pb.TwoFactorAuthSetupResult, since="0.9.14"),
    Method("Enable2FA", pb.TwoFactorAuthCodeRequest, pb.TwoFactorAuthEnableResult, since="0.9.14"),
    Method("Disable2FA", pb.TwoFactorAuthCodeRequest, pb.TwoFactorAuthMessageResult, since="0.9.14"),
    Method("GetRecoveryCodes", pb.TwoFactorAuthCodeRequest, pb.TwoFactorAuthRecoveryCodesResult, since="0.9.14"),
    Method("RegenerateRecoveryCodes", pb.TwoFactorAuthCodeRequest, pb.TwoFactorAuthRecoveryCodesResult, since="0.9.14"),
    Method("SendDisable2FAEmail", pb.SendDisable2FAEmailRequest, Empty, public=True, since="1.0.9"),
    Method("Disable2FAByEmail", pb.Disable2FAByEmailRequest, Empty, public=True, since="1.0.9"),
    Method("UnbindDevice", pb.UnbindDeviceRequest, Empty, since="1.0.9"),
    Method("GetSessions", Empty, pb.GetSessionsResponse, since="0.9.14", repeatable=True),
    Method("RevokeSession", pb.RevokeSessionRequest, Empty, since="0.9.14"),
    Method("RevokeOtherSessions", Empty, Empty, since="0.9.14"),
    Method("Logout", pb.UserLogoutRequest, pb.FileOperationResult),
    Method("ChangePassword", pb.ChangePasswordRequest, pb.FileOperationResult, permissions=("allow_modify_account",)),
    Method("SendChangeEmailCode", pb.SendChangeEmailCodeRequest, Empty),
    Method("ChangeEmail", pb.ChangeEmailRequest, Empty, permissions=("allow_modify_account",)),
    Method("ChangeEmailAndPassword", pb.ChangeEmailAndPasswordRequest, Empty),
    Method(
        "SendDeleteAccountEmail", Empty, pb.DeleteAccountPreflightResult, permissions=("allow_modify_account",), since="1.0.14"
    ),
    Method("DeleteAccount", pb.DeleteAccountRequest, Empty, permissions=("allow_modify_account",), since="1.0.14"),
    Method(
        "GetCloudSyncStatus", Empty, pb.CloudSyncStatus, permissions=("allow_get_account_info",), since="1.1.0", repeatable=True
    ),
    Method(
        "PreviewCloudSync", Empty, pb.CloudSyncPreview, permissions=("allow_get_account_info",), since="1.1.0", repeatable=True
    ),
    Method(
        "EnableCloudSync", pb.EnableCloudSyncRequest, pb.CloudSyncResult, permissions=("allow_modify_account",), since="1.1.0"
    ),
    Method(
        "DisableCloudSync",
        pb.DisableCloudSyncRequest,
        pb.DisableCloudSyncResult,
        permissions=("allow_modify_account",),
        since="1.1.0",
    ),
    Method(
        "GetSubFiles",
        pb.ListSubFileRequest,
        pb.SubFilesReply,
        server_streaming=True,
        permissions=("allow_list",),
        repeatable=True,
    ),
    Method(
        "GetSearchResults",
        pb.SearchRequest,
        pb.SubFilesReply,
        server_streaming=True,
        permissions=("allow_search",),
        repeatable=True,
    ),
    Method("FindFileByPath", pb.FindFileByPathRequest, pb.CloudDriveFile, permissions=("allow_list",), repeatable=True),
    Method("CreateFolder", pb.CreateFolderRequest, pb.CreateFolderResult, permissions=("allow_create_folder",)),
    Method(
        "CreateEncryptedFolder",
        pb.CreateEncryptedFolderRequest,
        pb.CreateFolderResult,
        permissions=("allow_create_folder", "allow_create_encrypt"),
    ),
    Method("UnlockEncryptedFile", pb.UnlockEncryptedFileRequest, pb.FileOperationResult, permissions=("allow_unlock_encrypted",)),
    Method("LockEncryptedFile", pb.FileRequest, pb.FileOperationResult, permissions=("allow_lock_encrypted",)),
    Method("RenameFile", pb.RenameFileRequest, pb.FileOperationResult, permissions=("allow_rename",)),
    Method("RenameFiles", pb.RenameFilesRequest, pb.FileOperationResult, permissions=("allow_rename",)),
    Method("MoveFile", pb.MoveFileRequest, pb.FileOperationResult, permissions=("allow_move",)),
    Method("CopyFile", pb.CopyFileRequest, pb.FileOperationResult, permissions=("allow_copy",)),
    Method("DeleteFile", pb.FileRequest, pb.FileOperationResult, permissions=("allow_delete",)),
    Method("DeleteFilePermanently", pb.FileRequest, pb.FileOperationResult, permissions=("allow_delete_permanently",)),
    Method("DeleteFiles", pb.MultiFileRequest, pb.FileOperationResult, permissions=("allow_delete",)),
    Method("DeleteFilesPermanently", pb.MultiFileRequest, pb.FileOperationResult, permissions=("allow_delete_permanently",)),
    Method(
        "GetFileDetailProperties",
        pb.FileRequest,
        pb.FileDetailProperties,
        permissions=("allow_view_properties",),
        repeatable=True,
    ),
    Method("GetSpaceInfo", pb.FileRequest, pb.SpaceInfo, permissions=("allow_get_space_info",), repeatable=True),
    Method("GetCloudMemberships", pb.FileRequest, pb.CloudMemberships, permissions=("allow_get_memberships",), repeatable=True),
    Method("GetMetaData", pb.FileRequest, pb.FileMetaData, repeatable=True),
    Method("GetOriginalPath", pb.FileRequest, pb.StringResult, repeatable=True),
    Method("GetDownloadUrlPath", pb.GetDownloadUrlPathRequest, pb.DownloadUrlPathInfo, repeatable=True),
    Method("CreateFile", pb.CreateFileRequest, pb.CreateFileResult, permissions=("allow_create_file",)),
    Method("WriteToFile", pb.WriteFileRequest, pb.WriteFileResult, permissions=("allow_create_file",)),
    Method(
        "WriteToFileStream", pb.WriteFileRequest, pb.WriteFileResult, client_streaming=True, permissions=("allow_create_file",)
    ),
    Method("CloseFile", pb.CloseFileRequest, pb.FileOperationResult),
    Method("PrefetchFileRanges", pb.PrefetchFileRangesRequest, pb.PrefetchFileRangesReply, since="1.0.7"),
    Method("CancelFilePrefetch", pb.CancelFilePrefetchRequest, Empty, since="1.0.7", repeatable=True),
    Method("CloseFileReader", pb.FileRequest, Empty, since="1.0.7", repeatable=True),
    Method("GetActivePrefetchHints", Empty, pb.GetActivePrefetchHintsReply, since="1.0.7", repeatable=True),
    Method(
        "ProbeArchive",
        pb.FileRequest,
        pb.ArchiveProbe,
        permissions=("allow_get_archive_folders",),
        since="1.1.1",
        repeatable=True,
    ),
    Method(
        "OpenArchiveFolder",
        pb.OpenArchiveFolderRequest,
        pb.ArchiveFolder,
        permissions=("allow_modify_archive_folders",),
        since="1.1.1",
    ),
    Method(
        "GetArchiveFolders",
        Empty,
        pb.ArchiveFolderList,
        permissions=("allow_get_archive_folders",),
        since="1.1.1",
        repeatable=True,
    ),
    Method(
        "UpdateArchiveFolder",
        pb.UpdateArchiveFolderRequest,
        pb.ArchiveFolder,
        permissions=("allow_modify_archive_folders",),
        since="1.1.1",
        repeatable=True,
    ),
    Method("LoadArchiveFolder", pb.FileRequest, pb.ArchiveFolder, permissions=("allow_modify_archive_folders",), since="1.1.1"),
    Method("UnloadArchiveFolder", pb.FileRequest, Empty, permissions=("allow_modify_archive_folders",), since="1.1.1"),
    Method("RemoveArchiveFolder", pb.FileRequest, Empty, permissions=("allow_modify_archive_folders",), since="1.1.1"),
    Method("StartRemoteUpload", pb.StartRemoteUploadRequest, pb.RemoteUploadStarted),
    Method("RemoteUploadControl", pb.RemoteUploadControlRequest, Empty, repeatable=True),
    Method(
        "RemoteUploadChannel", pb.RemoteUploadChannelRequest, pb.RemoteUploadChannelReply, server_streaming=True, repeatable=True
    ),
    Method("RemoteReadData", pb.RemoteReadDataUpload, pb.RemoteReadDataReply, repeatable=True),
    Method("RemoteHashProgress", pb.RemoteHashProgressUpload, pb.RemoteHashProgressReply, repeatable=True),
    Method("CanAddMoreMountPoints", Empty, pb.FileOperationResult, permissions=("allow_get_mounts",), repeatable=True),
    Method("GetMountPoints", Empty, pb.GetMountPointsResult, permissions=("allow_get_mounts",), repeatable=True),
    Method("AddMountPoint", pb.MountOption, pb.MountPointResult, permissions=("allow_modify_mounts",)),
    Method("RemoveMountPoint", pb.MountPointRequest, pb.MountPointResult, permissions=("allow_modify_mounts",)),
    Method("Mount", pb.MountPointRequest, pb.MountPointResult, permissions=("allow_modify_mounts",)),
    Method("Unmount", pb.MountPointRequest, pb.MountPointResult, permissions=("allow_modify_mounts",)),
    Method("UpdateMountPoint", pb.UpdateMountPointRequest, pb.MountPointResult, permissions=("allow_modify_mounts",)),
    Method(
        "GetAvailableDriveLetters", Empty, pb.GetAvailableDriveLettersResult, permissions=("allow_list_local",), repeatable=True
    ),
    Method("HasDriveLetters", Empty, pb.HasDriveLettersResult, permissions=("allow_list_local",), repeatable=True),
    Method("CanMountBothLocalAndCloud", Empty, pb.BoolResult, repeatable=True),
    Method(
        "LocalGetSubFiles",
        pb.LocalGetSubFilesRequest,
        pb.LocalGetSubFilesResult,
        server_streaming=True,
        permissions=("allow_list_local",),
        repeatable=True,
    ),
    Method("LocalCreateFolder", pb.LocalCreateFolderRequest, pb.LocalCreateFolderResult, since="1.0.0"),
    Method("GetAllTasksCount", Empty, pb.GetAllTasksCountResult, permissions=("allow_get_transfer_tasks",), repeatable=True),
    Method(
        "GetDownloadFileCount", Empty, pb.GetDownloadFileCountResult, permissions=("allow_get_transfer_tasks",), repeatable=True
    ),
    Method(
        "GetDownloadFileList", Empty, pb.GetDownloadFileListResult, permissions=("allow_get_transfer_tasks",), repeatable=True
    ),
    Method("GetUploadFileCount", Empty, pb.GetUploadFileCountResult, permissions=("allow_get_transfer_tasks",), repeatable=True),
    Method(
        "GetUploadFileList",
        pb.GetUploadFileListRequest,
        pb.GetUploadFileListResult,
        permissions=("allow_get_transfer_tasks",),
        repeatable=True,
    ),
    Method("CancelAllUploadFiles", Empty, Empty, permissions=("allow_modify_transfer_tasks",)),
    Method(
        "CancelUploadFiles", pb.MultpleUploadFileKeyRequest, Empty, permissions=("allow_modify_transfer_tasks",), repeatable=True
    ),
    Method("PauseAllUploadFiles", Empty, Empty, permissions=("allow_modify_transfer_tasks",), repeatable=True),
    Method(
        "PauseUploadFiles", pb.MultpleUploadFileKeyRequest, Empty, permissions=("allow_modify_transfer_tasks",), repeatable=True
    ),
    Method("ResumeAllUploadFiles", Empty, Empty, permissions=("allow_modify_transfer_tasks",), repeatable=True),
    Method(
        "ResumeUploadFiles", pb.MultpleUploadFileKeyRequest, Empty, permissions=("allow_modify_transfer_tasks",), repeatable=True
    ),
    Method("GetCopyTasks", Empty, pb.GetCopyTaskResult, permissions=("allow_get_transfer_tasks",), repeatable=True),
    Method("GetMergeTasks", Empty, pb.GetMergeTasksResult, permissions=("allow_get_transfer_tasks",), repeatable=True),
    Method("CancelMergeTask", pb.CancelMergeTaskRequest, Empty),
    Method("CancelCopyTask", pb.CopyTaskRequest, Empty, permissions=("allow_modify_transfer_tasks",)),
    Method("PauseCopyTask", pb.PauseCopyTaskRequest, Empty, permissions=("allow_modify_transfer_tasks",), repeatable=True),
    Method("RestartCopyTask", pb.CopyTaskRequest, Empty),
    Method("RemoveCompletedCopyTasks", Empty, Empty),
    Method("RemoveAllCopyTasks", Empty, pb.BatchOperationResult),
    Method("RemoveCopyTasks", pb.CopyTaskBatchRequest, pb.BatchOperationResult),
    Method(
        "PauseAllCopyTasks",
        pb.PauseAllCopyTasksRequest,
        pb.BatchOperationResult,
        permissions=("allow_modify_transfer_tasks",),
        repeatable=True,
    ),
    Method(
        "PauseCopyTasks",
        pb.PauseCopyTasksRequest,
        pb.BatchOperationResult,
        permissions=("allow_modify_transfer_tasks",),
        repeatable=True,
    ),
    Method("ResumeAllCopyTasks", Empty, pb.BatchOperationResult, permissions=("allow_modify_transfer_tasks",), repeatable=True),
    Method(
        "ResumeCopyTasks",
        pb.CopyTaskBatchRequest,
        pb.BatchOperationResult,
        permissions=("allow_modify_transfer_tasks",),
        repeatable=True,
    ),
    Method("AddOfflineFiles", pb.AddOfflineFileRequest, pb.FileOperationResult, permissions=("allow_add_offline_download",)),
    Method(
        "RemoveOfflineFiles",
        pb.RemoveOfflineFilesRequest,
        pb.FileOperationResult,
        permissions=("allow_modify_offline_downloads",),
    ),
    Method(
        "ListOfflineFilesByPath",
        pb.FileRequest,
        pb.OfflineFileListResult,
        permissions=("allow_list_offline_downloads",),
        repeatable=True,
    ),
    Method(
        "ListAllOfflineFiles",
        pb.OfflineFileListAllRequest,
        pb.OfflineFileListAllResult,
        permissions=("allow_list_offline_downloads",),
        repeatable=True,
    ),
    Method(
        "GetOfflineQuotaInfo",
        pb.OfflineQuotaRequest,
        pb.OfflineQuotaInfo,
        permissions=("allow_list_offline_downloads",),
        repeatable=True,
    ),
    Method("ClearOfflineFiles", pb.ClearOfflineFileRequest, Empty, permissions=("allow_modify_offline_downloads",)),
    Method("RestartOfflineTask", pb.RestartOfflineFileRequest, Empty, permissions=("allow_modify_offline_downloads",)),
    Method("AddSharedLink", pb.AddSharedLinkRequest, Empty, permissions=("allow_shared_links",)),
    Method("CanAddMoreCloudApis", Empty, pb.FileOperationResult, permissions=("allow_get_cloud_apis",), repeatable=True),
    Method("GetAllCloudApis", Empty, pb.CloudAPIList, permissions=("allow_get_cloud_apis",), repeatable=True),
    Method(
        "GetCloudAPIConfig",
        pb.GetCloudAPIConfigRequest,
        pb.CloudAPIConfig,
        permissions=("allow_get_cloud_apis",),
        repeatable=True,
    ),
    Method("SetCloudAPIConfig", pb.SetCloudAPIConfigRequest, Empty, permissions=("allow_modify_cloud_apis",), repeatable=True),
    Method("RemoveCloudAPI", pb.RemoveCloudAPIRequest, pb.FileOperationResult, permissions=("allow_modify_cloud_apis",)),
    Method(
        "APILogin115Editthiscookie", pb.Login115EditthiscookieRequest, pb.APILoginResult, permissions=("allow_modify_cloud_apis",)
    ),
    Method(
        "APILogin115QRCode",
        pb.Login115QrCodeRequest,
        pb.QRCodeScanMessage,
        server_streaming=True,
        permissions=("allow_modify_cloud_apis",),
    ),
    Method("APILogin115OpenOAuth", pb.Login115OpenOAuthRequest, pb.APILoginResult, permissions=("allow_modify_cloud_apis",)),
    Method(
        "APILogin115OpenQRCode",
        pb.Login115OpenQRCodeRequest,
        pb.QRCodeScanMessage,
        server_streaming=True,
        permissions=("allow_modify_cloud_apis",),
    ),
    Method(
        "APILoginAliyundriveOAuth", pb.LoginAliyundriveOAuthRequest, pb.APILoginResult, permissions=("allow_modify_cloud_apis",)
    ),
    Method(
        "APILoginAliyundriveRefreshtoken",
        pb.LoginAliyundriveRefreshtokenRequest,
        pb.APILoginResult,
        permissions=("allow_modify_cloud_apis",),
    ),
    Method(
        "APILoginAliyunDriveQRCode",
        pb.LoginAliyundriveQRCodeRequest,
        pb.QRCodeScanMessage,
        server_streaming=True,
        permissions=("allow_modify_cloud_apis",),
    ),
    Method("APILoginBaiduPanOAuth", pb.LoginBaiduPanOAuthRequest, pb.APILoginResult, permissions=("allow_modify_cloud_apis",)),
    Method("APILoginOneDriveOAuth", pb.LoginOneDriveOAuthRequest, pb.APILoginResult, permissions=("allow_modify_cloud_apis",)),
    Method(
        "ApiLoginGoogleDriveOAuth", pb.LoginGoogleDriveOAuthRequest, pb.APILoginResult, permissions=("allow_modify_cloud_apis",)
    ),
    Method(
        "ApiLoginGoogleDriveRefreshToken",
        pb.LoginGoogleDriveRefreshTokenRequest,
        pb.APILoginResult,
        permissions=("allow_modify_cloud_apis",),
    ),
    Method(
        "ApiLoginGoogleDriveStart",
        pb.LoginGoogleDriveStartRequest,
        pb.LoginGoogleDriveStartResult,
        permissions=("allow_modify_cloud_apis",),
        since="1.1.0",
    ),
    Method(
        "ApiLoginGoogleDriveFinish",
        pb.LoginGoogleDriveFinishRequest,
        pb.LoginGoogleDriveFinishResult,
        permissions=("allow_modify_cloud_apis",),
        since="1.1.0",
    ),
    Method("ApiLoginXunleiOAuth", pb.LoginXunleiOAuthRequest, pb.APILoginResult, permissions=("allow_modify_cloud_apis",)),
    Method(
        "ApiLoginXunleiOpenOAuth", pb.LoginXunleiOpenOAuthRequest, pb.APILoginResult, permissions=("allow_modify_cloud_apis",)
    ),
    Method("ApiLogin123panOAuth", pb.Login123panOAuthRequest, pb.APILoginResult, permissions=("allow_modify_cloud_apis",)),
    Method(
        "APILogin189QRCode",
        pb.Login189QRCodeRequest,
        pb.QRCodeScanMessage,
        server_streaming=True,
        permissions=("allow_modify_cloud_apis",),
    ),
    Method(
        "APILoginGuangYaPanQRCode",
        pb.LoginGuangYaPanQRCodeRequest,
        pb.QRCodeScanMessage,
        server_streaming=True,
        permissions=("allow_modify_cloud_apis",),
        since="1.0.11",
    ),
    Method(
        "APILoginGuangYaPanOAuth",
        pb.LoginGuangYaPanOAuthRequest,
        pb.APILoginResult,
        permissions=("allow_modify_cloud_apis",),
        since="1.0.11",
    ),
    Method("APILoginWebDav", pb.LoginWebDavRequest, pb.APILoginResult, permissions=("allow_modify_cloud_apis",), since="0.9.8"),
    Method("APILoginS3", pb.LoginS3Request, pb.APILoginResult, permissions=("allow_modify_cloud_apis",), since="0.9.22"),
    Method("APIAddLocalFolder", pb.AddLocalFolderRequest, pb.APILoginResult, permissions=("allow_modify_cloud_apis",)),
    Method("APILoginCloudDrive", pb.LoginCloudDriveRequest, pb.APILoginResult, permissions=("allow_modify_cloud_apis",)),
    Method("APILoginSftp", pb.LoginSftpRequest, pb.APILoginResult, permissions=("allow_modify_cloud_apis",), since="1.0.6"),
    Method("APILoginFtp", pb.LoginFtpRequest, pb.APILoginResult, permissions=("allow_modify_cloud_apis",), since="1.0.6"),
    Method("APILoginSmb", pb.LoginSmbRequest, pb.APILoginResult, permissions=("allow_modify_cloud_apis",), since="1.0.6"),
    Method("DiscoverSmbServers", Empty, pb.DiscoverSmbServersResult, since="1.0.6", repeatable=True),
    Method("DiscoverSmbShares", pb.DiscoverSmbSharesRequest, pb.DiscoverSmbSharesResult, since="1.0.6", repeatable=True),
    Method("CreateOAuthState", pb.CreateOAuthStateRequest, pb.CreateOAuthStateResult, since="1.0.9"),
    Method("SyncFileChangesFromCloud", pb.FileRequest, pb.FileSystemChangeStatistics),
    Method("StartCloudEventListener", pb.FileRequest, Empty),
    Method("StopCloudEventListener", pb.FileRequest, Empty),
    Method("WalkThroughFolderTest", pb.FileRequest, pb.WalkThroughFolderResult, repeatable=True),
    Method(
        "PushMessage",
        Empty,
        pb.CloudDrivePushMessage,
        server_streaming=True,
        permissions=("allow_push_message",),
        repeatable=True,
    ),
    Method(
        "PushTaskChange",
        Empty,
        pb.GetAllTasksCountResult,
        server_streaming=True,
        permissions=("allow_push_message",),
        repeatable=True,
    ),
    Method("BackupGetAll", Empty, pb.BackupList, permissions=("allow_get_backups",), repeatable=True),
    Method("BackupGetStatus", pb.StringValue, pb.BackupStatus, permissions=("allow_get_backups",), repeatable=True),
    Method("BackupAdd", pb.Backup, Empty, permissions=("allow_modify_backups",)),
    Method("BackupRemove", pb.StringValue, Empty, permissions=("allow_modify_backups",)),
    Method("BackupUpdate", pb.Backup, Empty, permissions=("allow_modify_backups",)),
    Method("BackupAddDestination", pb.BackupModifyRequest, Empty, permissions=("allow_modify_backups",)),
    Method("BackupRemoveDestination", pb.BackupModifyRequest, Empty, permissions=("allow_modify_backups",)),
    Method("BackupSetEnabled", pb.BackupSetEnabledRequest, Empty, permissions=("allow_modify_backups",), repeatable=True),
    Method(
        "BackupSetFileSystemWatchEnabled", pb.BackupModifyRequest, Empty, permissions=("allow_modify_backups",), repeatable=True
    ),
    Method("BackupUpdateStrategies", pb.BackupModifyRequest, Empty, permissions=("allow_modify_backups",)),
    Method("BackupRestartWalkingThrough", pb.StringValue, Empty, permissions=("allow_modify_backups",)),
    Method("CanAddMoreBackups", Empty, pb.FileOperationResult, permissions=("allow_get_backups",), repeatable=True),
    Method("NotifyPhotoLibraryChanges", pb.PhotoLibraryChangeList, Empty, since="0.9.18"),
    Method(
        "BackupTestFileRules",
        pb.BackupTestFileRulesRequest,
        pb.BackupTestFileRulesResult,
        permissions=("allow_get_backups",),
        since="1.1.2",
        repeatable=True,
    ),
    Method(
        "BackupStartTwoWaySyncPreview",
        pb.BackupSyncPreviewStartRequest,
        pb.BackupSyncPreviewHandle,
        permissions=("allow_get_backups",),
        since="1.1.0",
    ),
    Method(
        "BackupGetTwoWaySyncPreview",
        pb.BackupSyncPreviewHandle,
        pb.BackupSyncPreview,
        permissions=("allow_get_backups",),
        since="1.1.0",
        repeatable=True,
    ),
    Method(
        "BackupCancelTwoWaySyncPreview",
        pb.BackupSyncPreviewHandle,
        Empty,
        permissions=("allow_get_backups",),
        since="1.1.0",
        repeatable=True,
    ),
    Method(
        "BackupGetSyncIssues",
        pb.StringValue,
        pb.BackupSyncIssueList,
        permissions=("allow_get_backups",),
        since="1.1.0",
        repeatable=True,
    ),
    Method(
        "BackupResolveSyncIssue",
        pb.BackupResolveSyncIssueRequest,
        pb.FileOperationResult,
        permissions=("allow_modify_backups",),
        since="1.1.0",
    ),
    Method("BackupResetSyncIndex", pb.StringValue, Empty, permissions=("allow_modify_backups",), since="1.1.0"),
    Method(
        "BackupUndoSyncPass",
        pb.BackupUndoSyncPassRequest,
        pb.FileOperationResult,
        permissions=("allow_modify_backups",),
        since="1.1.0",
    ),
    Method("AddDavUser", pb.AddDavUserRequest, Empty, permissions=("allow_modify_dav_config",)),
    Method("RemoveDavUser", pb.StringValue, Empty, permissions=("allow_modify_dav_config",)),
    Method("ModifyDavUser", pb.ModifyDavUserRequest, Empty, permissions=("allow_modify_dav_config",), repeatable=True),
    Method("GetDavUser", pb.StringValue, pb.DavUser, permissions=("allow_get_dav_config",), repeatable=True),
    Method("GetDavServerConfig", Empty, pb.DavServerConfig, permissions=("allow_get_dav_config",), repeatable=True),
    Method(
        "SetDavServerConfig", pb.ModifyDavServerConfigRequest, Empty, permissions=("allow_modify_dav_config",), repeatable=True
    ),
    Method("GetWebhookConfigTemplate", Empty, pb.StringResult, repeatable=True),
    Method("GetWebhookConfigs", Empty, pb.WebhookList, repeatable=True),
    Method("AddWebhookConfig", pb.WebhookRequest, Empty),
    Method("RemoveWebhookConfig", pb.StringValue, Empty),
    Method("ChangeWebhookConfig", pb.WebhookRequest, Empty, repeatable=True),
    Method("CreateToken", pb.CreateTokenRequest, pb.TokenInfo, permissions=("allow_token_management",)),
    Method("ModifyToken", pb.ModifyTokenRequest, pb.TokenInfo, permissions=("allow_token_management",), repeatable=True),
    Method("RemoveToken", pb.StringValue, Empty, permissions=("allow_token_management",)),
    Method("ListTokens", Empty, pb.ListTokensResult, permissions=("allow_token_management",), repeatable=True),
    Method("GetWebServerConfig", Empty, pb.WebServerConfig, repeatable=True),
    Method("SetWebServerConfig", pb.SetWebServerConfigRequest, Empty),
    Method("GenerateSelfSignedCert", pb.GenerateSelfSignedCertRequest, Empty),
    Method("GetSystemSettings", Empty, pb.SystemSettings, permissions=("allow_get_system_settings",), repeatable=True),
    Method("SetSystemSettings", pb.SystemSettings, Empty, permissions=("allow_modify_system_settings",), repeatable=True),
    Method(
        "SetDirCacheTimeSecs", pb.SetDirCacheTimeRequest, Empty, permissions=("allow_modify_system_settings",), repeatable=True
    ),
    Method(
        "GetEffectiveDirCacheTimeSecs",
        pb.GetEffectiveDirCacheTimeRequest,
        pb.GetEffectiveDirCacheTimeResult,
        permissions=("allow_get_system_settings",),
        repeatable=True,
    ),
    Method("ForceExpireDirCache", pb.FileRequest, Empty, permissions=("allow_modify_system_settings",), repeatable=True),
    Method("VacuumDirCache", Empty, Empty, permissions=("allow_modify_system_settings",)),
    Method("GetVacuumProgress", Empty, pb.VacuumProgressResult, permissions=("allow_get_system_settings",), repeatable=True),
    Method("GetDirCacheDbSize", Empty, pb.GetDirCacheDbSizeResult, permissions=("allow_get_system_settings",), repeatable=True),
    Method("GetOpenFileTable", pb.GetOpenFileTableRequest, pb.OpenFileTable, repeatable=True),
    Method("GetDirCacheTable", Empty, pb.DirCacheTable, repeatable=True),
    Method("GetReferencedEntryPaths", pb.FileRequest, pb.StringList, repeatable=True),
    Method("GetTempFileTable", Empty, pb.TempFileTable, repeatable=True),
    Method("GetRuntimeInfo", Empty, pb.RuntimeInfo, permissions=("allow_view_runtime_info",), repeatable=True),
    Method("GetRunningInfo", Empty, pb.RunInfo, permissions=("allow_view_runtime_info",), repeatable=True),
    Method("GetOpenFileHandles", Empty, pb.OpenFileHandleList, repeatable=True),
    Method("GetFileBufferDiskCacheStats", Empty, pb.FileBufferDiskCacheStats, since="0.9.18", repeatable=True),
    Method("PurgeFileBufferDiskCache", Empty, Empty, since="0.9.18"),
    Method("SetDiskCacheEvictionStrategy", pb.SetDiskCacheEvictionStrategyRequest, Empty, since="0.9.19", repeatable=True),
    Method("SetFolderDiskCache", pb.SetFolderDiskCacheRequest, Empty, since="1.0.0", repeatable=True),
    Method("RemoveFolderDiskCache", pb.FileRequest, Empty, since="1.0.0"),
    Method("ListDiskCacheFolders", Empty, pb.ListDiskCacheFoldersReply, since="1.0.0", repeatable=True),
    Method("GetServiceCapabilities", Empty, pb.ServiceCapabilities, since="1.0.0", repeatable=True),
    Method("RestartService", Empty, Empty, permissions=("allow_service_control",)),
    Method("ShutdownService", Empty, Empty, permissions=("allow_service_control",)),
    Method("HasUpdate", Empty, pb.UpdateResult, repeatable=True),
    Method("CheckUpdate", Empty, pb.UpdateResult, repeatable=True),
    Method("DownloadUpdate", Empty, Empty),
    Method("UpdateSystem", Empty, Empty),
    Method("TestUpdate", pb.FileRequest, Empty),
    Method("GetMachineId", Empty, pb.StringResult, repeatable=True),
    Method("GetOnlineDevices", Empty, pb.OnlineDevices, repeatable=True),
    Method("KickoutDevice", pb.DeviceRequest, Empty),
    Method("ListLogFiles", Empty, pb.ListLogFileResult, repeatable=True),
    Method("GetCloudDrive1UserData", Empty, pb.StringResult, repeatable=True),
    Method("GetPromotions", Empty, pb.GetPromotionsResult, repeatable=True),
    Method("GetPromotionsByCloud", pb.CloudAPIRequest, pb.GetPromotionsResult, repeatable=True),
    Method("UpdatePromotionResult", Empty, Empty),
    Method("UpdatePromotionResultByCloud", pb.UpdatePromotionResultByCloudRequest, Empty),
    Method("SendPromotionAction", pb.SendPromotionActionRequest, Empty),
    Method("GetCloudDrivePlans", Empty, pb.GetCloudDrivePlansResult, repeatable=True),
    Method("JoinPlan", pb.JoinPlanRequest, pb.JoinPlanResult),
    Method("BindCloudAccount", pb.BindCloudAccountRequest, Empty),
    Method("TransferBalance", pb.TransferBalanceRequest, Empty, permissions=("allow_modify_account",)),
    Method("GetBalanceLog", Empty, pb.BalanceLogResult, permissions=("allow_get_account_info",), repeatable=True),
    Method("CheckActivationCode", pb.StringValue, pb.CheckActivationCodeResult, repeatable=True),
    Method("ActivatePlan", pb.StringValue, pb.JoinPlanResult),
    Method("CheckCouponCode", pb.CheckCouponCodeRequest, pb.CouponCodeResult, repeatable=True),
    Method("GetReferralCode", Empty, pb.StringValue, permissions=("allow_get_account_info",), repeatable=True),
    Method("GetStorePurchaseQuote", pb.GetStorePurchaseQuoteRequest, pb.StorePurchaseQuote, since="1.0.9"),
    Method("VerifyStorePurchase", pb.VerifyStorePurchaseRequest, pb.VerifyStorePurchaseResult, since="1.0.9"),
    Method("BeginPairing", pb.BeginPairingRequest, pb.PairingTicket, since="1.1.1"),
    Method("CancelPairing", pb.CancelPairingRequest, Empty, since="1.1.1"),
    Method("CompletePairing", pb.CompletePairingRequest, pb.CompletePairingResult, public=True, since="1.1.1"),
    Method("ListPairedControllers", Empty, pb.PairedControllerList, since="1.1.1", repeatable=True),
    Method("RevokePairedController", pb.RevokePairedControllerRequest, Empty, since="1.1.1"),
    Method(
        "AppAgentChannel", pb.AppAgentUpstream, pb.AppAgentDownstream, client_streaming=True, server_streaming=True, since="1.1.1"
    ),
    Method("AppCall", pb.AppCallRequest, pb.AppCallResult, since="1.1.1"),
    Method("WatchApp", Empty, pb.AppEventMessage, server_streaming=True, since="1.1.1", repeatable=True),
    Method("GetLoginHandoff", Empty, pb.LoginHandoff, since="1.1.1"),
)

METHODS: Mapping[str, Method] = MappingProxyType({method.name: method for method in _ROWS})
