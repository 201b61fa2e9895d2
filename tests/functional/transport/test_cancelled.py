"""Calls that are cancelled at any moment leave nothing behind that later calls would wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from clouddrive2.client.aio import AsyncClient
from clouddrive2.testing import RunningEmulator
from clouddrive2.transport import grpcweb

Connect = Callable[..., AsyncClient]


async def test_a_connection_is_free_again_whenever_its_call_was_cancelled(
    connect: Connect, emulator: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grpcweb, "MOST_CONNECTIONS", 1)
    client = connect(emulator)
    await client.files.stat("/Cloud")
    moment = 0
    ended_by_itself = 0
    # From before its first step until it is over every time.
    while ended_by_itself < 3:
        call = asyncio.create_task(client.files.stat("/Cloud"))
        for _ in range(moment):
            await asyncio.sleep(0)
        ended_by_itself += call.done()
        moment += 1 + moment // 20
        call.cancel()
        await asyncio.wait({call})
        async with asyncio.timeout(20):
            assert (await client.files.stat("/Cloud")).is_folder
