"""The server as a program (protocol.md §18.3). Its log files are told, and cannot be fetched."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable

from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.listening import LEAVE_SECONDS, Listening
from clouddrive2.emulator.versions import is_newer
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["ServiceService"]


class ServiceService:
    """Running state, updates, restart and shutdown, web server.

    Args:
        world: Has the version, and the one to update to.
        listening: Its ports and certificate.
        hang_up: Ends every connection.
    """

    def __init__(self, world: World, listening: Listening, hang_up: Callable[[], int]) -> None:
        self._world = world
        self._listening = listening
        self._hang_up = hang_up
        self._fetched = ""
        self._machine = world.state.load("machine_id") or uuid.uuid4().hex
        world.state.save("machine_id", self._machine)

    async def GetRunningInfo(self, request: Empty, call: Call) -> pb.RunInfo:
        world = self._world
        return pb.RunInfo(
            uptime=world.clock() - world.started,
            memUsageKB=64 << 10,
            totalMemoryKB=4 << 20,
            dirCacheCount=len(world.listed),
            dbDirCacheCount=len(world.listed),
            tempFileCount=len(world.pending),
        )

    async def GetServiceCapabilities(self, request: Empty, call: Call) -> pb.ServiceCapabilities:
        return pb.ServiceCapabilities(canRestart=True, canUpdate=True)

    async def GetMachineId(self, request: Empty, call: Call) -> pb.StringResult:
        return pb.StringResult(result=self._machine)

    async def ListLogFiles(self, request: Empty, call: Call) -> pb.ListLogFileResult:
        reply = pb.ListLogFileResult()
        record = reply.logFiles.add(fileName="clouddrive.log", fileSize=0, signature="")
        record.lastModifiedTime.FromNanoseconds(int(self._world.started * 1e9))
        return reply

    async def HasUpdate(self, request: Empty, call: Call) -> pb.UpdateResult:
        return self._update()

    async def CheckUpdate(self, request: Empty, call: Call) -> pb.UpdateResult:
        return self._update()

    async def DownloadUpdate(self, request: Empty, call: Call) -> Empty:
        update = self._update()
        if not update.hasUpdate:
            raise CallError(Status.FAILED_PRECONDITION, "there is no update")
        self._tell(pb.UpdateStatus.DOWNLOADING, update.newVersion)
        self._fetched = update.newVersion
        self._tell(pb.UpdateStatus.READY_TO_UPDATE, update.newVersion)
        return Empty()

    async def UpdateSystem(self, request: Empty, call: Call) -> Empty:
        if not self._fetched:
            raise CallError(Status.FAILED_PRECONDITION, "no update has been downloaded")
        version, self._fetched = self._fetched, ""
        self._tell(pb.UpdateStatus.UPDATING, version)
        self._world.options.version = version
        self._tell(pb.UpdateStatus.UPDATE_SUCCESS, version)
        self._leave(pb.ExitedMessage.RESTART)
        return Empty()

    async def RestartService(self, request: Empty, call: Call) -> Empty:
        self._listening.show_certificate()
        self._leave(pb.ExitedMessage.RESTART)
        return Empty()

    async def ShutdownService(self, request: Empty, call: Call) -> Empty:
        self._leave(pb.ExitedMessage.SHUTDOWN)
        return Empty()

    async def GetWebServerConfig(self, request: Empty, call: Call) -> pb.WebServerConfig:
        return self._listening.settings()

    async def SetWebServerConfig(self, request: pb.SetWebServerConfigRequest, call: Call) -> Empty:
        await self._listening.change(request)
        return Empty()

    async def GenerateSelfSignedCert(self, request: pb.GenerateSelfSignedCertRequest, call: Call) -> Empty:
        self._listening.make_certificate(show=request.restart_servers)
        return Empty()

    def _update(self) -> pb.UpdateResult:
        options = self._world.options
        if not is_newer(options.update_version, options.version):
            return pb.UpdateResult()
        return pb.UpdateResult(hasUpdate=True, newVersion=options.update_version or "", description="newer than this one")

    def _tell(self, phase: pb.UpdateStatus.UpdatePhase.ValueType, version: str) -> None:
        status = pb.UpdateStatus(updatePhase=phase, newVersion=version, clouddriveVersion=self._world.options.version)
        kind = pb.CloudDrivePushMessage.UPDATE_STATUS
        self._world.push(pb.CloudDrivePushMessage(messageType=kind, updateStatus=status))

    def _leave(self, reason: pb.ExitedMessage.ExitReason.ValueType) -> None:
        """Say so, and end every connection; after a shutdown every call finds nobody."""
        told = pb.ExitedMessage(exitReason=reason, message="the service ends")
        self._world.push(pb.CloudDrivePushMessage(messageType=pb.CloudDrivePushMessage.FORCE_EXIT, exitedMessage=told))

        def go() -> None:
            self._world.is_down = reason == pb.ExitedMessage.SHUTDOWN
            self._world.started = self._world.clock()
            self._hang_up()

        asyncio.get_running_loop().call_later(LEAVE_SECONDS, go)
