"""The RPCs that ``python-clouddrive2`` wraps, by its blocking half or by its asynchronous one. Told to ``test_rpc_client.py``."""

from __future__ import annotations

import asyncio
import base64
import sys
from typing import Any

import clouddrive.pb2 as messages
import report
from clouddrive.client import CLOUDDRIVE_API_MAP, Client, Empty
from google.protobuf.json_format import ParseDict
from google.protobuf.message_factory import GetMessageClass

OAUTH = {"refresh_token": "refresh", "access_token": "access", "expires_in": 3600}
ACCOUNT = {"cloudName": "115", "userName": "account-Cloud"}
OFFLINE = {"cloudName": "115", "cloudAccountId": "account-Cloud"}
COOKIES = '[{"name": "UID", "value": "1"}, {"name": "CID", "value": "2"}, {"name": "SEID", "value": "3"}]'
DESTINATION = {"sourcePath": "/home", "destinations": [{"destinationPath": "/Cloud/a/backup", "isEnabled": True}]}
MAGNET = "magnet:?xt=urn:btih:" + "ab" * 20
MOUNT = {"mountPoint": "/mnt/cloud", "sourceDir": "/Cloud", "name": "cloud"}
HANDLE = "the handle of the file that was created"
SERVICE = messages.FileRequest.DESCRIPTOR.file.services_by_name["CloudDriveFileSrv"]
# These never end by themselves.
ENDLESS = {"PushMessage", "PushTaskChange"}
# In this order: each finds what those before it left.
STEPS: list[tuple[str, Any]] = [
    ("GetSystemInfo", None),
    ("GetToken", {"userName": "user", "password": "wrong"}),
    ("Login", {"userName": "user", "password": "password"}),
    ("GetAccountStatus", None),
    ("GetRuntimeInfo", None),
    ("GetRunningInfo", None),
    ("GetMachineId", None),
    ("GetOnlineDevices", None),
    ("KickoutDevice", {"deviceId": "nobody's"}),
    ("PushMessage", None),
    ("PushTaskChange", None),
    # Files
    ("CreateFolder", {"parentPath": "/Cloud", "folderName": "a"}),
    ("CreateFolder", {"parentPath": "/Cloud", "folderName": "b"}),
    ("CreateFile", {"parentPath": "/Cloud/a", "fileName": "f.bin"}),
    ("WriteToFile", {"fileHandle": HANDLE, "startPos": 0, "length": 3, "buffer": "abc"}),
    ("GetOpenFileHandles", None),
    ("CloseFile", {"fileHandle": HANDLE}),
    ("CreateFile", {"parentPath": "/Cloud/a", "fileName": "g.bin"}),
    (
        "WriteToFileStream",
        [
            {"fileHandle": HANDLE, "startPos": 0, "length": 3, "buffer": "abc"},
            {"fileHandle": HANDLE, "startPos": 3, "length": 3, "buffer": "def", "closeFile": True},
        ],
    ),
    ("GetUploadFileCount", None),
    ("GetSubFiles", {"path": "/Cloud/a"}),
    ("FindFileByPath", {"path": "/Cloud/a/g.bin"}),
    ("GetSearchResults", {"path": "/Cloud", "searchFor": "g.bin"}),
    ("GetFileDetailProperties", {"path": "/Cloud/a"}),
    ("GetSpaceInfo", {"path": "/Cloud"}),
    ("GetCloudMemberships", {"path": "/Cloud"}),
    ("RenameFile", {"theFilePath": "/Cloud/a/f.bin", "newName": "F.bin"}),
    ("RenameFiles", {"renameFiles": [{"theFilePath": "/Cloud/a/g.bin", "newName": "G.bin"}]}),
    ("MoveFile", {"theFilePaths": ["/Cloud/a/G.bin"], "destPath": "/Cloud/b"}),
    ("CopyFile", {"theFilePaths": ["/Cloud/b/G.bin"], "destPath": "/Baidu"}),
    ("DeleteFile", {"path": "/Cloud/a/nothing"}),
    ("DeleteFiles", {"path": ["/Cloud/a/F.bin"]}),
    ("DeleteFilePermanently", {"path": "/Cloud/b/G.bin"}),
    ("DeleteFilesPermanently", {"path": ["/Baidu/G.bin"]}),
    ("CreateEncryptedFolder", {"parentPath": "/Cloud", "folderName": "secret", "password": "password", "savePassword": True}),
    ("LockEncryptedFile", {"path": "/Cloud/secret"}),
    ("UnlockEncryptedFile", {"path": "/Cloud/secret", "password": "password"}),
    ("ForceExpireDirCache", {"path": "/Cloud"}),
    ("SetDirCacheTimeSecs", {"path": "/Cloud", "dirCachTimeToLiveSecs": 77}),
    ("GetEffectiveDirCacheTimeSecs", {"path": "/Cloud/a"}),
    ("GetDirCacheTable", None),
    ("SyncFileChangesFromCloud", {"path": "/Cloud"}),
    # Tasks
    ("GetAllTasksCount", None),
    ("GetDownloadFileCount", None),
    ("GetDownloadFileList", None),
    ("GetUploadFileList", {"getAll": True}),
    *((f"{verb}UploadFiles", {"keys": []}) for verb in ("Pause", "Resume", "Cancel")),
    *((f"{verb}AllUploadFiles", None) for verb in ("Pause", "Resume", "Cancel")),
    ("GetCopyTasks", None),
    *((f"{verb}CopyTask", {"sourcePath": "/Cloud/x", "destPath": "/Baidu"}) for verb in ("Cancel", "Restart", "Pause")),
    ("PauseCopyTasks", {"taskKeys": ["no:key"], "pause": True}),
    ("ResumeCopyTasks", {"taskKeys": ["no:key"]}),
    ("RemoveCopyTasks", {"taskKeys": ["no:key"]}),
    ("PauseAllCopyTasks", {"pause": True}),
    *((name, None) for name in ("ResumeAllCopyTasks", "RemoveCompletedCopyTasks", "RemoveAllCopyTasks", "GetMergeTasks")),
    ("CancelMergeTask", {"sourcePath": "/Cloud/x", "destPath": "/Baidu"}),
    # Offline downloads and shares
    ("AddOfflineFiles", {"urls": MAGNET, "toFolder": "/Cloud/a"}),
    ("ListOfflineFilesByPath", {"path": "/Cloud/a"}),
    ("ListAllOfflineFiles", {**OFFLINE, "page": 1}),
    ("GetOfflineQuotaInfo", OFFLINE),
    ("RestartOfflineTask", {**OFFLINE, "infoHash": "none"}),
    ("RemoveOfflineFiles", {**OFFLINE, "infoHashes": ["ab" * 20]}),
    ("ClearOfflineFiles", OFFLINE),
    ("AddSharedLink", {"sharedLinkUrl": "https://share.example/s/1", "toFolder": "/Cloud/a"}),
    # Clouds
    ("GetAllCloudApis", None),
    ("CanAddMoreCloudApis", None),
    ("GetCloudAPIConfig", ACCOUNT),
    ("SetCloudAPIConfig", {**ACCOUNT, "config": {"maxDownloadThreads": 3}}),
    ("GetCloudAPIConfig", ACCOUNT),
    ("StartCloudEventListener", {"path": "/Cloud"}),
    ("StopCloudEventListener", {"path": "/Cloud"}),
    ("GetPromotions", None),
    ("GetPromotionsByCloud", ACCOUNT),
    ("APIAddLocalFolder", {"localFolderPath": "/mnt"}),
    ("APILoginWebDav", {"serverUrl": "http://dav.example/", "userName": "dav", "password": "dav"}),
    ("APILogin115Editthiscookie", {"editThiscookieString": COOKIES}),
    ("APILogin115OpenOAuth", OAUTH),
    ("APILoginAliyundriveOAuth", OAUTH),
    ("APILoginAliyundriveRefreshtoken", {"refreshToken": "refresh"}),
    ("APILoginBaiduPanOAuth", OAUTH),
    ("APILoginOneDriveOAuth", OAUTH),
    ("ApiLogin123panOAuth", OAUTH),
    ("ApiLoginGoogleDriveOAuth", OAUTH),
    ("ApiLoginGoogleDriveRefreshToken", {"client_id": "c", "client_secret": "s", "refresh_token": "r"}),
    ("ApiLoginXunleiOAuth", OAUTH),
    ("ApiLoginXunleiOpenOAuth", OAUTH),
    ("APILogin115QRCode", {"platformString": "wechatmini"}),
    ("APILogin115OpenQRCode", None),
    ("APILogin189QRCode", None),
    ("APILoginAliyunDriveQRCode", {"useOpenAPI": True}),
    ("RemoveCloudAPI", {"cloudName": "BaiduPan", "userName": "account-Baidu"}),
    # Settings, WebDAV, webhooks
    ("SetSystemSettings", {"deviceName": "the stranger's"}),
    ("GetSystemSettings", None),
    ("SetDavServerConfig", {"enableDavServer": True, "anonymousRootPath": "/Cloud"}),
    ("AddDavUser", {"userName": "dav", "password": "secret", "rootPath": "/Cloud", "enabled": True}),
    ("GetDavUser", {"value": "dav"}),
    ("ModifyDavUser", {"userName": "dav", "readOnly": True}),
    ("GetDavUser", {"value": "dav"}),
    ("GetDavServerConfig", None),
    ("RemoveDavUser", {"value": "dav"}),
    ("GetWebhookConfigTemplate", None),
    ("AddWebhookConfig", {"fileName": "hook", "content": "[global_params]\nbase_url = 'http://127.0.0.1:9'\nenabled = false\n"}),
    (
        "ChangeWebhookConfig",
        {"fileName": "hook", "content": "[global_params]\nbase_url = 'http://127.0.0.1:8'\nenabled = false\n"},
    ),
    ("GetWebhookConfigs", None),
    ("RemoveWebhookConfig", {"value": "hook"}),
    # Mounts and folders of the server's machine
    *(
        (name, None)
        for name in ("HasDriveLetters", "GetAvailableDriveLetters", "CanMountBothLocalAndCloud", "CanAddMoreMountPoints")
    ),
    ("LocalGetSubFiles", {"parentFolder": "/"}),
    ("AddMountPoint", MOUNT),
    ("Mount", {"MountPoint": "/mnt/cloud"}),
    ("Unmount", {"MountPoint": "/mnt/cloud"}),
    ("UpdateMountPoint", {"mountPoint": "/mnt/cloud", "newMountOption": {**MOUNT, "readOnly": True}}),
    ("GetMountPoints", None),
    ("RemoveMountPoint", {"MountPoint": "/mnt/cloud"}),
    # Backups
    ("CanAddMoreBackups", None),
    ("BackupAdd", {**DESTINATION, "isEnabled": False}),
    ("BackupUpdate", {**DESTINATION, "isEnabled": False, "fileSystemWatchEnabled": True}),
    ("BackupAddDestination", {"sourcePath": "/home", "destinations": [{"destinationPath": "/Cloud/b/backup"}]}),
    ("BackupRemoveDestination", {"sourcePath": "/home", "destinations": [{"destinationPath": "/Cloud/b/backup"}]}),
    ("BackupSetFileSystemWatchEnabled", {"sourcePath": "/home", "fileSystemWatchEnabled": False}),
    ("BackupSetEnabled", {"sourcePath": "/home", "isEnabled": False}),
    ("BackupRestartWalkingThrough", {"value": "/home"}),
    ("BackupGetStatus", {"value": "/home"}),
    ("BackupGetAll", None),
    ("BackupRemove", {"value": "/home"}),
    # The account, and the service itself
    *(
        (name, None)
        for name in ("GetCloudDrivePlans", "GetBalanceLog", "GetReferralCode", "ListLogFiles", "HasUpdate", "CheckUpdate")
    ),
    ("CheckCouponCode", {"planId": "none", "couponCode": "none"}),
    ("CheckActivationCode", {"value": "none"}),
    ("SendConfirmEmail", None),
    ("ConfirmEmail", {"confirmCode": "none"}),
    ("SendChangeEmailCode", {"newEmail": "new@mail.example", "password": "password"}),
    ("ChangeEmail", {"newEmail": "new@mail.example", "password": "password", "changeCode": "none"}),
    ("SendResetAccountEmail", {"email": "user"}),
    ("ResetAccount", {"resetCode": "none", "newPassword": "other"}),
    ("ChangePassword", {"oldPassword": "wrong", "newPassword": "other"}),
    ("DownloadUpdate", None),
    ("UpdateSystem", None),
]
LAST: list[tuple[str, Any]] = [
    ("RestartService", None),
    ("Logout", {"logoutFromCloudFS": False}),
    ("Login", {"userName": "user", "password": "password"}),
    ("ShutdownService", None),
]


