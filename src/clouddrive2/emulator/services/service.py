"""The server as a program (protocol.md §18.3). Its log files are told, and cannot be fetched; it listens where it was started.

Without a TLS port the settings of the web server are only kept; with one a new certificate really shows.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable

from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.doors.certificate import Certificate
from clouddrive2.emulator.state import as_json, from_json
from clouddrive2.emulator.versions import is_newer
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["ServiceService"]

# Until connections end: answers, and the word of it, have gone out by then.
LEAVE_SECONDS = 0.25


class ServiceService:
    """Running state, updates, restart and shutdown, web server.

    Args:
        world: Has the version, and the one to update to.
        ports: Of the server: plain, and for TLS if it has one.
        hang_up: Ends every connection.
        certificate: What the TLS port shows.
    """

    def __init__(
        self,
        world: World,
        ports: Callable[[], tuple[int, int | None]],
        hang_up: Callable[[], int],
        certificate: Certificate | None,
    ) -> None:
        self._world = world
        self._ports = ports
        self._hang_up = hang_up
        self._certificate = certificate
        self._fetched = ""
        self._machine = world.state.load("machine_id") or uuid.uuid4().hex
        world.state.save("machine_id", self._machine)
        self._web = from_json(world.state.load("web_server", {}), pb.WebServerConfig)

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
        self._leave(pb.ExitedMessage.RESTART)
        return Empty()

    async def ShutdownService(self, request: Empty, call: Call) -> Empty:
        self._leave(pb.ExitedMessage.SHUTDOWN)
        return Empty()

    async def GetWebServerConfig(self, request: Empty, call: Call) -> pb.WebServerConfig:
        config = pb.WebServerConfig()
        config.CopyFrom(self._web)
        port, tls_port = self._ports()
        config.http_port = config.http_port or port
        config.https_port = config.https_port or tls_port or 19799
        if self._certificate is not None:
            config.enable_https = True
            config.cert_file, config.key_file = str(self._certificate.file), str(self._certificate.key_file)
        return config

    async def SetWebServerConfig(self, request: pb.SetWebServerConfigRequest, call: Call) -> Empty:
        if any(port > 65535 for port in (request.http_port, request.https_port)):
            raise CallError(Status.INVALID_ARGUMENT, "no such port")
        if self._certificate is not None and (request.cert_content or request.key_content):
            try:
                self._certificate.take(request.cert_content, request.key_content)
            except ValueError as error:
                raise CallError(Status.INVALID_ARGUMENT, str(error)) from error
            self._show_certificate()
        for descriptor, value in request.ListFields():
            if descriptor.name in ("cert_content", "key_content"):
                name = descriptor.name.replace("_content", "")
                setattr(self._web, f"{name}_file", f"/Config/certs/server.{name}.pem")
            else:
                setattr(self._web, descriptor.name, value)
        self._world.state.save("web_server", as_json(self._web))
        return Empty()

    async def GenerateSelfSignedCert(self, request: pb.GenerateSelfSignedCertRequest, call: Call) -> Empty:
        self._web.cert_file, self._web.key_file = "/Config/certs/self-signed.pem", "/Config/certs/self-signed.key"
        self._world.state.save("web_server", as_json(self._web))
        if self._certificate is not None:
            self._certificate.make()
        if request.restart_servers:
            self._show_certificate()
        return Empty()

    def _show_certificate(self) -> None:
        """Let connections to come see it, and end those there are, as a restart of the listeners does."""
        if self._certificate is not None:
            self._certificate.load()
        asyncio.get_running_loop().call_later(LEAVE_SECONDS, self._hang_up)

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
