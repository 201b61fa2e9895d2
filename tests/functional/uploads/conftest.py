"""A client of the emulator whose patience is short and whose state is the test's own."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import TransportName, UploadConfig
from clouddrive2.testing import RunningEmulator
from clouddrive2.upload.hash_cache import is_settled

Connect = Callable[..., AsyncClient]
MIB = 1 << 20


@pytest.fixture
def upload_config(tmp_path: Path) -> UploadConfig:
    return UploadConfig(
        reconnect_first=0.02,
        reconnect_longest=0.2,
        progress_seconds=0.05,
        quiet_seconds=1.0,
        offline_seconds=20.0,
        verify_seconds=3.0,
        cancel_seconds=5.0,
        attempts=1,
        state_folder=tmp_path / "state",
    )


@pytest.fixture
async def client(emulator: RunningEmulator, upload_config: UploadConfig, transport: TransportName) -> AsyncIterator[AsyncClient]:
    user = {"username": emulator.username, "password": emulator.password}
    async with AsyncClient(emulator.url, **user, uploads=upload_config, transport=transport) as client:
        yield client


@pytest.fixture
def settled() -> Callable[[Path], None]:
    """``settled(path)`` returns when its last change is so long ago that its hashes are remembered."""

    def wait(path: Path) -> None:
        while not is_settled(path.stat().st_ctime_ns, time.time_ns()):
            time.sleep(0.01)

    return wait


@pytest.fixture
def make_file(tmp_path: Path) -> Callable[..., Path]:
    """Files with repeatable random content: ``make_file("name", size)``."""

    def make(name: str, size: int, seed: int = 0) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(random.Random(f"{name}{seed}").randbytes(size))
        return path

    return make
