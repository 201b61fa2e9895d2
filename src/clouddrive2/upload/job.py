"""One upload from beginning to end. The job is the only writer of its state. ::

    QUEUED ──► PREPARING ──► HASHING ◄──► TRANSFERRING ──► DELIVERING ──► VERIFYING ──► FINISHED
      ▲         │                │  ▲           │  ▲
      └─────────┘                └──┴── PAUSED ─┴──┘
    (a failure that a later try may not meet)
    any of them ──► FAILED (an error), CANCELLED (cancel(), or cancelled at the server)

Cancelling the task that waits for a job stops it here and leaves the rest to a later attempt: the server keeps what it has,
the journal keeps the upload's id, and the same upload started again takes it up. :meth:`UploadJob.cancel` ends it for good.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable

from clouddrive2.errors import Error, UploadCancelled
from clouddrive2.models.uploads import Phase, Uploaded, UploadProgress
from clouddrive2.upload.attempt import Attempt, JobParts, UploadRequest
from clouddrive2.upload.hashing import FileHasher
from clouddrive2.upload.progress import ProgressTracker
from clouddrive2.upload.routes.base import Controls
from clouddrive2.upload.source import LocalFile

__all__ = ["UploadJob"]

logger = logging.getLogger(__name__)


class UploadJob:
    """A running upload. Made by ``client.uploads.start``."""

    def __init__(self, request: UploadRequest, parts: JobParts) -> None:
        self._request = request
        self._parts = parts
        self._progress = ProgressTracker(0)
        self._attempt: Attempt | None = None
        self._cancelled = False
        self._task = asyncio.create_task(self._run())
        # A job nobody waits for must not complain when it is collected.
        self._task.add_done_callback(lambda done: None if done.cancelled() else done.exception())

    @property
    def source(self) -> str:
        """The local file, as given."""
        return self._request.source

    def snapshot(self) -> UploadProgress:
        """Where it stands now."""
        return self._progress.snapshot()

    @property
    def _controls(self) -> Controls | None:
        return self._attempt.controls if self._attempt is not None else None

    def when_done(self, tell: Callable[[UploadJob], object]) -> None:
        """Call back, on the loop, when it is over."""
        self._task.add_done_callback(lambda _: tell(self))

    async def progress(self) -> AsyncGenerator[UploadProgress, None]:
        """Snapshots as it goes on, at most ten a second; ends with the upload, and never raises for its failure."""
        async for snapshot in self._progress.watch():
            yield snapshot

    async def result(self) -> Uploaded:
        """Wait for the end.

        Raises:
            SourceChanged, UploadFailed, UploadCancelled, HashMismatch, NotVerified, OutcomeUnknown: It did not succeed.
            clouddrive2.Error: Any other reason, for example a missing permission.
        """
        return await asyncio.shield(self._task)

    async def pause(self) -> None:
        """Let the server pause; returns when it says so. Does nothing outside the transfer."""
        if (controls := self._controls) is not None:
            await controls.pause()

    async def resume(self) -> None:
        """Let a paused upload go on."""
        if (controls := self._controls) is not None:
            await controls.resume()

    async def cancel(self) -> None:
        """End it for good: the server forgets it, nothing stays under its name. Returns when it is over."""
        self._cancelled = True
        if (controls := self._controls) is not None:
            try:
                await controls.cancel()
                async with asyncio.timeout(30):
                    await asyncio.wait({self._task})
            except (Error, TimeoutError) as error:
                logger.info("cancelling: %s", error, extra={"action": "cancel_failed"})
        await self.stop()

    async def stop(self) -> None:
        """Stop here and now; the same upload, started again, takes it up."""
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _run(self) -> Uploaded:
        try:
            source = await asyncio.to_thread(LocalFile, self._request.source)
        except Error:
            self._progress.set_phase(Phase.FAILED)
            raise
        self._progress.total = source.size
        hasher: FileHasher | None = None
        try:
            hasher = FileHasher(source, self._parts.hashing, cache=self._parts.hash_cache)
            attempt = Attempt(self._request, self._parts, source, hasher, self._progress)
            self._attempt = attempt
            uploaded = await self._parts.pacer.run(self._request.to, attempt.run)
        except (UploadCancelled, asyncio.CancelledError):
            self._progress.set_phase(Phase.CANCELLED)
            if self._cancelled:
                raise UploadCancelled(f"{source.path}: the upload was cancelled", path=str(source.path)) from None
            raise
        except BaseException:
            self._progress.set_phase(Phase.FAILED)
            raise
        finally:
            if hasher is not None:
                await hasher.close()
            source.close()
        self._progress.set_phase(Phase.FINISHED)
        return uploaded
