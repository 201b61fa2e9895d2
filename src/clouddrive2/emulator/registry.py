"""Services to contract: every RPC found once, authorised once, and called the same way from every door."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Protocol

from google.protobuf.message import Message

from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.world import World
from clouddrive2.proto.methods import METHODS, Method

__all__ = ["Interceptor", "Recorder", "Registry"]

# RPCs for which no source names a permission (protocol.md §2.6, second table); alternatives in one row.
INFERRED: dict[str, tuple[str, ...]] = {
    "GetDownloadUrlPath": ("allow_read",),
    "StartRemoteUpload": ("allow_write", "allow_create_file"),
    "RemoteUploadChannel": ("allow_write", "allow_create_file"),
    "RemoteReadData": ("allow_write", "allow_create_file"),
    "RemoteHashProgress": ("allow_write", "allow_create_file"),
    "RemoteUploadControl": ("allow_write", "allow_create_file"),
    "CloseFile": ("allow_create_file",),
    "GetMetaData": ("allow_view_properties",),
    "GetOriginalPath": ("allow_list",),
}


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
                self._methods[name] = function

    @property
    def served(self) -> frozenset[str]:
        """Names of the RPCs that have a service."""
        return frozenset(self._methods)

    async def unary(self, call: Call, request: Message) -> Message:
        """One request, one reply."""
        function = await self._admit(call, request)
        if isinstance(function, Message):
            return function
        reply: Message = await function(request, call)
        return await self._interceptor.after(call, reply)

    async def stream(self, call: Call, request: Message) -> AsyncIterator[Message]:
        """One request, many replies."""
        function = await self._admit(call, request)
        if isinstance(function, Message):
            yield function
            return
        async for reply in function(request, call):
            yield await self._interceptor.after(call, reply)

    async def send_stream(self, call: Call, requests: AsyncIterator[Message]) -> Message:
        """Many requests, one reply."""
        function = await self._admit(call, None)
        if isinstance(function, Message):
            return function

        async def recorded() -> AsyncIterator[Message]:
            async for request in requests:
                self._recorder.record(call, request)
                yield request

        reply: Message = await function(recorded(), call)
        return await self._interceptor.after(call, reply)

    async def _admit(self, call: Call, request: Message | None) -> Callable[..., Any] | Message:
        if request is not None:
            self._recorder.record(call, request)
        method = call.method
        if method.name not in self._methods or _newer(method, self._world.options.version):
            raise CallError(Status.UNIMPLEMENTED, f"{method.name} is not implemented")
        call.identity = self._world.identify(call.authorization)
        if not method.public:
            self._authorise(call)
        answer = await self._interceptor.before(call, request)
        return answer if answer is not None else self._methods[method.name]

    def _authorise(self, call: Call) -> None:
        if call.identity is None:
            raise CallError(Status.UNAUTHENTICATED, "the token is missing, wrong or expired")
        name = call.method.name
        if name in INFERRED:
            allowed = any(call.identity.may(permission) for permission in INFERRED[name])
            wanted = " or ".join(INFERRED[name])
        elif call.method.permissions:
            allowed = all(call.identity.may(permission) for permission in call.method.permissions)
            wanted = " and ".join(call.method.permissions)
        else:
            allowed = call.identity.permissions is None
            wanted = "an administrator's token"
        if not allowed:
            raise CallError(Status.PERMISSION_DENIED, f"{name} needs {wanted}")


def _newer(method: Method, version: str) -> bool:
    return method.since is not None and _parts(method.since) > _parts(version)


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
