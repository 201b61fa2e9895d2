"""Servers that are gone, come back, or are none; proxies; clients used where they cannot work."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Callable, Iterator

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import ServerConfig, Timeouts
from clouddrive2.testing import RunningEmulator, running_emulator

Connect = Callable[..., AsyncClient]


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is taken but answers nobody."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


class TestGone:
    async def test_nobody_there(self, closed_port: int) -> None:
        async with AsyncClient(f"127.0.0.1:{closed_port}", token="t") as client:
            with pytest.raises(ConnectionError, match="FindFileByPath: /Cloud: the server cannot be reached") as caught:
                await client.files.stat("/Cloud")
        assert isinstance(caught.value, errors.ConnectError)
        assert isinstance(caught.value, errors.Unreachable)
        assert "check address, port and network" in str(caught.value)
        assert str(closed_port) in str(caught.value)

    async def test_stopped_meanwhile(self, connect: Connect) -> None:
        with running_emulator() as emulator:
            client = connect(emulator)
            await client.files.stat("/Cloud")
        with pytest.raises(errors.ConnectError):
            await client.files.stat("/Cloud")

    @pytest.mark.parametrize("failures", [0, 1, 4])
    async def test_back_on_the_same_port(self, connect: Connect, failures: int) -> None:
        with running_emulator() as emulator:
            client, port = connect(emulator), emulator.port
            await client.files.stat("/Cloud")
        for _ in range(failures):
            with pytest.raises(errors.ConnectError):
                await client.files.stat("/Cloud")
        with running_emulator(port=port) as emulator:
            assert (await client.files.stat("/Cloud")).is_folder
            # It knows nothing of the earlier server's tokens.
            assert emulator.calls.count("GetToken") == 1

    async def test_there_only_later(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            client = AsyncClient(f"127.0.0.1:{port}", username="user", password="password")
            with pytest.raises(errors.ConnectError):
                await client.files.stat("/Cloud")
        with running_emulator(port=port):
            assert (await client.files.stat("/Cloud")).is_folder
        await client.close()

    async def test_calls_under_way_when_the_connection_breaks(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        emulator.faults.delay("FindFileByPath", 30, times=20)
        tasks = [asyncio.create_task(client.files.stat("/Cloud")) for _ in range(20)]
        await emulator.calls.wait("FindFileByPath", 20)
        await asyncio.to_thread(emulator.drop_connections)
        assert all(entry.is_folder for entry in await asyncio.gather(*tasks))
        assert emulator.calls.count("FindFileByPath") == 40


class TestNoServerOfOurs:
    async def test_one_that_never_answers(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            config = ServerConfig(f"http://127.0.0.1:{port}", token="t", timeouts=Timeouts(connect=0.2, read=0.3))
            async with AsyncClient(config=config) as client:
                with pytest.raises(errors.Unreachable):
                    await client.files.stat("/Cloud")

    async def test_one_that_speaks_something_else(self) -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(100)
            writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            async with AsyncClient(f"127.0.0.1:{port}", token="t") as client:
                with pytest.raises(errors.ConnectError, match="cannot be reached"):
                    await client.files.stat("/Cloud")


async def test_proxies_of_the_environment_are_ignored(
    emulator: RunningEmulator, connect: Connect, monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "grpc_proxy"):
        for spelling in (name, name.upper()):
            monkeypatch.setenv(spelling, f"http://127.0.0.1:{closed_port}")
    for name in ("no_proxy", "NO_PROXY", "no_grpc_proxy"):
        monkeypatch.delenv(name, raising=False)
    client = connect(emulator)
    assert [entry.name async for entry in client.files.list("/")] == ["Cloud"]
    with pytest.raises(errors.NotFound):
        await client.files.read_bytes("/Cloud/none")


class TestUse:
    async def test_nothing_is_sent_before_the_first_call(self, closed_port: int) -> None:
        async with AsyncClient(f"127.0.0.1:{closed_port}", token="t") as client:
            assert repr(client) == f"<AsyncClient http://127.0.0.1:{closed_port}>"

    async def test_after_it_was_closed(self, client: AsyncClient) -> None:
        await client.files.stat("/Cloud")
        await client.close()
        await client.close()
        assert repr(client).endswith(" closed>")
        for use in (client.files.stat("/"), client.files.read_bytes("/x"), client.raw.GetRuntimeInfo()):
            with pytest.raises(errors.ConfigError, match="is closed; make a new one"):
                await use

    async def test_closing_ends_what_runs(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        emulator.faults.delay("FindFileByPath", 30)
        task = asyncio.create_task(client.files.stat("/Cloud"))
        await emulator.calls.wait("FindFileByPath")
        await client.close()
        with pytest.raises((errors.Error, asyncio.CancelledError)):
            await task

    def test_in_two_loops(self, emulator: RunningEmulator) -> None:
        client = AsyncClient(emulator.url, username="user", password="password")

        async def use() -> None:
            await client.files.stat("/Cloud")

        with asyncio.Runner() as first:
            first.run(use())
            with asyncio.Runner() as second, pytest.raises(errors.ConfigError, match="belongs to another event loop"):
                second.run(use())
            first.run(client.close())

    async def test_forgotten_it_says_so(self, emulator: RunningEmulator) -> None:
        client = AsyncClient(emulator.url)
        await client.system.info()
        with pytest.warns(ResourceWarning, match="was never closed"):
            del client
            gc.collect()

    async def test_two_clients_do_not_share_their_end(self, emulator: RunningEmulator, connect: Connect) -> None:
        first, second = connect(emulator), connect(emulator)
        await asyncio.gather(first.files.stat("/Cloud"), second.files.stat("/Cloud"))
        await first.close()
        assert (await second.files.stat("/Cloud")).is_folder

    async def test_complete_settings_stand_alone(self, emulator: RunningEmulator) -> None:
        with pytest.raises(errors.ConfigError, match="config= is complete by itself; leave out token, url"):
            AsyncClient(emulator.url, token="t", config=ServerConfig())
