"""``cd2`` against an emulator: in this process where that will do, as a process of its own where signals and pipes matter."""

from __future__ import annotations

import io
import json
import logging
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.cli.main import main
from clouddrive2.testing import RunningEmulator

MIB = 1 << 20
AWKWARD = {
    "two  spaces.txt": b"spaces",
    "中文 文件.txt": "内容".encode(),
    "🎬 #1 100%.txt": b"emoji",
    "-dash": b"dash",
    "empty": b"",
    "deep/er/ümlaut é": b"deep",
}
LIMIT_SECONDS = 60


@dataclass(frozen=True)
class Result:
    """How one command ended."""

    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        return self.raw.decode()

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def records(self) -> list[dict[str, Any]]:
        """Standard output as JSON lines; fails when anything else is on it."""
        return [json.loads(line) for line in self.lines]

    @property
    def record(self) -> dict[str, Any]:
        (record,) = self.records
        return record

    def events(self, name: str) -> list[dict[str, Any]]:
        return [record for record in self.records if record["event"] == name]


Run = Callable[..., Result]
Spawn = Callable[..., "subprocess.Popen[bytes]"]
Seed = Callable[[Mapping[str, bytes]], None]


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own settings, and nothing left behind."""
    for name in os.environ:
        if name.startswith("CLOUDDRIVE2_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CLOUDDRIVE2_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("CLOUDDRIVE2_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("GRPC_VERBOSITY", "NONE")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


@pytest.fixture
def signed_in(emulator: RunningEmulator, monkeypatch: pytest.MonkeyPatch) -> RunningEmulator:
    """The emulator, with its address and account in the environment."""
    monkeypatch.setenv("CLOUDDRIVE2_URL", emulator.url)
    monkeypatch.setenv("CLOUDDRIVE2_USERNAME", emulator.username)
    monkeypatch.setenv("CLOUDDRIVE2_PASSWORD", emulator.password)
    return emulator


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run("ls", "/Cloud")`` in this process."""

    def command(*arguments: str | Path, stdin: str = "") -> Result:
        out, err = io.BytesIO(), io.BytesIO()
        with monkeypatch.context() as patch, logger_as_it_was():
            patch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding="utf-8"))
            patch.setattr(sys, "stderr", io.TextIOWrapper(err, encoding="utf-8"))
            patch.setattr(sys, "stdin", io.StringIO(stdin))
            code = main([str(argument) for argument in arguments])
            sys.stdout.flush()
            sys.stderr.flush()
            return Result(code, out.getvalue(), err.getvalue().decode())

    return command


@contextmanager
def logger_as_it_was() -> Iterator[None]:
    """A process runs one command and takes its log; here many run in one."""
    logger = logging.getLogger("clouddrive2")
    level, propagate, handlers = logger.level, logger.propagate, list(logger.handlers)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.propagate = propagate
        logger.handlers = handlers


@pytest.fixture
def cd2(signed_in: RunningEmulator, run: Run) -> Run:
    """``run``, signed in to the emulator."""
    return run


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    """``spawn("put", ...)`` as a process of its own, ended with the test."""
    with ExitStack() as stack:

        def start(*arguments: str | Path, **options: Any) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", "clouddrive2.cli", *map(str, arguments)]
            given = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
            process = stack.enter_context(subprocess.Popen(command, **given))
            stack.callback(process.kill)
            return process

        yield start


@pytest.fixture
def process(spawn: Spawn) -> Run:
    """``process("ls", "/Cloud")`` runs to its end as a process of its own."""

    def command(*arguments: str | Path, **options: Any) -> Result:
        return finished(spawn(*arguments, **options))

    return command


def finished(process: subprocess.Popen[bytes]) -> Result:
    out, err = process.communicate(timeout=LIMIT_SECONDS)
    return Result(process.returncode, out, err.decode())


@pytest.fixture
def ended() -> Callable[[subprocess.Popen[bytes]], Result]:
    """``ended(spawn(...))`` waits for a process."""
    return finished


@pytest.fixture
def make_file(tmp_path: Path) -> Callable[..., Path]:
    """Files with repeatable content: ``make_file("name", size)``."""

    def make(name: str, size: int) -> Path:
        path = tmp_path / "local" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(random.Random(name).randbytes(size))
        return path

    return make


@pytest.fixture
def awkward(tmp_path: Path) -> Path:
    """A local folder with awkward names."""
    return make_tree(tmp_path / "local" / "awkward", AWKWARD)


@pytest.fixture
def seed(cd2: Run, signed_in: RunningEmulator, tmp_path: Path) -> Seed:
    """``seed({"folder/file": b"..."})`` puts files below the emulator's cloud folder."""

    def put(files: Mapping[str, bytes]) -> None:
        folder = make_tree(tmp_path / "seed", files)
        result = cd2("put", *sorted(folder.iterdir()), f"{signed_in.cloud}/")
        assert result.code == 0, result.err

    return put


def make_tree(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Writes files below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


@pytest.fixture
def tree_of() -> Callable[[Path], dict[str, bytes]]:
    """``tree_of(folder)``: every file below it, with its bytes."""

    def read(folder: Path) -> dict[str, bytes]:
        return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}

    return read
