"""The account's password and address, and what its mail is good for (protocol.md §2.9, §18.4)."""

from __future__ import annotations

from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["CredentialsService"]


class CredentialsService:
    """ChangePassword, ChangeEmail, ConfirmEmail, ResetAccount, Disable2FAByEmail, DeleteAccount; the mail with a code for each.

    Mail goes to ``Emulator.account.mails``. Nobody is told whether an address is the account's: none other gets mail.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    async def ChangePassword(self, request: pb.ChangePasswordRequest, call: Call) -> pb.FileOperationResult:
        try:
            self._check_password(request.oldPassword, request, call)
            _check_new_password(request.newPassword)
        except CallError as error:
            if error.code == Status.RESOURCE_EXHAUSTED:
                raise
            return pb.FileOperationResult(success=False, errorMessage=error.details)
        self._world.set_password(request.newPassword)
        return pb.FileOperationResult(success=True)

    async def SendChangeEmailCode(self, request: pb.SendChangeEmailCodeRequest, call: Call) -> Empty:
        _check_email(request.newEmail)
        if not self._world.account.has_password(request.password):
            raise CallError(Status.PERMISSION_DENIED, "wrong password")
        self._world.account.send("change", request.newEmail)
        return Empty()

    async def ChangeEmail(self, request: pb.ChangeEmailRequest, call: Call) -> Empty:
        account = self._world.account
        account.check_code("change", request.changeCode, call.peer, to=request.newEmail)
        self._check_password(request.password, request, call)
        account.use_up("change")
        self._world.rename_account(request.newEmail)
        return Empty()

    async def SendConfirmEmail(self, request: Empty, call: Call) -> Empty:
        self._world.account.send("confirm")
        return Empty()

    async def ConfirmEmail(self, request: pb.ConfirmEmailRequest, call: Call) -> Empty:
        account = self._world.account
        account.check_code("confirm", request.confirmCode, call.peer)
        account.use_up("confirm")
        account.rename(account.name)
        return Empty()

    async def SendResetAccountEmail(self, request: pb.SendResetAccountEmailRequest, call: Call) -> Empty:
        self._send_to_owner("reset", request.email)
        return Empty()

    async def ResetAccount(self, request: pb.ResetAccountRequest, call: Call) -> Empty:
        account = self._world.account
        account.check_code("reset", request.resetCode, call.peer)
        _check_new_password(request.newPassword)
        account.use_up("reset")
        self._world.set_password(request.newPassword)
        return Empty()

    async def SendDisable2FAEmail(self, request: pb.SendDisable2FAEmailRequest, call: Call) -> Empty:
        self._send_to_owner("factor", request.email)
        return Empty()

    async def Disable2FAByEmail(self, request: pb.Disable2FAByEmailRequest, call: Call) -> Empty:
        account = self._world.account
        account.check_code("factor", request.disable_code, call.peer)
        if not account.has_password(request.password):
            raise CallError(Status.PERMISSION_DENIED, "wrong password")
        account.use_up("factor")
        account.forget_second_factor()
        return Empty()

    async def SendDeleteAccountEmail(self, request: Empty, call: Call) -> pb.DeleteAccountPreflightResult:
        account = self._world.account
        if account.subscription is not None and account.subscription.autoRenew:
            raise CallError(Status.FAILED_PRECONDITION, f"a subscription at {account.subscription.store} still renews")
        mail = account.send("delete")
        return pb.DeleteAccountPreflightResult(
            email=mail.to,
            balance=account.balance,
            has_active_subscription=account.subscription is not None,
            bound_device_count=len(account.bound_devices),
            expires_in_minutes=int((mail.expires_at - self._world.clock()) // 60),
        )

    async def DeleteAccount(self, request: pb.DeleteAccountRequest, call: Call) -> Empty:
        account = self._world.account
        account.check_code("delete", request.delete_code, call.peer)
        code = request.totp_code if request.HasField("totp_code") else None
        account.check_password(request.password, code, call.peer, recovery=False)
        if account.balance > 0 and not request.forfeit_balance:
            raise CallError(Status.FAILED_PRECONDITION, f"a credit of {account.balance:g} would be lost")
        account.use_up("delete")
        self._world.delete_account()
        return Empty()

    def _send_to_owner(self, purpose: str, email: str) -> None:
        account = self._world.account
        if email == account.name and not account.deleted:
            account.send(purpose)

    def _check_password(self, password: str, request: pb.ChangePasswordRequest | pb.ChangeEmailRequest, call: Call) -> None:
        code = request.totpCode if request.HasField("totpCode") else None
        self._world.account.check_password(password, code, call.peer)


def _check_new_password(password: str) -> None:
    if not password:
        raise CallError(Status.INVALID_ARGUMENT, "the new password is empty")


def _check_email(email: str) -> None:
    name, _, host = email.rpartition("@")
    if not (name and host):
        raise CallError(Status.INVALID_ARGUMENT, f"'{email}' is no e-mail address")
