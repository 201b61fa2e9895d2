"""``cd2 system``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]


def test_looking(cd2: Run) -> None:
    assert cd2("system", "status").lines[0].startswith("up ")
    assert cd2("--json", "system", "status").record["can_restart"] is True
    assert cd2("system", "logs").out.endswith("clouddrive.log\n")
    assert cd2("system", "handles").out == ""
    assert cd2("system", "check").out == "up to date\n"


def test_updates(cd2: Run, signed_in: RunningEmulator) -> None:
    assert cd2("system", "download").code == 1
    signed_in.world.options.update_version = "1.2.0"
    assert cd2("--json", "system", "check").record["version"] == "1.2.0"
    assert cd2("system", "download").code == 0
    assert cd2("system", "update").code == 2
    assert cd2("system", "update", "--yes").code == 0
    assert signed_in.world.options.version == "1.2.0"


@pytest.mark.parametrize("verb", ["restart", "shutdown", "certificate"])
def test_what_ends_connections_asks(cd2: Run, signed_in: RunningEmulator, verb: str) -> None:
    refused = cd2("system", verb)
    assert refused.code == 2 and "--yes" in refused.err
    for rpc in ("RestartService", "ShutdownService", "GenerateSelfSignedCert"):
        assert signed_in.calls.count(rpc) == 0
    assert cd2("system", verb, "--yes").code == 0


def test_web_server(cd2: Run, signed_in: RunningEmulator, free_port: int) -> None:
    assert cd2("system", "web").out == f"http {signed_in.port}, no https, no certificate\n"
    told = cd2("--json", "system", "web", "--https-port", str(free_port), "--https").record
    assert (told["https_port"], told["https"]) == (free_port, True) == (signed_in.tls_port, True)
    taken = cd2("system", "web", "--https-port", str(signed_in.port))
    assert taken.code == 1 and "need a port each" in taken.err
    assert cd2("system", "web", "--http-port", "0").code == 2
