"""A server that has just come up shows nothing: that is never taken for an empty drive (protocol.md §2.4)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from clouddrive2 import errors
from clouddrive2.api import readiness
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import Retry, ServerConfig, Timeouts, TransportName
from clouddrive2.models.files import Entry, FolderDetails
from clouddrive2.testing import RunningEmulator

Put = Callable[..., Awaitable[Entry]]
Ask = Callable[[AsyncClient], Awaitable[Any]]
A_LONG_START = 3600.0


async def names(client: AsyncClient, path: str) -> list[str]:
    return [entry.name async for entry in client.files.list(path)]


async def walked(client: AsyncClient) -> list[tuple[str, list[str], list[str]]]:
    return [
        (path, [entry.name for entry in folders], [entry.name for entry in files])
        async for path, folders, files in client.files.walk("/")
    ]


async def found(client: AsyncClient) -> list[str]:
    return [entry.path async for entry in client.files.search("/Cloud", "film")]


QUESTIONS: dict[str, tuple[Ask, Any]] = {
    "the clouds": (lambda client: names(client, "/"), ["Cloud"]),
    "a folder": (lambda client: names(client, "/Cloud/folder"), ["film.mkv"]),
    "walk": (walked, [("/", ["Cloud"], []), ("/Cloud", ["folder"], []), ("/Cloud/folder", [], ["film.mkv"])]),
    "exists": (lambda client: client.files.exists("/Cloud/folder/film.mkv"), True),
    "details": (lambda client: client.files.details("/Cloud/folder"), FolderDetails(files=1, folders=0, size=4)),
    "details of all": (lambda client: client.files.details("/"), FolderDetails(files=1, folders=2, size=4)),
    "search": (found, ["/Cloud/folder/film.mkv"]),
    "delete": (lambda client: client.files.delete("/Cloud/folder/film.mkv", missing_ok=True), None),
}
each_question = pytest.mark.parametrize(("ask", "answer"), QUESTIONS.values(), ids=QUESTIONS)


@pytest.fixture
async def filled(client: AsyncClient, put: Put, emulator: RunningEmulator) -> RunningEmulator:
    await client.files.mkdir("/Cloud/folder")
    await put("/Cloud/folder/film.mkv", b"film")
    emulator.calls.clear()
    return emulator


@pytest.fixture
async def fresh(filled: RunningEmulator, transport: TransportName) -> AsyncIterator[AsyncClient]:
    """A client that has asked nothing yet."""
    user = {"username": filled.username, "password": filled.password}
    config = ServerConfig(filled.url, **user, retry=Retry(first_delay=0.001), transport=transport)
    async with AsyncClient(config=config) as client:
        yield client


@each_question
async def test_the_question_is_asked_again_until_the_server_is_ready(
    fresh: AsyncClient, filled: RunningEmulator, ask: Ask, answer: Any
) -> None:
    filled.faults.starting(A_LONG_START)
    asking = asyncio.ensure_future(ask(fresh))
    await filled.calls.wait("GetSystemInfo", 3)
    assert not asking.done()
    filled.world.clock.advance(A_LONG_START)
    assert await asking == answer


async def test_what_was_to_be_deleted_is_gone_then(fresh: AsyncClient, filled: RunningEmulator) -> None:
    filled.faults.starting(A_LONG_START)
    deleting = asyncio.ensure_future(fresh.files.delete("/Cloud/folder", missing_ok=True))
    await filled.calls.wait("GetSystemInfo", 1)
    filled.world.clock.advance(A_LONG_START)
    await deleting
    assert await names(fresh, "/Cloud") == []


@each_question
async def test_patience_is_bounded(filled: RunningEmulator, ask: Ask, answer: Any) -> None:
    filled.faults.starting(A_LONG_START)
    config = ServerConfig(filled.url, username=filled.username, password=filled.password, timeouts=Timeouts(start=0.05))
    async with AsyncClient(config=config) as client:
        with pytest.raises(
            errors.Timeout, match=r"has not finished its start within 0\.05 s \(clouds are being loaded\); try again"
        ):
            await ask(client)
    filled.world.clock.advance(A_LONG_START)
    async with AsyncClient(config=replace(config, timeouts=Timeouts())) as client:
        assert await client.files.exists("/Cloud/folder/film.mkv")


async def test_a_ready_server_is_asked_once_in_a_while(
    fresh: AsyncClient, filled: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "READY_SECONDS", 3600.0)
    for _ in range(3):
        assert not await fresh.files.exists("/Cloud/none")
        assert await names(fresh, "/Cloud/folder/film.mkv") == []
    assert filled.calls.count("GetSystemInfo") == 1
    # The first answer came before the server was known to be ready.
    assert filled.calls.count("FindFileByPath") == 4
    assert filled.calls.count("GetSubFiles") == 3


async def test_many_questions_at_once_share_one(
    fresh: AsyncClient, filled: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "READY_SECONDS", 3600.0)
    await fresh.system.runtime()
    found = await asyncio.gather(*(fresh.files.exists(f"/Cloud/none {number}") for number in range(50)))
    assert not any(found)
    # Over HTTP/1.1 each of them may have a connection of its own, and behind each might be a server of its own.
    assert 1 <= filled.calls.count("GetSystemInfo") <= (1 if fresh.config.transport == "grpc" else 50)


async def test_what_is_there_raises_no_question(fresh: AsyncClient, filled: RunningEmulator) -> None:
    assert len(await walked(fresh)) == 3
    assert await fresh.files.exists("/Cloud/folder/film.mkv")
    assert filled.calls.count("GetSystemInfo") == 0


async def test_after_every_restart_of_the_server_it_is_asked_again(
    fresh: AsyncClient, filled: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    # These restarts take no time at all.
    monkeypatch.setattr(readiness, "READY_SECONDS", 0.0)
    assert not await fresh.files.exists("/Cloud/none")
    assert filled.calls.count("GetSystemInfo") == 1
    # More than one: the connection is seen to be lost before the next call is sent, or while it is on its way.
    for _ in range(10):
        asked = filled.calls.count("GetSystemInfo")
        filled.faults.starting(A_LONG_START)
        filled.drop_connections()
        asking = asyncio.ensure_future(names(fresh, "/Cloud"))
        await filled.calls.wait("GetSystemInfo", asked + 2)
        filled.world.clock.advance(A_LONG_START)
        assert await asking == ["folder"]


async def test_behind_a_proxy_a_call_the_server_was_not_there_for_is_enough(fresh: AsyncClient, filled: RunningEmulator) -> None:
    assert not await fresh.files.exists("/Cloud/none")
    # The connection to a proxy stands while the server behind it is started anew.
    filled.faults.refuse("FindFileByPath", code=14, text="no upstream")
    filled.faults.starting(A_LONG_START)
    asking = asyncio.ensure_future(fresh.files.exists("/Cloud/folder/film.mkv"))
    await filled.calls.wait("GetSystemInfo", 2)
    filled.world.clock.advance(A_LONG_START)
    assert await asking


@pytest.mark.parametrize("code", [7, 12])
async def test_a_server_that_does_not_tell_is_believed(fresh: AsyncClient, filled: RunningEmulator, code: int) -> None:
    filled.faults.refuse("GetSystemInfo", code=code, times=-1)
    assert not await fresh.files.exists("/Cloud/none")


async def test_a_question_that_cannot_be_asked_is_an_error(fresh: AsyncClient, filled: RunningEmulator) -> None:
    filled.faults.refuse("GetSystemInfo", code=14, times=-1)
    with pytest.raises(errors.ConnectError):
        await names(fresh, "/Cloud/none")
