"""Which service answers which RPC, and what every call passes before it gets there."""

from __future__ import annotations

import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing
from typing import Any, Protocol

from google.protobuf.message import Message

from clouddrive2.emulator.call import Call, CallError, Identity, Status
from clouddrive2.emulator.permissions import missing_permission
from clouddrive2.emulator.versions import is_newer, since
from clouddrive2.proto.methods import METHODS, Method

__all__ = ["Interceptor", "Recorder", "Registry"]

logger = logging.getLogger(__name__)

Authenticate = Callable[[Call], Identity | None]


class Recorder(Protocol):
    """Is told of every call, before anything else is done with it."""

    def started(self, call: Call) -> None:
        """A call came in; ``call.identity`` is not known yet."""

    def received(self, call: Call, request: Message) -> None:
        """A request message came in: one, or several of a client stream."""

    def answered(self, call: Call, reply: Message) -> None:
        """A reply message goes out: one, or several of a server stream."""

    def ended(self, call: Call, code: Status, details: str) -> None:
        """The call is over; ``CANCELLED`` when the caller went away."""


class Interceptor(Protocol):
    """May disturb any call on purpose. It runs after authentication and permission."""

    async def before(self, call: Call, request: Message | None) -> Message | None:
        """Delay the call, end it with ``CallError``, or answer in place of the service.

        Args:
            call: The call.
            request: Its request; ``None`` for a client stream.

        Returns:
            The reply to give instead of asking the service (the only one, for a server stream), or ``None``.
        """

    async def reply(self, call: Call, request: Message | None, reply: Message) -> Message:
        """Delay or change one reply message, or end the call with ``CallError`` in its place."""


class NoRecorder:
    """Records nothing."""

    def started(self, call: Call) -> None: ...
    def received(self, call: Call, request: Message) -> None: ...
    def answered(self, call: Call, reply: Message) -> None: ...
    def ended(self, call: Call, code: Status, details: str) -> None: ...


class NoInterceptor:
    """Disturbs nothing."""

    async def before(self, call: Call, request: Message | None) -> Message | None:
        return None

    async def reply(self, call: Call, request: Message | None, reply: Message) -> Message:
        return reply


