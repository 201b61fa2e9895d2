"""Mount points: what is configured, what is mounted, and how changes are told (protocol.md §9)."""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path

from clouddrive2.emulator.call import CallError, Status
from clouddrive2.emulator.delivery import Deliveries
from clouddrive2.emulator.mounting.faults import MountFaults
from clouddrive2.emulator.mounting.fuse import FuseMount, Look
from clouddrive2.emulator.mounting.fusermount import MountFailure
from clouddrive2.emulator.mounting.tree import MountedTree
from clouddrive2.emulator.upload_faults import UploadFaults
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["MountPoints"]

logger = logging.getLogger(__name__)
MOUNT, UNMOUNT = pb.MountPointChange.MOUNT, pb.MountPointChange.UNMOUNT
DEFAULT_MODE = 0o755
SOURCE_MISSING = "the source folder does not exist"


class MountPoints:
    """All of them. Every change that cannot be made raises :class:`MountFailure` with the reason."""

    def __init__(self, world: World, deliveries: Deliveries, faults: UploadFaults, mount_faults: MountFaults) -> None:
        self._world = world
        self._deliveries = deliveries
        self._faults = faults
        self._mount_faults = mount_faults
        self._points: dict[str, pb.MountPoint] = {}
        self._mounted: dict[str, FuseMount] = {}

    def all(self) -> list[pb.MountPoint]:
        """As configured and as they are, in the order they were added."""
        return list(self._points.values())

    @property
    def is_full(self) -> bool:
        """Whether the plan allows no more of them."""
        limit = self._world.options.mount_limit
        return limit is not None and len(self._points) >= limit

    async def add(self, option: pb.MountOption) -> pb.MountPoint:
        """Configure one, and mount it at once when it is to be mounted by itself (protocol.md §20.29).

        Raises:
            CallError: The plan allows no more.
        """
        place = _place(option.mountPoint)
        if place in self._points:
            raise MountFailure(f"mount point {place} already exists")
        if self.is_full:
            raise CallError(Status.PERMISSION_DENIED, "invalid user plan")
        await self._check_source(option.sourceDir)
        point = pb.MountPoint(mountPoint=place)
        _configure(point, option)
        self._points[place] = point
        if point.autoMount:
            # A failure is shown by the mount point, which is there all the same.
            with contextlib.suppress(MountFailure):
                await self.mount(place)
        return point

    async def add_mounted(self, place: Path, source: str) -> None:
        """Configure one that has to be mounted now."""
        try:
            point = await self.add(pb.MountOption(mountPoint=str(place), sourceDir=source, autoMount=True))
        except MountFailure as error:
            raise MountFailure(f"{source} cannot be mounted at {place}: {error}") from error
        if not point.isMounted:
            raise MountFailure(f"{source} cannot be mounted at {place}: {point.failReason}")

    async def update(self, place: str, option: pb.MountOption) -> None:
        """Change one; a mounted one is unmounted and mounted anew."""
        point = self._known(place)
        await self._check_source(option.sourceDir)
        renamed = _place(option.mountPoint) if option.mountPoint else point.mountPoint
        if renamed != point.mountPoint and renamed in self._points:
            raise MountFailure(f"mount point {renamed} already exists")
        was_mounted = point.isMounted
        if was_mounted:
            await self.unmount(place)
        del self._points[point.mountPoint]
        point.mountPoint = renamed
        _configure(point, option)
        self._points[renamed] = point
        if was_mounted:
            await self.mount(renamed)

    async def remove(self, place: str) -> None:
        """Forget one, unmounted before."""
        point = self._known(place)
        if point.isMounted:
            await self.unmount(place)
        del self._points[point.mountPoint]

    async def mount(self, place: str) -> None:
        """Mount one; nothing happens when it is mounted."""
        point = self._known(place)
        if point.isMounted:
            return
        try:
            await self._mount(point)
        except MountFailure as error:
            point.failReason = str(error)
            self._tell(MOUNT, point, str(error))
            raise
        point.isMounted, point.failReason = True, ""
        self._tell(MOUNT, point)

    async def unmount(self, place: str, *, by_force: bool = False) -> None:
        """Unmount one; nothing happens when it is not mounted."""
        point = self._known(place)
        if not point.isMounted:
            return
        running = self._mounted.get(point.mountPoint)
        if running is not None:
            try:
                await running.stop(by_force=by_force)
            except MountFailure as error:
                self._tell(UNMOUNT, point, str(error))
                raise
            self._mounted.pop(point.mountPoint, None)
        point.isMounted = False
        self._tell(UNMOUNT, point)

    async def close(self) -> None:
        """Unmount all, also what is in use."""
        for point in self.all():
            try:
                await self.unmount(point.mountPoint, by_force=True)
            except MountFailure as error:
                logger.warning("%s stays mounted: %s", point.mountPoint, error, extra={"action": "unmount_failed"})

    async def _mount(self, point: pb.MountPoint) -> None:
        if reason := self._mount_faults.refusal():
            raise MountFailure(reason)
        await self._check_source(point.sourceDir)
        if not self._world.options.real_mounts:
            return
        tree = MountedTree(
            self._world,
            self._deliveries,
            self._faults,
            self._mount_faults,
            source=point.sourceDir,
            read_only=point.readOnly,
            account=self._world.username,
        )
        look = Look(point.uid or os.getuid(), point.gid or os.getgid(), _mode(point.permissions))

        def ended() -> None:
            self._mounted.pop(point.mountPoint, None)
            point.isMounted, point.failReason = False, "the file system ended"
            self._tell(UNMOUNT, point, point.failReason)

        mount = FuseMount(tree, Path(point.mountPoint), look, read_only=point.readOnly, ended=ended)
        await mount.start()
        self._mounted[point.mountPoint] = mount

    async def _check_source(self, source: str) -> None:
        entry = await self._world.entry(source)
        if entry is None or not entry.isDirectory:
            raise MountFailure(f"{source}: {SOURCE_MISSING}")

    def _known(self, place: str) -> pb.MountPoint:
        point = self._points.get(_place(place))
        if point is None:
            raise MountFailure(f"mount point {place} not found")
        return point

    def _tell(self, action: pb.MountPointChange.ActionType.ValueType, point: pb.MountPoint, reason: str = "") -> None:
        change = pb.MountPointChange(actionType=action, mountPoint=point.mountPoint, success=not reason, failReason=reason)
        kind = pb.CloudDrivePushMessage.MOUNT_POINT_CHANGE
        self._world.push(pb.CloudDrivePushMessage(messageType=kind, mountPointChange=change))


def _place(given: str) -> str:
    """The key of a mount point: a local path without a slash at its end."""
    place = given.rstrip("/") if len(given) > 1 else given
    if not place.startswith("/") or place == "/" or "\0" in place:
        raise MountFailure(f"'{given}' is no local folder of this server")
    return place


def _configure(point: pb.MountPoint, option: pb.MountOption) -> None:
    for name in ("sourceDir", "localMount", "readOnly", "autoMount", "uid", "gid", "permissions", "name"):
        setattr(point, name, getattr(option, name))
    _mode(point.permissions)


def _mode(text: str) -> int:
    try:
        return int(text, 8) & 0o777 if text else DEFAULT_MODE
    except ValueError as error:
        raise MountFailure(f"permissions '{text}' are no octal number") from error
