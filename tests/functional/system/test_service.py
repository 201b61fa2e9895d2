"""``client.service``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator


async def test_what_it_does_now(client: AsyncClient, emulator: RunningEmulator) -> None:
    emulator.world.clock.advance(100)
    running = await client.service.running()
    assert running.uptime.total_seconds() >= 100 and running.memory > 0
    assert (await client.service.abilities()).can_restart
    assert [log.name for log in await client.service.logs()] == ["clouddrive.log"]
    await client.raw.CreateFile(pb.CreateFileRequest(parentPath="/Cloud", fileName="open"))
    assert [handle.path for handle in await client.service.open_handles()] == ["/Cloud/open"]


async def test_updates(client: AsyncClient, emulator: RunningEmulator) -> None:
    assert not (await client.service.check_update()).available
    for step in (client.service.download_update, client.service.apply_update):
        with pytest.raises(errors.OperationFailed):
            await step()
    emulator.world.options.update_version = "1.2.0"
    update = await client.service.check_update()
    assert (update.available, update.version) == (True, "1.2.0")
    await client.service.download_update()
    await client.service.apply_update()
    assert (await client.system.runtime()).version == "1.2.0"
    assert not (await client.service.check_update()).available


async def test_a_restart_ends_connections_and_the_next_call_gets_through(client: AsyncClient) -> None:
    reasons = []
    async for message in client.raw.PushMessage():
        if not reasons:
            await client.service.restart()
            reasons.append(pb.ExitedMessage.UNKNOWN)
        if message.HasField("exitedMessage"):
            reasons.append(message.exitedMessage.exitReason)
            break
    assert reasons[1:] == [pb.ExitedMessage.RESTART]
    assert (await client.system.info()).ready


async def test_nobody_answers_after_a_shutdown(client: AsyncClient, emulator: RunningEmulator) -> None:
    reasons = []
    with pytest.raises(errors.ConnectError):
        async for message in client.raw.PushMessage():
            if message.HasField("exitedMessage"):
                reasons.append(message.exitedMessage.exitReason)
            elif emulator.calls.count("ShutdownService") == 0:
                await client.service.shutdown()
    assert reasons == [pb.ExitedMessage.SHUTDOWN]
    with pytest.raises(errors.ConnectError, match="shut down"):
        await client.system.info()


async def test_neither_downloads_nor_webdav_answer_after_a_shutdown(client: AsyncClient, emulator: RunningEmulator) -> None:
    created = await client.raw.CreateFile(pb.CreateFileRequest(parentPath="/Cloud", fileName="f"))
    await client.raw.WriteToFile(pb.WriteFileRequest(fileHandle=created.fileHandle, length=1, buffer=b"1", closeFile=True))
    link = (await client.files.download_url("/Cloud/f")).url
    asked = [("GET", link), ("HEAD", link), ("PROPFIND", f"{emulator.url}/dav/Cloud"), ("OPTIONS", emulator.url)]

    async def answers() -> list[httpx.Response]:
        # Not over connections from before: they end.
        async with httpx.AsyncClient(trust_env=False, auth=(emulator.username, emulator.password)) as http:
            return [await http.request(*each) for each in asked]

    assert all(answer.is_success for answer in await answers())
    with pytest.raises(errors.ConnectError):
        async for _ in client.raw.PushMessage():
            if emulator.calls.count("ShutdownService") == 0:
                await client.service.shutdown()
    assert [(answer.status_code, answer.headers["connection"]) for answer in await answers()] == [(503, "close")] * len(asked)


async def test_the_web_server(client: AsyncClient, emulator: RunningEmulator, free_port: int) -> None:
    before = await client.service.web_server()
    assert (before.http_port, before.https, before.certificate_file) == (emulator.port, False, "")
    changed = await client.service.configure_web_server(https_port=free_port, https=True)
    assert (changed.http_port, changed.https_port, changed.https) == (emulator.port, free_port, True)
    assert changed.certificate_file and changed.key_file
    await client.service.generate_certificate()
    assert (await client.service.web_server()).certificate_file == str(emulator.certificate)
    with pytest.raises(errors.ConfigError, match="a port is"):
        await client.service.configure_web_server(http_port=70000)
    with pytest.raises(errors.ConfigError, match="go together"):
        await client.service.configure_web_server(certificate="PEM")


async def test_permissions_and_old_servers(client: AsyncClient, emulator: RunningEmulator) -> None:
    token = await client.tokens.create("looker", allow=["view_runtime_info"])
    async with AsyncClient(emulator.url, token=token.token) as looker:
        await looker.service.running()
        with pytest.raises(errors.PermissionDenied, match="allow_service_control"):
            await looker.service.shutdown()
    assert not emulator.world.is_down
    emulator.faults.unimplemented("GetServiceCapabilities")
    with pytest.raises(errors.Unsupported):
        await client.service.abilities()


async def test_settings_are_told_when_the_server_has_left_the_address_before_it_was_asked_again(
    client: AsyncClient, emulator: RunningEmulator, free_port: int
) -> None:
    emulator.faults.refuse("GetWebServerConfig", 14, after=1, times=-1)
    changed = await client.service.configure_web_server(http_port=free_port)
    assert (changed.http_port, changed.https) == (free_port, False)


async def test_the_machine_stays_the_same(
    emulator_factory: Callable[..., RunningEmulator], tmp_path: Path, free_port: int
) -> None:
    first = emulator_factory(root=tmp_path / "drive")
    async with AsyncClient(first.url, username="user", password="password") as client:
        machine = await client.service.machine_id()
        await client.service.configure_web_server(https_port=free_port)
    first.on_loop(first.emulator.stop)
    second = emulator_factory(root=tmp_path / "drive")
    async with AsyncClient(second.url, username="user", password="password") as client:
        assert (await client.service.machine_id(), (await client.service.web_server()).https_port) == (machine, free_port)
