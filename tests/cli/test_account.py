"""``cd2 account``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from clouddrive2.cli import account_credentials
from clouddrive2.cli.commands import account
from clouddrive2.emulator.permissions import ALL_PERMISSIONS
from clouddrive2.emulator.totp import totp
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator


def test_a_second_factor(cd2: Callable[..., Any], signed_in: RunningEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = pb.TokenPermissions(**dict.fromkeys(ALL_PERMISSIONS, True))
    token = signed_in.world.add_token(pb.TokenInfo(rootDir="/", permissions=everything)).token
    monkeypatch.setenv("CLOUDDRIVE2_API_TOKEN", token)
    for name in ("CLOUDDRIVE2_USERNAME", "CLOUDDRIVE2_PASSWORD"):
        monkeypatch.delenv(name)
    assert cd2("account", "status").lines[-1].split() == ["second", "factor", "off"]
    assert "is set up at a terminal" in cd2("account", "two-factor-enable").err
    monkeypatch.setattr(account, "can_ask", lambda: True)
    assert "CLOUDDRIVE2_PASSWORD" in cd2("account", "two-factor-enable").err
    drawn: list[str] = []
    monkeypatch.setattr(account, "draw", lambda cli, text: drawn.append(text))
    monkeypatch.setattr(account, "secret", lambda variable, question: signed_in.password)

    def typed(question: str) -> str:
        [secret] = parse_qs(urlsplit(drawn[-1]).query)["secret"]
        return totp(secret, signed_in.world.clock())

    monkeypatch.setattr(account, "ask_secret", typed)
    enabled = cd2("account", "two-factor-enable")
    assert (enabled.code, len(enabled.lines)) == (0, 10)
    assert cd2("--json", "account", "status").record["two_factor"] is True
    monkeypatch.undo()
    for name, value in (("URL", signed_in.url), ("API_TOKEN", token), ("TOTP_CODE", enabled.lines[0])):
        monkeypatch.setenv(f"CLOUDDRIVE2_{name}", value)
    fresh = cd2("account", "two-factor-codes", "--new")
    assert len(fresh.lines) == 10
    monkeypatch.setenv("CLOUDDRIVE2_TOTP_CODE", fresh.lines[1])
    assert sorted(cd2("account", "two-factor-codes").lines) == sorted({*fresh.lines} - {fresh.lines[1]})
    monkeypatch.setenv("CLOUDDRIVE2_TOTP_CODE", enabled.lines[0])
    assert cd2("account", "two-factor-disable").code == 1
    monkeypatch.setenv("CLOUDDRIVE2_TOTP_CODE", fresh.lines[0])
    assert cd2("account", "two-factor-disable").code == 0


@pytest.fixture
def with_token(signed_in: RunningEmulator, monkeypatch: pytest.MonkeyPatch) -> str:
    """An API token in place of name and password, so that a command makes no session of its own."""
    everything = pb.TokenPermissions(**dict.fromkeys(ALL_PERMISSIONS, True))
    token = signed_in.world.add_token(pb.TokenInfo(rootDir="/", permissions=everything)).token
    monkeypatch.setenv("CLOUDDRIVE2_API_TOKEN", token)
    for name in ("CLOUDDRIVE2_USERNAME", "CLOUDDRIVE2_PASSWORD"):
        monkeypatch.delenv(name)
    return token


@pytest.mark.usefixtures("with_token")
def test_sessions(cd2: Callable[..., Any], signed_in: RunningEmulator) -> None:
    assert cd2("account", "sessions").lines == []
    for _ in range(3):
        signed_in.world.sign_in(signed_in.username, signed_in.password, None, "10.0.0.9:1")
    table = cd2("account", "sessions").lines
    assert (len(table), table[0].split()[:3]) == (4, ["id", "device", "address"])
    first, *_ = cd2("--json", "account", "sessions").records
    assert first["address"] == "10.0.0.9"
    assert first["id"] in table[1]
    refused = cd2("account", "sessions-remove", first["id"])
    assert (refused.code, "--yes" in refused.err) == (2, True)
    ended = cd2("--json", "account", "sessions-remove", first["id"], "gone", "--yes")
    assert (ended.code, ended.records[0]) == (1, {"id": first["id"], "removed": True})
    for wrong in (["revoke"], ["revoke", "--others", "x"]):
        assert cd2("account", *wrong).code == 2
    assert cd2("account", "sessions-remove", "--others", "--yes").code == 0
    assert cd2("--json", "account", "sessions").records == []


@pytest.mark.usefixtures("with_token")
def test_devices(cd2: Callable[..., Any], signed_in: RunningEmulator) -> None:
    signed_in.account.devices += [pb.Device(deviceId=str(number), deviceName="TV") for number in (1, 2)]
    table = cd2("account", "devices").lines
    assert [line.endswith("this server") for line in table] == [False, True, False, False]
    assert [each["this_server"] for each in cd2("--json", "account", "devices").records] == [True, False, False]
    assert cd2("account", "sign-out", "none", "--yes").code == 5
    both = cd2("account", "sign-out", "TV", "--yes")
    assert (both.code, "by its id" in both.err) == (2, True)
    assert "--yes" in cd2("account", "sign-out", "1").err
    assert cd2("--json", "account", "sign-out", "1", "--yes").record == {"id": "1", "name": "TV", "signed_out": True}
    assert cd2("account", "sign-out", "TV", "--yes").lines == ["signed out TV"]
    assert len(cd2("account", "devices").lines) == 2


def test_devices_without_the_mark(cd2: Callable[..., Any], signed_in: RunningEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    info = pb.TokenInfo(rootDir="/", permissions=pb.TokenPermissions(allow_get_account_info=True))
    monkeypatch.setenv("CLOUDDRIVE2_API_TOKEN", signed_in.world.add_token(info).token)
    for name in ("CLOUDDRIVE2_USERNAME", "CLOUDDRIVE2_PASSWORD"):
        monkeypatch.delenv(name)
    assert cd2("--json", "account", "devices").record["this_server"] is False


def mailed(emulator: RunningEmulator, purpose: str) -> str:
    return next(mail.code for mail in reversed(emulator.account.mails) if mail.purpose == purpose)


@pytest.mark.usefixtures("with_token")
def test_password_and_email(cd2: Callable[..., Any], signed_in: RunningEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    world = signed_in.world
    assert "CLOUDDRIVE2_PASSWORD" in cd2("account", "password-change").err
    monkeypatch.setenv("CLOUDDRIVE2_NEW_PASSWORD", "another")
    monkeypatch.setattr(account_credentials, "secret", lambda variable, question: signed_in.password)
    assert cd2("account", "password-change").code == 0
    assert "wrong" in cd2("account", "password-change").err
    monkeypatch.setattr(account_credentials, "secret", lambda variable, question: "another")
    first = cd2("account", "email-change", "me@example.org")
    assert (first.code, "--code CODE" in first.err, first.lines) == (0, True, [])
    assert "wrong code" in cd2("account", "email-change", "me@example.org", "--code", "x").err
    assert cd2("account", "email-change", "nonsense").code == 1
    changed = cd2("--json", "account", "email-change", "me@example.org", "--code", mailed(signed_in, "change"))
    assert changed.record == {"name": "me@example.org", "changed": True}
    signed_in.account.confirmed = False
    assert "(not confirmed)" in cd2("account", "status").out
    cd2("account", "email-confirm")
    cd2("account", "email-confirm", "--code", mailed(signed_in, "confirm"))
    assert cd2("--json", "account", "status").record["email_confirmed"] is True
    # Typed at a terminal: the code at once, the new password twice.
    monkeypatch.delenv("CLOUDDRIVE2_NEW_PASSWORD")
    monkeypatch.setattr(account_credentials, "can_ask", lambda: True)
    monkeypatch.setattr(account_credentials, "ask", lambda question: mailed(signed_in, "reset"))
    monkeypatch.setattr(account_credentials, "ask_secret", lambda question: "mistyped")
    assert "two different passwords" in cd2("account", "password-reset", "me@example.org").err
    monkeypatch.setattr(account_credentials, "ask_secret", lambda question: "another")
    assert cd2("account", "password-reset", "me@example.org").lines == ["the password is changed"]
    assert world.sign_in("me@example.org", "another", None, "10.0.0.9:1").account == "me@example.org"


def test_the_server_itself(cd2: Callable[..., Any], signed_in: RunningEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cd2("account", "sign-out").code == cd2("account", "sign-out", "x", "--here").code == 2
    assert "--yes" in cd2("account", "sign-out", "--here").err
    assert cd2("account", "sign-out", "--here", "--yes").code == 0
    assert cd2("ls", "/").code == 4
    assert cd2("--json", "account", "sign-in", signed_in.username).record == {"name": signed_in.username, "signed_in": True}
    assert cd2("ls", "/").code == 0
    signed_in.world.options.totp_code = "123456"
    assert "two-factor code" in cd2("account", "sign-in", signed_in.username).err
    monkeypatch.setenv("CLOUDDRIVE2_TOTP_CODE", "1")
    wrong = cd2("account", "sign-in", signed_in.username, "--two-factor")
    assert (wrong.code, wrong.err) == (4, "cd2: wrong two-factor code\n")
    monkeypatch.setenv("CLOUDDRIVE2_TOTP_CODE", "123456")
    assert cd2("account", "sign-in", signed_in.username, "--two-factor").code == 0
    cd2("account", "two-factor-lost", signed_in.username)
    gone = cd2("account", "two-factor-lost", signed_in.username, "--code", mailed(signed_in, "factor"))
    assert gone.lines == ["the second factor is off"]
    assert cd2("ls", "/").code == 0
