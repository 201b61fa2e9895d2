"""Signing in, tokens, and what the server says of itself (protocol.md §2, §17, §18)."""

from __future__ import annotations

import platform

from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import Call, CallError, Identity, Status
from clouddrive2.emulator.permissions import ALL_PERMISSIONS
from clouddrive2.emulator.versions import is_newer
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["AccountService"]

# Names longer than 8 characters are shown in part only (protocol.md §2.4).
MASKED_FROM, MASKED_SINCE = 9, "1.1.1"
BOUND_SINCE = "1.0.9"


class AccountService:
    """Signing in, tokens, what the account is, versions. There is one account: the server cannot be signed in to another."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def GetSystemInfo(self, request: Empty, call: Call) -> pb.CloudDriveSystemInfo:
        name = self._world.username
        info = pb.CloudDriveSystemInfo(
            IsLogin=self._world.account.signed_in, UserName=name, SystemReady=not self._world.is_starting
        )
        version = self._world.options.version
        info.supportsTwoWayBackup = not is_newer("1.1.0", version)
        info.supportsArchiveFolders = not is_newer("1.1.1", version)
        info.supportsPathFilterRules = not is_newer("1.1.2", version)
        if self._world.is_starting:
            info.SystemMessage = "clouds are being loaded"
        if is_newer(MASKED_SINCE, self._world.options.version):
            return info
        if len(name) >= MASKED_FROM:
            info.UserName = f"{name[:4]}***{name[-4:]}"
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
        return self._token_reply(identity)

    async def Login(self, request: pb.UserLoginRequest, call: Call) -> pb.FileOperationResult:
        if self._world.account.has_second_factor:
            return pb.FileOperationResult(success=False, errorMessage="this account needs a two-factor code as well")
        try:
            self._sign_server_in(request.userName, request.password, None, call)
        except PermissionError as error:
            return pb.FileOperationResult(success=False, errorMessage=str(error))
        return pb.FileOperationResult(success=True)

    async def LoginWith2FA(self, request: pb.LoginWith2FARequest, call: Call) -> pb.JWTToken:
        try:
            self._sign_server_in(request.userName, request.password, request.totp_code, call)
        except PermissionError as error:
            return pb.JWTToken(success=False, errorMessage=str(error))
        return self._token_reply(self._world.begin_session(call.peer))

    async def Logout(self, request: pb.UserLogoutRequest, call: Call) -> pb.FileOperationResult:
        if request.logoutFromCloudFS:
            self._world.sign_out("KICKEDOUT_BY_USER", "the server was signed out of its account")
        elif call.caller.token in self._world.token_details:
            return pb.FileOperationResult(success=False, errorMessage="an API token is no session; it is revoked by RemoveToken")
        else:
            self._world.end_sessions([call.caller.token], "KICKEDOUT_BY_USER", "signed out")
        return pb.FileOperationResult(success=True)

    async def GetApiTokenInfo(self, request: pb.StringValue, call: Call) -> pb.TokenInfo:
        identity = self._world.identify_token(request.value)
        if identity is None:
            raise CallError(Status.UNAUTHENTICATED, "this token is unknown or expired")
        return self._described(identity)

    async def CreateToken(self, request: pb.CreateTokenRequest, call: Call) -> pb.TokenInfo:
        info = pb.TokenInfo(
            rootDir=paths.normalise(request.rootDir or "/"),
            permissions=request.permissions,
            friendly_name=request.friendly_name,
            enableGrpcLog=request.enableGrpcLog if request.HasField("enableGrpcLog") else True,
            enableStreamFileLog=request.enableStreamFileLog if request.HasField("enableStreamFileLog") else True,
        )
        if request.expires_in:
            info.expires_in = request.expires_in
        return self._described(self._world.add_token(info))

    async def ModifyToken(self, request: pb.ModifyTokenRequest, call: Call) -> pb.TokenInfo:
        before = self._world.identify_token(request.token)
        info = self._world.token_details.get(request.token)
        if info is None or before is None:
            raise CallError(Status.NOT_FOUND, "there is no such token")
        changed = pb.TokenInfo()
        changed.CopyFrom(info)
        for field in ("rootDir", "friendly_name", "expires_in", "enableGrpcLog", "enableStreamFileLog"):
            if request.HasField(field):
                setattr(changed, field, getattr(request, field))
        if request.HasField("permissions"):
            changed.permissions.CopyFrom(request.permissions)
        keeps_end = not request.HasField("expires_in")
        return self._described(self._world.add_token(changed, expires_at=before.expires_at if keeps_end else None))

    async def RemoveToken(self, request: pb.StringValue, call: Call) -> Empty:
        if not self._world.remove_token(request.value):
            raise CallError(Status.NOT_FOUND, "there is no such token")
        return Empty()

    async def ListTokens(self, request: Empty, call: Call) -> pb.ListTokensResult:
        known = self._world.token_details
        return pb.ListTokensResult(tokens=[self._described(each) for each in self._world.live_tokens() if each.token in known])

    async def GetRuntimeInfo(self, request: Empty, call: Call) -> pb.RuntimeInfo:
        return pb.RuntimeInfo(
            productName="CloudDrive2 emulator",
            productVersion=self._world.options.version,
            CloudAPIVersion=self._world.options.version,
            osInfo=f"{platform.system()} {platform.machine()}",
        )

    async def GetAccountStatus(self, request: Empty, call: Call) -> pb.AccountStatusResult:
        account = self._world.account
        plan = pb.AccountPlan(planName="unlimited", description="everything the emulator has", planId="unlimited")
        status = pb.AccountStatusResult(
            userName=account.name,
            emailConfirmed="true" if account.confirmed else "false",
            accountBalance=account.balance,
            accountPlan=plan,
        )
        if not is_newer(BOUND_SINCE, self._world.options.version):
            status.boundDevices.extend(account.bound_devices)
            if account.subscription is not None:
                status.subscription.CopyFrom(account.subscription)
        return status

    def _sign_server_in(self, name: str, password: str, code: str | None, call: Call) -> None:
        account = self._world.account
        account.check(name, password, code, call.peer)
        account.signed_in = True
        account.keep()

    def _token_reply(self, identity: Identity) -> pb.JWTToken:
        reply = pb.JWTToken(success=True, token=identity.token)
        reply.expiration.FromMilliseconds(int((identity.expires_at or 0) * 1000))
        return reply

    def _described(self, identity: Identity) -> pb.TokenInfo:
        """A token with its text and the seconds it has left."""
        info = pb.TokenInfo(rootDir=identity.root)
        known = self._world.token_details.get(identity.token)
        if known is not None:
            info.CopyFrom(known)
        else:
            for name in ALL_PERMISSIONS:
                setattr(info.permissions, name, True)
        info.token = identity.token
        info.ClearField("expires_in")
        if identity.expires_at is not None:
            info.expires_in = max(0, int(identity.expires_at - self._world.clock()))
        return info
