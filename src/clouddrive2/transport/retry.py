"""The only loop that repeats a call."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from clouddrive2.config import Retry
from clouddrive2.transport.base import CallFailed, StatusCode

__all__ = ["RetryLoop"]

logger = logging.getLogger(__name__)
T = TypeVar("T")

# No answer, or an answer that asks to come back later (protocol.md §1.5, §1.6).
TRANSIENT = {StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED}
SLOWER = {StatusCode.RESOURCE_EXHAUSTED, StatusCode.ABORTED}


class Repeatable(Protocol):
    """An RPC, or any other kind of call, and whether a second one does no harm."""

    @property
    def name(self) -> str: ...

    @property
    def repeatable(self) -> bool: ...


class RetryLoop:
    """Exponential back-off with full jitter, for calls whose row says they may be repeated.

    Args:
        retry: How often and how slowly.
        sleep, random_share: Taken from outside so that tests need not wait.
    """

    def __init__(
        self,
        retry: Retry,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        random_share: Callable[[], float] = random.random,
    ) -> None:
        self._retry = retry
        self._sleep = sleep
        self._random_share = random_share

    async def run(self, attempt: Callable[[], Awaitable[T]], method: Repeatable) -> T:
        """The first good result of ``attempt``; the last failure when there is none."""
        tries = self._retry.attempts if method.repeatable else 1
        for number in range(1, tries + 1):
            try:
                return await attempt()
            except CallFailed as failure:
                if number == tries or failure.code not in TRANSIENT | SLOWER:
                    raise
                await self._sleep(self._pause(number, failure))
                logger.info(
                    "repeating %s after status %s",
                    method.name,
                    failure.code,
                    extra={"action": "call_repeated", "rpc": method.name, "attempt": number + 1},
                )
        raise AssertionError("a loop of at least one try returns or raises")

    def _pause(self, number: int, failure: CallFailed) -> float:
        ceiling: float = min(self._retry.longest_delay, self._retry.first_delay * 2 ** (number - 1))
        if failure.code in SLOWER:
            return ceiling
        share: float = self._random_share()
        return ceiling * share
