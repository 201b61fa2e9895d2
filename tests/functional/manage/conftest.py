"""Clients that manage an emulator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import Retry, ServerConfig
from clouddrive2.testing import RunningEmulator

Connect = Callable[..., AsyncClient]


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLOUDDRIVE2_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("CLOUDDRIVE2_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """``connect(emulator)``, as its account or with ``token=``: a client, closed with the test."""
    clients: list[AsyncClient] = []

    def make(emulator: RunningEmulator, token: str | None = None) -> AsyncClient:
        user = {"token": token} if token else {"username": emulator.username, "password": emulator.password}
        retry = Retry(first_delay=0.001, longest_delay=0.002)
        clients.append(AsyncClient(config=ServerConfig(emulator.url, **user, retry=retry)))
        return clients[-1]

    yield make
    for client in clients:
        await client.close()


@pytest.fixture
def client(connect: Connect, emulator: RunningEmulator) -> AsyncClient:
    return connect(emulator)
