"""A client of the emulator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import Retry, ServerConfig, TransportName
from clouddrive2.testing import RunningEmulator


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLOUDDRIVE2_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("CLOUDDRIVE2_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
async def client(emulator: RunningEmulator, transport: TransportName) -> AsyncIterator[AsyncClient]:
    quick = Retry(first_delay=0.001, longest_delay=0.002)
    user = {"username": emulator.username, "password": emulator.password}
    config = ServerConfig(emulator.url, **user, retry=quick, transport=transport)
    async with AsyncClient(config=config) as client:
        yield client
