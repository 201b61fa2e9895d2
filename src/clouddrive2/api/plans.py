"""Plans, codes and credit, to look at (protocol.md §18.4).

Buying, redeeming and transferring have no wrapper: they move money, a lost answer leaves open whether they did, and no call
undoes them. ``client.raw`` reaches them.
"""

from __future__ import annotations

from google.protobuf.empty_pb2 import Empty

from clouddrive2.models.plans import ActivationCode, BalanceChange, Coupon, Plan
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["AsyncPlans"]

# ``list`` is a method below.
PlanList = list[Plan]
BalanceLog = list[BalanceChange]


class AsyncPlans:
    """``client.plans``. Everything here may be repeated, and needs a token that may see the account.

    Raises:
        PermissionDenied: It may not.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def list(self) -> PlanList:
        """What is on offer."""
        reply = await self._caller.unary("GetCloudDrivePlans", Empty(), pb.GetCloudDrivePlansResult)
        return [Plan.from_proto(message) for message in reply.plans]

    async def balance_log(self) -> BalanceLog:
        """How the account's credit came to be; the credit itself is in ``client.accounts.status()``."""
        reply = await self._caller.unary("GetBalanceLog", Empty(), pb.BalanceLogResult)
        return [BalanceChange.from_proto(message) for message in reply.logs]

    async def coupon(self, plan: Plan | str, code: str) -> Coupon:
        """What a coupon takes off a plan; it is not used up by this.

        Args:
            plan: A plan, or its id.
            code: The coupon's.

        Raises:
            Refused: It is none, or not for this plan.
        """
        which = plan.id if isinstance(plan, Plan) else plan
        request = pb.CheckCouponCodeRequest(planId=which, couponCode=code)
        return Coupon.from_proto(await self._caller.unary("CheckCouponCode", request, pb.CouponCodeResult))

    async def activation_code(self, code: str) -> ActivationCode:
        """What an activation code is good for; it is not used up by this.

        Raises:
            Refused: It is none.
        """
        request = pb.StringValue(value=code)
        reply = await self._caller.unary("CheckActivationCode", request, pb.CheckActivationCodeResult)
        return ActivationCode.from_proto(reply)

    async def referral_code(self) -> str:
        """What the account's owner gives to others."""
        return (await self._caller.unary("GetReferralCode", Empty(), pb.StringValue)).value
