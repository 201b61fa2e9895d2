"""A server that is told over the API to listen elsewhere does so at once (protocol.md §1.1)."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

import clouddrive2 as cd2
from clouddrive2 import errors
from clouddrive2.emulator import Emulator
from clouddrive2.emulator.doors.certificate import Certificate
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

Factory = Callable[..., RunningEmulator]


def connect(url: str | None) -> cd2.AsyncClient:
    assert url is not None
    return cd2.AsyncClient(url, username="user", password="password", insecure=url.startswith("https"))


async def answers(url: str | None) -> bool:
    async with connect(url) as client:
        return (await client.files.stat("/Cloud")).is_folder


def shown(emulator: RunningEmulator) -> str:
    assert emulator.tls_port is not None
    return ssl.get_server_certificate(("127.0.0.1", emulator.tls_port))


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


class Stream:
    """Push messages over a connection of their own."""

    def __init__(self, client: cd2.AsyncClient) -> None:
        self._messages: AsyncIterator[pb.CloudDrivePushMessage] = client.raw.PushMessage()

    async def opened(self) -> Stream:
        await anext(self._messages)
        return self

    async def tells_of(self, path: str) -> bool:
        async for message in self._messages:
            if message.fileSystemChange.path == path:
                return True
        return False

    async def ended(self) -> bool:
        try:
            async for _ in self._messages:
                pass
        except errors.Unreachable:
            return True
        return True


async def test_the_plain_port_moves(emulator: RunningEmulator, free_port: int) -> None:
    old = emulator.port
    async with connect(emulator.url) as caller:
        running = await Stream(caller).opened()
        changed = await caller.service.configure_web_server(http_port=free_port)
        assert changed.http_port == free_port == emulator.port
        assert emulator.url == f"http://127.0.0.1:{free_port}"
        assert await answers(emulator.url)
        assert await running.ended()
    assert not listens(old)
    async with connect(emulator.url) as client:
        assert (await client.service.web_server()).http_port == free_port


async def test_over_grpc_web_too(emulator: RunningEmulator, free_port: int) -> None:
    async with cd2.AsyncClient(emulator.url, username="user", password="password", transport="grpc-web") as caller:
        assert (await caller.service.configure_web_server(http_port=free_port)).http_port == free_port
    assert await answers(emulator.url)


async def test_tls_comes_and_goes_and_what_runs_on_the_plain_port_stays(emulator: RunningEmulator, free_port: int) -> None:
    async with connect(emulator.url) as client:
        running = await Stream(client).opened()
        await client.service.configure_web_server(https=True, https_port=free_port)
        assert (emulator.tls_port, emulator.tls_url) == (free_port, f"https://127.0.0.1:{free_port}")
        assert emulator.certificate is not None and shown(emulator) == emulator.certificate.read_text()
        async with connect(emulator.tls_url) as other:
            over_tls = await Stream(other).opened()
            off = await client.service.configure_web_server(https=False)
            assert (off.https, emulator.tls_port, emulator.tls_url, emulator.certificate) == (False, None, None, None)
            assert await over_tls.ended()
        assert not listens(free_port)
        await client.files.mkdir("/Cloud/still there")
        assert await running.tells_of("/Cloud/still there")


async def test_what_runs_over_tls_stays_when_the_plain_port_moves(emulator_factory: Factory, free_port: int) -> None:
    emulator = emulator_factory(tls_port=0)
    old, sealed = emulator.port, emulator.tls_port
    async with connect(emulator.tls_url) as client, connect(emulator.url) as plain:
        running, cut = await Stream(client).opened(), await Stream(plain).opened()
        await client.service.configure_web_server(http_port=free_port)
        assert await cut.ended()
        assert (listens(old), emulator.tls_port) == (False, sealed)
        await client.files.mkdir("/Cloud/still there")
        assert await running.tells_of("/Cloud/still there")


async def test_what_runs_on_the_plain_port_stays_when_another_certificate_shows(emulator_factory: Factory) -> None:
    emulator = emulator_factory(tls_port=0)
    before = shown(emulator)
    async with connect(emulator.url) as client, connect(emulator.tls_url) as other:
        running, cut = await Stream(client).opened(), await Stream(other).opened()
        await client.service.generate_certificate(restart_listeners=True)
        assert shown(emulator) != before
        assert await cut.ended()
        await client.files.mkdir("/Cloud/still there")
        assert await running.tells_of("/Cloud/still there")


async def test_the_ports_change_places(emulator_factory: Factory) -> None:
    emulator = emulator_factory(tls_port=0)
    plain, sealed = emulator.port, emulator.tls_port
    async with connect(emulator.url) as client:
        running = await Stream(client).opened()
        await client.service.configure_web_server(http_port=sealed, https_port=plain)
        assert await running.ended()
    assert (emulator.port, emulator.tls_port) == (sealed, plain)
    assert await answers(emulator.url) and await answers(emulator.tls_url)


async def test_there_and_back_at_once(emulator: RunningEmulator, free_port: int) -> None:
    first = emulator.port
    async with connect(emulator.url) as client:
        running = await Stream(client).opened()
        for port in (free_port, first):
            await client.raw.SetWebServerConfig(pb.SetWebServerConfigRequest(http_port=port))
        assert emulator.port == first
        await client.files.mkdir("/Cloud/still there")
        assert await running.tells_of("/Cloud/still there")
    assert await answers(emulator.url)


async def test_a_port_that_is_taken_changes_nothing(emulator: RunningEmulator, free_port: int) -> None:
    old = emulator.port
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        async with connect(emulator.url) as client:
            before = await client.service.web_server()
            for wanted in ({"http_port": taken}, {"http_port": free_port, "https": True, "https_port": taken}):
                with pytest.raises(errors.OperationFailed, match=f"port {taken} is in use by another program"):
                    await client.service.configure_web_server(**wanted)
                assert await client.service.web_server() == before
    assert (emulator.port, emulator.tls_port, listens(free_port)) == (old, None, False)
    assert await answers(emulator.url)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (pb.SetWebServerConfigRequest(http_port=0), "0 is no port"),
        (pb.SetWebServerConfigRequest(https_port=70000), "70000 is no port"),
        (pb.SetWebServerConfigRequest(http_port=4711, https_port=4711, enable_https=True), "need a port each"),
        (pb.SetWebServerConfigRequest(cert_content="PEM"), "go together"),
        (pb.SetWebServerConfigRequest(cert_content="PEM", key_content="PEM"), "no certificate with its key"),
        (pb.SetWebServerConfigRequest(key_file="/some.key"), "needs its certificate"),
        (pb.SetWebServerConfigRequest(cert_file="/nowhere/a.pem", http_port=4711), "/nowhere/a.pem: No such file"),
    ],
)
async def test_bad_settings(emulator: RunningEmulator, request_: pb.SetWebServerConfigRequest, said: str) -> None:
    old = emulator.port
    async with connect(emulator.url) as client:
        with pytest.raises(errors.InvalidRequest, match=said):
            await client.raw.SetWebServerConfig(request_)
        assert (await client.service.web_server()).http_port == emulator.port == old


async def test_a_certificate_in_files_of_the_servers_machine(emulator: RunningEmulator, free_port: int, tmp_path: Path) -> None:
    given = Certificate("127.0.0.1", tmp_path / "given")
    wanted = pb.SetWebServerConfigRequest(
        enable_https=True, https_port=free_port, cert_file=str(given.file), key_file=str(given.key_file)
    )
    async with connect(emulator.url) as client:
        await client.raw.SetWebServerConfig(wanted)
        assert shown(emulator) == given.file.read_text() and emulator.certificate == given.file
        await client.service.generate_certificate(restart_listeners=True)
    assert shown(emulator) != given.file.read_text()


async def test_one_that_is_sent_before_tls_is_on(emulator_factory: Factory, free_port: int, tmp_path: Path) -> None:
    sent = Certificate("127.0.0.1", tmp_path / "sent")
    emulator = emulator_factory(root=tmp_path / "drive")
    async with connect(emulator.url) as client:
        texts = {"certificate": sent.file.read_text(), "key": sent.key_file.read_text()}
        told = await client.service.configure_web_server(**texts)
        assert (told.certificate_file, told.https) == (str(tmp_path / "drive" / ".clouddrive2.crt"), False)
        await client.service.configure_web_server(https=True, https_port=free_port)
    assert shown(emulator) == sent.file.read_text()


async def test_the_next_start(emulator_factory: Factory, free_port: int, tmp_path: Path) -> None:
    first = emulator_factory(root=tmp_path)
    async with connect(first.url) as client:
        await client.service.configure_web_server(https=True, https_port=free_port)
        await client.service.configure_web_server(http_port=first.port)
    first.on_loop(first.emulator.stop)
    kept = emulator_factory(root=tmp_path, port=None)
    assert (kept.port, kept.tls_port) == (first.port, free_port)
    assert await answers(kept.url) and await answers(kept.tls_url)
    kept.on_loop(kept.emulator.stop)
    told = emulator_factory(root=tmp_path, port=0, tls_port=0)
    assert told.port != first.port and told.tls_port != free_port


async def test_it_stops_while_it_moves(free_port: int) -> None:
    async with Emulator() as emulator:
        told: list[str] = []
        emulator.listening.moved = lambda: told.append(emulator.url)
        async with connect(emulator.url) as client:
            await client.service.configure_web_server(http_port=free_port)
        assert told == [f"http://127.0.0.1:{free_port}"]
    assert not listens(free_port)


async def test_a_certificate_that_is_gone_is_told_by_the_restart(
    emulator: RunningEmulator, free_port: int, tmp_path: Path
) -> None:
    given = Certificate("127.0.0.1", tmp_path / "given")
    async with connect(emulator.url) as client:
        await client.raw.SetWebServerConfig(
            pb.SetWebServerConfigRequest(
                enable_https=True, https_port=free_port, cert_file=str(given.file), key_file=str(given.key_file)
            )
        )
        given.key_file.unlink()
        with pytest.raises(errors.OperationFailed, match=r"given\.key"):
            await client.service.restart()
        assert (await client.files.stat("/Cloud")).is_folder
