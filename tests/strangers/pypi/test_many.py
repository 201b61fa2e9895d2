"""200 streams at once and a folder of 10,000 files: by grpclib, as ``python-clouddrive2`` has it, and by our own client."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from clouddrive2 import AsyncClient, FileChanged

from .conftest import Told, value_of

pytestmark = [pytest.mark.strangers, pytest.mark.slow, pytest.mark.timeout(600)]

ENTRIES, STREAMS = 10_000, 200
MIB = 1 << 20
LIMIT_BYTES = 512 * MIB


@dataclass(frozen=True)
class Process:
    """An emulator of its own, so that its memory is its own."""

    process: subprocess.Popen[bytes]
    url: str
    username: str = "user"
    password: str = "password"

    def peak(self) -> int:
        """Bytes of memory at its most, as Linux counts them."""
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():
            pytest.skip("memory is read from /proc")
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        assert found is not None
        return int(found[1]) * 1024


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Process]:
    many = tmp_path / "drive" / "Cloud" / "many"
    many.mkdir(parents=True)
    for number in range(ENTRIES):
        (many / f"file {number:05}.mkv").touch()
    nowhere = str(tmp_path / "none")
    command = [sys.executable, "-m", "clouddrive2.cli", "--json", "emulator", "--port", "0", "--root", str(tmp_path / "drive")]
    env = {**os.environ, "CLOUDDRIVE2_CONFIG_DIR": nowhere, "CLOUDDRIVE2_STATE_DIR": nowhere}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=env)
    assert process.stdout is not None
    try:
        yield Process(process, json.loads(process.stdout.readline())["url"])
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_by_grpclib(server: Process, tmp_path: Path, play: Callable[..., Told]) -> None:
    before = server.peak()
    told = play("many_client.py", server, tmp_path, str(STREAMS))
    assert value_of(told, "news") == STREAMS // 2
    assert value_of(told, "names") == [ENTRIES] * (STREAMS // 2)
    print(f"grpclib: the server takes {before // MIB} MiB before, {server.peak() // MIB} MiB at its peak")
    assert server.peak() < LIMIT_BYTES


async def test_by_our_own_client(server: Process) -> None:
    """Calls that the emulator began late, as it was busy with others for 30 s, were cancelled by the library below it."""
    before = server.peak()
    async with AsyncClient(server.url, username=server.username, password=server.password) as client, AsyncExitStack() as stack:
        watches = [client.events.watch() for _ in range(STREAMS // 2)]
        for watch in watches:
            stack.push_async_callback(watch.aclose)
            await anext(watch)

        async def listed() -> int:
            return len({entry.name async for entry in client.files.list("/Cloud/many", refresh=True)})

        assert await asyncio.gather(*(listed() for _ in range(STREAMS // 2))) == [ENTRIES] * (STREAMS // 2)
        await client.files.mkdir("/Cloud/told")
        for watch in watches:
            async for event in watch:
                if isinstance(event, FileChanged):
                    assert event.path == "/Cloud/told"
                    break
    print(f"our client: the server takes {before // MIB} MiB before, {server.peak() // MIB} MiB at its peak")
    assert server.peak() < LIMIT_BYTES
