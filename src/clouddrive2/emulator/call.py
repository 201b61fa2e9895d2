"""One call as a service sees it: who asks, for what, and how to refuse."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NoReturn

from clouddrive2.proto.methods import Method

__all__ = ["Call", "CallError", "Identity", "Status"]


class Status(IntEnum):
    """gRPC status numbers (protocol.md §1.6)."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class CallError(Exception):
    """Ends a call with a status other than OK."""

    def __init__(self, code: int, details: str) -> None:
        super().__init__(code, details)
        self.code = code
        self.details = details


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose token a call carries.

    Attributes:
        token: The token text.
        account: The account behind it; API tokens belong to the account that made them.
        root: Folder the token is confined to, ``/`` for none.
        permissions: Permission names; ``None`` means all of them.
        expires_at: Seconds on the world's clock, or ``None`` for never.
        is_api_token: Whether it is an API token and not one from ``GetToken``.
    """

    token: str = field(repr=False)
    account: str
    root: str = "/"
    permissions: frozenset[str] | None = None
    expires_at: float | None = None
    is_api_token: bool = False

    def may(self, permission: str) -> bool:
        """Whether the token has the permission (a field name of ``TokenPermissions``)."""
        return self.permissions is None or permission in self.permissions


@dataclass(slots=True)
class Call:
    """One running call. A caller who goes away cancels the task that serves it: clean up in ``finally``.

    Attributes:
        method: The RPC.
        peer: ``address:port`` of the client; one value per connection.
        authorization: The header as it came.
        identity: Set by the registry before a service sees the call; ``None`` for public calls without a good token.
        door: ``grpc`` or ``grpc-web``.
        send_headers: Sends the answer's headers now; set by the door of a server stream.
    """

    method: Method
    peer: str
    authorization: str | None = field(default=None, repr=False)
    identity: Identity | None = None
    door: str = "grpc"
    send_headers: Callable[[], Awaitable[None]] | None = None

    async def accept(self) -> None:
        """Let the client know that its stream stands, although there is nothing to send yet."""
        if self.send_headers is not None:
            await self.send_headers()

    @property
    def address(self) -> str:
        """The client's address without the port."""
        return self.peer.rpartition(":")[0] or self.peer

    @property
    def caller(self) -> Identity:
        """The identity of a call that is not public."""
        if self.identity is None:
            raise CallError(Status.UNAUTHENTICATED, "a token is needed")
        return self.identity

    def abort(self, code: int, details: str) -> NoReturn:
        """End the call with this status."""
        raise CallError(code, details)
