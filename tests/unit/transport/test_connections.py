"""HTTP/1.1 connections, each for one request at a time."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from clouddrive2.transport.connections import Connections


class Transport(httpx.AsyncHTTPTransport):
    """Tells whether it was closed."""

    is_closed = False

    async def aclose(self) -> None:
        self.is_closed = True
        await super().aclose()


def connections(*, most: int = 10, kept_seconds: float = 60.0) -> tuple[Connections, list[Transport]]:
    made: list[Transport] = []

    def make() -> Transport:
        made.append(Transport(trust_env=False))
        return made[-1]

    return Connections(make, most=most, kept_seconds=kept_seconds), made


async def test_the_one_used_last_is_taken_first() -> None:
    pool, made = connections()
    async with pool.one() as first, pool.one() as second:
        assert first is not second
    async with pool.one() as third:
        assert third is first  # given back after the second
    assert len(made) == 2


async def test_no_more_than_so_many_at_once() -> None:
    pool, made = connections(most=1)
    waiting = asyncio.Event()

    async def use() -> None:
        async with pool.one():
            waiting.set()

    async with pool.one():
        other = asyncio.create_task(use())
        await asyncio.sleep(0)
        assert not waiting.is_set()
    await other
    assert len(made) == 1


async def test_one_left_in_the_middle_is_not_used_again() -> None:
    pool, made = connections()
    with pytest.raises(asyncio.CancelledError):
        async with pool.one():
            raise asyncio.CancelledError
    assert made[0].is_closed
    async with pool.one() as other:
        assert other is made[1]


async def test_one_whose_request_failed_is_used_again() -> None:
    pool, made = connections()
    with pytest.raises(httpx.ReadError):
        async with pool.one():
            raise httpx.ReadError("reset")
    async with pool.one():
        pass
    assert len(made) == 1


async def test_those_not_used_for_long_are_closed() -> None:
    pool, made = connections(kept_seconds=0.0)
    async with pool.one(), pool.one():
        pass
    async with pool.one():
        assert [transport.is_closed for transport in made] == [True, True, False]


async def test_closing_ends_all() -> None:
    pool, made = connections()
    async with pool.one(), pool.one():
        pass
    async with pool.one():
        await pool.close()
    assert all(transport.is_closed for transport in made)
