"""The one server stream of a client's uploads (protocol.md §8.6). Its reader only dispatches; the work is the sessions'."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from clouddrive2.api.remote_upload import RemoteUpload
from clouddrive2.config import UploadConfig
from clouddrive2.errors import ChannelLost, Error, OperationFailed, Throttled, Unreachable
from clouddrive2.models.uploads import ChannelEvent

__all__ = ["ChannelUser", "ServerChannel"]

logger = logging.getLogger(__name__)

ORPHAN_IDS, ORPHAN_SECONDS, ORPHAN_EVENTS = 64, 30.0, 1000
# The stream of another process with the same device id ends ours at once, again and again.
REPLACED_SECONDS, REPLACED_TIMES = 5.0, 5
IDLE_SECONDS = 5.0


class ChannelUser(Protocol):
    """One upload on the channel. Its methods return at once."""

    def dispatch(self, event: ChannelEvent) -> None:
        """The server asks or tells something."""

    def reconnected(self) -> None:
        """The channel was lost and stands again: something may have been missed."""

    def abandon(self, error: Error) -> None:
        """The channel cannot be kept."""


class ServerChannel:
    """Opened when an upload needs it, kept while any does, opened again when it breaks.

    Attributes:
        device_id: As given.
        has_spoken: Whether any message ever came by it.

    Args:
        remote: Opens the stream.
        device_id: Ours alone.
        config: Pauses and limits.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        remote: RemoteUpload,
        device_id: str,
        config: UploadConfig,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.device_id = device_id
        self.has_spoken = False
        self._beside: list[ServerChannel] = []
        self._remote = remote
        self._config = config
        self._clock = clock
        self._users: dict[str, ChannelUser] = {}
        self._orphans: OrderedDict[str, tuple[float, list[ChannelEvent]]] = OrderedDict()
        # Uploads that were asked something on this stream which nobody will answer.
        self._unanswered: set[str] = set()
        self._holders = 0
        self._reader: asyncio.Task[None] | None = None
        self._parking: asyncio.TimerHandle | None = None
        self._open = asyncio.Event()
        self._failure: Error | None = None

    @contextlib.asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Keep the channel open inside the block; it stands when the block begins (protocol.md §8.2).

        Raises:
            Unreachable, Refused: It cannot be opened.
        """
        self._holders += 1
        if self._parking is not None:
            self._parking.cancel()
            self._parking = None
        try:
            if self._reader is None or self._reader.done():
                self._open.clear()
                self._failure = None
                self._reader = asyncio.create_task(self._read())
            # A server that sends nothing until it has something to say is given the benefit of the doubt.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._config.channel_seconds):
                    await self._open.wait()
            if self._failure is not None:
                raise self._failure
            yield
        finally:
            self._holders -= 1
            if self._holders == 0 and self._reader is not None:
                self._parking = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._park)

    def stand_beside(self, other: ServerChannel) -> None:
        """Both are ours: which of them the server chooses for an upload is its own affair (protocol.md §20.2)."""
        self._beside.append(other)
        other._beside.append(self)

    def register(self, upload_id: str, user: ChannelUser) -> None:
        """From now on messages for this upload go to ``user``; those that came earlier do so at once."""
        self._users[upload_id] = user
        if upload_id in self._unanswered and self._reader is not None:
            # Only a new stream makes the server ask again (protocol.md §8.6).
            self._reader.cancel()
            self._open.clear()
            self._reader = asyncio.create_task(self._read(was_open=True))
        for channel in (self, *self._beside):
            _, events = channel._orphans.pop(upload_id, (0.0, []))
            for event in events:
                user.dispatch(event)

    def unregister(self, upload_id: str, *, over: bool) -> None:
        """Forget an upload; later messages for it are not ours to answer. ``over``: the server expects no more of us."""
        self._users.pop(upload_id, None)
        if not over:
            self._unanswered.add(upload_id)

    async def close(self) -> None:
        """End the stream."""
        if self._parking is not None:
            self._parking.cancel()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
            self._reader = None

    def _park(self) -> None:
        self._parking = None
        if self._holders == 0 and self._reader is not None:
            self._reader.cancel()
            self._reader = None

    async def _read(self, *, was_open: bool = False) -> None:
        """Read until told to stop; open again after a pause when the stream ends (protocol.md §8.11)."""
        pause = self._config.reconnect_first
        quick_ends = 0
        opened_at = lost_at = self._clock()

        def opened() -> None:
            nonlocal opened_at
            opened_at = self._clock()
            self._open.set()
            self._unanswered.clear()
            if was_open:
                logger.info("upload channel is back", extra={"action": "channel_reopened"})
                for user in list(self._users.values()):
                    user.reconnected()

        while True:
            error: Error | None = None
            try:
                async for event in self._remote.channel(self.device_id, opened):
                    if not self._open.is_set():
                        opened()
                    self._dispatch(event)
            except (Unreachable, Throttled, OperationFailed) as failure:
                error = failure
            except Error as failure:
                self._give_up(failure)
                return
            now = self._clock()
            if self._open.is_set():
                was_open, lost_at = True, now
                lasted = now - opened_at
                quick_ends = quick_ends + 1 if error is None and lasted < REPLACED_SECONDS else 0
                if lasted >= REPLACED_SECONDS:
                    pause = self._config.reconnect_first
            if quick_ends >= REPLACED_TIMES:
                self._give_up(
                    ChannelLost(
                        "the upload channel is ended again and again: another program uses the same device id; "
                        "give each its own CLOUDDRIVE2_STATE_DIR",
                        rpc="RemoteUploadChannel",
                    )
                )
                return
            if error is not None and now - lost_at > (self._config.offline_seconds if was_open else 0):
                self._give_up(error)
                return
            logger.info("upload channel ended, opening it again", extra={"action": "channel_lost", "error": str(error or "")})
            self._open.clear()
            await asyncio.sleep(pause)
            pause = min(self._config.reconnect_longest, pause * 2)

    def _give_up(self, error: Error) -> None:
        self._failure = error
        self._open.set()
        for user in list(self._users.values()):
            user.abandon(error)

    def _dispatch(self, event: ChannelEvent) -> None:
        self.has_spoken = True
        for channel in (self, *self._beside):
            user = channel._users.get(event.upload_id)
            if user is not None:
                user.dispatch(event)
                return
        now = self._clock()
        _, events = self._orphans.setdefault(event.upload_id, (now, []))
        if len(events) < ORPHAN_EVENTS:
            events.append(event)
        while self._orphans:
            oldest, (since, _) = next(iter(self._orphans.items()))
            if len(self._orphans) <= ORPHAN_IDS and now - since < ORPHAN_SECONDS:
                return
            del self._orphans[oldest]
            self._unanswered.add(oldest)
