"""One file on the channel: answers what the server asks until it says how the upload ended (protocol.md §8.3, §8.4)."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from clouddrive2.api.remote_upload import RemoteUpload
from clouddrive2.config import UploadConfig
from clouddrive2.errors import (
    ChannelLost,
    Error,
    MessageTooLarge,
    NotFound,
    NotInstant,
    Throttled,
    Unreachable,
    UploadFailed,
)
from clouddrive2.models.transfers import Transfer, TransferStatus
from clouddrive2.models.uploads import ChannelEvent, HashRequest, Phase, ReadRequest, StatusChanged
from clouddrive2.upload.channel import ServerChannel
from clouddrive2.upload.hashing import FileHasher, HashKind, HashValue
from clouddrive2.upload.pieces import PieceSize
from clouddrive2.upload.progress import ProgressTracker
from clouddrive2.upload.source import LocalFile

T = TypeVar("T")
__all__ = ["Ended", "Forgotten", "RemoteSession"]

logger = logging.getLogger(__name__)

PHASES = {
    TransferStatus.WAITING: Phase.QUEUED,
    TransferStatus.QUEUED: Phase.QUEUED,
    TransferStatus.PREPROCESSING: Phase.PREPARING,
    TransferStatus.TRANSFER: Phase.TRANSFERRING,
    TransferStatus.PAUSED: Phase.PAUSED,
}
WORKING = (TransferStatus.PREPROCESSING, TransferStatus.TRANSFER)
# How often the list is asked what the cloud has of a file that is in the server.
DELIVERY_SECONDS = 2.0
ASK_AGAIN_FIRST, ASK_AGAIN_LONGEST = 0.5, 5.0


class Ended(Exception):
    """Not an error: the server told how the upload ended."""

    def __init__(self, status: TransferStatus, message: str) -> None:
        super().__init__(f"{status.name}: {message}")
        self.status = status
        self.message = message


class Forgotten(Exception):
    """The server does not know the upload id any more."""


class RemoteSession:
    """Answers for one upload id.

    Args:
        upload_id: The server's id.
        source: The open file.
        hasher: Its hashes.
        remote: The calls.
        slots: Bounds the pieces on their way over all uploads of the client.
        progress: Counts.
        config: Piece size and patience.
        look_up: The server's row for this upload, or ``None``.
        pieces: How much to send at once.
        channel: What the server's messages come by.
        instant_only: Send no data; fail with NotInstant when the server wants some.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        upload_id: str,
        source: LocalFile,
        hasher: FileHasher,
        remote: RemoteUpload,
        slots: asyncio.Semaphore,
        progress: ProgressTracker,
        config: UploadConfig,
        look_up: Callable[[str], Awaitable[Transfer | None]],
        *,
        pieces: PieceSize,
        channel: ServerChannel,
        instant_only: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.upload_id = upload_id
        self.status = TransferStatus.WAITING
        self.data_sent = False
        self.asked_hashes: set[int] = set()
        self._source = source
        self._hasher = hasher
        self._remote = remote
        self._slots = slots
        self._progress = progress
        self._config = config
        self._look_up = look_up
        self._pieces = pieces
        self._channel = channel
        self._instant_only = instant_only
        self._clock = clock
        self._outcome: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
        self._tasks: set[asyncio.Task[None]] = set()
        self._reads: dict[tuple[int, int, bool], asyncio.Task[None]] = {}
        self._hashes: dict[HashKind, asyncio.Task[None]] = {}
        self._paused = asyncio.Event()
        self._going = asyncio.Event()
        self._going.set()
        self._heard_at = clock()
        self._heard = asyncio.Event()

    # What the channel calls

    def dispatch(self, event: ChannelEvent) -> None:
        """Take a message; the answer is somebody else's task."""
        if self._outcome.done():
            return
        self._heard_at = self._clock()
        self._heard.set()
        if isinstance(event, ReadRequest) and self._instant_only and self._source.size:
            self._fail(NotInstant(f"{self._source.path}: the cloud does not have this content; nothing was sent"))
        elif isinstance(event, ReadRequest):
            key = (event.offset, event.length, event.lazy_read)
            if key not in self._reads:
                self._reads[key] = self._spawn(self._serve_read(event, key))
        elif isinstance(event, HashRequest):
            kind = HashKind(event.hash_type, event.block_size)
            if kind.block_size == 0:
                self.asked_hashes.add(kind.type)
            running = self._hashes.get(kind)
            if running is None or running.done():
                self._hashes[kind] = self._spawn(self._serve_hash(kind))
            else:
                self._spawn(self._report(kind))
        elif isinstance(event, StatusChanged):
            self._take_status(event.status, event.message)

    def reconnected(self) -> None:
        """Statuses are not replayed for sure: ask the list (protocol.md §8.6)."""
        self._spawn(self._reconcile())

    def abandon(self, error: Error) -> None:
        """No channel, no upload."""
        self._fail(error)

    # What the route calls

    async def ended(self) -> Ended:
        """Wait for the end.

        Raises:
            Forgotten: The server lost the upload.
            clouddrive2.Error: It cannot go on: the source changed, the server refuses the data, the server is gone.
        """
        watching = self._spawn(self._watch())
        try:
            return await asyncio.shield(self._outcome)
        finally:
            watching.cancel()

    async def heard(self, seconds: float) -> bool:
        """Wait for a first message for this upload, or its end; whether one came in time."""
        await self._wait(self._heard, seconds)
        return self._heard.is_set() or self._outcome.done()

    async def pause(self) -> None:
        """Ask the server to pause and wait until it says so."""
        await self._remote.control(self.upload_id, "pause")
        await self._wait(self._paused, self._config.cancel_seconds)

    async def resume(self) -> None:
        """Ask the server to go on and wait until it says so."""
        await self._remote.control(self.upload_id, "resume")
        await self._wait(self._going, self._config.cancel_seconds)

    async def resume_if_paused(self) -> None:
        """Look where the upload stands, and let it go on when it was paused."""
        await self._reconcile()
        if self.status is TransferStatus.PAUSED:
            await self.resume()

    async def cancel(self) -> None:
        """Ask the server to cancel; :meth:`ended` tells that it did."""
        await self._remote.control(self.upload_id, "cancel")

    async def close(self) -> None:
        """Stop all that runs for this upload."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if not self._outcome.done():
            self._outcome.cancel()
        elif not self._outcome.cancelled():
            self._outcome.exception()

    # Reads

    async def _serve_read(self, request: ReadRequest, key: tuple[int, int, bool]) -> None:
        try:
            size = self._source.size
            # Length 0 means "to the end of the file"; with nothing left one empty answer is due (protocol.md §8.3).
            end = size if request.length == 0 else min(request.offset + request.length, size)
            self._progress.set_phase(Phase.TRANSFERRING)
            if request.offset >= end:
                await self._send(request, min(request.offset, size), 0)
                return
            offset = request.offset
            while offset < end:
                length = min(self._pieces.bytes, end - offset)
                await self._send_in_parts(request, offset, length)
                offset += length
        finally:
            self._reads.pop(key, None)

    async def _send_in_parts(self, request: ReadRequest, offset: int, length: int) -> None:
        """One piece, or smaller ones when a proxy does not take it."""
        try:
            await self._send(request, offset, length)
        except MessageTooLarge as error:
            before, smaller = self._pieces.bytes, self._pieces.halved(length)
            if smaller is None:
                raise
            if self._pieces.bytes != before:
                logger.info("pieces of %d bytes from here on: %s", smaller, error, extra={"action": "pieces_halved"})
            await self._send_in_parts(request, offset, smaller)
            await self._send_in_parts(request, offset + smaller, length - smaller)

    async def _send(self, request: ReadRequest, offset: int, length: int) -> None:
        # Before a slot is taken: who waits for bandwidth holds no data, and the limit sees every upload that waits.
        await self._remote.limit.take(length, self.upload_id)
        async with self._slots:
            whole = self._source.content
            if whole is not None:
                data = whole[offset : offset + length]
            else:
                # A trip to another thread costs more than bytes that are in memory.
                cached = self._source.read_cached(offset, length)
                data = cached if cached is not None else await asyncio.to_thread(self._source.read, offset, length)
            is_last = offset + len(data) == self._source.size
            # Not only once it is answered: by another connection the end of the upload may be heard before that.
            self.data_sent = True
            refusal = await self._insistently(
                lambda: self._remote.send(self.upload_id, offset, data, is_last=is_last, lazy_read=request.lazy_read)
            )
        if refusal is not None:
            if not self._outcome.done() and self.status is not TransferStatus.PAUSED:
                raise UploadFailed(f"the server refuses bytes {offset} to {offset + length}: {refusal}")
            return
        self._progress.confirm(offset, offset + len(data))

    # Hashes

    async def _serve_hash(self, kind: HashKind) -> None:
        value = self._hasher.known(kind)
        if value is None:
            self._progress.set_phase(Phase.HASHING)
            computing = asyncio.ensure_future(self._hasher.compute(kind))
            try:
                while not computing.done():
                    done, _ = await asyncio.wait({computing}, timeout=self._config.progress_seconds)
                    if not done:
                        await self._report(kind)
                value = computing.result()
            finally:
                computing.cancel()
        await self._report(kind, value)

    async def _report(self, kind: HashKind, value: HashValue | None = None) -> None:
        size = self._source.size
        hashed = size if value is not None else self._hasher.hashed
        self._progress.set_hashed(hashed)
        blocks = value.blocks if value is not None else ()
        text = value.value if value is not None else None
        await self._insistently(lambda: self._remote.report_hash(self.upload_id, kind.type, hashed, size, text, blocks))

    # Statuses

    def _take_status(self, status: TransferStatus, message: str) -> None:
        self.status = status
        if status.is_terminal:
            if not self._outcome.done():
                self._outcome.set_result(Ended(status, message))
            return
        if status is TransferStatus.PAUSED:
            self._paused.set()
            self._going.clear()
            for task in [*self._reads.values(), *self._hashes.values()]:
                task.cancel()
        else:
            self._going.set()
            self._paused.clear()
        phase = PHASES.get(status)
        if phase is None:
            logger.info("unknown upload status %s", int(status), extra={"action": "status_unknown"})
        elif not (phase is Phase.PREPARING and self._progress.phase is Phase.HASHING):
            self._progress.set_phase(phase)

    async def _reconcile(self, *, after_silence: bool = False) -> None:
        """What does the server's list say of this upload?"""
        row = await self._insistently(lambda: self._look_up(self.upload_id))
        if self._outcome.done():
            return
        if row is None:
            self._fail(Forgotten(self.upload_id))
        elif row.status.is_terminal or row.status is TransferStatus.PAUSED:
            self._take_status(row.status, row.error)
        elif after_silence and row.status in WORKING and not self._channel.has_spoken:
            # It works on it, so it has told or asked something by now.
            self._fail(
                ChannelLost(
                    "the server's messages do not come through, although it works on the upload: a proxy holds them back; "
                    "turn its buffering off (in nginx: proxy_buffering off)",
                    rpc="RemoteUploadChannel",
                )
            )
        elif after_silence:
            logger.info(
                "%s waits for the server, which has asked for nothing for %.0f s; its list says %s",
                self._source.path,
                self._config.quiet_seconds,
                row.status.name.lower(),
                extra={"action": "upload_waits", "upload_id": self.upload_id},
            )

    async def _watch(self) -> None:
        """After a long silence look at the list: the upload may be queued, or its end may have been missed.

        Once the server has everything the list is also what tells how much of it the cloud has.
        """
        quiet = self._config.quiet_seconds
        while True:
            await asyncio.sleep(max(0.05, min(DELIVERY_SECONDS, self._heard_at + quiet - self._clock())))
            if self._clock() - self._heard_at >= quiet:
                await self._reconcile(after_silence=True)
                self._heard_at = self._clock()
            elif 0 < self._source.size == self._progress.confirmed and self.status is TransferStatus.TRANSFER:
                row = await self._insistently(lambda: self._look_up(self.upload_id))
                if row is not None and not self._outcome.done():
                    self._progress.set_phase(Phase.DELIVERING)
                    self._progress.deliver(row.transferred)

    # Helpers

    async def _insistently(self, call: Callable[[], Awaitable[T]]) -> T:
        """Repeat a repeatable call while the server is away, within the patience an upload has."""
        pause = ASK_AGAIN_FIRST
        give_up_at = self._clock() + self._config.offline_seconds
        while True:
            try:
                return await call()
            except (Unreachable, Throttled):
                if self._clock() >= give_up_at:
                    raise
            await asyncio.sleep(pause)
            pause = min(ASK_AGAIN_LONGEST, pause * 2)

    async def _wait(self, event: asyncio.Event, seconds: float) -> None:
        waiting = asyncio.ensure_future(event.wait())
        either: set[asyncio.Future[Any]] = {waiting, self._outcome}
        try:
            await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()

    def _spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if isinstance(error, NotFound):
            self._fail(Forgotten(self.upload_id))
        elif error is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if not self._outcome.done():
            self._outcome.set_exception(error)
