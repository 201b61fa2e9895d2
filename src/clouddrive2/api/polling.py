"""What can be told of a server that pushes nothing: it is asked every now and then, and compared with the last answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from google.protobuf.empty_pb2 import Empty

from clouddrive2.api.transfers import AsyncTransfers
from clouddrive2.errors import PermissionDenied, Refused, Unsupported
from clouddrive2.models.events import Event, MountChanged, TaskCountsChanged, TransferChanged
from clouddrive2.models.mounts import MountPoint
from clouddrive2.models.transfers import TransferStatus
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["Poll"]

Question = Callable[[], Awaitable[Sequence[Event]]]


class Poll:
    """One watcher's memory of what the server said last. What the token may not see is not asked for again.

    Args:
        caller: Makes the calls.
        transfers: Knows the counts and the upload list.
    """

    def __init__(self, caller: Caller, transfers: AsyncTransfers) -> None:
        self._caller = caller
        self._transfers = transfers
        self._questions: list[Question] = [self._counts, self._uploads, self._mounts]
        self._statuses: dict[str, TransferStatus] | None = None
        self._mounted: dict[str, MountPoint] | None = None

    async def news(self) -> list[Event]:
        """What has changed since the last time; the first time only the counts.

        Raises:
            Refused: Nothing of it may be seen, or is there.
            Unreachable: No answer.
        """
        news: list[Event] = []
        refusal: Refused | None = None
        for question in list(self._questions):
            try:
                news.extend(await question())
            except (PermissionDenied, Unsupported) as error:
                self._questions.remove(question)
                refusal = error
        if not self._questions and refusal is not None:
            raise refusal
        return news

    async def _counts(self) -> list[Event]:
        return [TaskCountsChanged(await self._transfers.counts())]

    async def _uploads(self) -> list[Event]:
        rows = [row async for row in self._transfers.uploads()]
        before, self._statuses = self._statuses, {row.key or row.path: row.status for row in rows}
        if before is None:
            return []
        return [TransferChanged(row) for row in rows if before.get(row.key or row.path) != row.status]

    async def _mounts(self) -> list[Event]:
        reply = await self._caller.unary("GetMountPoints", Empty(), pb.GetMountPointsResult)
        points = {point.mountPoint: MountPoint.from_proto(point) for point in reply.mountPoints}
        before, self._mounted = self._mounted, points
        if before is None:
            return []
        gone = [point for place, point in before.items() if point.mounted and not (place in points and points[place].mounted)]
        new = [point for place, point in points.items() if point.mounted and not (place in before and before[place].mounted)]
        changes: list[Event] = [MountChanged(point.mount_point, False, True) for point in gone]
        return [*changes, *(MountChanged(point.mount_point, True, True) for point in new)]