class Registry:
    """The services to the contract. Each door asks it to answer calls; a call is authorised here and nowhere else.

    Args:
        services: Objects whose public methods are named as the RPCs: ``async def Name(self, request, call)``, an async
            generator for a server stream; a client stream gets an async iterator as ``request``.
        authenticate: Gives the identity behind a call's token, or ``None``.
        version: The version the server pretends to be; methods newer than that answer UNIMPLEMENTED.
        recorder: Told of every call.
        interceptor: May disturb every call.

    Raises:
        ValueError: A service has a method the contract does not know, or two services have the same.
    """

    def __init__(
        self,
        services: Iterable[object],
        *,
        authenticate: Authenticate,
        version: Callable[[], str],
        recorder: Recorder | None = None,
        interceptor: Interceptor | None = None,
    ) -> None:
        self._handlers: dict[str, Callable[..., Any]] = {}
        self._authenticate = authenticate
        self._version = version
        self._recorder: Recorder = recorder or NoRecorder()
        self._interceptor: Interceptor = interceptor or NoInterceptor()
        for service in services:
            for name, handler in _rpcs(service):
                self._add(name, handler)

    @property
    def implemented(self) -> frozenset[str]:
        """Names of the RPCs that have a service."""
        return frozenset(self._handlers)

    async def unary(self, call: Call, request: Message) -> Message:
        """Answer a call with one request and one reply."""
        return await self._watched(call, self._unary(call, request))

    async def receive(self, call: Call, requests: AsyncIterator[Message]) -> Message:
        """Answer a call whose client sends a stream."""
        return await self._watched(call, self._receive(call, requests))

    async def stream(self, call: Call, request: Message) -> AsyncIterator[Message]:
        """Answer a call with a stream of replies."""
        self._recorder.started(call)
        code, details = Status.CANCELLED, "the caller went away"
        try:
            self._recorder.received(call, request)
            async with aclosing(self._stream(call, request)) as replies:
                async for reply in replies:
                    self._recorder.answered(call, reply)
                    yield reply
            code, details = Status.OK, ""
        except CallError as error:
            code, details = error.code, error.details
            raise
        except Exception as error:  # noqa: BLE001 - a defect of a service must reach the client as a status
            failure = _defect(call, error)
            code, details = failure.code, failure.details
            raise failure from error
        finally:
            self._recorder.ended(call, code, details)

    async def _watched(self, call: Call, answer: Awaitable[Message]) -> Message:
        self._recorder.started(call)
        code, details = Status.CANCELLED, "the caller went away"
        try:
            reply = await answer
            self._recorder.answered(call, reply)
            code, details = Status.OK, ""
            return reply
        except CallError as error:
            code, details = error.code, error.details
            raise
        except Exception as error:  # noqa: BLE001 - a defect of a service must reach the client as a status
            failure = _defect(call, error)
            code, details = failure.code, failure.details
            raise failure from error
        finally:
            self._recorder.ended(call, code, details)

    async def _unary(self, call: Call, request: Message) -> Message:
        self._recorder.received(call, request)
        handler = self._admit(call)
        reply = await self._interceptor.before(call, request)
        if reply is None:
            reply = await handler(request, call)
        return await self._interceptor.reply(call, request, reply)

    async def _receive(self, call: Call, requests: AsyncIterator[Message]) -> Message:
        handler = self._admit(call)
        reply = await self._interceptor.before(call, None)
        if reply is None:
            reply = await handler(self._recorded(call, requests), call)
        return await self._interceptor.reply(call, None, reply)

    async def _stream(self, call: Call, request: Message) -> AsyncIterator[Message]:
        handler = self._admit(call)
        instead = await self._interceptor.before(call, request)
        if instead is not None:
            yield await self._interceptor.reply(call, request, instead)
            return
        async with aclosing(handler(request, call)) as replies:
            async for reply in replies:
                yield await self._interceptor.reply(call, request, reply)

    async def _recorded(self, call: Call, requests: AsyncIterator[Message]) -> AsyncIterator[Message]:
        async for request in requests:
            self._recorder.received(call, request)
            yield request

    def _admit(self, call: Call) -> Callable[..., Any]:
        """The handler, when this caller may have it (protocol.md §2.1, §2.6)."""
        method = call.method
        handler = self._handlers.get(method.name)
        if handler is None or is_newer(since(method), self._version()):
            raise CallError(Status.UNIMPLEMENTED, f"unknown method {method.name}")
        call.identity = self._authenticate(call)
        if method.public:
            return handler
        if call.identity is None:
            raise CallError(Status.UNAUTHENTICATED, "the token is missing, wrong or expired")
        lacking = missing_permission(method, call.identity)
        if lacking is not None:
            raise CallError(Status.PERMISSION_DENIED, f"the token lacks {lacking}")
        return handler

    def _add(self, name: str, handler: Callable[..., Any]) -> None:
        method = METHODS.get(name)
        if method is None:
            raise ValueError(f"{name} is no method of the contract")
        if name in self._handlers:
            raise ValueError(f"{name} has two services")
        if inspect.isasyncgenfunction(handler) != method.server_streaming:
            raise ValueError(f"{name}: only a server stream is an async generator")
        self._handlers[name] = handler


def _rpcs(service: object) -> Iterable[tuple[str, Callable[..., Any]]]:
    """Public methods with a capital first letter; others are the service's own affair."""
    for name, handler in inspect.getmembers(service, inspect.ismethod):
        if name[0].isupper():
            yield name, handler


def _defect(call: Call, error: Exception) -> CallError:
    logger.error("%s failed", call.method.name, exc_info=error, extra={"action": "call_failed"})
    return CallError(Status.INTERNAL, f"{type(error).__name__}: {error}")


def method_of(path: str) -> Method | None:
    """The RPC behind an HTTP path."""
    name = path.rpartition("/")[2]
    method = METHODS.get(name)
    return method if method is not None and method.path == path else None
