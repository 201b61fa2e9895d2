"""What the server is and what the token may do (protocol.md §2.4, §2.5, §18.3)."""

from __future__ import annotations

import asyncio

from google.protobuf.empty_pb2 import Empty

from clouddrive2.errors import PermissionDenied, Unauthenticated, Unsupported
from clouddrive2.models.system import Capabilities, RuntimeInfo, SystemInfo, TokenDetails
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["AsyncSystem"]


class AsyncSystem:
    """``client.system``."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._capabilities: asyncio.Task[Capabilities] | None = None

    async def info(self) -> SystemInfo:
        """State of the server. Works without a token. May be repeated."""
        return SystemInfo.from_proto(await self._caller.unary("GetSystemInfo", Empty(), pb.CloudDriveSystemInfo))

    async def runtime(self) -> RuntimeInfo:
        """Product and version.

        Raises:
            PermissionDenied: The token may not see it.
        """
        return RuntimeInfo.from_proto(await self._caller.unary("GetRuntimeInfo", Empty(), pb.RuntimeInfo))

    async def capabilities(self) -> Capabilities:
        """State and version, read once per client; a failure is not remembered, but shared by those who ask meanwhile."""
        if self._capabilities is None:
            self._capabilities = asyncio.create_task(self._read_capabilities())
            self._capabilities.add_done_callback(self._keep_only_good)
        return await asyncio.shield(self._capabilities)

    async def check_sign_in(self) -> None:
        """Ask something that only those who are signed in get an answer to.

        Raises:
            Unauthenticated: Not signed in.
            PermissionDenied: Signed in, with a token that may not see the account.
        """
        await self._caller.unary("GetAccountStatus", Empty(), pb.AccountStatusResult)

    async def token_info(self, token: str | None = None) -> TokenDetails:
        """What a token may do; by default the one in use.

        Raises:
            Unauthenticated: There is no token, or the server does not know it.
            Unsupported: The server is too old to tell.
        """
        token = token or await self._caller.token()
        if token is None:
            raise Unauthenticated("there is no token to ask about", rpc="GetApiTokenInfo")
        reply = await self._caller.unary("GetApiTokenInfo", pb.StringValue(value=token), pb.TokenInfo)
        if reply == pb.TokenInfo():
            raise Unauthenticated("the server does not know this token", rpc="GetApiTokenInfo")
        return TokenDetails.from_proto(reply)

    async def _read_capabilities(self) -> Capabilities:
        system = await self.info()
        try:
            runtime = await self.runtime()
        except (PermissionDenied, Unauthenticated, Unsupported):
            runtime = None
        return Capabilities(system, runtime)

    def _keep_only_good(self, task: asyncio.Task[Capabilities]) -> None:
        if task.cancelled() or task.exception() is not None:
            self._capabilities = None
