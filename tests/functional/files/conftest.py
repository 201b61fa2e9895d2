"""A client of the emulator, and files in its drive."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import Retry, ServerConfig, TransportName
from clouddrive2.models.files import Entry
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

Put = Callable[..., Awaitable[Entry]]

MESSAGE_BYTES = 2 << 20
QUICK = Retry(first_delay=0.001, longest_delay=0.002)


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLOUDDRIVE2_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("CLOUDDRIVE2_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
async def client(emulator: RunningEmulator, transport: TransportName) -> AsyncIterator[AsyncClient]:
    user = {"username": emulator.username, "password": emulator.password}
    config = ServerConfig(emulator.url, **user, retry=QUICK, transport=transport)
    async with AsyncClient(config=config) as client:
        yield client


@pytest.fixture
def put(client: AsyncClient) -> Put:
    """``await put("/Cloud/f", b"data")`` writes a file and waits until it has arrived."""

    async def put_file(path: str, data: bytes = b"") -> Entry:
        folder, _, name = path.rpartition("/")
        created = await client.raw.CreateFile(pb.CreateFileRequest(parentPath=folder, fileName=name))
        for at in range(0, len(data), MESSAGE_BYTES):
            piece = data[at : at + MESSAGE_BYTES]
            write = pb.WriteFileRequest(fileHandle=created.fileHandle, startPos=at, length=len(piece), buffer=piece)
            await client.raw.WriteToFile(write)
        await client.raw.CloseFile(pb.CloseFileRequest(fileHandle=created.fileHandle))
        while (entry := await client.files.stat(path)).pending:
            pass
        return entry

    return put_file
