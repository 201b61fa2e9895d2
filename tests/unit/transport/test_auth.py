"""The token source by itself: when it signs in, and when it does not."""

from __future__ import annotations

import asyncio

import pytest

from clouddrive2.config import ServerConfig
from clouddrive2.errors import ConnectError, Unauthenticated
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.auth import LIFE_WHEN_UNSTATED, REFUSAL_KEPT, RENEW_BEFORE, TokenSource

USER = ServerConfig(username="me", password="secret")
DAY = 24 * 3600


class Server:
    """Hands out numbered tokens at a time of its own."""

    def __init__(self, *, life: float | None = DAY) -> None:
        self.now = 1_000_000.0
        self.life = life
        self.requests: list[pb.GetTokenRequest] = []
        self.failure: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def fetch(self, request: pb.GetTokenRequest) -> pb.JWTToken:
        self.requests.append(request)
        await self.open.wait()
        if self.failure is not None:
            raise self.failure
        reply = pb.JWTToken(success=True, token=f"token {len(self.requests)}")
        if self.life is not None:
            reply.expiration.FromMilliseconds(int((self.now + self.life) * 1000))
        return reply

    def source(self, config: ServerConfig = USER) -> TokenSource:
        return TokenSource(config, self.fetch, clock=lambda: self.now)


async def test_a_given_token_is_never_replaced() -> None:
    server = Server()
    source = server.source(ServerConfig(token="given", username="me", password="secret"))
    assert not source.can_renew
    source.reject("given")
    assert await source.token() == "given"
    assert server.requests == []


@pytest.mark.parametrize("config", [ServerConfig(), ServerConfig(username="me"), ServerConfig(password="secret")])
async def test_without_credentials_there_is_none(config: ServerConfig) -> None:
    server = Server()
    assert await server.source(config).token() is None
    assert server.requests == []


async def test_kept_until_a_minute_before_its_end() -> None:
    server = Server()
    source = server.source()
    assert await source.token() == "token 1"
    server.now += DAY - RENEW_BEFORE - 1
    assert await source.token() == "token 1"
    server.now += 1
    assert await source.token() == "token 2"


async def test_half_an_hour_when_no_end_is_stated() -> None:
    server = Server(life=None)
    source = server.source()
    await source.token()
    server.now += LIFE_WHEN_UNSTATED - RENEW_BEFORE - 1
    assert await source.token() == "token 1"
    server.now += 1
    assert await source.token() == "token 2"


async def test_a_short_life_is_used_for_half_its_length() -> None:
    server = Server(life=20)
    source = server.source()
    await source.token()
    server.now += 9
    assert await source.token() == "token 1"
    server.now += 1
    assert await source.token() == "token 2"


async def test_any_number_of_callers_wait_for_one_sign_in() -> None:
    server = Server()
    server.open.clear()
    source = server.source()
    waiting = [asyncio.create_task(source.token()) for _ in range(50)]
    await asyncio.sleep(0)
    server.open.set()
    assert set(await asyncio.gather(*waiting)) == {"token 1"}
    assert len(server.requests) == 1


async def test_only_the_token_in_use_can_be_rejected() -> None:
    server = Server()
    source = server.source()
    first = await source.token()
    source.reject(first)
    assert await source.token() == "token 2"
    # A late answer to a call that was sent with the first one.
    source.reject(first)
    assert await source.token() == "token 2"
    source.reject(None)
    assert len(server.requests) == 2


async def test_a_refusal_is_remembered_for_some_seconds() -> None:
    server = Server()
    server.failure = Unauthenticated("GetToken: wrong password", rpc="GetToken")
    source = server.source()
    for _ in range(3):
        with pytest.raises(Unauthenticated, match="GetToken: wrong password") as caught:
            await source.token()
        assert caught.value.rpc == "GetToken"
    assert len(server.requests) == 1
    server.now += REFUSAL_KEPT
    server.failure = None
    assert await source.token() == "token 2"


async def test_a_server_that_was_away_is_asked_again() -> None:
    server = Server()
    server.failure = ConnectError("away")
    source = server.source()
    with pytest.raises(ConnectError):
        await source.token()
    server.failure = None
    assert await source.token() == "token 2"


async def test_success_without_a_token_is_none() -> None:
    async def fetch(request: pb.GetTokenRequest) -> pb.JWTToken:
        return pb.JWTToken(success=True)

    with pytest.raises(Unauthenticated, match="sent no token"):
        await TokenSource(USER, fetch).token()


async def test_what_is_sent() -> None:
    server = Server()
    await server.source().token()
    [plain] = server.requests
    assert (plain.userName, plain.password, plain.HasField("totpCode")) == ("me", "secret", False)
    codes = iter(["111111", "222222"])
    source = server.source(ServerConfig(username="me", password="secret", totp_code=lambda: next(codes)))
    source.reject(await source.token())
    await source.token()
    assert [request.totpCode for request in server.requests[1:]] == ["111111", "222222"]


async def test_a_cancelled_caller_leaves_the_sign_in_to_the_others() -> None:
    server = Server()
    server.open.clear()
    source = server.source()
    first, second = asyncio.create_task(source.token()), asyncio.create_task(source.token())
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    server.open.set()
    assert await second == "token 1"
    assert len(server.requests) == 1