def steps() -> list[tuple[str, str, Any]]:
    """Name, RPC and argument of each step; what the lists leave out is called with nothing in its message."""
    named = {name for name, _ in STEPS + LAST}
    rest = [(name, {} if "argument" in how else None) for name, how in CLOUDDRIVE_API_MAP.items() if name not in named]
    counts: dict[str, int] = {}
    found = []
    for rpc, argument in STEPS + rest + LAST:
        counts[rpc] = counts.get(rpc, 0) + 1
        found.append((rpc if counts[rpc] == 1 else f"{rpc} {counts[rpc]}", rpc, argument))
    return found


def filled(argument: Any, handle: str) -> Any:
    """The argument with what only the run knows; bytes as JSON has them."""
    if isinstance(argument, list):
        return [filled(each, handle) for each in argument]
    given = {key: handle if value == HANDLE else value for key, value in argument.items()}
    if "buffer" in given:
        given["buffer"] = base64.b64encode(given["buffer"].encode()).decode()
    return given


def arguments(rpc: str, argument: Any, handle: str) -> tuple[Any, ...]:
    """What to call a method with: a dictionary, as its users do, where it takes one."""
    if argument is None:
        return ()
    given = filled(argument, handle)
    if "return" not in CLOUDDRIVE_API_MAP[rpc]:
        # It says that it takes one, and sends it as it is.
        given = ParseDict(given, GetMessageClass(SERVICE.methods_by_name[rpc].input_type)())
    return (given,)


