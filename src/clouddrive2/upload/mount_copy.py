"""One file into a mounted folder, in a thread of its own, so that a mount that hangs holds up nobody else."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from concurrent.futures import CancelledError as Withdrawn

from clouddrive2.api.local_mounts import in_thread
from clouddrive2.models import paths
from clouddrive2.models.mounts import MountStatus
from clouddrive2.models.uploads import Phase
from clouddrive2.transport.limits import RateLimit
from clouddrive2.upload.copying import Copying
from clouddrive2.upload.mounted_folder import MountedFolder, MountGone
from clouddrive2.upload.progress import ProgressTracker
from clouddrive2.upload.source import LocalFile

__all__ = ["MountCopy", "opened"]

# A thread that is told to stop ends after the piece it copies, unless its mount hangs.
STOPPED_SECONDS = 3.0


def opened(status: MountStatus, path: str) -> MountedFolder:
    """The folder a cloud path is in, through the mount. Blocks.

    Raises:
        OSError: It is not there, or not in the mount.
    """
    if status.root is None or status.source_folder is None or status.device is None:
        raise MountGone(errno.ENODEV, status.reason)
    above = paths.parent_of(path)
    if not paths.is_below(above, status.source_folder):
        raise MountGone(errno.ENODEV, f"{above} is above what is mounted at {status.root}")
    return MountedFolder(status.root, above[len(status.source_folder.rstrip("/")) :], status.device)


class MountCopy:
    """One copy under a name of its own. Used once.

    Args:
        source: What to copy.
        status: Where the mount is.
        path: The cloud path under which it grows.
        progress: Told what was copied.
        going: Cleared while nothing is to be copied.
        limit: Bounds bytes per second.

    Attributes:
        left_behind: A file that is not complete may be in the mount.
    """

    def __init__(
        self,
        source: LocalFile,
        status: MountStatus,
        path: str,
        progress: ProgressTracker,
        going: asyncio.Event,
        limit: RateLimit,
    ) -> None:
        self.left_behind = False
        self._source = source
        self._status = status
        self._path = path
        self._progress = progress
        self._going = going
        self._limit = limit
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Task[None] | None = None
        self._stopped = False

    async def run(self) -> MountedFolder:
        """The folder, with the complete and closed file in it.

        Raises:
            SourceChanged: The source is not what it was.
            OSError: The system refuses, or the mount is gone.
        """
        thread = asyncio.ensure_future(in_thread(self._copy))
        try:
            return await asyncio.shield(thread)
        except asyncio.CancelledError:
            self._stopped = True
            if self._waiting is not None:
                self._waiting.cancel()
            await asyncio.wait({thread}, timeout=STOPPED_SECONDS)
            thread.add_done_callback(_close)
            raise

    def _copy(self) -> MountedFolder:
        folder = opened(self._status, self._path)
        try:
            self._check_room(folder)
            self._fill(folder, paths.name_of(self._path))
        except BaseException:
            folder.close()
            raise
        return folder

    def _check_room(self, folder: MountedFolder) -> None:
        room = folder.room()
        if room is not None and room < self._source.size:
            message = f"no room: {self._source.size:,} bytes are to come, {room:,} are free"
            raise OSError(errno.ENOSPC, message)

    def _fill(self, folder: MountedFolder, name: str) -> None:
        handle = folder.create(name)
        self.left_behind, complete = True, False
        try:
            try:
                Copying(self._source, self._allow, self._tell).run(handle)
                self._source.check()
                moment = self._source.identity.mtime_ns
                with contextlib.suppress(OSError):
                    # Not every mount keeps times.
                    os.utime(handle, ns=(moment, moment))
                os.fsync(handle)
                self._check_stopped()
                complete = True
            finally:
                if not complete:
                    # Removed before it is closed, so that it never begins its way into the cloud.
                    self._remove(folder, name)
                os.close(handle)
        except OSError:
            if complete:
                # The mount did not want it after all.
                self._remove(folder, name)
            raise

    def _remove(self, folder: MountedFolder, name: str) -> None:
        with contextlib.suppress(OSError):
            folder.remove(name)
            self.left_behind = False

    # Asked and told by the thread

    def _allow(self, count: int) -> None:
        self._check_stopped()
        try:
            asyncio.run_coroutine_threadsafe(self._allowed(count), self._loop).result()
        except Withdrawn:
            self._check_stopped()
            raise

    async def _allowed(self, count: int) -> None:
        self._waiting = asyncio.current_task()
        try:
            await self._going.wait()
            self._progress.set_phase(Phase.TRANSFERRING)
            await self._limit.take(count, self._path)
        finally:
            self._waiting = None

    def _tell(self, begin: int, end: int) -> None:
        self._loop.call_soon_threadsafe(self._progress.confirm, begin, end)

    def _check_stopped(self) -> None:
        if self._stopped:
            raise OSError(errno.ECANCELED, "the copy was stopped")


def _close(thread: asyncio.Future[MountedFolder]) -> None:
    """Nobody waits for the thread any more."""
    if not thread.cancelled() and thread.exception() is None:
        thread.result().close()
