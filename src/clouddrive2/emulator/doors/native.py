"""Native gRPC: every RPC of the contract on a grpcio server that only the front talks to (protocol.md §1.2)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, NoReturn

import grpc
import grpc.aio
from google.protobuf.message import Message

from clouddrive2.emulator.call import Call, CallError
from clouddrive2.emulator.doors.reflection import add_reflection
from clouddrive2.emulator.registry import Registry
from clouddrive2.proto.methods import METHODS, Method

__all__ = ["NativeDoor"]

_OPTIONS = [
    ("grpc.max_send_message_length", -1),
    ("grpc.so_reuseport", 0),
    # Pings are never answered with GOAWAY (protocol.md §1.5).
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 0),
    # The library gives up calls it could not begin within 30 s, with CANCELLED; a busy server begins them late instead.
    ("grpc.server_max_unrequested_time_in_server", 3600),
]
_CODES = {code.value[0]: code for code in grpc.StatusCode}

Context = grpc.aio.ServicerContext[Any, Any]
ClientOf = Callable[[int], str]


class NativeDoor:
    """A grpcio server on a private loopback port.

    Args:
        registry: Answers the calls.
        message_bytes: Of the largest request; larger ones end with RESOURCE_EXHAUSTED (protocol.md §1.4).
        reflection: Whether it tells its contract.
    """

    def __init__(self, registry: Registry, *, message_bytes: int, reflection: bool) -> None:
        self._message_bytes = message_bytes
        self._registry = registry
        self._reflection = reflection
        self._server: grpc.aio.Server | None = None
        self._client_of: ClientOf = str
        self._streams: set[asyncio.Task[Any]] = set()

    async def start(self, client_of: ClientOf) -> int:
        """Listen; the port to relay to.

        Args:
            client_of: Gives the client behind the local port of a relayed connection.

        Raises:
            ValueError: Reflection is asked for, and its library is not installed.
        """
        self._client_of = client_of
        options = [*_OPTIONS, ("grpc.max_receive_message_length", self._message_bytes)]
        self._server = grpc.aio.server(options=options, compression=grpc.Compression.NoCompression)
        self._server.add_generic_rpc_handlers((_Handlers(self._handler),))
        if self._reflection:
            add_reflection(self._server)
        port = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()
        return port

    async def stop(self) -> None:
        """Cancel all calls and close; may be repeated."""
        if self._server is not None:
            await self._server.stop(None)
            self._server = None
            # The library cancels streams without waiting for their clean-up.
            if self._streams:
                await asyncio.wait(self._streams)

    def _remember(self, task: asyncio.Task[Any] | None) -> None:
        if task is not None:
            self._streams.add(task)
            task.add_done_callback(self._streams.discard)

    def _handler(self, method: Method) -> grpc.RpcMethodHandler[Any, Any]:
        def call_of(context: Context) -> Call:
            header: str | None = None
            for key, value in context.invocation_metadata() or ():
                if key == "authorization":
                    header = value if isinstance(value, str) else value.decode("latin-1")
            return Call(method, self._client_of(_port(context.peer())), header)

        async def unary(request: Message, context: Context) -> Message:
            try:
                return await self._registry.unary(call_of(context), request)
            except CallError as error:
                await _abort(context, error)

        # Streams write instead of yielding: a call that is cancelled between two messages then closes its source at once.
        async def stream(request: Message, context: Context) -> None:
            call = call_of(context)
            self._remember(asyncio.current_task())
            call.send_headers = lambda: context.send_initial_metadata(())
            try:
                async with aclosing(self._registry.stream(call, request)) as replies:
                    async for reply in replies:
                        await context.write(reply)
            except CallError as error:
                await _abort(context, error)

        async def receive(requests: AsyncIterator[Message], context: Context) -> Message:
            try:
                return await self._registry.send_stream(call_of(context), requests)
            except CallError as error:
                await _abort(context, error)

        async def both(requests: AsyncIterator[Message], context: Context) -> None:
            await stream(method.request(), context)

        shapes: dict[tuple[bool, bool], Callable[[], grpc.RpcMethodHandler[Any, Any]]] = {
            (False, False): lambda: grpc.unary_unary_rpc_method_handler(unary, *codecs),
            (False, True): lambda: grpc.unary_stream_rpc_method_handler(stream, *codecs),
            (True, False): lambda: grpc.stream_unary_rpc_method_handler(receive, *codecs),
            (True, True): lambda: grpc.stream_stream_rpc_method_handler(both, *codecs),
        }
        codecs = (method.request.FromString, method.reply.SerializeToString)
        return shapes[method.client_streaming, method.server_streaming]()


class _Handlers(grpc.GenericRpcHandler):
    """One handler per RPC of the contract, made when it is first called; other paths are UNIMPLEMENTED."""

    def __init__(self, make: Callable[[Method], grpc.RpcMethodHandler[Any, Any]]) -> None:
        self._make = make
        self._methods = {method.path: method for method in METHODS.values()}
        self._made: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        path = handler_call_details.method
        if path not in self._made:
            if path not in self._methods:
                return None
            self._made[path] = self._make(self._methods[path])
        return self._made[path]


async def _abort(context: Context, error: CallError) -> NoReturn:
    await context.abort(_CODES.get(error.code, grpc.StatusCode.UNKNOWN), error.details)


def _port(peer: str) -> int:
    """The port in ``ipv4:127.0.0.1:50000``."""
    number = peer.rpartition(":")[2]
    return int(number) if number.isdigit() else 0
