"""What the server tells by itself, as one stream that does not break (protocol.md §13)."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from google.protobuf.empty_pb2 import Empty

from clouddrive2.api.polling import Poll
from clouddrive2.api.transfers import AsyncTransfers
from clouddrive2.api.views import PathView
from clouddrive2.errors import ConnectError, Refused, ServerFailed, Throttled, Unauthenticated, Unreachable, Unsupported
from clouddrive2.models.events import (
    BackupIssue,
    CloudChanged,
    Event,
    FileChanged,
    LogLine,
    MergeChanged,
    MountChanged,
    Reconnected,
    ServerExiting,
    TaskCountsChanged,
    TransferChanged,
    UpdateChanged,
)
from clouddrive2.models.tasks import TaskCounts
from clouddrive2.models.transfers import Transfer
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["AsyncEvents"]

logger = logging.getLogger(__name__)

# Messages taken from the server before the first of them was asked for.
AHEAD = 1000
# After so many seconds without a message the counts are asked for: a slow poll as a safety net (protocol.md §13.1).
QUIET_SECONDS = 60.0
# Here the server, or what is between, is not ready; anything else is an answer.
PASSING = (Unreachable, ServerFailed, Throttled)


class AsyncEvents:
    """``client.events``.

    Args:
        caller: Makes the calls.
        transfers: Knows the counts and the upload list.
    """

    def __init__(self, caller: Caller, transfers: AsyncTransfers) -> None:
        self._caller = caller
        self._transfers = transfers
        self._view = PathView(caller.server)
        self._unknown: set[int] = set()

    async def watch(self, *, poll_seconds: float = 5.0) -> AsyncGenerator[Event, None]:
        """Everything the server tells, from now on and without an end.

        The first event is :class:`Reconnected`. When the connection breaks it is made again, with growing pauses, signed in
        anew where that is needed, for as long as it takes; then comes another :class:`Reconnected`, because nothing of what
        happened meanwhile is told later. So whoever follows something reads it at each of them. Kinds of messages that are
        newer than this package are left out.

        A server without push messages, or older than them, is asked for counts, uploads and mount points instead.

        Leaving the loop ends the call; any number of watchers may run at once.

        Args:
            poll_seconds: Pause between two questions to a server that has no push messages.

        Raises:
            Unreachable: The server could not be reached at the very beginning.
            PermissionDenied: The token lacks ``allow_push_message``.
            Unauthenticated: The credentials are no longer accepted.
        """
        first, failures = True, 0
        while True:
            stood, heard, polling = False, False, False
            counts: TaskCounts | None = None
            try:
                async with aclosing(self._session(poll_seconds)) as events:
                    async for event in events:
                        if isinstance(event, TaskCountsChanged):
                            if event.counts == counts:
                                # The snapshot at the start, and every heart-beat, says the same again.
                                continue
                            counts = event.counts
                        elif isinstance(event, Reconnected):
                            event, polling = replace(event, first=first), event.polling
                            if not first:
                                logger.info("the server tells again what happens", extra={"action": "events_again"})
                            first, stood = False, True
                        heard = heard or not isinstance(event, Reconnected)
                        yield event
                        failures = 0
            except Unauthenticated:
                # A token that was good has run out: with the next call we sign in anew. One that never was will not become good.
                if not heard:
                    raise
            except PASSING as error:
                if first:
                    raise
                if stood:
                    logger.info("the server tells nothing any more: %s", error, extra={"action": "events_lost"})
            failures += 1
            await asyncio.sleep(poll_seconds if polling else self._pause(failures))

    async def _session(self, poll_seconds: float) -> AsyncGenerator[Event, None]:
        """One connection, until it ends or breaks."""
        try:
            async with aclosing(self._pushed()) as events:
                async for event in events:
                    yield event
        except Unsupported:
            async with aclosing(self._polled(poll_seconds)) as events:
                async for event in events:
                    yield event

    async def _polled(self, poll_seconds: float) -> AsyncGenerator[Event, None]:
        poll = Poll(self._caller, self._transfers)
        news = await poll.news()
        yield Reconnected(first=False, polling=True)
        while True:
            for event in news:
                yield event
            await asyncio.sleep(poll_seconds)
            news = await poll.news()

    async def _pushed(self) -> AsyncGenerator[Event, None]:
        queue: asyncio.Queue[pb.CloudDrivePushMessage | Exception | None] = asyncio.Queue(AHEAD)
        reader = asyncio.create_task(self._read(queue))
        try:
            while True:
                try:
                    async with asyncio.timeout(QUIET_SECONDS):
                        item = await queue.get()
                except TimeoutError:
                    if (event := await self._looked()) is not None:
                        yield event
                    continue
                if item is None:
                    yield Reconnected(first=False)
                elif isinstance(item, Exception):
                    raise item
                else:
                    for event in self._events(item):
                        yield event
        finally:
            reader.cancel()
            await asyncio.wait({reader})

    async def _read(self, queue: asyncio.Queue[pb.CloudDrivePushMessage | Exception | None]) -> None:
        """Put ``None`` into the queue when the stream stands, then its messages, then what ended it."""
        ended: Exception = ConnectError("PushMessage: the server ended the stream", rpc="PushMessage")
        stood = False

        def opened() -> None:
            nonlocal stood
            stood = True
            queue.put_nowait(None)

        try:
            stream = self._caller.stream("PushMessage", Empty(), pb.CloudDrivePushMessage, on_open=opened)
            async with aclosing(stream) as messages:
                async for message in messages:
                    if not stood:
                        opened()
                    await queue.put(message)
        except Exception as error:  # noqa: BLE001  # whatever it is, it belongs to who waits for the queue
            ended = error
        await queue.put(ended)

    async def _looked(self) -> Event | None:
        """The counts, asked for in the silence; a server that does not answer has gone without a word."""
        try:
            return TaskCountsChanged(await self._transfers.counts())
        except Refused:
            return None

    def _events(self, message: pb.CloudDrivePushMessage) -> list[Event]:
        """What one message tells; nothing for a kind that nobody knows."""
        match message.WhichOneof("data"):
            case "transferTaskStatus":
                told = message.transferTaskStatus
                rows = [Transfer.from_proto(row) for row in told.uploadFileStatusChanges]
                shown: list[Event] = [TransferChanged(replace(row, path=self._shown(row.path))) for row in rows]
                return [*shown, TaskCountsChanged.from_proto(told)]
            case "fileSystemChange":
                return [self._file(FileChanged.from_proto(message.fileSystemChange))]
            case "mergeTaskUpdate":
                return [self._merge(MergeChanged.from_proto(message.mergeTaskUpdate))]
            case "cloudApiChange":
                change = CloudChanged.from_proto(message.cloudApiChange)
                new_path = self._shown(change.new_path) if change.new_path is not None else None
                return [replace(change, path=self._shown(change.path), new_path=new_path)]
            case "backupSyncIssue":
                return [BackupIssue.from_proto(message.backupSyncIssue)]
            case "mountPointChange":
                return [MountChanged.from_proto(message.mountPointChange)]
            case "updateStatus":
                return [UpdateChanged.from_proto(message.updateStatus)]
            case "exitedMessage":
                return [ServerExiting.from_proto(message.exitedMessage)]
            case "logMessage":
                return [LogLine.from_proto(message.logMessage)]
        number = int(message.messageType)
        if number not in self._unknown:
            self._unknown.add(number)
            logger.info("push messages of kind %d are not understood", number, extra={"action": "event_unknown"})
        return []

    def _file(self, event: FileChanged) -> FileChanged:
        entry = self._view.received(event.entry) if event.entry is not None else None
        new_path = self._shown(event.new_path) if event.new_path is not None else None
        return replace(event, path=self._shown(event.path), new_path=new_path, entry=entry)

    def _merge(self, event: MergeChanged) -> MergeChanged:
        tasks = (replace(t, source=self._shown(t.source), destination=self._shown(t.destination)) for t in event.tasks)
        last, new = (path and self._shown(path) for path in (event.last_path, event.last_new_path))
        return MergeChanged(tuple(tasks), last, new)

    def _shown(self, path: str) -> str:
        return self._view.shown(path)

    def _pause(self, failures: int) -> float:
        """Seconds before the next try: growing, and not the same for everybody who lost the server at once."""
        retry = self._caller.server.retry
        longest: float = min(retry.longest_delay, retry.first_delay * 2.0 ** min(failures, 16))
        return longest * (0.5 + 0.5 * random.random())
