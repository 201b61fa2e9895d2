"""``client.uploads``: checks what is asked, starts jobs, holds what they share."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TypeVar

from clouddrive2.api.files import AsyncFiles
from clouddrive2.api.mounts import AsyncMounts
from clouddrive2.api.system import AsyncSystem
from clouddrive2.api.transfers import AsyncTransfers
from clouddrive2.api.write_file import WriteFile
from clouddrive2.config import UploadConfig
from clouddrive2.errors import ConfigError, NotFound
from clouddrive2.models.files import Entry
from clouddrive2.models.uploads import IfExists, PendingUpload, RouteStep, Uploaded, UploadProgress, Verify, Wait
from clouddrive2.settings import state_folder
from clouddrive2.transport.caller import Caller
from clouddrive2.transport.webdav import WebDav
from clouddrive2.upload.attempt import UploadRequest
from clouddrive2.upload.batch import UploadBatch
from clouddrive2.upload.devices import Device
from clouddrive2.upload.hash_cache import HashCache
from clouddrive2.upload.job import UploadJob
from clouddrive2.upload.journal import Journal, JournalRow
from clouddrive2.upload.plan import check_routes, destination
from clouddrive2.upload.source import LocalFile
from clouddrive2.upload.stream import UploadStream
from clouddrive2.upload.workshop import Workshop, server_key

__all__ = ["AsyncUploads"]


class AsyncUploads:
    """``client.uploads``. Nothing is opened before the first upload."""

    def __init__(
        self,
        caller: Caller,
        dav: WebDav,
        files: AsyncFiles,
        system: AsyncSystem,
        mounts: AsyncMounts,
        transfers: AsyncTransfers,
        config: UploadConfig | None = None,
    ) -> None:
        self._caller = caller
        self._dav = dav
        self._files = files
        self._system = system
        self._mounts = mounts
        self._transfers = transfers
        self._config = config or UploadConfig()
        self._workshop: Workshop | None = None
        self._opening = asyncio.Lock()
        self._jobs: set[UploadJob] = set()

    async def upload(
        self,
        source: str | Path,
        to: str,
        *,
        if_exists: IfExists | str = IfExists.AUTO,
        verify: Verify | str = Verify.AUTO,
        known_hashes: bool | Mapping[int, str] = False,
        routes: Sequence[str] = (),
        wait: Wait | str = Wait.CLOUD,
        instant_only: bool = False,
        move: bool = False,
        exact_path: bool = False,
        on_progress: Callable[[UploadProgress], object] | None = None,
    ) -> Uploaded:
        """Put one file into the drive and wait until it is there.

        Args:
            source: A local file.
            to: Where to: a folder (existing, or written with a trailing slash) or the complete path of the new file.
                Missing folders are made.
            if_exists: What to do when something is there; see :class:`IfExists`.
            verify: How sure to be; see :class:`Verify`.
            known_hashes: ``True`` hashes the file first and sends the hashes ahead, so that a cloud that has the content
                needs no data; or hashes known already, by type number (1 MD5, 2 SHA-1, 3 PikPakSha1).
            routes: Take the first of these routes that can carry the file, and the next one when it cannot go on: ``mount``,
                ``remote``, ``write``, ``grpc-web``, ``webdav``. By default all of them, in that order.
            wait: How long to go on for; see :class:`Wait`.
            instant_only: Hash the file, and end with NotInstant before any data is sent when the cloud does not have it.
            move: Delete the local file once the drive's entry is verified, by its hash where the cloud shows one; on anything
                less it stays, and the result's reason says why.
            exact_path: ``to`` is the complete path of the new file, also when a folder is there: that is AlreadyExists then.
            on_progress: Called with snapshots, at most ten a second.

        Returns:
            Where it is and how that was verified.

        Raises:
            AlreadyExists: Something else is there, and ``if_exists`` does not say what to do.
            SourceChanged, UploadFailed, UploadCancelled, NotInstant, HashMismatch, NotVerified, OutcomeUnknown: See
                ``errors.py``.

        May be repeated: a call that was killed is taken up again where the server still knows it. Cancelling the task
        stops here and leaves it to such a call.
        """
        job = await self.start(
            source,
            to,
            if_exists=if_exists,
            verify=verify,
            known_hashes=known_hashes,
            routes=routes,
            wait=wait,
            instant_only=instant_only,
            move=move,
            exact_path=exact_path,
        )
        try:
            if on_progress is not None:
                async for snapshot in job.progress():
                    on_progress(snapshot)
            return await job.result()
        except BaseException:
            await job.stop()
            raise

    async def start(
        self,
        source: str | Path,
        to: str,
        *,
        if_exists: IfExists | str = IfExists.AUTO,
        verify: Verify | str = Verify.AUTO,
        known_hashes: bool | Mapping[int, str] = False,
        routes: Sequence[str] = (),
        wait: Wait | str = Wait.CLOUD,
        instant_only: bool = False,
        move: bool = False,
        exact_path: bool = False,
    ) -> UploadJob:
        """Begin an upload and return at once with its handle. Arguments as for :meth:`upload`."""
        request = UploadRequest(
            str(source),
            to,
            _choice(IfExists, if_exists, "if_exists"),
            _choice(Verify, verify, "verify"),
            (known_hashes or instant_only) if isinstance(known_hashes, bool) else _hashes(known_hashes),
            check_routes(routes),
            _choice(Wait, wait, "wait"),
            instant_only,
            move,
            exact_path,
        )
        job = UploadJob(request, (await self._open(source)).parts)
        self._jobs.add(job)
        job.when_done(self._jobs.discard)
        return job

    async def stream(self, path: str, *, overwrite: bool = False) -> UploadStream:
        """Begin a file whose bytes are written as they come, by the server's file API, without a local file (protocol.md §7).

        Args:
            path: Its complete path. Missing folders are made.
            overwrite: Replace a file that is there, when the new one is complete and verified.

        Returns:
            The file to write to. Nothing is under the name before it is closed. A program that is killed leaves a file with a
            partial name, ``film.cd2-<token>.mkv``.

        Raises:
            AlreadyExists: Something is there.
            Unsupported: The server has no calls to write files.
        """
        target = destination("", path.rstrip("/"), None)
        stream = UploadStream(target, overwrite, self._files, WriteFile(self._caller), self._transfers, self._config)
        await stream.begin()
        return stream

    async def plan(self, source: str | Path, to: str, *, routes: Sequence[str] = ()) -> list[RouteStep]:
        """The routes in order of preference with the reason for each; nothing is sent.

        Args:
            source, to, routes: As for :meth:`upload`.

        Raises:
            NotFound: The source does not exist.
        """
        size = await asyncio.to_thread(_size, source)
        planner = (await self._open(source)).planner
        return await planner.steps(destination(Path(source).name, to, None), size, check_routes(routes))

    async def look(self, path: str, *, routes: Sequence[str] = ()) -> Entry | None:
        """What stands at a path, seen as an upload there would see it: over WebDAV where no call gets through.

        Args:
            path: A cloud path.
            routes: As for :meth:`upload`.

        Returns:
            The entry, or ``None`` when nothing is there. May be repeated.
        """
        drive = await (await self._open()).planner.drive(path, check_routes(routes))
        try:
            return await drive.stat(path, False)
        except NotFound:
            return None

    async def make_folder(self, path: str, *, routes: Sequence[str] = ()) -> None:
        """Make a folder and those above it, unless they are there, by the way an upload into it would take.

        Args:
            path: A cloud path.
            routes: As for :meth:`upload`.

        Raises:
            AlreadyExists: A file has the name.

        May be repeated.
        """
        await (await (await self._open()).planner.drive(path, check_routes(routes))).ensure(path)

    @asynccontextmanager
    async def batch(
        self,
        *,
        files_at_once: int | None = None,
        if_exists: IfExists | str = IfExists.AUTO,
        verify: Verify | str = Verify.AUTO,
        known_hashes: bool = False,
        routes: Sequence[str] = (),
        wait: Wait | str = Wait.CLOUD,
        instant_only: bool = False,
        move: bool = False,
    ) -> AsyncIterator[UploadBatch]:
        """Many uploads, some at once; leaving the block waits for all.

        Args:
            files_at_once: How many; by default as configured.
            if_exists, verify, known_hashes, routes, wait, instant_only, move: As for :meth:`upload`, for every file.
        """
        start = partial(
            self.start,
            if_exists=if_exists,
            verify=verify,
            known_hashes=known_hashes,
            routes=routes,
            wait=wait,
            instant_only=instant_only,
            move=move,
        )
        async with UploadBatch(start, files_at_once or self._config.files_at_once) as batch:
            yield batch

    async def hashes(self, source: str | Path, kinds: Iterable[int]) -> dict[int, str]:
        """Hashes of a local file, by type number; read only when an earlier run did not hash it as it is now.

        Args:
            source: The file.
            kinds: Which: 1 MD5, 2 SHA-1, 3 PikPakSha1.

        Raises:
            NotFound: It does not exist.
            SourceChanged: It changes while it is read.
        """
        return await (await self._open()).hashes(source, frozenset(kinds))

    async def pending(self) -> list[PendingUpload]:
        """Uploads to this server that were begun on this machine and did not end; uploading them again takes them up."""
        workshop = await self._open()
        rows = await workshop.journal.pending(workshop.server)
        return [PendingUpload(row.source, row.path, row.size, row.upload_id, row.started) for row in rows]

    async def close(self) -> None:
        """Stop running uploads, leaving them to be taken up; close channel and journal."""
        for job in list(self._jobs):
            await job.stop()
        workshop, self._workshop = self._workshop, None
        if workshop is not None:
            await workshop.close()

    async def _open(self, source: str | Path | None = None) -> Workshop:
        """The workshop; its device id is that of an upload left behind, of this source if there is one."""
        async with self._opening:
            if self._workshop is None:
                folder, server = self._config.state_folder or state_folder(), server_key(self._caller)
                journal = Journal(folder)
                left = await journal.pending(server)
                try:
                    device = await asyncio.to_thread(Device, folder / "devices", _device_of(left, source))
                except ConfigError:
                    await journal.close()
                    raise
                cache = HashCache(folder)
                self._workshop = Workshop(
                    self._caller,
                    self._dav,
                    self._files,
                    self._system,
                    self._mounts,
                    self._transfers,
                    self._config,
                    journal,
                    cache,
                    device,
                )
            return self._workshop


ChoiceT = TypeVar("ChoiceT", bound=StrEnum)


def _choice(kind: type[ChoiceT], given: ChoiceT | str, name: str) -> ChoiceT:
    try:
        return kind(given)
    except ValueError:
        allowed = ", ".join(kind)
        raise ConfigError(f"{name} must be one of {allowed}, not '{given}'") from None


def _device_of(left: list[JournalRow], source: str | Path | None) -> str | None:
    """The device id to prefer: that of the upload of this source, else of any."""
    path = os.path.abspath(source) if source is not None else None  # noqa: PTH100 - as the journal has it
    # A gRPC-Web channel of its own takes its own device id up again.
    ours = sorted((row for row in left if row.route != "grpc-web"), key=lambda row: row.source != path)
    return next((row.device_id for row in ours), None)


def _size(source: str | Path) -> int:
    opened = LocalFile(source)
    opened.close()
    return opened.size


def _hashes(known: Mapping[int, str]) -> dict[int, str]:
    for kind in known:
        if kind not in (1, 2, 3):
            raise ConfigError(f"there is no hash type {kind}; 1 is MD5, 2 SHA-1, 3 PikPakSha1")
    return dict(known)
