"""``client.tokens``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import ServerConfig
from clouddrive2.models.tokens import PRESETS
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator


async def test_a_new_token_does_what_it_may(client: AsyncClient, emulator: RunningEmulator) -> None:
    await client.files.mkdir("/Cloud/Inbox")
    token = await client.tokens.create("phone", allow=["reader"], root_folder="/Cloud/Inbox", expires_in=timedelta(days=90))
    assert (token.name, token.root_folder, token.permissions) == ("phone", "/Cloud/Inbox", PRESETS["reader"])
    assert token.expires_in is not None and 90 * 86400 - 60 < token.expires_in <= 90 * 86400
    assert (token.log_calls, token.log_file_data) == (True, True)
    async with AsyncClient(emulator.url, token=token.token) as phone:
        assert [entry.name async for entry in phone.files.list("/")] == []
        with pytest.raises(errors.PermissionDenied):
            await phone.files.mkdir("/new")
        with pytest.raises(errors.PermissionDenied, match="allow_token_management"):
            await phone.tokens.list()
    emulator.world.clock.advance(90 * 86400 + 1)
    async with AsyncClient(emulator.url, token=token.token) as phone:
        with pytest.raises(errors.Unauthenticated):
            await phone.files.stat("/")


async def test_list_and_find(client: AsyncClient) -> None:
    one = await client.tokens.create("one", allow=["list"])
    two = await client.tokens.create("two", allow=["list"])
    assert sorted(token.name for token in await client.tokens.list()) == ["one", "two"]
    for which in (one.id, "one", one.token):
        assert await client.tokens.find(which) == one
    await client.tokens.create("two", allow=["read"])
    with pytest.raises(errors.InvalidRequest, match=f"2 tokens are called 'two'.*{two.id}"):
        await client.tokens.revoke("two")
    await client.tokens.revoke(two.id)
    assert (await client.tokens.find("two")).permissions == {"allow_read"}


async def test_what_is_not_given_stays(client: AsyncClient) -> None:
    token = await client.tokens.create("a", allow=["list"], root_folder="/Cloud", expires_in=timedelta(hours=1), log_calls=False)
    changed = await client.tokens.modify(token, name="b")
    assert changed.expires_in is not None and 3500 < changed.expires_in <= 3600
    assert (changed.name, changed.root_folder, changed.permissions, changed.log_calls) == ("b", "/Cloud", {"allow_list"}, False)
    changed = await client.tokens.modify("b", allow=["read", "search"], expires_in="never", log_calls=True)
    assert (changed.permissions, changed.expires_in) == ({"allow_read", "allow_search"}, None)
    assert (changed.token, changed.log_calls, changed.log_file_data) == (token.token, True, True)
    changed = await client.tokens.modify(token, root_folder="/", expires_in=timedelta(minutes=1), log_file_data=False)
    assert (changed.root_folder, changed.permissions) == ("/", {"allow_read", "allow_search"})


async def test_permissions_of_a_newer_server_stay(client: AsyncClient, emulator: RunningEmulator) -> None:
    # Field 99, a varint of 1: no name here.
    newer = pb.TokenPermissions.FromString(pb.TokenPermissions(allow_list=True).SerializeToString() + b"\x98\x06\x01")
    emulator.world.add_token(pb.TokenInfo(token="n", friendly_name="newer", permissions=newer))
    await client.tokens.modify("newer", allow=["read"])
    sent = emulator.world.token_details["n"].permissions.SerializeToString()
    assert sent == pb.TokenPermissions(allow_read=True).SerializeToString() + b"\x98\x06\x01"


async def test_bad_input(client: AsyncClient, emulator: RunningEmulator) -> None:
    with pytest.raises(errors.ConfigError, match="'fly' is no permission"):
        await client.tokens.create("x", allow=["fly"])
    with pytest.raises(errors.ConfigError, match="at least; revoke it to end it now"):
        await client.tokens.create("x", allow=["list"], expires_in=timedelta(seconds=0.5))
    with pytest.raises(errors.ConfigError, match="nothing to change"):
        await client.tokens.modify("x")
    with pytest.raises(errors.ConfigError, match=r"must not contain '\.\.'"):
        await client.tokens.create("x", allow=["list"], root_folder="/a/../b")
    assert emulator.calls.count("CreateToken") == emulator.calls.count("ModifyToken") == 0
    with pytest.raises(errors.NotFound, match="there is no token 'x'"):
        await client.tokens.modify("x", name="y")
    secret = "0a1b2c3d-0000-4000-8000-0123456789ab"
    with pytest.raises(errors.NotFound) as caught:
        await client.tokens.revoke(secret)
    assert secret not in str(caught.value)


async def test_a_lost_answer_is_not_sent_again(client: AsyncClient, emulator: RunningEmulator) -> None:
    emulator.faults.refuse("CreateToken", code=14)
    with pytest.raises(errors.ConnectError):
        await client.tokens.create("x", allow=["list"])
    assert emulator.calls.count("CreateToken") == 1


async def test_an_old_server(client: AsyncClient, emulator: RunningEmulator) -> None:
    emulator.faults.unimplemented("ListTokens")
    with pytest.raises(errors.Unsupported, match="ListTokens: this server does not offer the call"):
        await client.tokens.list()


async def test_root_folders_in_the_view_of_whoever_asks(client: AsyncClient, emulator: RunningEmulator) -> None:
    keeper = await client.tokens.create("keeper", allow=["admin"])
    config = ServerConfig(emulator.url, token=keeper.token, path_view="prefix", root_folder="/Cloud")
    async with AsyncClient(config=config) as mine:
        made = await mine.tokens.create("below", allow=["list"], root_folder="/Inbox")
    assert made.root_folder == "/Inbox"
    assert (await client.tokens.find("below")).root_folder == "/Cloud/Inbox"


async def test_a_change_that_is_refused_changes_nothing(client: AsyncClient, emulator: RunningEmulator) -> None:
    token = await client.tokens.create("a", allow=["list"])
    with pytest.raises(errors.InvalidRequest):
        await client.raw.ModifyToken(pb.ModifyTokenRequest(token=token.token, friendly_name="b", rootDir="/../x"))
    assert (await client.tokens.find(token.id)).name == "a"


async def test_survive_a_restart(emulator_factory: Callable[..., RunningEmulator], tmp_path: Path) -> None:
    first = emulator_factory(root=tmp_path / "drive")
    async with AsyncClient(first.url, username="user", password="password") as client:
        token = await client.tokens.create("kept", allow=["token_management"])
        gone = await client.tokens.create("gone", allow=["list"])
        await client.tokens.revoke(gone)
    first.on_loop(first.emulator.stop)
    second = emulator_factory(root=tmp_path / "drive")
    async with AsyncClient(second.url, token=token.token) as client:
        assert await client.tokens.list() == [token]
