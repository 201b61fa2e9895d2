"""A transport that answers as servers do whose manners the emulator does not have."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Callable
from typing import Any

import pytest
from google.protobuf.message import Message

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto.methods import Method
from clouddrive2.transport.base import Metadata, Transport


class Scripted(Transport):
    """Answers each RPC with what is laid down for it: a message, an exception, or for streams a list of both.

    A list for a unary RPC holds the answers to call after call.
    """

    def __init__(self) -> None:
        # Every question it answers with "nothing there" is followed by this one.
        self.answers: dict[str, Any] = {"GetSystemInfo": pb.CloudDriveSystemInfo(IsLogin=True, SystemReady=True)}
        self.requests: list[tuple[str, Any]] = []

    def sent(self, rpc: str) -> list[Any]:
        """The requests of one RPC."""
        return [request for name, request in self.requests if name == rpc]

    async def unary(self, method: Method, request: Message, *, timeout: float | None, metadata: Metadata) -> Message:
        self.requests.append((method.name, request))
        answer = self.answers[method.name]
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, method.reply)
        return answer

    async def stream(
        self,
        method: Method,
        request: Message,
        *,
        timeout: float | None,
        metadata: Metadata,
        on_open: Callable[[], None] | None = None,
    ) -> AsyncGenerator[Message, None]:
        self.requests.append((method.name, request))
        for answer in self.answers[method.name]:
            if isinstance(answer, Exception):
                raise answer
            yield answer

    async def send_stream(
        self, method: Method, requests: AsyncIterable[Message], *, timeout: float | None, metadata: Metadata
    ) -> Message:
        raise NotImplementedError

    async def both_streams(
        self, method: Method, requests: AsyncIterable[Message], *, timeout: float | None, metadata: Metadata
    ) -> AsyncGenerator[Message, None]:
        raise NotImplementedError
        yield method.reply()

    async def close(self) -> None:
        return None


@pytest.fixture
def server() -> Scripted:
    return Scripted()
