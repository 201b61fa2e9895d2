"""Several processes of one machine at once: one place gets one whole file, and no two share a device id."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import UploadConfig
from clouddrive2.testing import RunningEmulator

# Other people may need the processor too.
pytestmark = pytest.mark.timeout(900)
MakeFile = Callable[..., Path]
MIB = 1 << 20
LIMIT_SECONDS = 300

# Takes a device id, proves that nobody else has it, and lets it go; or is killed while it has it.
STARTER = """
import os, signal, sys, time
from pathlib import Path
from clouddrive2.upload.devices import Device

folder, proofs, dies = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] == "dies"
device = Device(folder)
proof = proofs / device.id
# Fails when somebody else has it.
os.close(os.open(proof, os.O_CREAT | os.O_EXCL))
time.sleep(0.02)
proof.unlink()
if dies:
    os.kill(os.getpid(), signal.SIGKILL)
device.release()
"""


@pytest.fixture
def emulator(
    emulator_factory: Callable[..., RunningEmulator], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> RunningEmulator:
    emulator = emulator_factory(root=tmp_path / "root")
    monkeypatch.setenv("CLOUDDRIVE2_URL", emulator.url)
    return emulator


def ends(processes: list[subprocess.Popen[str]]) -> list[tuple[int, str]]:
    """Exit code and what was said, of each."""
    told = [process.communicate(timeout=LIMIT_SECONDS) for process in processes]
    return [(process.returncode, out + err) for process, (out, err) in zip(processes, told, strict=True)]


@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.slow)])
@pytest.mark.parametrize("size", [1000, 3 * MIB])
def test_the_same_file_to_the_same_place(
    emulator: RunningEmulator, spawn: Callable[..., Any], make_file: MakeFile, aftermath: Any, rounds: int, size: int
) -> None:
    for number in range(rounds):
        source = make_file(f"{number}.bin", size)
        outcomes = ends([spawn("put", source, "/Cloud/") for _ in range(3)])
        assert 0 in [code for code, _ in outcomes], outcomes
        assert all(code == 0 or f"{number}.bin" in said for code, said in outcomes), outcomes
        assert (aftermath.drive / source.name).read_bytes() == source.read_bytes()
        aftermath.assert_nothing_left(emulator)
    assert len(list(aftermath.drive.iterdir())) == rounds


@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.slow)])
@pytest.mark.parametrize("size", [1000, 3 * MIB])
def test_different_files_to_the_same_place(
    emulator: RunningEmulator, spawn: Callable[..., Any], make_file: MakeFile, aftermath: Any, rounds: int, size: int
) -> None:
    for number in range(rounds):
        # One after the other differs in content alone: same place, same size.
        sources = [make_file(f"{which}/{number}.bin", size, seed=which) for which in range(3)]
        outcomes = ends([spawn("put", source, f"/Cloud/{number}.bin") for source in sources])
        there = (aftermath.drive / f"{number}.bin").read_bytes()
        winners = [source for source in sources if source.read_bytes() == there]
        assert len(winners) == 1
        told = {source: code == 0 for source, (code, _) in zip(sources, outcomes, strict=True)}
        assert [source for source, well in told.items() if well] == winners, outcomes
        assert all(code == 0 or f"/Cloud/{number}.bin" in said for code, said in outcomes), outcomes
        aftermath.assert_nothing_left(emulator)


async def test_different_files_to_the_same_place_in_one_batch(
    emulator: RunningEmulator, upload_config: UploadConfig, make_file: MakeFile, aftermath: Any
) -> None:
    sources = [make_file(f"{which}/same.bin", 2 * MIB, seed=which) for which in range(3)]
    async with (
        AsyncClient(emulator.url, username="user", password="password", uploads=upload_config) as client,
        client.uploads.batch(files_at_once=3) as batch,
    ):
        for source in sources:
            batch.add(source, "/Cloud/same.bin")
        outcomes = await batch.outcomes()
    well = [item for item in outcomes if item.uploaded is not None]
    assert len(well) == 1
    assert (aftermath.drive / "same.bin").read_bytes() == Path(well[0].source).read_bytes()
    for item in outcomes:
        if item.uploaded is None:
            assert isinstance(item.error, errors.UploadRejected)
            assert "/Cloud/same.bin: another upload to this place is running" in str(item.error)
    aftermath.assert_nothing_left(emulator)


async def test_different_files_each_get_a_name_of_their_own(
    emulator: RunningEmulator, upload_config: UploadConfig, make_file: MakeFile, aftermath: Any
) -> None:
    sources = [make_file(f"{which}/same.bin", 2 * MIB, seed=which) for which in range(3)]
    async with (
        AsyncClient(emulator.url, username="user", password="password", uploads=upload_config) as client,
        client.uploads.batch(files_at_once=3, if_exists="rename") as batch,
    ):
        for source in sources:
            batch.add(source, "/Cloud/same.bin")
        outcomes = await batch.outcomes()
    arrived = {item.uploaded.path: Path(item.source) for item in outcomes if item.uploaded is not None}
    assert sorted(arrived) == ["/Cloud/same (1).bin", "/Cloud/same (2).bin", "/Cloud/same.bin"]
    for path, source in arrived.items():
        assert (aftermath.drive / Path(path).name).read_bytes() == source.read_bytes()
    aftermath.assert_nothing_left(emulator)


async def test_the_same_file_twice_in_one_batch(
    emulator: RunningEmulator, upload_config: UploadConfig, make_file: MakeFile, aftermath: Any
) -> None:
    source = make_file("same.bin", 4 * MIB)
    async with (
        AsyncClient(emulator.url, username="user", password="password", uploads=upload_config) as client,
        client.uploads.batch(files_at_once=2) as batch,
    ):
        for _ in range(2):
            batch.add(source, "/Cloud/")
        outcomes = await batch.outcomes()
    assert any(item.uploaded is not None for item in outcomes)
    assert all(item.uploaded is not None or "same.bin" in str(item.error) for item in outcomes)
    assert (aftermath.drive / source.name).read_bytes() == source.read_bytes()
    aftermath.assert_nothing_left(emulator)


@pytest.mark.parametrize("starts", [20, pytest.param(300, marks=pytest.mark.slow)])
async def test_device_ids_of_quick_starts(tmp_path: Path, starts: int) -> None:
    """Many processes that come and go, some of them killed: an id has one living owner, and few ids serve all."""
    folder, proofs = tmp_path / "devices", tmp_path / "proofs"
    proofs.mkdir()
    at_once, dice = asyncio.Semaphore(12), random.Random(starts)
    fates = ["dies" if dice.random() < 0.2 else "lives" for _ in range(starts)]
    codes: Counter[tuple[str, int]] = Counter()

    async def start(fate: str) -> None:
        async with at_once:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", STARTER, str(folder), str(proofs), fate, stderr=asyncio.subprocess.PIPE
            )
            _, err = await process.communicate()
            assert (fate == "dies") == (process.returncode == -9), err.decode()
            assert fate == "dies" or process.returncode == 0, err.decode()
            codes[fate, process.returncode or 0] += 1

    await asyncio.gather(*map(start, fates))
    assert codes == Counter((fate, -9 if fate == "dies" else 0) for fate in fates)
    ids = [path.read_text() for path in folder.glob("*.id")]
    assert len(ids) == len(set(ids)) <= 12
