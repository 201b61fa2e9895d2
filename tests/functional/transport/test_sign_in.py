"""Tokens: fetched, renewed once for everybody, or given."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.emulator.options import EmulatorOptions
from clouddrive2.emulator.totp import totp
from clouddrive2.testing import RunningEmulator

Connect = Callable[..., AsyncClient]
Make = Callable[..., RunningEmulator]
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
MANY = 50


class TestPassword:
    async def test_signs_in_once(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        for _ in range(3):
            await client.files.stat("/Cloud")
        await asyncio.gather(*(client.files.stat("/Cloud") for _ in range(MANY)))
        assert emulator.calls.count("GetToken") == 1

    @pytest.mark.parametrize("by_status", [False, True])
    async def test_a_wrong_one(self, emulator_factory: Make, connect: Connect, by_status: bool) -> None:
        emulator = emulator_factory(options=EmulatorOptions(wrong_password_is_status=by_status))
        client = connect(emulator, password="a wrong secret")
        with pytest.raises(errors.Unauthenticated, match=r"GetToken: .*wrong user name or password") as caught:
            await client.files.stat("/Cloud")
        assert "a wrong secret" not in str(caught.value)
        assert isinstance(caught.value, PermissionError)
        assert caught.value.rpc == "GetToken"

    async def test_a_wrong_one_is_not_tried_again_at_once(self, emulator: RunningEmulator, connect: Connect) -> None:
        # The server locks an account out after some failures.
        client = connect(emulator, password="wrong")
        results = await asyncio.gather(*(client.files.stat("/Cloud") for _ in range(MANY)), return_exceptions=True)
        assert {type(result) for result in results} == {errors.Unauthenticated}
        with pytest.raises(errors.Unauthenticated):
            await client.files.stat("/Cloud")
        assert emulator.calls.count("GetToken") == 1
        assert emulator.calls.count("FindFileByPath") == 0

    async def test_nothing_given(self, emulator: RunningEmulator, connect: Connect) -> None:
        client = connect(emulator, username=None, password=None)
        with pytest.raises(errors.Unauthenticated, match=r"not signed in .*check the token or the password"):
            await client.files.stat("/Cloud")
        assert (await client.system.info()).healthy

    async def test_a_passing_failure_of_signing_in(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        emulator.faults.refuse("GetToken", times=2)
        assert (await client.files.stat("/Cloud")).is_folder
        assert emulator.calls.count("GetToken") == 3


class TestSecondFactor:
    @pytest.fixture
    def emulator(self, emulator_factory: Make) -> RunningEmulator:
        return emulator_factory(options=EmulatorOptions(totp_secret=SECRET))

    async def test_a_code(self, emulator: RunningEmulator, connect: Connect) -> None:
        client = connect(emulator, totp_code=totp(SECRET, emulator.world.clock()))
        assert (await client.files.stat("/Cloud")).is_folder

    async def test_a_function_gives_a_fresh_code_each_time(self, emulator: RunningEmulator, connect: Connect) -> None:
        codes: list[str] = []

        def fresh() -> str:
            codes.append(totp(SECRET, emulator.world.clock()))
            return codes[-1]

        client = connect(emulator, totp_code=fresh)
        await client.files.stat("/Cloud")
        emulator.world.clock.advance(3600)
        emulator.faults.expire_tokens()
        await client.files.stat("/Cloud")
        assert [call.totpCode for call in emulator.calls.of("GetToken")] == codes
        assert len(codes) == 2

    @pytest.mark.parametrize("code", [None, "000000"])
    async def test_without_or_with_a_wrong_one(self, emulator: RunningEmulator, connect: Connect, code: str | None) -> None:
        with pytest.raises(errors.Unauthenticated, match="wrong two-factor code"):
            await connect(emulator, totp_code=code).files.stat("/Cloud")
        assert emulator.calls.of("GetToken")[0].HasField("totpCode") is (code is not None)


class TestRenewal:
    async def test_once_for_any_number_of_waiting_calls(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        await client.files.stat("/Cloud")
        emulator.faults.expire_tokens()
        emulator.faults.delay("GetToken", 0.1)
        entries = await asyncio.gather(*(client.files.stat("/Cloud") for _ in range(MANY)))
        assert len(entries) == MANY
        assert emulator.calls.count("GetToken") == 2

    async def test_for_streams_and_for_calls_that_are_not_repeated(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        await client.files.mkdir("/Cloud/a")
        emulator.faults.expire_tokens()
        assert [entry.name async for entry in client.files.list("/Cloud")] == ["a"]
        emulator.faults.expire_tokens()
        await client.files.mkdir("/Cloud/b")
        assert emulator.calls.count("GetToken") == 3

    async def test_tokens_that_are_dead_on_arrival(self, emulator_factory: Make, connect: Connect) -> None:
        emulator = emulator_factory(options=EmulatorOptions(token_seconds=0))
        client = connect(emulator)
        # One renewal for the call, then the truth.
        with pytest.raises(errors.Unauthenticated):
            await client.files.stat("/Cloud")
        assert emulator.calls.count("GetToken") == 2

    async def test_after_the_password_was_changed(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        await client.files.stat("/Cloud")
        emulator.world.set_password("another")
        results = await asyncio.gather(*(client.files.stat("/Cloud") for _ in range(MANY)), return_exceptions=True)
        assert {type(result) for result in results} == {errors.Unauthenticated}
        assert emulator.calls.count("GetToken") == 2

    async def test_a_caller_who_leaves_takes_nothing_from_the_others(
        self, client: AsyncClient, emulator: RunningEmulator
    ) -> None:
        emulator.faults.delay("GetToken", 0.2)
        first, second = (asyncio.create_task(client.files.stat("/Cloud")) for _ in range(2))
        while not emulator.faults.fired["delay"]:
            await asyncio.to_thread(lambda: None)
        first.cancel()
        assert (await second).is_folder
        assert first.cancelled()
        assert emulator.calls.count("GetToken") == 1


class TestApiToken:
    async def test_needs_no_signing_in(self, emulator_factory: Make, connect: Connect) -> None:
        emulator = emulator_factory(api_token="an-api-token")
        # A token wins over a password beside it.
        client = connect(emulator, token="an-api-token", password="wrong")
        assert (await client.files.stat("/Cloud")).is_folder
        assert emulator.calls.count("GetToken") == 0

    async def test_a_rejected_one(self, emulator: RunningEmulator, connect: Connect) -> None:
        client = connect(emulator, token="a-dead-token")
        with pytest.raises(errors.Unauthenticated, match="FindFileByPath: /Cloud: not signed in") as caught:
            await client.files.stat("/Cloud")
        assert "a-dead-token" not in str(caught.value)
        assert emulator.calls.count("GetToken") == 0

    async def test_one_that_dies(self, emulator_factory: Make, connect: Connect) -> None:
        emulator = emulator_factory(api_token="an-api-token")
        client = connect(emulator, token="an-api-token", username=None, password=None)
        await client.files.stat("/Cloud")
        emulator.faults.expire_tokens()
        with pytest.raises(errors.Unauthenticated):
            await client.files.stat("/Cloud")
        assert emulator.calls.count("GetToken") == 0
