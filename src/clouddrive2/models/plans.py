"""Plans and money (protocol.md §18.4). Nothing here is bought or paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from clouddrive2.models.times import time_of
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["ActivationCode", "BalanceChange", "BalanceChangeKind", "Coupon", "Plan"]


class BalanceChangeKind(IntEnum):
    """Why credit changed. Values a newer server may have are ``UNKNOWN``."""

    UNKNOWN = 0
    DEPOSIT = 1
    REFUND = 2

    @classmethod
    def _missing_(cls, value: object) -> BalanceChangeKind:
        return cls.UNKNOWN


@dataclass(frozen=True, slots=True)
class Plan:
    """Something on offer.

    Attributes:
        id: Names it.
        name, description, lasts: In the server's words.
        active: Whether it can be had now.
        price, original_price: In yuan, now and without what is taken off; ``None`` where nothing is.
        price_usd: In dollars; ``None`` where it has none. Known to servers from 1.0.9 on.
        roles: Features it includes.
    """

    id: str
    name: str
    description: str
    lasts: str
    active: bool
    price: float
    original_price: float | None
    price_usd: float | None
    roles: tuple[str, ...]

    @classmethod
    def from_proto(cls, message: pb.CloudDrivePlan) -> Plan:
        """From one of ``GetCloudDrivePlans``."""
        return cls(
            id=message.id,
            name=message.name,
            description=message.description,
            lasts=message.durationDescription,
            active=message.isActive,
            price=message.price,
            original_price=message.originalPrice if message.HasField("originalPrice") else None,
            price_usd=message.priceUsd if message.HasField("priceUsd") else None,
            roles=tuple(each.roleName for each in message.planRoles),
        )


@dataclass(frozen=True, slots=True)
class BalanceChange:
    """One change of the account's credit.

    Attributes:
        before, after, change: In yuan.
        kind: Why.
        source, operation: Where it came from, in the server's words.
        time: When.
    """

    before: float
    after: float
    change: float
    kind: BalanceChangeKind
    source: str
    operation: str
    time: datetime | None

    @classmethod
    def from_proto(cls, message: pb.BalanceLog) -> BalanceChange:
        """From one of ``GetBalanceLog``."""
        return cls(
            before=message.balance_before,
            after=message.balance_after,
            change=message.balance_change,
            kind=BalanceChangeKind(message.operation),
            source=message.operation_source,
            operation=message.operation_id,
            time=time_of(message, "operation_time"),
        )


@dataclass(frozen=True, slots=True)
class Coupon:
    """What a coupon takes off the price of one plan.

    Attributes:
        code, description: What it is.
        discount: How much: in percent, or in yuan.
        is_percentage: Which of both.
    """

    code: str
    description: str
    discount: float
    is_percentage: bool

    @classmethod
    def from_proto(cls, message: pb.CouponCodeResult) -> Coupon:
        """From ``CheckCouponCode``."""
        return cls(message.couponCode, message.couponDescription, message.couponDiscountAmount, message.isPercentage)


@dataclass(frozen=True, slots=True)
class ActivationCode:
    """What an activation code is good for.

    Attributes:
        plan_id, plan, description: The plan.
    """

    plan_id: str
    plan: str
    description: str

    @classmethod
    def from_proto(cls, message: pb.CheckActivationCodeResult) -> ActivationCode:
        """From ``CheckActivationCode``."""
        return cls(message.planId, message.planName, message.planDescription)
