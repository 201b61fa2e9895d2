"""A client of an emulator that mounts for real."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import UploadConfig
from clouddrive2.emulator.mounting.fusermount import why_unavailable
from clouddrive2.testing import RunningEmulator

Connect = Callable[..., AsyncClient]


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLOUDDRIVE2_CONFIG_DIR", str(tmp_path / "config"))
    for name in [name for name in os.environ if name.startswith("CLOUDDRIVE2_MOUNT")]:
        monkeypatch.delenv(name)


@pytest.fixture
def needs_fuse() -> None:
    if reason := why_unavailable():
        pytest.skip(reason)


@pytest.fixture
def upload_config(tmp_path: Path) -> UploadConfig:
    return UploadConfig(quiet_seconds=1.0, offline_seconds=20.0, verify_seconds=3.0, state_folder=tmp_path / "state")


@pytest.fixture
async def connect(emulator: RunningEmulator, upload_config: UploadConfig) -> AsyncIterator[Connect]:
    """``connect(mount_maps={...})``: a client; closed with the test."""
    clients: list[AsyncClient] = []

    def make(**more: object) -> AsyncClient:
        user = {"username": emulator.username, "password": emulator.password}
        clients.append(AsyncClient(emulator.url, **{**user, "uploads": upload_config, **more}))  # type: ignore[arg-type]
        return clients[-1]

    yield make
    for client in clients:
        await client.close()


@pytest.fixture
def client(connect: Connect) -> AsyncClient:
    return connect()


@pytest.fixture
async def mounted(needs_fuse: None, client: AsyncClient, emulator: RunningEmulator, tmp_path: Path) -> Path:
    """The cloud folder, mounted by the client."""
    place = tmp_path / "mnt"
    point = await client.mounts.add(str(place), emulator.cloud, auto_mount=True)
    assert point.mounted, point.fail_reason
    return place
