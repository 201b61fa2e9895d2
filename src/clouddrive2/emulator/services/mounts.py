"""Mount points over the API (protocol.md §9.2). A confined token mounts folders of its own part of the tree."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable

from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator.call import Call
from clouddrive2.emulator.local_folders import LocalFolders
from clouddrive2.emulator.mounting.fusermount import MountFailure
from clouddrive2.emulator.mounting.points import MountPoints
from clouddrive2.emulator.tree import Refusal
from clouddrive2.emulator.view import View
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["MountsService"]

NAMES_AT_ONCE = 100


class MountsService:
    """GetMountPoints, Add-, Update-, RemoveMountPoint, Mount, Unmount, CanAddMoreMountPoints, what pickers ask, and the helpers
    for Windows.
    """

    def __init__(self, world: World, points: MountPoints) -> None:
        self._world = world
        self._points = points
        self._local = LocalFolders(world.state)

    async def GetMountPoints(self, request: Empty, call: Call) -> pb.GetMountPointsResult:
        view, reply = View(self._world, call), pb.GetMountPointsResult()
        for point in self._points.all():
            shown = reply.mountPoints.add()
            shown.CopyFrom(point)
            shown.sourceDir = view.shown(point.sourceDir)
        return reply

    async def CanAddMoreMountPoints(self, request: Empty, call: Call) -> pb.FileOperationResult:
        if self._points.is_full:
            return pb.FileOperationResult(success=False, errorMessage="the plan allows no more mount points")
        return pb.FileOperationResult(success=True)

    async def AddMountPoint(self, request: pb.MountOption, call: Call) -> pb.MountPointResult:
        return await _result(self._points.add(await self._own(request, call)))

    async def UpdateMountPoint(self, request: pb.UpdateMountPointRequest, call: Call) -> pb.MountPointResult:
        return await _result(self._points.update(request.mountPoint, await self._own(request.newMountOption, call)))

    async def RemoveMountPoint(self, request: pb.MountPointRequest, call: Call) -> pb.MountPointResult:
        return await _result(self._points.remove(request.MountPoint))

    async def Mount(self, request: pb.MountPointRequest, call: Call) -> pb.MountPointResult:
        return await _result(self._points.mount(request.MountPoint))

    async def Unmount(self, request: pb.MountPointRequest, call: Call) -> pb.MountPointResult:
        return await _result(self._points.unmount(request.MountPoint))

    async def LocalGetSubFiles(self, request: pb.LocalGetSubFilesRequest, call: Call) -> AsyncIterator[pb.LocalGetSubFilesResult]:
        names = self._local.names(request.parentFolder)
        for start in range(0, len(names), NAMES_AT_ONCE):
            yield pb.LocalGetSubFilesResult(subFiles=names[start : start + NAMES_AT_ONCE])

    async def LocalCreateFolder(self, request: pb.LocalCreateFolderRequest, call: Call) -> pb.LocalCreateFolderResult:
        try:
            created = self._local.create(request.parentFolder, request.folderName)
        except Refusal as refusal:
            return pb.LocalCreateFolderResult(success=False, errorMessage=str(refusal))
        return pb.LocalCreateFolderResult(success=True, createdPath=created)

    # This server has no drive letters: they belong to Windows.

    async def HasDriveLetters(self, request: Empty, call: Call) -> pb.HasDriveLettersResult:
        return pb.HasDriveLettersResult(hasDriveLetters=False)

    async def GetAvailableDriveLetters(self, request: Empty, call: Call) -> pb.GetAvailableDriveLettersResult:
        return pb.GetAvailableDriveLettersResult()

    async def CanMountBothLocalAndCloud(self, request: Empty, call: Call) -> pb.BoolResult:
        return pb.BoolResult(result=False)

    async def _own(self, option: pb.MountOption, call: Call) -> pb.MountOption:
        """The request with the full path of what it mounts."""
        own = pb.MountOption()
        own.CopyFrom(option)
        own.sourceDir = await View(self._world, call).full(option.sourceDir)
        return own


async def _result(change: Awaitable[object]) -> pb.MountPointResult:
    try:
        await change
    except MountFailure as error:
        return pb.MountPointResult(success=False, failReason=str(error))
    return pb.MountPointResult(success=True)
