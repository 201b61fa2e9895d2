"""``cd2 put --route write`` that replaces a whole folder, killed at random moments: old files or new ones, and no others."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.emulator.options import EmulatorOptions
from clouddrive2.testing import RunningEmulator

LIMIT_SECONDS = 120
MOMENTS = (
    "CreateFile",
    "WriteToFile",
    "WriteToFileStream",
    "CloseFile",
    "RenameFile",
    "GetUploadFileList",
    "FindFileByPath",
    "DeleteFile",
)
MOST_CALLS = 16
LATER_SECONDS = 0.02
# Slow enough for a kill while a file goes into its cloud.
CLOUD_BYTES_PER_SECOND = 50e6


def struck(process: subprocess.Popen[str], emulator: RunningEmulator, dice: random.Random) -> bool:
    """Kill it so many calls of one kind after the start; ``False`` when it ended before."""
    rpc = dice.choice(MOMENTS)
    enough = emulator.calls.count(rpc) + dice.randint(1, MOST_CALLS)
    while emulator.calls.count(rpc) < enough and process.poll() is None:
        time.sleep(0.001)
    time.sleep(dice.uniform(0, LATER_SECONDS))
    if process.poll() is not None:
        return False
    process.kill()
    process.communicate()
    return True


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.slow)])
def test_replaced_again_and_again(
    emulator_factory: Callable[..., RunningEmulator],
    spawn: Callable[..., subprocess.Popen[str]],
    make_tree: Callable[..., Path],
    aftermath: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kills: int,
) -> None:
    options = EmulatorOptions(upload_bytes_per_second=CLOUD_BYTES_PER_SECOND)
    emulator = emulator_factory(root=tmp_path / "root", options=options)
    monkeypatch.setenv("CLOUDDRIVE2_URL", emulator.url)
    command = ("put", "--route", "write", "--if-exists", "overwrite")
    dice = random.Random(kills)
    source, killed, generation = make_tree("folder", files=20), 0, 0
    while True:
        process = spawn(*command, source, "/Cloud/")
        if killed < kills and struck(process, emulator, dice):
            killed += 1
            continue
        out, err = process.communicate(timeout=LIMIT_SECONDS)
        assert process.returncode == 0, out + err
        if killed == kills:
            break
        # The next one replaces every file.
        generation += 1
        for path in sorted(each for each in source.rglob("*") if each.is_file()):
            path.write_bytes(random.Random(f"{generation}{path.name}").randbytes(path.stat().st_size))
    aftermath.assert_complete(source)
    aftermath.assert_nothing_left(emulator)
