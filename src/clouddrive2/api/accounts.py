"""The account of the server: what it is, its password, its second factor (protocol.md §2.9, §18.4)."""

from __future__ import annotations

from google.protobuf.empty_pb2 import Empty

from clouddrive2.errors import ConfigError
from clouddrive2.models.accounts import AccountDeletion, AccountStatus, TwoFactorSetup
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

    # The server and its account

    async def sign_in_server(self, username: str, password: str, *, code: str | None = None) -> None:
        """Sign the server itself in to an account, as a fresh one has to be before it can do anything.

        Needs no token. The client goes on as whom it was made; give it the same name and password.

        Args:
            username, password: The account's.
            code: Its second factor, when it has one.

        Raises:
            Refused: They are wrong, or a code is needed: :class:`Unauthenticated` with a code, else :class:`OperationFailed`.
        """
        if code is None:
            request = pb.UserLoginRequest(userName=username, password=password)
            await self._caller.unary("Login", request, pb.FileOperationResult)
            return
        with_code = pb.LoginWith2FARequest(userName=username, password=password, totp_code=code)
        await self._caller.unary("LoginWith2FA", with_code, pb.JWTToken)

    async def sign_out_server(self) -> None:
        """Sign the server out of its account: its clouds and mounts go, and every client is signed out, this one too.

        :meth:`sign_in_server` brings them back.

        Raises:
            PermissionDenied: The token may not change the account.
        """
        await self._caller.unary("Logout", pb.UserLogoutRequest(logoutFromCloudFS=True), pb.FileOperationResult)

    # Password and e-mail

    async def change_password(self, old: str, new: str, *, code: str | None = None) -> None:
        """Another password. Every session ends, the caller's own too; API tokens stay.

        A client that was made with the old one cannot go on; make another.

        Args:
            old, new: Both in clear; the server hashes them.
            code: The second factor, when the account has one.

        Raises:
            OperationFailed: The old one or the code is wrong, or the new one will not do.
            PermissionDenied: The token may not change the account.
        """
        request = pb.ChangePasswordRequest(oldPassword=old, newPassword=new, totpCode=code)
        await self._caller.unary("ChangePassword", request, pb.FileOperationResult)

    async def send_email_change(self, email: str, password: str) -> None:
        """Mail a code to the address the account shall have; :meth:`change_email` takes it.

        Raises:
            PermissionDenied: The password is wrong, or the token may not change the account.
            InvalidRequest: That is no address.
        """
        request = pb.SendChangeEmailCodeRequest(newEmail=email, password=password)
        await self._caller.unary("SendChangeEmailCode", request, Empty)

    async def change_email(self, email: str, password: str, mailed: str, *, code: str | None = None) -> None:
        """Another address, which is the name to sign in with from now on.

        Args:
            email: As given to :meth:`send_email_change`.
            password: The account's.
            mailed: What the mail says.
            code: The second factor, when the account has one.

        Raises:
            InvalidRequest: The mailed code is wrong, or holds no longer.
            PermissionDenied: Password or code are wrong, or the token may not change the account.
        """
        request = pb.ChangeEmailRequest(newEmail=email, password=password, changeCode=mailed, totpCode=code)
        await self._caller.unary("ChangeEmail", request, Empty)

    async def send_email_confirmation(self) -> None:
        """Mail a code to the account's address; :meth:`confirm_email` takes it."""
        await self._caller.unary("SendConfirmEmail", Empty(), Empty)

    async def confirm_email(self, mailed: str) -> None:
        """Show that the address is right.

        Raises:
            InvalidRequest: The code is wrong, or holds no longer.
        """
        await self._caller.unary("ConfirmEmail", pb.ConfirmEmailRequest(confirmCode=mailed), Empty)

    async def send_password_reset(self, email: str) -> None:
        """Mail a code to an account whose password is forgotten; :meth:`reset_password` takes it. Needs no token.

        Whether there is such an account need not be told.
        """
        await self._caller.unary("SendResetAccountEmail", pb.SendResetAccountEmailRequest(email=email), Empty)

    async def reset_password(self, mailed: str, new: str) -> None:
        """A new password for one that is forgotten; every session ends. Needs no token.

        Raises:
            InvalidRequest: The code is wrong, or holds no longer; or the new password will not do.
        """
        await self._caller.unary("ResetAccount", pb.ResetAccountRequest(resetCode=mailed, newPassword=new), Empty)

    # Second factor

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
        return TwoFactorSetup.from_proto(reply, (await self.status()).name)

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

    async def recovery_codes(self, code: str) -> Codes:
        """The recovery codes that are left.

        Args:
            code: Of the authenticator; a recovery code is used up by this.

        Raises:
            InvalidRequest: The code is wrong.
        """
        request = pb.TwoFactorAuthCodeRequest(totp_code=code)
        reply = await self._caller.unary("GetRecoveryCodes", request, pb.TwoFactorAuthRecoveryCodesResult)
        return tuple(reply.recovery_codes)

    async def send_two_factor_removal(self, email: str) -> None:
        """Mail a code to an account whose authenticator is lost; :meth:`remove_two_factor` takes it. Needs no token.

        Servers older than 1.0.9 answer :class:`clouddrive2.Unsupported`.
        """
        await self._caller.unary("SendDisable2FAEmail", pb.SendDisable2FAEmailRequest(email=email), Empty)

    async def remove_two_factor(self, mailed: str, password: str) -> None:
        """Sign in without a second factor again, as the authenticator is lost. Needs no token.

        Raises:
            InvalidRequest: The mailed code is wrong, or holds no longer.
            PermissionDenied: The password is wrong.
            Unsupported: The server is older than 1.0.9.
        """
        request = pb.Disable2FAByEmailRequest(disable_code=mailed, password=password)
        await self._caller.unary("Disable2FAByEmail", request, Empty)

    # Deletion

    async def send_deletion(self) -> AccountDeletion:
        """Mail a code for :meth:`delete`, and say what would go with the account. Nothing is deleted by this.

        While a code holds, the same one is mailed again. Servers older than 1.0.14 answer :class:`clouddrive2.Unsupported`.

        Raises:
            OperationFailed: A subscription still renews; its store ends it.
            PermissionDenied: The token may not change the account.
        """
        reply = await self._caller.unary("SendDeleteAccountEmail", Empty(), pb.DeleteAccountPreflightResult)
        return AccountDeletion.from_proto(reply)

    async def delete(
        self, name: str, mailed: str, password: str, *, code: str | None = None, forfeit_balance: bool = False
    ) -> None:
        """Delete the account for good. Nothing brings it back; every client of every server of it is signed out.

        Args:
            name: The account's name, so that it cannot be another than the caller means.
            mailed: What the mail of :meth:`send_deletion` says.
            password: The account's.
            code: Of the authenticator, when the account has a second factor; a recovery code will not do.
            forfeit_balance: Give up the credit there is; without it an account with credit stays.

        Raises:
            ConfigError: The server is signed in to an account of another name; nothing was sent.
            InvalidRequest: The mailed code is wrong, or holds no longer.
            OperationFailed: There is credit, and it is not given up.
            PermissionDenied: Password or code are wrong, or the token may not see or change the account.
        """
        if name != (actual := (await self.status()).name):
            raise ConfigError(f"the server is signed in to {actual}, not to {name}; nothing was deleted")
        request = pb.DeleteAccountRequest(delete_code=mailed, password=password, totp_code=code, forfeit_balance=forfeit_balance)
        await self._caller.unary("DeleteAccount", request, Empty)
