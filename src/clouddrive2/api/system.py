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
        self._capabilities: Capabilities | None = None
        self._reading = asyncio.Lock()

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
        """State and version, read once per client."""
        async with self._reading:
            if self._capabilities is None:
                system = await self.info()
                try:
                    runtime = await self.runtime()
                except (PermissionDenied, Unauthenticated, Unsupported):
                    runtime = None
                self._capabilities = Capabilities(system, runtime)
        return self._capabilities

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
