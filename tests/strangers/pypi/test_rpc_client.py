"""``python-clouddrive2`` 2.0.8.1.2: the RPCs it wraps, by its blocking half (grpcio) and by its asynchronous one (grpclib)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.emulator.logins import QrStep
from clouddrive2.emulator.options import CloudOptions, EmulatorOptions
from clouddrive2.proto.methods import METHODS
from clouddrive2.testing import running_emulator

from .conftest import Told, failure_of, value_of

pytestmark = pytest.mark.strangers

HALVES = ("blocking", "awaiting")
SCRIPT = (QrStep("SHOW_IMAGE_CONTENT", "https://qr.example/scan"), QrStep("CLOSE"))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, play: Callable[..., Told]) -> dict[str, Told]:
    """What each half told of an emulator of its own."""
    told = {}
    for half in HALVES:
        folder: Path = tmp_path_factory.mktemp(half)
        # The script gives wrong codes and passwords more often than anybody may.
        options = EmulatorOptions(real_mounts=False, sign_in_failures=100)
        clouds = ("Cloud", CloudOptions("Baidu", kind="BaiduPan"))
        with running_emulator(root=folder / "emulated", clouds=clouds, options=options) as emulator:
            emulator.emulator.logins.script = SCRIPT
            told[half] = play("rpc_client.py", emulator, folder, half)
    return told


@pytest.fixture(params=HALVES)
def told(request: pytest.FixtureRequest, both: dict[str, Told]) -> Told:
    return both[request.param]


FAILURES = {
    "KickoutDevice": "NOT_FOUND",
    "DeleteFile": "NOT_FOUND",
    "CancelCopyTask": "NOT_FOUND",
    "RestartCopyTask": "NOT_FOUND",
    "PauseCopyTask": "NOT_FOUND",
    "PauseCopyTasks": "NOT_FOUND",
    "ResumeCopyTasks": "NOT_FOUND",
    "RemoveCopyTasks": "NOT_FOUND",
    "CancelMergeTask": "NOT_FOUND",
    "RestartOfflineTask": "NOT_FOUND",
    "AddSharedLink": "NOT_FOUND",
    "CheckCouponCode": "NOT_FOUND",
    "CheckActivationCode": "NOT_FOUND",
    "ConfirmEmail": "INVALID_ARGUMENT",
    "ChangeEmail": "INVALID_ARGUMENT",
    "ResetAccount": "INVALID_ARGUMENT",
    "DownloadUpdate": "FAILED_PRECONDITION",
    "UpdateSystem": "FAILED_PRECONDITION",
}
REFUSALS = {
    "GetToken": "wrong user name or password",
    "APILoginWebDav": "the emulator has no WebDAV storage behind it, and reaches none",
    "ChangePassword": "wrong password",
}
NOT_EMULATED = {
    "ActivatePlan",
    "BackupUpdateStrategies",
    "BindCloudAccount",
    "ChangeEmailAndPassword",
    "GetCloudDrive1UserData",
    "GetMetaData",
    "GetOpenFileTable",
    "GetOriginalPath",
    "GetReferencedEntryPaths",
    "GetTempFileTable",
    "JoinPlan",
    "Register",
    "SendPromotionAction",
    "TestUpdate",
    "TransferBalance",
    "UpdatePromotionResult",
    "UpdatePromotionResultByCloud",
    "WalkThroughFolderTest",
}
DONE = {"success": True}
DAV_USER = {"userName": "dav", "password": "secret", "rootPath": "/Cloud", "readOnly": True, "enabled": True}
BACKUP = {
    "backup": {"sourcePath": "/home", "destinations": [{"destinationPath": "/Cloud/a/backup", "isEnabled": True}]},
    "status": "Status_Disabled",
    "watcherStatus": "FileWatchStatus_WatcherDisabled",
}
VALUES: dict[str, Any] = {
    "GetSystemInfo": {"IsLogin": True, "UserName": "user", "SystemReady": True},
    "Login": DONE,
    "WriteToFile": {"bytesWritten": "3"},
    "WriteToFileStream": {"bytesWritten": "6"},
    "CloseFile": {"success": True, "resultFilePaths": ["/Cloud/a/f.bin"]},
    "GetFileDetailProperties": {"totalFileCount": "2", "totalSize": "9"},
    "GetSpaceInfo": {"totalSpace": str(1 << 40), "usedSpace": "9", "freeSpace": str((1 << 40) - 9)},
    "RenameFiles": {"success": True, "resultFilePaths": ["/Cloud/a/G.bin"]},
    "MoveFile": {"success": True, "resultFilePaths": ["/Cloud/b/G.bin"]},
    "CopyFile": {"success": True, "resultFilePaths": ["/Baidu/G.bin"]},
    "DeleteFilesPermanently": DONE,
    "GetEffectiveDirCacheTimeSecs": {"dirCacheTimeSecs": "77"},
    "GetCloudAPIConfig 2": {"maxDownloadThreads": 3},
    "GetOfflineQuotaInfo": {"total": 100, "used": 1, "left": 99},
    "LocalGetSubFiles": [{"subFiles": ["home", "media", "mnt"]}],
    "GetMountPoints": {"mountPoints": [{"mountPoint": "/mnt/cloud", "sourceDir": "/Cloud", "readOnly": True}]},
    "GetDavUser 2": DAV_USER,
    "GetWebhookConfigs": {
        "webhooks": [{"fileName": "hook", "content": "[global_params]\nbase_url = 'http://127.0.0.1:8'\nenabled = false\n"}]
    },
    "BackupGetStatus": BACKUP,
    "BackupGetAll": {"backups": [BACKUP]},
    "APILogin115QRCode": [
        {"messageType": "QRCodeScanMessageType_SHOW_IMAGE_CONTENT", "message": "https://qr.example/scan"},
        {"messageType": "QRCodeScanMessageType_CLOSE"},
    ],
    "PushMessage": [{"transferTaskStatus": {"clouddriveVersion": "1.1.2"}}],
    "PushTaskChange": [{"pushMessage": {"clouddriveVersion": "1.1.2"}}],
    "LockEncryptedFile": {"success": True, "resultFilePaths": ["/Cloud/secret"]},
    "UnlockEncryptedFile": {"success": True, "resultFilePaths": ["/Cloud/secret"]},
    "Logout": DONE,
}
# Each server has its own.
OWN = {
    "id",
    "key",
    "uptime",
    "deviceId",
    "createTime",
    "writeTime",
    "openTime",
    "insertTime",
    "lastUpdateTime",
    "lastModifiedTime",
}


@pytest.mark.parametrize("name", VALUES)
def test_it_gets(told: Told, name: str) -> None:
    assert value_of(told, name) == VALUES[name]


def test_what_succeeds_and_what_does_not(told: Told) -> None:
    failed = {name: line["error"] for name, line in told.items() if "error" in line and not name.endswith("by its method")}
    assert failed == FAILURES | dict.fromkeys(NOT_EMULATED, "UNIMPLEMENTED")
    values = {name: line["value"] for name, line in told.items() if isinstance(line.get("value"), dict)}
    refused = {name: value.get("result", value)["errorMessage"] for name, value in values.items() if "errorMessage" in str(value)}
    assert refused == REFUSALS


def test_every_rpc_it_wraps_was_called(told: Told) -> None:
    # Its asynchronous methods of streams without end would wait for the last message; the script uses what is below them.
    assert value_of(told, "RPCs nobody called") in ([], ["PushMessage", "PushTaskChange"])
    called = {name.split()[0] for name in told} - {"RPCs"}
    assert len(called) == 170
    assert called <= set(METHODS)


def test_files_that_it_saw(told: Told) -> None:
    listed = [entry for reply in value_of(told, "GetSubFiles") for entry in reply["subFiles"]]
    assert {entry["fullPathName"]: entry["size"] for entry in listed} == {"/Cloud/a/f.bin": "3", "/Cloud/a/g.bin": "6"}
    (found,) = [entry for reply in value_of(told, "GetSearchResults") for entry in reply["subFiles"]]
    assert found["fullPathName"] == value_of(told, "FindFileByPath")["fullPathName"] == "/Cloud/a/g.bin"


def test_settings_that_it_made(told: Told) -> None:
    assert value_of(told, "GetSystemSettings")["deviceName"] == "the stranger's"
    config = value_of(told, "GetDavServerConfig")
    assert (config["anonymousRootPath"], config["users"]) == ("/Cloud", [DAV_USER])
    assert value_of(told, "ListAllOfflineFiles")["totalCount"] == 1


def test_grpcio_and_grpclib_are_told_the_same(both: dict[str, Told]) -> None:
    blocking, awaiting = ({name: common(line.get("value")) for name, line in both[half].items()} for half in HALVES)
    del blocking["WriteToFileStream by its method"]
    for each in (blocking, awaiting):
        # The first is the server's own; a download that was just begun may have ended when it is listed.
        for name in ("GetMachineId", "ListOfflineFilesByPath", "ListAllOfflineFiles", "RPCs nobody called"):
            del each[name]
    assert blocking == awaiting


def test_its_blocking_stream_of_writes_cannot_be_sent(both: dict[str, Told]) -> None:
    """It hands grpcio a list, which wants an iterator."""
    assert failure_of(both["blocking"], "WriteToFileStream by its method") == "UNKNOWN"


def common(value: Any) -> Any:
    """Without what differs from server to server."""
    if isinstance(value, dict):
        return {key: common(each) for key, each in value.items() if key not in OWN and not key.endswith("Time")}
    return [common(each) for each in value] if isinstance(value, list) else value
