"""Adding cloud accounts (protocol.md §12.2). Kinds with an account at a vendor get an empty store of the emulator's own."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.cloud_accounts import LOCAL_FOLDER, CloudAccounts
from clouddrive2.emulator.logins import Logins, account_id
from clouddrive2.emulator.tree import Refusal
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["CloudLoginsService"]

STATE_SECONDS = 600


class CloudLoginsService:
    """All of ``APILogin…``, APIAddLocalFolder, OAuth, discovery of file servers."""

    def __init__(self, world: World, accounts: CloudAccounts, logins: Logins) -> None:
        self._world = world
        self._accounts = accounts
        self._logins = logins

    # Storage servers

    async def APIAddLocalFolder(self, request: pb.AddLocalFolderRequest, call: Call) -> pb.APILoginResult:
        folder = Path(request.localFolderPath)
        if not folder.is_absolute():
            return _refused("the path of a local folder must be absolute")
        folder = await asyncio.to_thread(folder.resolve)
        if not await asyncio.to_thread(folder.is_dir):
            return _refused(f"{request.localFolderPath} does not exist, or is no folder")
        name = request.displayName or folder.name or "root"
        return await self._add(LOCAL_FOLDER, str(folder), name, folder=folder)

    async def APILoginWebDav(self, request: pb.LoginWebDavRequest, call: Call) -> pb.APILoginResult:
        parts = urlsplit(request.serverUrl)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return _refused("the address of a WebDAV server begins with http:// or https://")
        return await self._behind("WebDAV", f"{request.userName}@{parts.hostname}", parts.hostname)

    async def APILoginS3(self, request: pb.LoginS3Request, call: Call) -> pb.APILoginResult:
        if problem := _missing(request, "accessKeyId", "secretAccessKey", "region", "bucket"):
            return _refused(problem)
        if request.HasField("signatureVersion") and request.signatureVersion not in (2, 4):
            return _refused("the signature version is 2 or 4")
        return await self._behind("S3", f"{request.accessKeyId}@{request.bucket}", request.bucket)

    async def APILoginSftp(self, request: pb.LoginSftpRequest, call: Call) -> pb.APILoginResult:
        if problem := _missing(request, "host", "userName"):
            return _refused(problem)
        if not (request.password or request.privateKey):
            return _refused("a password or a private key is needed")
        return await self._behind("SFTP", f"{request.userName}@{request.host}", request.host)

    async def APILoginFtp(self, request: pb.LoginFtpRequest, call: Call) -> pb.APILoginResult:
        if problem := _missing(request, "host"):
            return _refused(problem)
        return await self._behind("FTP", f"{request.userName}@{request.host}", request.host)

    async def APILoginSmb(self, request: pb.LoginSmbRequest, call: Call) -> pb.APILoginResult:
        if problem := _missing(request, "server", "share"):
            return _refused(problem)
        return await self._behind("SMB", f"{request.userName}@{request.server}/{request.share}", request.share)

    async def APILoginCloudDrive(self, request: pb.LoginCloudDriveRequest, call: Call) -> pb.APILoginResult:
        if problem := _missing(request, "grpcUrl", "token"):
            return _refused(problem)
        host = urlsplit(request.grpcUrl).hostname or request.grpcUrl
        return await self._behind("CloudDrive", f"{host}-{account_id(request.token)}", host)

    # Vendors' accounts

    async def APILogin115OpenOAuth(self, request: pb.Login115OpenOAuthRequest, call: Call) -> pb.APILoginResult:
        return await self._by_token("115open", request.refresh_token)

    async def APILoginAliyundriveOAuth(self, request: pb.LoginAliyundriveOAuthRequest, call: Call) -> pb.APILoginResult:
        return await self._by_token("AliyunDriveOpen", request.refresh_token)

    async def APILoginAliyundriveRefreshtoken(
        self, request: pb.LoginAliyundriveRefreshtokenRequest, call: Call
    ) -> pb.APILoginResult:
        return await self._by_token("AliyunDriveOpen" if request.useOpenAPI else "AliyunDrive", request.refreshToken)

    async def APILoginBaiduPanOAuth(self, request: pb.LoginBaiduPanOAuthRequest, call: Call) -> pb.APILoginResult:
        return await self._by_token("BaiduPan", request.refresh_token)

    async def APILoginOneDriveOAuth(self, request: pb.LoginOneDriveOAuthRequest, call: Call) -> pb.APILoginResult:
        return await self._by_token("OneDrive", request.refresh_token)

    async def ApiLoginGoogleDriveOAuth(self, request: pb.LoginGoogleDriveOAuthRequest, call: Call) -> pb.APILoginResult:
        return await self._by_token("GoogleDrive", request.refresh_token)

    async def ApiLoginGoogleDriveRefreshToken(
        self, request: pb.LoginGoogleDriveRefreshTokenRequest, call: Call
    ) -> pb.APILoginResult:
        if problem := _missing(request, "client_id", "client_secret"):
            return _refused(problem)
        return await self._by_token("GoogleDrive", request.refresh_token)

    async def ApiLoginXunleiOAuth(self, request: pb.LoginXunleiOAuthRequest, call: Call) -> pb.APILoginResult:
        return await self._by_token("Xunlei", request.refresh_token)

    async def ApiLoginXunleiOpenOAuth(self, request: pb.LoginXunleiOpenOAuthRequest, call: Call) -> pb.APILoginResult:
        return await self._by_token("XunleiOpen", request.refresh_token)

    async def ApiLogin123panOAuth(self, request: pb.Login123panOAuthRequest, call: Call) -> pb.APILoginResult:
        return await self._by_token("123pan", request.refresh_token)

    async def APILoginGuangYaPanOAuth(self, request: pb.LoginGuangYaPanOAuthRequest, call: Call) -> pb.APILoginResult:
        return _refused("this login is reserved; scan a code instead")

    async def APILogin115Editthiscookie(self, request: pb.Login115EditthiscookieRequest, call: Call) -> pb.APILoginResult:
        try:
            cookies = {each["name"]: each["value"] for each in json.loads(request.editThiscookieString)}
        except (ValueError, TypeError, KeyError):
            return _refused("the cookies cannot be read")
        if "UID" not in cookies:
            return _refused("the cookie UID is missing: sign in to 115 in the browser first")
        return await self._add("115", account_id(str(cookies["UID"])), "115")

    # Codes to scan

    async def APILogin115QRCode(self, request: pb.Login115QrCodeRequest, call: Call) -> AsyncIterator[pb.QRCodeScanMessage]:
        async for message in self._logins.qr("115"):
            yield message

    async def APILogin115OpenQRCode(
        self, request: pb.Login115OpenQRCodeRequest, call: Call
    ) -> AsyncIterator[pb.QRCodeScanMessage]:
        async for message in self._logins.qr("115open"):
            yield message

    async def APILoginAliyunDriveQRCode(
        self, request: pb.LoginAliyundriveQRCodeRequest, call: Call
    ) -> AsyncIterator[pb.QRCodeScanMessage]:
        async for message in self._logins.qr("AliyunDriveOpen" if request.useOpenAPI else "AliyunDrive"):
            yield message

    async def APILogin189QRCode(self, request: pb.Login189QRCodeRequest, call: Call) -> AsyncIterator[pb.QRCodeScanMessage]:
        async for message in self._logins.qr("189Cloud"):
            yield message

    async def APILoginGuangYaPanQRCode(
        self, request: pb.LoginGuangYaPanQRCodeRequest, call: Call
    ) -> AsyncIterator[pb.QRCodeScanMessage]:
        async for message in self._logins.qr("GuangYaPan"):
            yield message

    # A browser in between

    async def ApiLoginGoogleDriveStart(
        self, request: pb.LoginGoogleDriveStartRequest, call: Call
    ) -> pb.LoginGoogleDriveStartResult:
        return self._logins.begin_google(request)

    async def ApiLoginGoogleDriveFinish(
        self, request: pb.LoginGoogleDriveFinishRequest, call: Call
    ) -> pb.LoginGoogleDriveFinishResult:
        return await self._logins.finish_google(request)

    async def CreateOAuthState(self, request: pb.CreateOAuthStateRequest, call: Call) -> pb.CreateOAuthStateResult:
        if problem := _missing(request, "oauth_type", "return_url"):
            return pb.CreateOAuthStateResult(error_message=problem)
        ends = int(self._world.clock()) + STATE_SECONDS
        said = json.dumps([request.oauth_type, request.return_url, request.device_id, ends]).encode()
        signature = hmac.digest(self._world.signing_key, said, "sha256")
        state = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (said, signature))
        return pb.CreateOAuthStateResult(success=True, state=state, expires_in=STATE_SECONDS)

    # File servers in the network

    async def DiscoverSmbServers(self, request: Empty, call: Call) -> pb.DiscoverSmbServersResult:
        servers = [pb.SmbServerInfo(name=name, address=name) for name in self._logins.shares]
        return pb.DiscoverSmbServersResult(servers=servers)

    async def DiscoverSmbShares(self, request: pb.DiscoverSmbSharesRequest, call: Call) -> pb.DiscoverSmbSharesResult:
        if request.server not in self._logins.shares:
            raise CallError(Status.NOT_FOUND, f"there is no file server {request.server}")
        return pb.DiscoverSmbSharesResult(shareNames=self._logins.shares[request.server])

    async def _by_token(self, kind: str, refresh_token: str) -> pb.APILoginResult:
        if not refresh_token:
            return _refused("the refresh token is missing")
        return await self._add(kind, account_id(refresh_token), kind)

    async def _behind(self, kind: str, account: str, name: str) -> pb.APILoginResult:
        """A storage server: there only when the emulator was told to have a store behind this kind."""
        if kind not in self._accounts.backed:
            return _refused(f"the emulator has no {kind} storage behind it, and reaches none")
        return await self._add(kind, account, name)

    async def _add(self, kind: str, account: str, name: str, *, folder: Path | None = None) -> pb.APILoginResult:
        try:
            await self._accounts.add(kind, account, name, folder=folder)
        except Refusal as error:
            return _refused(str(error))
        return pb.APILoginResult(success=True)


def _refused(text: str) -> pb.APILoginResult:
    return pb.APILoginResult(success=False, errorMessage=text)


def _missing(request: object, *fields: str) -> str | None:
    lacking = [field for field in fields if not getattr(request, field)]
    return f"{', '.join(lacking)} missing" if lacking else None
