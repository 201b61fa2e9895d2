"""Every RPC of the contract, typed. Generated from proto/clouddrive.proto and proto/methods.toml: do not edit."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator

from google.protobuf.empty_pb2 import Empty

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["AsyncRaw"]


class AsyncRaw:
    """``client.raw``: message in, message out, with the same token, deadlines, repeating and errors as everything else.

    Methods are named as the RPCs. ``timeout`` is in seconds; ``None`` takes the one the RPC has in ``transport/policy.py``.
    Streams are async iterators; leaving one early ends the call. All raise :class:`clouddrive2.Error` and its kinds.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def GetSystemInfo(self, *, timeout: float | None = None) -> pb.CloudDriveSystemInfo:
        """GetSystemInfo

        Works without a token. May be repeated.
        """
        return await self._caller.unary("GetSystemInfo", Empty(), pb.CloudDriveSystemInfo, timeout=timeout)

    async def GetToken(self, request: pb.GetTokenRequest, *, timeout: float | None = None) -> pb.JWTToken:
        """GetToken

        Works without a token. May be repeated.
        """
        return await self._caller.unary("GetToken", request, pb.JWTToken, timeout=timeout)

    async def Login(self, request: pb.UserLoginRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Login

        Works without a token. Not repeated when the answer is lost.
        """
        return await self._caller.unary("Login", request, pb.FileOperationResult, timeout=timeout)

    async def LoginWithThirdPartyAccount(
        self, request: pb.LoginWithThirdPartyAccountRequest, *, timeout: float | None = None
    ) -> pb.JWTToken:
        """LoginWithThirdPartyAccount

        Works without a token. Since 0.9.18. Not repeated when the answer is lost.
        """
        return await self._caller.unary("LoginWithThirdPartyAccount", request, pb.JWTToken, timeout=timeout)

    async def Register(
        self, request: pb.UserRegisterRequest, *, timeout: float | None = None
    ) -> pb.FileOperationResult:
        """Register

        Works without a token. Not repeated when the answer is lost.
        """
        return await self._caller.unary("Register", request, pb.FileOperationResult, timeout=timeout)

    async def SendResetAccountEmail(
        self, request: pb.SendResetAccountEmailRequest, *, timeout: float | None = None
    ) -> None:
        """SendResetAccountEmail

        Works without a token. Not repeated when the answer is lost.
        """
        await self._caller.unary("SendResetAccountEmail", request, Empty, timeout=timeout)

    async def ResetAccount(self, request: pb.ResetAccountRequest, *, timeout: float | None = None) -> None:
        """ResetAccount

        Works without a token. Not repeated when the answer is lost.
        """
        await self._caller.unary("ResetAccount", request, Empty, timeout=timeout)

    async def GetApiTokenInfo(self, request: pb.StringValue, *, timeout: float | None = None) -> pb.TokenInfo:
        """GetApiTokenInfo

        Works without a token. May be repeated.
        """
        return await self._caller.unary("GetApiTokenInfo", request, pb.TokenInfo, timeout=timeout)

    async def LoginWith2FA(self, request: pb.LoginWith2FARequest, *, timeout: float | None = None) -> pb.JWTToken:
        """LoginWith2FA

        Works without a token. Since 0.9.14. Not repeated when the answer is lost.
        """
        return await self._caller.unary("LoginWith2FA", request, pb.JWTToken, timeout=timeout)

    async def SendConfirmEmail(self, *, timeout: float | None = None) -> None:
        """SendConfirmEmail

        Not repeated when the answer is lost.
        """
        await self._caller.unary("SendConfirmEmail", Empty(), Empty, timeout=timeout)

    async def ConfirmEmail(self, request: pb.ConfirmEmailRequest, *, timeout: float | None = None) -> None:
        """ConfirmEmail

        Not repeated when the answer is lost.
        """
        await self._caller.unary("ConfirmEmail", request, Empty, timeout=timeout)

    async def GetAccountStatus(self, *, timeout: float | None = None) -> pb.AccountStatusResult:
        """GetAccountStatus

        Needs ``allow_get_account_info``. May be repeated.
        """
        return await self._caller.unary("GetAccountStatus", Empty(), pb.AccountStatusResult, timeout=timeout)

    async def Check2FAStatus(self, *, timeout: float | None = None) -> pb.TwoFactorAuthStatusResult:
        """Check2FAStatus

        Since 0.9.14. May be repeated.
        """
        return await self._caller.unary("Check2FAStatus", Empty(), pb.TwoFactorAuthStatusResult, timeout=timeout)

    async def Setup2FA(
        self, request: pb.Setup2FARequest, *, timeout: float | None = None
    ) -> pb.TwoFactorAuthSetupResult:
        """Setup2FA

        Since 0.9.14. Not repeated when the answer is lost.
        """
        return await self._caller.unary("Setup2FA", request, pb.TwoFactorAuthSetupResult, timeout=timeout)

    async def Enable2FA(
        self, request: pb.TwoFactorAuthCodeRequest, *, timeout: float | None = None
    ) -> pb.TwoFactorAuthEnableResult:
        """Enable2FA

        Since 0.9.14. Not repeated when the answer is lost.
        """
        return await self._caller.unary("Enable2FA", request, pb.TwoFactorAuthEnableResult, timeout=timeout)

    async def Disable2FA(
        self, request: pb.TwoFactorAuthCodeRequest, *, timeout: float | None = None
    ) -> pb.TwoFactorAuthMessageResult:
        """Disable2FA

        Since 0.9.14. Not repeated when the answer is lost.
        """
        return await self._caller.unary("Disable2FA", request, pb.TwoFactorAuthMessageResult, timeout=timeout)

    async def GetRecoveryCodes(
        self, request: pb.TwoFactorAuthCodeRequest, *, timeout: float | None = None
    ) -> pb.TwoFactorAuthRecoveryCodesResult:
        """GetRecoveryCodes

        Since 0.9.14. Not repeated when the answer is lost.
        """
        return await self._caller.unary(
            "GetRecoveryCodes", request, pb.TwoFactorAuthRecoveryCodesResult, timeout=timeout
        )

    async def RegenerateRecoveryCodes(
        self, request: pb.TwoFactorAuthCodeRequest, *, timeout: float | None = None
    ) -> pb.TwoFactorAuthRecoveryCodesResult:
        """RegenerateRecoveryCodes

        Since 0.9.14. Not repeated when the answer is lost.
        """
        return await self._caller.unary(
            "RegenerateRecoveryCodes", request, pb.TwoFactorAuthRecoveryCodesResult, timeout=timeout
        )

    async def SendDisable2FAEmail(
        self, request: pb.SendDisable2FAEmailRequest, *, timeout: float | None = None
    ) -> None:
        """SendDisable2FAEmail

        Works without a token. Since 1.0.9. Not repeated when the answer is lost.
        """
        await self._caller.unary("SendDisable2FAEmail", request, Empty, timeout=timeout)

    async def Disable2FAByEmail(self, request: pb.Disable2FAByEmailRequest, *, timeout: float | None = None) -> None:
        """Disable2FAByEmail

        Works without a token. Since 1.0.9. Not repeated when the answer is lost.
        """
        await self._caller.unary("Disable2FAByEmail", request, Empty, timeout=timeout)

    async def UnbindDevice(self, request: pb.UnbindDeviceRequest, *, timeout: float | None = None) -> None:
        """UnbindDevice

        Since 1.0.9. Not repeated when the answer is lost.
        """
        await self._caller.unary("UnbindDevice", request, Empty, timeout=timeout)

    async def GetSessions(self, *, timeout: float | None = None) -> pb.GetSessionsResponse:
        """GetSessions

        Since 0.9.14. May be repeated.
        """
        return await self._caller.unary("GetSessions", Empty(), pb.GetSessionsResponse, timeout=timeout)

    async def RevokeSession(self, request: pb.RevokeSessionRequest, *, timeout: float | None = None) -> None:
        """RevokeSession

        Since 0.9.14. Not repeated when the answer is lost.
        """
        await self._caller.unary("RevokeSession", request, Empty, timeout=timeout)

    async def RevokeOtherSessions(self, *, timeout: float | None = None) -> None:
        """RevokeOtherSessions

        Since 0.9.14. Not repeated when the answer is lost.
        """
        await self._caller.unary("RevokeOtherSessions", Empty(), Empty, timeout=timeout)

    async def Logout(self, request: pb.UserLogoutRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Logout

        Not repeated when the answer is lost.
        """
        return await self._caller.unary("Logout", request, pb.FileOperationResult, timeout=timeout)

    async def ChangePassword(
        self, request: pb.ChangePasswordRequest, *, timeout: float | None = None
    ) -> pb.FileOperationResult:
        """ChangePassword

        Needs ``allow_modify_account``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("ChangePassword", request, pb.FileOperationResult, timeout=timeout)

    async def SendChangeEmailCode(
        self, request: pb.SendChangeEmailCodeRequest, *, timeout: float | None = None
    ) -> None:
        """SendChangeEmailCode

        Not repeated when the answer is lost.
        """
        await self._caller.unary("SendChangeEmailCode", request, Empty, timeout=timeout)

    async def ChangeEmail(self, request: pb.ChangeEmailRequest, *, timeout: float | None = None) -> None:
        """ChangeEmail

        Needs ``allow_modify_account``. Not repeated when the answer is lost.
        """
        await self._caller.unary("ChangeEmail", request, Empty, timeout=timeout)

    async def ChangeEmailAndPassword(
        self, request: pb.ChangeEmailAndPasswordRequest, *, timeout: float | None = None
    ) -> None:
        """ChangeEmailAndPassword

        Not repeated when the answer is lost.
        """
        await self._caller.unary("ChangeEmailAndPassword", request, Empty, timeout=timeout)

    async def SendDeleteAccountEmail(self, *, timeout: float | None = None) -> pb.DeleteAccountPreflightResult:
        """SendDeleteAccountEmail

        Needs ``allow_modify_account``. Since 1.0.14. Not repeated when the answer is lost.
        """
        return await self._caller.unary(
            "SendDeleteAccountEmail", Empty(), pb.DeleteAccountPreflightResult, timeout=timeout
        )

    async def DeleteAccount(self, request: pb.DeleteAccountRequest, *, timeout: float | None = None) -> None:
        """DeleteAccount

        Needs ``allow_modify_account``. Since 1.0.14. Not repeated when the answer is lost.
        """
        await self._caller.unary("DeleteAccount", request, Empty, timeout=timeout)

    async def GetCloudSyncStatus(self, *, timeout: float | None = None) -> pb.CloudSyncStatus:
        """GetCloudSyncStatus

        Needs ``allow_get_account_info``. Since 1.1.0. May be repeated.
        """
        return await self._caller.unary("GetCloudSyncStatus", Empty(), pb.CloudSyncStatus, timeout=timeout)

    async def PreviewCloudSync(self, *, timeout: float | None = None) -> pb.CloudSyncPreview:
        """PreviewCloudSync

        Needs ``allow_get_account_info``. Since 1.1.0. May be repeated.
        """
        return await self._caller.unary("PreviewCloudSync", Empty(), pb.CloudSyncPreview, timeout=timeout)

    async def EnableCloudSync(
        self, request: pb.EnableCloudSyncRequest, *, timeout: float | None = None
    ) -> pb.CloudSyncResult:
        """EnableCloudSync

        Needs ``allow_modify_account``. Since 1.1.0. Not repeated when the answer is lost.
        """
        return await self._caller.unary("EnableCloudSync", request, pb.CloudSyncResult, timeout=timeout)

    async def DisableCloudSync(
        self, request: pb.DisableCloudSyncRequest, *, timeout: float | None = None
    ) -> pb.DisableCloudSyncResult:
        """DisableCloudSync

        Needs ``allow_modify_account``. Since 1.1.0. Not repeated when the answer is lost.
        """
        return await self._caller.unary("DisableCloudSync", request, pb.DisableCloudSyncResult, timeout=timeout)

    def GetSubFiles(
        self, request: pb.ListSubFileRequest, *, timeout: float | None = None
    ) -> AsyncIterator[pb.SubFilesReply]:
        """GetSubFiles

        Needs ``allow_list``. May be repeated.
        """
        return self._caller.stream("GetSubFiles", request, pb.SubFilesReply, timeout=timeout)

    def GetSearchResults(
        self, request: pb.SearchRequest, *, timeout: float | None = None
    ) -> AsyncIterator[pb.SubFilesReply]:
        """GetSearchResults

        Needs ``allow_search``. May be repeated.
        """
        return self._caller.stream("GetSearchResults", request, pb.SubFilesReply, timeout=timeout)

    async def FindFileByPath(
        self, request: pb.FindFileByPathRequest, *, timeout: float | None = None
    ) -> pb.CloudDriveFile:
        """FindFileByPath

        Needs ``allow_list``. May be repeated.
        """
        return await self._caller.unary("FindFileByPath", request, pb.CloudDriveFile, timeout=timeout)

    async def CreateFolder(
        self, request: pb.CreateFolderRequest, *, timeout: float | None = None
    ) -> pb.CreateFolderResult:
        """CreateFolder

        Needs ``allow_create_folder``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("CreateFolder", request, pb.CreateFolderResult, timeout=timeout)

    async def CreateEncryptedFolder(
        self, request: pb.CreateEncryptedFolderRequest, *, timeout: float | None = None
    ) -> pb.CreateFolderResult:
        """CreateEncryptedFolder

        Needs ``allow_create_folder``, ``allow_create_encrypt``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("CreateEncryptedFolder", request, pb.CreateFolderResult, timeout=timeout)

    async def UnlockEncryptedFile(
        self, request: pb.UnlockEncryptedFileRequest, *, timeout: float | None = None
    ) -> pb.FileOperationResult:
        """UnlockEncryptedFile

        Needs ``allow_unlock_encrypted``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("UnlockEncryptedFile", request, pb.FileOperationResult, timeout=timeout)

    async def LockEncryptedFile(
        self, request: pb.FileRequest, *, timeout: float | None = None
    ) -> pb.FileOperationResult:
        """LockEncryptedFile

        Needs ``allow_lock_encrypted``. May be repeated.
        """
        return await self._caller.unary("LockEncryptedFile", request, pb.FileOperationResult, timeout=timeout)

    async def RenameFile(
        self, request: pb.RenameFileRequest, *, timeout: float | None = None
    ) -> pb.FileOperationResult:
        """RenameFile

        Needs ``allow_rename``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("RenameFile", request, pb.FileOperationResult, timeout=timeout)

    async def RenameFiles(
        self, request: pb.RenameFilesRequest, *, timeout: float | None = None
    ) -> pb.FileOperationResult:
        """RenameFiles

        Needs ``allow_rename``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("RenameFiles", request, pb.FileOperationResult, timeout=timeout)

    async def MoveFile(self, request: pb.MoveFileRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """MoveFile

        Needs ``allow_move``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("MoveFile", request, pb.FileOperationResult, timeout=timeout)

    async def CopyFile(self, request: pb.CopyFileRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """CopyFile

        Needs ``allow_copy``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("CopyFile", request, pb.FileOperationResult, timeout=timeout)

    async def DeleteFile(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """DeleteFile

        Needs ``allow_delete``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("DeleteFile", request, pb.FileOperationResult, timeout=timeout)

    async def DeleteFilePermanently(
        self, request: pb.FileRequest, *, timeout: float | None = None
    ) -> pb.FileOperationResult:
        """DeleteFilePermanently

        Needs ``allow_delete_permanently``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("DeleteFilePermanently", request, pb.FileOperationResult, timeout=timeout)

    async def DeleteFiles(
        self, request: pb.MultiFileRequest, *, timeout: float | None = None
    ) -> pb.FileOperationResult:
        """DeleteFiles

        Needs ``allow_delete``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("DeleteFiles", request, pb.FileOperationResult, timeout=timeout)

    async def DeleteFilesPermanently(
        self, request: pb.MultiFileRequest, *, timeout: float | None = None
    ) -> pb.FileOperationResult:
        """DeleteFilesPermanently

        Needs ``allow_delete_permanently``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("DeleteFilesPermanently", request, pb.FileOperationResult, timeout=timeout)

    async def GetFileDetailProperties(
        self, request: pb.FileRequest, *, timeout: float | None = None
    ) -> pb.FileDetailProperties:
        """GetFileDetailProperties

        Needs ``allow_view_properties``. May be repeated.
        """
        return await self._caller.unary("GetFileDetailProperties", request, pb.FileDetailProperties, timeout=timeout)

    async def GetSpaceInfo(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.SpaceInfo:
        """GetSpaceInfo

        Needs ``allow_get_space_info``. May be repeated.
        """
        return await self._caller.unary("GetSpaceInfo", request, pb.SpaceInfo, timeout=timeout)

    async def GetCloudMemberships(
        self, request: pb.FileRequest, *, timeout: float | None = None
    ) -> pb.CloudMemberships:
        """GetCloudMemberships

        Needs ``allow_get_memberships``. May be repeated.
        """
        return await self._caller.unary("GetCloudMemberships", request, pb.CloudMemberships, timeout=timeout)

    async def GetMetaData(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.FileMetaData:
        """GetMetaData

        May be repeated.
        """
        return await self._caller.unary("GetMetaData", request, pb.FileMetaData, timeout=timeout)

    async def GetOriginalPath(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.StringResult:
        """GetOriginalPath

        May be repeated.
        """
        return await self._caller.unary("GetOriginalPath", request, pb.StringResult, timeout=timeout)

    async def GetDownloadUrlPath(
        self, request: pb.GetDownloadUrlPathRequest, *, timeout: float | None = None
    ) -> pb.DownloadUrlPathInfo:
        """GetDownloadUrlPath

        May be repeated.
        """
        return await self._caller.unary("GetDownloadUrlPath", request, pb.DownloadUrlPathInfo, timeout=timeout)

    async def CreateFile(self, request: pb.CreateFileRequest, *, timeout: float | None = None) -> pb.CreateFileResult:
        """CreateFile

        Needs ``allow_create_file``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("CreateFile", request, pb.CreateFileResult, timeout=timeout)

    async def WriteToFile(self, request: pb.WriteFileRequest, *, timeout: float | None = None) -> pb.WriteFileResult:
        """WriteToFile

        Needs ``allow_create_file``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("WriteToFile", request, pb.WriteFileResult, timeout=timeout)

    async def WriteToFileStream(
        self, requests: AsyncIterable[pb.WriteFileRequest], *, timeout: float | None = None
    ) -> pb.WriteFileResult:
        """WriteToFileStream

        Needs ``allow_create_file``. Not repeated when the answer is lost.
        """
        return await self._caller.send_stream("WriteToFileStream", requests, pb.WriteFileResult, timeout=timeout)

    async def CloseFile(self, request: pb.CloseFileRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """CloseFile

        Not repeated when the answer is lost.
        """
        return await self._caller.unary("CloseFile", request, pb.FileOperationResult, timeout=timeout)

    async def PrefetchFileRanges(
        self, request: pb.PrefetchFileRangesRequest, *, timeout: float | None = None
    ) -> pb.PrefetchFileRangesReply:
        """PrefetchFileRanges

        Since 1.0.7. Not repeated when the answer is lost.
        """
        return await self._caller.unary("PrefetchFileRanges", request, pb.PrefetchFileRangesReply, timeout=timeout)

    async def CancelFilePrefetch(self, request: pb.CancelFilePrefetchRequest, *, timeout: float | None = None) -> None:
        """CancelFilePrefetch

        Since 1.0.7. May be repeated.
        """
        await self._caller.unary("CancelFilePrefetch", request, Empty, timeout=timeout)

    async def CloseFileReader(self, request: pb.FileRequest, *, timeout: float | None = None) -> None:
        """CloseFileReader

        Since 1.0.7. May be repeated.
        """
        await self._caller.unary("CloseFileReader", request, Empty, timeout=timeout)

    async def GetActivePrefetchHints(self, *, timeout: float | None = None) -> pb.GetActivePrefetchHintsReply:
        """GetActivePrefetchHints

        Since 1.0.7. May be repeated.
        """
        return await self._caller.unary(
            "GetActivePrefetchHints", Empty(), pb.GetActivePrefetchHintsReply, timeout=timeout
        )

    async def ProbeArchive(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.ArchiveProbe:
        """ProbeArchive

        Needs ``allow_get_archive_folders``. Since 1.1.1. May be repeated.
        """
        return await self._caller.unary("ProbeArchive", request, pb.ArchiveProbe, timeout=timeout)

    async def OpenArchiveFolder(
        self, request: pb.OpenArchiveFolderRequest, *, timeout: float | None = None
    ) -> pb.ArchiveFolder:
        """OpenArchiveFolder

        Needs ``allow_modify_archive_folders``. Since 1.1.1. Not repeated when the answer is lost.
        """
        return await self._caller.unary("OpenArchiveFolder", request, pb.ArchiveFolder, timeout=timeout)

    async def GetArchiveFolders(self, *, timeout: float | None = None) -> pb.ArchiveFolderList:
        """GetArchiveFolders

        Needs ``allow_get_archive_folders``. Since 1.1.1. May be repeated.
        """
        return await self._caller.unary("GetArchiveFolders", Empty(), pb.ArchiveFolderList, timeout=timeout)

    async def UpdateArchiveFolder(
        self, request: pb.UpdateArchiveFolderRequest, *, timeout: float | None = None
    ) -> pb.ArchiveFolder:
        """UpdateArchiveFolder

        Needs ``allow_modify_archive_folders``. Since 1.1.1. Not repeated when the answer is lost.
        """
        return await self._caller.unary("UpdateArchiveFolder", request, pb.ArchiveFolder, timeout=timeout)

    async def LoadArchiveFolder(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.ArchiveFolder:
        """LoadArchiveFolder

        Needs ``allow_modify_archive_folders``. Since 1.1.1. Not repeated when the answer is lost.
        """
        return await self._caller.unary("LoadArchiveFolder", request, pb.ArchiveFolder, timeout=timeout)

    async def UnloadArchiveFolder(self, request: pb.FileRequest, *, timeout: float | None = None) -> None:
        """UnloadArchiveFolder

        Needs ``allow_modify_archive_folders``. Since 1.1.1. Not repeated when the answer is lost.
        """
        await self._caller.unary("UnloadArchiveFolder", request, Empty, timeout=timeout)

    async def RemoveArchiveFolder(self, request: pb.FileRequest, *, timeout: float | None = None) -> None:
        """RemoveArchiveFolder

        Needs ``allow_modify_archive_folders``. Since 1.1.1. Not repeated when the answer is lost.
        """
        await self._caller.unary("RemoveArchiveFolder", request, Empty, timeout=timeout)

    async def StartRemoteUpload(
        self, request: pb.StartRemoteUploadRequest, *, timeout: float | None = None
    ) -> pb.RemoteUploadStarted:
        """StartRemoteUpload

        Not repeated when the answer is lost.
        """
        return await self._caller.unary("StartRemoteUpload", request, pb.RemoteUploadStarted, timeout=timeout)

    async def RemoteUploadControl(
        self, request: pb.RemoteUploadControlRequest, *, timeout: float | None = None
    ) -> None:
        """RemoteUploadControl

        May be repeated.
        """
        await self._caller.unary("RemoteUploadControl", request, Empty, timeout=timeout)

    def RemoteUploadChannel(
        self, request: pb.RemoteUploadChannelRequest, *, timeout: float | None = None
    ) -> AsyncIterator[pb.RemoteUploadChannelReply]:
        """RemoteUploadChannel

        May be repeated.
        """
        return self._caller.stream("RemoteUploadChannel", request, pb.RemoteUploadChannelReply, timeout=timeout)

    async def RemoteReadData(
        self, request: pb.RemoteReadDataUpload, *, timeout: float | None = None
    ) -> pb.RemoteReadDataReply:
        """RemoteReadData

        May be repeated.
        """
        return await self._caller.unary("RemoteReadData", request, pb.RemoteReadDataReply, timeout=timeout)

    async def RemoteHashProgress(
        self, request: pb.RemoteHashProgressUpload, *, timeout: float | None = None
    ) -> pb.RemoteHashProgressReply:
        """RemoteHashProgress

        May be repeated.
        """
        return await self._caller.unary("RemoteHashProgress", request, pb.RemoteHashProgressReply, timeout=timeout)

    async def CanAddMoreMountPoints(self, *, timeout: float | None = None) -> pb.FileOperationResult:
        """CanAddMoreMountPoints

        Needs ``allow_get_mounts``. May be repeated.
        """
        return await self._caller.unary("CanAddMoreMountPoints", Empty(), pb.FileOperationResult, timeout=timeout)

    async def GetMountPoints(self, *, timeout: float | None = None) -> pb.GetMountPointsResult:
        """GetMountPoints

        Needs ``allow_get_mounts``. May be repeated.
        """
        return await self._caller.unary("GetMountPoints", Empty(), pb.GetMountPointsResult, timeout=timeout)

    async def AddMountPoint(self, request: pb.MountOption, *, timeout: float | None = None) -> pb.MountPointResult:
        """AddMountPoint

        Needs ``allow_modify_mounts``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("AddMountPoint", request, pb.MountPointResult, timeout=timeout)

    async def RemoveMountPoint(
        self, request: pb.MountPointRequest, *, timeout: float | None = None
    ) -> pb.MountPointResult:
        """RemoveMountPoint

        Needs ``allow_modify_mounts``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("RemoveMountPoint", request, pb.MountPointResult, timeout=timeout)

    async def Mount(self, request: pb.MountPointRequest, *, timeout: float | None = None) -> pb.MountPointResult:
        """Mount

        Needs ``allow_modify_mounts``. May be repeated.
        """
        return await self._caller.unary("Mount", request, pb.MountPointResult, timeout=timeout)

    async def Unmount(self, request: pb.MountPointRequest, *, timeout: float | None = None) -> pb.MountPointResult:
        """Unmount

        Needs ``allow_modify_mounts``. May be repeated.
        """
        return await self._caller.unary("Unmount", request, pb.MountPointResult, timeout=timeout)

    async def UpdateMountPoint(
        self, request: pb.UpdateMountPointRequest, *, timeout: float | None = None
    ) -> pb.MountPointResult:
        """UpdateMountPoint

        Needs ``allow_modify_mounts``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("UpdateMountPoint", request, pb.MountPointResult, timeout=timeout)

    async def GetAvailableDriveLetters(self, *, timeout: float | None = None) -> pb.GetAvailableDriveLettersResult:
        """GetAvailableDriveLetters

        Needs ``allow_list_local``. May be repeated.
        """
        return await self._caller.unary(
            "GetAvailableDriveLetters", Empty(), pb.GetAvailableDriveLettersResult, timeout=timeout
        )

    async def HasDriveLetters(self, *, timeout: float | None = None) -> pb.HasDriveLettersResult:
        """HasDriveLetters

        Needs ``allow_list_local``. May be repeated.
        """
        return await self._caller.unary("HasDriveLetters", Empty(), pb.HasDriveLettersResult, timeout=timeout)

    async def CanMountBothLocalAndCloud(self, *, timeout: float | None = None) -> pb.BoolResult:
        """CanMountBothLocalAndCloud

        May be repeated.
        """
        return await self._caller.unary("CanMountBothLocalAndCloud", Empty(), pb.BoolResult, timeout=timeout)

    def LocalGetSubFiles(
        self, request: pb.LocalGetSubFilesRequest, *, timeout: float | None = None
    ) -> AsyncIterator[pb.LocalGetSubFilesResult]:
        """LocalGetSubFiles

        Needs ``allow_list_local``. May be repeated.
        """
        return self._caller.stream("LocalGetSubFiles", request, pb.LocalGetSubFilesResult, timeout=timeout)

    async def LocalCreateFolder(
        self, request: pb.LocalCreateFolderRequest, *, timeout: float | None = None
    ) -> pb.LocalCreateFolderResult:
        """LocalCreateFolder

        Since 1.0.0. Not repeated when the answer is lost.
        """
        return await self._caller.unary("LocalCreateFolder", request, pb.LocalCreateFolderResult, timeout=timeout)

    async def GetAllTasksCount(self, *, timeout: float | None = None) -> pb.GetAllTasksCountResult:
        """GetAllTasksCount

        Needs ``allow_get_transfer_tasks``. May be repeated.
        """
        return await self._caller.unary("GetAllTasksCount", Empty(), pb.GetAllTasksCountResult, timeout=timeout)

    async def GetDownloadFileCount(self, *, timeout: float | None = None) -> pb.GetDownloadFileCountResult:
        """GetDownloadFileCount

        Needs ``allow_get_transfer_tasks``. May be repeated.
        """
        return await self._caller.unary("GetDownloadFileCount", Empty(), pb.GetDownloadFileCountResult, timeout=timeout)

    async def GetDownloadFileList(self, *, timeout: float | None = None) -> pb.GetDownloadFileListResult:
        """GetDownloadFileList

        Needs ``allow_get_transfer_tasks``. May be repeated.
        """
        return await self._caller.unary("GetDownloadFileList", Empty(), pb.GetDownloadFileListResult, timeout=timeout)

    async def GetUploadFileCount(self, *, timeout: float | None = None) -> pb.GetUploadFileCountResult:
        """GetUploadFileCount

        Needs ``allow_get_transfer_tasks``. May be repeated.
        """
        return await self._caller.unary("GetUploadFileCount", Empty(), pb.GetUploadFileCountResult, timeout=timeout)

    async def GetUploadFileList(
        self, request: pb.GetUploadFileListRequest, *, timeout: float | None = None
    ) -> pb.GetUploadFileListResult:
        """GetUploadFileList

        Needs ``allow_get_transfer_tasks``. May be repeated.
        """
        return await self._caller.unary("GetUploadFileList", request, pb.GetUploadFileListResult, timeout=timeout)

    async def CancelAllUploadFiles(self, *, timeout: float | None = None) -> None:
        """CancelAllUploadFiles

        Needs ``allow_modify_transfer_tasks``. Not repeated when the answer is lost.
        """
        await self._caller.unary("CancelAllUploadFiles", Empty(), Empty, timeout=timeout)

    async def CancelUploadFiles(self, request: pb.MultpleUploadFileKeyRequest, *, timeout: float | None = None) -> None:
        """CancelUploadFiles

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        await self._caller.unary("CancelUploadFiles", request, Empty, timeout=timeout)

    async def PauseAllUploadFiles(self, *, timeout: float | None = None) -> None:
        """PauseAllUploadFiles

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        await self._caller.unary("PauseAllUploadFiles", Empty(), Empty, timeout=timeout)

    async def PauseUploadFiles(self, request: pb.MultpleUploadFileKeyRequest, *, timeout: float | None = None) -> None:
        """PauseUploadFiles

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        await self._caller.unary("PauseUploadFiles", request, Empty, timeout=timeout)

    async def ResumeAllUploadFiles(self, *, timeout: float | None = None) -> None:
        """ResumeAllUploadFiles

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        await self._caller.unary("ResumeAllUploadFiles", Empty(), Empty, timeout=timeout)

    async def ResumeUploadFiles(self, request: pb.MultpleUploadFileKeyRequest, *, timeout: float | None = None) -> None:
        """ResumeUploadFiles

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        await self._caller.unary("ResumeUploadFiles", request, Empty, timeout=timeout)

    async def GetCopyTasks(self, *, timeout: float | None = None) -> pb.GetCopyTaskResult:
        """GetCopyTasks

        Needs ``allow_get_transfer_tasks``. May be repeated.
        """
        return await self._caller.unary("GetCopyTasks", Empty(), pb.GetCopyTaskResult, timeout=timeout)

    async def GetMergeTasks(self, *, timeout: float | None = None) -> pb.GetMergeTasksResult:
        """GetMergeTasks

        Needs ``allow_get_transfer_tasks``. May be repeated.
        """
        return await self._caller.unary("GetMergeTasks", Empty(), pb.GetMergeTasksResult, timeout=timeout)

    async def CancelMergeTask(self, request: pb.CancelMergeTaskRequest, *, timeout: float | None = None) -> None:
        """CancelMergeTask

        May be repeated.
        """
        await self._caller.unary("CancelMergeTask", request, Empty, timeout=timeout)

    async def CancelCopyTask(self, request: pb.CopyTaskRequest, *, timeout: float | None = None) -> None:
        """CancelCopyTask

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        await self._caller.unary("CancelCopyTask", request, Empty, timeout=timeout)

    async def PauseCopyTask(self, request: pb.PauseCopyTaskRequest, *, timeout: float | None = None) -> None:
        """PauseCopyTask

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        await self._caller.unary("PauseCopyTask", request, Empty, timeout=timeout)

    async def RestartCopyTask(self, request: pb.CopyTaskRequest, *, timeout: float | None = None) -> None:
        """RestartCopyTask

        Not repeated when the answer is lost.
        """
        await self._caller.unary("RestartCopyTask", request, Empty, timeout=timeout)

    async def RemoveCompletedCopyTasks(self, *, timeout: float | None = None) -> None:
        """RemoveCompletedCopyTasks

        Not repeated when the answer is lost.
        """
        await self._caller.unary("RemoveCompletedCopyTasks", Empty(), Empty, timeout=timeout)

    async def RemoveAllCopyTasks(self, *, timeout: float | None = None) -> pb.BatchOperationResult:
        """RemoveAllCopyTasks

        Not repeated when the answer is lost.
        """
        return await self._caller.unary("RemoveAllCopyTasks", Empty(), pb.BatchOperationResult, timeout=timeout)

    async def RemoveCopyTasks(
        self, request: pb.CopyTaskBatchRequest, *, timeout: float | None = None
    ) -> pb.BatchOperationResult:
        """RemoveCopyTasks

        Not repeated when the answer is lost.
        """
        return await self._caller.unary("RemoveCopyTasks", request, pb.BatchOperationResult, timeout=timeout)

    async def PauseAllCopyTasks(
        self, request: pb.PauseAllCopyTasksRequest, *, timeout: float | None = None
    ) -> pb.BatchOperationResult:
        """PauseAllCopyTasks

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        return await self._caller.unary("PauseAllCopyTasks", request, pb.BatchOperationResult, timeout=timeout)

    async def PauseCopyTasks(
        self, request: pb.PauseCopyTasksRequest, *, timeout: float | None = None
    ) -> pb.BatchOperationResult:
        """PauseCopyTasks

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        return await self._caller.unary("PauseCopyTasks", request, pb.BatchOperationResult, timeout=timeout)

    async def ResumeAllCopyTasks(self, *, timeout: float | None = None) -> pb.BatchOperationResult:
        """ResumeAllCopyTasks

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        return await self._caller.unary("ResumeAllCopyTasks", Empty(), pb.BatchOperationResult, timeout=timeout)

    async def ResumeCopyTasks(
        self, request: pb.CopyTaskBatchRequest, *, timeout: float | None = None
    ) -> pb.BatchOperationResult:
        """ResumeCopyTasks

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        return await self._caller.unary("ResumeCopyTasks", request, pb.BatchOperationResult, timeout=timeout)

    async def AddOfflineFiles(
        self, request: pb.AddOfflineFileRequest, *, timeout: float | None = None
    ) -> pb.FileOperationResult:
        """AddOfflineFiles

        Needs ``allow_add_offline_download``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("AddOfflineFiles", request, pb.FileOperationResult, timeout=timeout)

    async def RemoveOfflineFiles(
        self, request: pb.RemoveOfflineFilesRequest, *, timeout: float | None = None
    ) -> pb.FileOperationResult:
        """RemoveOfflineFiles

        Needs ``allow_modify_offline_downloads``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("RemoveOfflineFiles", request, pb.FileOperationResult, timeout=timeout)

    async def ListOfflineFilesByPath(
        self, request: pb.FileRequest, *, timeout: float | None = None
    ) -> pb.OfflineFileListResult:
        """ListOfflineFilesByPath

        Needs ``allow_list_offline_downloads``. May be repeated.
        """
        return await self._caller.unary("ListOfflineFilesByPath", request, pb.OfflineFileListResult, timeout=timeout)

    async def ListAllOfflineFiles(
        self, request: pb.OfflineFileListAllRequest, *, timeout: float | None = None
    ) -> pb.OfflineFileListAllResult:
        """ListAllOfflineFiles

        Needs ``allow_list_offline_downloads``. May be repeated.
        """
        return await self._caller.unary("ListAllOfflineFiles", request, pb.OfflineFileListAllResult, timeout=timeout)

    async def GetOfflineQuotaInfo(
        self, request: pb.OfflineQuotaRequest, *, timeout: float | None = None
    ) -> pb.OfflineQuotaInfo:
        """GetOfflineQuotaInfo

        Needs ``allow_list_offline_downloads``. May be repeated.
        """
        return await self._caller.unary("GetOfflineQuotaInfo", request, pb.OfflineQuotaInfo, timeout=timeout)

    async def ClearOfflineFiles(self, request: pb.ClearOfflineFileRequest, *, timeout: float | None = None) -> None:
        """ClearOfflineFiles

        Needs ``allow_modify_offline_downloads``. Not repeated when the answer is lost.
        """
        await self._caller.unary("ClearOfflineFiles", request, Empty, timeout=timeout)

    async def RestartOfflineTask(self, request: pb.RestartOfflineFileRequest, *, timeout: float | None = None) -> None:
        """RestartOfflineTask

        Needs ``allow_modify_offline_downloads``. Not repeated when the answer is lost.
        """
        await self._caller.unary("RestartOfflineTask", request, Empty, timeout=timeout)

    async def AddSharedLink(self, request: pb.AddSharedLinkRequest, *, timeout: float | None = None) -> None:
        """AddSharedLink

        Needs ``allow_shared_links``. Not repeated when the answer is lost.
        """
        await self._caller.unary("AddSharedLink", request, Empty, timeout=timeout)

    async def CanAddMoreCloudApis(self, *, timeout: float | None = None) -> pb.FileOperationResult:
        """CanAddMoreCloudApis

        Needs ``allow_get_cloud_apis``. May be repeated.
        """
        return await self._caller.unary("CanAddMoreCloudApis", Empty(), pb.FileOperationResult, timeout=timeout)

    async def GetAllCloudApis(self, *, timeout: float | None = None) -> pb.CloudAPIList:
        """GetAllCloudApis

        Needs ``allow_get_cloud_apis``. May be repeated.
        """
        return await self._caller.unary("GetAllCloudApis", Empty(), pb.CloudAPIList, timeout=timeout)

    async def GetCloudAPIConfig(
        self, request: pb.GetCloudAPIConfigRequest, *, timeout: float | None = None
    ) -> pb.CloudAPIConfig:
        """GetCloudAPIConfig

        Needs ``allow_get_cloud_apis``. May be repeated.
        """
        return await self._caller.unary("GetCloudAPIConfig", request, pb.CloudAPIConfig, timeout=timeout)

    async def SetCloudAPIConfig(self, request: pb.SetCloudAPIConfigRequest, *, timeout: float | None = None) -> None:
        """SetCloudAPIConfig

        Needs ``allow_modify_cloud_apis``. May be repeated.
        """
        await self._caller.unary("SetCloudAPIConfig", request, Empty, timeout=timeout)

    async def RemoveCloudAPI(
        self, request: pb.RemoveCloudAPIRequest, *, timeout: float | None = None
    ) -> pb.FileOperationResult:
        """RemoveCloudAPI

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("RemoveCloudAPI", request, pb.FileOperationResult, timeout=timeout)

    async def APILogin115Editthiscookie(
        self, request: pb.Login115EditthiscookieRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """APILogin115Editthiscookie

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILogin115Editthiscookie", request, pb.APILoginResult, timeout=timeout)

    def APILogin115QRCode(
        self, request: pb.Login115QrCodeRequest, *, timeout: float | None = None
    ) -> AsyncIterator[pb.QRCodeScanMessage]:
        """APILogin115QRCode

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return self._caller.stream("APILogin115QRCode", request, pb.QRCodeScanMessage, timeout=timeout)

    async def APILogin115OpenOAuth(
        self, request: pb.Login115OpenOAuthRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """APILogin115OpenOAuth

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILogin115OpenOAuth", request, pb.APILoginResult, timeout=timeout)

    def APILogin115OpenQRCode(
        self, request: pb.Login115OpenQRCodeRequest, *, timeout: float | None = None
    ) -> AsyncIterator[pb.QRCodeScanMessage]:
        """APILogin115OpenQRCode

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return self._caller.stream("APILogin115OpenQRCode", request, pb.QRCodeScanMessage, timeout=timeout)

    async def APILoginAliyundriveOAuth(
        self, request: pb.LoginAliyundriveOAuthRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """APILoginAliyundriveOAuth

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILoginAliyundriveOAuth", request, pb.APILoginResult, timeout=timeout)

    async def APILoginAliyundriveRefreshtoken(
        self, request: pb.LoginAliyundriveRefreshtokenRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """APILoginAliyundriveRefreshtoken

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILoginAliyundriveRefreshtoken", request, pb.APILoginResult, timeout=timeout)

    def APILoginAliyunDriveQRCode(
        self, request: pb.LoginAliyundriveQRCodeRequest, *, timeout: float | None = None
    ) -> AsyncIterator[pb.QRCodeScanMessage]:
        """APILoginAliyunDriveQRCode

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return self._caller.stream("APILoginAliyunDriveQRCode", request, pb.QRCodeScanMessage, timeout=timeout)

    async def APILoginBaiduPanOAuth(
        self, request: pb.LoginBaiduPanOAuthRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """APILoginBaiduPanOAuth

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILoginBaiduPanOAuth", request, pb.APILoginResult, timeout=timeout)

    async def APILoginOneDriveOAuth(
        self, request: pb.LoginOneDriveOAuthRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """APILoginOneDriveOAuth

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILoginOneDriveOAuth", request, pb.APILoginResult, timeout=timeout)

    async def ApiLoginGoogleDriveOAuth(
        self, request: pb.LoginGoogleDriveOAuthRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """ApiLoginGoogleDriveOAuth

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("ApiLoginGoogleDriveOAuth", request, pb.APILoginResult, timeout=timeout)

    async def ApiLoginGoogleDriveRefreshToken(
        self, request: pb.LoginGoogleDriveRefreshTokenRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """ApiLoginGoogleDriveRefreshToken

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("ApiLoginGoogleDriveRefreshToken", request, pb.APILoginResult, timeout=timeout)

    async def ApiLoginGoogleDriveStart(
        self, request: pb.LoginGoogleDriveStartRequest, *, timeout: float | None = None
    ) -> pb.LoginGoogleDriveStartResult:
        """ApiLoginGoogleDriveStart

        Needs ``allow_modify_cloud_apis``. Since 1.1.0. Not repeated when the answer is lost.
        """
        return await self._caller.unary(
            "ApiLoginGoogleDriveStart", request, pb.LoginGoogleDriveStartResult, timeout=timeout
        )

    async def ApiLoginGoogleDriveFinish(
        self, request: pb.LoginGoogleDriveFinishRequest, *, timeout: float | None = None
    ) -> pb.LoginGoogleDriveFinishResult:
        """ApiLoginGoogleDriveFinish

        Needs ``allow_modify_cloud_apis``. Since 1.1.0. Not repeated when the answer is lost.
        """
        return await self._caller.unary(
            "ApiLoginGoogleDriveFinish", request, pb.LoginGoogleDriveFinishResult, timeout=timeout
        )

    async def ApiLoginXunleiOAuth(
        self, request: pb.LoginXunleiOAuthRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """ApiLoginXunleiOAuth

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("ApiLoginXunleiOAuth", request, pb.APILoginResult, timeout=timeout)

    async def ApiLoginXunleiOpenOAuth(
        self, request: pb.LoginXunleiOpenOAuthRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """ApiLoginXunleiOpenOAuth

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("ApiLoginXunleiOpenOAuth", request, pb.APILoginResult, timeout=timeout)

    async def ApiLogin123panOAuth(
        self, request: pb.Login123panOAuthRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """ApiLogin123panOAuth

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("ApiLogin123panOAuth", request, pb.APILoginResult, timeout=timeout)

    def APILogin189QRCode(
        self, request: pb.Login189QRCodeRequest, *, timeout: float | None = None
    ) -> AsyncIterator[pb.QRCodeScanMessage]:
        """APILogin189QRCode

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return self._caller.stream("APILogin189QRCode", request, pb.QRCodeScanMessage, timeout=timeout)

    def APILoginGuangYaPanQRCode(
        self, request: pb.LoginGuangYaPanQRCodeRequest, *, timeout: float | None = None
    ) -> AsyncIterator[pb.QRCodeScanMessage]:
        """APILoginGuangYaPanQRCode

        Needs ``allow_modify_cloud_apis``. Since 1.0.11. Not repeated when the answer is lost.
        """
        return self._caller.stream("APILoginGuangYaPanQRCode", request, pb.QRCodeScanMessage, timeout=timeout)

    async def APILoginGuangYaPanOAuth(
        self, request: pb.LoginGuangYaPanOAuthRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """APILoginGuangYaPanOAuth

        Needs ``allow_modify_cloud_apis``. Since 1.0.11. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILoginGuangYaPanOAuth", request, pb.APILoginResult, timeout=timeout)

    async def APILoginWebDav(
        self, request: pb.LoginWebDavRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """APILoginWebDav

        Needs ``allow_modify_cloud_apis``. Since 0.9.8. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILoginWebDav", request, pb.APILoginResult, timeout=timeout)

    async def APILoginS3(self, request: pb.LoginS3Request, *, timeout: float | None = None) -> pb.APILoginResult:
        """APILoginS3

        Needs ``allow_modify_cloud_apis``. Since 0.9.22. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILoginS3", request, pb.APILoginResult, timeout=timeout)

    async def APIAddLocalFolder(
        self, request: pb.AddLocalFolderRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """APIAddLocalFolder

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APIAddLocalFolder", request, pb.APILoginResult, timeout=timeout)

    async def APILoginCloudDrive(
        self, request: pb.LoginCloudDriveRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """APILoginCloudDrive

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILoginCloudDrive", request, pb.APILoginResult, timeout=timeout)

    async def APILoginSftp(self, request: pb.LoginSftpRequest, *, timeout: float | None = None) -> pb.APILoginResult:
        """APILoginSftp

        Needs ``allow_modify_cloud_apis``. Since 1.0.6. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILoginSftp", request, pb.APILoginResult, timeout=timeout)

    async def APILoginFtp(self, request: pb.LoginFtpRequest, *, timeout: float | None = None) -> pb.APILoginResult:
        """APILoginFtp

        Needs ``allow_modify_cloud_apis``. Since 1.0.6. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILoginFtp", request, pb.APILoginResult, timeout=timeout)

    async def APILoginSmb(self, request: pb.LoginSmbRequest, *, timeout: float | None = None) -> pb.APILoginResult:
        """APILoginSmb

        Needs ``allow_modify_cloud_apis``. Since 1.0.6. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILoginSmb", request, pb.APILoginResult, timeout=timeout)

    async def DiscoverSmbServers(self, *, timeout: float | None = None) -> pb.DiscoverSmbServersResult:
        """DiscoverSmbServers

        Since 1.0.6. May be repeated.
        """
        return await self._caller.unary("DiscoverSmbServers", Empty(), pb.DiscoverSmbServersResult, timeout=timeout)

    async def DiscoverSmbShares(
        self, request: pb.DiscoverSmbSharesRequest, *, timeout: float | None = None
    ) -> pb.DiscoverSmbSharesResult:
        """DiscoverSmbShares

        Since 1.0.6. May be repeated.
        """
        return await self._caller.unary("DiscoverSmbShares", request, pb.DiscoverSmbSharesResult, timeout=timeout)

    async def CreateOAuthState(
        self, request: pb.CreateOAuthStateRequest, *, timeout: float | None = None
    ) -> pb.CreateOAuthStateResult:
        """CreateOAuthState

        Since 1.0.9. Not repeated when the answer is lost.
        """
        return await self._caller.unary("CreateOAuthState", request, pb.CreateOAuthStateResult, timeout=timeout)

    async def SyncFileChangesFromCloud(
        self, request: pb.FileRequest, *, timeout: float | None = None
    ) -> pb.FileSystemChangeStatistics:
        """SyncFileChangesFromCloud

        Not repeated when the answer is lost.
        """
        return await self._caller.unary(
            "SyncFileChangesFromCloud", request, pb.FileSystemChangeStatistics, timeout=timeout
        )

    async def StartCloudEventListener(self, request: pb.FileRequest, *, timeout: float | None = None) -> None:
        """StartCloudEventListener

        May be repeated.
        """
        await self._caller.unary("StartCloudEventListener", request, Empty, timeout=timeout)

    async def StopCloudEventListener(self, request: pb.FileRequest, *, timeout: float | None = None) -> None:
        """StopCloudEventListener

        May be repeated.
        """
        await self._caller.unary("StopCloudEventListener", request, Empty, timeout=timeout)

    async def WalkThroughFolderTest(
        self, request: pb.FileRequest, *, timeout: float | None = None
    ) -> pb.WalkThroughFolderResult:
        """WalkThroughFolderTest

        May be repeated.
        """
        return await self._caller.unary("WalkThroughFolderTest", request, pb.WalkThroughFolderResult, timeout=timeout)

    def PushMessage(self, *, timeout: float | None = None) -> AsyncIterator[pb.CloudDrivePushMessage]:
        """PushMessage

        Needs ``allow_push_message``. May be repeated.
        """
        return self._caller.stream("PushMessage", Empty(), pb.CloudDrivePushMessage, timeout=timeout)

    def PushTaskChange(self, *, timeout: float | None = None) -> AsyncIterator[pb.GetAllTasksCountResult]:
        """PushTaskChange

        Needs ``allow_push_message``. May be repeated.
        """
        return self._caller.stream("PushTaskChange", Empty(), pb.GetAllTasksCountResult, timeout=timeout)

    async def BackupGetAll(self, *, timeout: float | None = None) -> pb.BackupList:
        """BackupGetAll

        Needs ``allow_get_backups``. May be repeated.
        """
        return await self._caller.unary("BackupGetAll", Empty(), pb.BackupList, timeout=timeout)

    async def BackupGetStatus(self, request: pb.StringValue, *, timeout: float | None = None) -> pb.BackupStatus:
        """BackupGetStatus

        Needs ``allow_get_backups``. May be repeated.
        """
        return await self._caller.unary("BackupGetStatus", request, pb.BackupStatus, timeout=timeout)

    async def BackupAdd(self, request: pb.Backup, *, timeout: float | None = None) -> None:
        """BackupAdd

        Needs ``allow_modify_backups``. Not repeated when the answer is lost.
        """
        await self._caller.unary("BackupAdd", request, Empty, timeout=timeout)

    async def BackupRemove(self, request: pb.StringValue, *, timeout: float | None = None) -> None:
        """BackupRemove

        Needs ``allow_modify_backups``. Not repeated when the answer is lost.
        """
        await self._caller.unary("BackupRemove", request, Empty, timeout=timeout)

    async def BackupUpdate(self, request: pb.Backup, *, timeout: float | None = None) -> None:
        """BackupUpdate

        Needs ``allow_modify_backups``. Not repeated when the answer is lost.
        """
        await self._caller.unary("BackupUpdate", request, Empty, timeout=timeout)

    async def BackupAddDestination(self, request: pb.BackupModifyRequest, *, timeout: float | None = None) -> None:
        """BackupAddDestination

        Needs ``allow_modify_backups``. Not repeated when the answer is lost.
        """
        await self._caller.unary("BackupAddDestination", request, Empty, timeout=timeout)

    async def BackupRemoveDestination(self, request: pb.BackupModifyRequest, *, timeout: float | None = None) -> None:
        """BackupRemoveDestination

        Needs ``allow_modify_backups``. Not repeated when the answer is lost.
        """
        await self._caller.unary("BackupRemoveDestination", request, Empty, timeout=timeout)

    async def BackupSetEnabled(self, request: pb.BackupSetEnabledRequest, *, timeout: float | None = None) -> None:
        """BackupSetEnabled

        Needs ``allow_modify_backups``. May be repeated.
        """
        await self._caller.unary("BackupSetEnabled", request, Empty, timeout=timeout)

    async def BackupSetFileSystemWatchEnabled(
        self, request: pb.BackupModifyRequest, *, timeout: float | None = None
    ) -> None:
        """BackupSetFileSystemWatchEnabled

        Needs ``allow_modify_backups``. May be repeated.
        """
        await self._caller.unary("BackupSetFileSystemWatchEnabled", request, Empty, timeout=timeout)

    async def BackupUpdateStrategies(self, request: pb.BackupModifyRequest, *, timeout: float | None = None) -> None:
        """BackupUpdateStrategies

        Needs ``allow_modify_backups``. Not repeated when the answer is lost.
        """
        await self._caller.unary("BackupUpdateStrategies", request, Empty, timeout=timeout)

    async def BackupRestartWalkingThrough(self, request: pb.StringValue, *, timeout: float | None = None) -> None:
        """BackupRestartWalkingThrough

        Needs ``allow_modify_backups``. Not repeated when the answer is lost.
        """
        await self._caller.unary("BackupRestartWalkingThrough", request, Empty, timeout=timeout)

    async def CanAddMoreBackups(self, *, timeout: float | None = None) -> pb.FileOperationResult:
        """CanAddMoreBackups

        Needs ``allow_get_backups``. May be repeated.
        """
        return await self._caller.unary("CanAddMoreBackups", Empty(), pb.FileOperationResult, timeout=timeout)

    async def NotifyPhotoLibraryChanges(
        self, request: pb.PhotoLibraryChangeList, *, timeout: float | None = None
    ) -> None:
        """NotifyPhotoLibraryChanges

        Since 0.9.18. Not repeated when the answer is lost.
        """
        await self._caller.unary("NotifyPhotoLibraryChanges", request, Empty, timeout=timeout)

    async def BackupTestFileRules(
        self, request: pb.BackupTestFileRulesRequest, *, timeout: float | None = None
    ) -> pb.BackupTestFileRulesResult:
        """BackupTestFileRules

        Needs ``allow_get_backups``. Since 1.1.2. May be repeated.
        """
        return await self._caller.unary("BackupTestFileRules", request, pb.BackupTestFileRulesResult, timeout=timeout)

    async def BackupStartTwoWaySyncPreview(
        self, request: pb.BackupSyncPreviewStartRequest, *, timeout: float | None = None
    ) -> pb.BackupSyncPreviewHandle:
        """BackupStartTwoWaySyncPreview

        Needs ``allow_get_backups``. Since 1.1.0. Not repeated when the answer is lost.
        """
        return await self._caller.unary(
            "BackupStartTwoWaySyncPreview", request, pb.BackupSyncPreviewHandle, timeout=timeout
        )

    async def BackupGetTwoWaySyncPreview(
        self, request: pb.BackupSyncPreviewHandle, *, timeout: float | None = None
    ) -> pb.BackupSyncPreview:
        """BackupGetTwoWaySyncPreview

        Needs ``allow_get_backups``. Since 1.1.0. May be repeated.
        """
        return await self._caller.unary("BackupGetTwoWaySyncPreview", request, pb.BackupSyncPreview, timeout=timeout)

    async def BackupCancelTwoWaySyncPreview(
        self, request: pb.BackupSyncPreviewHandle, *, timeout: float | None = None
    ) -> None:
        """BackupCancelTwoWaySyncPreview

        Needs ``allow_get_backups``. Since 1.1.0. May be repeated.
        """
        await self._caller.unary("BackupCancelTwoWaySyncPreview", request, Empty, timeout=timeout)

    async def BackupGetSyncIssues(
        self, request: pb.StringValue, *, timeout: float | None = None
    ) -> pb.BackupSyncIssueList:
        """BackupGetSyncIssues

        Needs ``allow_get_backups``. Since 1.1.0. May be repeated.
        """
        return await self._caller.unary("BackupGetSyncIssues", request, pb.BackupSyncIssueList, timeout=timeout)

    async def BackupResolveSyncIssue(
        self, request: pb.BackupResolveSyncIssueRequest, *, timeout: float | None = None
    ) -> pb.FileOperationResult:
        """BackupResolveSyncIssue

        Needs ``allow_modify_backups``. Since 1.1.0. Not repeated when the answer is lost.
        """
        return await self._caller.unary("BackupResolveSyncIssue", request, pb.FileOperationResult, timeout=timeout)

    async def BackupResetSyncIndex(self, request: pb.StringValue, *, timeout: float | None = None) -> None:
        """BackupResetSyncIndex

        Needs ``allow_modify_backups``. Since 1.1.0. Not repeated when the answer is lost.
        """
        await self._caller.unary("BackupResetSyncIndex", request, Empty, timeout=timeout)

    async def BackupUndoSyncPass(
        self, request: pb.BackupUndoSyncPassRequest, *, timeout: float | None = None
    ) -> pb.FileOperationResult:
        """BackupUndoSyncPass

        Needs ``allow_modify_backups``. Since 1.1.0. Not repeated when the answer is lost.
        """
        return await self._caller.unary("BackupUndoSyncPass", request, pb.FileOperationResult, timeout=timeout)

    async def AddDavUser(self, request: pb.AddDavUserRequest, *, timeout: float | None = None) -> None:
        """AddDavUser

        Needs ``allow_modify_dav_config``. Not repeated when the answer is lost.
        """
        await self._caller.unary("AddDavUser", request, Empty, timeout=timeout)

    async def RemoveDavUser(self, request: pb.StringValue, *, timeout: float | None = None) -> None:
        """RemoveDavUser

        Needs ``allow_modify_dav_config``. Not repeated when the answer is lost.
        """
        await self._caller.unary("RemoveDavUser", request, Empty, timeout=timeout)

    async def ModifyDavUser(self, request: pb.ModifyDavUserRequest, *, timeout: float | None = None) -> None:
        """ModifyDavUser

        Needs ``allow_modify_dav_config``. Not repeated when the answer is lost.
        """
        await self._caller.unary("ModifyDavUser", request, Empty, timeout=timeout)

    async def GetDavUser(self, request: pb.StringValue, *, timeout: float | None = None) -> pb.DavUser:
        """GetDavUser

        Needs ``allow_get_dav_config``. May be repeated.
        """
        return await self._caller.unary("GetDavUser", request, pb.DavUser, timeout=timeout)

    async def GetDavServerConfig(self, *, timeout: float | None = None) -> pb.DavServerConfig:
        """GetDavServerConfig

        Needs ``allow_get_dav_config``. May be repeated.
        """
        return await self._caller.unary("GetDavServerConfig", Empty(), pb.DavServerConfig, timeout=timeout)

    async def SetDavServerConfig(
        self, request: pb.ModifyDavServerConfigRequest, *, timeout: float | None = None
    ) -> None:
        """SetDavServerConfig

        Needs ``allow_modify_dav_config``. May be repeated.
        """
        await self._caller.unary("SetDavServerConfig", request, Empty, timeout=timeout)

    async def GetWebhookConfigTemplate(self, *, timeout: float | None = None) -> pb.StringResult:
        """GetWebhookConfigTemplate

        May be repeated.
        """
        return await self._caller.unary("GetWebhookConfigTemplate", Empty(), pb.StringResult, timeout=timeout)

    async def GetWebhookConfigs(self, *, timeout: float | None = None) -> pb.WebhookList:
        """GetWebhookConfigs

        May be repeated.
        """
        return await self._caller.unary("GetWebhookConfigs", Empty(), pb.WebhookList, timeout=timeout)

    async def AddWebhookConfig(self, request: pb.WebhookRequest, *, timeout: float | None = None) -> None:
        """AddWebhookConfig

        Not repeated when the answer is lost.
        """
        await self._caller.unary("AddWebhookConfig", request, Empty, timeout=timeout)

    async def RemoveWebhookConfig(self, request: pb.StringValue, *, timeout: float | None = None) -> None:
        """RemoveWebhookConfig

        Not repeated when the answer is lost.
        """
        await self._caller.unary("RemoveWebhookConfig", request, Empty, timeout=timeout)

    async def ChangeWebhookConfig(self, request: pb.WebhookRequest, *, timeout: float | None = None) -> None:
        """ChangeWebhookConfig

        Not repeated when the answer is lost.
        """
        await self._caller.unary("ChangeWebhookConfig", request, Empty, timeout=timeout)

    async def CreateToken(self, request: pb.CreateTokenRequest, *, timeout: float | None = None) -> pb.TokenInfo:
        """CreateToken

        Needs ``allow_token_management``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("CreateToken", request, pb.TokenInfo, timeout=timeout)

    async def ModifyToken(self, request: pb.ModifyTokenRequest, *, timeout: float | None = None) -> pb.TokenInfo:
        """ModifyToken

        Needs ``allow_token_management``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("ModifyToken", request, pb.TokenInfo, timeout=timeout)

    async def RemoveToken(self, request: pb.StringValue, *, timeout: float | None = None) -> None:
        """RemoveToken

        Needs ``allow_token_management``. Not repeated when the answer is lost.
        """
        await self._caller.unary("RemoveToken", request, Empty, timeout=timeout)

    async def ListTokens(self, *, timeout: float | None = None) -> pb.ListTokensResult:
        """ListTokens

        Needs ``allow_token_management``. May be repeated.
        """
        return await self._caller.unary("ListTokens", Empty(), pb.ListTokensResult, timeout=timeout)

    async def GetWebServerConfig(self, *, timeout: float | None = None) -> pb.WebServerConfig:
        """GetWebServerConfig

        May be repeated.
        """
        return await self._caller.unary("GetWebServerConfig", Empty(), pb.WebServerConfig, timeout=timeout)

    async def SetWebServerConfig(self, request: pb.SetWebServerConfigRequest, *, timeout: float | None = None) -> None:
        """SetWebServerConfig

        Not repeated when the answer is lost.
        """
        await self._caller.unary("SetWebServerConfig", request, Empty, timeout=timeout)

    async def GenerateSelfSignedCert(
        self, request: pb.GenerateSelfSignedCertRequest, *, timeout: float | None = None
    ) -> None:
        """GenerateSelfSignedCert

        Not repeated when the answer is lost.
        """
        await self._caller.unary("GenerateSelfSignedCert", request, Empty, timeout=timeout)

    async def GetSystemSettings(self, *, timeout: float | None = None) -> pb.SystemSettings:
        """GetSystemSettings

        Needs ``allow_get_system_settings``. May be repeated.
        """
        return await self._caller.unary("GetSystemSettings", Empty(), pb.SystemSettings, timeout=timeout)

    async def SetSystemSettings(self, request: pb.SystemSettings, *, timeout: float | None = None) -> None:
        """SetSystemSettings

        Needs ``allow_modify_system_settings``. May be repeated.
        """
        await self._caller.unary("SetSystemSettings", request, Empty, timeout=timeout)

    async def SetDirCacheTimeSecs(self, request: pb.SetDirCacheTimeRequest, *, timeout: float | None = None) -> None:
        """SetDirCacheTimeSecs

        Needs ``allow_modify_system_settings``. May be repeated.
        """
        await self._caller.unary("SetDirCacheTimeSecs", request, Empty, timeout=timeout)

    async def GetEffectiveDirCacheTimeSecs(
        self, request: pb.GetEffectiveDirCacheTimeRequest, *, timeout: float | None = None
    ) -> pb.GetEffectiveDirCacheTimeResult:
        """GetEffectiveDirCacheTimeSecs

        Needs ``allow_get_system_settings``. May be repeated.
        """
        return await self._caller.unary(
            "GetEffectiveDirCacheTimeSecs", request, pb.GetEffectiveDirCacheTimeResult, timeout=timeout
        )

    async def ForceExpireDirCache(self, request: pb.FileRequest, *, timeout: float | None = None) -> None:
        """ForceExpireDirCache

        Needs ``allow_modify_system_settings``. May be repeated.
        """
        await self._caller.unary("ForceExpireDirCache", request, Empty, timeout=timeout)

    async def VacuumDirCache(self, *, timeout: float | None = None) -> None:
        """VacuumDirCache

        Needs ``allow_modify_system_settings``. Not repeated when the answer is lost.
        """
        await self._caller.unary("VacuumDirCache", Empty(), Empty, timeout=timeout)

    async def GetVacuumProgress(self, *, timeout: float | None = None) -> pb.VacuumProgressResult:
        """GetVacuumProgress

        Needs ``allow_get_system_settings``. May be repeated.
        """
        return await self._caller.unary("GetVacuumProgress", Empty(), pb.VacuumProgressResult, timeout=timeout)

    async def GetDirCacheDbSize(self, *, timeout: float | None = None) -> pb.GetDirCacheDbSizeResult:
        """GetDirCacheDbSize

        Needs ``allow_get_system_settings``. May be repeated.
        """
        return await self._caller.unary("GetDirCacheDbSize", Empty(), pb.GetDirCacheDbSizeResult, timeout=timeout)

    async def GetOpenFileTable(
        self, request: pb.GetOpenFileTableRequest, *, timeout: float | None = None
    ) -> pb.OpenFileTable:
        """GetOpenFileTable

        May be repeated.
        """
        return await self._caller.unary("GetOpenFileTable", request, pb.OpenFileTable, timeout=timeout)

    async def GetDirCacheTable(self, *, timeout: float | None = None) -> pb.DirCacheTable:
        """GetDirCacheTable

        May be repeated.
        """
        return await self._caller.unary("GetDirCacheTable", Empty(), pb.DirCacheTable, timeout=timeout)

    async def GetReferencedEntryPaths(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.StringList:
        """GetReferencedEntryPaths

        May be repeated.
        """
        return await self._caller.unary("GetReferencedEntryPaths", request, pb.StringList, timeout=timeout)

    async def GetTempFileTable(self, *, timeout: float | None = None) -> pb.TempFileTable:
        """GetTempFileTable

        May be repeated.
        """
        return await self._caller.unary("GetTempFileTable", Empty(), pb.TempFileTable, timeout=timeout)

    async def GetRuntimeInfo(self, *, timeout: float | None = None) -> pb.RuntimeInfo:
        """GetRuntimeInfo

        Needs ``allow_view_runtime_info``. May be repeated.
        """
        return await self._caller.unary("GetRuntimeInfo", Empty(), pb.RuntimeInfo, timeout=timeout)

    async def GetRunningInfo(self, *, timeout: float | None = None) -> pb.RunInfo:
        """GetRunningInfo

        Needs ``allow_view_runtime_info``. May be repeated.
        """
        return await self._caller.unary("GetRunningInfo", Empty(), pb.RunInfo, timeout=timeout)

    async def GetOpenFileHandles(self, *, timeout: float | None = None) -> pb.OpenFileHandleList:
        """GetOpenFileHandles

        May be repeated.
        """
        return await self._caller.unary("GetOpenFileHandles", Empty(), pb.OpenFileHandleList, timeout=timeout)

    async def GetFileBufferDiskCacheStats(self, *, timeout: float | None = None) -> pb.FileBufferDiskCacheStats:
        """GetFileBufferDiskCacheStats

        Since 0.9.18. May be repeated.
        """
        return await self._caller.unary(
            "GetFileBufferDiskCacheStats", Empty(), pb.FileBufferDiskCacheStats, timeout=timeout
        )

    async def PurgeFileBufferDiskCache(self, *, timeout: float | None = None) -> None:
        """PurgeFileBufferDiskCache

        Since 0.9.18. Not repeated when the answer is lost.
        """
        await self._caller.unary("PurgeFileBufferDiskCache", Empty(), Empty, timeout=timeout)

    async def SetDiskCacheEvictionStrategy(
        self, request: pb.SetDiskCacheEvictionStrategyRequest, *, timeout: float | None = None
    ) -> None:
        """SetDiskCacheEvictionStrategy

        Since 0.9.19. May be repeated.
        """
        await self._caller.unary("SetDiskCacheEvictionStrategy", request, Empty, timeout=timeout)

    async def SetFolderDiskCache(self, request: pb.SetFolderDiskCacheRequest, *, timeout: float | None = None) -> None:
        """SetFolderDiskCache

        Since 1.0.0. May be repeated.
        """
        await self._caller.unary("SetFolderDiskCache", request, Empty, timeout=timeout)

    async def RemoveFolderDiskCache(self, request: pb.FileRequest, *, timeout: float | None = None) -> None:
        """RemoveFolderDiskCache

        Since 1.0.0. May be repeated.
        """
        await self._caller.unary("RemoveFolderDiskCache", request, Empty, timeout=timeout)

    async def ListDiskCacheFolders(self, *, timeout: float | None = None) -> pb.ListDiskCacheFoldersReply:
        """ListDiskCacheFolders

        Since 1.0.0. May be repeated.
        """
        return await self._caller.unary("ListDiskCacheFolders", Empty(), pb.ListDiskCacheFoldersReply, timeout=timeout)

    async def GetServiceCapabilities(self, *, timeout: float | None = None) -> pb.ServiceCapabilities:
        """GetServiceCapabilities

        Since 1.0.0. May be repeated.
        """
        return await self._caller.unary("GetServiceCapabilities", Empty(), pb.ServiceCapabilities, timeout=timeout)

    async def RestartService(self, *, timeout: float | None = None) -> None:
        """RestartService

        Needs ``allow_service_control``. Not repeated when the answer is lost.
        """
        await self._caller.unary("RestartService", Empty(), Empty, timeout=timeout)

    async def ShutdownService(self, *, timeout: float | None = None) -> None:
        """ShutdownService

        Needs ``allow_service_control``. Not repeated when the answer is lost.
        """
        await self._caller.unary("ShutdownService", Empty(), Empty, timeout=timeout)

    async def HasUpdate(self, *, timeout: float | None = None) -> pb.UpdateResult:
        """HasUpdate

        May be repeated.
        """
        return await self._caller.unary("HasUpdate", Empty(), pb.UpdateResult, timeout=timeout)

    async def CheckUpdate(self, *, timeout: float | None = None) -> pb.UpdateResult:
        """CheckUpdate

        May be repeated.
        """
        return await self._caller.unary("CheckUpdate", Empty(), pb.UpdateResult, timeout=timeout)

    async def DownloadUpdate(self, *, timeout: float | None = None) -> None:
        """DownloadUpdate

        Not repeated when the answer is lost.
        """
        await self._caller.unary("DownloadUpdate", Empty(), Empty, timeout=timeout)

    async def UpdateSystem(self, *, timeout: float | None = None) -> None:
        """UpdateSystem

        Not repeated when the answer is lost.
        """
        await self._caller.unary("UpdateSystem", Empty(), Empty, timeout=timeout)

    async def TestUpdate(self, request: pb.FileRequest, *, timeout: float | None = None) -> None:
        """TestUpdate

        Not repeated when the answer is lost.
        """
        await self._caller.unary("TestUpdate", request, Empty, timeout=timeout)

    async def GetMachineId(self, *, timeout: float | None = None) -> pb.StringResult:
        """GetMachineId

        May be repeated.
        """
        return await self._caller.unary("GetMachineId", Empty(), pb.StringResult, timeout=timeout)

    async def GetOnlineDevices(self, *, timeout: float | None = None) -> pb.OnlineDevices:
        """GetOnlineDevices

        May be repeated.
        """
        return await self._caller.unary("GetOnlineDevices", Empty(), pb.OnlineDevices, timeout=timeout)

    async def KickoutDevice(self, request: pb.DeviceRequest, *, timeout: float | None = None) -> None:
        """KickoutDevice

        Not repeated when the answer is lost.
        """
        await self._caller.unary("KickoutDevice", request, Empty, timeout=timeout)

    async def ListLogFiles(self, *, timeout: float | None = None) -> pb.ListLogFileResult:
        """ListLogFiles

        May be repeated.
        """
        return await self._caller.unary("ListLogFiles", Empty(), pb.ListLogFileResult, timeout=timeout)

    async def GetCloudDrive1UserData(self, *, timeout: float | None = None) -> pb.StringResult:
        """GetCloudDrive1UserData

        May be repeated.
        """
        return await self._caller.unary("GetCloudDrive1UserData", Empty(), pb.StringResult, timeout=timeout)

    async def GetPromotions(self, *, timeout: float | None = None) -> pb.GetPromotionsResult:
        """GetPromotions

        May be repeated.
        """
        return await self._caller.unary("GetPromotions", Empty(), pb.GetPromotionsResult, timeout=timeout)

    async def GetPromotionsByCloud(
        self, request: pb.CloudAPIRequest, *, timeout: float | None = None
    ) -> pb.GetPromotionsResult:
        """GetPromotionsByCloud

        May be repeated.
        """
        return await self._caller.unary("GetPromotionsByCloud", request, pb.GetPromotionsResult, timeout=timeout)

    async def UpdatePromotionResult(self, *, timeout: float | None = None) -> None:
        """UpdatePromotionResult

        Not repeated when the answer is lost.
        """
        await self._caller.unary("UpdatePromotionResult", Empty(), Empty, timeout=timeout)

    async def UpdatePromotionResultByCloud(
        self, request: pb.UpdatePromotionResultByCloudRequest, *, timeout: float | None = None
    ) -> None:
        """UpdatePromotionResultByCloud

        Not repeated when the answer is lost.
        """
        await self._caller.unary("UpdatePromotionResultByCloud", request, Empty, timeout=timeout)

    async def SendPromotionAction(
        self, request: pb.SendPromotionActionRequest, *, timeout: float | None = None
    ) -> None:
        """SendPromotionAction

        Not repeated when the answer is lost.
        """
        await self._caller.unary("SendPromotionAction", request, Empty, timeout=timeout)

    async def GetCloudDrivePlans(self, *, timeout: float | None = None) -> pb.GetCloudDrivePlansResult:
        """GetCloudDrivePlans

        May be repeated.
        """
        return await self._caller.unary("GetCloudDrivePlans", Empty(), pb.GetCloudDrivePlansResult, timeout=timeout)

    async def JoinPlan(self, request: pb.JoinPlanRequest, *, timeout: float | None = None) -> pb.JoinPlanResult:
        """JoinPlan

        Not repeated when the answer is lost.
        """
        return await self._caller.unary("JoinPlan", request, pb.JoinPlanResult, timeout=timeout)

    async def BindCloudAccount(self, request: pb.BindCloudAccountRequest, *, timeout: float | None = None) -> None:
        """BindCloudAccount

        Not repeated when the answer is lost.
        """
        await self._caller.unary("BindCloudAccount", request, Empty, timeout=timeout)

    async def TransferBalance(self, request: pb.TransferBalanceRequest, *, timeout: float | None = None) -> None:
        """TransferBalance

        Needs ``allow_modify_account``. Not repeated when the answer is lost.
        """
        await self._caller.unary("TransferBalance", request, Empty, timeout=timeout)

    async def GetBalanceLog(self, *, timeout: float | None = None) -> pb.BalanceLogResult:
        """GetBalanceLog

        Needs ``allow_get_account_info``. May be repeated.
        """
        return await self._caller.unary("GetBalanceLog", Empty(), pb.BalanceLogResult, timeout=timeout)

    async def CheckActivationCode(
        self, request: pb.StringValue, *, timeout: float | None = None
    ) -> pb.CheckActivationCodeResult:
        """CheckActivationCode

        Not repeated when the answer is lost.
        """
        return await self._caller.unary("CheckActivationCode", request, pb.CheckActivationCodeResult, timeout=timeout)

    async def ActivatePlan(self, request: pb.StringValue, *, timeout: float | None = None) -> pb.JoinPlanResult:
        """ActivatePlan

        Not repeated when the answer is lost.
        """
        return await self._caller.unary("ActivatePlan", request, pb.JoinPlanResult, timeout=timeout)

    async def CheckCouponCode(
        self, request: pb.CheckCouponCodeRequest, *, timeout: float | None = None
    ) -> pb.CouponCodeResult:
        """CheckCouponCode

        May be repeated.
        """
        return await self._caller.unary("CheckCouponCode", request, pb.CouponCodeResult, timeout=timeout)

    async def GetReferralCode(self, *, timeout: float | None = None) -> pb.StringValue:
        """GetReferralCode

        Needs ``allow_get_account_info``. May be repeated.
        """
        return await self._caller.unary("GetReferralCode", Empty(), pb.StringValue, timeout=timeout)

    async def GetStorePurchaseQuote(
        self, request: pb.GetStorePurchaseQuoteRequest, *, timeout: float | None = None
    ) -> pb.StorePurchaseQuote:
        """GetStorePurchaseQuote

        Since 1.0.9. Not repeated when the answer is lost.
        """
        return await self._caller.unary("GetStorePurchaseQuote", request, pb.StorePurchaseQuote, timeout=timeout)

    async def VerifyStorePurchase(
        self, request: pb.VerifyStorePurchaseRequest, *, timeout: float | None = None
    ) -> pb.VerifyStorePurchaseResult:
        """VerifyStorePurchase

        Since 1.0.9. Not repeated when the answer is lost.
        """
        return await self._caller.unary("VerifyStorePurchase", request, pb.VerifyStorePurchaseResult, timeout=timeout)

    async def BeginPairing(self, request: pb.BeginPairingRequest, *, timeout: float | None = None) -> pb.PairingTicket:
        """BeginPairing

        Since 1.1.1. Not repeated when the answer is lost.
        """
        return await self._caller.unary("BeginPairing", request, pb.PairingTicket, timeout=timeout)

    async def CancelPairing(self, request: pb.CancelPairingRequest, *, timeout: float | None = None) -> None:
        """CancelPairing

        Since 1.1.1. May be repeated.
        """
        await self._caller.unary("CancelPairing", request, Empty, timeout=timeout)

    async def CompletePairing(
        self, request: pb.CompletePairingRequest, *, timeout: float | None = None
    ) -> pb.CompletePairingResult:
        """CompletePairing

        Works without a token. Since 1.1.1. Not repeated when the answer is lost.
        """
        return await self._caller.unary("CompletePairing", request, pb.CompletePairingResult, timeout=timeout)

    async def ListPairedControllers(self, *, timeout: float | None = None) -> pb.PairedControllerList:
        """ListPairedControllers

        Since 1.1.1. May be repeated.
        """
        return await self._caller.unary("ListPairedControllers", Empty(), pb.PairedControllerList, timeout=timeout)

    async def RevokePairedController(
        self, request: pb.RevokePairedControllerRequest, *, timeout: float | None = None
    ) -> None:
        """RevokePairedController

        Since 1.1.1. Not repeated when the answer is lost.
        """
        await self._caller.unary("RevokePairedController", request, Empty, timeout=timeout)

    def AppAgentChannel(
        self, requests: AsyncIterable[pb.AppAgentUpstream], *, timeout: float | None = None
    ) -> AsyncIterator[pb.AppAgentDownstream]:
        """AppAgentChannel

        Since 1.1.1. Not repeated when the answer is lost.
        """
        return self._caller.both_streams("AppAgentChannel", requests, pb.AppAgentDownstream, timeout=timeout)

    async def AppCall(self, request: pb.AppCallRequest, *, timeout: float | None = None) -> pb.AppCallResult:
        """AppCall

        Since 1.1.1. Not repeated when the answer is lost.
        """
        return await self._caller.unary("AppCall", request, pb.AppCallResult, timeout=timeout)

    def WatchApp(self, *, timeout: float | None = None) -> AsyncIterator[pb.AppEventMessage]:
        """WatchApp

        Since 1.1.1. May be repeated.
        """
        return self._caller.stream("WatchApp", Empty(), pb.AppEventMessage, timeout=timeout)

    async def GetLoginHandoff(self, *, timeout: float | None = None) -> pb.LoginHandoff:
        """GetLoginHandoff

        Since 1.1.1. Not repeated when the answer is lost.
        """
        return await self._caller.unary("GetLoginHandoff", Empty(), pb.LoginHandoff, timeout=timeout)
