"""Trees of files, the commands that carry them, and what must be true when all is over."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import UploadConfig
from clouddrive2.testing import RunningEmulator

KIB, MIB = 1 << 10, 1 << 20
# Nothing, one byte, what fits into one message, what is read at once, what needs several pieces.
SIZES = (0, 1, 900, 40 * KIB, 64 * KIB, 64 * KIB + 1, 300 * KIB, MIB, MIB + 1, 2 * MIB + 7)
SCRATCH = ".clouddrive2"
# How often a folder is tried; each fault can strike several files at once.
RUNS = 200

MakeTree = Callable[..., Path]


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own settings, and nothing left behind."""
    for name in os.environ:
        if name.startswith("CLOUDDRIVE2_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CLOUDDRIVE2_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("CLOUDDRIVE2_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("CLOUDDRIVE2_USERNAME", "user")
    monkeypatch.setenv("CLOUDDRIVE2_PASSWORD", "password")
    monkeypatch.setenv("GRPC_VERBOSITY", "NONE")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Where journal and device ids are."""
    return tmp_path / "state"


@pytest.fixture
def upload_config(state: Path) -> UploadConfig:
    """Short pauses; patience enough for a busy machine."""
    return UploadConfig(
        reconnect_first=0.02,
        reconnect_longest=0.2,
        progress_seconds=0.05,
        quiet_seconds=1.0,
        offline_seconds=60.0,
        verify_seconds=20.0,
        cancel_seconds=5.0,
        state_folder=state,
    )


@pytest.fixture
def make_tree(tmp_path: Path) -> MakeTree:
    """``make_tree("name", files=40)``: a folder with files of mixed sizes in several folders, the same for the same name."""

    def make(name: str, files: int = 40) -> Path:
        dice = random.Random(name)
        folder = tmp_path / "local" / name
        for number in range(files):
            path = folder / ("", "a", "b/c", "中文")[number % 4] / f"{number:03}.bin"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(dice.randbytes(SIZES[number % len(SIZES)]))
        return folder

    return make


@pytest.fixture
def make_file(tmp_path: Path) -> Callable[..., Path]:
    """Files with repeatable random content: ``make_file("name", size)``."""

    def make(name: str, size: int, seed: int = 0) -> Path:
        path = tmp_path / "local" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(random.Random(f"{name}{seed}").randbytes(size))
        return path

    return make


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def differences(expected: Mapping[str, bytes], found: Mapping[str, bytes]) -> list[str]:
    """What is missing, too much, or has other bytes; without printing megabytes."""
    missing = [f"missing: {name}" for name in expected.keys() - found.keys()]
    extra = [f"too much: {name}" for name in found.keys() - expected.keys()]
    other = [f"other bytes: {name}" for name in expected.keys() & found.keys() if expected[name] != found[name]]
    return sorted(missing + extra + other)


@dataclass(frozen=True)
class Aftermath:
    """What must be true when a storm is over.

    Attributes:
        drive: The folder with the files of the emulator's cloud.
        state: The state folder of the client.
    """

    drive: Path
    state: Path

    def assert_complete(self, *sources: Path) -> None:
        """The drive holds each of these folders exactly once, byte for byte, and nothing else."""
        expected = {f"{source.name}/{name}": data for source in sources for name, data in files_below(source).items()}
        assert differences(expected, files_below(self.drive)) == []

    def assert_here_or_there(self, moved: Path, kept: Path) -> None:
        """Every file of a folder that is being moved is whole in the drive, or whole where it was."""
        here, there = files_below(moved), files_below(self.drive / moved.name)
        lost = [name for name, data in files_below(kept).items() if data not in (here.get(name), there.get(name))]
        assert lost == []

    def assert_nothing_left(self, emulator: RunningEmulator | None = None) -> None:
        """No temporary file, no upload that still waits for somebody, a whole journal with nothing open in it."""
        if emulator is not None:
            world = emulator.emulator.world
            assert emulator.on_loop(lambda: [(task.path, task.status) for task in world.tasks.live()]) == []
            assert emulator.on_loop(lambda: list(world.pending)) == []
        scratch = self.drive.parent / SCRATCH
        assert [path.name for path in scratch.rglob("*.part")] == []
        self.assert_journal()

    def assert_journal(self) -> None:
        """It opens cleanly, and every upload in it has ended."""
        assert not (self.state / "uploads.sqlite.spoilt").exists()
        with contextlib.closing(sqlite3.connect(self.state / "uploads.sqlite")) as journal:
            assert journal.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert journal.execute("SELECT path, state, error FROM uploads WHERE state = 'begun'").fetchall() == []


@pytest.fixture
def aftermath(tmp_path: Path, state: Path) -> Aftermath:
    """For an emulator with ``root=tmp_path / "root"`` and one cloud."""
    return Aftermath(tmp_path / "root" / "Cloud", state)


async def upload_all(client: AsyncClient, source: Path, *, to: str = "/Cloud") -> None:
    """Every file of a folder, again until each has arrived; one that did not says why, and is not the last to be tried."""
    left = sorted(path for path in source.rglob("*") if path.is_file())
    for _ in range(RUNS):
        async with client.uploads.batch(files_at_once=6) as batch:
            for path in left:
                batch.add(path, f"{to}/{source.name}/{path.relative_to(source)}")
            outcomes = await batch.outcomes()
        failed = [item for item in outcomes if item.error is not None]
        assert all(str(item.error) for item in failed)
        left = [Path(item.source) for item in failed]
        if not left:
            return
    pytest.fail(f"after {RUNS} runs still: {failed[0].error!r}")


@pytest.fixture
def upload_folder() -> Callable[..., Awaitable[None]]:
    """``await upload_folder(client, folder)``."""
    return upload_all


Spawn = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    """``spawn("put", ...)``: the command ``cd2`` as a process of its own, ended with the test."""
    with ExitStack() as stack:

        def start(*arguments: str | Path) -> subprocess.Popen[str]:
            command = [sys.executable, "-m", "clouddrive2.cli", *map(str, arguments)]
            process = stack.enter_context(
                subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
                )
            )
            stack.callback(process.kill)
            return process

        yield start
