"""The server killed at random moments of an upload, and started again on the same port with its files but not its memory."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import UploadConfig
from clouddrive2.models.files import Entry

LONGEST_LIFE, LONGEST_ABSENCE = 0.4, 0.3


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """An emulator as a process of its own, with its files on disk."""

    def __init__(self, root: Path) -> None:
        self.port = free_port()
        self._root = root
        self._process: Process | None = None

    async def start(self) -> None:
        """Returns when it listens."""
        options = ("emulator", "--port", str(self.port), "--root", str(self._root), "--json")
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "clouddrive2.cli", *options, stdin=DEVNULL, stdout=PIPE
        )
        assert self._process.stdout is not None
        assert json.loads(await self._process.stdout.readline())["port"] == self.port

    async def kill(self) -> None:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.kill()
        await self._process.communicate()


async def kill_and_restart(server: Server, times: int, seed: int) -> None:
    """Let it live for a moment, and be away for a moment; at last it stays."""
    dice = random.Random(seed)
    await server.start()
    for _ in range(times):
        await asyncio.sleep(dice.uniform(0, LONGEST_LIFE))
        await server.kill()
        await asyncio.sleep(dice.uniform(0, LONGEST_ABSENCE))
        await server.start()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("times", [2, pytest.param(50, marks=pytest.mark.slow)])
async def test_killed_and_restarted_again_and_again(
    upload_config: UploadConfig,
    make_tree: Callable[..., Path],
    upload_folder: Callable[..., Awaitable[None]],
    aftermath: Any,
    tmp_path: Path,
    times: int,
) -> None:
    server = Server(tmp_path / "root")
    sources: list[Path] = []
    killing = asyncio.create_task(kill_and_restart(server, times, seed=times))
    try:
        async with AsyncClient(f"127.0.0.1:{server.port}", username="user", password="password", uploads=upload_config) as client:
            while not killing.done():
                sources.append(make_tree(f"folder-{len(sources)}"))
                await upload_folder(client, sources[-1])
            await killing
            assert [row async for row in client.transfers.uploads() if not row.status.is_terminal] == []
            shown: list[Entry] = [entry async for _, _, files in client.files.walk("/Cloud") for entry in files]
            assert [entry.path for entry in shown if entry.pending] == []
            assert await client.uploads.pending() == []
        aftermath.assert_complete(*sources)
        aftermath.assert_nothing_left()
    finally:
        killing.cancel()
        await asyncio.gather(killing, return_exceptions=True)
        await server.kill()
