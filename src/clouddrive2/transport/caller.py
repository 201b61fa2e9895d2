"""What every namespace holds: one way to make a call, with token, deadline, repeating and errors settled."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import TypeVar, cast

from google.protobuf.message import Message

from clouddrive2.config import ServerConfig, TransportName
from clouddrive2.errors import Error, Timeout, Unsupported
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto.methods import METHODS, Method
from clouddrive2.transport import policy
from clouddrive2.transport.auth import TokenSource
from clouddrive2.transport.base import CallFailed, Metadata, StatusCode, Transport
from clouddrive2.transport.choice import transport_for
from clouddrive2.transport.limits import Limits
from clouddrive2.transport.retry import RetryLoop
from clouddrive2.transport.status import error_from_failure, is_switched_off, raise_for_reply

__all__ = ["Caller"]

logger = logging.getLogger(__name__)
R = TypeVar("R", bound=Message)
T = TypeVar("T")


class Caller:
    """Calls to one server.

    Args:
        server: Address, credentials, deadlines.
        transport: Carries the messages; by default what ``server.transport`` says.
        retry: Repeats calls; built from ``server.retry`` by default.
        check: Called before every call; raises when none may be made.
        limits: What file data asks before it is sent. Calls themselves are not limited.
    """

    def __init__(
        self,
        server: ServerConfig,
        transport: Transport | None = None,
        *,
        retry: RetryLoop | None = None,
        check: Callable[[], None] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.server = server
        self.limits = limits or Limits()
        self._check = check
        self._transport = transport or transport_for(server)
        self._retry = retry or RetryLoop(server.retry)
        self._tokens = TokenSource(server, self._fetch_token)
        self._unsupported: set[str] = set()
        self.was_signed_in = False
        """Whether the server has accepted our token, ever."""
        self._absences = 0

    async def unary(
        self, rpc: str, request: Message, reply: type[R], *, path: str | None = None, timeout: float | None = None
    ) -> R:
        """One request, one reply that says success.

        Args:
            rpc: The RPC's name.
            request: Its message.
            reply: The class of its reply.
            path: What the call is about, for error messages.
            timeout: Seconds for each try; ``None`` takes the RPC's own.

        Raises:
            clouddrive2.Error: See ``transport/status.py``. Repeated only where ``proto/methods.py`` allows it.
        """
        method = self._method(rpc)
        limit = policy.deadline(method, self.server.timeouts) if timeout is None else timeout

        async def send(metadata: Metadata) -> Message:
            return await self._transport.unary(method, request, timeout=limit, metadata=metadata)

        answer = await self._run(method, send, path)
        raise_for_reply(answer, rpc, path)
        return cast(R, answer)

    async def send_stream(
        self,
        rpc: str,
        requests: AsyncIterable[Message],
        reply: type[R],
        *,
        path: str | None = None,
        timeout: float | None = None,
    ) -> R:
        """Many requests, one reply. Never repeated: the requests are gone once sent.

        How long it may take depends on ``requests``. So the server's patience is bounded instead: it has to take each of
        them, and to answer the last, within the time for a piece of data. ``timeout`` bounds the whole call.
        """
        method = self._method(rpc)
        limit = policy.idle_limit(method, self.server.timeouts)
        sent = _Requests(requests, limit)

        async def send(metadata: Metadata) -> Message:
            try:
                async with sent.patience:
                    return await self._transport.send_stream(method, sent, timeout=timeout, metadata=metadata)
            except TimeoutError as error:
                raise self._silent(method, path, limit) from error
            except asyncio.CancelledError:
                if sent.failure is not None:
                    raise sent.failure from None
                raise

        answer = await self._run(method, send, path)
        raise_for_reply(answer, rpc, path)
        return cast(R, answer)

    async def stream(
        self,
        rpc: str,
        request: Message,
        reply: type[R],
        *,
        path: str | None = None,
        timeout: float | None = None,
        on_open: Callable[[], None] | None = None,
    ) -> AsyncGenerator[R, None]:
        """One request, many replies. Repeated only while nothing has arrived; leaving early ends the call.

        ``timeout`` bounds the silence between two messages; ``None`` takes the RPC's own. ``on_open`` is called when the
        server has taken the call.
        """
        method = self._method(rpc)
        idle = policy.idle_limit(method, self.server.timeouts) if timeout is None else timeout

        async def begin(metadata: Metadata) -> tuple[AsyncGenerator[Message, None], Message | None]:
            messages = self._transport.stream(method, request, timeout=None, metadata=metadata, on_open=on_open)
            return messages, await self._next(messages, idle, method, path)

        messages, message = await self._run(method, begin, path, repeat=rpc not in policy.LONG_LIVED)
        async with aclosing(messages):
            while message is not None:
                yield cast(R, message)
                try:
                    message = await self._next(messages, idle, method, path)
                except CallFailed as failure:
                    raise self._error(failure, method, path) from failure

    async def both_streams(
        self, rpc: str, requests: AsyncIterable[Message], reply: type[R], *, timeout: float | None = None
    ) -> AsyncGenerator[R, None]:
        """Many requests, many replies. Never repeated."""
        method = self._method(rpc)
        metadata, _ = await self._metadata()
        sent = _Requests(requests)
        messages = self._transport.both_streams(method, sent, timeout=timeout, metadata=metadata)
        async with aclosing(messages):
            try:
                async for message in messages:
                    yield cast(R, message)
            except CallFailed as failure:
                raise self._error(failure, method, None) from failure
            except asyncio.CancelledError:
                if sent.failure is not None:
                    raise sent.failure from None
                raise

    def over(self, transport: TransportName) -> Caller:
        """The same server as the same user, with one token and one bandwidth, by a transport of its own; closed by itself."""
        server = replace(self.server, transport=transport)
        other = Caller(server, retry=self._retry, check=self._check, limits=self.limits)
        other._tokens = self._tokens
        return other

    @property
    def transport_name(self) -> TransportName:
        """What carries the calls; final once one was answered."""
        return self._transport.name

    @property
    def transport_reason(self) -> str:
        """Why that one, for people."""
        return self._transport.reason

    @property
    def connections(self) -> int:
        """Grows when the server may be another run of itself: with a new connection, and with a call it was not there for."""
        return self._transport.connections + self._absences

    async def token(self) -> str | None:
        """The token in use, for the plain HTTP side of the server."""
        return await self._tokens.token()

    async def close(self) -> None:
        """End every call and the connection. May be called twice."""
        await self._transport.close()

    def _method(self, rpc: str) -> Method:
        if self._check is not None:
            self._check()
        if rpc in self._unsupported:
            raise Unsupported(f"{rpc}: this server does not offer the call; a newer server version may", rpc=rpc)
        return METHODS[rpc]

    async def _run(self, method: Method, send: Callable[[Metadata], Awaitable[T]], path: str | None, *, repeat: bool = True) -> T:
        async def attempt() -> T:
            metadata, token = ((), None) if method.name in policy.UNSIGNED else await self._metadata()
            try:
                return await send(metadata)
            except CallFailed as failure:
                if failure.code == StatusCode.UNAVAILABLE:
                    self._absences += 1
                if failure.code != StatusCode.UNAUTHENTICATED or method.public or not self._tokens.can_renew:
                    raise
                self._tokens.reject(token)
                if method.client_streaming:
                    # Some of the messages may be gone; the next call signs in anew.
                    raise
            metadata, _ = await self._metadata()
            return await send(metadata)

        try:
            result = await (self._retry.run(attempt, method) if repeat else attempt())
        except CallFailed as failure:
            raise self._error(failure, method, path) from failure
        self.was_signed_in |= not method.public
        return result

    def _error(self, failure: CallFailed, method: Method, path: str | None) -> Error:
        """Our exception; what the server does not offer is not asked for again."""
        if failure.code == StatusCode.UNIMPLEMENTED and not is_switched_off(failure.details):
            self._unsupported.add(method.name)
        if failure.code == StatusCode.UNAVAILABLE:
            self._absences += 1
        return error_from_failure(failure, method.name, path)

    async def _next(
        self, messages: AsyncGenerator[Message, None], idle: float | None, method: Method, path: str | None
    ) -> Message | None:
        try:
            async with asyncio.timeout(idle):
                return await anext(messages, None)
        except TimeoutError as error:
            raise self._silent(method, path, idle) from error

    def _silent(self, method: Method, path: str | None, seconds: float | None) -> Timeout:
        about = f"{path}: " if path else ""
        message = f"{method.name}: {about}the server has been silent for {seconds:g} s; try again"
        return Timeout(message, path=path, rpc=method.name)

    async def _metadata(self) -> tuple[Metadata, str | None]:
        token = await self._tokens.token()
        return ((("authorization", f"Bearer {token}"),) if token else ()), token

    async def _fetch_token(self, request: pb.GetTokenRequest) -> pb.JWTToken:
        method = METHODS["GetToken"]

        async def send() -> Message:
            limit = self.server.timeouts.read
            return await self._transport.unary(method, request, timeout=limit, metadata=())

        try:
            reply = await self._retry.run(send, method)
        except CallFailed as failure:
            raise error_from_failure(failure, "GetToken", None) from failure
        raise_for_reply(reply, "GetToken", None)
        return cast(pb.JWTToken, reply)


class _Requests:
    """The caller's messages on their way to the server.

    Args:
        messages: What the caller sends.
        seconds: How long the server may take for each of them, and for its answer after the last; ``None`` for ever.

    Attributes:
        failure: What the caller's own iterator raised. The library tells of it as a cancelled call.
    """

    def __init__(self, messages: AsyncIterable[Message], seconds: float | None = None) -> None:
        self.failure: Exception | None = None
        self.patience = asyncio.timeout(None)
        self._messages = messages
        self._seconds = seconds

    async def __aiter__(self) -> AsyncGenerator[Message, None]:
        try:
            async for message in self._messages:
                self._expect(self._seconds)
                yield message
                self._expect(None)
        except Exception as error:
            self.failure = error
            raise
        self._expect(self._seconds)

    def _expect(self, seconds: float | None) -> None:
        if self._seconds is None:
            return
        # The call may have ended without asking for all of them.
        with contextlib.suppress(RuntimeError):
            self.patience.reschedule(None if seconds is None else asyncio.get_running_loop().time() + seconds)
