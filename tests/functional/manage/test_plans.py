"""``client.plans``, and the end of an account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

import clouddrive2 as cd2
from clouddrive2.client.aio import AsyncClient
from clouddrive2.emulator import EmulatorOptions
from clouddrive2.emulator.permissions import ALL_PERMISSIONS
from clouddrive2.emulator.totp import totp
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

Connect = Callable[..., AsyncClient]


def seed(emulator: RunningEmulator) -> None:
    account = emulator.account
    role = pb.AccountRole(roleName="enable_direct_link")
    account.plans.append(pb.CloudDrivePlan(id="year", name="A year", price=99, priceUsd=15, planRoles=[role]))
    account.balance = 12.5
    log = pb.BalanceLog(balance_after=12.5, balance_change=12.5, operation=1, operation_source="referral")
    log.operation_time.FromSeconds(1_790_000_000)
    account.balance_log.append(log)
    account.coupons["year", "SPRING"] = pb.CouponCodeResult(couponCode="SPRING", couponDiscountAmount=10, isPercentage=True)
    account.activation_codes["ABCD"] = pb.CheckActivationCodeResult(planId="year", planName="A year")


async def test_looking(client: AsyncClient, emulator: RunningEmulator) -> None:
    seed(emulator)
    unlimited, year = await client.plans.list()
    assert (unlimited.active, unlimited.price_usd, unlimited.original_price) == (True, None, None)
    assert (year.price, year.price_usd, year.roles) == (99.0, 15.0, ("enable_direct_link",))
    [change] = await client.plans.balance_log()
    assert (change.kind, change.change, change.source) == (cd2.BalanceChangeKind.DEPOSIT, 12.5, "referral")
    assert change.time is not None and change.time.year == 2026
    assert (await client.accounts.status()).balance == 12.5
    for which in (year, "year"):
        coupon = await client.plans.coupon(which, "SPRING")
        assert (coupon.discount, coupon.is_percentage) == (10.0, True)
    assert (await client.plans.activation_code("ABCD")).plan_id == "year"
    assert await client.plans.referral_code() == "EMULATOR"
    for missing in (client.plans.coupon("unlimited", "SPRING"), client.plans.activation_code("x")):
        with pytest.raises(cd2.NotFound, match="there is no such"):
            await missing
    assert cd2.BalanceChangeKind(7) is cd2.BalanceChangeKind.UNKNOWN


async def test_permission_to_look(connect: Connect, emulator: RunningEmulator) -> None:
    info = pb.TokenInfo(rootDir="/", permissions=pb.TokenPermissions(allow_list=True))
    plans = connect(emulator, token=emulator.world.add_token(info).token).plans
    for refused in (
        plans.list(),
        plans.balance_log(),
        plans.coupon("a", "b"),
        plans.activation_code("a"),
        plans.referral_code(),
    ):
        with pytest.raises(cd2.PermissionDenied, match="allow_get_account_info"):
            await refused


async def test_deletion(connect: Connect, emulator_factory: Callable[..., RunningEmulator], tmp_path: Path) -> None:
    emulator = emulator_factory(root=tmp_path)
    seed(emulator)
    emulator.account.bound_devices.append(pb.BoundDevice(deviceId="d"))
    everything = pb.TokenPermissions(**dict.fromkeys(ALL_PERMISSIONS, True))
    api = connect(emulator, token=emulator.world.add_token(pb.TokenInfo(rootDir="/", permissions=everything)).token)
    accounts, name, password = api.accounts, emulator.username, emulator.password
    emulator.account.subscription = pb.SubscriptionInfo(store="a store", autoRenew=True)
    with pytest.raises(cd2.OperationFailed, match="subscription at a store still renews"):
        await accounts.send_deletion()
    emulator.account.subscription = None
    goes = await accounts.send_deletion()
    assert goes == cd2.AccountDeletion(name, 12.5, False, 1, timedelta(minutes=9))
    again = await accounts.send_deletion()
    first, second = emulator.account.mails
    assert (again.email, first.code) == (name, second.code)
    code = first.code
    begun = await accounts.set_up_two_factor(password)
    factor = lambda: totp(begun.secret, emulator.world.clock())  # noqa: E731 - the time moves on
    recovery, *_ = await accounts.enable_two_factor(factor())
    calls = len(emulator.calls.of("DeleteAccount"))
    with pytest.raises(cd2.ConfigError, match="signed in to user, not to usr; nothing was deleted"):
        await accounts.delete("usr", code, password, code=factor(), forfeit_balance=True)
    assert len(emulator.calls.of("DeleteAccount")) == calls
    with pytest.raises(cd2.InvalidRequest, match="wrong code"):
        await accounts.delete(name, "x", password, code=factor(), forfeit_balance=True)
    for wrong_password, wrong_factor in (("wrong", factor()), (password, recovery), (password, None)):
        with pytest.raises(cd2.PermissionDenied, match="wrong"):
            await accounts.delete(name, code, wrong_password, code=wrong_factor, forfeit_balance=True)
    with pytest.raises(cd2.OperationFailed, match=r"a credit of 12\.5 would be lost"):
        await accounts.delete(name, code, password, code=factor())
    assert (await accounts.status()).name == name
    await accounts.delete(name, code, password, code=factor(), forfeit_balance=True)
    emulator.on_loop(emulator.emulator.stop)
    after = emulator_factory(root=tmp_path)
    with pytest.raises(cd2.Unauthenticated, match="wrong user name or password"):
        await connect(after).accounts.sign_in_server(name, password, code=factor())
    for gone in (api, connect(after)):
        with pytest.raises((cd2.Unauthenticated, cd2.ConnectError)):
            await gone.accounts.status()


async def test_deletion_refused(
    connect: Connect, emulator: RunningEmulator, emulator_factory: Callable[..., RunningEmulator]
) -> None:
    info = pb.TokenInfo(rootDir="/", permissions=pb.TokenPermissions(allow_get_account_info=True))
    reader = connect(emulator, token=emulator.world.add_token(info).token).accounts
    for refused in (reader.send_deletion(), reader.delete(emulator.username, "1", "2")):
        with pytest.raises(cd2.PermissionDenied, match="allow_modify_account"):
            await refused
    old = connect(emulator_factory(options=EmulatorOptions(version="1.0.13"))).accounts
    with pytest.raises(cd2.Unsupported):
        await old.send_deletion()


def test_blocking(emulator: RunningEmulator) -> None:
    seed(emulator)
    with cd2.Client(emulator.url, username=emulator.username, password=emulator.password) as client:
        assert len(client.plans.list()) == 2
        assert len(client.plans.balance_log()) == 1
        assert client.plans.coupon("year", "SPRING").code == "SPRING"
        assert client.plans.activation_code("ABCD").plan == "A year"
        assert client.plans.referral_code() == "EMULATOR"
        assert client.accounts.send_deletion().bound_devices == 0
        code = emulator.account.mails[-1].code
        client.accounts.delete(emulator.username, code, emulator.password, forfeit_balance=True)
    assert emulator.account.deleted
