"""The file is copied into a mount of the drive on this machine, and the server passes it on to its cloud (protocol.md §9.3).

An unmounted mount point is an ordinary folder that swallows files without a word. So the mount is looked at before the copy
and after it, here and on the server; the copy goes through the opened folder and not by its path; and the first file of each
mount gets its name only when the server says that it sees it.

It grows under a name of its own beside the final one. What it replaces steps aside, and goes when the new file has been
verified.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import secrets
from dataclasses import replace

from clouddrive2.api.files import AsyncFiles
from clouddrive2.api.local_mounts import in_thread
from clouddrive2.api.mounts import AsyncMounts
from clouddrive2.api.transfers import AsyncTransfers
from clouddrive2.config import UploadConfig
from clouddrive2.errors import (
    AlreadyExists,
    Error,
    NotFound,
    OperationFailed,
    PermissionDenied,
    Unreachable,
    UploadRejected,
)
from clouddrive2.models import paths
from clouddrive2.models.mounts import MountStatus
from clouddrive2.models.uploads import RouteStep, Verify
from clouddrive2.transport.limits import RateLimit
from clouddrive2.upload.delivery import Delivery
from clouddrive2.upload.drive import Drive
from clouddrive2.upload.mount_copy import MountCopy, opened
from clouddrive2.upload.mounted_folder import MountedFolder, MountGone
from clouddrive2.upload.placing import Left, Placing
from clouddrive2.upload.plan import Circumstances
from clouddrive2.upload.routes.base import Carriage, Carried, HandOver, Route
from clouddrive2.upload.routes.steering import Steering, in_the_server, tidy
from clouddrive2.upload.verify import verify_entry

__all__ = ["MountRoute"]

logger = logging.getLogger(__name__)
# What the server said of its mounts a moment ago holds for a burst of small files.
MOMENT = 1.0
# A server shows a file once the kernel has told it that it was closed, which is after the close.
SEEN_PAUSES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)


class MountRoute(Route):
    """Copies into a mount.

    Args:
        drive: The drive by calls.
        files: Renames, deletes, and tells of room.
        mounts: Tells where the drive is mounted.
        transfers: The server's upload list.
        limit: Bounds bytes per second.
        config: Patience.
    """

    name = "mount"

    def __init__(
        self,
        drive: Drive,
        files: AsyncFiles,
        mounts: AsyncMounts,
        transfers: AsyncTransfers,
        limit: RateLimit,
        config: UploadConfig,
    ) -> None:
        self.drive = drive
        self._files = files
        self._mounts = mounts
        self._transfers = transfers
        self._limit = limit
        self._config = config
        # Mounts in which the server has seen a file of ours.
        self._proven: set[tuple[str, int]] = set()
        # Complete files of an earlier run, by their final path: they go on where they are.
        self._found: dict[str, Left] = {}

    def can_carry(self, circumstances: Circumstances) -> RouteStep:
        if circumstances.transport is None:
            return RouteStep(self.name, False, "no call gets through to the server, which has to follow the file")
        status = circumstances.mount
        if status is None:
            return RouteStep(self.name, False, "the server does not say what it has mounted")
        return RouteStep(self.name, status.method == "local", status.reason)

    async def carry(self, carriage: Carriage) -> Carried:
        steering = Steering(carriage)
        carriage.controls = steering
        found = self._found.pop(carriage.path, None)
        work = self._bring(carriage, steering) if found is None else self._go_on(carriage, found, steering)
        try:
            return await steering.run(work)
        finally:
            carriage.controls = None

    async def keep(self, left: str) -> bool:
        found = Left.parse(left)
        if found is None or not await self._placing(found).is_whole():
            return False
        self._found[found.path] = found
        return True

    async def clean(self, left: str) -> None:
        found = Left.parse(left)
        if found is None:
            return
        self._found.pop(found.path, None)
        if found.closed:
            await self._placing(found).undo()
            return
        # In the mount first: a file that is not closed yet can only be removed there.
        with contextlib.suppress(HandOver, OSError):
            status = await self._mounted(found.path)
            await in_thread(lambda: _removed(status, found.partial))
        await self._files.delete(found.partial, missing_ok=True)

    # Into the mount

    async def _bring(self, carriage: Carriage, steering: Steering) -> Carried:
        status = await self._mounted(carriage.path)
        left = Left.of(carriage.path, secrets.token_hex(4), carriage.source.size, carriage.replaces)
        delivery = self._delivery(left, str(status.local_path))
        await delivery.remember()
        await carriage.leaves(left.text)
        folder = await self._copied(carriage, left, status, steering)
        try:
            left = replace(left, closed=True)
            await carriage.leaves(left.text)
            await self._named(folder, carriage, left, status)
        finally:
            folder.close()
        return await self._delivered(carriage, left, delivery, steering)

    async def _mounted(self, path: str) -> MountStatus:
        """Where the drive is mounted here.

        Raises:
            HandOver: Nowhere, or no longer.
        """
        try:
            status = await self._mounts.status(path, max_age=MOMENT)
        except Unreachable as error:
            raise HandOver(error) from error
        if status.method != "local":
            raise HandOver(OperationFailed(f"{path}: {status.reason}", path=path))
        return status

    async def _copied(self, carriage: Carriage, left: Left, status: MountStatus, steering: Steering) -> MountedFolder:
        """The folder with the complete, closed file under its own name; nothing of it when this raises."""
        copy = MountCopy(carriage.source, status, left.partial, carriage.progress, steering.going, self._limit)
        try:
            return await copy.run()
        except OSError as error:
            raise await self._meaning(error, carriage, status) from error
        finally:
            # A complete one is written into the journal by whoever asked for it.
            if not copy.left_behind:
                await carriage.leaves("")

    async def _named(self, folder: MountedFolder, carriage: Carriage, left: Left, status: MountStatus) -> None:
        """Look again, then give the file its name."""
        path, partial, naming = carriage.path, paths.name_of(left.partial), False
        try:
            again = await self._mounted(path)
            if (again.root, again.device) != (status.root, status.device):
                raise HandOver(OperationFailed(f"{path}: the mount at {status.root} went away during the copy", path=path))
            await self._prove(left, status)
            naming = True
            await in_thread(lambda: _rename(folder, left))
        except BaseException as error:

            async def take_back() -> None:
                await in_thread(lambda: folder.remove(partial))
                if naming and left.aside:
                    await self._placing(left).undo()

            await tidy(carriage, self._config, take_back(), error)
            if isinstance(error, FileExistsError):
                message = f"{path} exists already: it was made while the file was copied"
                raise AlreadyExists(message, path=path) from error
            if isinstance(error, OSError) and not isinstance(error, Error):
                raise await self._meaning(error, carriage, status) from error
            raise

    async def _prove(self, left: Left, status: MountStatus) -> None:
        """The server sees the file, so the mount is its own and shows the folder it is said to show."""
        mount = (str(status.root), status.device or 0)
        if mount in self._proven:
            return
        for pause in (*SEEN_PAUSES, None):
            try:
                entry = await self.drive.stat(left.partial, False)
            except NotFound:
                entry = None
            except Unreachable as error:
                raise HandOver(error) from error
            if entry is not None and entry.size == left.size:
                self._proven.add(mount)
                return
            if pause is not None:
                await asyncio.sleep(pause)
        message = (
            f"{left.path}: what is written to {status.root} does not show in {status.source_folder} on the server: it is not "
            "the mount of this server, or shows another folder; correct the mount map"
        )
        raise HandOver(OperationFailed(message, path=left.path))

    async def _meaning(self, error: OSError, carriage: Carriage, status: MountStatus) -> Exception:
        """What an error of the system means: a refusal of the cloud, or that this way is closed while others need not be."""
        path, why = carriage.path, error.strerror or str(error)
        told = f"{path}: copying into the mount at {status.root} failed: {why}"
        try:
            match error.errno:
                case errno.ENOENT:
                    # Raises NotFound when the folder is not there on the server either.
                    await self.drive.stat(paths.parent_of(path), False)
                case errno.EDQUOT:
                    return UploadRejected(f"{path}: the quota is used up: {why}", path=path)
                case errno.ENOSPC if (await self._files.space(path)).free < carriage.source.size:
                    return UploadRejected(f"{path}: the cloud has no room: {why}", path=path)
                case errno.EROFS if (await self.drive.stat(paths.parent_of(path), False)).read_only:
                    return PermissionDenied(f"{path}: this cloud is read-only", path=path)
        except NotFound as missing:
            return missing
        except Error as unknown:
            logger.info("%s: %s", told, unknown, extra={"action": "mount_failure_unclear"})
        return HandOver(OperationFailed(told, path=path))

    # From the server into its cloud

    async def _go_on(self, carriage: Carriage, left: Left, steering: Steering) -> Carried:
        """With a file that an earlier run brought into the server."""
        logger.info("%s is in the server already", carriage.path, extra={"action": "upload_resumed"})
        carriage.progress.confirm(0, carriage.source.size)
        await carriage.leaves(left.text)
        return await self._delivered(carriage, left, self._delivery(left), steering, again=True)

    async def _delivered(
        self, carriage: Carriage, left: Left, delivery: Delivery, steering: Steering, *, again: bool = False
    ) -> Carried:
        placing = self._placing(left)
        async with in_the_server(carriage, self._config, steering, placing.undo):
            if again:
                await placing.place(delivery.check, again=True)
            delivered = await steering.follow(delivery)
            if left.aside and not delivered.queued:
                await self._check(carriage)
            await placing.settle()
        await carriage.leaves("")
        return Carried(False, skipped=delivered.skipped, message=delivered.message, queued=delivered.queued)

    async def _check(self, carriage: Carriage) -> None:
        """What is replaced goes for good: the new file has to be good before."""
        await verify_entry(
            carriage.path,
            carriage.source.size,
            Verify.AUTO,
            carriage.hasher,
            self.drive.stat,
            seconds=self._config.verify_seconds,
            before=carriage.replaces,
        )

    def _placing(self, left: Left) -> Placing:
        return Placing(self._files, self._config, left)

    def _delivery(self, left: Left, *aliases: str) -> Delivery:
        return Delivery(self._transfers, self.drive.stat, self._config, left.path, partial=left.partial, aliases=aliases)


def _rename(folder: MountedFolder, left: Left) -> None:
    """What has the name steps aside, and the new file gets it. Blocks."""
    if not folder.is_current:
        raise MountGone(errno.ENODEV, "the mount went away during the copy")
    partial, name = paths.name_of(left.partial), paths.name_of(left.path)
    if left.aside:
        # Deleted meanwhile, it is not in the way.
        with contextlib.suppress(FileNotFoundError):
            folder.rename(name, paths.name_of(left.aside))
    if folder.has(name):
        raise FileExistsError(errno.EEXIST, name)
    folder.rename(partial, name)


def _removed(status: MountStatus, path: str) -> None:
    folder = opened(status, path)
    try:
        folder.remove(paths.name_of(path))
    finally:
        folder.close()
