"""Copy and merge tasks over the API (protocol.md §10.3, §10.4). A confined token sees and controls those of its own folder."""

from __future__ import annotations

from collections.abc import Iterable

from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.copying import COMPLETED, Copies, Copy
from clouddrive2.emulator.merging import Merges
from clouddrive2.emulator.view import View
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["CopiesService"]


class CopiesService:
    """GetCopyTasks and GetMergeTasks; pause, resume, cancel, restart and remove, one, several or all."""

    def __init__(self, world: World, copies: Copies, merges: Merges) -> None:
        self._world = world
        self._copies = copies
        self._merges = merges

    async def GetCopyTasks(self, request: Empty, call: Call) -> pb.GetCopyTaskResult:
        view, reply = View(self._world, call), pb.GetCopyTaskResult()
        for copy in self._seen(view):
            task = reply.copyTasks.add()
            task.CopyFrom(copy.shown)
            task.sourcePath, task.destPath = view.shown(task.sourcePath), view.shown(task.destPath)
        return reply

    async def PauseCopyTask(self, request: pb.PauseCopyTaskRequest, call: Call) -> Empty:
        self._copies.pause([self._one(request.sourcePath, request.destPath, call)], pause=request.pause)
        return Empty()

    async def CancelCopyTask(self, request: pb.CopyTaskRequest, call: Call) -> Empty:
        await self._copies.cancel(self._one(request.sourcePath, request.destPath, call))
        return Empty()

    async def RestartCopyTask(self, request: pb.CopyTaskRequest, call: Call) -> Empty:
        await self._copies.restart(self._one(request.sourcePath, request.destPath, call))
        return Empty()

    async def RemoveCompletedCopyTasks(self, request: Empty, call: Call) -> Empty:
        await self._copies.remove(copy for copy in self._seen(View(self._world, call)) if copy.shown.status == COMPLETED)
        return Empty()

    async def RemoveAllCopyTasks(self, request: Empty, call: Call) -> pb.BatchOperationResult:
        return _done(await self._copies.remove(self._seen(View(self._world, call))))

    async def RemoveCopyTasks(self, request: pb.CopyTaskBatchRequest, call: Call) -> pb.BatchOperationResult:
        return _done(await self._copies.remove(self._keyed(request.taskKeys, call)))

    async def PauseAllCopyTasks(self, request: pb.PauseAllCopyTasksRequest, call: Call) -> pb.BatchOperationResult:
        return _done(self._copies.pause(self._seen(View(self._world, call)), pause=request.pause))

    async def PauseCopyTasks(self, request: pb.PauseCopyTasksRequest, call: Call) -> pb.BatchOperationResult:
        return _done(self._copies.pause(self._keyed(request.taskKeys, call), pause=request.pause))

    async def ResumeAllCopyTasks(self, request: Empty, call: Call) -> pb.BatchOperationResult:
        return _done(self._copies.pause(self._seen(View(self._world, call)), pause=False))

    async def ResumeCopyTasks(self, request: pb.CopyTaskBatchRequest, call: Call) -> pb.BatchOperationResult:
        return _done(self._copies.pause(self._keyed(request.taskKeys, call), pause=False))

    async def GetMergeTasks(self, request: Empty, call: Call) -> pb.GetMergeTasksResult:
        view, reply = View(self._world, call), pb.GetMergeTasksResult()
        for merge in self._merges.all():
            if view.sees(merge.shown.sourcePath) and view.sees(merge.shown.destPath):
                task = reply.mergeTasks.add()
                task.CopyFrom(merge.shown)
                task.sourcePath, task.destPath = view.shown(task.sourcePath), view.shown(task.destPath)
        return reply

    async def CancelMergeTask(self, request: pb.CancelMergeTaskRequest, call: Call) -> Empty:
        view = View(self._world, call)
        for merge in self._merges.all():
            source, target = merge.shown.sourcePath, merge.shown.destPath
            seen = view.sees(source) and view.sees(target)
            if seen and (view.shown(source), view.shown(target)) == (request.sourcePath, request.destPath):
                await self._merges.cancel(source, target)
                return Empty()
        raise CallError(Status.NOT_FOUND, f"there is no merge task from {request.sourcePath} to {request.destPath}")

    def _seen(self, view: View) -> list[Copy]:
        return [copy for copy in self._copies.all() if view.sees(copy.shown.sourcePath) and view.sees(copy.shown.destPath)]

    def _one(self, source: str, folder: str, call: Call) -> Copy:
        """A task by the raw texts of the list."""
        view = View(self._world, call)
        for copy in self._seen(view):
            if (view.shown(copy.shown.sourcePath), view.shown(copy.shown.destPath)) == (source, folder):
                return copy
        raise CallError(Status.NOT_FOUND, f"there is no copy task from {source} to {folder}")

    def _keyed(self, keys: Iterable[str], call: Call) -> list[Copy]:
        view = View(self._world, call)
        known = {f"{view.shown(copy.shown.sourcePath)}:{view.shown(copy.shown.destPath)}": copy for copy in self._seen(view)}
        missing = [key for key in keys if key not in known]
        if missing:
            raise CallError(Status.NOT_FOUND, f"there is no copy task {missing[0]}")
        return [known[key] for key in keys]


def _done(count: int) -> pb.BatchOperationResult:
    return pb.BatchOperationResult(success=True, affectedCount=count)
