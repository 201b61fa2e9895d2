"""Clients of others in JavaScript: their packages, the messages generated from our contract, the script that plays scenarios."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.testing import RunningEmulator

HERE = Path(__file__).parent
CONTRACT = HERE.parents[2] / "proto" / "clouddrive.proto"
OLDEST_NODE = 20
MIB = 1 << 20


@pytest.fixture(scope="session")
def script() -> Path:
    """The script to run, with its packages and the generated contract beside it; made once, and anew when one of them changes."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.removeprefix("v").split(".")[0]) < OLDEST_NODE:
        pytest.skip(f"Node {OLDEST_NODE} or newer is needed, here is {version.strip()}")
    if importlib.util.find_spec("grpc_tools") is None:
        pytest.skip("grpcio-tools is not installed")
    with (HERE / ".lock").open("w") as lock:
        # Several test processes at once want it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        made_from = hashlib.sha256((HERE / "package.json").read_bytes() + CONTRACT.read_bytes()).hexdigest()
        ready = HERE / "node_modules" / "ready"
        if not ready.is_file() or ready.read_text() != made_from:
            install()
            ready.write_text(made_from)
    return HERE / "run.mjs"


def install() -> None:
    """Fetch the packages, and generate the messages with the plugin that came with them."""
    flags = ["--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
    fetched = subprocess.run(["npm", "install", *flags], cwd=HERE, capture_output=True, text=True, check=False)
    if fetched.returncode:
        pytest.skip(f"npm cannot install package.json: {fetched.stderr.strip()[-300:]}")
    generated = HERE / "generated"
    shutil.rmtree(generated, ignore_errors=True)
    generated.mkdir()
    plugin = f"--plugin=protoc-gen-es={HERE / 'node_modules' / '.bin' / 'protoc-gen-es'}"
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{CONTRACT.parent}", plugin, f"--es_out={generated}"]
    subprocess.run([*command, "--es_opt=target=js", CONTRACT], check=True)


@pytest.fixture
def node(script: Path) -> Callable[..., Any]:
    """``node(emulator, "look", path="/Cloud/f")``: what a web page saw; with ``native=True`` a program over native gRPC."""

    def run(emulator: RunningEmulator, scenario: str, **parameters: Any) -> Any:
        given = {"url": emulator.url, "username": emulator.username, "password": emulator.password, **parameters}
        # A page knows no proxy of the environment, and Node need not either.
        env = {"PATH": os.environ["PATH"]}
        command = ["node", str(script), scenario, json.dumps(given)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, env=env, timeout=100)
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    return run


@pytest.fixture
def emulator(tmp_path: Path, emulator_factory: Callable[..., RunningEmulator]) -> RunningEmulator:
    return emulator_factory(root=tmp_path)


def data_of(size: int) -> bytes:
    """What the scenarios send for a size."""
    # Byte n is (7 n + n >> 20) mod 251, so that every MiB is a piece of one period; 36 is the inverse of 7.
    period = bytes(7 * place % 251 for place in range(251)) * (MIB // 251 + 2)
    starts = [(first, (first + 36 * (first >> 20)) % 251) for first in range(0, size, MIB)]
    return b"".join(period[start : start + min(MIB, size - first)] for first, start in starts)
