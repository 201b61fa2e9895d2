"""The account a server is signed in to (protocol.md §2.9, §18.4)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from clouddrive2.models.times import time_of, written_time
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["AccountDeletion", "AccountStatus", "BoundDevice", "Subscription", "TwoFactorSetup"]


@dataclass(frozen=True, slots=True)
class BoundDevice:
    """Hardware whose maker gave the account something with it.

    Attributes:
        id: Names it.
        maker, partner: Whose it is, and what the partner is called.
        status: In the server's words.
        created: When it was bound; ``None`` where that cannot be read.
    """

    id: str
    maker: str
    partner: str
    status: str
    created: datetime | None

    @classmethod
    def from_proto(cls, message: pb.BoundDevice) -> BoundDevice:
        """From one of ``AccountStatusResult``."""
        created = written_time(message.createTime)
        return cls(message.deviceId, message.manufacturerId, message.partnerName, message.status, created)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A plan that was bought in a store of apps.

    Attributes:
        store, product: Which store, and what it calls it.
        renews: Whether it goes on by itself.
        in_grace_period: Whether it goes on although it was not paid yet.
        expires: Its end; ``None`` where that cannot be read.
    """

    store: str
    product: str
    renews: bool
    in_grace_period: bool
    expires: datetime | None

    @classmethod
    def from_proto(cls, message: pb.SubscriptionInfo) -> Subscription:
        """From ``AccountStatusResult``."""
        return cls(message.store, message.productId, message.autoRenew, message.inGracePeriod, written_time(message.expiresAt))


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """What the account is.

    Attributes:
        name: Its name, an e-mail address.
        email_confirmed: Whether that was confirmed.
        plan: Its plan; empty for none.
        plan_ends: When that ends; ``None`` for never or not known.
        balance: Its credit.
        roles: Features the plan includes.
        bound_devices, subscription: What came from elsewhere; known to servers from 1.0.9 on.
    """

    name: str
    email_confirmed: bool
    plan: str
    plan_ends: datetime | None
    balance: float
    roles: tuple[str, ...]
    bound_devices: tuple[BoundDevice, ...] = ()
    subscription: Subscription | None = None

    @classmethod
    def from_proto(cls, message: pb.AccountStatusResult) -> AccountStatus:
        """From ``GetAccountStatus``."""
        plan = message.accountPlan
        return cls(
            name=message.userName,
            # A text on the wire, and no source says which.
            email_confirmed=message.emailConfirmed.strip().lower() not in ("", "0", "false", "no"),
            plan=plan.planName,
            plan_ends=time_of(plan, "endTime"),
            balance=message.accountBalance,
            roles=tuple(each.roleName for each in message.accountRoles),
            bound_devices=tuple(BoundDevice.from_proto(each) for each in message.boundDevices),
            subscription=Subscription.from_proto(message.subscription) if message.HasField("subscription") else None,
        )


@dataclass(frozen=True, slots=True)
class AccountDeletion:
    """What goes with the account when it is deleted. Its mail has the code for that.

    Attributes:
        email: Where the mail went.
        balance: Its credit, which would be lost.
        has_subscription: Whether one is still paid for.
        bound_devices: How many devices lose what came with them.
        code_life: How long the code holds.
    """

    email: str
    balance: float
    has_subscription: bool
    bound_devices: int
    code_life: timedelta

    @classmethod
    def from_proto(cls, message: pb.DeleteAccountPreflightResult) -> AccountDeletion:
        """From ``SendDeleteAccountEmail``."""
        return cls(
            message.email,
            message.balance,
            message.has_active_subscription,
            message.bound_device_count,
            timedelta(minutes=message.expires_in_minutes),
        )


@dataclass(frozen=True, slots=True)
class TwoFactorSetup:
    """A second factor that has begun: to be put into an authenticator, and then confirmed by one of its codes.

    Attributes:
        secret: The secret in base32.
        account: Whose it is.
        picture: A QR code for authenticators as the server drew it; empty where it drew none. :attr:`uri` says the same.
    """

    secret: str = field(repr=False)
    account: str
    picture: bytes = field(default=b"", repr=False)

    @classmethod
    def from_proto(cls, message: pb.TwoFactorAuthSetupResult, account: str) -> TwoFactorSetup:
        """From ``Setup2FA``."""
        header, _, content = message.qr_code.partition(",")
        try:
            picture = base64.b64decode(content, validate=True) if header.endswith(";base64") else b""
        except binascii.Error:
            picture = b""
        return cls(message.secret or message.manual_entry_key, account, picture)

    @property
    def uri(self) -> str:
        """What authenticators read from a QR code; a secret."""
        query = urlencode({"secret": self.secret, "issuer": "CloudDrive2"})
        return f"otpauth://totp/{quote(f'CloudDrive2:{self.account}')}?{query}"
