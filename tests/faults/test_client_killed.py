"""``cd2 put`` of a folder, killed at random moments and run again until it ends by itself."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.testing import RunningEmulator

LIMIT_SECONDS = 300
# A kill comes so many calls of one kind after the start, and then a moment later.
MOMENTS = (
    ("GetToken", 1),
    ("RemoteUploadChannel", 1),
    ("CreateFolder", 4),
    ("FindFileByPath", 40),
    ("StartRemoteUpload", 12),
    ("RemoteHashProgress", 12),
    ("RemoteReadData", 16),
)
LATER_SECONDS = 0.03
# Of routes whose steps are not all calls; what has no such step is killed at any moment of its first second.
ROUTE_MOMENTS = {
    "grpc-web": MOMENTS,
    "write": (("CreateFile", 12), ("WriteToFileStream", 12), ("CloseFile", 12), ("GetUploadFileList", 20), ("RenameFile", 12)),
    "webdav": (("", 0),),
}
LIFE_SECONDS = 1.5
HANDLES_SECONDS = 3600.0


class Killer:
    """Kills a process when the server has heard enough of it."""

    def __init__(self, emulator: RunningEmulator, seed: int, moments: Sequence[tuple[str, int]] = MOMENTS) -> None:
        self._emulator = emulator
        self._moments = moments
        self._dice = random.Random(seed)

    def strike(self, process: subprocess.Popen[str]) -> bool:
        """Kill it at a random moment; ``False`` when it ended before."""
        rpc, most = self._dice.choice(self._moments)
        if rpc:
            enough = self._emulator.calls.count(rpc) + self._dice.randint(1, most)
            while self._emulator.calls.count(rpc) < enough:
                if process.poll() is not None:
                    return False
                time.sleep(0.001)
        time.sleep(self._dice.uniform(0, LATER_SECONDS if rpc else LIFE_SECONDS))
        if process.poll() is not None:
            return False
        process.kill()
        return process.wait() == -signal.SIGKILL

    def forgets(self) -> None:
        """The server loses its uploads, every second time."""
        if self._dice.random() < 0.5:
            self._emulator.faults.forget_uploads()


def ended_well(process: subprocess.Popen[str]) -> None:
    out, err = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == 0, out + err


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("forgetful", [False, True], ids=["sessions-kept", "sessions-forgotten"])
@pytest.mark.parametrize("kills", [3, pytest.param(100, marks=pytest.mark.slow)])
def test_killed_again_and_again(
    emulator_factory: Callable[..., RunningEmulator],
    spawn: Callable[..., Any],
    make_tree: Callable[..., Path],
    aftermath: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kills: int,
    forgetful: bool,
) -> None:
    emulator = emulator_factory(root=tmp_path / "root")
    monkeypatch.setenv("CLOUDDRIVE2_URL", emulator.url)
    killer = Killer(emulator, seed=kills + forgetful)
    sources: list[Path] = []
    killed = 0
    while killed < kills:
        # A folder is uploaded to its end, however many kills that takes; then the next one.
        sources.append(make_tree(f"folder-{len(sources)}"))
        while killed < kills:
            process = spawn("put", sources[-1], "/Cloud/")
            if not killer.strike(process):
                break
            killed += 1
            if forgetful:
                killer.forgets()
        else:
            process = spawn("put", sources[-1], "/Cloud/")
        ended_well(process)
        aftermath.assert_complete(*sources)
        aftermath.assert_nothing_left(emulator)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kills", [1, pytest.param(20, marks=pytest.mark.slow)])
@pytest.mark.parametrize("route", ["write", "grpc-web", "webdav"])
def test_killed_on_every_route_while_moving(
    emulator_factory: Callable[..., RunningEmulator],
    spawn: Callable[..., Any],
    make_tree: Callable[..., Path],
    aftermath: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    route: str,
    kills: int,
) -> None:
    """With ``--move``: what is not here any more is there, and what is not there yet is still here."""
    emulator = emulator_factory(root=tmp_path / "root")
    monkeypatch.setenv("CLOUDDRIVE2_URL", emulator.url)
    killer = Killer(emulator, kills, ROUTE_MOMENTS[route])
    killed = number = 0
    kept: list[Path] = []
    while killed < kills:
        # The same tree twice: one is moved, the other says what it was.
        moved = make_tree(f"folder-{number}", 20)
        kept.append(tmp_path / "kept" / moved.name)
        shutil.copytree(moved, kept[-1])
        number += 1
        while killed < kills:
            process = spawn("put", "--move", "--route", route, moved, "/Cloud/")
            if not killer.strike(process):
                break
            killed += 1
            aftermath.assert_here_or_there(moved, kept[-1])
        else:
            process = spawn("put", "--move", "--route", route, moved, "/Cloud/")
        ended_well(process)
        assert [path for path in moved.rglob("*") if path.is_file()] == []
        # Open files of the killed are the server's until it takes nobody to be there any more.
        emulator.world.clock.advance(HANDLES_SECONDS)
        assert spawn("rpc", "GetOpenFileHandles").wait(LIMIT_SECONDS) == 0
        aftermath.assert_complete(*kept)
        aftermath.assert_nothing_left(emulator)
