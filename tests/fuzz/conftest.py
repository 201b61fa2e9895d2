"""An emulator as a process of its own, with a file beside its folder that nobody may ever see or change."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

SECRET = b"the canary is alive"
TOKEN = "token-of-the-fuzz"
# No answer takes so long: who waits longer hangs. Generous, for a busy machine.
DEADLINE = 60.0
LONG = settings(
    max_examples=100,
    deadline=None,
    database=None,
    derandomize=False,
    suppress_health_check=list(HealthCheck),
)


@dataclass
class Target:
    """The process under attack.

    Attributes:
        port: Its public port.
        place: Holds the folder it serves, and beside it what it has no business with.
    """

    process: subprocess.Popen[bytes]
    port: int
    place: Path
    channel: grpc.Channel
    token = TOKEN
    secret = SECRET
    deadline = DEADLINE

    def said(self) -> str:
        """Everything it wrote to stderr."""
        return (self.place / "stderr").read_text(errors="replace")

    def check(self) -> None:
        """It runs, it answers, nothing in it went wrong unforeseen, and what lies outside is as it was."""
        assert self.process.poll() is None, self.said()
        answer = self.exchange(b"GET /nothing HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 404"), answer
        assert "Traceback" not in self.said(), self.said()
        assert sorted(path.name for path in self.place.iterdir()) == ["canary", "drive", "stderr"]
        assert (self.place / "canary").read_bytes() == SECRET
        shown = {path.name for path in (self.place / "drive").iterdir() if not path.name.startswith(".clouddrive2")}
        assert shown == {"Cloud", "Other"}

    def exchange(self, *pieces: bytes, finish: bool = False) -> bytes:
        """Send bytes as they are; all that comes back until it closes. ``finish`` closes our side when it says nothing.

        Raises:
            TimeoutError: It neither answers nor closes.
        """
        with socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE) as connection:
            answer = bytearray()
            try:
                for piece in pieces:
                    connection.sendall(piece)
                while True:
                    # Is it waiting for more? Not at once: to a server a caller who has closed his side is one who has left.
                    if finish and not select.select([connection], [], [], 0.1)[0]:
                        connection.shutdown(socket.SHUT_WR)
                        finish = False
                    data = connection.recv(1 << 16)
                    if not data:
                        break
                    answer += data
            except TimeoutError:
                raise
            except OSError:
                # It may refuse before it has read everything, and then the connection breaks here or there.
                pass
            return bytes(answer)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    place = tmp_path_factory.mktemp("target")
    (place / "canary").write_bytes(SECRET)
    options = ["--json", "emulator", "--port", "0", "--root", str(place / "drive"), "--api-token", TOKEN]
    options += ["--cloud", "Cloud", "--cloud", "Other"]
    nowhere = str(place / "none")
    environment = {**os.environ, "CLOUDDRIVE2_CONFIG_DIR": nowhere, "CLOUDDRIVE2_STATE_DIR": nowhere}
    with (place / "stderr").open("wb") as stderr:
        command = [sys.executable, "-m", "clouddrive2.cli", *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, env=environment)
    assert process.stdout is not None
    try:
        ready = process.stdout.readline()
        assert ready, (place / "stderr").read_text()
        port = json.loads(ready)["port"]
        limits = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=limits) as channel:
            yield Target(process, port, place, channel)
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="session")
def fuzz(request: pytest.FixtureRequest) -> Callable[..., None]:
    """``fuzz(test, strategy, check, share=0.25)``: ``test(example)`` for that part of ``--fuzz-seconds``.

    Each hundred examples have another seed, which a failure names beside the smallest example; ``check()`` follows each hundred.
    """

    def run(test: Callable[[Any], None], strategy: st.SearchStrategy[Any], check: Callable[[], None], *, share: float) -> None:
        give_up = time.monotonic() + float(request.config.getoption("--fuzz-seconds")) * share
        while time.monotonic() < give_up:
            number = random.SystemRandom().randrange(1 << 32)
            print(f"seed {number}")
            # Nothing remembered from one hundred to the next.
            tried = given(example=strategy)(lambda example: test(example))
            seed(number)(LONG(tried))()
            check()

    return run
