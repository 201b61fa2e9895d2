"""Work the server is doing: uploads, downloads, copies, merges (protocol.md §10)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from dataclasses import replace
from typing import TypeVar

from google.protobuf.empty_pb2 import Empty

from clouddrive2.api.views import PathView
from clouddrive2.errors import NotFound
from clouddrive2.models.tasks import CopyTask, Download, MergeTask, TaskCounts
from clouddrive2.models.transfers import Operator, Transfer, TransferStatus
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["AsyncTransfers"]

PAGE = 500
T = TypeVar("T", CopyTask, MergeTask)


class AsyncTransfers:
    """``client.transfers``."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._view = PathView(caller.server)

    async def counts(self) -> TaskCounts:
        """How much the server is working on. May be repeated.

        Raises:
            PermissionDenied: The token may not see transfer tasks.
        """
        return TaskCounts.from_proto(await self._caller.unary("GetAllTasksCount", Empty(), pb.GetAllTasksCountResult))

    async def uploads(
        self, *, containing: str = "", operator: Operator | None = None, status: TransferStatus | None = None
    ) -> AsyncGenerator[Transfer, None]:
        """The server's upload list, page by page (protocol.md §10.1).

        Args:
            containing: Only rows whose path contains this text.
            operator: Only rows made by this.
            status: Only rows that stand here.

        Raises:
            PermissionDenied: The token may not see transfer tasks.
        """
        page = 0
        while True:
            request = pb.GetUploadFileListRequest(itemsPerPage=PAGE, pageNumber=page, filter=containing)
            if operator is not None:
                request.operatorTypeFilter = pb.UploadFileInfo.OperatorType.ValueType(operator)
            if status is not None:
                request.statusFilter = pb.UploadFileInfo.Status.ValueType(status)
            reply = await self._caller.unary("GetUploadFileList", request, pb.GetUploadFileListResult)
            for row in reply.uploadFiles:
                transfer = Transfer.from_proto(row)
                yield replace(transfer, path=self._view.shown(transfer.path))
            page += 1
            total = reply.totalCountFiltered or reply.totalCount
            # A server that does not count has said all when a page is not full.
            if not reply.uploadFiles or (page * PAGE >= total if total else len(reply.uploadFiles) < PAGE):
                return

    async def pause(self, keys: Iterable[str]) -> None:
        """Pause uploads by key; unknown keys are ignored by the server. May be repeated."""
        await self._caller.unary("PauseUploadFiles", pb.MultpleUploadFileKeyRequest(keys=keys), Empty)

    async def resume(self, keys: Iterable[str]) -> None:
        """Let paused uploads go on. May be repeated."""
        await self._caller.unary("ResumeUploadFiles", pb.MultpleUploadFileKeyRequest(keys=keys), Empty)

    async def cancel(self, keys: Iterable[str]) -> None:
        """Cancel uploads. May be repeated."""
        await self._caller.unary("CancelUploadFiles", pb.MultpleUploadFileKeyRequest(keys=keys), Empty)

    async def pause_all(self) -> None:
        """Pause every upload. May be repeated."""
        await self._caller.unary("PauseAllUploadFiles", Empty(), Empty)

    async def resume_all(self) -> None:
        """Let every paused upload go on. May be repeated."""
        await self._caller.unary("ResumeAllUploadFiles", Empty(), Empty)

    async def cancel_all(self) -> None:
        """Cancel every upload; also those of other programs. May be repeated."""
        await self._caller.unary("CancelAllUploadFiles", Empty(), Empty)

    async def downloads(self) -> list[Download]:
        """The files the server has open for readers. They are no jobs: there is nothing to pause (protocol.md §10.2).

        May be repeated.

        Raises:
            PermissionDenied: The token may not see transfer tasks.
        """
        reply = await self._caller.unary("GetDownloadFileList", Empty(), pb.GetDownloadFileListResult)
        found = (Download.from_proto(row) for row in reply.downloadFiles)
        return [replace(download, path=self._view.shown(download.path)) for download in found]

    async def copies(self) -> list[CopyTask]:
        """The server's copy tasks, also those that have ended and were not removed (protocol.md §10.3). May be repeated.

        A task that is not listed has not failed: the server, or somebody, may have removed it. The destination tells.

        Raises:
            PermissionDenied: The token may not see transfer tasks.
        """
        return [self._shown(task) for task in await self._copies()]

    async def pause_copies(self, keys: Iterable[str]) -> int:
        """Pause copy tasks by key; how many. May be repeated.

        Raises:
            NotFound: There is no such task.
        """
        request = pb.PauseCopyTasksRequest(taskKeys=keys, pause=True)
        return (await self._caller.unary("PauseCopyTasks", request, pb.BatchOperationResult)).affectedCount

    async def resume_copies(self, keys: Iterable[str]) -> int:
        """Let paused copy tasks go on; how many. May be repeated. Errors as for :meth:`pause_copies`."""
        request = pb.CopyTaskBatchRequest(taskKeys=keys)
        return (await self._caller.unary("ResumeCopyTasks", request, pb.BatchOperationResult)).affectedCount

    async def cancel_copies(self, keys: Iterable[str]) -> None:
        """Stop copy tasks by key; what is copied already stays. Errors as for :meth:`pause_copies`."""
        for task in await self._copies_of(keys):
            request = pb.CopyTaskRequest(sourcePath=task.source, destPath=task.destination)
            await self._caller.unary("CancelCopyTask", request, Empty, path=task.source)

    async def restart_copies(self, keys: Iterable[str]) -> None:
        """Begin copy tasks anew, also such that have ended; files that are there already are skipped.

        Errors as for :meth:`pause_copies`.
        """
        for task in await self._copies_of(keys):
            request = pb.CopyTaskRequest(sourcePath=task.source, destPath=task.destination)
            await self._caller.unary("RestartCopyTask", request, Empty, path=task.source)

    async def remove_copies(self, keys: Iterable[str]) -> int:
        """Take copy tasks off the list, stopping those that run; how many. Errors as for :meth:`pause_copies`."""
        request = pb.CopyTaskBatchRequest(taskKeys=keys)
        return (await self._caller.unary("RemoveCopyTasks", request, pb.BatchOperationResult)).affectedCount

    async def pause_all_copies(self) -> int:
        """Pause every copy task; how many. May be repeated."""
        request = pb.PauseAllCopyTasksRequest(pause=True)
        return (await self._caller.unary("PauseAllCopyTasks", request, pb.BatchOperationResult)).affectedCount

    async def resume_all_copies(self) -> int:
        """Let every paused copy task go on; how many. May be repeated."""
        return (await self._caller.unary("ResumeAllCopyTasks", Empty(), pb.BatchOperationResult)).affectedCount

    async def remove_all_copies(self) -> int:
        """Take every copy task off the list, stopping those that run; how many."""
        return (await self._caller.unary("RemoveAllCopyTasks", Empty(), pb.BatchOperationResult)).affectedCount

    async def remove_completed_copies(self) -> None:
        """Take the copy tasks off the list that are completed. May be repeated."""
        await self._caller.unary("RemoveCompletedCopyTasks", Empty(), Empty)

    async def merges(self) -> list[MergeTask]:
        """The server's merge tasks (protocol.md §10.4). May be repeated.

        Raises:
            PermissionDenied: The token may not see transfer tasks.
            Unsupported: The server is older than 0.9.9.
        """
        reply = await self._caller.unary("GetMergeTasks", Empty(), pb.GetMergeTasksResult)
        tasks = (MergeTask.from_proto(task) for task in reply.mergeTasks)
        return [
            replace(task, source=self._view.shown(task.source), destination=self._view.shown(task.destination)) for task in tasks
        ]

    async def cancel_merges(self, keys: Iterable[str]) -> None:
        """Stop merge tasks by key; what is merged already stays.

        Raises:
            NotFound: There is no such task.
        """
        reply = await self._caller.unary("GetMergeTasks", Empty(), pb.GetMergeTasksResult)
        for task in _chosen((MergeTask.from_proto(each) for each in reply.mergeTasks), keys, "merge"):
            request = pb.CancelMergeTaskRequest(sourcePath=task.source, destPath=task.destination)
            await self._caller.unary("CancelMergeTask", request, Empty, path=task.source)

    async def _copies(self) -> list[CopyTask]:
        reply = await self._caller.unary("GetCopyTasks", Empty(), pb.GetCopyTaskResult)
        return [CopyTask.from_proto(task) for task in reply.copyTasks]

    async def _copies_of(self, keys: Iterable[str]) -> list[CopyTask]:
        """The tasks of these keys with the server's own paths: a key cannot be taken apart, as names may contain a colon."""
        return _chosen(await self._copies(), keys, "copy")

    def _shown(self, task: CopyTask) -> CopyTask:
        return replace(task, source=self._view.shown(task.source), destination=self._view.shown(task.destination))


def _chosen(tasks: Iterable[T], keys: Iterable[str], noun: str) -> list[T]:
    by_key = {task.key: task for task in tasks}
    wanted = list(keys)
    for key in wanted:
        if key not in by_key:
            raise NotFound(f"there is no {noun} task {key}: it may have ended and been removed", path=key)
    return [by_key[key] for key in wanted]
