"""``cd2`` at a terminal: bars while something moves, and questions."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.testing import RunningEmulator

Spawn = Callable[..., "subprocess.Popen[bytes]"]
Ended = Callable[["subprocess.Popen[bytes]"], Any]
MIB = 1 << 20


class Terminal:
    """Both ends of a terminal: ``far`` is given to a process, and what it shows is read here."""

    def __init__(self) -> None:
        self.near, self.far = pty.openpty()
        self.shown = b""

    def read_until(self, text: str) -> None:
        """Reads on until the screen has shown a text; everything after an earlier one."""
        while text.encode() not in self.shown:
            self.shown += os.read(self.near, 65536)
        self.shown = self.shown.partition(text.encode())[2]

    def read_to_the_end(self) -> str:
        """What is shown until no process holds the terminal any more."""
        os.close(self.far)
        try:
            while piece := os.read(self.near, 65536):
                self.shown += piece
        except OSError:
            # How Linux says that nobody is there any more.
            pass
        return self.shown.decode().replace("\r\n", "\n")

    def type(self, line: str) -> None:
        os.write(self.near, line.encode() + b"\n")


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    os.close(terminal.near)


def test_bars_on_the_screen_and_plain_lines_in_the_pipe(
    spawn: Spawn, terminal: Terminal, signed_in: RunningEmulator, make_file: Callable[..., Path]
) -> None:
    source = make_file("film #1.mkv", 24 * MIB)
    signed_in.faults.delay("RemoteReadData", seconds=3600, times=1, after=6)
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"}
    process = spawn("put", source, "/Cloud/", stderr=terminal.far, env=environment)
    terminal.read_until("sending")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    assert "run the same command again to go on" in terminal.read_to_the_end()

    again = spawn("put", source, "/Cloud/", stderr=subprocess.PIPE)
    out, _ = again.communicate(timeout=60)
    assert again.returncode == 0
    assert b"\x1b" not in out
    assert out.decode().startswith(f"{source} -> /Cloud/film #1.mkv  24.0 MiB in ")


def test_bars_and_lines_on_one_screen(spawn: Spawn, terminal: Terminal, signed_in: RunningEmulator, awkward: Path) -> None:
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "200"}
    process = spawn("put", awkward, "/Cloud/", stdout=terminal.far, stderr=terminal.far, env=environment)
    assert process.wait(timeout=60) == 0
    shown = terminal.read_to_the_end()
    for name in ("🎬 #1 100%.txt", "中文 文件.txt", "two  spaces.txt"):
        assert f"{awkward}/{name} -> /Cloud/awkward/{name}" in shown
    assert "6 files uploaded" in shown


def test_quiet_shows_no_bars(spawn: Spawn, terminal: Terminal, signed_in: RunningEmulator, awkward: Path) -> None:
    process = spawn("-q", "put", awkward, "/Cloud/", stdout=terminal.far, stderr=terminal.far)
    assert process.wait(timeout=60) == 0
    assert terminal.read_to_the_end() == ""


class TestQuestions:
    @pytest.fixture
    def emulator(self, emulator_factory: Callable[..., RunningEmulator]) -> RunningEmulator:
        return emulator_factory(password="not to be shown")

    @pytest.fixture
    def login(self, spawn: Spawn, terminal: Terminal, emulator: RunningEmulator) -> subprocess.Popen[bytes]:
        return spawn("--url", emulator.url, "login", stdin=terminal.far, stderr=terminal.far, start_new_session=True)

    def test_name_and_password(
        self, login: subprocess.Popen[bytes], terminal: Terminal, emulator: RunningEmulator, tmp_path: Path
    ) -> None:
        terminal.read_until("(empty to give an API token): ")
        terminal.type(emulator.username)
        terminal.read_until(f"Password of {emulator.username}: ")
        terminal.type(emulator.password)
        out, _ = login.communicate(timeout=60)
        assert login.returncode == 0
        assert out.startswith(f"signed in to {emulator.url}; profile 'default'".encode())
        assert emulator.password not in terminal.read_to_the_end()
        assert f'username = "{emulator.username}"' in (tmp_path / "config" / "config.toml").read_text()

    def test_a_wrong_password(self, login: subprocess.Popen[bytes], terminal: Terminal, emulator: RunningEmulator) -> None:
        terminal.read_until("API token): ")
        terminal.type(emulator.username)
        terminal.read_until(": ")
        terminal.type("wrong")
        assert login.wait(timeout=60) == 4
        assert f"refuses the name or password of '{emulator.username}'" in terminal.read_to_the_end()

    def test_ctrl_c_ends_a_question(self, login: subprocess.Popen[bytes], terminal: Terminal) -> None:
        terminal.read_until("API token): ")
        login.send_signal(signal.SIGINT)
        assert login.wait(timeout=60) == 130
        assert terminal.read_to_the_end() == "cd2: interrupted\n"

    def test_an_end_of_input_ends_a_question(self, login: subprocess.Popen[bytes], terminal: Terminal) -> None:
        terminal.read_until("API token): ")
        os.write(terminal.near, b"\x04")
        assert login.wait(timeout=60) == 2
        assert terminal.read_to_the_end().endswith("cd2: no answer was given\n")


class TestDeletingAtTheEndOfASync:
    @pytest.fixture
    def sync(
        self, cd2: Callable[..., Any], seed: Callable[..., None], spawn: Spawn, terminal: Terminal, tmp_path: Path
    ) -> subprocess.Popen[bytes]:
        seed({f"Photos/old/{number}": b"x" for number in range(12)})
        (tmp_path / "photos").mkdir()
        (tmp_path / "photos" / "new").touch()
        arguments = ("sync", "--delete", tmp_path / "photos", "/Cloud/Photos")
        return spawn(*arguments, stdin=terminal.far, stdout=terminal.far, stderr=terminal.far, start_new_session=True)

    def test_yes(self, sync: subprocess.Popen[bytes], terminal: Terminal, cd2: Callable[..., Any]) -> None:
        terminal.read_until("  /Cloud/Photos/old/0")
        terminal.read_until("  and 2 more")
        terminal.read_until("Delete 12 files and 1 folder that are only at the destination? [y/N] ")
        terminal.type("y")
        assert sync.wait(timeout=60) == 0
        assert terminal.read_to_the_end().endswith("0 files the same, 13 deleted\n")
        assert cd2("ls", "/Cloud/Photos").out == "new\n"

    def test_anything_else_is_no(self, sync: subprocess.Popen[bytes], terminal: Terminal, cd2: Callable[..., Any]) -> None:
        terminal.read_until("[y/N] ")
        terminal.type("")
        assert sync.wait(timeout=60) == 1
        assert "nothing is deleted\n0 files the same, 0 deleted\n" in terminal.read_to_the_end()
        assert cd2("ls", "/Cloud/Photos").out == "new\nold/\n"
