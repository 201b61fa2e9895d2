"""Profile P1 of protocol.md §20.1: every RPC of it is there, and asks for token and permission before anything else."""

from __future__ import annotations

from typing import Any

import grpc
import grpc.aio
import pytest

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto.methods import METHODS
from clouddrive2.testing import RunningEmulator

# RPC to permission, from the tables of protocol.md §2.6; None for public ones.
P1: dict[str, str | None] = {
    "GetSystemInfo": None,
    "GetToken": None,
    "GetApiTokenInfo": None,
    "GetRuntimeInfo": "allow_view_runtime_info",
    "GetAccountStatus": "allow_get_account_info",
    "GetSubFiles": "allow_list",
    "FindFileByPath": "allow_list",
    "GetSearchResults": "allow_search",
    "CreateFolder": "allow_create_folder",
    "RenameFile": "allow_rename",
    "RenameFiles": "allow_rename",
    "MoveFile": "allow_move",
    "CopyFile": "allow_copy",
    "DeleteFile": "allow_delete",
    "DeleteFiles": "allow_delete",
    "DeleteFilePermanently": "allow_delete_permanently",
    "DeleteFilesPermanently": "allow_delete_permanently",
    "GetFileDetailProperties": "allow_view_properties",
    "GetSpaceInfo": "allow_get_space_info",
    "GetDownloadUrlPath": "allow_read",
    "CreateFile": "allow_create_file",
    "WriteToFile": "allow_create_file",
    "WriteToFileStream": "allow_create_file",
    "CloseFile": "allow_create_file",
    "StartRemoteUpload": "allow_write",
    "RemoteUploadChannel": "allow_write",
    "RemoteReadData": "allow_write",
    "RemoteHashProgress": "allow_write",
    "RemoteUploadControl": "allow_write",
    "GetUploadFileCount": "allow_get_transfer_tasks",
    "GetUploadFileList": "allow_get_transfer_tasks",
    "PauseUploadFiles": "allow_modify_transfer_tasks",
    "ResumeUploadFiles": "allow_modify_transfer_tasks",
    "CancelUploadFiles": "allow_modify_transfer_tasks",
    "PauseAllUploadFiles": "allow_modify_transfer_tasks",
    "ResumeAllUploadFiles": "allow_modify_transfer_tasks",
    "CancelAllUploadFiles": "allow_modify_transfer_tasks",
    "GetAllTasksCount": "allow_get_transfer_tasks",
    "PushMessage": "allow_push_message",
}
PROTECTED = [name for name, permission in P1.items() if permission is not None]
EVERYTHING = [field.name for field in pb.TokenPermissions.DESCRIPTOR.fields]


async def outcome(stub: Any, name: str) -> tuple[grpc.StatusCode, str]:
    """The status of a call with an empty request, for a stream that of its first reply.

    Client streams are empty: a message sent in the moment of a refusal makes the library forget what the server said.
    """
    method = METHODS[name]
    try:
        if method.client_streaming and method.server_streaming:
            await getattr(stub, name)(iter([])).read()
        elif method.client_streaming:
            await getattr(stub, name)(iter([]))
        elif method.server_streaming:
            call = getattr(stub, name)(method.request())
            await call.read()
            call.cancel()
        else:
            await getattr(stub, name)(method.request())
    except grpc.aio.AioRpcError as error:
        return error.code(), error.details() or ""
    return grpc.StatusCode.OK, ""


async def token(stub: Any, permissions: list[str]) -> Any:
    granted = pb.TokenPermissions(**dict.fromkeys(permissions, True))
    made = await stub.CreateToken(pb.CreateTokenRequest(rootDir="/", permissions=granted, friendly_name="t"))
    return stub.under(made.token)


def test_all_of_it_is_served(emulator: RunningEmulator) -> None:
    assert P1.keys() <= emulator.emulator.registry.served


def test_only_the_public_ones_are_public() -> None:
    assert {name for name in P1 if METHODS[name].public} == P1.keys() - set(PROTECTED)


@pytest.mark.parametrize("name", PROTECTED)
async def test_no_token_no_answer(stub: Any, name: str) -> None:
    for wrong in (None, "dead"):
        assert (await outcome(stub.under(wrong), name))[0] is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize("name", PROTECTED)
async def test_each_permission_by_itself(stub: Any, name: str) -> None:
    permission = P1[name]
    assert permission is not None
    enough = {"allow_write": ("allow_write", "allow_create_file")}.get(permission, (permission,))
    lacking = await token(stub, [each for each in EVERYTHING if each not in enough])
    code, text = await outcome(lacking, name)
    assert code is grpc.StatusCode.PERMISSION_DENIED
    assert permission in text
    code, text = await outcome(await token(stub, [permission]), name)
    assert code not in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.INTERNAL)
    assert "needs" not in text


async def test_the_rest_is_unimplemented_and_not_refused(emulator: RunningEmulator, stub: Any) -> None:
    for name in sorted(METHODS.keys() - emulator.emulator.registry.served):
        assert (await outcome(stub, name))[0] is grpc.StatusCode.UNIMPLEMENTED, name
