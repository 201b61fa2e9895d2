"""What the programs of others are given: an emulator that keeps its files in a folder, so that the test looks there itself."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto.methods import METHODS
from clouddrive2.testing import RunningEmulator

# pip brings some of them, into a folder that is in nobody's PATH.
PATH = os.pathsep.join([os.environ["PATH"], str(Path(sys.executable).parent)])
Ran = subprocess.CompletedProcess[str]

# Each means something else in an address, in a header, to a shell or on a disk.
AWKWARD = ["with spaces.txt", "中文 电影.mkv", "100% %41.bin", "#1 ?x&y=z;.bin", "ä [2] (a+b) 'q'.txt"]


@pytest.fixture
def emulator(tmp_path: Path, emulator_factory: Callable[..., RunningEmulator]) -> RunningEmulator:
    return emulator_factory(root=tmp_path / "emulated")


@pytest.fixture
def cloud(emulator: RunningEmulator, tmp_path: Path) -> Path:
    """The emulator's cloud folder on the disk."""
    return tmp_path / "emulated" / "Cloud"


@pytest.fixture
def settle(emulator: RunningEmulator) -> Callable[[], None]:
    """``settle()``: what was written has arrived in its cloud (protocol.md §7.2)."""

    def wait() -> None:
        while emulator.world.tasks.live_count():
            emulator.on_loop(asyncio.sleep, 0.001)

    return wait


@pytest.fixture
def call(emulator: RunningEmulator) -> Iterator[Callable[..., Any]]:
    """``call("AddDavUser", request)``: an RPC of the account, or of ``token``, sent without a client of ours."""
    with grpc.insecure_channel(f"127.0.0.1:{emulator.port}") as channel:

        def send(name: str, request: Any, *, token: str | None = None) -> Any:
            method = METHODS[name]
            sender: Any = channel.unary_unary(method.path, method.request.SerializeToString, method.reply.FromString)
            return sender(request, metadata=(("authorization", f"Bearer {token or session}"),))

        sign_in = METHODS["GetToken"]
        first: Any = channel.unary_unary(sign_in.path, sign_in.request.SerializeToString, sign_in.reply.FromString)
        session = first(pb.GetTokenRequest(userName=emulator.username, password=emulator.password)).token
        yield send


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Ran]:
    """``run("curl", "-s", url)``: start a program with a home of its own and wait for its end."""
    home = tmp_path / "home"
    home.mkdir()

    def start(
        *command: str | Path,
        expect: int | None = 0,
        stdin: str | None = None,
        env: dict[str, str] | None = None,
        cwd: Path = home,
    ) -> Ran:
        ran = subprocess.run(
            [str(each) for each in command],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            check=False,
            cwd=cwd,
            env={"PATH": PATH, "HOME": str(home), "LC_ALL": "C.UTF-8", **(env or {})},
        )
        assert expect is None or ran.returncode == expect, (ran.args, ran.returncode, ran.stdout, ran.stderr)
        return ran

    return start


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skip where one of the programs is missing."""
    missing = [program for program in programs if shutil.which(program, path=PATH) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


def content(seed: object, size: int) -> bytes:
    """Bytes that look random and are the same for the same seed."""
    return random.Random(str(seed)).randbytes(size)


def fill(folder: Path, sizes: dict[str, int]) -> Path:
    """Make files, each with content of its own."""
    for name, size in sizes.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(name, size))
    return folder


def files_in(folder: Path) -> dict[str, bytes]:
    """Relative path to content of every file."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
