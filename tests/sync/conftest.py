"""A blocking client of an emulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from clouddrive2 import Client, UploadConfig
from clouddrive2.testing import RunningEmulator


@pytest.fixture
def client(emulator: RunningEmulator, tmp_path: Path) -> Iterator[Client]:
    uploads = UploadConfig(state_folder=tmp_path / "state", progress_seconds=0.05, verify_seconds=5.0)
    with Client(emulator.url, username=emulator.username, password=emulator.password, uploads=uploads) as client:
        yield client
