"""One call as a service sees it: who asks, for what, and how to refuse."""

from __future__ import annotations

from dataclasses import dataclass, field

from clouddrive2.proto.methods import Method

__all__ = ["Call", "CallError", "Identity", "Status"]


class Status:
    """gRPC status numbers the server answers with."""

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
    UNAUTHENTICATED = 16


class CallError(Exception):
    """Ends a call with a status other than OK."""

    def __init__(self, code: int, details: str) -> None:
        super().__init__(details)
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
    """

    token: str = field(repr=False)
    account: str
    root: str = "/"
    permissions: frozenset[str] | None = None
    expires_at: float | None = None

    def may(self, permission: str) -> bool:
        """Whether the token has the permission."""
        return self.permissions is None or permission in self.permissions


@dataclass(slots=True)
class Call:
    """One running call.

    Attributes:
        method: The RPC.
        peer: Distinguishes connections.
        authorization: The header as it came.
        identity: Set by the registry before a service sees the call; ``None`` for public calls without a good token.
    """

    method: Method
    peer: str
    authorization: str | None = field(default=None, repr=False)
    identity: Identity | None = None

    @property
    def caller(self) -> Identity:
        """The identity of a call that is not public."""
        if self.identity is None:
            raise CallError(Status.UNAUTHENTICATED, "a token is needed")
        return self.identity
