"""The route suite on the routes that need nothing but an address."""

from __future__ import annotations

from clouddrive2.testing import RunningEmulator

from .route_suite import MIB, RouteSuite


class TestRemote(RouteSuite):
    route = "remote"
    waits_always = True

    def break_midway(self, emulator: RunningEmulator) -> str:
        emulator.faults.fail_result("RemoteReadData", text="broken pipe in the cloud", after=2, times=-1)
        return "broken pipe in the cloud"

    def fill_disk(self, emulator: RunningEmulator) -> str:
        emulator.faults.disk_full(after_bytes=MIB)
        return "no space left"


class TestWrite(RouteSuite):
    route = "write"

    def break_midway(self, emulator: RunningEmulator) -> str:
        emulator.faults.fail_write(text="broken pipe in the server", after=2, times=-1)
        return "broken pipe in the server"

    def fill_disk(self, emulator: RunningEmulator) -> str:
        emulator.faults.disk_full(after_bytes=MIB)
        return "the cloud has no room for it"


class TestWebDav(RouteSuite):
    route = "webdav"

    def break_midway(self, emulator: RunningEmulator) -> str:
        emulator.faults.fail_write(text="broken pipe in the server", after=2, times=-1)
        return "the server failed"

    def fill_disk(self, emulator: RunningEmulator) -> str:
        emulator.faults.disk_full(after_bytes=MIB)
        return "no room is left"
