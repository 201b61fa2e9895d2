"""Signing in to clouds: QR codes, tokens, cookies, one's own Google client, OAuth redirects (protocol.md §12.2, §12.3)."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Literal

from clouddrive2.api.cloud_accounts import CloudAccounts, set_proxies
from clouddrive2.errors import InvalidRequest, SignInRefused, Timeout
from clouddrive2.models.clouds import CloudAccount, GoogleSignIn, OAuthState, Proxy, QrLogin, QrLoginState
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller
from clouddrive2.transport.status import without_secrets

__all__ = ["AsyncCloudLogins", "QrCloud", "TokenCloud"]

QrCloud = Literal["115", "115open", "aliyun", "189", "guangyapan"]
TokenCloud = Literal["115open", "aliyun", "baidu", "onedrive", "google", "xunlei", "xunleiopen", "123pan"]

TokenRequest = (
    pb.Login115OpenOAuthRequest
    | pb.LoginAliyundriveOAuthRequest
    | pb.LoginBaiduPanOAuthRequest
    | pb.LoginOneDriveOAuthRequest
    | pb.LoginGoogleDriveOAuthRequest
    | pb.LoginXunleiOAuthRequest
    | pb.LoginXunleiOpenOAuthRequest
    | pb.Login123panOAuthRequest
)
TOKEN_CALLS: dict[str, tuple[str, Callable[..., TokenRequest]]] = {
    "115open": ("APILogin115OpenOAuth", pb.Login115OpenOAuthRequest),
    "aliyun": ("APILoginAliyundriveOAuth", pb.LoginAliyundriveOAuthRequest),
    "baidu": ("APILoginBaiduPanOAuth", pb.LoginBaiduPanOAuthRequest),
    "onedrive": ("APILoginOneDriveOAuth", pb.LoginOneDriveOAuthRequest),
    "google": ("ApiLoginGoogleDriveOAuth", pb.LoginGoogleDriveOAuthRequest),
    "xunlei": ("ApiLoginXunleiOAuth", pb.LoginXunleiOAuthRequest),
    "xunleiopen": ("ApiLoginXunleiOpenOAuth", pb.LoginXunleiOpenOAuthRequest),
    "123pan": ("ApiLogin123panOAuth", pb.Login123panOAuthRequest),
}
QR_CALLS: dict[str, str] = {
    "115": "APILogin115QRCode",
    "115open": "APILogin115OpenQRCode",
    "aliyun": "APILoginAliyunDriveQRCode",
    "189": "APILogin189QRCode",
    "guangyapan": "APILoginGuangYaPanQRCode",
}
GOOGLE_WAIT_SECONDS = 25
GOOGLE_SESSION_SECONDS = 20 * 60.0


class AsyncCloudLogins:
    """``client.cloud_logins``.

    The calls that end with a new account give it; ``None`` when none is new, as the account was there and has been renewed.
    None of them is repeated after a lost answer: look with ``client.clouds.list()``.

    Args:
        caller: Makes the calls.
        clock: Seconds, for the time a login may take.
    """

    def __init__(self, caller: Caller, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._caller = caller
        self._accounts = CloudAccounts(caller)
        self._clock = clock

    async def by_qr(
        self,
        cloud: QrCloud,
        *,
        platform: str | None = None,
        open_api: bool = False,
        timeout: float = 300.0,
        api_proxy: Proxy | None = None,
        data_proxy: Proxy | None = None,
    ) -> AsyncIterator[QrLogin]:
        """Sign in by scanning a code with the cloud's own app: the codes to show, and what becomes of them.

        A later code takes the place of an earlier one, which has expired. The last step is ``DONE``. Leaving earlier
        aborts the login. Source: ``protocol.md §12.3``.

        Args:
            cloud: Which cloud; ``guangyapan`` since 1.0.11.
            platform: Which of its apps the server poses as (115 only).
            open_api: Use the cloud's open interface (Aliyun only).
            timeout: Seconds until it is given up.
            api_proxy, data_proxy: For listing, and for content. Not for 115.

        Raises:
            SignInRefused: The cloud refuses, or the server ended the login without an account.
            Timeout: Nobody scanned it in time.
            Unsupported: The server is too old.
        """
        rpc, request = _qr_request(cloud, platform, open_api)
        if isinstance(request, pb.Login115QrCodeRequest):
            if api_proxy is not None or data_proxy is not None:
                raise InvalidRequest("a login to 115 by QR code takes no proxy; set it afterwards with clouds.update")
        else:
            set_proxies(request, api_proxy, data_proxy)
        before = {each.key for each in await self._accounts.all()}
        ends = self._clock() + timeout
        messages = self._caller.stream(rpc, request, pb.QRCodeScanMessage)
        async with aclosing(messages):
            while (message := await self._next(messages, ends, rpc, timeout)) is not None:
                if message.messageType == pb.ERROR:
                    raise SignInRefused(f"{rpc}: {without_secrets(message.message) or 'the login failed'}", rpc=rpc)
                if message.messageType == pb.CLOSE:
                    yield QrLogin(QrLoginState.DONE, message=message.message, account=await self._accounts.new_since(before))
                    return
                if message.messageType in (pb.SHOW_IMAGE, pb.SHOW_IMAGE_CONTENT):
                    yield QrLogin.shown(message)
                elif message.messageType == pb.CHANGE_STATUS:
                    yield QrLogin(QrLoginState.STATUS, message=message.message)
        # The stream just ended: whether that was a success the list of accounts tells.
        account = await self._accounts.new_since(before)
        if account is None:
            raise SignInRefused(f"{rpc}: the server ended the login, and no account is new; try again", rpc=rpc)
        yield QrLogin(QrLoginState.DONE, account=account)

    async def by_tokens(
        self,
        cloud: TokenCloud,
        refresh_token: str,
        access_token: str = "",
        *,
        expires_in: int = 0,
        api_proxy: Proxy | None = None,
        data_proxy: Proxy | None = None,
    ) -> CloudAccount | None:
        """Sign in with a pair of OAuth tokens.

        Args:
            cloud: Which cloud.
            refresh_token, access_token: The pair.
            expires_in: Seconds the access token is still good for.
            api_proxy, data_proxy: For listing, and for content.

        Raises:
            OperationFailed: The cloud refuses; its own text.
        """
        if cloud not in TOKEN_CALLS:
            raise InvalidRequest(f"no cloud '{cloud}' takes tokens; these do: {', '.join(TOKEN_CALLS)}")
        rpc, kind = TOKEN_CALLS[cloud]
        request = kind(refresh_token=refresh_token, access_token=access_token, expires_in=expires_in)
        set_proxies(request, api_proxy, data_proxy)
        return await self._accounts.added(rpc, request, "")

    async def by_aliyun_refresh_token(self, refresh_token: str, *, open_api: bool = False) -> CloudAccount | None:
        """Sign in to Aliyun Drive with a refresh token alone.

        Args:
            refresh_token: From its web page.
            open_api: Use the cloud's open interface.

        Raises:
            OperationFailed: The cloud refuses; its own text.
        """
        request = pb.LoginAliyundriveRefreshtokenRequest(refreshToken=refresh_token, useOpenAPI=open_api)
        return await self._accounts.added("APILoginAliyundriveRefreshtoken", request, "")

    async def by_google_refresh_token(
        self,
        client_id: str,
        client_secret: str,
        refresh_token: str,
        *,
        api_proxy: Proxy | None = None,
        data_proxy: Proxy | None = None,
    ) -> CloudAccount | None:
        """Sign in to Google Drive with a refresh token of one's own client.

        Raises:
            OperationFailed: Google refuses; its own text.
        """
        request = pb.LoginGoogleDriveRefreshTokenRequest(
            client_id=client_id, client_secret=client_secret, refresh_token=refresh_token
        )
        set_proxies(request, api_proxy, data_proxy)
        return await self._accounts.added("ApiLoginGoogleDriveRefreshToken", request, "")

    async def by_cookies(self, cookies: str) -> CloudAccount | None:
        """Sign in to 115 with the cookies of a browser.

        Args:
            cookies: What the browser extension EditThisCookie exports: JSON, a list of cookies.

        Raises:
            InvalidRequest: It is no such export.
            OperationFailed: The cloud refuses; its own text.
        """
        try:
            found = json.loads(cookies)
        except ValueError as error:
            raise InvalidRequest("the cookies are no JSON: export them with the extension EditThisCookie") from error
        if not isinstance(found, list) or not all(isinstance(each, dict) and "name" in each for each in found):
            raise InvalidRequest("the cookies are no list of cookies: export them with the extension EditThisCookie")
        request = pb.Login115EditthiscookieRequest(editThiscookieString=cookies)
        return await self._accounts.added("APILogin115Editthiscookie", request, "")

    async def start_google(
        self,
        client_id: str,
        client_secret: str,
        *,
        return_url: str | None = None,
        api_proxy: Proxy | None = None,
        data_proxy: Proxy | None = None,
    ) -> GoogleSignIn:
        """Begin a login to Google Drive with one's own client: the page to open. Since 1.1.0.

        Args:
            client_id, client_secret: Of the client made in Google's console.
            return_url: Where the browser goes afterwards.
            api_proxy, data_proxy: For listing, and for content.

        Raises:
            SignInRefused: With a ``reason``.
            Unsupported: The server is too old.
        """
        request = pb.LoginGoogleDriveStartRequest(client_id=client_id, client_secret=client_secret, return_url=return_url)
        set_proxies(request, api_proxy, data_proxy)
        reply = await self._caller.unary("ApiLoginGoogleDriveStart", request, pb.LoginGoogleDriveStartResult)
        return GoogleSignIn(reply.session_id, reply.auth_url)

    async def finish_google(
        self, sign_in: GoogleSignIn, *, redirected_url: str = "", timeout: float = GOOGLE_SESSION_SECONDS
    ) -> CloudAccount | None:
        """Wait until the person has agreed in the browser. Since 1.1.0.

        Args:
            sign_in: From :meth:`start_google`.
            redirected_url: Where the browser was sent, pasted from its address line, when it runs on another machine.
            timeout: Seconds until it is given up; the server keeps it for 20 minutes.

        Raises:
            SignInRefused: With a ``reason``.
            Timeout: Nobody agreed in time.
        """
        rpc, ends = "ApiLoginGoogleDriveFinish", self._clock() + timeout
        before = {each.key for each in await self._accounts.all()}
        while (left := ends - self._clock()) > 0:
            request = pb.LoginGoogleDriveFinishRequest(
                session_id=sign_in.session,
                redirected_url=redirected_url,
                wait_seconds=min(GOOGLE_WAIT_SECONDS, math.ceil(left)),
            )
            reply = await self._caller.unary(rpc, request, pb.LoginGoogleDriveFinishResult)
            if reply.done:
                return await self._accounts.new_since(before)
        raise Timeout(f"{rpc}: nobody has agreed within {timeout:g} s; begin again", rpc=rpc)

    async def oauth_state(
        self, kind: str, return_url: str, *, device_id: str | None = None, code_verifier: str | None = None
    ) -> OAuthState:
        """A signed ``state`` for a login page that redirects to the server. Since 1.0.9; ``code_verifier`` since 1.0.11.

        Args:
            kind: The cloud's word for itself, as the login page wants it.
            return_url: Where the browser goes afterwards.
            device_id: Which of the account's devices gets the answer.
            code_verifier: For PKCE.

        Raises:
            OperationFailed: The server refuses, and says why.
        """
        request = pb.CreateOAuthStateRequest(
            oauth_type=kind, return_url=return_url, device_id=device_id, code_verifier=code_verifier
        )
        reply = await self._caller.unary("CreateOAuthState", request, pb.CreateOAuthStateResult)
        return OAuthState(reply.state, reply.expires_in)

    async def _next(
        self, messages: AsyncGenerator[pb.QRCodeScanMessage, None], ends: float, rpc: str, timeout: float
    ) -> pb.QRCodeScanMessage | None:
        try:
            async with asyncio.timeout(max(0.0, ends - self._clock())):
                return await anext(messages, None)
        except TimeoutError as error:
            if isinstance(error, Timeout):
                raise
            raise Timeout(f"{rpc}: nobody has signed in within {timeout:g} s; try again", rpc=rpc) from error


QrRequest = (
    pb.Login115QrCodeRequest
    | pb.Login115OpenQRCodeRequest
    | pb.LoginAliyundriveQRCodeRequest
    | pb.Login189QRCodeRequest
    | pb.LoginGuangYaPanQRCodeRequest
)


def _qr_request(cloud: str, platform: str | None, open_api: bool) -> tuple[str, QrRequest]:
    if cloud not in QR_CALLS:
        raise InvalidRequest(f"no cloud '{cloud}' has QR codes; these have: {', '.join(QR_CALLS)}")
    requests: dict[str, Callable[[], QrRequest]] = {
        "115": lambda: pb.Login115QrCodeRequest(platformString=platform),
        "115open": pb.Login115OpenQRCodeRequest,
        "aliyun": lambda: pb.LoginAliyundriveQRCodeRequest(useOpenAPI=open_api),
        "189": pb.Login189QRCodeRequest,
        "guangyapan": pb.LoginGuangYaPanQRCodeRequest,
    }
    return QR_CALLS[cloud], requests[cloud]()
