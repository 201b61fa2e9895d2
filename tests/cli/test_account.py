"""``cd2 account``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

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
    assert "CLOUDDRIVE2_PASSWORD" in cd2("account", "enable").err
    drawn: list[str] = []
    monkeypatch.setattr(account, "draw", lambda cli, text: drawn.append(text))
    monkeypatch.setattr(account, "secret", lambda variable, question: signed_in.password)

    def typed(question: str) -> str:
        [secret] = parse_qs(urlsplit(drawn[-1]).query)["secret"]
        return totp(secret, signed_in.world.clock())

    monkeypatch.setattr(account, "ask_secret", typed)
    enabled = cd2("account", "enable")
    assert (enabled.code, len(enabled.lines)) == (0, 10)
    assert cd2("--json", "account", "status").record["two_factor"] is True
    monkeypatch.undo()
    for name, value in (("URL", signed_in.url), ("API_TOKEN", token), ("TOTP_CODE", enabled.lines[0])):
        monkeypatch.setenv(f"CLOUDDRIVE2_{name}", value)
    fresh = cd2("account", "recovery")
    assert len(fresh.lines) == 10
    assert cd2("account", "disable").code == 1
    monkeypatch.setenv("CLOUDDRIVE2_TOTP_CODE", fresh.lines[0])
    assert cd2("account", "disable").code == 0
