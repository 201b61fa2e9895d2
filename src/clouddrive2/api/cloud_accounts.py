"""Which cloud accounts there are, and which one a login brought: what ``client.clouds`` and its logins both need."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from clouddrive2.api.views import PathView
from clouddrive2.errors import InvalidRequest, NotFound
from clouddrive2.models import paths
from clouddrive2.models.clouds import CloudAccount, Proxy
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["CloudAccounts", "set_proxies"]

# How often, and how long at most, a login that went well is looked for: the server loads a new cloud in its own time.
LOOK_SECONDS = 0.5
LOOKS = 10


class Proxied(Protocol):
    """A request that says which proxies a cloud is reached through."""

    @property
    def apiProxy(self) -> pb.ProxyInfo: ...

    @property
    def dataProxy(self) -> pb.ProxyInfo: ...


def set_proxies(request: Proxied, api: Proxy | None, data: Proxy | None) -> None:
    """Put the proxies into it that are given."""
    if api is not None:
        request.apiProxy.CopyFrom(api.to_proto())
    if data is not None:
        request.dataProxy.CopyFrom(data.to_proto())


class CloudAccounts:
    """The accounts of one server.

    Args:
        caller: Makes the calls.
        sleep: Waits between two looks.
    """

    def __init__(self, caller: Caller, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._caller = caller
        self._view = PathView(caller.server)
        self._sleep = sleep

    async def all(self) -> list[CloudAccount]:
        """Every account, with its folder."""
        reply = await self._caller.unary("GetAllCloudApis", Empty(), pb.CloudAPIList)
        accounts = [CloudAccount.from_proto(each) for each in reply.apis]
        if any(each.path is None for each in accounts):
            # Old servers give no path; the folders themselves tell whose they are (protocol.md §12.1).
            folders = await self._folders()
            accounts = [each if each.path else replace(each, path=folders.get(each.key)) for each in accounts]
        return [replace(each, path=self._view.shown(each.path)) if each.path else each for each in accounts]

    async def find(self, account: CloudAccount | str) -> CloudAccount:
        """The account meant: one from a listing, or a path in its folder, or the name of its folder."""
        if isinstance(account, CloudAccount):
            return account
        if not account.strip("/"):
            raise InvalidRequest("name a cloud account by its folder, as in /115")
        wanted = "/" + paths.normalise(account if account.startswith("/") else f"/{account}")[1:].partition("/")[0]
        for each in await self.all():
            if each.path == wanted:
                return each
        raise NotFound(f"{wanted} is the folder of no cloud account", path=wanted, rpc="GetAllCloudApis")

    async def added(self, rpc: str, request: Message, about: str) -> CloudAccount | None:
        """Make a login call; the account that is new afterwards (protocol.md §12.2)."""
        before = {each.key for each in await self.all()}
        await self._caller.unary(rpc, request, pb.APILoginResult, path=about or None)
        return await self.new_since(before)

    async def new_since(self, before: set[tuple[str, str]]) -> CloudAccount | None:
        """The account that was not there before; ``None`` when there is none after some seconds."""
        for look in range(LOOKS):
            if look:
                await self._sleep(LOOK_SECONDS)
            fresh = [each for each in await self.all() if each.key not in before]
            if fresh:
                return fresh[-1]
        return None

    async def _folders(self) -> dict[tuple[str, str], str]:
        folders: dict[tuple[str, str], str] = {}
        request = pb.ListSubFileRequest(path="/")
        async for reply in self._caller.stream("GetSubFiles", request, pb.SubFilesReply):
            for entry in reply.subFiles:
                if entry.isCloudRoot:
                    folders[entry.CloudAPI.name, entry.CloudAPI.userName] = entry.fullPathName
        return folders
