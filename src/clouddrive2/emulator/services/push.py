"""The push stream (protocol.md §13)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.view import View
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["PushService"]

SNAPSHOT = ("DOWNLOADER_COUNT", "UPLOADER_COUNT", "COPY_TASK_COUNT")


class PushService:
    """PushMessage: a snapshot of the counters, then changes as they happen, a counter now and then; and its old brother."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def PushMessage(self, request: Empty, call: Call) -> AsyncGenerator[pb.CloudDrivePushMessage, None]:
        view = View(self._world, call)
        queue = self._world.listen(call.caller.token)
        beat = asyncio.create_task(self._beat(queue))
        try:
            await call.accept()
            for kind in SNAPSHOT:
                yield self._world.counters(kind)
            while True:
                message = await queue.get()
                # Why a session ends is told also to those whose token ended with it.
                if not message.HasField("exitedMessage") and self._world.identify(call.authorization) is None:
                    raise CallError(Status.UNAUTHENTICATED, "the token has expired")
                seen = _seen(message, view)
                if seen is not None:
                    yield seen
        finally:
            self._world.unlisten(queue)
            beat.cancel()
            await asyncio.wait([beat])

    async def PushTaskChange(self, request: Empty, call: Call) -> AsyncGenerator[pb.GetAllTasksCountResult, None]:
        async with aclosing(self.PushMessage(request, call)) as messages:
            async for message in messages:
                if message.HasField("transferTaskStatus"):
                    told = message.transferTaskStatus
                    yield pb.GetAllTasksCountResult(
                        downloadCount=told.downloadCount,
                        uploadCount=told.uploadCount,
                        copyTaskCount=told.copyTaskCount,
                        pushMessage=pb.PushMessage(clouddriveVersion=told.clouddriveVersion),
                        uploadFileStatusChanges=told.uploadFileStatusChanges,
                    )

    async def _beat(self, queue: asyncio.Queue[pb.CloudDrivePushMessage]) -> None:
        """A counter message every now and then, by the world's clock."""
        while True:
            await self._world.clock.sleep(self._world.options.heartbeat_seconds)
            if not queue.full():
                queue.put_nowait(self._world.counters("UPLOADER_COUNT"))


def _seen(message: pb.CloudDrivePushMessage, view: View) -> pb.CloudDrivePushMessage | None:
    """A message in the caller's view; ``None`` when it tells of nothing but what the token does not see."""
    own = pb.CloudDrivePushMessage()
    own.CopyFrom(message)
    match own.WhichOneof("data"):
        case "transferTaskStatus":
            rows = [row for row in own.transferTaskStatus.uploadFileStatusChanges if view.sees(row.destPath)]
            del own.transferTaskStatus.uploadFileStatusChanges[:]
            for row in rows:
                row.destPath = view.shown(row.destPath)
                own.transferTaskStatus.uploadFileStatusChanges.append(row)
        case "fileSystemChange":
            return own if _show_change(own.fileSystemChange, view) else None
        case "mergeTaskUpdate":
            return own if _show_merges(own.mergeTaskUpdate, view) else None
        case "cloudApiChange":
            return own if view.sees(own.cloudApiChange.mountPath) else None
        case "backupSyncIssue":
            if not view.sees(own.backupSyncIssue.sourcePath):
                return None
            own.backupSyncIssue.sourcePath = view.shown(own.backupSyncIssue.sourcePath)
    return own


def _show_change(change: pb.FileSystemChange, view: View) -> bool:
    """Puts the change into the caller's view; whether there is anything in it to see."""
    old_seen = view.sees(change.path)
    new_seen = change.HasField("newPath") and view.sees(change.newPath)
    if not (old_seen or new_seen):
        return False
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
    return True


def _show_merges(update: pb.MergeTaskUpdate, view: View) -> bool:
    seen = [task for task in update.mergeTasks if view.sees(task.sourcePath) and view.sees(task.destPath)]
    del update.mergeTasks[:]
    for task in seen:
        task.sourcePath, task.destPath = view.shown(task.sourcePath), view.shown(task.destPath)
        update.mergeTasks.append(task)
    for name in ("lastMergedPath", "lastMergedNewPath"):
        if update.HasField(name) and view.sees(getattr(update, name)):
            setattr(update, name, view.shown(getattr(update, name)))
        else:
            update.ClearField(name)
    return bool(seen)
