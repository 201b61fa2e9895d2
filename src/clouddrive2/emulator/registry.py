"""Services to contract: every RPC found once, authorised once, and called the same way from every door."""

from __future__ import annotations

import inspect
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from contextlib import aclosing, contextmanager
from typing import Any, Protocol

from google.protobuf.message import Message

from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.permissions import missing_permission
from clouddrive2.emulator.storage import StorageError
from clouddrive2.emulator.versions import is_newer, since
from clouddrive2.emulator.world import World
from clouddrive2.proto.methods import METHODS

__all__ = ["Interceptor", "Recorder", "Registry"]

logger = logging.getLogger(__name__)


class Recorder(Protocol):
    """Keeps what was asked."""

    def record(self, call: Call, request: Message) -> None:
        """One request has arrived."""


class Interceptor(Protocol):
    """Breaks calls on purpose."""

    async def before(self, call: Call, request: Message | None) -> Message | None:
        """Delay or refuse a call by raising; a message returned is answered instead of calling the service."""

    async def after(self, call: Call, reply: Message) -> Message:
        """Change or lose a reply."""


class Registry:
    """All methods of the services.

    Args:
        services: Objects whose public coroutine and generator methods are named as RPCs.
        world: Knows tokens and version.
        recorder, interceptor: See above.

    Raises:
        TypeError: A method is named as no RPC, or two services have the same one.
    """

    def __init__(self, services: Iterable[object], world: World, recorder: Recorder, interceptor: Interceptor) -> None:
        self._world = world
        self._recorder = recorder
        self._interceptor = interceptor
        self._methods: dict[str, Callable[..., Any]] = {}
        for service in services:
            for name, function in inspect.getmembers(service, inspect.ismethod):
                if not name[0].isupper():
                    continue
                if name not in METHODS:
                    raise TypeError(f"{type(service).__name__}.{name} is no RPC of the contract")
                if name in self._methods:
                    raise TypeError(f"{name} is served twice")
                if inspect.isasyncgenfunction(function) != METHODS[name].server_streaming:
                    raise TypeError(f"{type(service).__name__}.{name}: a server stream, and nothing else, is a generator")
                self._methods[name] = function

    @property
    def served(self) -> frozenset[str]:
        """Names of the RPCs that have a service."""
        return frozenset(self._methods)

    async def unary(self, call: Call, request: Message) -> Message:
        """One request, one reply.

        Raises:
            CallError: The status to answer with; a service's own defect becomes INTERNAL.
        """
        with _defects_told(call):
            function = await self._admit(call, request)
            reply: Message = function if isinstance(function, Message) else await function(request, call)
            return await self._interceptor.after(call, reply)

    async def stream(self, call: Call, request: Message) -> AsyncGenerator[Message, None]:
        """One request, many replies; close it to end the call early."""
        with _defects_told(call):
            function = await self._admit(call, request)
            if isinstance(function, Message):
                yield await self._interceptor.after(call, function)
                return
            async with aclosing(function(request, call)) as replies:
                async for reply in replies:
                    yield await self._interceptor.after(call, reply)

    async def send_stream(self, call: Call, requests: AsyncIterator[Message]) -> Message:
        """Many requests, one reply."""

        async def recorded() -> AsyncIterator[Message]:
            async for request in requests:
                self._recorder.record(call, request)
                yield request

        with _defects_told(call):
            function = await self._admit(call, None)
            reply: Message = function if isinstance(function, Message) else await function(recorded(), call)
            return await self._interceptor.after(call, reply)

    async def _admit(self, call: Call, request: Message | None) -> Callable[..., Any] | Message:
        """The service's method, or the answer a fault gives instead (protocol.md §2.1, §2.6)."""
        if request is not None:
            self._recorder.record(call, request)
        method = call.method
        if self._world.is_down:
            raise CallError(Status.UNAVAILABLE, "the service was shut down")
        if method.name not in self._methods or is_newer(since(method), self._world.options.version):
            raise CallError(Status.UNIMPLEMENTED, f"{method.name} is not implemented")
        call.identity = self._world.identify(call.authorization)
        if not method.public:
            if call.identity is None:
                raise CallError(Status.UNAUTHENTICATED, "the token is missing, wrong or expired")
            lacking = missing_permission(method, call.identity)
            if lacking is not None:
                raise CallError(Status.PERMISSION_DENIED, f"{method.name} needs {lacking}")
            self._world.sessions.used(call.identity.token, call.address)
        answer = await self._interceptor.before(call, request)
        return answer if answer is not None else self._methods[method.name]


@contextmanager
def _defects_told(call: Call) -> Iterator[None]:
    """A defect of a service reaches the client as a status instead of a broken connection."""
    try:
        yield
    except CallError:
        raise
    except StorageError as error:
        # The cloud's failure, not the server's: its own words (protocol.md §1.6).
        raise CallError(Status.INTERNAL, str(error)) from error
    except Exception as error:
        logger.exception("%s failed", call.method.name, extra={"action": "call_failed"})
        raise CallError(Status.INTERNAL, f"{type(error).__name__}: {error}") from error
