"""A folder of the drive, and a local one for its ``.strm`` files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import Retry, ServerConfig, UploadConfig
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.strm import Kind, Outcome, Strm, StrmOptions, Summary
from clouddrive2.strm.manifest import NAME
from clouddrive2.testing import RunningEmulator

QUICK = Retry(first_delay=0.001, longest_delay=0.002)


class Library:
    """Both folders and what is done between them."""

    def __init__(self, client: AsyncClient, here: Path, there: str) -> None:
        self.client = client
        self.here = here
        self.there = there

    async def store(self, *names: str, content: bytes = b"film") -> None:
        """Puts files into the drive."""
        for name in names:
            folder, _, last = f"{self.there}/{name}".rpartition("/")
            await self.client.files.mkdir(folder, parents=True, exist_ok=True)
            created = await self.client.raw.CreateFile(pb.CreateFileRequest(parentPath=folder, fileName=last))
            write = pb.WriteFileRequest(fileHandle=created.fileHandle, length=len(content), buffer=content, closeFile=True)
            await self.client.raw.WriteToFile(write)
            while (await self.client.files.stat(f"{folder}/{last}")).pending:
                pass

    def strm(self, options: StrmOptions | None = None, **more: Any) -> Strm:
        return Strm(self.client, self.there, self.here, options, **more)

    async def update(self, options: StrmOptions | None = None, *, dry_run: bool = False, **more: Any) -> dict[str, Kind]:
        """One update in which nothing may fail; what was done by name."""
        done = {}
        async for step in self.strm(options, **more).update(dry_run=dry_run):
            if isinstance(step, Outcome):
                assert step.error is None
                done[step.action.target] = step.action.kind
            else:
                assert not (step.unlisted or step.refusal or step.failed)
        return done

    async def summary(self, options: StrmOptions | None = None, **more: Any) -> tuple[dict[str, Outcome], Summary]:
        """One update, whatever happens."""
        outcomes, summary = {}, None
        async for step in self.strm(options, **more).update():
            if isinstance(step, Outcome):
                outcomes[step.action.target] = step
            else:
                summary = step
        assert summary is not None
        return outcomes, summary

    def files(self) -> dict[str, str]:
        """Every local file but the manifest."""
        found = {path.relative_to(self.here).as_posix(): path for path in self.here.rglob("*") if path.is_file()}
        return {name: path.read_text() for name, path in found.items() if name != NAME}


@pytest.fixture
async def library(emulator: RunningEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Library]:
    monkeypatch.setenv("CLOUDDRIVE2_CONFIG_DIR", str(tmp_path / "config"))
    config = ServerConfig(emulator.url, username=emulator.username, password=emulator.password, retry=QUICK)
    async with AsyncClient(config=config, uploads=UploadConfig(state_folder=tmp_path / "state")) as client:
        there = f"{emulator.cloud}/Films"
        await client.files.mkdir(there)
        yield Library(client, tmp_path / "here", there)
