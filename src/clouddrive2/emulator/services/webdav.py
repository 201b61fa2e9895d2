"""Settings and users of the WebDAV server (protocol.md §15)."""

from __future__ import annotations

import socket
from collections.abc import Callable

from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator.call import Call
from clouddrive2.emulator.dav.access import DavAccess
from clouddrive2.emulator.versions import is_newer
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["WebDavService"]

ADDRESSES_SINCE = "1.1.0"


class WebDavService:
    """AddDavUser, ModifyDavUser, RemoveDavUser, GetDavUser, GetDavServerConfig, SetDavServerConfig.

    Args:
        world: Knows the version.
        access: What is set here.
        listening: The host and port of the server.
    """

    def __init__(self, world: World, access: DavAccess, listening: Callable[[], tuple[str, int]]) -> None:
        self._world = world
        self._access = access
        self._listening = listening

    async def AddDavUser(self, request: pb.AddDavUserRequest, call: Call) -> Empty:
        self._access.add_user(request)
        return Empty()

    async def ModifyDavUser(self, request: pb.ModifyDavUserRequest, call: Call) -> Empty:
        self._access.modify_user(request)
        return Empty()

    async def RemoveDavUser(self, request: pb.StringValue, call: Call) -> Empty:
        self._access.remove_user(request.value)
        return Empty()

    async def GetDavUser(self, request: pb.StringValue, call: Call) -> pb.DavUser:
        return self._access.user(request.value)

    async def GetDavServerConfig(self, request: Empty, call: Call) -> pb.DavServerConfig:
        config = self._access.config()
        if not is_newer(ADDRESSES_SINCE, self._world.options.version):
            host, config.httpPort = self._listening()
            if host in ("0.0.0.0", "::"):
                config.lanAddresses.append(socket.gethostname())
            else:
                config.lanAddresses.append(host)
        return config

    async def SetDavServerConfig(self, request: pb.ModifyDavServerConfigRequest, call: Call) -> Empty:
        self._access.configure(request)
        return Empty()
