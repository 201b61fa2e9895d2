"""Whether "nothing there" may be believed: a server that has just come up shows nothing of what it has (protocol.md §2.4)."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from enum import Enum

from google.protobuf.empty_pb2 import Empty

from clouddrive2.errors import PermissionDenied, Timeout, Unsupported
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller
from clouddrive2.transport.status import without_secrets

__all__ = ["Look", "Readiness"]

logger = logging.getLogger(__name__)
# No server is started anew in less; and a connection that is lost is not always seen: gRPC moves a call to the next by itself.
READY_SECONDS = 1.0


class Standing(Enum):
    """How it is known that the server is ready."""

    KNOWN = "known before the answer came"
    READY = "asked, and it was"
    WAITED_FOR = "asked until it was"


class Readiness:
    """What is known of the server's start. It is asked at an empty answer, unless it said a moment ago, on the same connection,
    that it is ready.

    Args:
        caller: Asks the server; its timeouts say how long a start is waited for.
        sleep, clock: Taken from outside so that tests need not wait.
    """

    def __init__(
        self,
        caller: Caller,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._caller = caller
        self._sleep = sleep
        self._clock = clock
        self._ready_on: int | None = None
        self._ready_at = 0.0
        self._asking = asyncio.Lock()

    def look(self, rpc: str, path: str) -> Look:
        """A question that may be answered by "nothing there"; the arguments are for messages."""
        return Look(self, rpc, path)

    async def confirm(self, rpc: str, path: str, give_up_at: float) -> Standing:
        """Return when the server is ready; how that came to be known.

        Raises:
            Timeout: It was not until ``give_up_at``.
        """
        if self._is_ready:
            return Standing.KNOWN
        async with self._asking:
            if self._is_ready:
                # Whoever had the lock before has waited for all of us.
                return Standing.WAITED_FOR
            return await self._wait(rpc, path, give_up_at)

    def patience_ends(self) -> float:
        """When a question that begins to wait now gives up."""
        return self._clock() + self._caller.server.timeouts.start

    def is_over(self, give_up_at: float) -> bool:
        """Whether that time has come."""
        return self._clock() >= give_up_at

    @property
    def connections(self) -> int:
        """Grows when the server may be another run of itself."""
        return self._caller.connections

    @property
    def _is_ready(self) -> bool:
        return self._ready_on == self._caller.connections and self._clock() - self._ready_at < READY_SECONDS

    async def _wait(self, rpc: str, path: str, give_up_at: float) -> Standing:
        retry = self._caller.server.retry
        pause = retry.first_delay
        was_told = False
        while True:
            try:
                info = await self._caller.unary("GetSystemInfo", Empty(), pb.CloudDriveSystemInfo)
            except (Unsupported, PermissionDenied):
                # It will never tell, so its answers are all there is.
                break
            if info.SystemReady:
                break
            if self.is_over(give_up_at):
                said = f" ({without_secrets(info.SystemMessage)})" if info.SystemMessage else ""
                seconds = self._caller.server.timeouts.start
                raise Timeout(
                    f"{rpc}: {path}: nothing is there, but the server has not finished its start within {seconds:g} s{said}; "
                    "try again when it is ready",
                    path=path,
                    rpc=rpc,
                )
            if not was_told:
                was_told = True
                logger.info("the server is still starting; waiting for it", extra={"action": "server_starting"})
            await self._sleep(min(pause, max(0.0, give_up_at - self._clock())))
            pause = min(retry.longest_delay, pause * 2)
        self._ready_on, self._ready_at = self._caller.connections, self._clock()
        return Standing.WAITED_FOR if was_told else Standing.READY


class Look:
    """One question to the server, to be asked until its answer can be believed."""

    def __init__(self, readiness: Readiness, rpc: str, path: str) -> None:
        self._readiness = readiness
        self._rpc = rpc
        self._path = path
        self._give_up_at: float | None = None
        # The connection on which the server has said for this question that it is ready.
        self._ready_on: int | None = None

    async def can_be_believed(self) -> bool:
        """Whether the "nothing there" that just came is true; when not, the server is ready now: ask again.

        Raises:
            Timeout: The server is still starting, and patience (``Timeouts.start``, from the first doubt on) is over.
            clouddrive2.Error: The server cannot be asked.
        """
        if self._ready_on == self._readiness.connections:
            return True
        is_first = self._give_up_at is None
        if self._give_up_at is None:
            self._give_up_at = self._readiness.patience_ends()
        standing = await self._readiness.confirm(self._rpc, self._path, self._give_up_at)
        if standing is Standing.KNOWN:
            return True
        self._ready_on = self._readiness.connections
        # New connections of others could raise the question for ever: an answer that was asked for again will do in the end.
        return not is_first and standing is Standing.READY and self._readiness.is_over(self._give_up_at)
