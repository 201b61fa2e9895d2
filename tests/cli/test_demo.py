"""``cd2 demo``: what it shows, on a pipe and as JSON, and that nothing stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Spawn = Callable[..., "subprocess.Popen[bytes]"]
MIB = 1 << 20


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """Where the demo keeps its files."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def test_json(process: Run, scratch: Path) -> None:
    result = process("demo", "--size", "48M", "--json", env={**os.environ, "TMPDIR": str(scratch)})
    assert (result.code, result.err) == (0, "")
    steps = {step["action"]: step for step in result.events("step")}
    assert list(steps) == ["files", "start", "ready", "upload", "uploaded", "compared", "list", "end"]
    assert steps["uploaded"]["reconnects"] == 1
    assert steps["uploaded"]["bytes"] > 48 * MIB
    assert {done["verified"] for done in result.events("done")} == {"hash"}
    assert {entry["name"] for entry in result.events("entry")} >= {
        "random.bin",
        "中文 文件名.txt",
        "emoji 🎬 🍿.txt",
        "empty.txt",
    }
    assert list(scratch.iterdir()) == []


def test_on_a_pipe_with_a_file_of_ones_own(process: Run, scratch: Path, make_file: Callable[..., Path]) -> None:
    source = make_file("my own #1.bin", 24 * MIB)
    result = process("demo", source, env={**os.environ, "TMPDIR": str(scratch)})
    assert result.code == 0, result.err
    assert "\x1b" not in result.out + result.err
    assert result.err.splitlines() == ["upload channel ended, opening it again", "upload channel is back"]
    assert f"{source} -> /Cloud/my own #1.bin  24.0 MiB in " in result.out
    assert "5. the connection was cut once and taken up again; 24.0 MiB in " in result.out
    assert "6. downloaded it again and compared: equal" in result.out
    assert source.stat().st_size == 24 * MIB
    assert list(scratch.iterdir()) == []


def test_kept(process: Run, scratch: Path) -> None:
    result = process("demo", "--size", "1M", "--keep", env={**os.environ, "TMPDIR": str(scratch)})
    (kept,) = scratch.iterdir()
    assert result.err.splitlines()[-1] == f"kept: {kept}"
    assert (kept / "drive" / "Cloud" / "random.bin").read_bytes() == (kept / "random.bin").read_bytes()


def test_stopped(spawn: Spawn, scratch: Path) -> None:
    process = spawn("demo", "--size", "512M", env={**os.environ, "TMPDIR": str(scratch)})
    assert process.stdout is not None
    while not process.stdout.readline().startswith(b"4. "):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.decode().splitlines()[-1] == "cd2: stopped, and cleaned up"
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--size", "much"], "'much' is no size; write 256M or 1G"),
        (["/nothing/there"], "/nothing/there"),
        (["/"], "is a directory"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage(run: Run, arguments: list[str], said: str) -> None:
    result = run("demo", *arguments)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
