"""Plans, codes and credit, to look at (protocol.md §18.4). What moves money answers UNIMPLEMENTED."""

from __future__ import annotations

from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["PlansService"]


class PlansService:
    """GetCloudDrivePlans, GetBalanceLog, CheckCouponCode, CheckActivationCode, GetReferralCode: what stands in the account."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def GetCloudDrivePlans(self, request: Empty, call: Call) -> pb.GetCloudDrivePlansResult:
        return pb.GetCloudDrivePlansResult(plans=self._world.account.plans)

    async def GetBalanceLog(self, request: Empty, call: Call) -> pb.BalanceLogResult:
        return pb.BalanceLogResult(logs=self._world.account.balance_log)

    async def CheckCouponCode(self, request: pb.CheckCouponCodeRequest, call: Call) -> pb.CouponCodeResult:
        found = self._world.account.coupons.get((request.planId, request.couponCode))
        if found is None:
            raise CallError(Status.NOT_FOUND, "there is no such coupon for this plan")
        return found

    async def CheckActivationCode(self, request: pb.StringValue, call: Call) -> pb.CheckActivationCodeResult:
        found = self._world.account.activation_codes.get(request.value)
        if found is None:
            raise CallError(Status.NOT_FOUND, "there is no such activation code")
        return found

    async def GetReferralCode(self, request: Empty, call: Call) -> pb.StringValue:
        return pb.StringValue(value=self._world.account.referral_code)
