"""Uploads and pushes through a real nginx that carries nothing but HTTP/1.1: as it should be set up, and as it is installed."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import UploadConfig
from clouddrive2.emulator import EmulatorOptions
from clouddrive2.proto.methods import METHODS
from clouddrive2.testing import RunningEmulator

Connect = Callable[..., AsyncClient]
StartNginx = Callable[..., Any]
MIB = 1 << 20
QUICK = UploadConfig(verify_seconds=3.0, reconnect_first=0.02, quiet_seconds=0.5)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "film.mkv"
    path.write_bytes(random.Random("film").randbytes(5 * MIB + 7))
    return path


def sizes(emulator: RunningEmulator) -> list[int]:
    return [call.data_length for call in emulator.calls.of("RemoteReadData")]


async def test_a_file_arrives_byte_for_byte(
    start_nginx: StartNginx, connect: Connect, emulator: RunningEmulator, source: Path
) -> None:
    client = connect(start_nginx(emulator.port).url)
    uploaded = await client.uploads.upload(source, "/Cloud/Movies/")
    assert (uploaded.route, uploaded.verified) == ("grpc-web", "hash")
    assert await client.files.read_bytes(uploaded.path) == source.read_bytes()
    assert max(sizes(emulator)) == MIB


async def test_many_files_over_few_connections(
    start_nginx: StartNginx, connect: Connect, emulator: RunningEmulator, tmp_path: Path
) -> None:
    client = connect(start_nginx(emulator.port).url)
    async with client.uploads.batch() as batch:
        for number in range(40):
            path = tmp_path / f"{number}.bin"
            path.write_bytes(random.Random(number).randbytes(number * 1000))
            batch.add(path, to="/Cloud/many/")
        assert [item.uploaded and item.uploaded.verified for item in await batch.outcomes()] == ["hash"] * 40
    assert emulator.calls.count("RemoteUploadChannel") == 1


@pytest.mark.parametrize("settings", ["", "proxy_http_version 1.1;"], ids=["as it is installed", "HTTP/1.1 to the server"])
async def test_a_proxy_that_takes_only_a_megabyte_gets_smaller_pieces(
    start_nginx: StartNginx,
    connect: Connect,
    emulator: RunningEmulator,
    source: Path,
    settings: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """nginx takes bodies of up to 1 MiB unless told otherwise, and a piece of 1 MiB is a little more than that."""
    client = connect(start_nginx(emulator.port, settings).url)
    with caplog.at_level(logging.INFO, "clouddrive2"):
        uploaded = await client.uploads.upload(source, "/Cloud/")
    assert uploaded.verified == "hash"
    assert await client.files.read_bytes(uploaded.path) == source.read_bytes()
    assert max(sizes(emulator)) == MIB // 2
    [said] = {record.getMessage() for record in caplog.records if getattr(record, "action", "") == "pieces_halved"}
    assert said.startswith("pieces of 524288 bytes from here on: RemoteReadData: the message is too large (HTTP 413 of 10486")
    assert "client_max_body_size 8m" in said
    # What was learned holds for the next file.
    caplog.clear()
    sent = len(sizes(emulator))
    source.write_bytes(random.Random("another").randbytes(3 * MIB))
    with caplog.at_level(logging.INFO, "clouddrive2"):
        await client.uploads.upload(source, "/Cloud/another.mkv")
    assert "413" not in caplog.text
    assert sizes(emulator)[sent:] == [MIB // 2] * 6


async def test_a_written_file_goes_through_it_too(
    start_nginx: StartNginx, connect: Connect, emulator: RunningEmulator, source: Path
) -> None:
    client = connect(start_nginx(emulator.port, "").url)
    uploaded = await client.uploads.upload(source, "/Cloud/", routes=["write"])
    assert uploaded.verified == "hash"
    assert await client.files.read_bytes(uploaded.path) == source.read_bytes()
    assert emulator.calls.count("WriteToFileStream") == 0
    assert max(call.data_length for call in emulator.calls.of("WriteToFile")) == MIB // 2


async def test_a_proxy_that_takes_next_to_nothing_is_named(
    start_nginx: StartNginx, connect: Connect, emulator: RunningEmulator, source: Path
) -> None:
    client = connect(start_nginx(emulator.port, "client_max_body_size 32k; proxy_buffering off;").url)
    with pytest.raises(errors.MessageTooLarge, match=r"HTTP 413 .* client_max_body_size 8m"):
        await client.uploads.upload(source, "/Cloud/", routes=["grpc-web"])
    assert [entry async for entry in client.files.list("/Cloud")] == []


@asynccontextmanager
async def holding_back(port: int) -> AsyncIterator[str]:
    """A proxy that passes on an answer when it is complete, as none should: the upload channel's never is."""
    relays: set[asyncio.Task[None]] = set()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relays.add(cast("asyncio.Task[None]", asyncio.current_task()))
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", port)
        holding = False

        async def there() -> None:
            nonlocal holding
            while data := await reader.read(1 << 16):
                holding = holding or METHODS["RemoteUploadChannel"].path.encode() in data
                server_writer.write(data)
            server_writer.close()

        async def back() -> None:
            while data := await server_reader.read(1 << 16):
                if not holding:
                    writer.write(data)
            writer.close()

        await asyncio.gather(there(), back(), return_exceptions=True)

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await asyncio.gather(*relays)


async def test_messages_that_are_held_back_are_noticed(connect: Connect, emulator: RunningEmulator, source: Path) -> None:
    async with holding_back(emulator.port) as url:
        client = connect(url, uploads=QUICK, transport="grpc-web")
        with pytest.raises(errors.ChannelLost, match=r"a proxy holds them back; .*proxy_buffering off"):
            await client.uploads.upload(source, "/Cloud/", routes=["grpc-web"])
        (step,) = await client.uploads.plan(source, "/Cloud/", routes=["grpc-web"])
        assert not step.available and "proxy_buffering off" in step.reason
        assert [row async for row in client.transfers.uploads() if not row.status.is_terminal] == []
        # Other routes need no channel.
        uploaded = await client.uploads.upload(source, "/Cloud/")
        assert uploaded.route in ("write", "webdav")
        assert uploaded.verified == "hash"
        await client.close()


async def test_pushes_come_at_once(
    start_nginx: StartNginx, connect: Connect, emulator_factory: Callable[..., RunningEmulator]
) -> None:
    emulator = emulator_factory(options=EmulatorOptions(heartbeat_seconds=3600.0))
    client = connect(start_nginx(emulator.port).url)
    async with aclosing(client.raw.PushMessage()) as pushes:
        for _ in range(3):
            await anext(pushes)
        await client.files.mkdir("/Cloud/new")
        async with asyncio.timeout(20):
            while (await anext(pushes)).fileSystemChange.path != "/Cloud/new":
                pass


async def test_a_proxy_restarted_in_the_middle(
    start_nginx: StartNginx, connect: Connect, emulator: RunningEmulator, tmp_path: Path
) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(random.Random("large").randbytes(40 * MIB))
    nginx = start_nginx(emulator.port)
    client = connect(nginx.url, uploads=QUICK)
    job = await client.uploads.start(large, "/Cloud/")
    await emulator.calls.wait("RemoteReadData", 5)
    nginx.process.kill()
    nginx.process.wait()
    start_nginx(emulator.port, port=int(nginx.url.rpartition(":")[2]))
    assert (await job.result()).verified == "hash"
    assert await client.files.read_bytes("/Cloud/large.bin") == large.read_bytes()
