"""Clients of others from PyPI: the venv they are in, and the scripts of this folder run there, once for all tests of a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest

HERE = Path(__file__).parent
PINS = HERE / "requirements.txt"
# make puts it there, for the benchmarks too.
VENV = Path(sys.prefix) / "strangers"
Told = dict[str, dict[str, Any]]


class Server(Protocol):
    """How a script signs in."""

    @property
    def url(self) -> str: ...
    @property
    def username(self) -> str: ...
    @property
    def password(self) -> str: ...


@pytest.fixture(scope="session")
def play() -> Callable[..., Told]:
    """``play("sync_client.py", emulator, folder)``: what the script told, by name."""
    ready = VENV / "ready"
    if not ready.is_file() or ready.read_text(encoding="utf-8") != PINS.read_text(encoding="utf-8"):
        pytest.skip(f"the packages of {PINS.name} are not installed; make setup does that")

    def run(script: str, emulator: Server, folder: Path, *more: str) -> Told:
        reach = [emulator.url.removeprefix("http://"), emulator.username, emulator.password]
        # Without the proxies of the environment, and without the path of our own modules.
        ran = subprocess.run(
            [VENV / "bin/python", HERE / script, *reach, folder, *more],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"},
            timeout=100,
        )
        told = {line["name"]: line for line in map(json.loads, ran.stdout.splitlines())}
        assert ran.returncode == 0, (list(told)[-1:], ran.stderr[-3000:])
        return told

    return run


def value_of(told: Told, name: str) -> Any:
    """What came of something that went well."""
    assert "error" not in told[name], told[name]
    return told[name]["value"]


def failure_of(told: Told, name: str) -> str:
    """The status or the exception that something ended with."""
    assert "error" in told[name], told[name]
    error: str = told[name]["error"]
    return error
