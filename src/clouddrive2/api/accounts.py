"""The account of the server: what it is, its password, its second factor (protocol.md §2.9, §18.4)."""

from __future__ import annotations

from google.protobuf.empty_pb2 import Empty

from clouddrive2.models.accounts import AccountStatus, TwoFactorSetup
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["AsyncAccounts"]

Codes = tuple[str, ...]


class AsyncAccounts:
    """``client.accounts``. Nothing here that changes something is repeated after a lost answer."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def status(self) -> AccountStatus:
        """Name, plan and credit. May be repeated.

        Raises:
            PermissionDenied: The token may not see the account.
        """
        return AccountStatus.from_proto(await self._caller.unary("GetAccountStatus", Empty(), pb.AccountStatusResult))

    async def has_two_factor(self) -> bool:
        """Whether signing in needs a second factor. May be repeated."""
        reply = await self._caller.unary("Check2FAStatus", Empty(), pb.TwoFactorAuthStatusResult)
        return reply.two_factor_enabled

    async def set_up_two_factor(self, password: str) -> TwoFactorSetup:
        """Begin a second factor; it counts once :meth:`enable_two_factor` has seen a code.

        Args:
            password: The account's.

        Raises:
            PermissionDenied: The password is wrong, or the token may not.
        """
        reply = await self._caller.unary("Setup2FA", pb.Setup2FARequest(password=password), pb.TwoFactorAuthSetupResult)
        return TwoFactorSetup(reply.secret, (await self.status()).name)

    async def enable_two_factor(self, code: str) -> Codes:
        """Confirm it by a code of the authenticator; the recovery codes, shown only now, each good for one sign-in.

        Raises:
            InvalidRequest: The code is wrong, or nothing was begun.
        """
        request = pb.TwoFactorAuthCodeRequest(totp_code=code)
        return tuple((await self._caller.unary("Enable2FA", request, pb.TwoFactorAuthEnableResult)).recovery_codes)

    async def disable_two_factor(self, code: str) -> None:
        """Sign in without a second factor again.

        Raises:
            InvalidRequest: The code is wrong.
        """
        request = pb.TwoFactorAuthCodeRequest(totp_code=code)
        await self._caller.unary("Disable2FA", request, pb.TwoFactorAuthMessageResult)

    async def new_recovery_codes(self, code: str) -> Codes:
        """Other recovery codes in place of those there are.

        Raises:
            InvalidRequest: The code is wrong.
        """
        request = pb.TwoFactorAuthCodeRequest(totp_code=code)
        reply = await self._caller.unary("RegenerateRecoveryCodes", request, pb.TwoFactorAuthRecoveryCodesResult)
        return tuple(reply.recovery_codes)
