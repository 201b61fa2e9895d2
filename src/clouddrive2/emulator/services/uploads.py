"""The remote upload protocol's five RPCs (protocol.md §8)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.faults import Faults
from clouddrive2.emulator.uploads.driver import UploadDriver
from clouddrive2.emulator.view import View
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["UploadsService"]


class UploadsService:
    """Hands the calls to the driver."""

    def __init__(self, world: World, driver: UploadDriver, faults: Faults) -> None:
        self._world = world
        self._driver = driver
        self._faults = faults

    async def StartRemoteUpload(self, request: pb.StartRemoteUploadRequest, call: Call) -> pb.RemoteUploadStarted:
        path = await View(self._world, call).full(request.file_path)
        return pb.RemoteUploadStarted(upload_id=await self._driver.start(path, request, call))

    async def RemoteUploadChannel(
        self, request: pb.RemoteUploadChannelRequest, call: Call
    ) -> AsyncIterator[pb.RemoteUploadChannelReply]:
        if not request.device_id:
            raise CallError(Status.INVALID_ARGUMENT, "a device id is needed")
        channel = self._driver.open_channel(request.device_id, call)
        try:
            if not self._world.options.silent_channel:
                await call.accept()
            while (message := await channel.queue.get()) is not None:
                yield message
                channel.sent += 1
                fault = self._faults.channel_fault(channel.sent)
                if fault == "drop_channel":
                    raise CallError(Status.UNAVAILABLE, "the channel was dropped on purpose")
                if fault == "replace_channel":
                    return
        finally:
            self._driver.close_channel(channel)

    async def RemoteReadData(self, request: pb.RemoteReadDataUpload, call: Call) -> pb.RemoteReadDataReply:
        return await self._driver.take(request, call)

    async def RemoteHashProgress(self, request: pb.RemoteHashProgressUpload, call: Call) -> pb.RemoteHashProgressReply:
        self._driver.report_hash(request, call)
        return pb.RemoteHashProgressReply()

    async def RemoteUploadControl(self, request: pb.RemoteUploadControlRequest, call: Call) -> Empty:
        action = request.WhichOneof("control")
        if action is None:
            raise CallError(Status.INVALID_ARGUMENT, "cancel, pause or resume must be set")
        self._driver.control(request.upload_id, action, call)
        return Empty()
