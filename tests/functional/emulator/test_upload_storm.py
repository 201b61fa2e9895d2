"""Many uploads at once on a disk, cancelled and paused at any moment: each ends whole or not at all, and nothing is left."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

FILES = 120
CANCELLED, FINISH = 2, 5
ENDS = {2, 5, 6, 8, 9, 10}


class Storm:
    """Answers every message of a channel at once, and controls uploads while they run."""

    def __init__(self, device: Any, chance: random.Random, group: asyncio.TaskGroup) -> None:
        self.device = device
        self.group = group
        self.chance = chance
        self.data: dict[str, bytes] = {}
        self.ended: dict[str, int] = {}

    async def announce(self, path: str) -> str:
        data = self.chance.randbytes(self.chance.choice((0, 1, 5000, self.chance.randrange(60_000))))
        can_hash = self.chance.random() < 0.5
        upload: str = await self.device.announce(path, len(data), client_can_calculate_hashes=can_hash)
        self.data[upload] = data
        return upload

    async def serve(self) -> None:
        """Until all that was announced has ended."""
        while len(self.ended) < FILES:
            upload, what = await self.device.next()
            if what[0] == "status" and what[1] in ENDS:
                assert upload not in self.ended
                self.ended[upload] = what[1]
            elif what[0] != "status":
                self.group.create_task(self.answer(upload, what))

    async def answer(self, upload: str, what: tuple[Any, ...]) -> None:
        data = self.data[upload]
        if what[0] == "hash":
            await self.device.report(upload, data)
        else:
            await self.device.send(upload, data, what[1], what[2])

    async def disturb(self, upload: str) -> None:
        """Cancel it, or pause it and go on, after some of its messages."""
        for _ in range(self.chance.randrange(4)):
            await self.device.stub.GetUploadFileCount()
        if self.chance.random() < 0.5:
            await self.device.control(upload, "cancel")
        else:
            await self.device.control(upload, "pause")
            await self.device.stub.GetUploadFileCount()
            await self.device.control(upload, "resume")


@pytest.mark.parametrize("seed", range(3))
async def test_each_ends_whole_or_not_at_all(
    emulator_factory: Callable[..., RunningEmulator], open_device_on: Any, tmp_path: Path, seed: int
) -> None:
    emulator = emulator_factory(root=tmp_path)
    emulator.world.options.read_bytes = 5000
    emulator.faults.ask_twice()
    emulator.faults.overlapping()
    device = await open_device_on(emulator)
    paths = {}
    async with asyncio.TaskGroup() as group:
        storm = Storm(device, random.Random(seed), group)
        for number in range(FILES):
            upload = await storm.announce(f"/Cloud/{number}")
            paths[upload] = tmp_path / "Cloud" / str(number)
            if number % 2:
                group.create_task(storm.disturb(upload))
        await storm.serve()
    assert set(storm.ended.values()) <= {CANCELLED, FINISH}
    for upload, path in paths.items():
        if storm.ended[upload] == FINISH:
            assert hashlib.sha1(path.read_bytes()).digest() == hashlib.sha1(storm.data[upload]).digest()
        else:
            assert not path.exists()
    rows = (await device.stub.GetUploadFileList(pb.GetUploadFileListRequest(getAll=True))).uploadFiles
    assert {row.key: row.statusEnum for row in rows} == storm.ended
    while list(tmp_path.rglob("*.part")):
        await device.stub.GetUploadFileCount()
    assert not emulator.world.pending
