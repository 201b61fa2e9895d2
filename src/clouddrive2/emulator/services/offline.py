"""Offline downloads and shared links over the API (protocol.md §11). A confined token sees what goes into its own folder."""

from __future__ import annotations

from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.offline import DOWNLOADING, FAILED, FINISHED, WAITING, Offline, OfflineTask
from clouddrive2.emulator.storage import StorageError
from clouddrive2.emulator.tree import Refusal
from clouddrive2.emulator.view import View
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["OfflineService"]

PAGE_ROWS = 30
STATES = {
    pb.ClearOfflineFileRequest.All: (WAITING, DOWNLOADING, FINISHED, FAILED),
    pb.ClearOfflineFileRequest.Finished: (FINISHED,),
    pb.ClearOfflineFileRequest.Error: (FAILED,),
    pb.ClearOfflineFileRequest.Downloading: (WAITING, DOWNLOADING),
}


class OfflineService:
    """AddOfflineFiles, the two lists, quota, remove, clear, restart; AddSharedLink."""

    def __init__(self, world: World, offline: Offline) -> None:
        self._world = world
        self._offline = offline

    async def AddOfflineFiles(self, request: pb.AddOfflineFileRequest, call: Call) -> pb.FileOperationResult:
        folder = await View(self._world, call).full(request.toFolder)
        links = [line.strip() for line in request.urls.splitlines() if line.strip()]
        try:
            await self._offline.add(links, folder)
        except Refusal as refusal:
            return pb.FileOperationResult(success=False, errorMessage=str(refusal))
        return pb.FileOperationResult(success=True)

    async def ListOfflineFilesByPath(self, request: pb.FileRequest, call: Call) -> pb.OfflineFileListResult:
        view = View(self._world, call)
        path = await view.full(request.path)
        if await self._world.entry(path) is None:
            raise CallError(Status.NOT_FOUND, f"{request.path} not found")
        below = [task for task in self._seen(path, view) if task.folder == path or task.folder.startswith(f"{path}/")]
        return pb.OfflineFileListResult(offlineFiles=[task.shown for task in below], status=self._status(path))

    async def ListAllOfflineFiles(self, request: pb.OfflineFileListAllRequest, call: Call) -> pb.OfflineFileListAllResult:
        view = View(self._world, call)
        path = await self._cloud(request, view)
        tasks = self._seen(path, view)
        page, pages = max(1, request.page), max(1, -(-len(tasks) // PAGE_ROWS))
        return pb.OfflineFileListAllResult(
            pageNo=page,
            pageRowCount=PAGE_ROWS,
            pageCount=pages,
            totalCount=len(tasks),
            status=self._status(path),
            offlineFiles=[task.shown for task in tasks[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]],
        )

    async def GetOfflineQuotaInfo(self, request: pb.OfflineQuotaRequest, call: Call) -> pb.OfflineQuotaInfo:
        path = await self._cloud(request, View(self._world, call))
        total, left = self._world.locate(path)[0].options.offline_quota, self._offline.left(path)
        return pb.OfflineQuotaInfo(total=total, used=total - left, left=left)

    async def RemoveOfflineFiles(self, request: pb.RemoveOfflineFilesRequest, call: Call) -> pb.FileOperationResult:
        view = View(self._world, call)
        path = await self._cloud(request, view)
        wanted = {each.lower() for each in request.infoHashes}
        tasks = [task for task in self._seen(path, view) if task.shown.infoHash.lower() in wanted]
        if not tasks:
            return pb.FileOperationResult(success=False, errorMessage="there is no such offline download")
        try:
            await self._offline.remove(path, tasks, delete_files=request.deleteFiles)
        except (Refusal, StorageError) as error:
            return pb.FileOperationResult(success=False, errorMessage=str(error))
        return pb.FileOperationResult(success=True)

    async def ClearOfflineFiles(self, request: pb.ClearOfflineFileRequest, call: Call) -> Empty:
        view = View(self._world, call)
        path = await self._cloud(request, view)
        tasks = [task for task in self._seen(path, view) if task.shown.status in STATES.get(request.filter, ())]
        try:
            await self._offline.remove(path, tasks, delete_files=request.deleteFiles)
        except (Refusal, StorageError) as error:
            raise CallError(Status.INTERNAL, str(error)) from error
        return Empty()

    async def RestartOfflineTask(self, request: pb.RestartOfflineFileRequest, call: Call) -> Empty:
        view = View(self._world, call)
        path = await self._cloud(request, view)
        for task in self._seen(path, view):
            if task.shown.infoHash.lower() == request.infoHash.lower():
                await self._offline.restart(task)
                return Empty()
        raise CallError(Status.NOT_FOUND, f"there is no offline download {request.infoHash}")

    async def AddSharedLink(self, request: pb.AddSharedLinkRequest, call: Call) -> Empty:
        folder = await View(self._world, call).full(request.toFolder)
        await self._offline.save_share(request.sharedLinkUrl, request.sharedPassword, folder)
        return Empty()

    def _seen(self, path: str, view: View) -> list[OfflineTask]:
        return [task for task in self._offline.all(path) if view.sees(task.folder)]

    def _status(self, path: str) -> pb.OfflineStatus:
        return pb.OfflineStatus(quota=self._offline.left(path), total=self._world.locate(path)[0].options.offline_quota)

    async def _cloud(
        self,
        request: pb.OfflineFileListAllRequest
        | pb.OfflineQuotaRequest
        | pb.RemoveOfflineFilesRequest
        | pb.ClearOfflineFileRequest
        | pb.RestartOfflineFileRequest,
        view: View,
    ) -> str:
        """Which cloud is meant: by type and account, or by a path alone."""
        for name, cloud in self._world.clouds.items():
            if (cloud.options.kind, cloud.options.account_id) == (request.cloudName, request.cloudAccountId):
                return f"/{name}"
        if request.cloudName or not request.path:
            raise CallError(Status.NOT_FOUND, f"there is no cloud {request.cloudName} of {request.cloudAccountId}")
        path = await view.full(request.path)
        self._world.locate(path)
        return path
