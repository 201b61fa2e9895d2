"""The server's transfer lists and their controls (protocol.md §10.1, §10.2, §10.4)."""

from __future__ import annotations

from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator.call import Call
from clouddrive2.emulator.faults import Faults
from clouddrive2.emulator.tasks import UploadTask
from clouddrive2.emulator.view import View
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["TasksService"]


class TasksService:
    """Upload list, counters, pause, resume, cancel. A confined token sees and controls what goes into its own folder."""

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults

    async def GetUploadFileList(self, request: pb.GetUploadFileListRequest, call: Call) -> pb.GetUploadFileListResult:
        view = View(self._world, call)
        rows = [task for task in self._world.tasks.rows() if view.sees(task.path)]
        chosen = [
            task
            for task in rows
            if request.filter.lower() in self._listed(view, task).lower()
            and (not request.HasField("statusFilter") or task.status == request.statusFilter)
            and (not request.HasField("operatorTypeFilter") or task.operator == request.operatorTypeFilter)
        ]
        page = chosen
        if not request.getAll and request.itemsPerPage:
            first = request.pageNumber * request.itemsPerPage
            page = chosen[first : first + request.itemsPerPage]
        shown = []
        for task in page:
            row = task.to_proto(with_number=not self._faults.status_number_missing)
            row.destPath = self._listed(view, task)
            shown.append(row)
        return pb.GetUploadFileListResult(
            totalCount=len(rows),
            totalCountFiltered=len(chosen),
            uploadFiles=shown,
            totalBytes=sum(task.size for task in rows),
            finishedBytes=sum(task.transferred for task in rows),
        )

    async def GetUploadFileCount(self, request: Empty, call: Call) -> pb.GetUploadFileCountResult:
        return pb.GetUploadFileCountResult(fileCount=self._live_count(call))

    async def GetAllTasksCount(self, request: Empty, call: Call) -> pb.GetAllTasksCountResult:
        version = pb.PushMessage(clouddriveVersion=self._world.options.version)
        return pb.GetAllTasksCountResult(
            uploadCount=self._live_count(call),
            downloadCount=len(self._world.readers),
            copyTaskCount=self._world.copies,
            pushMessage=version,
        )

    async def GetDownloadFileCount(self, request: Empty, call: Call) -> pb.GetDownloadFileCountResult:
        return pb.GetDownloadFileCountResult(fileCount=len(self._world.readers.rows(View(self._world, call).sees)))

    async def GetDownloadFileList(self, request: Empty, call: Call) -> pb.GetDownloadFileListResult:
        view = View(self._world, call)
        rows = self._world.readers.rows(view.sees)
        for row in rows:
            row.filePath = view.shown(row.filePath)
        return pb.GetDownloadFileListResult(globalBytesPerSecond=sum(row.bytesPerSecond for row in rows), downloadFiles=rows)

    async def PauseUploadFiles(self, request: pb.MultpleUploadFileKeyRequest, call: Call) -> Empty:
        return self._control(self._keyed(request), "pause", call)

    async def ResumeUploadFiles(self, request: pb.MultpleUploadFileKeyRequest, call: Call) -> Empty:
        return self._control(self._keyed(request), "resume", call)

    async def CancelUploadFiles(self, request: pb.MultpleUploadFileKeyRequest, call: Call) -> Empty:
        return self._control(self._keyed(request), "cancel", call)

    async def PauseAllUploadFiles(self, request: Empty, call: Call) -> Empty:
        return self._control(self._world.tasks.live(), "pause", call)

    async def ResumeAllUploadFiles(self, request: Empty, call: Call) -> Empty:
        return self._control(self._world.tasks.live(), "resume", call)

    async def CancelAllUploadFiles(self, request: Empty, call: Call) -> Empty:
        return self._control(self._world.tasks.live(), "cancel", call)

    def _listed(self, view: View, task: UploadTask) -> str:
        return f"{self._faults.listed_below}{view.shown(task.path)}"

    def _keyed(self, request: pb.MultpleUploadFileKeyRequest) -> list[UploadTask]:
        return [task for key in request.keys if (task := self._world.tasks.get(key)) is not None]

    def _live_count(self, call: Call) -> int:
        view = View(self._world, call)
        return sum(view.sees(task.path) for task in self._world.tasks.live())

    def _control(self, tasks: list[UploadTask], action: str, call: Call) -> Empty:
        view = View(self._world, call)
        for task in tasks:
            if task.is_live and view.sees(task.path):
                task.control(action)
        return Empty()
