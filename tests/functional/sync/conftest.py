"""A client of the emulator, a folder here and a folder there."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import Retry, ServerConfig, UploadConfig
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.sync import Change, CloudSide, Difference, LocalSide, Sync
from clouddrive2.testing import RunningEmulator
from clouddrive2.upload.hash_cache import is_settled

QUICK = Retry(first_delay=0.001, longest_delay=0.002)
# Long ago, so that what is hashed is remembered and what is in the cloud is younger.
OLD = 1_700_000_000

Tree = Mapping[str, bytes]


class Both:
    """A local folder and a folder of the drive, and syncs between them."""

    def __init__(self, client: AsyncClient, here: Path, there: str) -> None:
        self.client = client
        self.here = here
        self.there = there

    def write(self, files: Tree, *, modified: float = OLD) -> None:
        """Writes local files."""
        for name, content in files.items():
            path = self.here / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            os.utime(path, (modified, modified))

    def settle(self) -> None:
        """Returns when the last change of every local file is so long ago that its hashes are remembered."""
        for path in self.here.rglob("*"):
            while not is_settled(path.stat().st_ctime_ns, time.time_ns()):
                time.sleep(0.01)

    def local(self) -> dict[str, bytes]:
        """Every local file."""
        return {str(path.relative_to(self.here)): path.read_bytes() for path in self.here.rglob("*") if path.is_file()}

    async def store(self, files: Tree) -> None:
        """Puts files into the drive."""
        for name, content in files.items():
            folder, _, last = f"{self.there}/{name}".rpartition("/")
            await self.client.files.mkdir(folder, parents=True, exist_ok=True)
            created = await self.client.raw.CreateFile(pb.CreateFileRequest(parentPath=folder, fileName=last))
            write = pb.WriteFileRequest(fileHandle=created.fileHandle, length=len(content), buffer=content, closeFile=True)
            await self.client.raw.WriteToFile(write)
            while (await self.client.files.stat(f"{folder}/{last}")).pending:
                pass

    async def stored(self) -> dict[str, bytes]:
        """Every file of the drive's folder."""
        found = {}
        async for folder, _, files in self.client.files.walk(self.there):
            for entry in files:
                found[f"{folder}/{entry.name}".removeprefix(f"{self.there}/")] = await self.client.files.read_bytes(entry.path)
        return found

    def up(self, **options: Any) -> Sync:
        return Sync(self.client, LocalSide(self.here), CloudSide(self.client.files, self.there), **options)

    def down(self, **options: Any) -> Sync:
        return Sync(self.client, CloudSide(self.client.files, self.there), LocalSide(self.here), **options)

    async def differences(self, sync: Sync) -> list[Difference]:
        """What a comparison says."""
        await sync.prepare()
        return [one async for one in sync.compare()]

    async def compared(self, sync: Sync) -> dict[str, Change]:
        """What a comparison says of each path."""
        return {one.path: one.change for one in await self.differences(sync)}

    async def carried(self, sync: Sync) -> dict[str, Change]:
        """Compares and carries; what was not the same."""
        done = {}
        await sync.prepare()
        async for one in sync.compare():
            if one.change in (Change.ADD, Change.REPLACE):
                await sync.carry(one)
            if one.change is not Change.SAME:
                done[one.path] = one.change
        return done

    async def deleted(self, sync: Sync) -> list[str]:
        """What is deleted after all; nothing may fail."""
        done = []
        async for one, error in sync.delete():
            assert error is None
            done.append(one.path)
        return sorted(done)


@pytest.fixture
async def both(emulator: RunningEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Both]:
    monkeypatch.setenv("CLOUDDRIVE2_CONFIG_DIR", str(tmp_path / "config"))
    config = ServerConfig(emulator.url, username=emulator.username, password=emulator.password, retry=QUICK)
    uploads = UploadConfig(state_folder=tmp_path / "state")
    here = tmp_path / "here"
    here.mkdir()
    async with AsyncClient(config=config, uploads=uploads) as client:
        yield Both(client, here, f"{emulator.cloud}/there")
