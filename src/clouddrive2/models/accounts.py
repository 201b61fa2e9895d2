"""The account a server is signed in to (protocol.md §2.9, §18.4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["AccountStatus", "TwoFactorSetup"]


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """What the account is.

    Attributes:
        name: Its name.
        plan: Its plan; empty for none.
        plan_ends: When that ends; ``None`` for never or not known.
        balance: Its credit.
        roles: Features the plan includes.
    """

    name: str
    plan: str
    plan_ends: datetime | None
    balance: float
    roles: tuple[str, ...]

    @classmethod
    def from_proto(cls, message: pb.AccountStatusResult) -> AccountStatus:
        """From ``GetAccountStatus``."""
        plan = message.accountPlan
        ends = plan.endTime.ToDatetime(UTC) if plan.HasField("endTime") else None
        roles = tuple(each.roleName for each in message.accountRoles)
        return cls(message.userName, plan.planName, ends, message.accountBalance, roles)


@dataclass(frozen=True, slots=True)
class TwoFactorSetup:
    """A second factor that has begun: to be put into an authenticator, and then confirmed by one of its codes.

    Attributes:
        secret: The secret in base32.
        account: Whose it is.
    """

    secret: str = field(repr=False)
    account: str

    @property
    def uri(self) -> str:
        """What authenticators read from a QR code; a secret."""
        query = urlencode({"secret": self.secret, "issuer": "CloudDrive2"})
        return f"otpauth://totp/{quote(f'CloudDrive2:{self.account}')}?{query}"
