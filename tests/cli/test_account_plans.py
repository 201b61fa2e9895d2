"""``cd2 account``: plans and credit, keeping cloud accounts the same, and the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clouddrive2.cli import account_credentials, account_plans
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]


def test_plans_and_credit(cd2: Run, signed_in: RunningEmulator) -> None:
    account = signed_in.account
    account.plans.append(pb.CloudDrivePlan(id="year", name="A year", price=99, priceUsd=15))
    account.balance = 12.5
    account.balance_log.append(pb.BalanceLog(balance_after=12.5, balance_change=12.5, operation=1, operation_source="friend"))
    account.coupons["year", "SPRING"] = pb.CouponCodeResult(couponDiscountAmount=10, isPercentage=True)
    account.activation_codes["ABCD"] = pb.CheckActivationCodeResult(planId="year", planName="A year")
    assert cd2("account", "plans").lines[2].split() == ["year", "A", "year", "-", "99", "15", "not", "now"]
    assert [each["id"] for each in cd2("--json", "account", "plans").records] == ["unlimited", "year"]
    *_, change, credit = cd2("account", "balance").lines
    assert (change.split()[1:], credit) == (["+12.5", "12.5", "deposit", "friend"], "credit  12.5")
    assert cd2("--json", "account", "balance").records[-1] == {"balance": 12.5}
    assert cd2("account", "check", "ABCD").lines == ["A year (year)"]
    assert cd2("account", "check", "SPRING", "--plan", "year").lines == ["10 % off"]
    assert cd2("--json", "account", "check", "SPRING", "--plan", "year").record["discount"] == 10
    assert cd2("account", "check", "none").code == 5
    account.bound_devices.append(pb.BoundDevice(deviceId="d1", partnerName="A maker"))
    account.subscription = pb.SubscriptionInfo(store="a store", autoRenew=True)
    assert cd2("account", "status").lines[-2:] == ["bound device   A maker d1", "subscription   a store, renews -"]
    shown = cd2("--json", "account", "status").record
    assert (shown["bound_devices"][0]["id"], shown["subscription"]["renews"]) == ("d1", True)


def test_sync(cd2: Run, signed_in: RunningEmulator) -> None:
    sync = signed_in.emulator.cloud_sync
    assert cd2("account", "sync-status").lines[0].split() == ["sync", "off"]
    empty = cd2("account", "sync-preview")
    assert ("no copy yet" in empty.err, empty.lines[1].endswith("only here")) == (True, True)
    assert cd2("account", "sync-enable").code == 2
    assert "no copy to keep" in cd2("account", "sync-enable", "--keep", "copy", "--yes").err
    signed_in.on_loop(sync.change_elsewhere, {("115", "account-Cloud"): "Cloud", ("115", "films"): "Films"})
    rows = cd2("--json", "account", "sync-preview").records
    assert [(each["copied_path"], each["state"]) for each in rows] == [("/Cloud", "same"), ("/Films", "only_in_copy")]
    refused = cd2("account", "sync-enable", "--keep", "copy")
    assert (refused.code, "only in the copy" in refused.err, "--yes" in refused.err) == (2, True, True)
    done = cd2("--json", "account", "sync-enable", "--keep", "copy", "--yes")
    assert done.record == {"added": 1, "updated": 0, "removed": 0, "uploaded": False}
    assert cd2("account", "sync-status").lines == ["sync       on", "synced     2", "only here  0"]
    assert cd2("account", "sync-enable", "--keep", "here", "--yes").lines == ["the copy is what is here"]
    assert cd2("account", "sync-disable").lines == ["the sync is off"]
    assert "--yes" in cd2("account", "sync-disable", "--remove-copy").err
    assert cd2("--json", "account", "sync-disable", "--remove-copy", "--yes").record["copy_removed"] is True


def test_deletion_in_a_script(cd2: Run, signed_in: RunningEmulator) -> None:
    account, name = signed_in.account, signed_in.username
    account.balance = 3
    for wrong, says in ((["--yes"], "--yes"), ([], "--confirm NAME"), (["--confirm", "usr"], "'usr' is not the name")):
        refused = cd2("account", "delete", *wrong)
        assert (refused.code, says in refused.err) == (2, True), refused.err
    assert account.mails == []
    kept = cd2("account", "delete", "--confirm", name)
    assert (kept.code, "credit of 3 would be lost" in kept.err) == (2, True)
    first = cd2("account", "delete", "--confirm", name, "--forfeit-balance")
    assert (first.code, first.lines, "--code CODE" in first.err) == (0, [], True)
    code = account.mails[-1].code
    assert cd2("account", "delete", "--confirm", name, "--code", code).code == 1
    assert not account.deleted
    gone = cd2("--json", "account", "delete", "--confirm", name, "--code", code, "--forfeit-balance")
    assert gone.record == {"name": name, "deleted": True}
    assert cd2("account", "status").code == 4


def test_deletion_at_a_terminal(cd2: Run, signed_in: RunningEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[str] = []
    monkeypatch.setattr(account_plans, "can_ask", lambda: True)
    monkeypatch.setattr(account_credentials, "can_ask", lambda: True)
    monkeypatch.setattr(account_plans, "ask", lambda question: answers.pop(0))
    monkeypatch.setattr(account_credentials, "ask", lambda question: signed_in.account.mails[-1].code)
    answers.append("yes")
    assert "'yes' is not the name" in cd2("account", "delete").err
    answers.append(signed_in.username)
    assert cd2("account", "delete").lines == [f"the account {signed_in.username} is deleted"]
    assert signed_in.account.deleted
