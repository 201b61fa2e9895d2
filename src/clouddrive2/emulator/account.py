"""The account the server is signed in to, as its maker's service keeps it (protocol.md §2.2, §2.9, §18.4)."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from clouddrive2.emulator.call import CallError, Status
from clouddrive2.emulator.options import EmulatorOptions
from clouddrive2.emulator.state import State
from clouddrive2.emulator.totp import totp
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["Account", "Mail"]

SECTION = "account"
SIGN_IN_WINDOW = 60.0
CODE_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Mail:
    """A message of the account's service, which never leaves this process.

    Attributes:
        to: Its address.
        purpose: What the code in it is for: ``confirm``, ``change``, ``reset``, ``factor`` or ``delete``.
        code: The code.
        expires_at: Its end on the world's clock.
    """

    to: str
    purpose: str
    code: str = field(repr=False)
    expires_at: float


class Account:
    """Name, password and second factor of one account, and the mail it gets.

    What is changed over the API is kept for the next start, as long as that start gives the same name and password as the one
    before; whoever gives others means those.

    Args:
        options: Have the second factor, and how many failures are borne.
        state: What survives a restart.
        clock: Seconds.
        name, password: What the server is started with.

    Attributes:
        name: User name, which is an address for mail.
        signed_in: Whether the server is signed in to it.
        deleted: Whether it is gone for good.
        confirmed: Whether its address is confirmed.
        recovery_codes: Stand for a code of the second factor, once each.
        mails: What was sent, oldest first.
        deliver: Called with each of them.
        balance, balance_log: Its credit and how that came.
        plans: What can be bought; nothing here sells it.
        coupons, activation_codes: What is said of a coupon (by plan and code) and of an activation code.
        referral_code: What its owner gives to others.
        devices: Others that are signed in to it.
        bound_devices, subscription: What its owner bought elsewhere.
    """

    def __init__(self, options: EmulatorOptions, state: State, clock: Callable[[], float], name: str, password: str) -> None:
        self._options = options
        self._state = state
        self._clock = clock
        self._started_with = [name, password]
        self.name = name
        self._password = password
        self.signed_in, self.deleted, self.confirmed = True, False, True
        self.recovery_codes: set[str] = set()
        self.mails: list[Mail] = []
        self.deliver: Callable[[Mail], None] | None = None
        self.balance = 0.0
        self.balance_log: list[pb.BalanceLog] = []
        self.plans = [
            pb.CloudDrivePlan(id="unlimited", name="unlimited", description="everything the emulator has", isActive=True)
        ]
        self.coupons: dict[tuple[str, str], pb.CouponCodeResult] = {}
        self.activation_codes: dict[str, pb.CheckActivationCodeResult] = {}
        self.referral_code = "EMULATOR"
        self.devices: list[pb.Device] = []
        self.bound_devices: list[pb.BoundDevice] = []
        self.subscription: pb.SubscriptionInfo | None = None
        self._codes: dict[tuple[str, str], Mail] = {}
        self._failures: dict[str, list[float]] = {}
        kept = state.load(SECTION) or {}
        if kept.get("started_with") == self._started_with:
            self.name, self._password = kept["name"], kept["password"]
            self.signed_in, self.deleted, self.confirmed = kept["signed_in"], kept["deleted"], kept["confirmed"]

    # Signing in

    def check(self, name: str, password: str, code: str | None, peer: str, *, recovery: bool = True) -> None:
        """Refuse wrong credentials, and any after too many wrong ones from an address (protocol.md §20.30).

        Without ``recovery`` a recovery code is no second factor.

        Raises:
            PermissionError: They are wrong; the text is for the user.
            CallError: RESOURCE_EXHAUSTED.
        """
        failures = self._recent_failures(peer)
        good_name, good_password = self._compared(name, password)
        if self.deleted or not (good_name and good_password):
            failures.append(self._clock())
            raise PermissionError("wrong user name or password")
        # Looked at last: a recovery code is used up by that.
        if not self.second_factor(code or "", recovery=recovery):
            failures.append(self._clock())
            raise PermissionError("wrong two-factor code")

    def check_code(self, purpose: str, code: str, peer: str, *, to: str | None = None) -> None:
        """Refuse a code that was not mailed for this (to this address), or no longer holds.

        Raises:
            CallError: INVALID_ARGUMENT, or RESOURCE_EXHAUSTED after too many wrong ones from an address.
        """
        failures = self._recent_failures(peer)
        mail = self._codes.get((purpose, to or self.name))
        if mail is None or mail.expires_at <= self._clock() or not hmac.compare_digest(_bytes(mail.code), _bytes(code)):
            failures.append(self._clock())
            raise CallError(Status.INVALID_ARGUMENT, "wrong code, or one that no longer holds")

    def check_password(self, password: str, code: str | None, peer: str, *, recovery: bool = True) -> None:
        """Refuse a wrong password, or a wrong second factor where the account wants one.

        Raises:
            CallError: PERMISSION_DENIED, or RESOURCE_EXHAUSTED after too many wrong ones from an address.
        """
        try:
            self.check(self.name, password, code, peer, recovery=recovery)
        except PermissionError as error:
            text = "wrong password" if "password" in str(error) else str(error)
            raise CallError(Status.PERMISSION_DENIED, text) from error

    def matches(self, name: str, password: str) -> bool:
        """Whether these are the account's, where no second factor can be given; takes the same time for any."""
        return all(self._compared(name, password)) and self.signed_in

    def has_password(self, password: str) -> bool:
        """Whether it is the account's."""
        return self._compared(self.name, password)[1]

    @property
    def has_second_factor(self) -> bool:
        """Whether signing in needs one."""
        return self._options.totp_secret is not None or self._options.totp_code is not None

    def second_factor(self, code: str, *, recovery: bool = True) -> bool:
        """Whether the code is one the account takes; any is when it wants none. A recovery code is good for once."""
        if recovery and code in self.recovery_codes:
            self.recovery_codes.remove(code)
            self.keep_two_factor()
            return True
        good = [self._options.totp_code] if self._options.totp_code is not None else []
        if self._options.totp_secret is not None:
            good += [totp(self._options.totp_secret, self._clock() + drift) for drift in (-30, 0, 30)]
        return not good or any(hmac.compare_digest(each.encode(), _bytes(code)) for each in good)

    # Changing

    def set_password(self, password: str) -> None:
        """Another password from now on."""
        self._password = password
        self.keep()

    def send(self, purpose: str, to: str | None = None) -> Mail:
        """Mail a code; while an earlier one for the same holds, that one again. Codes do not survive a restart."""
        key = (purpose, to or self.name)
        mail = self._codes.get(key)
        if mail is None or mail.expires_at <= self._clock():
            mail = Mail(key[1], purpose, f"{secrets.randbelow(10**6):06}", self._clock() + CODE_SECONDS)
        self._codes[key] = mail
        self.mails.append(mail)
        if self.deliver is not None:
            self.deliver(mail)
        return mail

    def use_up(self, purpose: str) -> None:
        """The codes mailed for this hold no longer."""
        self._codes = {key: mail for key, mail in self._codes.items() if mail.purpose != purpose}

    def rename(self, name: str) -> None:
        """Another name, which is an address that has shown to be right."""
        self.name, self.confirmed = name, True
        self.keep()

    def forget_second_factor(self) -> None:
        """None is wanted any more."""
        self._options.totp_secret = self._options.totp_code = None
        self.recovery_codes.clear()
        self.keep_two_factor()

    def keep(self) -> None:
        """Keep the account for the next start."""
        kept = {"started_with": self._started_with, "name": self.name, "password": self._password}
        flags = {"signed_in": self.signed_in, "deleted": self.deleted, "confirmed": self.confirmed}
        self._state.save(SECTION, {**kept, **flags})

    def keep_two_factor(self) -> None:
        """Keep the second factor for the next start."""
        secret = self._options.totp_secret
        kept = {"secret": secret, "codes": sorted(self.recovery_codes)} if secret is not None else None
        self._state.save("two_factor", kept)

    def _compared(self, name: str, password: str) -> tuple[bool, bool]:
        good_name = hmac.compare_digest(_bytes(name), _bytes(self.name))
        return good_name, hmac.compare_digest(_bytes(password), _bytes(self._password))

    def _recent_failures(self, peer: str) -> list[float]:
        failures = self._failures.setdefault(peer.rpartition(":")[0], [])
        failures[:] = [at for at in failures if at > self._clock() - SIGN_IN_WINDOW]
        if len(failures) >= self._options.sign_in_failures:
            raise CallError(Status.RESOURCE_EXHAUSTED, "too many failed attempts; wait a minute")
        return failures


def _bytes(text: str) -> bytes:
    """As it came, also where that was no UTF-8."""
    return text.encode("utf-8", "surrogateescape")
