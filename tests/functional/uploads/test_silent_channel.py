"""A server whose upload channel says nothing before its first message (protocol.md §8.12)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import UploadConfig
from clouddrive2.emulator import EmulatorOptions
from clouddrive2.testing import RunningEmulator


async def test_it_is_trusted_after_a_while(
    emulator_factory: Callable[..., RunningEmulator], make_file: Callable[..., Path], tmp_path: Path
) -> None:
    emulator = emulator_factory(options=EmulatorOptions(silent_channel=True))
    config = UploadConfig(state_folder=tmp_path / "state", channel_seconds=0.1)
    sources = [make_file(f"{number}.bin", 3000 + number) for number in range(4)]
    async with (
        AsyncClient(emulator.url, username=emulator.username, password=emulator.password, uploads=config) as client,
        client.uploads.batch() as batch,
    ):
        for source in sources:
            batch.add(source, f"{emulator.cloud}/")
        assert [item.uploaded and item.uploaded.verified for item in await batch.outcomes()] == ["hash"] * 4
    assert emulator.calls.count("RemoteUploadChannel") == 1
