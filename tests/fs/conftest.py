"""A file system of an emulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.fs import CloudDriveFileSystem
from clouddrive2.testing import RunningEmulator


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither settings nor journals of whoever runs the tests."""
    monkeypatch.setenv("CLOUDDRIVE2_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("CLOUDDRIVE2_CONFIG_DIR", str(tmp_path / "config"))
    for name in ("URL", "HOST", "API_TOKEN", "USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"CLOUDDRIVE2_{name}", raising=False)


@pytest.fixture
def options(emulator: RunningEmulator) -> dict[str, Any]:
    """Storage options that reach the emulator."""
    return {"address": emulator.url, "username": emulator.username, "password": emulator.password}


@pytest.fixture
def make_fs(options: dict[str, Any]) -> Iterator[Callable[..., CloudDriveFileSystem]]:
    """File systems of the emulator; closed with the test."""
    made: list[CloudDriveFileSystem] = []

    def make(**more: Any) -> CloudDriveFileSystem:
        made.append(CloudDriveFileSystem(**(options | more), skip_instance_cache=True))
        return made[-1]

    yield make
    for each in made:
        if not each.asynchronous:
            each.close()


@pytest.fixture
def fs(make_fs: Callable[..., CloudDriveFileSystem]) -> CloudDriveFileSystem:
    return make_fs()


@pytest.fixture
def home(emulator: RunningEmulator) -> str:
    """The cloud folder."""
    return emulator.cloud
