"""The account's second factor (protocol.md §2.9)."""

from __future__ import annotations

import base64
import secrets
from urllib.parse import quote, urlencode

import segno
from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.totp import totp
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["TwoFactorService"]

CODES = 10


class TwoFactorService:
    """Check2FAStatus, Setup2FA, Enable2FA, Disable2FA, the recovery codes. What is set up survives a restart."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._begun: str | None = None
        if kept := world.state.load("two_factor"):
            world.options.totp_secret, world.account.recovery_codes = kept["secret"], set(kept["codes"])

    async def Check2FAStatus(self, request: Empty, call: Call) -> pb.TwoFactorAuthStatusResult:
        return pb.TwoFactorAuthStatusResult(two_factor_enabled=self._world.account.has_second_factor)

    async def Setup2FA(self, request: pb.Setup2FARequest, call: Call) -> pb.TwoFactorAuthSetupResult:
        if not self._world.account.has_password(request.password):
            raise CallError(Status.PERMISSION_DENIED, "wrong password")
        self._begun = base64.b32encode(secrets.token_bytes(20)).decode()
        return pb.TwoFactorAuthSetupResult(secret=self._begun, qr_code=self._picture(self._begun), manual_entry_key=self._begun)

    async def Enable2FA(self, request: pb.TwoFactorAuthCodeRequest, call: Call) -> pb.TwoFactorAuthEnableResult:
        if self._begun is None:
            raise CallError(Status.INVALID_ARGUMENT, "no second factor was set up")
        now = self._world.clock()
        if request.totp_code not in [totp(self._begun, now + drift) for drift in (-30, 0, 30)]:
            raise CallError(Status.INVALID_ARGUMENT, "wrong two-factor code")
        self._world.options.totp_secret, self._begun = self._begun, None
        return pb.TwoFactorAuthEnableResult(recovery_codes=self._fresh_codes())

    async def Disable2FA(self, request: pb.TwoFactorAuthCodeRequest, call: Call) -> pb.TwoFactorAuthMessageResult:
        self._check(request.totp_code)
        self._world.account.forget_second_factor()
        return pb.TwoFactorAuthMessageResult()

    async def GetRecoveryCodes(self, request: pb.TwoFactorAuthCodeRequest, call: Call) -> pb.TwoFactorAuthRecoveryCodesResult:
        self._check(request.totp_code)
        codes = sorted(self._world.account.recovery_codes)
        return pb.TwoFactorAuthRecoveryCodesResult(recovery_codes=codes, total=len(codes))

    async def RegenerateRecoveryCodes(
        self, request: pb.TwoFactorAuthCodeRequest, call: Call
    ) -> pb.TwoFactorAuthRecoveryCodesResult:
        self._check(request.totp_code)
        codes = self._fresh_codes()
        return pb.TwoFactorAuthRecoveryCodesResult(recovery_codes=codes, total=len(codes))

    def _picture(self, secret: str) -> str:
        """What an authenticator scans, as a data URL with a PNG."""
        label, query = quote(f"CloudDrive2:{self._world.username}"), urlencode({"secret": secret, "issuer": "CloudDrive2"})
        return str(segno.make_qr(f"otpauth://totp/{label}?{query}").png_data_uri(scale=4))

    def _check(self, code: str) -> None:
        if not self._world.account.has_second_factor or not self._world.account.second_factor(code):
            raise CallError(Status.INVALID_ARGUMENT, "wrong two-factor code")

    def _fresh_codes(self) -> list[str]:
        codes = [secrets.token_hex(4) for _ in range(CODES)]
        self._world.account.recovery_codes = set(codes)
        self._world.account.keep_two_factor()
        return codes
