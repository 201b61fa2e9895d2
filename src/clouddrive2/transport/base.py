"""What every transport offers: messages out, messages in. It knows nothing of tokens, repeating or our exceptions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterable, Callable

from google.protobuf.message import Message

from clouddrive2.config import TransportName
from clouddrive2.proto.methods import Method

__all__ = ["MESSAGE_BYTES", "CallFailed", "Metadata", "StatusCode", "Transport"]

Metadata = tuple[tuple[str, str], ...]

# The largest message in either direction; listings are large (protocol.md §1.4).
MESSAGE_BYTES = 100 * 1024 * 1024


class StatusCode:
    """The gRPC status numbers this package speaks of."""

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


class CallFailed(Exception):
    """One call ended with a status other than OK."""

    def __init__(self, code: int, details: str) -> None:
        super().__init__(f"status {code}: {details}")
        self.code = code
        self.details = details


class Transport(ABC):
    """Carries calls to one server.

    Every method raises :class:`CallFailed` for a status other than OK, and lets cancellation pass after it has ended the
    call at the server. ``timeout`` is in seconds for the whole call; ``None`` sets no deadline.

    Attributes:
        name: ``grpc`` or ``grpc-web``.
        reason: Why this one, for people.
        connections: How often a call found no standing connection. What is learned of the server holds for one of them:
            behind the next there may be a server that has just been started.
    """

    name: TransportName = "grpc"
    reason: str = "as the settings say"
    connections: int = 0

    @abstractmethod
    async def unary(self, method: Method, request: Message, *, timeout: float | None, metadata: Metadata) -> Message:
        """One request, one reply."""

    @abstractmethod
    def stream(
        self,
        method: Method,
        request: Message,
        *,
        timeout: float | None,
        metadata: Metadata,
        on_open: Callable[[], None] | None = None,
    ) -> AsyncGenerator[Message, None]:
        """One request, many replies. Closing the iterator early ends the call; ``on_open`` tells that the server took it."""

    @abstractmethod
    async def send_stream(
        self, method: Method, requests: AsyncIterable[Message], *, timeout: float | None, metadata: Metadata
    ) -> Message:
        """Many requests, one reply."""

    @abstractmethod
    def both_streams(
        self, method: Method, requests: AsyncIterable[Message], *, timeout: float | None, metadata: Metadata
    ) -> AsyncGenerator[Message, None]:
        """Many requests, many replies."""

    @abstractmethod
    async def close(self) -> None:
        """End every call and the connection. May be called twice."""
