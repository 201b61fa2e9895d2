"""``cd2 put`` to a server that does not pull files: written into it instead, which is said when asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]
MIB = 1 << 20


@pytest.fixture
def old(signed_in: RunningEmulator) -> RunningEmulator:
    signed_in.faults.old_server("0.9.8")
    return signed_in


def test_handed_over_to_the_file_api(cd2: Run, old: RunningEmulator, make_file: Callable[..., Path]) -> None:
    source = make_file("film.mkv", 5 * MIB)
    result = cd2("put", "-v", source, "/Cloud/")
    assert result.code == 0, result.err
    assert "remote could not go on" in result.err and "write took over" in result.err
    assert result.out.endswith("verified by hash, by write\n")
    assert cd2("cat", "/Cloud/film.mkv").raw == source.read_bytes()
    assert cd2("ls", "/Cloud").lines == ["film.mkv"]


def test_the_route_is_in_the_record(cd2: Run, old: RunningEmulator, make_file: Callable[..., Path]) -> None:
    result = cd2("put", "--json", make_file("a.bin", 100), "/Cloud/")
    assert result.code == 0, result.err
    assert result.events("done")[0]["route"] == "write"


def test_forced(cd2: Run, signed_in: RunningEmulator, make_file: Callable[..., Path]) -> None:
    result = cd2("put", "--route", "write", "--json", make_file("a.bin", 100), "/Cloud/")
    assert result.code == 0, result.err
    assert (result.events("done")[0]["route"], signed_in.calls.count("StartRemoteUpload")) == ("write", 0)


def test_what_is_said_of_it_beforehand_agrees(cd2: Run, old: RunningEmulator, make_file: Callable[..., Path]) -> None:
    result = cd2("put", "-n", "-v", make_file("a.bin", 100), "/Cloud/")
    assert result.code == 0, result.err
    assert "remote uploads need version 0.9.9, the server has 0.9.8" in result.err
    may_not = "the server (version 0.9.8) may not offer it, remote uploads need 0.9.9; it is tried all the same, over gRPC"
    assert f"remote can carry it: {may_not}\n" in result.err
    assert "pulls the file" not in result.err
