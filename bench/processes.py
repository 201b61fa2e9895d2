"""Servers and sides in processes of their own, and what they cost."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SIDES = HERE / "sides"
MIB = 1 << 20
GIB = 1 << 30
Row = dict[str, Any]
# Compiling our modules at every start would be counted as work of the uploads.
INHERITED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


class Failed(Exception):
    """This cannot be measured here; says why."""


@dataclass(frozen=True)
class Server:
    """A running emulator.

    Attributes:
        reach: Target, user and password, as every side takes them.
        mounted: Why its drive is not mounted where it was asked for; empty when it is, or nobody asked.
    """

    process: subprocess.Popen[str]
    reach: tuple[str, str, str]
    mounted: str

    @property
    def cpu_seconds(self) -> float:
        """Processor time so far, of all its threads."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def server(*arguments: str) -> Iterator[Server]:
    """Run an emulator; see ``sides/server.py`` for the arguments."""
    command = [sys.executable, str(SIDES / "server.py"), *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    try:
        ready = json.loads(process.stdout.readline())
        yield Server(process, (f"127.0.0.1:{ready['port']}", ready["user"], ready["password"]), ready["mounted"])
    finally:
        process.stdin.close()
        process.wait(60)
        process.stdout.close()


def command(words: Sequence[str], environment: Mapping[str, str] | None = None, running: Server | None = None) -> Row:
    """Run a program to its end.

    Returns:
        What it printed as one line of JSON, if that is what it printed; ``seconds`` of the whole process unless it says
        better; its processor time, its peak memory, and the server's processor time meanwhile.

    Raises:
        Failed: It did not end well.
    """
    before = running.cpu_seconds if running else 0.0
    with tempfile.TemporaryFile("w+", errors="replace") as complaints:
        began = time.perf_counter()
        process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=complaints, text=True, env={**INHERITED, **(environment or {})}
        )
        assert process.stdout is not None
        text = process.stdout.read()
        process.stdout.close()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            complaints.seek(0)
            said = complaints.read().strip().rpartition("\n")[2]
            raise Failed(f"{Path(words[0]).name} ended with {process.returncode}: {said[-200:]}")
    row: Row = {"seconds": seconds}
    if text.startswith("{"):
        row.update(json.loads(text))
    row["cpu_seconds"] = usage.ru_utime + usage.ru_stime
    row["peak_mib"] = usage.ru_maxrss / 1024
    row["server_cpu_seconds"] = running.cpu_seconds - before if running else 0.0
    return row


def side(script: str, running: Server | None, *arguments: str, python: str | None = None) -> Row:
    """Run one of ``sides/``; with a server it gets target, user and password first."""
    reach = running.reach if running else ()
    return command([python or sys.executable, str(SIDES / script), *reach, *arguments], running=running)


def median(rows: Sequence[Row], key: str) -> float:
    """The middle of some rounds."""
    return statistics.median(float(row[key]) for row in rows)


def ratio(over: Sequence[Row], under: Sequence[Row], key: str) -> float:
    """The middle of the rounds' own ratios: both sides of one were measured one after the other."""
    return statistics.median(float(above[key]) / float(below[key]) for above, below in zip(over, under, strict=True))


def large_file(folder: Path, size: int) -> Path:
    """A file of bytes that cannot be compressed."""
    path = folder / "source.bin"
    with path.open("wb") as file:
        for offset in range(0, size, MIB):
            file.write(os.urandom(min(MIB, size - offset)))
    return path


def forget(path: Path) -> None:
    """Let the system's page cache forget a file: the next read comes from the disk, if it lies on one."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def small_files(folder: Path, count: int, size: int = 16 * 1024) -> Path:
    """A folder of files that differ."""
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:05}.bin").write_bytes(os.urandom(size))
    return folder


def program(name: str) -> str | None:
    """Where a program of the system is."""
    return shutil.which(name)
