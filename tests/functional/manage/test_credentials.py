"""``client.accounts``: password, e-mail address, and signing in the server itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from clouddrive2 import (
    Client,
    InvalidRequest,
    OperationFailed,
    PermissionDenied,
    Throttled,
    Unauthenticated,
    Unsupported,
)
from clouddrive2.client.aio import AsyncClient
from clouddrive2.emulator import EmulatorOptions
from clouddrive2.emulator.permissions import ALL_PERMISSIONS
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

Connect = Callable[..., AsyncClient]
CODE = "246810"


def mailed(emulator: RunningEmulator, purpose: str, to: str | None = None) -> str:
    """The code in the newest mail."""
    [*_, mail] = [mail for mail in emulator.account.mails if mail.purpose == purpose]
    assert mail.to == (to or emulator.world.username)
    assert mail.code not in repr(mail)
    return mail.code


def token_with(emulator: RunningEmulator, *permissions: str) -> str:
    granted = pb.TokenPermissions(**dict.fromkeys(permissions, True))
    return emulator.world.add_token(pb.TokenInfo(rootDir="/", permissions=granted)).token


@pytest.fixture
def api(connect: Connect, emulator: RunningEmulator) -> AsyncClient:
    """With a token that outlives passwords."""
    return connect(emulator, token=token_with(emulator, *ALL_PERMISSIONS))


@pytest.fixture
async def nobody(emulator: RunningEmulator) -> AsyncClient:
    """With credentials that do not work: what a person has who forgot them."""
    return AsyncClient(emulator.url, username=emulator.username, password="forgotten")


async def test_password(connect: Connect, api: AsyncClient, emulator: RunningEmulator) -> None:
    session = emulator.world.sign_in(emulator.username, emulator.password, None, "10.0.0.9:1").token
    for old, new, says in (("wrong", "new", "wrong password"), (emulator.password, "", "empty")):
        with pytest.raises(OperationFailed, match=says):
            await api.accounts.change_password(old, new)
    emulator.world.options.totp_code = CODE
    with pytest.raises(OperationFailed, match="wrong two-factor code"):
        await api.accounts.change_password(emulator.password, "new")
    await api.accounts.change_password(emulator.password, "new", code=CODE)
    assert await api.sessions.list() == []
    with pytest.raises(Unauthenticated):
        await connect(emulator, token=session).accounts.status()
    with pytest.raises(Unauthenticated, match="wrong user name or password"):
        await connect(emulator).accounts.status()
    async with AsyncClient(emulator.url, username=emulator.username, password="new", totp_code=CODE) as client:
        assert await client.accounts.has_two_factor()


async def test_a_password_survives_a_restart(
    connect: Connect, emulator_factory: Callable[..., RunningEmulator], tmp_path: Path
) -> None:
    emulator = emulator_factory(root=tmp_path)
    await connect(emulator).accounts.change_password(emulator.password, "new")
    emulator.on_loop(emulator.emulator.stop)
    again = emulator_factory(root=tmp_path)
    async with AsyncClient(again.url, username=again.username, password="new") as client:
        assert (await client.accounts.status()).name == again.username
    again.on_loop(again.emulator.stop)
    # Whoever starts it with another password means that one.
    other = emulator_factory(root=tmp_path, password="given")
    assert (await connect(other).accounts.status()).name == other.username


async def test_email(connect: Connect, api: AsyncClient, emulator: RunningEmulator) -> None:
    new = "me@example.org"
    with pytest.raises(PermissionDenied, match="wrong password"):
        await api.accounts.send_email_change(new, "wrong")
    with pytest.raises(InvalidRequest, match="'nowhere' is no e-mail address"):
        await api.accounts.send_email_change("nowhere", emulator.password)
    await api.accounts.send_email_change(new, emulator.password)
    code = mailed(emulator, "change", new)
    for address, given in ((new, "000000x"), ("you@example.org", code)):
        with pytest.raises(InvalidRequest, match="wrong code"):
            await api.accounts.change_email(address, emulator.password, given)
    with pytest.raises(PermissionDenied, match="wrong password"):
        await api.accounts.change_email(new, "wrong", code)
    await api.accounts.change_email(new, emulator.password, code)
    with pytest.raises(InvalidRequest):
        await api.accounts.change_email(new, emulator.password, code)
    assert (await api.accounts.status()).name == new
    async with AsyncClient(emulator.url, username=new, password=emulator.password) as client:
        assert (await client.system.info()).username == new


async def test_a_code_holds_for_a_while(api: AsyncClient, emulator: RunningEmulator) -> None:
    emulator.account.confirmed = False
    assert not (await api.accounts.status()).email_confirmed
    await api.accounts.send_email_confirmation()
    first = mailed(emulator, "confirm")
    await api.accounts.send_email_confirmation()
    assert mailed(emulator, "confirm") == first
    emulator.world.clock.advance(601)
    with pytest.raises(InvalidRequest, match="no longer holds"):
        await api.accounts.confirm_email(first)
    await api.accounts.send_email_confirmation()
    await api.accounts.confirm_email(mailed(emulator, "confirm"))
    assert (await api.accounts.status()).email_confirmed


async def test_a_forgotten_password(nobody: AsyncClient, emulator: RunningEmulator) -> None:
    async with nobody as client:
        await client.accounts.send_password_reset("stranger@example.org")
        assert emulator.account.mails == []
        await client.accounts.send_password_reset(emulator.username)
        code = mailed(emulator, "reset")
        with pytest.raises(InvalidRequest, match="empty"):
            await client.accounts.reset_password(code, "")
        await client.accounts.reset_password(code, "forgotten")
        assert (await client.accounts.status()).name == emulator.username
        # Guessing ends after a few tries.
        for _ in range(5):
            with pytest.raises(InvalidRequest, match="wrong code"):
                await client.accounts.reset_password("1", "x")
        with pytest.raises(Throttled):
            await client.accounts.reset_password("1", "x")


async def test_a_lost_authenticator(nobody: AsyncClient, emulator: RunningEmulator) -> None:
    emulator.world.options.totp_code = CODE
    async with nobody as client:
        await client.accounts.send_two_factor_removal(emulator.username)
        code = mailed(emulator, "factor")
        with pytest.raises(PermissionDenied, match="wrong password"):
            await client.accounts.remove_two_factor(code, "wrong")
        await client.accounts.remove_two_factor(code, emulator.password)
    async with AsyncClient(emulator.url, username=emulator.username, password=emulator.password) as client:
        assert not await client.accounts.has_two_factor()


async def test_the_server_itself(connect: Connect, emulator_factory: Callable[..., RunningEmulator], tmp_path: Path) -> None:
    emulator = emulator_factory(root=tmp_path)
    api = connect(emulator, token=(token := token_with(emulator, *ALL_PERMISSIONS)))
    await api.accounts.sign_out_server()
    emulator.on_loop(emulator.emulator.stop)
    again = emulator_factory(root=tmp_path)
    api, client = connect(again, token=token), connect(again)
    with pytest.raises(Unauthenticated, match="not signed in to an account"):
        await client.accounts.status()
    with pytest.raises(Unauthenticated):
        await api.accounts.status()
    with pytest.raises(OperationFailed, match="wrong user name"):
        await api.accounts.sign_in_server(again.username, "wrong")
    await api.accounts.sign_in_server(again.username, again.password)
    assert (await api.accounts.status()).name == again.username
    again.world.options.totp_code = CODE
    with pytest.raises(OperationFailed, match="two-factor"):
        await api.accounts.sign_in_server(again.username, again.password)
    with pytest.raises(Unauthenticated, match="two-factor"):
        await api.accounts.sign_in_server(again.username, again.password, code="1")
    await api.accounts.sign_in_server(again.username, again.password, code=CODE)


async def test_the_end_of_ones_own_session(connect: Connect, api: AsyncClient, emulator: RunningEmulator) -> None:
    one = connect(emulator, token=emulator.world.sign_in(emulator.username, emulator.password, None, "10.0.0.9:1").token)
    assert (await one.raw.Logout(pb.UserLogoutRequest())).success
    with pytest.raises(Unauthenticated):
        await one.accounts.status()
    with pytest.raises(OperationFailed, match="no session"):
        await api.raw.Logout(pb.UserLogoutRequest())
    assert (await api.accounts.status()).name == emulator.username


async def test_permissions(connect: Connect, emulator: RunningEmulator) -> None:
    accounts = connect(emulator, token=token_with(emulator, "allow_get_account_info")).accounts
    for refused in (
        accounts.change_password("a", "b"),
        accounts.send_email_change("a@b", "c"),
        accounts.change_email("a@b", "c", "d"),
        accounts.send_email_confirmation(),
        accounts.confirm_email("a"),
        accounts.sign_out_server(),
    ):
        with pytest.raises(PermissionDenied, match="allow_modify_account"):
            await refused


async def test_an_old_server(connect: Connect, emulator_factory: Callable[..., RunningEmulator]) -> None:
    old = connect(emulator_factory(options=EmulatorOptions(version="1.0.8"))).accounts
    for missing in (old.send_two_factor_removal("me"), old.remove_two_factor("1", "2")):
        with pytest.raises(Unsupported):
            await missing
    assert (await old.status()).bound_devices == ()


async def test_what_came_from_elsewhere(client: AsyncClient, emulator: RunningEmulator) -> None:
    account = emulator.emulator.account
    account.bound_devices.append(pb.BoundDevice(deviceId="d", partnerName="NAS maker", createTime="2026-01-02T03:04:05Z"))
    account.subscription = pb.SubscriptionInfo(store="store", productId="year", autoRenew=True, expiresAt="soon")
    status = await client.accounts.status()
    assert (status.bound_devices[0].partner, status.bound_devices[0].created is not None) == ("NAS maker", True)
    assert status.subscription is not None
    assert (status.subscription.renews, status.subscription.expires) == (True, None)


def test_blocking(emulator: RunningEmulator) -> None:
    token = token_with(emulator, *ALL_PERMISSIONS)
    with Client(emulator.url, token=token) as client:
        accounts = client.accounts
        accounts.change_password(emulator.password, "new")
        accounts.send_email_change("me@example.org", "new")
        accounts.change_email("me@example.org", "new", mailed(emulator, "change", "me@example.org"))
        accounts.send_email_confirmation()
        accounts.confirm_email(mailed(emulator, "confirm"))
        accounts.send_password_reset("me@example.org")
        accounts.reset_password(mailed(emulator, "reset"), "newer")
        emulator.world.options.totp_code = CODE
        assert accounts.recovery_codes(CODE) == ()
        accounts.send_two_factor_removal("me@example.org")
        accounts.remove_two_factor(mailed(emulator, "factor"), "newer")
        accounts.sign_out_server()
        accounts.sign_in_server("me@example.org", "newer")
        assert accounts.status().name == "me@example.org"
