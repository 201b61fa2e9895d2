"""Clients made to order; all are closed with the test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import Retry, ServerConfig, TransportName
from clouddrive2.testing import RunningEmulator

Connect = Callable[..., AsyncClient]


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLOUDDRIVE2_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("CLOUDDRIVE2_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
async def connect(transport: TransportName) -> AsyncIterator[Connect]:
    """``connect(emulator)`` signs in with the account; ``connect(emulator, token="x")`` changes any setting."""
    async with AsyncExitStack() as stack:

        def make(emulator: RunningEmulator, **changes: Any) -> AsyncClient:
            config = ServerConfig(
                emulator.url,
                username=emulator.username,
                password=emulator.password,
                retry=Retry(first_delay=0.001, longest_delay=0.002),
                transport=transport,
            )
            client = AsyncClient(config=replace(config, **changes))
            stack.push_async_callback(client.close)
            return client

        yield make


@pytest.fixture
def client(emulator: RunningEmulator, connect: Connect) -> AsyncClient:
    return connect(emulator)
