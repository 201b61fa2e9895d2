"""The one loop that repeats: how often, how slowly, and what it leaves alone."""

from __future__ import annotations

import asyncio

import pytest

from clouddrive2.config import Retry
from clouddrive2.proto.methods import METHODS
from clouddrive2.transport.base import CallFailed, StatusCode
from clouddrive2.transport.retry import RetryLoop

QUESTION, CHANGE = METHODS["FindFileByPath"], METHODS["RenameFile"]


class Scripted:
    """A call that fails as told, then answers; and a clock nobody waits for."""

    def __init__(self, *codes: int) -> None:
        self.codes = list(codes)
        self.calls = 0
        self.pauses: list[float] = []

    async def call(self) -> str:
        self.calls += 1
        if self.codes:
            raise CallFailed(self.codes.pop(0), "on purpose")
        return "answer"

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def loop(self, retry: Retry | None = None, share: float = 1.0) -> RetryLoop:
        return RetryLoop(
            retry or Retry(attempts=8, first_delay=1, longest_delay=10), sleep=self.sleep, random_share=lambda: share
        )


async def test_pauses_double_up_to_the_longest() -> None:
    script = Scripted(*[StatusCode.UNAVAILABLE] * 7)
    assert await script.loop().run(script.call, QUESTION) == "answer"
    assert script.pauses == [1, 2, 4, 8, 10, 10, 10]


@pytest.mark.parametrize("share", [0.0, 0.25, 0.999])
async def test_jitter_takes_any_share_of_a_pause(share: float) -> None:
    script = Scripted(*[StatusCode.DEADLINE_EXCEEDED] * 3)
    await script.loop(share=share).run(script.call, QUESTION)
    assert script.pauses == [1 * share, 2 * share, 4 * share]


@pytest.mark.parametrize("code", [StatusCode.RESOURCE_EXHAUSTED, StatusCode.ABORTED])
async def test_a_server_that_asks_to_slow_down_gets_the_whole_pause(code: int) -> None:
    script = Scripted(code, code)
    await script.loop(share=0.0).run(script.call, QUESTION)
    assert script.pauses == [1, 2]


async def test_real_randomness_stays_within_bounds() -> None:
    script = Scripted(*[StatusCode.UNAVAILABLE] * 7)
    await RetryLoop(Retry(attempts=8, first_delay=1, longest_delay=10), sleep=script.sleep).run(script.call, QUESTION)
    assert all(0 <= pause <= bound for pause, bound in zip(script.pauses, [1, 2, 4, 8, 10, 10, 10], strict=True))
    assert len(set(script.pauses)) > 1


@pytest.mark.parametrize("attempts", [1, 2, 4])
async def test_so_many_attempts_and_the_last_failure(attempts: int) -> None:
    script = Scripted(*[StatusCode.UNAVAILABLE] * 9)
    with pytest.raises(CallFailed) as caught:
        await script.loop(Retry(attempts=attempts)).run(script.call, QUESTION)
    assert caught.value.code == StatusCode.UNAVAILABLE
    assert (script.calls, len(script.pauses)) == (attempts, attempts - 1)


async def test_a_change_is_sent_once() -> None:
    script = Scripted(StatusCode.UNAVAILABLE)
    with pytest.raises(CallFailed):
        await script.loop().run(script.call, CHANGE)
    assert (script.calls, script.pauses) == (1, [])


@pytest.mark.parametrize("code", sorted(set(range(1, 17)) - {4, 8, 10, 14}))
async def test_an_answer_is_not_asked_for_again(code: int) -> None:
    script = Scripted(code)
    with pytest.raises(CallFailed):
        await script.loop().run(script.call, QUESTION)
    assert script.calls == 1


async def test_other_failures_pass() -> None:
    calls = 0

    async def call() -> None:
        nonlocal calls
        calls += 1
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await Scripted().loop().run(call, QUESTION)
    assert calls == 1
