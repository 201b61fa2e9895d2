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
        """Tells whether the server is signed in and ready, and what it can do (protocol.md §2.4).

        Works without a token. May be repeated.
        """
        return await self._caller.unary("GetSystemInfo", Empty(), pb.CloudDriveSystemInfo, timeout=timeout)

    async def GetToken(self, request: pb.GetTokenRequest, *, timeout: float | None = None) -> pb.JWTToken:
        """Exchanges the account's name and password for a bearer token (protocol.md §2.2).

        Works without a token. May be repeated.
        """
        return await self._caller.unary("GetToken", request, pb.JWTToken, timeout=timeout)

    async def Login(self, request: pb.UserLoginRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Signs the server itself in to its account service; gives no token, call GetToken after it.

        Works without a token. Not repeated when the answer is lost.
        """
        return await self._caller.unary("Login", request, pb.FileOperationResult, timeout=timeout)

    async def LoginWithThirdPartyAccount(
        self, request: pb.LoginWithThirdPartyAccountRequest, *, timeout: float | None = None
    ) -> pb.JWTToken:
        """Signs the server in with the OAuth tokens of a cloud account and gives a bearer token.

        Works without a token. Since 0.9.18. Not repeated when the answer is lost.
        """
        return await self._caller.unary("LoginWithThirdPartyAccount", request, pb.JWTToken, timeout=timeout)

    async def Register(self, request: pb.UserRegisterRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Creates an account at the account service.

        Works without a token. Not repeated when the answer is lost.
        """
        return await self._caller.unary("Register", request, pb.FileOperationResult, timeout=timeout)

    async def SendResetAccountEmail(self, request: pb.SendResetAccountEmailRequest, *, timeout: float | None = None) -> None:
        """Mails the code that ResetAccount asks for.

        Works without a token. Not repeated when the answer is lost.
        """
        await self._caller.unary("SendResetAccountEmail", request, Empty, timeout=timeout)

    async def ResetAccount(self, request: pb.ResetAccountRequest, *, timeout: float | None = None) -> None:
        """Sets a new password with the mailed code.

        Works without a token. Not repeated when the answer is lost.
        """
        await self._caller.unary("ResetAccount", request, Empty, timeout=timeout)

    async def GetApiTokenInfo(self, request: pb.StringValue, *, timeout: float | None = None) -> pb.TokenInfo:
        """Tells what an API token may do and where; old servers do not know it (protocol.md §2.5).

        Works without a token. May be repeated.
        """
        return await self._caller.unary("GetApiTokenInfo", request, pb.TokenInfo, timeout=timeout)

    async def LoginWith2FA(self, request: pb.LoginWith2FARequest, *, timeout: float | None = None) -> pb.JWTToken:
        """Signs the server in with password and second factor, and gives a bearer token in the same step.

        Works without a token. Since 0.9.14. Not repeated when the answer is lost.
        """
        return await self._caller.unary("LoginWith2FA", request, pb.JWTToken, timeout=timeout)

    async def SendConfirmEmail(self, *, timeout: float | None = None) -> None:
        """Mails the code that ConfirmEmail asks for.

        Not repeated when the answer is lost.
        """
        await self._caller.unary("SendConfirmEmail", Empty(), Empty, timeout=timeout)

    async def ConfirmEmail(self, request: pb.ConfirmEmailRequest, *, timeout: float | None = None) -> None:
        """Confirms the account's mail address with the mailed code.

        Not repeated when the answer is lost.
        """
        await self._caller.unary("ConfirmEmail", request, Empty, timeout=timeout)

    async def GetAccountStatus(self, *, timeout: float | None = None) -> pb.AccountStatusResult:
        """Describes the account: plan, roles, balance, bound devices.

        Needs ``allow_get_account_info``. May be repeated.
        """
        return await self._caller.unary("GetAccountStatus", Empty(), pb.AccountStatusResult, timeout=timeout)

    async def Check2FAStatus(self, *, timeout: float | None = None) -> pb.TwoFactorAuthStatusResult:
        """Tells whether two-factor sign-in is on.

        Since 0.9.14. May be repeated.
        """
        return await self._caller.unary("Check2FAStatus", Empty(), pb.TwoFactorAuthStatusResult, timeout=timeout)

    async def Setup2FA(self, request: pb.Setup2FARequest, *, timeout: float | None = None) -> pb.TwoFactorAuthSetupResult:
        """Begins two-factor set-up and gives the secret to enrol (protocol.md §2.9).

        Since 0.9.14. Not repeated when the answer is lost.
        """
        return await self._caller.unary("Setup2FA", request, pb.TwoFactorAuthSetupResult, timeout=timeout)

    async def Enable2FA(
        self, request: pb.TwoFactorAuthCodeRequest, *, timeout: float | None = None
    ) -> pb.TwoFactorAuthEnableResult:
        """Finishes two-factor set-up and gives the recovery codes, shown only once.

        Since 0.9.14. Not repeated when the answer is lost.
        """
        return await self._caller.unary("Enable2FA", request, pb.TwoFactorAuthEnableResult, timeout=timeout)

    async def Disable2FA(
        self, request: pb.TwoFactorAuthCodeRequest, *, timeout: float | None = None
    ) -> pb.TwoFactorAuthMessageResult:
        """Turns two-factor sign-in off.

        Since 0.9.14. Not repeated when the answer is lost.
        """
        return await self._caller.unary("Disable2FA", request, pb.TwoFactorAuthMessageResult, timeout=timeout)

    async def GetRecoveryCodes(
        self, request: pb.TwoFactorAuthCodeRequest, *, timeout: float | None = None
    ) -> pb.TwoFactorAuthRecoveryCodesResult:
        """Lists the recovery codes that are left.

        Since 0.9.14. Not repeated when the answer is lost.
        """
        return await self._caller.unary("GetRecoveryCodes", request, pb.TwoFactorAuthRecoveryCodesResult, timeout=timeout)

    async def RegenerateRecoveryCodes(
        self, request: pb.TwoFactorAuthCodeRequest, *, timeout: float | None = None
    ) -> pb.TwoFactorAuthRecoveryCodesResult:
        """Replaces all recovery codes by new ones.

        Since 0.9.14. Not repeated when the answer is lost.
        """
        return await self._caller.unary("RegenerateRecoveryCodes", request, pb.TwoFactorAuthRecoveryCodesResult, timeout=timeout)

    async def SendDisable2FAEmail(self, request: pb.SendDisable2FAEmailRequest, *, timeout: float | None = None) -> None:
        """Mails the code for turning two-factor sign-in off when the authenticator is lost.

        Works without a token. Since 1.0.9. Not repeated when the answer is lost.
        """
        await self._caller.unary("SendDisable2FAEmail", request, Empty, timeout=timeout)

    async def Disable2FAByEmail(self, request: pb.Disable2FAByEmailRequest, *, timeout: float | None = None) -> None:
        """Turns two-factor sign-in off with the mailed code and the password.

        Works without a token. Since 1.0.9. Not repeated when the answer is lost.
        """
        await self._caller.unary("Disable2FAByEmail", request, Empty, timeout=timeout)

    async def UnbindDevice(self, request: pb.UnbindDeviceRequest, *, timeout: float | None = None) -> None:
        """Releases the device that is bound to the account.

        Since 1.0.9. Not repeated when the answer is lost.
        """
        await self._caller.unary("UnbindDevice", request, Empty, timeout=timeout)

    async def GetSessions(self, *, timeout: float | None = None) -> pb.GetSessionsResponse:
        """Lists the account's sign-in sessions on all devices.

        Since 0.9.14. May be repeated.
        """
        return await self._caller.unary("GetSessions", Empty(), pb.GetSessionsResponse, timeout=timeout)

    async def RevokeSession(self, request: pb.RevokeSessionRequest, *, timeout: float | None = None) -> None:
        """Ends one sign-in session.

        Since 0.9.14. Not repeated when the answer is lost.
        """
        await self._caller.unary("RevokeSession", request, Empty, timeout=timeout)

    async def RevokeOtherSessions(self, *, timeout: float | None = None) -> None:
        """Ends every sign-in session but this one.

        Since 0.9.14. Not repeated when the answer is lost.
        """
        await self._caller.unary("RevokeOtherSessions", Empty(), Empty, timeout=timeout)

    async def Logout(self, request: pb.UserLogoutRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Signs the server out of its account.

        Not repeated when the answer is lost.
        """
        return await self._caller.unary("Logout", request, pb.FileOperationResult, timeout=timeout)

    async def ChangePassword(self, request: pb.ChangePasswordRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Changes the account's password.

        Needs ``allow_modify_account``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("ChangePassword", request, pb.FileOperationResult, timeout=timeout)

    async def SendChangeEmailCode(self, request: pb.SendChangeEmailCodeRequest, *, timeout: float | None = None) -> None:
        """Mails the code that ChangeEmail asks for to the new address.

        Not repeated when the answer is lost.
        """
        await self._caller.unary("SendChangeEmailCode", request, Empty, timeout=timeout)

    async def ChangeEmail(self, request: pb.ChangeEmailRequest, *, timeout: float | None = None) -> None:
        """Changes the account's mail address with the mailed code.

        Needs ``allow_modify_account``. Not repeated when the answer is lost.
        """
        await self._caller.unary("ChangeEmail", request, Empty, timeout=timeout)

    async def ChangeEmailAndPassword(self, request: pb.ChangeEmailAndPasswordRequest, *, timeout: float | None = None) -> None:
        """Sets mail address and password together.

        Not repeated when the answer is lost.
        """
        await self._caller.unary("ChangeEmailAndPassword", request, Empty, timeout=timeout)

    async def SendDeleteAccountEmail(self, *, timeout: float | None = None) -> pb.DeleteAccountPreflightResult:
        """Mails the code for deleting the account and says what would be lost.

        Needs ``allow_modify_account``. Since 1.0.14. Not repeated when the answer is lost.
        """
        return await self._caller.unary("SendDeleteAccountEmail", Empty(), pb.DeleteAccountPreflightResult, timeout=timeout)

    async def DeleteAccount(self, request: pb.DeleteAccountRequest, *, timeout: float | None = None) -> None:
        """Deletes the account for good and signs every client out (protocol.md §2.9).

        Needs ``allow_modify_account``. Since 1.0.14. Not repeated when the answer is lost.
        """
        await self._caller.unary("DeleteAccount", request, Empty, timeout=timeout)

    async def GetCloudSyncStatus(self, *, timeout: float | None = None) -> pb.CloudSyncStatus:
        """Tells whether the list of cloud accounts is kept in step with the account service.

        Needs ``allow_get_account_info``. Since 1.1.0. May be repeated.
        """
        return await self._caller.unary("GetCloudSyncStatus", Empty(), pb.CloudSyncStatus, timeout=timeout)

    async def PreviewCloudSync(self, *, timeout: float | None = None) -> pb.CloudSyncPreview:
        """Compares the local list of cloud accounts with the stored one; changes nothing (protocol.md §18.5).

        Needs ``allow_get_account_info``. Since 1.1.0. May be repeated.
        """
        return await self._caller.unary("PreviewCloudSync", Empty(), pb.CloudSyncPreview, timeout=timeout)

    async def EnableCloudSync(self, request: pb.EnableCloudSyncRequest, *, timeout: float | None = None) -> pb.CloudSyncResult:
        """Turns account-data sync on; one side's list replaces the other's. Preview first (protocol.md §18.5).

        Needs ``allow_modify_account``. Since 1.1.0. Not repeated when the answer is lost.
        """
        return await self._caller.unary("EnableCloudSync", request, pb.CloudSyncResult, timeout=timeout)

    async def DisableCloudSync(
        self, request: pb.DisableCloudSyncRequest, *, timeout: float | None = None
    ) -> pb.DisableCloudSyncResult:
        """Turns account-data sync off.

        Needs ``allow_modify_account``. Since 1.1.0. Not repeated when the answer is lost.
        """
        return await self._caller.unary("DisableCloudSync", request, pb.DisableCloudSyncResult, timeout=timeout)

    def GetSubFiles(self, request: pb.ListSubFileRequest, *, timeout: float | None = None) -> AsyncIterator[pb.SubFilesReply]:
        """Lists a folder in several replies; a listing that fails half way counts for nothing (protocol.md §4.1).

        Needs ``allow_list``. May be repeated.
        """
        return self._caller.stream("GetSubFiles", request, pb.SubFilesReply, timeout=timeout)

    def GetSearchResults(self, request: pb.SearchRequest, *, timeout: float | None = None) -> AsyncIterator[pb.SubFilesReply]:
        """Searches below a folder, in several replies; the cloud decides what matches (protocol.md §4.3).

        Needs ``allow_search``. May be repeated.
        """
        return self._caller.stream("GetSearchResults", request, pb.SubFilesReply, timeout=timeout)

    async def FindFileByPath(self, request: pb.FindFileByPathRequest, *, timeout: float | None = None) -> pb.CloudDriveFile:
        """Looks one entry up; NOT_FOUND when there is none (protocol.md §4.2).

        Needs ``allow_list``. May be repeated.
        """
        return await self._caller.unary("FindFileByPath", request, pb.CloudDriveFile, timeout=timeout)

    async def CreateFolder(self, request: pb.CreateFolderRequest, *, timeout: float | None = None) -> pb.CreateFolderResult:
        """Creates one folder level; the parent must exist (protocol.md §5.2).

        Needs ``allow_create_folder``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("CreateFolder", request, pb.CreateFolderResult, timeout=timeout)

    async def CreateEncryptedFolder(
        self, request: pb.CreateEncryptedFolderRequest, *, timeout: float | None = None
    ) -> pb.CreateFolderResult:
        """Creates a folder whose content is stored encrypted (protocol.md §5.7).

        Needs ``allow_create_folder``, ``allow_create_encrypt``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("CreateEncryptedFolder", request, pb.CreateFolderResult, timeout=timeout)

    async def UnlockEncryptedFile(
        self, request: pb.UnlockEncryptedFileRequest, *, timeout: float | None = None
    ) -> pb.FileOperationResult:
        """Opens an encrypted folder with its password.

        Needs ``allow_unlock_encrypted``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("UnlockEncryptedFile", request, pb.FileOperationResult, timeout=timeout)

    async def LockEncryptedFile(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Locks an encrypted folder again.

        Needs ``allow_lock_encrypted``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("LockEncryptedFile", request, pb.FileOperationResult, timeout=timeout)

    async def RenameFile(self, request: pb.RenameFileRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Gives an entry a new bare name; never moves it (protocol.md §5.3).

        Needs ``allow_rename``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("RenameFile", request, pb.FileOperationResult, timeout=timeout)

    async def RenameFiles(self, request: pb.RenameFilesRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Renames several entries; a partial failure is one text for all.

        Needs ``allow_rename``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("RenameFiles", request, pb.FileOperationResult, timeout=timeout)

    async def MoveFile(self, request: pb.MoveFileRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Moves entries into a folder; may go on as a merge task (protocol.md §5.4).

        Needs ``allow_move``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("MoveFile", request, pb.FileOperationResult, timeout=timeout)

    async def CopyFile(self, request: pb.CopyFileRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Copies entries into a folder; may go on as a copy task (protocol.md §5.5).

        Needs ``allow_copy``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("CopyFile", request, pb.FileOperationResult, timeout=timeout)

    async def DeleteFile(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Deletes an entry with everything below, to the recycle bin where the cloud has one (protocol.md §5.6).

        Needs ``allow_delete``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("DeleteFile", request, pb.FileOperationResult, timeout=timeout)

    async def DeleteFilePermanently(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Deletes an entry past the recycle bin, only where `canDeletePermanently`.

        Needs ``allow_delete_permanently``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("DeleteFilePermanently", request, pb.FileOperationResult, timeout=timeout)

    async def DeleteFiles(self, request: pb.MultiFileRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Deletes several entries, to the recycle bin where the cloud has one.

        Needs ``allow_delete``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("DeleteFiles", request, pb.FileOperationResult, timeout=timeout)

    async def DeleteFilesPermanently(
        self, request: pb.MultiFileRequest, *, timeout: float | None = None
    ) -> pb.FileOperationResult:
        """Deletes several entries past the recycle bin.

        Needs ``allow_delete_permanently``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("DeleteFilesPermanently", request, pb.FileOperationResult, timeout=timeout)

    async def GetFileDetailProperties(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.FileDetailProperties:
        """Counts what is below a folder, only where `hasDetailProperties`.

        Needs ``allow_view_properties``. May be repeated.
        """
        return await self._caller.unary("GetFileDetailProperties", request, pb.FileDetailProperties, timeout=timeout)

    async def GetSpaceInfo(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.SpaceInfo:
        """Tells the space of the cloud that owns the path (protocol.md §4.4).

        Needs ``allow_get_space_info``. May be repeated.
        """
        return await self._caller.unary("GetSpaceInfo", request, pb.SpaceInfo, timeout=timeout)

    async def GetCloudMemberships(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.CloudMemberships:
        """Lists the memberships of the cloud account that owns the path.

        Needs ``allow_get_memberships``. May be repeated.
        """
        return await self._caller.unary("GetCloudMemberships", request, pb.CloudMemberships, timeout=timeout)

    async def GetMetaData(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.FileMetaData:
        """Gives an entry's metadata as free text pairs.

        May be repeated.
        """
        return await self._caller.unary("GetMetaData", request, pb.FileMetaData, timeout=timeout)

    async def GetOriginalPath(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.StringResult:
        """Gives the real place of a search result.

        May be repeated.
        """
        return await self._caller.unary("GetOriginalPath", request, pb.StringResult, timeout=timeout)

    async def GetDownloadUrlPath(
        self, request: pb.GetDownloadUrlPathRequest, *, timeout: float | None = None
    ) -> pb.DownloadUrlPathInfo:
        """Gives the template of a download link, which is a secret (protocol.md §6.1).

        May be repeated.
        """
        return await self._caller.unary("GetDownloadUrlPath", request, pb.DownloadUrlPathInfo, timeout=timeout)

    async def CreateFile(self, request: pb.CreateFileRequest, *, timeout: float | None = None) -> pb.CreateFileResult:
        """Opens a new file for writing and gives a handle; the name must be free (protocol.md §7.1).

        Needs ``allow_create_file``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("CreateFile", request, pb.CreateFileResult, timeout=timeout)

    async def WriteToFile(self, request: pb.WriteFileRequest, *, timeout: float | None = None) -> pb.WriteFileResult:
        """Writes one piece through a handle.

        Needs ``allow_create_file``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("WriteToFile", request, pb.WriteFileResult, timeout=timeout)

    async def WriteToFileStream(
        self, requests: AsyncIterable[pb.WriteFileRequest], *, timeout: float | None = None
    ) -> pb.WriteFileResult:
        """Writes many pieces in one client stream; not available over gRPC-Web.

        Needs ``allow_create_file``. Not repeated when the answer is lost.
        """
        return await self._caller.send_stream("WriteToFileStream", requests, pb.WriteFileResult, timeout=timeout)

    async def CloseFile(self, request: pb.CloseFileRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Closes a handle, which only queues the upload to the cloud (protocol.md §7.2).

        Not repeated when the answer is lost.
        """
        return await self._caller.unary("CloseFile", request, pb.FileOperationResult, timeout=timeout)

    async def PrefetchFileRanges(
        self, request: pb.PrefetchFileRangesRequest, *, timeout: float | None = None
    ) -> pb.PrefetchFileRangesReply:
        """Hints which ranges will be read soon (protocol.md §6.4).

        Since 1.0.7. Not repeated when the answer is lost.
        """
        return await self._caller.unary("PrefetchFileRanges", request, pb.PrefetchFileRangesReply, timeout=timeout)

    async def CancelFilePrefetch(self, request: pb.CancelFilePrefetchRequest, *, timeout: float | None = None) -> None:
        """Withdraws prefetch hints of a file.

        Since 1.0.7. May be repeated.
        """
        await self._caller.unary("CancelFilePrefetch", request, Empty, timeout=timeout)

    async def CloseFileReader(self, request: pb.FileRequest, *, timeout: float | None = None) -> None:
        """Frees the server's reader of a file at once.

        Since 1.0.7. May be repeated.
        """
        await self._caller.unary("CloseFileReader", request, Empty, timeout=timeout)

    async def GetActivePrefetchHints(self, *, timeout: float | None = None) -> pb.GetActivePrefetchHintsReply:
        """Lists the prefetch hints in force.

        Since 1.0.7. May be repeated.
        """
        return await self._caller.unary("GetActivePrefetchHints", Empty(), pb.GetActivePrefetchHintsReply, timeout=timeout)

    async def ProbeArchive(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.ArchiveProbe:
        """Says whether a file can be opened as an archive folder; no error for files that cannot.

        Needs ``allow_get_archive_folders``. Since 1.1.1. May be repeated.
        """
        return await self._caller.unary("ProbeArchive", request, pb.ArchiveProbe, timeout=timeout)

    async def OpenArchiveFolder(self, request: pb.OpenArchiveFolderRequest, *, timeout: float | None = None) -> pb.ArchiveFolder:
        """Opens an archive as a read-only folder, waiting at most 10 s for its index (protocol.md §5.7).

        Needs ``allow_modify_archive_folders``. Since 1.1.1. Not repeated when the answer is lost.
        """
        return await self._caller.unary("OpenArchiveFolder", request, pb.ArchiveFolder, timeout=timeout)

    async def GetArchiveFolders(self, *, timeout: float | None = None) -> pb.ArchiveFolderList:
        """Lists the saved archive folders.

        Needs ``allow_get_archive_folders``. Since 1.1.1. May be repeated.
        """
        return await self._caller.unary("GetArchiveFolders", Empty(), pb.ArchiveFolderList, timeout=timeout)

    async def UpdateArchiveFolder(
        self, request: pb.UpdateArchiveFolderRequest, *, timeout: float | None = None
    ) -> pb.ArchiveFolder:
        """Changes the options of a saved archive folder; what is absent stays.

        Needs ``allow_modify_archive_folders``. Since 1.1.1. May be repeated.
        """
        return await self._caller.unary("UpdateArchiveFolder", request, pb.ArchiveFolder, timeout=timeout)

    async def LoadArchiveFolder(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.ArchiveFolder:
        """Shows a saved archive folder in the tree again.

        Needs ``allow_modify_archive_folders``. Since 1.1.1. Not repeated when the answer is lost.
        """
        return await self._caller.unary("LoadArchiveFolder", request, pb.ArchiveFolder, timeout=timeout)

    async def UnloadArchiveFolder(self, request: pb.FileRequest, *, timeout: float | None = None) -> None:
        """Takes an archive folder out of the tree and keeps its record.

        Needs ``allow_modify_archive_folders``. Since 1.1.1. Not repeated when the answer is lost.
        """
        await self._caller.unary("UnloadArchiveFolder", request, Empty, timeout=timeout)

    async def RemoveArchiveFolder(self, request: pb.FileRequest, *, timeout: float | None = None) -> None:
        """Forgets an archive folder; the archive itself stays.

        Needs ``allow_modify_archive_folders``. Since 1.1.1. Not repeated when the answer is lost.
        """
        await self._caller.unary("RemoveArchiveFolder", request, Empty, timeout=timeout)

    async def StartRemoteUpload(
        self, request: pb.StartRemoteUploadRequest, *, timeout: float | None = None
    ) -> pb.RemoteUploadStarted:
        """Announces a file that the server will pull; open RemoteUploadChannel first (protocol.md §8.2).

        Not repeated when the answer is lost.
        """
        return await self._caller.unary("StartRemoteUpload", request, pb.RemoteUploadStarted, timeout=timeout)

    async def RemoteUploadControl(self, request: pb.RemoteUploadControlRequest, *, timeout: float | None = None) -> None:
        """Cancels, pauses or resumes an upload; the new state comes over the channel (protocol.md §8.7).

        May be repeated.
        """
        await self._caller.unary("RemoteUploadControl", request, Empty, timeout=timeout)

    def RemoteUploadChannel(
        self, request: pb.RemoteUploadChannelRequest, *, timeout: float | None = None
    ) -> AsyncIterator[pb.RemoteUploadChannelReply]:
        """Opens the one stream on which the server asks for data and hashes (protocol.md §8.6).

        May be repeated.
        """
        return self._caller.stream("RemoteUploadChannel", request, pb.RemoteUploadChannelReply, timeout=timeout)

    async def RemoteReadData(self, request: pb.RemoteReadDataUpload, *, timeout: float | None = None) -> pb.RemoteReadDataReply:
        """Answers a read request with a piece of the file (protocol.md §8.3).

        May be repeated.
        """
        return await self._caller.unary("RemoteReadData", request, pb.RemoteReadDataReply, timeout=timeout)

    async def RemoteHashProgress(
        self, request: pb.RemoteHashProgressUpload, *, timeout: float | None = None
    ) -> pb.RemoteHashProgressReply:
        """Reports how far a hash is, or its value (protocol.md §8.4).

        May be repeated.
        """
        return await self._caller.unary("RemoteHashProgress", request, pb.RemoteHashProgressReply, timeout=timeout)

    async def CanAddMoreMountPoints(self, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Tells whether the plan allows another mount point.

        Needs ``allow_get_mounts``. May be repeated.
        """
        return await self._caller.unary("CanAddMoreMountPoints", Empty(), pb.FileOperationResult, timeout=timeout)

    async def GetMountPoints(self, *, timeout: float | None = None) -> pb.GetMountPointsResult:
        """Lists the mount points and whether each is mounted.

        Needs ``allow_get_mounts``. May be repeated.
        """
        return await self._caller.unary("GetMountPoints", Empty(), pb.GetMountPointsResult, timeout=timeout)

    async def AddMountPoint(self, request: pb.MountOption, *, timeout: float | None = None) -> pb.MountPointResult:
        """Adds a mount point; look at `isMounted` afterwards (protocol.md §9.2).

        Needs ``allow_modify_mounts``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("AddMountPoint", request, pb.MountPointResult, timeout=timeout)

    async def RemoveMountPoint(self, request: pb.MountPointRequest, *, timeout: float | None = None) -> pb.MountPointResult:
        """Removes a mount point.

        Needs ``allow_modify_mounts``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("RemoveMountPoint", request, pb.MountPointResult, timeout=timeout)

    async def Mount(self, request: pb.MountPointRequest, *, timeout: float | None = None) -> pb.MountPointResult:
        """Mounts a configured mount point.

        Needs ``allow_modify_mounts``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("Mount", request, pb.MountPointResult, timeout=timeout)

    async def Unmount(self, request: pb.MountPointRequest, *, timeout: float | None = None) -> pb.MountPointResult:
        """Unmounts a mount point; its folder stays and then is an ordinary one (protocol.md §9.3).

        Needs ``allow_modify_mounts``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("Unmount", request, pb.MountPointResult, timeout=timeout)

    async def UpdateMountPoint(self, request: pb.UpdateMountPointRequest, *, timeout: float | None = None) -> pb.MountPointResult:
        """Replaces the options of a mount point.

        Needs ``allow_modify_mounts``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("UpdateMountPoint", request, pb.MountPointResult, timeout=timeout)

    async def GetAvailableDriveLetters(self, *, timeout: float | None = None) -> pb.GetAvailableDriveLettersResult:
        """Lists the free drive letters of a Windows server.

        Needs ``allow_list_local``. May be repeated.
        """
        return await self._caller.unary("GetAvailableDriveLetters", Empty(), pb.GetAvailableDriveLettersResult, timeout=timeout)

    async def HasDriveLetters(self, *, timeout: float | None = None) -> pb.HasDriveLettersResult:
        """Tells whether the server's platform has drive letters.

        Needs ``allow_list_local``. May be repeated.
        """
        return await self._caller.unary("HasDriveLetters", Empty(), pb.HasDriveLettersResult, timeout=timeout)

    async def CanMountBothLocalAndCloud(self, *, timeout: float | None = None) -> pb.BoolResult:
        """Tells whether local and cloud mounts can exist side by side.

        May be repeated.
        """
        return await self._caller.unary("CanMountBothLocalAndCloud", Empty(), pb.BoolResult, timeout=timeout)

    def LocalGetSubFiles(
        self, request: pb.LocalGetSubFilesRequest, *, timeout: float | None = None
    ) -> AsyncIterator[pb.LocalGetSubFilesResult]:
        """Lists names in the server's own file system, for pickers.

        Needs ``allow_list_local``. May be repeated.
        """
        return self._caller.stream("LocalGetSubFiles", request, pb.LocalGetSubFilesResult, timeout=timeout)

    async def LocalCreateFolder(
        self, request: pb.LocalCreateFolderRequest, *, timeout: float | None = None
    ) -> pb.LocalCreateFolderResult:
        """Creates a folder in the server's own file system.

        Since 1.0.0. Not repeated when the answer is lost.
        """
        return await self._caller.unary("LocalCreateFolder", request, pb.LocalCreateFolderResult, timeout=timeout)

    async def GetAllTasksCount(self, *, timeout: float | None = None) -> pb.GetAllTasksCountResult:
        """Counts the running tasks of all kinds.

        Needs ``allow_get_transfer_tasks``. May be repeated.
        """
        return await self._caller.unary("GetAllTasksCount", Empty(), pb.GetAllTasksCountResult, timeout=timeout)

    async def GetDownloadFileCount(self, *, timeout: float | None = None) -> pb.GetDownloadFileCountResult:
        """Counts the files open for reading.

        Needs ``allow_get_transfer_tasks``. May be repeated.
        """
        return await self._caller.unary("GetDownloadFileCount", Empty(), pb.GetDownloadFileCountResult, timeout=timeout)

    async def GetDownloadFileList(self, *, timeout: float | None = None) -> pb.GetDownloadFileListResult:
        """Lists the files open for reading; these are readers, not jobs (protocol.md §10.2).

        Needs ``allow_get_transfer_tasks``. May be repeated.
        """
        return await self._caller.unary("GetDownloadFileList", Empty(), pb.GetDownloadFileListResult, timeout=timeout)

    async def GetUploadFileCount(self, *, timeout: float | None = None) -> pb.GetUploadFileCountResult:
        """Counts the uploads in the list.

        Needs ``allow_get_transfer_tasks``. May be repeated.
        """
        return await self._caller.unary("GetUploadFileCount", Empty(), pb.GetUploadFileCountResult, timeout=timeout)

    async def GetUploadFileList(
        self, request: pb.GetUploadFileListRequest, *, timeout: float | None = None
    ) -> pb.GetUploadFileListResult:
        """Lists uploads by page, counted from 0 (protocol.md §10.1).

        Needs ``allow_get_transfer_tasks``. May be repeated.
        """
        return await self._caller.unary("GetUploadFileList", request, pb.GetUploadFileListResult, timeout=timeout)

    async def CancelAllUploadFiles(self, *, timeout: float | None = None) -> None:
        """Cancels every upload.

        Needs ``allow_modify_transfer_tasks``. Not repeated when the answer is lost.
        """
        await self._caller.unary("CancelAllUploadFiles", Empty(), Empty, timeout=timeout)

    async def CancelUploadFiles(self, request: pb.MultpleUploadFileKeyRequest, *, timeout: float | None = None) -> None:
        """Cancels uploads by key; a remote upload's key is its upload id.

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        await self._caller.unary("CancelUploadFiles", request, Empty, timeout=timeout)

    async def PauseAllUploadFiles(self, *, timeout: float | None = None) -> None:
        """Pauses every upload.

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        await self._caller.unary("PauseAllUploadFiles", Empty(), Empty, timeout=timeout)

    async def PauseUploadFiles(self, request: pb.MultpleUploadFileKeyRequest, *, timeout: float | None = None) -> None:
        """Pauses uploads by key.

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        await self._caller.unary("PauseUploadFiles", request, Empty, timeout=timeout)

    async def ResumeAllUploadFiles(self, *, timeout: float | None = None) -> None:
        """Resumes every paused upload.

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        await self._caller.unary("ResumeAllUploadFiles", Empty(), Empty, timeout=timeout)

    async def ResumeUploadFiles(self, request: pb.MultpleUploadFileKeyRequest, *, timeout: float | None = None) -> None:
        """Resumes uploads by key.

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        await self._caller.unary("ResumeUploadFiles", request, Empty, timeout=timeout)

    async def GetCopyTasks(self, *, timeout: float | None = None) -> pb.GetCopyTaskResult:
        """Lists the copy tasks (protocol.md §10.3).

        Needs ``allow_get_transfer_tasks``. May be repeated.
        """
        return await self._caller.unary("GetCopyTasks", Empty(), pb.GetCopyTaskResult, timeout=timeout)

    async def GetMergeTasks(self, *, timeout: float | None = None) -> pb.GetMergeTasksResult:
        """Lists the merge tasks (protocol.md §10.4).

        Needs ``allow_get_transfer_tasks``. May be repeated.
        """
        return await self._caller.unary("GetMergeTasks", Empty(), pb.GetMergeTasksResult, timeout=timeout)

    async def CancelMergeTask(self, request: pb.CancelMergeTaskRequest, *, timeout: float | None = None) -> None:
        """Cancels the merge task of a source and a destination.

        Not repeated when the answer is lost.
        """
        await self._caller.unary("CancelMergeTask", request, Empty, timeout=timeout)

    async def CancelCopyTask(self, request: pb.CopyTaskRequest, *, timeout: float | None = None) -> None:
        """Cancels the copy task of a source and a destination.

        Needs ``allow_modify_transfer_tasks``. Not repeated when the answer is lost.
        """
        await self._caller.unary("CancelCopyTask", request, Empty, timeout=timeout)

    async def PauseCopyTask(self, request: pb.PauseCopyTaskRequest, *, timeout: float | None = None) -> None:
        """Pauses a copy task, or resumes it with `pause` false.

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        await self._caller.unary("PauseCopyTask", request, Empty, timeout=timeout)

    async def RestartCopyTask(self, request: pb.CopyTaskRequest, *, timeout: float | None = None) -> None:
        """Starts a copy task again.

        Not repeated when the answer is lost.
        """
        await self._caller.unary("RestartCopyTask", request, Empty, timeout=timeout)

    async def RemoveCompletedCopyTasks(self, *, timeout: float | None = None) -> None:
        """Takes the completed copy tasks off the list.

        Not repeated when the answer is lost.
        """
        await self._caller.unary("RemoveCompletedCopyTasks", Empty(), Empty, timeout=timeout)

    async def RemoveAllCopyTasks(self, *, timeout: float | None = None) -> pb.BatchOperationResult:
        """Takes all copy tasks off the list.

        Not repeated when the answer is lost.
        """
        return await self._caller.unary("RemoveAllCopyTasks", Empty(), pb.BatchOperationResult, timeout=timeout)

    async def RemoveCopyTasks(self, request: pb.CopyTaskBatchRequest, *, timeout: float | None = None) -> pb.BatchOperationResult:
        """Takes copy tasks off the list by key.

        Not repeated when the answer is lost.
        """
        return await self._caller.unary("RemoveCopyTasks", request, pb.BatchOperationResult, timeout=timeout)

    async def PauseAllCopyTasks(
        self, request: pb.PauseAllCopyTasksRequest, *, timeout: float | None = None
    ) -> pb.BatchOperationResult:
        """Pauses all copy tasks, or resumes them with `pause` false.

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        return await self._caller.unary("PauseAllCopyTasks", request, pb.BatchOperationResult, timeout=timeout)

    async def PauseCopyTasks(self, request: pb.PauseCopyTasksRequest, *, timeout: float | None = None) -> pb.BatchOperationResult:
        """Pauses copy tasks by key, or resumes them with `pause` false.

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        return await self._caller.unary("PauseCopyTasks", request, pb.BatchOperationResult, timeout=timeout)

    async def ResumeAllCopyTasks(self, *, timeout: float | None = None) -> pb.BatchOperationResult:
        """Resumes all copy tasks.

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        return await self._caller.unary("ResumeAllCopyTasks", Empty(), pb.BatchOperationResult, timeout=timeout)

    async def ResumeCopyTasks(self, request: pb.CopyTaskBatchRequest, *, timeout: float | None = None) -> pb.BatchOperationResult:
        """Resumes copy tasks by key.

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        return await self._caller.unary("ResumeCopyTasks", request, pb.BatchOperationResult, timeout=timeout)

    async def AddOfflineFiles(self, request: pb.AddOfflineFileRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Asks a cloud to fetch links into a folder (protocol.md §11).

        Needs ``allow_add_offline_download``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("AddOfflineFiles", request, pb.FileOperationResult, timeout=timeout)

    async def RemoveOfflineFiles(
        self, request: pb.RemoveOfflineFilesRequest, *, timeout: float | None = None
    ) -> pb.FileOperationResult:
        """Removes offline downloads, with their files if wanted.

        Needs ``allow_modify_offline_downloads``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("RemoveOfflineFiles", request, pb.FileOperationResult, timeout=timeout)

    async def ListOfflineFilesByPath(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.OfflineFileListResult:
        """Lists the offline downloads of the cloud that owns the path.

        Needs ``allow_list_offline_downloads``. May be repeated.
        """
        return await self._caller.unary("ListOfflineFilesByPath", request, pb.OfflineFileListResult, timeout=timeout)

    async def ListAllOfflineFiles(
        self, request: pb.OfflineFileListAllRequest, *, timeout: float | None = None
    ) -> pb.OfflineFileListAllResult:
        """Lists the offline downloads of a cloud account, by page.

        Needs ``allow_list_offline_downloads``. May be repeated.
        """
        return await self._caller.unary("ListAllOfflineFiles", request, pb.OfflineFileListAllResult, timeout=timeout)

    async def GetOfflineQuotaInfo(self, request: pb.OfflineQuotaRequest, *, timeout: float | None = None) -> pb.OfflineQuotaInfo:
        """Tells how many offline downloads an account has left.

        Needs ``allow_list_offline_downloads``. May be repeated.
        """
        return await self._caller.unary("GetOfflineQuotaInfo", request, pb.OfflineQuotaInfo, timeout=timeout)

    async def ClearOfflineFiles(self, request: pb.ClearOfflineFileRequest, *, timeout: float | None = None) -> None:
        """Removes offline downloads by state.

        Needs ``allow_modify_offline_downloads``. Not repeated when the answer is lost.
        """
        await self._caller.unary("ClearOfflineFiles", request, Empty, timeout=timeout)

    async def RestartOfflineTask(self, request: pb.RestartOfflineFileRequest, *, timeout: float | None = None) -> None:
        """Starts a failed offline download again.

        Needs ``allow_modify_offline_downloads``. Not repeated when the answer is lost.
        """
        await self._caller.unary("RestartOfflineTask", request, Empty, timeout=timeout)

    async def AddSharedLink(self, request: pb.AddSharedLinkRequest, *, timeout: float | None = None) -> None:
        """Saves a shared link into a folder; may take a minute (protocol.md §11).

        Needs ``allow_shared_links``. Not repeated when the answer is lost.
        """
        await self._caller.unary("AddSharedLink", request, Empty, timeout=timeout)

    async def CanAddMoreCloudApis(self, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Tells whether the plan allows another cloud account.

        Needs ``allow_get_cloud_apis``. May be repeated.
        """
        return await self._caller.unary("CanAddMoreCloudApis", Empty(), pb.FileOperationResult, timeout=timeout)

    async def GetAllCloudApis(self, *, timeout: float | None = None) -> pb.CloudAPIList:
        """Lists the cloud accounts (protocol.md §12.1).

        Needs ``allow_get_cloud_apis``. May be repeated.
        """
        return await self._caller.unary("GetAllCloudApis", Empty(), pb.CloudAPIList, timeout=timeout)

    async def GetCloudAPIConfig(self, request: pb.GetCloudAPIConfigRequest, *, timeout: float | None = None) -> pb.CloudAPIConfig:
        """Reads the settings of a cloud account.

        Needs ``allow_get_cloud_apis``. May be repeated.
        """
        return await self._caller.unary("GetCloudAPIConfig", request, pb.CloudAPIConfig, timeout=timeout)

    async def SetCloudAPIConfig(self, request: pb.SetCloudAPIConfigRequest, *, timeout: float | None = None) -> None:
        """Replaces the settings of a cloud account; read, change, write back whole.

        Needs ``allow_modify_cloud_apis``. May be repeated.
        """
        await self._caller.unary("SetCloudAPIConfig", request, Empty, timeout=timeout)

    async def RemoveCloudAPI(self, request: pb.RemoveCloudAPIRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Removes a cloud account from the server.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("RemoveCloudAPI", request, pb.FileOperationResult, timeout=timeout)

    async def APILogin115Editthiscookie(
        self, request: pb.Login115EditthiscookieRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """Adds a 115 account by exported cookies.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILogin115Editthiscookie", request, pb.APILoginResult, timeout=timeout)

    def APILogin115QRCode(
        self, request: pb.Login115QrCodeRequest, *, timeout: float | None = None
    ) -> AsyncIterator[pb.QRCodeScanMessage]:
        """Adds a 115 account by a scanned code (protocol.md §12.3).

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return self._caller.stream("APILogin115QRCode", request, pb.QRCodeScanMessage, timeout=timeout)

    async def APILogin115OpenOAuth(
        self, request: pb.Login115OpenOAuthRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """Adds a 115 account of its open platform by OAuth tokens.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILogin115OpenOAuth", request, pb.APILoginResult, timeout=timeout)

    def APILogin115OpenQRCode(
        self, request: pb.Login115OpenQRCodeRequest, *, timeout: float | None = None
    ) -> AsyncIterator[pb.QRCodeScanMessage]:
        """Adds a 115 account of its open platform by a scanned code.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return self._caller.stream("APILogin115OpenQRCode", request, pb.QRCodeScanMessage, timeout=timeout)

    async def APILoginAliyundriveOAuth(
        self, request: pb.LoginAliyundriveOAuthRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """Adds an Aliyun Drive account by OAuth tokens.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILoginAliyundriveOAuth", request, pb.APILoginResult, timeout=timeout)

    async def APILoginAliyundriveRefreshtoken(
        self, request: pb.LoginAliyundriveRefreshtokenRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """Adds an Aliyun Drive account by a refresh token.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILoginAliyundriveRefreshtoken", request, pb.APILoginResult, timeout=timeout)

    def APILoginAliyunDriveQRCode(
        self, request: pb.LoginAliyundriveQRCodeRequest, *, timeout: float | None = None
    ) -> AsyncIterator[pb.QRCodeScanMessage]:
        """Adds an Aliyun Drive account by a scanned code.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return self._caller.stream("APILoginAliyunDriveQRCode", request, pb.QRCodeScanMessage, timeout=timeout)

    async def APILoginBaiduPanOAuth(
        self, request: pb.LoginBaiduPanOAuthRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """Adds a Baidu account by OAuth tokens.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILoginBaiduPanOAuth", request, pb.APILoginResult, timeout=timeout)

    async def APILoginOneDriveOAuth(
        self, request: pb.LoginOneDriveOAuthRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """Adds a OneDrive account by OAuth tokens.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILoginOneDriveOAuth", request, pb.APILoginResult, timeout=timeout)

    async def ApiLoginGoogleDriveOAuth(
        self, request: pb.LoginGoogleDriveOAuthRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """Adds a Google Drive account by OAuth tokens.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("ApiLoginGoogleDriveOAuth", request, pb.APILoginResult, timeout=timeout)

    async def ApiLoginGoogleDriveRefreshToken(
        self, request: pb.LoginGoogleDriveRefreshTokenRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """Adds a Google Drive account by a refresh token of one's own OAuth client.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("ApiLoginGoogleDriveRefreshToken", request, pb.APILoginResult, timeout=timeout)

    async def ApiLoginGoogleDriveStart(
        self, request: pb.LoginGoogleDriveStartRequest, *, timeout: float | None = None
    ) -> pb.LoginGoogleDriveStartResult:
        """Begins a Google sign-in with one's own OAuth client (protocol.md §12.2).

        Needs ``allow_modify_cloud_apis``. Since 1.1.0. Not repeated when the answer is lost.
        """
        return await self._caller.unary("ApiLoginGoogleDriveStart", request, pb.LoginGoogleDriveStartResult, timeout=timeout)

    async def ApiLoginGoogleDriveFinish(
        self, request: pb.LoginGoogleDriveFinishRequest, *, timeout: float | None = None
    ) -> pb.LoginGoogleDriveFinishResult:
        """Waits for the Google sign-in to end; call again while `done` is false.

        Needs ``allow_modify_cloud_apis``. Since 1.1.0. Not repeated when the answer is lost.
        """
        return await self._caller.unary("ApiLoginGoogleDriveFinish", request, pb.LoginGoogleDriveFinishResult, timeout=timeout)

    async def ApiLoginXunleiOAuth(
        self, request: pb.LoginXunleiOAuthRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """Adds a Xunlei account by OAuth tokens.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("ApiLoginXunleiOAuth", request, pb.APILoginResult, timeout=timeout)

    async def ApiLoginXunleiOpenOAuth(
        self, request: pb.LoginXunleiOpenOAuthRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """Adds a Xunlei account of its open platform by OAuth tokens.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("ApiLoginXunleiOpenOAuth", request, pb.APILoginResult, timeout=timeout)

    async def ApiLogin123panOAuth(
        self, request: pb.Login123panOAuthRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """Adds a 123pan account by OAuth tokens.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("ApiLogin123panOAuth", request, pb.APILoginResult, timeout=timeout)

    def APILogin189QRCode(
        self, request: pb.Login189QRCodeRequest, *, timeout: float | None = None
    ) -> AsyncIterator[pb.QRCodeScanMessage]:
        """Adds a 189 account by a scanned code.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return self._caller.stream("APILogin189QRCode", request, pb.QRCodeScanMessage, timeout=timeout)

    def APILoginGuangYaPanQRCode(
        self, request: pb.LoginGuangYaPanQRCodeRequest, *, timeout: float | None = None
    ) -> AsyncIterator[pb.QRCodeScanMessage]:
        """Adds a GuangYaPan account by a scanned code.

        Needs ``allow_modify_cloud_apis``. Since 1.0.11. Not repeated when the answer is lost.
        """
        return self._caller.stream("APILoginGuangYaPanQRCode", request, pb.QRCodeScanMessage, timeout=timeout)

    async def APILoginGuangYaPanOAuth(
        self, request: pb.LoginGuangYaPanOAuthRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """Reserved; always fails.

        Needs ``allow_modify_cloud_apis``. Since 1.0.11. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILoginGuangYaPanOAuth", request, pb.APILoginResult, timeout=timeout)

    async def APILoginWebDav(self, request: pb.LoginWebDavRequest, *, timeout: float | None = None) -> pb.APILoginResult:
        """Adds a WebDAV server as a cloud.

        Needs ``allow_modify_cloud_apis``. Since 0.9.8. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILoginWebDav", request, pb.APILoginResult, timeout=timeout)

    async def APILoginS3(self, request: pb.LoginS3Request, *, timeout: float | None = None) -> pb.APILoginResult:
        """Adds an S3 bucket as a cloud.

        Needs ``allow_modify_cloud_apis``. Since 0.9.22. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILoginS3", request, pb.APILoginResult, timeout=timeout)

    async def APIAddLocalFolder(self, request: pb.AddLocalFolderRequest, *, timeout: float | None = None) -> pb.APILoginResult:
        """Adds a folder of the server's machine as a cloud.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APIAddLocalFolder", request, pb.APILoginResult, timeout=timeout)

    async def APILoginCloudDrive(self, request: pb.LoginCloudDriveRequest, *, timeout: float | None = None) -> pb.APILoginResult:
        """Adds another CloudDrive2 server as a cloud.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILoginCloudDrive", request, pb.APILoginResult, timeout=timeout)

    async def APILoginSftp(self, request: pb.LoginSftpRequest, *, timeout: float | None = None) -> pb.APILoginResult:
        """Adds an SFTP server as a cloud.

        Needs ``allow_modify_cloud_apis``. Since 1.0.6. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILoginSftp", request, pb.APILoginResult, timeout=timeout)

    async def APILoginFtp(self, request: pb.LoginFtpRequest, *, timeout: float | None = None) -> pb.APILoginResult:
        """Adds an FTP server as a cloud.

        Needs ``allow_modify_cloud_apis``. Since 1.0.6. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILoginFtp", request, pb.APILoginResult, timeout=timeout)

    async def APILoginSmb(self, request: pb.LoginSmbRequest, *, timeout: float | None = None) -> pb.APILoginResult:
        """Adds an SMB share as a cloud.

        Needs ``allow_modify_cloud_apis``. Since 1.0.6. Not repeated when the answer is lost.
        """
        return await self._caller.unary("APILoginSmb", request, pb.APILoginResult, timeout=timeout)

    async def DiscoverSmbServers(self, *, timeout: float | None = None) -> pb.DiscoverSmbServersResult:
        """Looks for SMB servers on the server's network.

        Since 1.0.6. May be repeated.
        """
        return await self._caller.unary("DiscoverSmbServers", Empty(), pb.DiscoverSmbServersResult, timeout=timeout)

    async def DiscoverSmbShares(
        self, request: pb.DiscoverSmbSharesRequest, *, timeout: float | None = None
    ) -> pb.DiscoverSmbSharesResult:
        """Lists the shares of an SMB server.

        Since 1.0.6. May be repeated.
        """
        return await self._caller.unary("DiscoverSmbShares", request, pb.DiscoverSmbSharesResult, timeout=timeout)

    async def CreateOAuthState(
        self, request: pb.CreateOAuthStateRequest, *, timeout: float | None = None
    ) -> pb.CreateOAuthStateResult:
        """Makes the signed state text of an OAuth redirect.

        Since 1.0.9. Not repeated when the answer is lost.
        """
        return await self._caller.unary("CreateOAuthState", request, pb.CreateOAuthStateResult, timeout=timeout)

    async def SyncFileChangesFromCloud(
        self, request: pb.FileRequest, *, timeout: float | None = None
    ) -> pb.FileSystemChangeStatistics:
        """Fetches the changes made in the cloud by others and counts them.

        Not repeated when the answer is lost.
        """
        return await self._caller.unary("SyncFileChangesFromCloud", request, pb.FileSystemChangeStatistics, timeout=timeout)

    async def StartCloudEventListener(self, request: pb.FileRequest, *, timeout: float | None = None) -> None:
        """Starts listening for changes made in the cloud by others.

        Not repeated when the answer is lost.
        """
        await self._caller.unary("StartCloudEventListener", request, Empty, timeout=timeout)

    async def StopCloudEventListener(self, request: pb.FileRequest, *, timeout: float | None = None) -> None:
        """Stops listening for changes made in the cloud by others.

        Not repeated when the answer is lost.
        """
        await self._caller.unary("StopCloudEventListener", request, Empty, timeout=timeout)

    async def WalkThroughFolderTest(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.WalkThroughFolderResult:
        """Walks a folder and counts what it met.

        May be repeated.
        """
        return await self._caller.unary("WalkThroughFolderTest", request, pb.WalkThroughFolderResult, timeout=timeout)

    def PushMessage(self, *, timeout: float | None = None) -> AsyncIterator[pb.CloudDrivePushMessage]:
        """Streams what happens on the server; nothing is replayed after a gap (protocol.md §13).

        Needs ``allow_push_message``. May be repeated.
        """
        return self._caller.stream("PushMessage", Empty(), pb.CloudDrivePushMessage, timeout=timeout)

    def PushTaskChange(self, *, timeout: float | None = None) -> AsyncIterator[pb.GetAllTasksCountResult]:
        """Deprecated: streams task counters only; use PushMessage.

        Needs ``allow_push_message``. May be repeated.
        """
        return self._caller.stream("PushTaskChange", Empty(), pb.GetAllTasksCountResult, timeout=timeout)

    async def BackupGetAll(self, *, timeout: float | None = None) -> pb.BackupList:
        """Lists the backups with their state (protocol.md §14).

        Needs ``allow_get_backups``. May be repeated.
        """
        return await self._caller.unary("BackupGetAll", Empty(), pb.BackupList, timeout=timeout)

    async def BackupGetStatus(self, request: pb.StringValue, *, timeout: float | None = None) -> pb.BackupStatus:
        """Gives one backup with its state, by source path.

        Needs ``allow_get_backups``. May be repeated.
        """
        return await self._caller.unary("BackupGetStatus", request, pb.BackupStatus, timeout=timeout)

    async def BackupAdd(self, request: pb.Backup, *, timeout: float | None = None) -> None:
        """Adds a backup; its source path becomes its key.

        Needs ``allow_modify_backups``. Not repeated when the answer is lost.
        """
        await self._caller.unary("BackupAdd", request, Empty, timeout=timeout)

    async def BackupRemove(self, request: pb.StringValue, *, timeout: float | None = None) -> None:
        """Removes a backup, by source path.

        Needs ``allow_modify_backups``. Not repeated when the answer is lost.
        """
        await self._caller.unary("BackupRemove", request, Empty, timeout=timeout)

    async def BackupUpdate(self, request: pb.Backup, *, timeout: float | None = None) -> None:
        """Replaces a backup's definition; start from the message just read (protocol.md §14.1).

        Needs ``allow_modify_backups``. Not repeated when the answer is lost.
        """
        await self._caller.unary("BackupUpdate", request, Empty, timeout=timeout)

    async def BackupAddDestination(self, request: pb.BackupModifyRequest, *, timeout: float | None = None) -> None:
        """Adds destinations to a backup.

        Needs ``allow_modify_backups``. Not repeated when the answer is lost.
        """
        await self._caller.unary("BackupAddDestination", request, Empty, timeout=timeout)

    async def BackupRemoveDestination(self, request: pb.BackupModifyRequest, *, timeout: float | None = None) -> None:
        """Removes destinations from a backup.

        Needs ``allow_modify_backups``. Not repeated when the answer is lost.
        """
        await self._caller.unary("BackupRemoveDestination", request, Empty, timeout=timeout)

    async def BackupSetEnabled(self, request: pb.BackupSetEnabledRequest, *, timeout: float | None = None) -> None:
        """Turns a backup on or off.

        Needs ``allow_modify_backups``. May be repeated.
        """
        await self._caller.unary("BackupSetEnabled", request, Empty, timeout=timeout)

    async def BackupSetFileSystemWatchEnabled(self, request: pb.BackupModifyRequest, *, timeout: float | None = None) -> None:
        """Turns watching of the source folder on or off.

        Needs ``allow_modify_backups``. May be repeated.
        """
        await self._caller.unary("BackupSetFileSystemWatchEnabled", request, Empty, timeout=timeout)

    async def BackupUpdateStrategies(self, request: pb.BackupModifyRequest, *, timeout: float | None = None) -> None:
        """Deprecated: changes rules of a backup; use BackupUpdate.

        Needs ``allow_modify_backups``. Not repeated when the answer is lost.
        """
        await self._caller.unary("BackupUpdateStrategies", request, Empty, timeout=timeout)

    async def BackupRestartWalkingThrough(self, request: pb.StringValue, *, timeout: float | None = None) -> None:
        """Starts a full scan of a backup, by source path.

        Needs ``allow_modify_backups``. Not repeated when the answer is lost.
        """
        await self._caller.unary("BackupRestartWalkingThrough", request, Empty, timeout=timeout)

    async def CanAddMoreBackups(self, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Tells whether the plan allows another backup.

        Needs ``allow_get_backups``. May be repeated.
        """
        return await self._caller.unary("CanAddMoreBackups", Empty(), pb.FileOperationResult, timeout=timeout)

    async def NotifyPhotoLibraryChanges(self, request: pb.PhotoLibraryChangeList, *, timeout: float | None = None) -> None:
        """Tells a backup which photos a mobile app exported (protocol.md §14.4).

        Since 0.9.18. Not repeated when the answer is lost.
        """
        await self._caller.unary("NotifyPhotoLibraryChanges", request, Empty, timeout=timeout)

    async def BackupTestFileRules(
        self, request: pb.BackupTestFileRulesRequest, *, timeout: float | None = None
    ) -> pb.BackupTestFileRulesResult:
        """Tries unsaved filter rules on one path (protocol.md §14.1).

        Needs ``allow_get_backups``. Since 1.1.2. May be repeated.
        """
        return await self._caller.unary("BackupTestFileRules", request, pb.BackupTestFileRulesResult, timeout=timeout)

    async def BackupStartTwoWaySyncPreview(
        self, request: pb.BackupSyncPreviewStartRequest, *, timeout: float | None = None
    ) -> pb.BackupSyncPreviewHandle:
        """Starts working out what a two-way sync would do (protocol.md §14.3).

        Needs ``allow_get_backups``. Since 1.1.0. Not repeated when the answer is lost.
        """
        return await self._caller.unary("BackupStartTwoWaySyncPreview", request, pb.BackupSyncPreviewHandle, timeout=timeout)

    async def BackupGetTwoWaySyncPreview(
        self, request: pb.BackupSyncPreviewHandle, *, timeout: float | None = None
    ) -> pb.BackupSyncPreview:
        """Reads a preview; ask again while it is running.

        Needs ``allow_get_backups``. Since 1.1.0. May be repeated.
        """
        return await self._caller.unary("BackupGetTwoWaySyncPreview", request, pb.BackupSyncPreview, timeout=timeout)

    async def BackupCancelTwoWaySyncPreview(self, request: pb.BackupSyncPreviewHandle, *, timeout: float | None = None) -> None:
        """Stops a preview.

        Needs ``allow_get_backups``. Since 1.1.0. May be repeated.
        """
        await self._caller.unary("BackupCancelTwoWaySyncPreview", request, Empty, timeout=timeout)

    async def BackupGetSyncIssues(self, request: pb.StringValue, *, timeout: float | None = None) -> pb.BackupSyncIssueList:
        """Lists the open issues of a two-way sync, by source path.

        Needs ``allow_get_backups``. Since 1.1.0. May be repeated.
        """
        return await self._caller.unary("BackupGetSyncIssues", request, pb.BackupSyncIssueList, timeout=timeout)

    async def BackupResolveSyncIssue(
        self, request: pb.BackupResolveSyncIssueRequest, *, timeout: float | None = None
    ) -> pb.FileOperationResult:
        """Settles issues of a two-way sync.

        Needs ``allow_modify_backups``. Since 1.1.0. Not repeated when the answer is lost.
        """
        return await self._caller.unary("BackupResolveSyncIssue", request, pb.FileOperationResult, timeout=timeout)

    async def BackupResetSyncIndex(self, request: pb.StringValue, *, timeout: float | None = None) -> None:
        """Rebuilds the index of a two-way sync without deleting files.

        Needs ``allow_modify_backups``. Since 1.1.0. Not repeated when the answer is lost.
        """
        await self._caller.unary("BackupResetSyncIndex", request, Empty, timeout=timeout)

    async def BackupUndoSyncPass(
        self, request: pb.BackupUndoSyncPassRequest, *, timeout: float | None = None
    ) -> pb.FileOperationResult:
        """Undoes one of the last five passes of a two-way sync.

        Needs ``allow_modify_backups``. Since 1.1.0. Not repeated when the answer is lost.
        """
        return await self._caller.unary("BackupUndoSyncPass", request, pb.FileOperationResult, timeout=timeout)

    async def AddDavUser(self, request: pb.AddDavUserRequest, *, timeout: float | None = None) -> None:
        """Adds a WebDAV user (protocol.md §15).

        Needs ``allow_modify_dav_config``. Not repeated when the answer is lost.
        """
        await self._caller.unary("AddDavUser", request, Empty, timeout=timeout)

    async def RemoveDavUser(self, request: pb.StringValue, *, timeout: float | None = None) -> None:
        """Removes a WebDAV user, by name.

        Needs ``allow_modify_dav_config``. Not repeated when the answer is lost.
        """
        await self._caller.unary("RemoveDavUser", request, Empty, timeout=timeout)

    async def ModifyDavUser(self, request: pb.ModifyDavUserRequest, *, timeout: float | None = None) -> None:
        """Changes a WebDAV user; what is absent stays.

        Needs ``allow_modify_dav_config``. May be repeated.
        """
        await self._caller.unary("ModifyDavUser", request, Empty, timeout=timeout)

    async def GetDavUser(self, request: pb.StringValue, *, timeout: float | None = None) -> pb.DavUser:
        """Gives a WebDAV user with the password, by name.

        Needs ``allow_get_dav_config``. May be repeated.
        """
        return await self._caller.unary("GetDavUser", request, pb.DavUser, timeout=timeout)

    async def GetDavServerConfig(self, *, timeout: float | None = None) -> pb.DavServerConfig:
        """Reads the WebDAV server's settings.

        Needs ``allow_get_dav_config``. May be repeated.
        """
        return await self._caller.unary("GetDavServerConfig", Empty(), pb.DavServerConfig, timeout=timeout)

    async def SetDavServerConfig(self, request: pb.ModifyDavServerConfigRequest, *, timeout: float | None = None) -> None:
        """Changes the WebDAV server's settings; what is absent stays.

        Needs ``allow_modify_dav_config``. May be repeated.
        """
        await self._caller.unary("SetDavServerConfig", request, Empty, timeout=timeout)

    async def GetWebhookConfigTemplate(self, *, timeout: float | None = None) -> pb.StringResult:
        """Gives a webhook configuration to start from, as TOML (protocol.md §16).

        May be repeated.
        """
        return await self._caller.unary("GetWebhookConfigTemplate", Empty(), pb.StringResult, timeout=timeout)

    async def GetWebhookConfigs(self, *, timeout: float | None = None) -> pb.WebhookList:
        """Lists the webhook configurations.

        May be repeated.
        """
        return await self._caller.unary("GetWebhookConfigs", Empty(), pb.WebhookList, timeout=timeout)

    async def AddWebhookConfig(self, request: pb.WebhookRequest, *, timeout: float | None = None) -> None:
        """Adds a webhook configuration file.

        Not repeated when the answer is lost.
        """
        await self._caller.unary("AddWebhookConfig", request, Empty, timeout=timeout)

    async def RemoveWebhookConfig(self, request: pb.StringValue, *, timeout: float | None = None) -> None:
        """Removes a webhook configuration, by file name.

        Not repeated when the answer is lost.
        """
        await self._caller.unary("RemoveWebhookConfig", request, Empty, timeout=timeout)

    async def ChangeWebhookConfig(self, request: pb.WebhookRequest, *, timeout: float | None = None) -> None:
        """Replaces the text of a webhook configuration.

        May be repeated.
        """
        await self._caller.unary("ChangeWebhookConfig", request, Empty, timeout=timeout)

    async def CreateToken(self, request: pb.CreateTokenRequest, *, timeout: float | None = None) -> pb.TokenInfo:
        """Creates an API token; the reply holds its text (protocol.md §17).

        Needs ``allow_token_management``. Not repeated when the answer is lost.
        """
        return await self._caller.unary("CreateToken", request, pb.TokenInfo, timeout=timeout)

    async def ModifyToken(self, request: pb.ModifyTokenRequest, *, timeout: float | None = None) -> pb.TokenInfo:
        """Changes an API token; what is absent stays, permissions are replaced whole.

        Needs ``allow_token_management``. May be repeated.
        """
        return await self._caller.unary("ModifyToken", request, pb.TokenInfo, timeout=timeout)

    async def RemoveToken(self, request: pb.StringValue, *, timeout: float | None = None) -> None:
        """Revokes an API token, by its text.

        Needs ``allow_token_management``. Not repeated when the answer is lost.
        """
        await self._caller.unary("RemoveToken", request, Empty, timeout=timeout)

    async def ListTokens(self, *, timeout: float | None = None) -> pb.ListTokensResult:
        """Lists the API tokens with their texts.

        Needs ``allow_token_management``. May be repeated.
        """
        return await self._caller.unary("ListTokens", Empty(), pb.ListTokensResult, timeout=timeout)

    async def GetWebServerConfig(self, *, timeout: float | None = None) -> pb.WebServerConfig:
        """Reads ports and certificate of the server's listeners.

        May be repeated.
        """
        return await self._caller.unary("GetWebServerConfig", Empty(), pb.WebServerConfig, timeout=timeout)

    async def SetWebServerConfig(self, request: pb.SetWebServerConfigRequest, *, timeout: float | None = None) -> None:
        """Changes ports or certificate; the listeners restart, so this call's connection may drop.

        Not repeated when the answer is lost.
        """
        await self._caller.unary("SetWebServerConfig", request, Empty, timeout=timeout)

    async def GenerateSelfSignedCert(self, request: pb.GenerateSelfSignedCertRequest, *, timeout: float | None = None) -> None:
        """Makes a self-signed certificate for the server.

        Not repeated when the answer is lost.
        """
        await self._caller.unary("GenerateSelfSignedCert", request, Empty, timeout=timeout)

    async def GetSystemSettings(self, *, timeout: float | None = None) -> pb.SystemSettings:
        """Reads all settings (protocol.md §18.1).

        Needs ``allow_get_system_settings``. May be repeated.
        """
        return await self._caller.unary("GetSystemSettings", Empty(), pb.SystemSettings, timeout=timeout)

    async def SetSystemSettings(self, request: pb.SystemSettings, *, timeout: float | None = None) -> None:
        """Changes the settings that are present; some go in groups (protocol.md §18.1).

        Needs ``allow_modify_system_settings``. May be repeated.
        """
        await self._caller.unary("SetSystemSettings", request, Empty, timeout=timeout)

    async def SetDirCacheTimeSecs(self, request: pb.SetDirCacheTimeRequest, *, timeout: float | None = None) -> None:
        """Sets how long a folder's listing is cached; absent puts the default back.

        Needs ``allow_modify_system_settings``. May be repeated.
        """
        await self._caller.unary("SetDirCacheTimeSecs", request, Empty, timeout=timeout)

    async def GetEffectiveDirCacheTimeSecs(
        self, request: pb.GetEffectiveDirCacheTimeRequest, *, timeout: float | None = None
    ) -> pb.GetEffectiveDirCacheTimeResult:
        """Tells how long a folder's listing is cached in the end.

        Needs ``allow_get_system_settings``. May be repeated.
        """
        return await self._caller.unary(
            "GetEffectiveDirCacheTimeSecs", request, pb.GetEffectiveDirCacheTimeResult, timeout=timeout
        )

    async def ForceExpireDirCache(self, request: pb.FileRequest, *, timeout: float | None = None) -> None:
        """Forgets the cached listings below a folder.

        Needs ``allow_modify_system_settings``. May be repeated.
        """
        await self._caller.unary("ForceExpireDirCache", request, Empty, timeout=timeout)

    async def VacuumDirCache(self, *, timeout: float | None = None) -> None:
        """Starts compacting the directory-cache database.

        Needs ``allow_modify_system_settings``. Not repeated when the answer is lost.
        """
        await self._caller.unary("VacuumDirCache", Empty(), Empty, timeout=timeout)

    async def GetVacuumProgress(self, *, timeout: float | None = None) -> pb.VacuumProgressResult:
        """Tells how far the compacting is.

        Needs ``allow_get_system_settings``. May be repeated.
        """
        return await self._caller.unary("GetVacuumProgress", Empty(), pb.VacuumProgressResult, timeout=timeout)

    async def GetDirCacheDbSize(self, *, timeout: float | None = None) -> pb.GetDirCacheDbSizeResult:
        """Tells the size of the directory-cache database.

        Needs ``allow_get_system_settings``. May be repeated.
        """
        return await self._caller.unary("GetDirCacheDbSize", Empty(), pb.GetDirCacheDbSizeResult, timeout=timeout)

    async def GetOpenFileTable(self, request: pb.GetOpenFileTableRequest, *, timeout: float | None = None) -> pb.OpenFileTable:
        """Deprecated: debugging table of open files.

        May be repeated.
        """
        return await self._caller.unary("GetOpenFileTable", request, pb.OpenFileTable, timeout=timeout)

    async def GetDirCacheTable(self, *, timeout: float | None = None) -> pb.DirCacheTable:
        """Debugging table of the directory cache.

        May be repeated.
        """
        return await self._caller.unary("GetDirCacheTable", Empty(), pb.DirCacheTable, timeout=timeout)

    async def GetReferencedEntryPaths(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.StringList:
        """Debugging list of the entries held below a path.

        May be repeated.
        """
        return await self._caller.unary("GetReferencedEntryPaths", request, pb.StringList, timeout=timeout)

    async def GetTempFileTable(self, *, timeout: float | None = None) -> pb.TempFileTable:
        """Debugging list of temporary files.

        May be repeated.
        """
        return await self._caller.unary("GetTempFileTable", Empty(), pb.TempFileTable, timeout=timeout)

    async def GetRuntimeInfo(self, *, timeout: float | None = None) -> pb.RuntimeInfo:
        """Tells the server's product and version (protocol.md §18.3).

        Needs ``allow_view_runtime_info``. May be repeated.
        """
        return await self._caller.unary("GetRuntimeInfo", Empty(), pb.RuntimeInfo, timeout=timeout)

    async def GetRunningInfo(self, *, timeout: float | None = None) -> pb.RunInfo:
        """Tells load, memory, counters and speeds of the server.

        Needs ``allow_view_runtime_info``. May be repeated.
        """
        return await self._caller.unary("GetRunningInfo", Empty(), pb.RunInfo, timeout=timeout)

    async def GetOpenFileHandles(self, *, timeout: float | None = None) -> pb.OpenFileHandleList:
        """Lists the open file handles and who holds them.

        May be repeated.
        """
        return await self._caller.unary("GetOpenFileHandles", Empty(), pb.OpenFileHandleList, timeout=timeout)

    async def GetFileBufferDiskCacheStats(self, *, timeout: float | None = None) -> pb.FileBufferDiskCacheStats:
        """Tells how full the disk cache of file content is.

        Since 0.9.18. May be repeated.
        """
        return await self._caller.unary("GetFileBufferDiskCacheStats", Empty(), pb.FileBufferDiskCacheStats, timeout=timeout)

    async def PurgeFileBufferDiskCache(self, *, timeout: float | None = None) -> None:
        """Empties the disk cache of file content.

        Since 0.9.18. Not repeated when the answer is lost.
        """
        await self._caller.unary("PurgeFileBufferDiskCache", Empty(), Empty, timeout=timeout)

    async def SetDiskCacheEvictionStrategy(
        self, request: pb.SetDiskCacheEvictionStrategyRequest, *, timeout: float | None = None
    ) -> None:
        """Chooses what the disk cache drops first.

        Since 0.9.19. May be repeated.
        """
        await self._caller.unary("SetDiskCacheEvictionStrategy", request, Empty, timeout=timeout)

    async def SetFolderDiskCache(self, request: pb.SetFolderDiskCacheRequest, *, timeout: float | None = None) -> None:
        """Sets the disk-cache rules of a folder.

        Since 1.0.0. May be repeated.
        """
        await self._caller.unary("SetFolderDiskCache", request, Empty, timeout=timeout)

    async def RemoveFolderDiskCache(self, request: pb.FileRequest, *, timeout: float | None = None) -> None:
        """Removes the disk-cache rules of a folder, which then inherits again.

        Since 1.0.0. Not repeated when the answer is lost.
        """
        await self._caller.unary("RemoveFolderDiskCache", request, Empty, timeout=timeout)

    async def ListDiskCacheFolders(self, *, timeout: float | None = None) -> pb.ListDiskCacheFoldersReply:
        """Lists the folders with disk-cache rules of their own.

        Since 1.0.0. May be repeated.
        """
        return await self._caller.unary("ListDiskCacheFolders", Empty(), pb.ListDiskCacheFoldersReply, timeout=timeout)

    async def GetServiceCapabilities(self, *, timeout: float | None = None) -> pb.ServiceCapabilities:
        """Tells whether the server can restart and update itself.

        Since 1.0.0. May be repeated.
        """
        return await self._caller.unary("GetServiceCapabilities", Empty(), pb.ServiceCapabilities, timeout=timeout)

    async def RestartService(self, *, timeout: float | None = None) -> None:
        """Restarts the server.

        Needs ``allow_service_control``. Not repeated when the answer is lost.
        """
        await self._caller.unary("RestartService", Empty(), Empty, timeout=timeout)

    async def ShutdownService(self, *, timeout: float | None = None) -> None:
        """Shuts the server down.

        Needs ``allow_service_control``. Not repeated when the answer is lost.
        """
        await self._caller.unary("ShutdownService", Empty(), Empty, timeout=timeout)

    async def HasUpdate(self, *, timeout: float | None = None) -> pb.UpdateResult:
        """Tells whether there is an update.

        May be repeated.
        """
        return await self._caller.unary("HasUpdate", Empty(), pb.UpdateResult, timeout=timeout)

    async def CheckUpdate(self, *, timeout: float | None = None) -> pb.UpdateResult:
        """Looks for an update and describes it.

        May be repeated.
        """
        return await self._caller.unary("CheckUpdate", Empty(), pb.UpdateResult, timeout=timeout)

    async def DownloadUpdate(self, *, timeout: float | None = None) -> None:
        """Starts downloading an update.

        Not repeated when the answer is lost.
        """
        await self._caller.unary("DownloadUpdate", Empty(), Empty, timeout=timeout)

    async def UpdateSystem(self, *, timeout: float | None = None) -> None:
        """Installs the downloaded update.

        Not repeated when the answer is lost.
        """
        await self._caller.unary("UpdateSystem", Empty(), Empty, timeout=timeout)

    async def TestUpdate(self, request: pb.FileRequest, *, timeout: float | None = None) -> None:
        """Tries an update out; what exactly it does is not documented.

        Not repeated when the answer is lost.
        """
        await self._caller.unary("TestUpdate", request, Empty, timeout=timeout)

    async def GetMachineId(self, *, timeout: float | None = None) -> pb.StringResult:
        """Gives the identity of the server's machine.

        May be repeated.
        """
        return await self._caller.unary("GetMachineId", Empty(), pb.StringResult, timeout=timeout)

    async def GetOnlineDevices(self, *, timeout: float | None = None) -> pb.OnlineDevices:
        """Lists the devices signed in to the account.

        May be repeated.
        """
        return await self._caller.unary("GetOnlineDevices", Empty(), pb.OnlineDevices, timeout=timeout)

    async def KickoutDevice(self, request: pb.DeviceRequest, *, timeout: float | None = None) -> None:
        """Signs a device out.

        Not repeated when the answer is lost.
        """
        await self._caller.unary("KickoutDevice", request, Empty, timeout=timeout)

    async def ListLogFiles(self, *, timeout: float | None = None) -> pb.ListLogFileResult:
        """Lists the server's log files.

        May be repeated.
        """
        return await self._caller.unary("ListLogFiles", Empty(), pb.ListLogFileResult, timeout=timeout)

    async def GetCloudDrive1UserData(self, *, timeout: float | None = None) -> pb.StringResult:
        """Gives the user data of CloudDrive 1.

        May be repeated.
        """
        return await self._caller.unary("GetCloudDrive1UserData", Empty(), pb.StringResult, timeout=timeout)

    async def GetPromotions(self, *, timeout: float | None = None) -> pb.GetPromotionsResult:
        """Lists all promotions.

        May be repeated.
        """
        return await self._caller.unary("GetPromotions", Empty(), pb.GetPromotionsResult, timeout=timeout)

    async def GetPromotionsByCloud(self, request: pb.CloudAPIRequest, *, timeout: float | None = None) -> pb.GetPromotionsResult:
        """Lists the promotions of one cloud.

        May be repeated.
        """
        return await self._caller.unary("GetPromotionsByCloud", request, pb.GetPromotionsResult, timeout=timeout)

    async def UpdatePromotionResult(self, *, timeout: float | None = None) -> None:
        """Updates the outcome of promotions.

        Not repeated when the answer is lost.
        """
        await self._caller.unary("UpdatePromotionResult", Empty(), Empty, timeout=timeout)

    async def UpdatePromotionResultByCloud(
        self, request: pb.UpdatePromotionResultByCloudRequest, *, timeout: float | None = None
    ) -> None:
        """Updates the outcome of one cloud's promotion.

        Not repeated when the answer is lost.
        """
        await self._caller.unary("UpdatePromotionResultByCloud", request, Empty, timeout=timeout)

    async def SendPromotionAction(self, request: pb.SendPromotionActionRequest, *, timeout: float | None = None) -> None:
        """Reports an action on a promotion.

        Not repeated when the answer is lost.
        """
        await self._caller.unary("SendPromotionAction", request, Empty, timeout=timeout)

    async def GetCloudDrivePlans(self, *, timeout: float | None = None) -> pb.GetCloudDrivePlansResult:
        """Lists the plans on offer.

        May be repeated.
        """
        return await self._caller.unary("GetCloudDrivePlans", Empty(), pb.GetCloudDrivePlansResult, timeout=timeout)

    async def JoinPlan(self, request: pb.JoinPlanRequest, *, timeout: float | None = None) -> pb.JoinPlanResult:
        """Buys a plan, from the balance or by a payment still to be made.

        Not repeated when the answer is lost.
        """
        return await self._caller.unary("JoinPlan", request, pb.JoinPlanResult, timeout=timeout)

    async def BindCloudAccount(self, request: pb.BindCloudAccountRequest, *, timeout: float | None = None) -> None:
        """Ties the plan to a cloud account.

        Not repeated when the answer is lost.
        """
        await self._caller.unary("BindCloudAccount", request, Empty, timeout=timeout)

    async def TransferBalance(self, request: pb.TransferBalanceRequest, *, timeout: float | None = None) -> None:
        """Gives balance to another account.

        Needs ``allow_modify_account``. Not repeated when the answer is lost.
        """
        await self._caller.unary("TransferBalance", request, Empty, timeout=timeout)

    async def GetBalanceLog(self, *, timeout: float | None = None) -> pb.BalanceLogResult:
        """Lists the changes of the balance.

        Needs ``allow_get_account_info``. May be repeated.
        """
        return await self._caller.unary("GetBalanceLog", Empty(), pb.BalanceLogResult, timeout=timeout)

    async def CheckActivationCode(self, request: pb.StringValue, *, timeout: float | None = None) -> pb.CheckActivationCodeResult:
        """Tells what plan an activation code stands for.

        May be repeated.
        """
        return await self._caller.unary("CheckActivationCode", request, pb.CheckActivationCodeResult, timeout=timeout)

    async def ActivatePlan(self, request: pb.StringValue, *, timeout: float | None = None) -> pb.JoinPlanResult:
        """Uses an activation code up.

        Not repeated when the answer is lost.
        """
        return await self._caller.unary("ActivatePlan", request, pb.JoinPlanResult, timeout=timeout)

    async def CheckCouponCode(self, request: pb.CheckCouponCodeRequest, *, timeout: float | None = None) -> pb.CouponCodeResult:
        """Tells what a coupon is worth for a plan.

        May be repeated.
        """
        return await self._caller.unary("CheckCouponCode", request, pb.CouponCodeResult, timeout=timeout)

    async def GetReferralCode(self, *, timeout: float | None = None) -> pb.StringValue:
        """Gives the account's referral code.

        Needs ``allow_get_account_info``. May be repeated.
        """
        return await self._caller.unary("GetReferralCode", Empty(), pb.StringValue, timeout=timeout)

    async def GetStorePurchaseQuote(
        self, request: pb.GetStorePurchaseQuoteRequest, *, timeout: float | None = None
    ) -> pb.StorePurchaseQuote:
        """Gives the price of an app-store purchase.

        Since 1.0.9. Not repeated when the answer is lost.
        """
        return await self._caller.unary("GetStorePurchaseQuote", request, pb.StorePurchaseQuote, timeout=timeout)

    async def VerifyStorePurchase(
        self, request: pb.VerifyStorePurchaseRequest, *, timeout: float | None = None
    ) -> pb.VerifyStorePurchaseResult:
        """Hands in the receipt of an app-store purchase.

        Since 1.0.9. Not repeated when the answer is lost.
        """
        return await self._caller.unary("VerifyStorePurchase", request, pb.VerifyStorePurchaseResult, timeout=timeout)

    async def BeginPairing(self, request: pb.BeginPairingRequest, *, timeout: float | None = None) -> pb.PairingTicket:
        """Opens a ticket for pairing a controller with this TV; host only (protocol.md §18.6).

        Since 1.1.1. Not repeated when the answer is lost.
        """
        return await self._caller.unary("BeginPairing", request, pb.PairingTicket, timeout=timeout)

    async def CancelPairing(self, request: pb.CancelPairingRequest, *, timeout: float | None = None) -> None:
        """Voids a pairing ticket; host only.

        Since 1.1.1. Not repeated when the answer is lost.
        """
        await self._caller.unary("CancelPairing", request, Empty, timeout=timeout)

    async def CompletePairing(
        self, request: pb.CompletePairingRequest, *, timeout: float | None = None
    ) -> pb.CompletePairingResult:
        """Exchanges a ticket's secret for a controller token; public, on the remote listener only.

        Works without a token. Since 1.1.1. Not repeated when the answer is lost.
        """
        return await self._caller.unary("CompletePairing", request, pb.CompletePairingResult, timeout=timeout)

    async def ListPairedControllers(self, *, timeout: float | None = None) -> pb.PairedControllerList:
        """Lists the paired controllers; host only.

        Since 1.1.1. May be repeated.
        """
        return await self._caller.unary("ListPairedControllers", Empty(), pb.PairedControllerList, timeout=timeout)

    async def RevokePairedController(self, request: pb.RevokePairedControllerRequest, *, timeout: float | None = None) -> None:
        """Revokes a paired controller.

        Since 1.1.1. Not repeated when the answer is lost.
        """
        await self._caller.unary("RevokePairedController", request, Empty, timeout=timeout)

    def AppAgentChannel(
        self, requests: AsyncIterable[pb.AppAgentUpstream], *, timeout: float | None = None
    ) -> AsyncIterator[pb.AppAgentDownstream]:
        """Connects the TV's app, which answers calls of the controllers; host only, newest wins.

        Since 1.1.1. Not repeated when the answer is lost.
        """
        return self._caller.both_streams("AppAgentChannel", requests, pb.AppAgentDownstream, timeout=timeout)

    async def AppCall(self, request: pb.AppCallRequest, *, timeout: float | None = None) -> pb.AppCallResult:
        """Sends the TV's app an opaque request and waits at most 15 s for its answer.

        Since 1.1.1. Not repeated when the answer is lost.
        """
        return await self._caller.unary("AppCall", request, pb.AppCallResult, timeout=timeout)

    def WatchApp(self, *, timeout: float | None = None) -> AsyncIterator[pb.AppEventMessage]:
        """Streams the events of the TV's app and whether it is there.

        Since 1.1.1. May be repeated.
        """
        return self._caller.stream("WatchApp", Empty(), pb.AppEventMessage, timeout=timeout)

    async def GetLoginHandoff(self, *, timeout: float | None = None) -> pb.LoginHandoff:
        """Gives the sign-in of this device to the app on it; host only.

        Since 1.1.1. Not repeated when the answer is lost.
        """
        return await self._caller.unary("GetLoginHandoff", Empty(), pb.LoginHandoff, timeout=timeout)
