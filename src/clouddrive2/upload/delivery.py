"""From the server into its cloud: follows a file that was closed in the server to the end of its upload.

Closing a file in the server (by the write-file API, through a mount, over WebDAV) only queues it (protocol.md §7.2). Each of
those routes uses this the same way::

    delivery = Delivery(transfers, drive.stat, config, path, partial=partial)
    await delivery.remember()                    # before the file is closed: rows that are there already are not ours
    ...                                          # write, close, rename
    carriage.controls = delivery
    delivered = await delivery.follow(carriage.progress, size, carriage.wait)

When :meth:`Delivery.follow` returns, the server has said that the file arrived, or has nothing to say any more; whether the
cloud holds it, a forced look decides (protocol.md §3.5), which is the job's verification.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from clouddrive2.api.transfers import AsyncTransfers
from clouddrive2.config import UploadConfig
from clouddrive2.errors import (
    Error,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    Throttled,
    Unsupported,
    UploadCancelled,
    UploadFailed,
    UploadRejected,
)
from clouddrive2.models import paths
from clouddrive2.models.files import Entry
from clouddrive2.models.transfers import Transfer, TransferStatus
from clouddrive2.models.uploads import Phase, Wait
from clouddrive2.transport.status import is_rate_limited
from clouddrive2.upload.controls import Controls
from clouddrive2.upload.progress import ProgressTracker

__all__ = ["Delivered", "Delivery"]

logger = logging.getLogger(__name__)
# Looks without any trace of the file, in the list or in its folder, after which there is nothing to wait for.
TRACELESS_LOOKS = 3
EXACT = 1000
# A beginning of a name that long is shared by few other files.
TELLING_CHARACTERS = 4


@dataclass(frozen=True, slots=True)
class Delivered:
    """How far it got.

    Attributes:
        queued: It lies in the server and not yet in its cloud, because nobody wanted to wait.
        skipped: The server says it did not transfer it.
        message: The server's words.
    """

    queued: bool = False
    skipped: bool = False
    message: str = ""


class Delivery(Controls):
    """One file between the server and its cloud. Make it, and call :meth:`remember`, before the file is closed.

    Args:
        transfers: The server's upload list.
        stat: Looks an entry up; with ``True`` past the server's cache.
        config: Pace and patience: ``delivery_first``, ``delivery_longest``, ``delivery_seconds``, ``offline_seconds``.
        path: The final cloud path.
        partial: The cloud path under which the file grew, when its name is one nobody else uses.
        aliases: Other paths under which the list may show it, for example that of a mount on the server's machine.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        transfers: AsyncTransfers,
        stat: Callable[[str, bool], Awaitable[Entry]],
        config: UploadConfig,
        path: str,
        *,
        partial: str | None = None,
        aliases: Iterable[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transfers = transfers
        self._stat = stat
        self._config = config
        self._path = path
        self._partial = partial
        self._places = [path, *aliases, *([partial] if partial else [])]
        self._clock = clock
        # Rows that were there before, and how they stood: a row without a key of its own may come to life again.
        self._before: dict[str, TransferStatus] = {}
        # The row we know, and what the last look found of it.
        self._row: Transfer | None = None
        self._listed: Transfer | None = None
        self._size = 0
        self._blind = False
        self._traceless = 0
        self._cancelled_at: float | None = None
        self._cannot_cancel = False
        self._over = False
        self._wake, self._looked = asyncio.Event(), asyncio.Event()

    async def remember(self) -> None:
        """Note what the list has under these names now. A token that may not see the list is no failure.

        Raises:
            Unreachable: The server is away.
        """
        try:
            self._before = {_key(row): row.status for row in await self._rows()}
        except (PermissionDenied, Unsupported) as error:
            self._go_blind(error)

    async def follow(self, progress: ProgressTracker, size: int, wait: Wait = Wait.CLOUD) -> Delivered:
        """Wait until the server has passed the file on; with ``QUEUED`` until it lists it, with ``NONE`` not at all.

        Args:
            progress: Told the bytes delivered, and the phases DELIVERING and PAUSED.
            size: Bytes of the file.
            wait: How long to go on for.

        Raises:
            UploadFailed, UploadRejected: The server gave up; with its text.
            Throttled: The cloud asks for a slower pace.
            UploadCancelled: Cancelled, here or at the server.
            OutcomeUnknown: Nothing moved for ``delivery_seconds``, or the server was away for ``offline_seconds``. The file
                lies in the server and may still arrive.
        """
        if wait is Wait.NONE:
            return Delivered(queued=True)
        self._size = size
        progress.set_phase(Phase.DELIVERING)
        pause, moved_at, answered_at = self._config.delivery_first, self._clock(), self._clock()
        seen: tuple[TransferStatus, int] | None = None
        try:
            while True:
                try:
                    outcome = await self._look(progress, wait)
                    answered_at = self._clock()
                except Error as error:
                    # A server that restarts, slows down, or wants a new sign-in: the file is safe there meanwhile.
                    self._check_patience(answered_at, error)
                    outcome = None
                if isinstance(outcome, Error):
                    raise outcome
                if outcome is not None:
                    return outcome
                now = (self._listed.status, self._listed.transferred) if self._listed is not None else seen
                if now != seen or (self._listed is not None and self._listed.status is TransferStatus.PAUSED):
                    seen, moved_at = now, self._clock()
                self._check_moving(moved_at)
                self._looked.set()
                self._looked = asyncio.Event()
                pause = (
                    self._config.delivery_first if await self._rest(pause) else min(self._config.delivery_longest, pause * 1.5)
                )
        finally:
            self._over = True
            self._looked.set()

    async def check(self) -> None:
        """Look once, for whoever does not find the file where it should be.

        Raises:
            UploadFailed, UploadRejected, UploadCancelled, Throttled: The list says that it came to a bad end.
        """
        row = await self._find()
        if row is not None and (failure := self._failure(row)) is not None:
            raise failure

    # Controls, by the keys of the upload list

    async def pause(self) -> None:
        """Ask the server to pause and wait until its list says so; nothing when it does not list the file.

        Raises:
            PermissionDenied: The token may not change transfers.
        """
        if key := await self._found_key():
            await self._transfers.pause([key])
            await self._until(lambda row: row is not None and row.status is TransferStatus.PAUSED)

    async def resume(self) -> None:
        """Ask the server to go on and wait until its list says so.

        Raises:
            PermissionDenied: The token may not change transfers.
        """
        if key := await self._found_key():
            await self._transfers.resume([key])
            await self._until(lambda row: row is None or row.status is not TransferStatus.PAUSED)

    async def cancel(self) -> None:
        """Ask the server to cancel; :meth:`follow` tells what came of it, at the latest after ``cancel_seconds``."""
        self._cancelled_at = self._clock()
        try:
            if key := await self._found_key():
                await self._transfers.cancel([key])
        except Error as error:
            # The route removes the entry, which ends the upload too.
            logger.info("cancelling %s: %s", self._path, error, extra={"action": "cancel_failed"})
            self._cannot_cancel = True
        self._wake.set()

    # Looking

    async def _look(self, progress: ProgressTracker, wait: Wait) -> Delivered | Error | None:
        """One look at the list, else at the entry: how it ended, or ``None`` while it goes on."""
        row = self._listed = await self._find()
        if row is not None:
            self._row = row
            outcome = self._judge(row, progress, wait)
        else:
            outcome = await self._judge_entry(progress, wait)
        if outcome is None and self._cancelled_at is not None:
            waited = self._clock() - self._cancelled_at
            if row is None or self._cannot_cancel or waited >= self._config.cancel_seconds:
                return UploadCancelled(f"{self._path}: the upload was cancelled", path=self._path)
        return outcome

    def _judge(self, row: Transfer, progress: ProgressTracker, wait: Wait) -> Delivered | Error | None:
        progress.deliver(row.transferred)
        if (failure := self._failure(row)) is not None:
            return failure
        match row.status:
            case TransferStatus.FINISHED:
                progress.complete()
                return Delivered(message=row.error)
            case TransferStatus.SKIPPED:
                return Delivered(skipped=True, message=row.error)
            case TransferStatus.PAUSED:
                progress.set_phase(Phase.PAUSED)
            case _:
                progress.set_phase(Phase.DELIVERING)
        return Delivered(queued=True) if wait is Wait.QUEUED else None

    def _failure(self, row: Transfer) -> Error | None:
        """What a row that came to a bad end means."""
        path, because = self._path, f": {row.error}" if row.error else ""
        match row.status:
            case TransferStatus.CANCELLED:
                return UploadCancelled(f"{path}: the upload was cancelled at the server{because}", path=path)
            case TransferStatus.IGNORED:
                advice = "see its list of ignored extensions"
                return UploadRejected(f"{path}: the server keeps files of this kind to itself{because}; {advice}", path=path)
            case TransferStatus.ERROR | TransferStatus.FATAL_ERROR if is_rate_limited(row.error):
                return Throttled(f"{path}: the cloud asks to slow down{because}", path=path)
            case TransferStatus.FATAL_ERROR:
                return UploadRejected(f"{path}: the server gave up the upload to its cloud{because}", path=path)
            case TransferStatus.ERROR:
                return UploadFailed(f"{path}: the server could not pass it on to its cloud{because}", path=path)
            case _:
                return None

    async def _judge_entry(self, progress: ProgressTracker, wait: Wait) -> Delivered | None:
        """Not in the list, or no more: an entry that is pending is still on its way, one that is not has arrived."""
        try:
            # Past the cache only when the list had it: then the server knows of news its cache may not show.
            entry = await self._stat(self._path, self._row is not None)
        except NotFound:
            self._traceless += 1
            return Delivered() if self._traceless >= TRACELESS_LOOKS else None
        except (PermissionDenied, Unsupported):
            return Delivered()
        self._traceless = 0
        if not entry.pending:
            progress.complete()
            return Delivered()
        return Delivered(queued=True) if wait is Wait.QUEUED else None

    async def _find(self) -> Transfer | None:
        """Our row: the one known, else a new one that leads to our place."""
        if self._blind:
            return None
        try:
            rows = await self._rows()
        except (PermissionDenied, Unsupported) as error:
            self._go_blind(error)
            return None
        known = next((row for row in rows if self._row is not None and _key(row) == _key(self._row)), None)
        if known is not None and (known.status is not TransferStatus.CANCELLED or self._cancelled_at is not None):
            return known
        ranked = [(self._closeness(row), row) for row in rows if row is not known and self._is_new(row)]
        ranked = [(closeness, row) for closeness, row in ranked if closeness and not (known and row.status.is_terminal)]
        # A server that begins anew after a change of the name may have ended the row we knew.
        return max(ranked, key=lambda each: (not each[1].status.is_terminal, each[0]))[1] if ranked else known

    async def _rows(self) -> list[Transfer]:
        """Rows with one of our names."""
        found: dict[str, Transfer] = {}
        names = {paths.name_of(_slashed(place)) for place in self._places}
        shared = os.path.commonprefix([*names])  # noqa: RUF071 - of characters it shall be
        # One question for all of them, unless it is one after half the list.
        for text in [shared] if len(shared) >= TELLING_CHARACTERS else names:
            async for row in self._transfers.uploads(containing=text):
                if paths.name_of(_slashed(row.path)) in names:
                    found[_key(row)] = row
        return list(found.values())

    def _is_new(self, row: Transfer) -> bool:
        then = self._before.get(_key(row))
        return then is None or (then.is_terminal and not row.status.is_terminal)

    def _closeness(self, row: Transfer) -> int:
        """How surely a row leads to our place; 0 when it does not. Lists show API paths and mount paths (protocol.md §10.1)."""
        theirs = _slashed(row.path)
        if theirs in self._places or (self._partial and paths.name_of(theirs) == paths.name_of(self._partial)):
            return EXACT
        if row.size != self._size:
            return 0
        parts, ours = theirs.strip("/").split("/"), self._path.strip("/").split("/")
        if parts[0] == ours[0]:
            # Another place in the same tree.
            return 0
        shared = 0
        while shared < min(len(parts), len(ours)) and parts[-1 - shared] == ours[-1 - shared]:
            shared += 1
        return shared if shared >= 2 or shared in (len(parts), len(ours)) else 0

    async def _found_key(self) -> str | None:
        row = self._row or await self._find()
        return row.key if row is not None and row.key else None

    def _go_blind(self, error: Error) -> None:
        if not self._blind:
            logger.info("the upload list cannot be seen: %s", error, extra={"action": "delivery_unseen"})
        self._blind = True

    # Patience

    async def _rest(self, seconds: float) -> bool:
        """Wait for the next look; whether somebody asked for it at once."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        woken = self._wake.is_set()
        self._wake.clear()
        return woken

    async def _until(self, reached: Callable[[Transfer | None], bool]) -> None:
        self._wake.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._config.cancel_seconds):
                while not self._over and not reached(self._row):
                    await self._looked.wait()

    def _check_patience(self, answered_at: float, error: Error) -> None:
        if self._cancelled_at is not None and (
            self._cannot_cancel or self._clock() - self._cancelled_at >= self._config.cancel_seconds
        ):
            raise UploadCancelled(f"{self._path}: cancelled, but the server could not be told ({error})", path=self._path)
        if self._clock() - answered_at >= self._config.offline_seconds:
            raise OutcomeUnknown(
                f"{self._path}: the server has the whole file, but whether its cloud has it cannot be seen ({error}); "
                "look at its upload list later, or run the same upload again",
                path=self._path,
            ) from error
        logger.info("waiting for the server: %s", error, extra={"action": "delivery_away"})

    def _check_moving(self, moved_at: float) -> None:
        still = self._clock() - moved_at
        if still >= self._config.delivery_seconds:
            raise OutcomeUnknown(
                f"{self._path}: the server has the whole file, but passed nothing on to its cloud for {still:.0f} s; "
                "look at its upload list and at the cloud's account, then run the same upload again",
                path=self._path,
            )


def _key(row: Transfer) -> str:
    """What tells rows apart; servers may leave the key out (protocol.md §10.1)."""
    return row.key or f"{row.path}\0{row.size}"


def _slashed(path: str) -> str:
    """A path of the list with slashes, also that of a mount on Windows."""
    return path if "/" in path else path.replace("\\", "/")
