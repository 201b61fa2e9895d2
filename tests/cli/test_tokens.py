"""``cd2 tokens``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from clouddrive2.cli.lives import life_of
from clouddrive2.errors import ConfigError
from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]


def test_create_prints_the_token_and_nothing_else(cd2: Run, run: Run, signed_in: RunningEmulator) -> None:
    made = cd2("tokens", "add", "phone", "--allow", "reader", "--root", "/Cloud", "--expires-in", "90d")
    assert made.code == 0
    [text] = made.lines
    assert "token phone" in made.err and "), reader;" in made.err and text not in made.err
    assert run("--api-token", text, "--url", signed_in.url, "ls", "/").code == 0


def test_list_does_not_tell_texts(cd2: Run) -> None:
    assert cd2("tokens", "list").out == ""
    record = cd2("--json", "tokens", "add", "phone", "--allow", "list,read", "--allow", "search").record
    listed = cd2("tokens", "list")
    assert listed.lines[0].split() == ["id", "name", "expires", "in", "root", "folder", "may"]
    assert listed.lines[1].split() == [record["id"], "phone", "never", "/", "list,read,search"]
    json = cd2("--json", "tokens", "list")
    text = record.pop("token")
    assert json.record == record
    assert text not in listed.out + json.out


def test_update(cd2: Run) -> None:
    cd2("tokens", "add", "phone", "--allow", "reader")
    changed = cd2("--json", "tokens", "update", "phone", "--name", "tablet", "--allow", "list", "--expires-in", "1h", "--no-log")
    record = changed.record
    assert (record["name"], record["permissions"], record["log_calls"]) == ("tablet", ["allow_list"], False)
    assert 3500 < record["expires_in"] <= 3600
    assert cd2("tokens", "update", "tablet", "--root", "/Cloud").lines[0].split()[1] == "tablet"
    assert cd2("tokens", "update", "tablet").code == 2


def test_remove_asks(cd2: Run) -> None:
    cd2("tokens", "add", "phone", "--allow", "reader")
    refused = cd2("tokens", "remove", "phone")
    assert refused.code == 2 and "say --yes" in refused.err
    assert cd2("--json", "tokens", "remove", "phone", "--yes").record["removed"] is True
    assert cd2("tokens", "remove", "phone", "--yes").code == 5


def test_bad_input(cd2: Run) -> None:
    unknown = cd2("tokens", "add", "x", "--allow", "raed")
    assert unknown.code == 2 and "'raed' is no permission (did you mean read" in unknown.err
    assert cd2("tokens", "add", "x", "--allow", "list", "--expires-in", "soon").code == 2
    assert cd2("tokens", "add", "x", "--allow", "list", "--root", "Cloud").code == 2
    assert cd2("tokens", "add", "x").code == 2


def test_lives() -> None:
    assert life_of("1d12h") == timedelta(days=1, hours=12)
    assert life_of("never") == "never"
    for text in ("", "5", "d", "-1d", "1d x"):
        with pytest.raises(ConfigError):
            life_of(text)
