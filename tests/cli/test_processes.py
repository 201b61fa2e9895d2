"""``cd2`` as the shell sees it: signals, pipes, killed processes, and the same command once more."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]
Spawn = Callable[..., "subprocess.Popen[bytes]"]
Ended = Callable[["subprocess.Popen[bytes]"], Any]
MIB = 1 << 20
GOOD_READS = 6
AGAIN = "stopped; nothing was finished yet; run the same command again to go on"


@pytest.fixture
def big(make_file: Callable[..., Path]) -> Path:
    return make_file("big.bin", 32 * MIB)


@pytest.fixture
def standing_still(signed_in: RunningEmulator) -> Callable[[], None]:
    """``standing_still()`` returns when an upload is in its middle and cannot go on: one read of it hangs, for this once."""
    signed_in.faults.delay("RemoteReadData", seconds=3600, times=1, after=GOOD_READS)
    return lambda: signed_in.calls.wait_for("RemoteReadData", GOOD_READS + 2)


def test_exit_code_and_clean_streams(process: Run, signed_in: RunningEmulator, big: Path) -> None:
    result = process("put", big, "/Cloud/", "--json")
    assert (result.code, result.err) == (0, "")
    assert result.events("done")[0]["verified"] == "hash"
    result = process("ls", "/Cloud/nothing")
    assert (result.code, result.out) == (5, "")


def test_no_bars_where_nobody_watches(process: Run, signed_in: RunningEmulator, awkward: Path) -> None:
    result = process("put", awkward, "/Cloud/", env={**os.environ, "TERM": "xterm-256color", "FORCE_COLOR": "1"})
    assert (result.code, result.err) == (0, "")
    assert b"\x1b" not in result.raw


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=lambda value: str(int(value))
)
def test_stopped_and_taken_up(
    spawn: Spawn,
    ended: Ended,
    process: Run,
    signed_in: RunningEmulator,
    standing_still: Callable[[], None],
    big: Path,
    number: signal.Signals,
    code: int,
) -> None:
    first = spawn("put", big, "/Cloud/")
    standing_still()
    first.send_signal(number)
    result = ended(first)
    assert (result.code, result.out) == (code, "")
    assert result.err.splitlines() == ["stopping cleanly; press Ctrl-C again to stop at once", f"cd2: {AGAIN}"]
    assert_taken_up(process, signed_in, big)


def test_killed_and_taken_up(
    spawn: Spawn, ended: Ended, process: Run, signed_in: RunningEmulator, standing_still: Callable[[], None], big: Path
) -> None:
    first = spawn("put", big, "/Cloud/")
    standing_still()
    first.kill()
    assert ended(first).code == -signal.SIGKILL
    assert_taken_up(process, signed_in, big)


def assert_taken_up(process: Run, emulator: RunningEmulator, source: Path) -> None:
    """The same command goes on under the same upload id, and the drive holds the file once."""
    result = process("put", source, "/Cloud/")
    assert result.code == 0, result.err
    assert result.err == "taking up /Cloud/big.bin\n"
    assert result.out.endswith("verified by hash\n")
    assert emulator.calls.count("StartRemoteUpload") == 1
    assert process("ls", "/Cloud").lines == ["big.bin"]
    assert process("cat", "/Cloud/big.bin").raw == source.read_bytes()


def test_stopped_in_json(
    spawn: Spawn, ended: Ended, signed_in: RunningEmulator, standing_still: Callable[[], None], big: Path
) -> None:
    first = spawn("--json", "put", big, "/Cloud/")
    standing_still()
    first.send_signal(signal.SIGINT)
    result = ended(first)
    assert result.code == 130
    assert result.events("summary")[0]["done"] == 0
    error = json.loads(result.err)
    assert (error["kind"], error["exit_code"], error["message"]) == ("Interrupted", 130, AGAIN)


def test_a_second_signal_stops_at_once(
    spawn: Spawn, ended: Ended, signed_in: RunningEmulator, standing_still: Callable[[], None], big: Path
) -> None:
    # The clean end waits for the server, which does not answer.
    signed_in.faults.delay("RemoteUploadControl", seconds=3600)
    first = spawn("put", big, "/Cloud/")
    standing_still()
    first.send_signal(signal.SIGINT)
    assert first.stderr is not None
    assert first.stderr.readline() == b"stopping cleanly; press Ctrl-C again to stop at once\n"
    first.send_signal(signal.SIGINT)
    assert ended(first).code == 130


def test_several_at_once_finish_what_the_interrupted_one_left(
    spawn: Spawn,
    ended: Ended,
    process: Run,
    signed_in: RunningEmulator,
    standing_still: Callable[[], None],
    big: Path,
    awkward: Path,
) -> None:
    first = spawn("put", awkward, big, "/Cloud/")
    standing_still()
    first.send_signal(signal.SIGINT)
    assert ended(first).code == 130
    result = process("--json", "put", awkward, big, "/Cloud/")
    assert result.code == 0, result.err
    assert len(result.events("done")) == 7
    assert len(process("find", "/Cloud", "--type", "f").lines) == 7


def test_a_stream_ends_with_ctrl_c(spawn: Spawn, ended: Ended, signed_in: RunningEmulator) -> None:
    listening = spawn("rpc", "PushMessage")
    assert listening.stdout is not None
    assert json.loads(listening.stdout.readline())["messageType"]
    listening.send_signal(signal.SIGINT)
    result = ended(listening)
    assert result.code == 130
    assert result.err.splitlines()[-1] == "cd2: interrupted"


def test_a_reader_that_goes_away_is_no_failure(
    process: Run, signed_in: RunningEmulator, seed: Callable[[Mapping[str, bytes]], None]
) -> None:
    seed({"big": b"x" * 8 * MIB})
    for command in ("rpc --list", "cat /Cloud/big"):
        shell = f"{sys.executable} -m clouddrive2.cli {command} | head -c 10; exit ${{PIPESTATUS[0]}}"
        done = subprocess.run(["bash", "-c", shell], capture_output=True, check=False, timeout=60)
        assert (done.returncode, done.stderr) == (0, b"")
        assert len(done.stdout) == 10


def test_the_script_is_the_module(process: Run) -> None:
    script = Path(sys.executable).with_name("cd2")
    done = subprocess.run([script, "--version"], capture_output=True, check=True)
    assert done.stdout == process("--version").raw
