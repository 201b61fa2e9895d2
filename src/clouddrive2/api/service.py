"""The server as a program: running state, updates, logs, restart, its web server (protocol.md §18.3)."""

from __future__ import annotations

from dataclasses import replace

from google.protobuf.empty_pb2 import Empty

from clouddrive2.api.views import PathView
from clouddrive2.errors import ConfigError, Unreachable
from clouddrive2.models.service import LogFile, OpenHandle, RunningInfo, ServiceAbilities, Update, WebServer
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["AsyncService"]


class AsyncService:
    """``client.service``. Looking needs ``allow_view_runtime_info``, steering ``allow_service_control``, the web server
    ``allow_get_system_settings`` and ``allow_modify_system_settings``; without them calls raise
    :class:`clouddrive2.PermissionDenied`. Servers that are too old raise :class:`clouddrive2.Unsupported`.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._view = PathView(caller.server)

    async def running(self) -> RunningInfo:
        """What it uses and does now. May be repeated."""
        return RunningInfo.from_proto(await self._caller.unary("GetRunningInfo", Empty(), pb.RunInfo))

    async def abilities(self) -> ServiceAbilities:
        """Whether it can restart and update itself; in a container it often cannot. May be repeated. Since 1.0.0."""
        reply = await self._caller.unary("GetServiceCapabilities", Empty(), pb.ServiceCapabilities)
        return ServiceAbilities.from_proto(reply)

    async def machine_id(self) -> str:
        """What names the machine to the vendor. May be repeated."""
        return (await self._caller.unary("GetMachineId", Empty(), pb.StringResult)).result

    async def open_handles(self) -> list[OpenHandle]:
        """Files and folders that are open. May be repeated."""
        reply = await self._caller.unary("GetOpenFileHandles", Empty(), pb.OpenFileHandleList)
        handles = [OpenHandle.from_proto(handle) for handle in reply.openFileHandles]
        return [replace(handle, path=self._view.shown(handle.path)) for handle in handles]

    async def logs(self) -> list[LogFile]:
        """Files of its log. May be repeated."""
        reply = await self._caller.unary("ListLogFiles", Empty(), pb.ListLogFileResult)
        return [LogFile.from_proto(record) for record in reply.logFiles]

    async def check_update(self) -> Update:
        """Ask the vendor whether there is a newer version. May be repeated."""
        return Update.from_proto(await self._caller.unary("CheckUpdate", Empty(), pb.UpdateResult))

    async def download_update(self) -> None:
        """Begin to fetch the newer version; :class:`clouddrive2.UpdateChanged` among the events tells how it goes.

        Raises:
            Refused: There is none.
        """
        await self._caller.unary("DownloadUpdate", Empty(), Empty)

    async def apply_update(self) -> None:
        """Install what was fetched. The server restarts, and connections end.

        Raises:
            Refused: Nothing was fetched.
        """
        await self._caller.unary("UpdateSystem", Empty(), Empty)

    async def restart(self) -> None:
        """Restart it. Connections end; uploads are taken up again afterwards."""
        await self._caller.unary("RestartService", Empty(), Empty)

    async def shutdown(self) -> None:
        """End it. Nothing here can start it again."""
        await self._caller.unary("ShutdownService", Empty(), Empty)

    async def web_server(self) -> WebServer:
        """Its ports and certificate. May be repeated."""
        return WebServer.from_proto(await self._caller.unary("GetWebServerConfig", Empty(), pb.WebServerConfig))

    async def configure_web_server(
        self,
        *,
        http_port: int | None = None,
        https_port: int | None = None,
        https: bool | None = None,
        certificate: str | None = None,
        key: str | None = None,
    ) -> WebServer:
        """The web server's settings as they are afterwards; what is not given stays. The server listens by them at once, so
        connections may end, this client's too (protocol.md §1.1): one whose own port has moved has to be made anew.

        Args:
            http_port, https_port: 1 to 65535.
            https: Whether it speaks TLS.
            certificate, key: PEM texts, which the server stores; both or none.

        Raises:
            ConfigError: A port that is none, or a certificate without its key.
            Refused: A port cannot be had, or the certificate is none; nothing has changed.
        """
        if any(port is not None and not 0 < port < 65536 for port in (http_port, https_port)):
            raise ConfigError("a port is a number from 1 to 65535")
        if (certificate is None) != (key is None):
            raise ConfigError("a certificate and its key go together")
        request = pb.SetWebServerConfigRequest(
            http_port=http_port, https_port=https_port, enable_https=https, cert_content=certificate, key_content=key
        )
        before = await self.web_server()
        await self._caller.unary("SetWebServerConfig", request, Empty)
        try:
            return await self.web_server()
        except Unreachable:
            # It took them, and has left the address that this client knows.
            return replace(
                before,
                http_port=before.http_port if http_port is None else http_port,
                https_port=before.https_port if https_port is None else https_port,
                https=before.https if https is None else https,
            )

    async def generate_certificate(self, *, restart_listeners: bool = False) -> None:
        """Let the server make a certificate for itself, in place of the one it has.

        Args:
            restart_listeners: Use it at once; connections end.
        """
        request = pb.GenerateSelfSignedCertRequest(restart_servers=restart_listeners)
        await self._caller.unary("GenerateSelfSignedCert", request, Empty)
