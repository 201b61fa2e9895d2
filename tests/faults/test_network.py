"""Uploads through a bad network: cut, half-closed, stalled and refused at random bytes, while the server remembers or forgets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import UploadConfig
from clouddrive2.testing import FaultProxy, NetworkFault, RunningEmulator, random_faults

MIB = 1 << 20

Aftermath = Any
MakeTree = Callable[..., Path]


@pytest.fixture
async def emulator_on_disk(emulator_factory: Callable[..., RunningEmulator], tmp_path: Path) -> RunningEmulator:
    return emulator_factory(root=tmp_path / "root")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("forgetful", [False, True], ids=["sessions-kept", "sessions-forgotten"])
@pytest.mark.parametrize("cuts", [4, pytest.param(100, marks=pytest.mark.slow)])
@pytest.mark.parametrize("fault", ["cut", "any"])
async def test_struck_again_and_again(
    emulator_on_disk: RunningEmulator,
    upload_config: UploadConfig,
    make_tree: MakeTree,
    upload_folder: Callable[..., Awaitable[None]],
    aftermath: Aftermath,
    fault: str,
    cuts: int,
    forgetful: bool,
) -> None:
    emulator = emulator_on_disk
    faults = (NetworkFault.CUT,) if fault == "cut" else tuple(NetworkFault)
    sources: list[Path] = []
    async with FaultProxy(emulator.port) as proxy:
        if forgetful:
            # Never at a quiet moment: with every second fault.
            proxy.on_strike = lambda _: len(proxy.struck) % 2 and emulator.faults.forget_uploads()
        proxy.play(random_faults(cuts + forgetful, cuts, most_bytes=3 * MIB, seconds=0.1, faults=faults))
        async with AsyncClient(proxy.url, username="user", password="password", uploads=upload_config) as client:
            while len(proxy.struck) < cuts:
                sources.append(make_tree(f"folder-{len(sources)}", 30))
                await upload_folder(client, sources[-1])
            assert await client.uploads.pending() == []
        assert len(proxy.struck) == cuts
    aftermath.assert_complete(*sources)
    aftermath.assert_nothing_left(emulator)
