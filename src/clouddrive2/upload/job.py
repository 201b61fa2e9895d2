"""One upload from beginning to end. The job is the only writer of its state. ::

    QUEUED ──► PREPARING ──► HASHING ◄──► TRANSFERRING ──► VERIFYING ──► FINISHED
                                │  ▲           │  ▲
                                └──┴── PAUSED ─┴──┘
    any of them ──► FAILED (an error), CANCELLED (cancel(), or cancelled at the server)

Cancelling the task that waits for a job stops it here and leaves the rest to a later attempt: the server keeps what it has,
the journal keeps the upload's id, and the same upload started again takes it up. :meth:`UploadJob.cancel` ends it for good.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass

from clouddrive2.errors import (
    AlreadyExists,
    Error,
    HashMismatch,
    NotFound,
    NotVerified,
    OutcomeUnknown,
    Unreachable,
    UploadCancelled,
    UploadFailed,
)
from clouddrive2.models import paths
from clouddrive2.models.files import Entry
from clouddrive2.models.uploads import IfExists, Outcome, Phase, Uploaded, UploadProgress, Verify
from clouddrive2.upload.folders import FolderMaker
from clouddrive2.upload.hash_cache import HashCache
from clouddrive2.upload.hashing import FileHasher, HashKind, HashPool
from clouddrive2.upload.journal import Journal, JournalRow
from clouddrive2.upload.plan import destination, numbered_name
from clouddrive2.upload.progress import ProgressTracker
from clouddrive2.upload.routes.base import Carriage, Carried, Route
from clouddrive2.upload.source import LocalFile
from clouddrive2.upload.verify import verify_entry

__all__ = ["JobParts", "UploadJob", "UploadRequest"]

logger = logging.getLogger(__name__)
ALL_TYPES = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """What is asked for; see ``AsyncUploads.start``."""

    source: str
    to: str
    if_exists: IfExists
    verify: Verify
    known_hashes: bool | dict[int, str]


@dataclass(frozen=True, slots=True)
class JobParts:
    """What a job works with, shared by all jobs of a client.

    Attributes:
        server: Key of the server in the journal.
        device_id: Ours on the channel.
        stat: Looks an entry up; with ``True`` past the server's cache.
        folders: Makes folders.
        journal: Remembers.
        hashing: Threads.
        hash_cache: What earlier runs hashed.
        choose: The route for a destination and size.
        verify_seconds: Patience with a lagging index.
    """

    server: str
    device_id: str
    stat: Callable[[str, bool], Awaitable[Entry]]
    folders: FolderMaker
    journal: Journal
    hashing: HashPool
    hash_cache: HashCache
    choose: Callable[[str, int], Awaitable[Route]]
    in_use_elsewhere: Callable[[str], bool]
    verify_seconds: float


class UploadJob:
    """A running upload. Made by ``client.uploads.start``."""

    def __init__(self, request: UploadRequest, parts: JobParts) -> None:
        self._request = request
        self._parts = parts
        self._progress = ProgressTracker(0)
        self._carriage: Carriage | None = None
        self._cancelled = False
        self._began = time.monotonic()
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
        if self._carriage is not None and self._carriage.controls is not None:
            await self._carriage.controls.pause()

    async def resume(self) -> None:
        """Let a paused upload go on."""
        if self._carriage is not None and self._carriage.controls is not None:
            await self._carriage.controls.resume()

    async def cancel(self) -> None:
        """End it for good: the server forgets it, nothing stays under its name. Returns when it is over."""
        self._cancelled = True
        if self._carriage is not None and self._carriage.controls is not None:
            try:
                await self._carriage.controls.cancel()
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
            uploaded = await self._upload(source, hasher)
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

    async def _upload(self, source: LocalFile, hasher: FileHasher) -> Uploaded:
        request, parts = self._request, self._parts
        self._progress.set_phase(Phase.PREPARING)
        wanted, existing = await self._destination(source)
        row = await parts.journal.find(parts.server, source.identity.path, wanted)
        resumable = row if row is not None and row.state == "begun" and row.is_of(source.identity) else None
        if resumable is not None and resumable.device_id != parts.device_id and parts.in_use_elsewhere(resumable.device_id):
            raise UploadFailed(f"{wanted}: another program on this machine is uploading this file there now", path=wanted)
        path = wanted
        if resumable is not None:
            path = resumable.path
            done = await self._arrived_meanwhile(resumable, source, hasher)
            if done is not None:
                return done
        elif existing is not None:
            path, skipped = await self._decide(existing, source, hasher, row)
            if skipped is not None:
                return skipped
        await parts.folders.ensure(paths.parent_of(path))
        if request.known_hashes is True:
            self._progress.set_phase(Phase.HASHING)
            await asyncio.gather(*(hasher.compute(HashKind(kind)) for kind in ALL_TYPES))
        ahead = dict(hasher.values) if request.known_hashes is True else dict(request.known_hashes or {})
        number = await parts.journal.begin(parts.server, source.identity, wanted, path, parts.device_id)

        async def started(upload_id: str, device_id: str) -> None:
            await parts.journal.started(number, upload_id, device_id)

        resume_id = resumable.upload_id if resumable is not None else None
        if resume_id is not None:
            await started(resume_id, parts.device_id)
        route = await parts.choose(path, source.size)
        resume_device = resumable.device_id if resumable is not None else None
        self._carriage = Carriage(source, path, hasher, ahead, self._progress, started, resume_id, resume_device)
        try:
            carried = await self._carry(route, self._carriage)
            await asyncio.to_thread(source.check)
            before = existing if existing is not None and existing.path == path else None
            uploaded = await self._verify(source, hasher, path, route.name, carried, before)
        except UploadCancelled:
            await parts.journal.ended(number, "cancelled")
            raise
        except Error as error:
            # What may still be on its way stays open in the journal, so that it can be taken up.
            if not isinstance(error, Unreachable | OutcomeUnknown):
                await parts.journal.ended(number, "failed", str(error))
            raise
        await parts.journal.ended(number, "finished")
        return uploaded

    async def _carry(self, route: Route, carriage: Carriage) -> Carried:
        try:
            return await route.carry(carriage)
        except NotFound:
            # The folder was there a moment ago; somebody deleted it. Make it again, once.
            folder = paths.parent_of(carriage.path)
            self._parts.folders.forget(folder)
            await self._parts.folders.ensure(folder)
            return await route.carry(carriage)

    async def _destination(self, source: LocalFile) -> tuple[str, Entry | None]:
        to = self._request.to
        existing = None if to.endswith("/") else await self._look(to)
        path = destination(source.name, to, existing)
        if to.endswith("/") or path != paths.normalise(to):
            existing = await self._look(path)
        return path, existing

    async def _look(self, path: str) -> Entry | None:
        try:
            return await self._parts.stat(path, False)
        except NotFound:
            return None

    async def _arrived_meanwhile(self, row: JournalRow, source: LocalFile, hasher: FileHasher) -> Uploaded | None:
        """An upload begun by a process that was killed may have ended well without it."""
        entry = await self._look(row.path)
        if entry is None or entry.pending or not entry.is_file or entry.size != source.size or not entry.hashes:
            return None
        if not await self._same_content(entry, hasher):
            return None
        await self._parts.journal.ended(row.id, "finished")
        how = "the upload had been finished by an earlier run"
        return self._uploaded(source, row.path, "remote", Outcome.VERIFIED, "hash", instant=False, reason=how)

    async def _decide(
        self, existing: Entry, source: LocalFile, hasher: FileHasher, row: JournalRow | None
    ) -> tuple[str, Uploaded | None]:
        """What stands at the destination decides: the path to take, or the result without an upload."""
        path, choice = existing.path, self._request.if_exists
        if existing.is_folder:
            raise AlreadyExists(f"{path} is a folder; end the destination with '/' to upload into it", path=path)
        if choice is IfExists.OVERWRITE:
            return path, None
        if choice is IfExists.RENAME:
            return await self._free_name(path), None
        if choice is IfExists.SKIP:
            return path, self._skipped(source, path, None, "something is there already")
        if choice is IfExists.AUTO and not existing.pending and existing.size == source.size:
            if existing.hashes and await self._same_content(existing, hasher):
                return path, self._skipped(source, path, "hash", "the same content is there already")
            if not existing.hashes and row is not None and row.state == "finished" and row.is_of(source.identity):
                return path, self._skipped(source, path, "size", "this very file was uploaded there before")
        difference = "is being uploaded by somebody else" if existing.pending else "exists already"
        if choice is IfExists.AUTO and not existing.pending:
            different = existing.size != source.size or existing.hashes
            difference += " with other content" if different else " and the cloud knows no hash to compare"
        raise AlreadyExists(f"{path} {difference}; choose to skip, overwrite or rename", path=path)

    async def _same_content(self, entry: Entry, hasher: FileHasher) -> bool:
        kind, text = next(iter(entry.hashes.by_type().items()))
        self._progress.set_phase(Phase.HASHING)
        return (await hasher.compute(HashKind(kind))).value.lower() == text.lower()

    async def _free_name(self, path: str) -> str:
        number = 1
        while await self._look(candidate := numbered_name(path, number)) is not None:
            number += 1
        return candidate

    async def _verify(
        self, source: LocalFile, hasher: FileHasher, path: str, route: str, carried: Carried, before: Entry | None
    ) -> Uploaded:
        self._progress.set_phase(Phase.VERIFYING)
        try:
            found = await verify_entry(
                path,
                source.size,
                self._request.verify,
                hasher,
                self._parts.stat,
                seconds=self._parts.verify_seconds,
                before=before,
            )
        except (NotVerified, HashMismatch) as error:
            if carried.skipped:
                message = (
                    f"{path}: the server skipped the upload{f' ({carried.message})' if carried.message else ''}, and {error}"
                )
                raise UploadFailed(message, path=path) from error
            raise
        outcome = Outcome.VERIFIED if found.by else Outcome.ARRIVED
        return self._uploaded(source, path, route, outcome, found.by, instant=carried.instant)

    def _skipped(self, source: LocalFile, path: str, by: str | None, reason: str) -> Uploaded:
        return self._uploaded(source, path, "", Outcome.SKIPPED, by, instant=False, reason=reason)

    def _uploaded(
        self,
        source: LocalFile,
        path: str,
        route: str,
        outcome: Outcome,
        by: str | None,
        *,
        instant: bool,
        reason: str = "",
    ) -> Uploaded:
        seconds = time.monotonic() - self._began
        return Uploaded(str(source.path), path, source.size, route, outcome, by, instant, seconds, reason)