def blocking(target: str, user: str, password: str) -> None:
    """One call after the other, by grpcio."""
    client = Client(f"http://{target}", user, password)
    handle = ""
    for name, rpc, argument in steps():
        given = arguments(rpc, argument, handle)
        try:
            if rpc == "WriteToFileStream":
                report.tell("WriteToFileStream by its method", lambda given=given: client.WriteToFileStream(*given))
                reply = client.stub.WriteToFileStream(map(as_write, *given), metadata=client.metadata)
            else:
                reply = getattr(client, rpc)(*given)
            if rpc in ENDLESS:
                stream, reply = reply, [next(reply)]
                stream.cancel()
            elif hasattr(reply, "__next__"):
                reply = list(reply)
            while rpc == "GetUploadFileCount" and reply.fileCount:
                reply = client.GetUploadFileCount()
        except Exception as error:  # noqa: BLE001 - whatever the stranger raises is what the test asks for
            report.failed(name, error)
            continue
        handle = str(reply.fileHandle) if rpc == "CreateFile" else handle
        report.went_well(name, reply)
        if name == "Login 2":
            client.login()
    client.close()


def as_write(piece: dict[str, Any]) -> Any:
    """A message of the stream that writes a file."""
    return ParseDict(piece, messages.WriteFileRequest())


