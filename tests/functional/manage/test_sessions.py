"""``client.sessions`` and ``client.devices``: who is signed in to the account."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clouddrive2 import Client, ExitReason, NotFound, PermissionDenied, ServerExiting, Unauthenticated, Unsupported
from clouddrive2.client.aio import AsyncClient
from clouddrive2.emulator import EmulatorOptions
from clouddrive2.emulator.permissions import ALL_PERMISSIONS
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

Connect = Callable[..., AsyncClient]


def token_with(emulator: RunningEmulator, *permissions: str) -> str:
    granted = pb.TokenPermissions(**dict.fromkeys(permissions, True))
    return emulator.world.add_token(pb.TokenInfo(rootDir="/", permissions=granted)).token


def session_of(emulator: RunningEmulator, token: str) -> str:
    return next(session.id for session in emulator.world.sessions.live() if session.token == token)


@pytest.fixture
def sign_in(emulator: RunningEmulator) -> Callable[[], str]:
    """A token of ``GetToken``: clients made with it do not sign in anew by themselves."""
    return lambda: emulator.world.sign_in(emulator.username, emulator.password, None, "10.0.0.9:1").token


async def test_a_revoked_session_is_refused(
    connect: Connect, client: AsyncClient, emulator: RunningEmulator, sign_in: Callable[[], str]
) -> None:
    token = sign_in()
    other, id = connect(emulator, token=token), session_of(emulator, token)
    [first] = [each for each in await client.sessions.list() if each.id == id]
    assert (first.device, first.address) == ("API client", "10.0.0.9")
    assert first.created == first.last_used
    assert first.expires is not None and first.expires > datetime.now(UTC)
    assert (await other.accounts.status()).name == emulator.username
    [used] = [each for each in await client.sessions.list() if each.id == id]
    assert used.address == "127.0.0.1"
    await client.sessions.revoke(used)
    with pytest.raises(Unauthenticated):
        await other.accounts.status()
    with pytest.raises(NotFound, match="no such session"):
        await client.sessions.revoke(id)
    assert (await client.accounts.status()).name == emulator.username


async def test_others_are_told_why(connect: Connect, emulator: RunningEmulator, sign_in: Callable[[], str]) -> None:
    mine, other = connect(emulator, token=sign_in()), connect(emulator, token=sign_in())
    told: asyncio.Queue[ServerExiting] = asyncio.Queue()
    stands = asyncio.Event()

    async def watch() -> None:
        async for event in other.events.watch():
            stands.set()
            if isinstance(event, ServerExiting):
                told.put_nowait(event)

    watching = asyncio.create_task(watch())
    await stands.wait()
    await mine.sessions.revoke_others()
    assert (await told.get()).reason is ExitReason.KICKED_OUT_BY_USER
    watching.cancel()
    await asyncio.wait([watching])
    assert len(await mine.sessions.list()) == 1
    with pytest.raises(Unauthenticated):
        await other.sessions.list()
    # An API token is no session: all of them end.
    everything = connect(emulator, token=token_with(emulator, *ALL_PERMISSIONS))
    await everything.sessions.revoke_others()
    assert await everything.sessions.list() == []


async def test_sessions_survive_a_restart(
    connect: Connect, emulator_factory: Callable[..., RunningEmulator], tmp_path: Path
) -> None:
    emulator = emulator_factory(root=tmp_path)
    tokens = [emulator.world.sign_in(emulator.username, emulator.password, None, "10.0.0.9:1").token for _ in range(2)]
    await connect(emulator, token=tokens[0]).sessions.revoke(session_of(emulator, tokens[1]))
    emulator.on_loop(emulator.emulator.stop)
    again = emulator_factory(root=tmp_path)
    assert len(await connect(again, token=tokens[0]).sessions.list()) == 1
    with pytest.raises(Unauthenticated):
        await connect(again, token=tokens[1]).sessions.list()
    again.world.clock.advance(86401)
    with pytest.raises(Unauthenticated):
        await connect(again, token=tokens[0]).sessions.list()


async def test_a_changed_password_ends_sessions(connect: Connect, emulator: RunningEmulator, sign_in: Callable[[], str]) -> None:
    token = sign_in()
    emulator.world.set_password("another")
    with pytest.raises(Unauthenticated):
        await connect(emulator, token=token).sessions.list()
    api = connect(emulator, token=token_with(emulator, *ALL_PERMISSIONS))
    assert await api.sessions.list() == []


async def test_devices(connect: Connect, client: AsyncClient, emulator: RunningEmulator) -> None:
    emulator.account.devices.append(pb.Device(deviceId="tv", deviceName="TV", osType="Android"))
    here, tv = await client.devices.list()
    assert (here.id, here.version) == (await client.service.machine_id(), "1.1.2")
    assert (tv.name, tv.system, tv.seen) == ("TV", "Android", None)
    await client.devices.sign_out(tv)
    with pytest.raises(NotFound, match="no such device"):
        await client.devices.sign_out("tv")
    assert [each.id for each in await client.devices.list()] == [here.id]
    # This server itself: nobody may do anything until it is signed in again.
    api = connect(emulator, token=token_with(emulator, *ALL_PERMISSIONS))
    await client.devices.sign_out(here)
    assert not (await client.system.info()).signed_in
    for signed_out in (api, client):
        with pytest.raises(Unauthenticated):
            await signed_out.devices.list()


@pytest.mark.parametrize("granted", ["allow_list", "allow_get_account_info"])
async def test_permissions(connect: Connect, emulator: RunningEmulator, granted: str) -> None:
    client = connect(emulator, token=token_with(emulator, granted))
    if granted == "allow_get_account_info":
        assert await client.sessions.list() == []
        assert len(await client.devices.list()) == 1
    else:
        for listing in (client.sessions.list(), client.devices.list()):
            with pytest.raises(PermissionDenied, match="allow_get_account_info"):
                await listing
    for ending in (client.sessions.revoke("x"), client.sessions.revoke_others(), client.devices.sign_out("x")):
        with pytest.raises(PermissionDenied, match="allow_modify_account"):
            await ending


async def test_an_old_server(connect: Connect, emulator_factory: Callable[..., RunningEmulator]) -> None:
    old = connect(emulator_factory(options=EmulatorOptions(version="0.9.13")))
    with pytest.raises(Unsupported):
        await old.sessions.list()


def test_blocking(emulator: RunningEmulator) -> None:
    emulator.account.devices.append(pb.Device(deviceId="tv"))
    other = emulator.world.sign_in(emulator.username, emulator.password, None, "10.0.0.9:1").token
    with Client(emulator.url, username=emulator.username, password=emulator.password) as client:
        assert len(client.sessions.list()) == 2
        client.sessions.revoke(session_of(emulator, other))
        client.sessions.revoke_others()
        assert len(client.sessions.list()) == 1
        client.devices.sign_out("tv")
        assert len(client.devices.list()) == 1
