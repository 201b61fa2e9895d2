"""Signing in, tokens, and what the server says of itself (protocol.md §2, §17, §18)."""

from __future__ import annotations

import platform
from typing import Any

from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["AccountService"]

MASKED_FROM = 9


class AccountService:
    """Accounts, tokens, versions."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def GetSystemInfo(self, request: Empty, call: Call) -> pb.CloudDriveSystemInfo:
        name = self._world.username
        masked = f"{name[:4]}***{name[-4:]}" if len(name) >= MASKED_FROM else name
        info = pb.CloudDriveSystemInfo(IsLogin=True, UserName=masked, SystemReady=True)
        info.supportsTwoWayBackup = False
        if call.identity is not None and call.identity.may("allow_get_memberships"):
            info.fullUserName = name
        return info

    async def GetToken(self, request: pb.GetTokenRequest, call: Call) -> pb.JWTToken:
        code = request.totpCode if request.HasField("totpCode") else None
        try:
            identity = self._world.sign_in(request.userName, request.password, code, call.peer)
        except PermissionError as error:
            if self._world.options.wrong_password_is_status:
                raise CallError(Status.UNAUTHENTICATED, str(error)) from error
            return pb.JWTToken(success=False, errorMessage=str(error))
        reply = pb.JWTToken(success=True, token=identity.token)
        reply.expiration.FromMilliseconds(int((identity.expires_at or 0) * 1000))
        return reply

    async def GetApiTokenInfo(self, request: pb.StringValue, call: Call) -> pb.TokenInfo:
        identity = self._world.identify_token(request.value)
        if identity is None:
            raise CallError(Status.UNAUTHENTICATED, "this token is unknown or expired")
        info = pb.TokenInfo()
        known = self._world.token_details.get(request.value)
        if known is not None:
            info.CopyFrom(known)
        else:
            info.rootDir = identity.root
            for field in pb.TokenPermissions.DESCRIPTOR.fields:
                setattr(info.permissions, field.name, True)
        info.token = request.value
        info.ClearField("expires_in")
        if identity.expires_at is not None:
            info.expires_in = max(0, int(identity.expires_at - self._world.clock()))
        return info

    async def CreateToken(self, request: pb.CreateTokenRequest, call: Call) -> pb.TokenInfo:
        info = pb.TokenInfo(
            rootDir=request.rootDir or "/",
            permissions=request.permissions,
            friendly_name=request.friendly_name,
            enableGrpcLog=request.enableGrpcLog,
            enableStreamFileLog=request.enableStreamFileLog,
        )
        if request.HasField("expires_in"):
            info.expires_in = request.expires_in
        self._world.add_token(info)
        return info

    async def ModifyToken(self, request: pb.ModifyTokenRequest, call: Call) -> pb.TokenInfo:
        info = self._world.token_details.get(request.token)
        if info is None:
            raise CallError(Status.NOT_FOUND, "there is no such token")
        for field in ("rootDir", "friendly_name", "expires_in", "enableGrpcLog", "enableStreamFileLog"):
            if request.HasField(field):
                setattr(info, field, getattr(request, field))
        if request.HasField("permissions"):
            info.permissions.CopyFrom(request.permissions)
        self._world.add_token(info)
        return info

    async def RemoveToken(self, request: pb.StringValue, call: Call) -> Empty:
        if not self._world.remove_token(request.value):
            raise CallError(Status.NOT_FOUND, "there is no such token")
        return Empty()

    async def ListTokens(self, request: Empty, call: Call) -> pb.ListTokensResult:
        return pb.ListTokensResult(tokens=self._world.token_details.values())

    async def GetRuntimeInfo(self, request: Empty, call: Call) -> pb.RuntimeInfo:
        return pb.RuntimeInfo(
            productName="CloudDrive2 emulator",
            productVersion=self._world.options.version,
            CloudAPIVersion=self._world.options.version,
            osInfo=f"{platform.system()} {platform.machine()}",
        )

    async def GetAccountStatus(self, request: Empty, call: Call) -> pb.AccountStatusResult:
        plan = pb.AccountPlan(planName="unlimited", description="everything the emulator has", planId="unlimited")
        return pb.AccountStatusResult(userName=self._world.username, emailConfirmed="true", accountPlan=plan)

    async def GetAllCloudApis(self, request: Empty, call: Call) -> pb.CloudAPIList:
        apis: list[Any] = [self._world.account_of(cloud) for cloud in self._world.clouds.values()]
        return pb.CloudAPIList(apis=apis)
