"""What the server says of itself and of tokens."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.emulator.options import EmulatorOptions
from clouddrive2.emulator.permissions import ALL_PERMISSIONS
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator


async def test_info_works_without_a_token(emulator: RunningEmulator) -> None:
    async with AsyncClient(emulator.url) as client:
        info = await client.system.info()
    assert info.healthy and info.signed_in and info.ready
    assert (info.username, info.username_is_full, info.has_error) == ("user", False, False)
    assert emulator.calls.count("GetToken") == 0


async def test_the_full_name_is_for_those_who_may_see_it(emulator_factory: Callable[..., RunningEmulator]) -> None:
    emulator = emulator_factory(username="somebody@example.com", password="p")
    async with AsyncClient(emulator.url) as client:
        masked = await client.system.info()
    assert (masked.username, masked.username_is_full) == ("some***.com", False)
    async with AsyncClient(emulator.url, username="somebody@example.com", password="p") as client:
        full = await client.system.info()
    assert (full.username, full.username_is_full) == ("somebody@example.com", True)


async def test_runtime(client: AsyncClient) -> None:
    runtime = await client.system.runtime()
    assert (runtime.product, runtime.version, runtime.api_version) == ("CloudDrive2 emulator", "1.1.2", "1.1.2")
    assert runtime.platform


class TestCapabilities:
    async def test_are_read_once(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        first, second = await client.system.capabilities(), await client.system.capabilities()
        assert first is second
        assert first.system.healthy
        assert first.runtime is not None and first.runtime.version == "1.1.2"
        assert (emulator.calls.count("GetSystemInfo"), emulator.calls.count("GetRuntimeInfo")) == (1, 1)

    async def test_do_without_what_a_token_may_not_see(self, emulator: RunningEmulator) -> None:
        emulator.world.add_token(pb.TokenInfo(token="lister", permissions=pb.TokenPermissions(allow_list=True)))
        async with AsyncClient(emulator.url, token="lister") as client:
            capabilities = await client.system.capabilities()
            assert capabilities.runtime is None and capabilities.system.healthy
            with pytest.raises(errors.PermissionDenied, match=r"GetRuntimeInfo: not allowed.*allow_view_runtime_info"):
                await client.system.runtime()

    async def test_a_failure_is_not_kept(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        emulator.faults.refuse("GetSystemInfo", code=13)
        with pytest.raises(errors.OperationFailed):
            await client.system.capabilities()
        assert (await client.system.capabilities()).runtime is not None


class TestTokenInfo:
    async def test_the_one_in_use(self, client: AsyncClient) -> None:
        mine = await client.system.token_info()
        assert (mine.root_folder, mine.permissions) == ("/", ALL_PERMISSIONS)
        assert mine.expires_in is not None and 86000 < mine.expires_in <= 86400

    async def test_another_one(self, emulator: RunningEmulator) -> None:
        permissions = pb.TokenPermissions(allow_list=True, allow_read=True)
        info = pb.TokenInfo(token="other", rootDir="/Cloud", permissions=permissions, friendly_name="reader")
        emulator.world.add_token(info)
        async with AsyncClient(emulator.url) as client:
            other = await client.system.token_info("other")
        assert (other.root_folder, other.permissions) == ("/Cloud", frozenset({"allow_list", "allow_read"}))
        assert (other.name, other.expires_in) == ("reader", None)
        assert "other" not in repr(other)

    async def test_none_and_an_unknown_one(self, emulator: RunningEmulator) -> None:
        async with AsyncClient(emulator.url) as client:
            with pytest.raises(errors.Unauthenticated, match="there is no token to ask about"):
                await client.system.token_info()
            with pytest.raises(errors.Unauthenticated) as caught:
                await client.system.token_info("a-secret-token")
        assert "a-secret-token" not in str(caught.value)

    async def test_an_old_server_cannot_tell(self, emulator_factory: Callable[..., RunningEmulator]) -> None:
        emulator = emulator_factory(options=EmulatorOptions())
        emulator.faults.unimplemented("GetApiTokenInfo")
        async with AsyncClient(emulator.url, token="any") as client:
            with pytest.raises(errors.Unsupported, match="GetApiTokenInfo: this server does not offer the call"):
                await client.system.token_info()
