"""The push stream (protocol.md §13)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator.call import Call
from clouddrive2.emulator.view import View
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["PushService"]

SNAPSHOT = ("DOWNLOADER_COUNT", "UPLOADER_COUNT", "COPY_TASK_COUNT")


class PushService:
    """PushMessage: a snapshot of the counters, then changes as they happen, a counter now and then."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def PushMessage(self, request: Empty, call: Call) -> AsyncIterator[pb.CloudDrivePushMessage]:
        view = View(self._world, call)
        queue = self._world.listen()
        beat = asyncio.create_task(self._beat(queue))
        try:
            await call.accept()
            for kind in SNAPSHOT:
                yield self._world.counters(kind)
            while True:
                message = _seen(await queue.get(), view)
                if message is not None:
                    yield message
        finally:
            self._world.unlisten(queue)
            beat.cancel()
            await asyncio.wait([beat])

    async def _beat(self, queue: asyncio.Queue[pb.CloudDrivePushMessage]) -> None:
        """A counter message every now and then, by the world's clock."""
        while True:
            await self._world.clock.sleep(self._world.options.heartbeat_seconds)
            if not queue.full():
                queue.put_nowait(self._world.counters("UPLOADER_COUNT"))


def _seen(message: pb.CloudDrivePushMessage, view: View) -> pb.CloudDrivePushMessage | None:
    """A message in the caller's view; ``None`` for a change in a part of the tree the token does not see."""
    own = pb.CloudDrivePushMessage()
    own.CopyFrom(message)
    if own.HasField("transferTaskStatus"):
        rows = [row for row in own.transferTaskStatus.uploadFileStatusChanges if view.sees(row.destPath)]
        del own.transferTaskStatus.uploadFileStatusChanges[:]
        for row in rows:
            row.destPath = view.shown(row.destPath)
            own.transferTaskStatus.uploadFileStatusChanges.append(row)
    if not own.HasField("fileSystemChange"):
        return own
    change = own.fileSystemChange
    old_seen = view.sees(change.path)
    new_seen = change.HasField("newPath") and view.sees(change.newPath)
    if not (old_seen or new_seen):
        return None
    if change.changeType == pb.FileSystemChange.RENAME and not (old_seen and new_seen):
        # Moved into or out of the token's folder: seen from inside it came or went.
        change.changeType = pb.FileSystemChange.CREATE if new_seen else pb.FileSystemChange.DELETE
        change.path = change.newPath if new_seen else change.path
        change.ClearField("newPath")
        if not new_seen:
            change.ClearField("theFile")
    change.path = view.shown(change.path)
    if change.HasField("newPath"):
        change.newPath = view.shown(change.newPath)
    if change.HasField("theFile"):
        view.show(change.theFile)
    return own
