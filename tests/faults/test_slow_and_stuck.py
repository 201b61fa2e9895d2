"""A server that is slow, or answers no more: patience has an end, the end names what was waited for, and Ctrl-C works at once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import ServerConfig, Timeouts, UploadConfig
from clouddrive2.models.uploads import Outcome
from clouddrive2.testing import FaultProxy, NetworkFault, RunningEmulator, Strike

# Other people may need the processor too.
pytestmark = pytest.mark.timeout(900)
MakeFile = Callable[..., Path]
MIB = 1 << 20
# In place of seconds, fractions of one; what takes minutes in life takes moments here.
IMPATIENT = Timeouts(connect=0.5, read=0.5, mutation=0.5, slow=0.5, data=1.0, idle=0.5)
# Bytes that pass before all stands still: the handshake, the sign-in, and well into the data of a file.
HANDSHAKE, SIGNED_IN, IN_THE_MIDDLE = 1, 900, 3 * MIB
EXIT_SECONDS = 300
WAITED_FOR = r"^(GetToken|FindFileByPath|GetSystemInfo|GetRuntimeInfo): .*(did not answer|cannot be reached)"
WENT_AWAY = r"/Cloud/a\.bin: .*went away while transferring \(\d+ of 12582912 bytes confirmed\).*did not answer.*run the same"
STOPPED = "stopped; nothing was finished yet; run the same command again to go on"


def impatient(proxy: FaultProxy) -> ServerConfig:
    return ServerConfig(proxy.url, username="user", password="password", timeouts=IMPATIENT)


class TestDeadlines:
    @pytest.mark.parametrize("after", [HANDSHAKE, SIGNED_IN])
    async def test_stuck_before_the_upload(
        self, emulator: RunningEmulator, upload_config: UploadConfig, make_file: MakeFile, after: int
    ) -> None:
        async with FaultProxy(emulator.port) as proxy:
            proxy.play([Strike(after, NetworkFault.STALL, 1e9)])
            async with AsyncClient(config=impatient(proxy), uploads=upload_config) as client:
                with pytest.raises(errors.Unreachable, match=WAITED_FOR):
                    await client.uploads.upload(make_file("a.bin", 100), "/Cloud/")

    async def test_stuck_in_the_middle(self, emulator: RunningEmulator, upload_config: UploadConfig, make_file: MakeFile) -> None:
        source = make_file("a.bin", 12 * MIB)
        async with FaultProxy(emulator.port) as proxy:
            proxy.play([Strike(IN_THE_MIDDLE, NetworkFault.STALL, 1e9)])
            config = replace(upload_config, offline_seconds=2.0)
            async with AsyncClient(config=impatient(proxy), uploads=config) as client:
                with pytest.raises(errors.OutcomeUnknown, match=WENT_AWAY):
                    await client.uploads.upload(source, "/Cloud/")
                assert [pending.path for pending in await client.uploads.pending()] == ["/Cloud/a.bin"]
                proxy.go_on()
                assert (await client.uploads.upload(source, "/Cloud/")).outcome is Outcome.VERIFIED
                assert await client.files.read_bytes("/Cloud/a.bin") == source.read_bytes()
        assert emulator.calls.count("StartRemoteUpload") == 1

    async def test_a_stream_that_is_silent(
        self, emulator: RunningEmulator, upload_config: UploadConfig, make_file: MakeFile, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The calls are answered, but nobody is asked for anything: queued, as far as one can see, and it says so."""
        caplog.set_level("INFO", "clouddrive2")
        emulator.faults.delay("RemoteUploadChannel", 3600.0)
        source = make_file("a.bin", 100)
        config = replace(upload_config, quiet_seconds=0.2, channel_seconds=0.1)
        async with AsyncClient(emulator.url, username="user", password="password", uploads=config) as client:
            job = await client.uploads.start(source, "/Cloud/")
            await emulator.calls.wait("GetUploadFileList", 3)
            assert str(job.snapshot().phase) in ("preparing", "queued")
            assert f"{source} waits for the server" in caplog.text and "its list says queued" in caplog.text
            await job.stop()
            assert [pending.path for pending in await client.uploads.pending()] == ["/Cloud/a.bin"]

    @pytest.mark.parametrize("seconds", [0.5, pytest.param(60.0, marks=pytest.mark.slow)])
    async def test_one_byte_a_second_for_a_while(
        self, emulator: RunningEmulator, upload_config: UploadConfig, make_file: MakeFile, seconds: float
    ) -> None:
        source = make_file("a.bin", 6 * MIB)
        patient = replace(upload_config, offline_seconds=600.0)
        async with FaultProxy(emulator.port) as proxy, AsyncClient(config=impatient(proxy), uploads=patient) as client:
            job = await client.uploads.start(source, "/Cloud/")
            await emulator.calls.wait("RemoteReadData")
            proxy.bytes_per_second = 1.0
            await asyncio.sleep(seconds)
            proxy.bytes_per_second = None
            assert (await job.result()).outcome is Outcome.VERIFIED
            assert await client.files.read_bytes("/Cloud/a.bin") == source.read_bytes()
        assert emulator.calls.count("StartRemoteUpload") == 1


class TestCtrlC:
    @pytest.mark.parametrize("after", [HANDSHAKE, SIGNED_IN, IN_THE_MIDDLE])
    @pytest.mark.parametrize("fault", [NetworkFault.STALL, NetworkFault.REFUSE])
    async def test_ends_a_put_that_waits(
        self,
        emulator: RunningEmulator,
        spawn: Callable[..., Any],
        make_file: MakeFile,
        monkeypatch: pytest.MonkeyPatch,
        fault: NetworkFault,
        after: int,
    ) -> None:
        async with FaultProxy(emulator.port) as proxy:
            monkeypatch.setenv("CLOUDDRIVE2_URL", proxy.url)
            proxy.play([Strike(after, fault, 1e9)])
            process = spawn("put", make_file("a.bin", 12 * MIB), "/Cloud/")
            await proxy.script_over()
            process.send_signal(signal.SIGINT)
            out, err = await asyncio.to_thread(process.communicate, timeout=EXIT_SECONDS)
            assert (process.returncode, out) == (130, "")
            # Before the first file there is nothing to go on with.
            assert err.splitlines()[-1] == f"cd2: {STOPPED if after == IN_THE_MIDDLE else 'interrupted'}"
