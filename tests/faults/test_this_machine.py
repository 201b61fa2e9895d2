"""Trouble on this side: no room for the journal, and a wall clock that jumps."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.testing import RunningEmulator

# Other people may need the processor too.
pytestmark = pytest.mark.timeout(900)
MIB = 1 << 20
LIMIT_SECONDS = 300
TMPFS_BYTES = 256 * 1024

# No file of this process may grow beyond a limit: what a full disk is to a journal.
LIMITED = """
import resource, sys
from clouddrive2.cli.main import main

limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
sys.exit(main(sys.argv[2:]))
"""

# A wall clock that is somewhere else at every look, up to ten years away. gRPC adds its deadlines to one look and takes them
# from another a moment later, so it alone sees the true one.
JUMPY = """
import random, sys, time

dice, true = random.Random(7), time.time

def jumping():
    if sys._getframe(1).f_globals.get("__name__", "").startswith("grpc"):
        return true()
    return true() + dice.uniform(-1, 1) * 10 * 365 * 86400

time.time, time.time_ns = jumping, lambda: int(jumping() * 1e9)
from clouddrive2.cli.main import main

sys.exit(main(sys.argv[1:]))
"""


def run(program: str, *arguments: str | Path | int) -> tuple[int, str, str]:
    """A program to its end: exit code, results, remarks."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def emulator(
    emulator_factory: Callable[..., RunningEmulator], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> RunningEmulator:
    emulator = emulator_factory(root=tmp_path / "root")
    monkeypatch.setenv("CLOUDDRIVE2_URL", emulator.url)
    return emulator


class TestJournal:
    def test_may_not_grow(
        self, emulator: RunningEmulator, make_tree: Callable[..., Path], aftermath: Any, tmp_path: Path
    ) -> None:
        source = make_tree("folder", files=20)
        code, _, err = run(LIMITED, 4096, "put", source, "/Cloud/")
        assert code == 0, err
        assert "the upload journal" in err and "cannot be used" in err
        aftermath.assert_complete(source)
        # With room again it is a journal again.
        code, _, err = run(LIMITED, 1 << 30, "put", source, "/Cloud/")
        assert (code, err) == (0, "")
        aftermath.assert_complete(source)
        aftermath.assert_nothing_left(emulator)

    @pytest.fixture
    def small_disk(self, tmp_path: Path, state: Path) -> Iterator[Path]:
        """The state folder on a disk of its own."""
        if os.geteuid() != 0:
            pytest.skip("a small disk can only be mounted by root")
        state.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={TMPFS_BYTES}", "tmpfs", str(state)], capture_output=True, check=False
        )
        if mounted.returncode != 0:
            pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.decode().strip()}")
        try:
            yield state
        finally:
            subprocess.run(["umount", str(state)], check=True)

    @pytest.mark.parametrize("free", [0, 4096, 48 * 1024])
    def test_on_a_full_disk(
        self,
        emulator: RunningEmulator,
        make_tree: Callable[..., Path],
        aftermath: Any,
        small_disk: Path,
        free: int,
    ) -> None:
        # The device id is there from an earlier run; it was a few bytes.
        first = make_tree("first", files=2)
        assert run(LIMITED, 1 << 30, "put", first, "/Cloud/")[0] == 0
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                file.truncate(max(0, file.tell() - free))
        source = make_tree("folder", files=40)
        code, _, err = run(LIMITED, 1 << 30, "put", source, "/Cloud/")
        assert code == 0, err
        assert err == "" or ("cannot be used" in err and "uploads go on" in err)
        filler.unlink()
        code, _, err = run(LIMITED, 1 << 30, "put", source, "/Cloud/")
        assert (code, err) == (0, "")
        aftermath.assert_complete(first, source)
        aftermath.assert_nothing_left(emulator)


def test_a_wall_clock_that_jumps(emulator: RunningEmulator, make_tree: Callable[..., Path], aftermath: Any) -> None:
    source = make_tree("folder")
    for _ in range(2):
        code, _, err = run(JUMPY, "put", source, "/Cloud/")
        assert code == 0, err
        aftermath.assert_complete(source)
        aftermath.assert_nothing_left(emulator)
