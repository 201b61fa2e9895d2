"""``client.accounts``: the account and its second factor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from clouddrive2 import Client, InvalidRequest, PermissionDenied, Unauthenticated
from clouddrive2.client.aio import AsyncClient
from clouddrive2.emulator.totp import totp
from clouddrive2.testing import RunningEmulator

Connect = Callable[..., AsyncClient]


async def test_a_second_factor(connect: Connect, emulator_factory: Callable[..., RunningEmulator], tmp_path: Path) -> None:
    emulator = emulator_factory(root=tmp_path / "root")
    client = connect(emulator)
    assert (await client.accounts.status()).name == emulator.username
    assert not await client.accounts.has_two_factor()
    with pytest.raises(InvalidRequest, match="set up"):
        await client.accounts.enable_two_factor("123456")
    with pytest.raises(PermissionDenied, match="wrong password"):
        await client.accounts.set_up_two_factor("wrong")
    begun = await client.accounts.set_up_two_factor(emulator.password)
    assert begun.secret in begun.uri
    assert begun.picture.startswith(b"\x89PNG")
    assert begun.secret not in repr(begun)
    with pytest.raises(InvalidRequest, match="wrong"):
        await client.accounts.enable_two_factor("x")
    codes = await client.accounts.enable_two_factor(totp(begun.secret, emulator.world.clock()))
    assert len(set(codes)) == 10
    assert await client.accounts.has_two_factor()
    emulator.on_loop(emulator.emulator.stop)
    again = emulator_factory(root=tmp_path / "root")
    with pytest.raises(Unauthenticated, match="two-factor"):
        await connect(again).system.check_sign_in()
    user = {"username": again.username, "password": again.password}
    async with AsyncClient(again.url, **user, totp_code=codes[0]) as other:
        fresh = await other.accounts.new_recovery_codes(totp(begun.secret, again.world.clock()))
        with pytest.raises(InvalidRequest, match="wrong"):
            await other.accounts.disable_two_factor(codes[1])
        code = totp(begun.secret, again.world.clock())
        assert set(await other.accounts.recovery_codes(code)) == set(fresh)
        assert set(await other.accounts.recovery_codes(fresh[1])) == {*fresh} - {fresh[1]}
        await other.accounts.disable_two_factor(fresh[0])
        assert not await other.accounts.has_two_factor()
    assert (await connect(again).accounts.status()).plan == "unlimited"


def test_blocking(emulator: RunningEmulator) -> None:
    with Client(emulator.url, username=emulator.username, password=emulator.password) as client:
        begun = client.accounts.set_up_two_factor(emulator.password)
        client.accounts.enable_two_factor(totp(begun.secret, emulator.world.clock()))
        code = client.accounts.new_recovery_codes(totp(begun.secret, emulator.world.clock()))[0]
        client.accounts.disable_two_factor(code)
        assert (client.accounts.has_two_factor(), client.accounts.status().balance) == (False, 0.0)
