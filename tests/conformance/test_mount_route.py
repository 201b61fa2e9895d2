"""The route suite through a real mount, and what only a mount does."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.emulator.mounting.fusermount import why_unavailable
from clouddrive2.testing import RunningEmulator

from .route_suite import MIB, RouteSuite

pytestmark = pytest.mark.skipif(bool(why_unavailable()), reason=why_unavailable() or "FUSE works")


class TestMount(RouteSuite):
    route = "mount"

    def emulator_arguments(self, folder: Path) -> dict[str, Any]:
        return {"mounts": [(folder / "mnt", "/Cloud")]}

    def break_midway(self, emulator: RunningEmulator) -> str:
        emulator.faults.fail_mount_writes(code=errno.EIO, after_bytes=2 * MIB, times=-1)
        return "Input/output error"

    def fill_disk(self, emulator: RunningEmulator) -> str:
        emulator.faults.disk_full(after_bytes=MIB)
        return "no room"