async def awaiting(target: str, user: str, password: str) -> None:
    """One call after the other, by grpclib."""
    client = Client(f"http://{target}", user, password)
    handle = ""
    for name, rpc, argument in steps():
        given = arguments(rpc, argument, handle)
        try:
            if rpc in ENDLESS:
                reply = [await first(client, rpc)]
            else:
                reply = await getattr(client, rpc)(*given, async_=True)
            while rpc == "GetUploadFileCount" and reply.fileCount:
                reply = await client.GetUploadFileCount(async_=True)
        except Exception as error:  # noqa: BLE001 - whatever the stranger raises is what the test asks for
            report.failed(name, error)
            continue
        handle = str(reply.fileHandle) if rpc == "CreateFile" else handle
        report.went_well(name, reply)
        if name == "Login 2":
            client.login()
    client.close()


async def first(client: Client, rpc: str) -> Any:
    """The first message of a stream without end, which the client's own method would wait for to the last."""
    async with getattr(client.async_stub, rpc).open(metadata=client.metadata) as stream:
        await stream.send_message(Empty(), end=True)
        message = await stream.recv_message()
        await stream.cancel()
        return message


def main() -> None:
    """By the half that is named."""
    target, user, password, _, half = sys.argv[1:]
    report.watch(Client)
    if half == "blocking":
        blocking(target, user, password)
    else:
        asyncio.run(awaiting(target, user, password))
    report.went_well("RPCs nobody called", [name for name in report.untouched(Client) if name in CLOUDDRIVE_API_MAP])


if __name__ == "__main__":
    main()
