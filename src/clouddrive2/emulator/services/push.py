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
        try:
            for kind in SNAPSHOT:
                yield self._world.counters(kind)
            while True:
                try:
                    async with asyncio.timeout(self._world.options.heartbeat_seconds):
                        message = await queue.get()
                except TimeoutError:
                    message = self._world.counters("UPLOADER_COUNT")
                if message.HasField("fileSystemChange") and call.caller.root != "/":
                    if not message.fileSystemChange.path.startswith(call.caller.root):
                        continue
                    own = pb.CloudDrivePushMessage()
                    own.CopyFrom(message)
                    own.fileSystemChange.path = view.shown(message.fileSystemChange.path)
                    message = own
                yield message
        finally:
            self._world.unlisten(queue)
