"""Work the server is doing: uploads, downloads, copies, merges (protocol.md §10)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from dataclasses import replace

from google.protobuf.empty_pb2 import Empty

from clouddrive2.api.views import PathView
from clouddrive2.models.tasks import TaskCounts
from clouddrive2.models.transfers import Operator, Transfer
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["AsyncTransfers"]

PAGE = 500


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

    async def uploads(self, *, containing: str = "", operator: Operator | None = None) -> AsyncGenerator[Transfer, None]:
        """The server's upload list, page by page.

        Args:
            containing: Only rows whose path contains this text.
            operator: Only rows made by this.

        Raises:
            PermissionDenied: The token may not see transfer tasks.
        """
        page = 0
        while True:
            request = pb.GetUploadFileListRequest(itemsPerPage=PAGE, pageNumber=page, filter=containing)
            if operator is not None:
                request.operatorTypeFilter = pb.UploadFileInfo.OperatorType.ValueType(operator)
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
