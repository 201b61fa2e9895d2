"""The emulator of ``cd2 demo``: a process of its own on a free port, gone when the block is left, whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from clouddrive2.errors import ConnectError

__all__ = ["DemoServer", "demo_server"]

START_SECONDS = 30.0
STOP_SECONDS = 5.0
USERNAME = "demo"


@dataclass(frozen=True, slots=True)
class DemoServer:
    """Where it listens, and as whom to sign in."""

    url: str
    cloud: str
    username: str
    password: str = field(repr=False)


@asynccontextmanager
async def demo_server(root: Path, *, faults: Sequence[str] = ()) -> AsyncIterator[DemoServer]:
    """Starts ``cd2 emulator`` and stops it at the end of the block.

    Args:
        root: Where it keeps its files.
        faults: Deliberate faults, as ``cd2 emulator --fault`` takes them.

    Raises:
        ConnectError: It did not start.
    """
    password = secrets.token_urlsafe(16)
    command = [sys.executable, "-m", "clouddrive2.cli", "--json", "emulator", "--port", "0", "--root", str(root)]
    command += ["--username", USERNAME]
    for fault in faults:
        command += ["--fault", fault]
    with tempfile.TemporaryFile() as complaints:
        # In a session of its own: Ctrl-C at the terminal is for the demo, which then ends the server in order.
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=complaints,
            env={**os.environ, "CLOUDDRIVE2_EMULATOR_PASSWORD": password},
            start_new_session=True,
        )
        try:
            ready = await _ready_line(process, complaints)
            yield DemoServer(ready["url"], ready["cloud"], USERNAME, password)
        finally:
            await asyncio.shield(_stop(process))


async def _ready_line(process: asyncio.subprocess.Process, complaints: BinaryIO) -> dict[str, str]:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_SECONDS):
            line = await process.stdout.readline()
            if line:
                ready: dict[str, str] = json.loads(line)
                return ready
            await process.wait()
            complaints.seek(0)
            said = complaints.read().decode(errors="replace").strip()
    except TimeoutError as error:
        raise ConnectError(f"the emulator did not start within {START_SECONDS:g} s") from error
    raise ConnectError(f"the emulator did not start: {said or 'it said nothing'}")


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.communicate()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
