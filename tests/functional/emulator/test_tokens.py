"""Signing in, tokens, permissions and roots."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from clouddrive2.emulator import Emulator, EmulatorOptions
from clouddrive2.emulator.call import Call
from clouddrive2.emulator.services.account import AccountService
from clouddrive2.emulator.totp import totp
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto.methods import METHODS
from clouddrive2.testing import RunningEmulator

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


async def sign_in(stub: Any, password: str = "password", **more: str) -> pb.JWTToken:
    reply: pb.JWTToken = await stub.under(None).GetToken(pb.GetTokenRequest(userName="user", password=password, **more))
    return reply


async def api_token(stub: Any, *permissions: str, root: str = "/", expires_in: int | None = None) -> pb.TokenInfo:
    granted = pb.TokenPermissions(**dict.fromkeys(permissions, True))
    info: pb.TokenInfo = await stub.CreateToken(
        pb.CreateTokenRequest(rootDir=root, permissions=granted, friendly_name="t", expires_in=expires_in)
    )
    return info


async def test_a_day_of_life(emulator: RunningEmulator, stub: Any, refused: Any) -> None:
    reply = await sign_in(stub)
    assert reply.success
    assert reply.token.startswith("eyJ")
    assert reply.token.count(".") == 2
    assert abs(reply.expiration.seconds - emulator.world.clock() - 86400) < 60
    mine = stub.under(reply.token)
    await mine.GetRuntimeInfo()
    emulator.world.clock.advance(86401)
    async with refused("UNAUTHENTICATED"):
        await mine.GetRuntimeInfo()
    await stub.under((await sign_in(stub)).token).GetRuntimeInfo()


async def test_no_token_and_wrong_tokens(stub: Any, refused: Any) -> None:
    for token in (None, "wrong", "eyJ", ""):
        async with refused("UNAUTHENTICATED"):
            await stub.under(token).FindFileByPath(pb.FindFileByPathRequest(path="/"))
        async with refused("UNAUTHENTICATED"):
            async for _ in stub.under(token).GetSubFiles(pb.ListSubFileRequest(path="/")):
                pass
    assert (await stub.under("wrong").GetSystemInfo()).IsLogin


async def test_wrong_passwords_and_the_limit_on_them(emulator: RunningEmulator, stub: Any, refused: Any) -> None:
    for _ in range(5):
        assert (await sign_in(stub)).success
    for _ in range(5):
        reply = await sign_in(stub, "wrong")
        assert (reply.success, reply.token) == (False, "")
        assert reply.errorMessage
    async with refused("RESOURCE_EXHAUSTED"):
        await sign_in(stub)
    emulator.world.clock.advance(61)
    assert (await sign_in(stub)).success
    emulator.world.options.wrong_password_is_status = True
    async with refused("UNAUTHENTICATED"):
        await sign_in(stub, "wrong")


async def test_a_second_factor(emulator_factory: Callable[..., RunningEmulator]) -> None:
    emulator = emulator_factory(options=EmulatorOptions(totp_secret=SECRET))
    world, now = emulator.world, emulator.world.clock()
    for code in (None, "", "000000"):
        with pytest.raises(PermissionError, match="two-factor"):
            world.sign_in("user", "password", code, "a:1")
    assert world.sign_in("user", "password", totp(SECRET, now), "a:1").token
    assert totp(SECRET, 59) == "287082"


async def test_the_name_in_full_and_in_part(emulator_factory: Callable[..., RunningEmulator], stub: Any) -> None:
    assert (await stub.under(None).GetSystemInfo()).UserName == "user"
    assert not (await stub.under(None).GetSystemInfo()).HasField("fullUserName")
    assert (await stub.GetSystemInfo()).fullUserName == "user"
    few = await api_token(stub, "allow_list")
    assert not (await stub.under(few.token).GetSystemInfo()).HasField("fullUserName")
    more = await api_token(stub, "allow_get_memberships")
    assert (await stub.under(more.token).GetSystemInfo()).fullUserName == "user"


async def test_a_long_name_is_masked() -> None:
    async with Emulator(username="somebody@example.com") as emulator:
        service = AccountService(emulator.world)
        call = Call(METHODS["GetSystemInfo"], "a:1")
        assert (await service.GetSystemInfo(None, call)).UserName == "some***.com"  # type: ignore[arg-type]
        emulator.options.version = "1.1.0"
        assert (await service.GetSystemInfo(None, call)).UserName == "somebody@example.com"  # type: ignore[arg-type]


async def test_permissions(stub: Any, refused: Any) -> None:
    token = await api_token(stub, "allow_list", "allow_create_folder")
    mine = stub.under(token.token)
    await mine.FindFileByPath(pb.FindFileByPathRequest(path="/Cloud"))
    assert (await mine.CreateFolder(pb.CreateFolderRequest(parentPath="/Cloud", folderName="d"))).result.success
    for call in (
        mine.DeleteFile(pb.FileRequest(path="/Cloud/d")),
        mine.GetDownloadUrlPath(pb.GetDownloadUrlPathRequest(path="/Cloud/d")),
        mine.StartRemoteUpload(pb.StartRemoteUploadRequest(file_path="/Cloud/x")),
        mine.ListTokens(),
        mine.GetAllTasksCount(),
        mine.PushMessage().read(),
    ):
        async with refused("PERMISSION_DENIED"):
            await call
    async with refused("PERMISSION_DENIED", "allow_list"):
        await stub.under((await api_token(stub)).token).GetSubFiles(pb.ListSubFileRequest(path="/")).read()


async def test_the_given_api_token(emulator_factory: Callable[..., RunningEmulator]) -> None:
    emulator = emulator_factory(api_token="given-token")
    identity = emulator.world.identify("Bearer given-token")
    assert identity is not None
    assert identity.may("allow_push_message")
    assert emulator.api_token == "given-token"


async def test_the_life_of_an_api_token(emulator: RunningEmulator, stub: Any, refused: Any) -> None:
    made = await api_token(stub, "allow_view_runtime_info", expires_in=100)
    mine = stub.under(made.token)
    emulator.world.clock.advance(40)
    info = await stub.under(None).GetApiTokenInfo(pb.StringValue(value=made.token))
    assert (info.rootDir, info.friendly_name, info.permissions.allow_view_runtime_info) == ("/", "t", True)
    assert 55 <= info.expires_in <= 60
    assert [each.token for each in (await stub.ListTokens()).tokens] == [made.token]
    await stub.ModifyToken(pb.ModifyTokenRequest(token=made.token, friendly_name="u"))
    emulator.world.clock.advance(61)
    async with refused("UNAUTHENTICATED"):
        await mine.GetRuntimeInfo()
    async with refused("UNAUTHENTICATED"):
        await stub.GetApiTokenInfo(pb.StringValue(value=made.token))
    other = await api_token(stub, "allow_view_runtime_info", expires_in=100)
    changed = await stub.ModifyToken(pb.ModifyTokenRequest(token=other.token, expires_in=0))
    assert not changed.HasField("expires_in")
    emulator.world.clock.advance(1000)
    await stub.ModifyToken(pb.ModifyTokenRequest(token=other.token, permissions=pb.TokenPermissions()))
    async with refused("PERMISSION_DENIED"):
        await stub.under(other.token).GetRuntimeInfo()
    await stub.RemoveToken(pb.StringValue(value=other.token))
    async with refused("UNAUTHENTICATED"):
        await stub.under(other.token).GetRuntimeInfo()


async def test_a_root_is_all_a_token_sees(stub: Any, put: Any, refused: Any) -> None:
    for parent, name in (("/Cloud", "in"), ("/Cloud/in", "sub"), ("/Cloud", "out")):
        await stub.CreateFolder(pb.CreateFolderRequest(parentPath=parent, folderName=name))
    await put("/Cloud/in/f", b"1")
    await put("/Cloud/out/secret", b"2")
    everything = [field.name for field in pb.TokenPermissions.DESCRIPTOR.fields]
    mine = stub.under((await api_token(stub, *everything, root="/Cloud/in/")).token)

    async def find(path: str, parent: str = "") -> str:
        return str((await mine.FindFileByPath(pb.FindFileByPathRequest(parentPath=parent, path=path))).fullPathName)

    root = await mine.FindFileByPath(pb.FindFileByPathRequest(path="/"))
    assert (root.fullPathName, root.name, root.isRoot) == ("/", "/", True)
    listed = [e async for reply in mine.GetSubFiles(pb.ListSubFileRequest(path="/")) for e in reply.subFiles]
    assert [e.fullPathName for e in listed] == ["/f", "/sub"]
    assert await find("/f") == await find("/Cloud/in/f") == await find("f", "/Cloud/in") == await find("f", "/") == "/f"
    made = await mine.CreateFolder(pb.CreateFolderRequest(parentPath="/Cloud/in/sub", folderName="new"))
    assert made.result.resultFilePaths == ["/sub/new"]
    for path in ("/Cloud/out/secret", "/out/secret", "/Cloud", "/Cloud/in2"):
        async with refused("NOT_FOUND"):
            await find(path)
    for path in ("/../out/secret", "/Cloud/in/../out/secret", "/sub/../../out"):
        async with refused("INVALID_ARGUMENT"):
            await find(path)
    assert not (await mine.DeleteFile(pb.FileRequest(path="/"))).success
    assert not (await mine.RenameFile(pb.RenameFileRequest(theFilePath="/Cloud/in", newName="x"))).success
    async with refused("NOT_FOUND"):
        await mine.MoveFile(pb.MoveFileRequest(theFilePaths=["/f"], destPath="/Cloud/out"))
    theirs = (await stub.CreateFile(pb.CreateFileRequest(parentPath="/Cloud/out", fileName="open"))).fileHandle
    async with refused("NOT_FOUND"):
        await mine.CloseFile(pb.CloseFileRequest(fileHandle=theirs))


async def test_secrets_are_not_shown(emulator: RunningEmulator, stub: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        token = (await sign_in(stub)).token
        identity = emulator.world.identify(f"Bearer {token}")
    assert token not in repr(identity)
    assert token not in caplog.text
    assert SECRET not in repr(EmulatorOptions(totp_secret=SECRET))
