"""When an upload may run, and when one that failed may run again: each class of failure has its own pace."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from enum import StrEnum
from typing import TypeVar

from clouddrive2.config import CloudPace, UploadConfig
from clouddrive2.errors import Error, PermissionDenied, ServerFailed, Throttled, Unauthenticated, UploadFailed, UploadRejected
from clouddrive2.models import paths

__all__ = ["FailureClass", "Pacer", "failure_class"]

logger = logging.getLogger(__name__)
T = TypeVar("T")


class FailureClass(StrEnum):
    """What helps against a failure."""

    SIGN_IN = "sign in again"
    SLOW_DOWN = "slow down"
    TRY_AGAIN = "try again"
    NEVER = "never will work"


def failure_class(error: BaseException) -> FailureClass:
    """The class of a failure.

    A server that is away is in none of them: an upload waits for it by itself, and what then fails has had its patience.
    """
    match error:
        case Unauthenticated():
            return FailureClass.SIGN_IN
        case Throttled():
            return FailureClass.SLOW_DOWN
        case UploadRejected():
            return FailureClass.NEVER
        case UploadFailed() | ServerFailed():
            return FailureClass.TRY_AGAIN
        case _:
            return FailureClass.NEVER


class Pacer:
    """Shared by all uploads of a client.

    A lost sign-in stops every upload until it is back; a cloud that asks to slow down stops those into its folder for a
    while. Each cloud folder may have limits of its own.

    Args:
        config: Limits, pauses, patience.
        sign_in: Makes a call that needs a token.
        was_signed_in: Whether the server has ever accepted one; a first refusal is final.
        clock: Seconds, monotonic.
        sleep: Waits.
    """

    def __init__(
        self,
        config: UploadConfig,
        sign_in: Callable[[], Awaitable[object]],
        was_signed_in: Callable[[], bool],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._config = config
        self._sign_in = sign_in
        self._was_signed_in = was_signed_in
        self._clock = clock
        self._sleep = sleep
        self._lanes: dict[str, _Lane] = {}
        self._waiting: asyncio.Task[None] | None = None

    async def run(self, path: str, attempt: Callable[[], Awaitable[T]]) -> T:
        """The result of ``attempt``, made again where that helps.

        Args:
            path: A path in the cloud folder concerned.
            attempt: One try; has to clean up after itself.

        Raises:
            clouddrive2.Error: The last failure, when nothing helps or patience is over.
        """
        cloud = paths.cloud_of(path)
        if cloud not in self._lanes:
            self._lanes[cloud] = _Lane(self._config.clouds.get(cloud, CloudPace()), self._clock, self._sleep)
        lane = self._lanes[cloud]
        throttled_since: float | None = None
        tries = 0
        while True:
            if self._waiting is not None:
                await asyncio.shield(self._waiting)
            async with lane.turn():
                try:
                    result = await attempt()
                except Error as error:
                    kind, failure = failure_class(error), error
                else:
                    lane.calm()
                    return result
            match kind:
                case FailureClass.SIGN_IN if self._was_signed_in():
                    await self._signed_in_again(failure)
                case FailureClass.SLOW_DOWN:
                    throttled_since = self._clock() if throttled_since is None else throttled_since
                    if self._clock() - throttled_since >= self._config.throttle_seconds:
                        raise failure
                    pause = lane.slow_down(self._config.throttle_first, self._config.throttle_longest)
                    logger.warning("%s asks to slow down; waiting %.0f s", cloud, pause, extra={"action": "throttled"})
                case FailureClass.TRY_AGAIN if (tries := tries + 1) < self._config.attempts:
                    logger.warning("%s; trying again", failure, extra={"action": "upload_repeated", "attempt": tries + 1})
                    await self._sleep(self._config.again_first * 2 ** (tries - 1))
                case _:
                    raise failure

    async def close(self) -> None:
        """Stop waiting for a sign-in."""
        if self._waiting is not None:
            self._waiting.cancel()
            await asyncio.gather(self._waiting, return_exceptions=True)

    async def _signed_in_again(self, failure: Error) -> None:
        """Wait, all uploads together, until the server accepts the sign-in.

        Raises:
            Unauthenticated: It did not in time.
        """
        if self._waiting is None:
            self._waiting = asyncio.create_task(self._probe(failure))
            self._waiting.add_done_callback(self._probed)
        await asyncio.shield(self._waiting)

    async def _probe(self, failure: Error) -> None:
        seconds = self._config.sign_in_seconds
        logger.warning(
            "signed out (%s); uploads wait up to %.0f s for the sign-in to be back",
            failure,
            seconds,
            extra={"action": "signed_out"},
        )
        give_up_at, pause = self._clock() + seconds, self._config.sign_in_first
        while True:
            try:
                await self._sign_in()
                break
            except PermissionDenied:
                # Known, and not allowed to do this: that is signed in.
                break
            except Error as error:
                if self._clock() >= give_up_at:
                    raise failure from error
            await self._sleep(pause)
            pause = min(self._config.sign_in_longest, pause * 2)
        logger.warning("signed in again; uploads go on", extra={"action": "signed_in_again"})

    def _probed(self, task: asyncio.Task[None]) -> None:
        self._waiting = None
        if not task.cancelled():
            task.exception()


class _Lane:
    """Uploads into one cloud folder."""

    def __init__(self, pace: CloudPace, clock: Callable[[], float], sleep: Callable[[float], Awaitable[object]]) -> None:
        self._slots = asyncio.Semaphore(pace.files_at_once) if pace.files_at_once else None
        self._between = pace.seconds_between
        self._clock = clock
        self._sleep = sleep
        self._next_start = 0.0
        self._pause = 0.0
        self._paused_until = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """A block in which one upload runs."""
        async with self._slots or nullcontext():
            while (pause := max(self._paused_until, self._next_start) - self._clock()) > 0:
                await self._sleep(pause)
            self._next_start = self._clock() + self._between
            yield

    def slow_down(self, first: float, longest: float) -> float:
        """Nobody starts for a while, each time twice as long; the pause."""
        if self._clock() >= self._paused_until:
            self._pause = min(longest, self._pause * 2 or first)
            self._paused_until = self._clock() + self._pause
        return self._paused_until - self._clock()

    def calm(self) -> None:
        """An upload went well: the next pause is short again."""
        self._pause = 0.0
