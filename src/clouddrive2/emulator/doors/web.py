"""HTTP/1.1: gRPC-Web over the same registry, and the plain HTTP part (protocol.md §1.3)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import struct
from collections.abc import AsyncIterator
from contextlib import aclosing
from urllib.parse import quote

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import DecodeError, Message

from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.doors.asgi import App, Headers, Receive, Scope, Send, respond, unless_left
from clouddrive2.emulator.options import EmulatorOptions
from clouddrive2.emulator.registry import Registry
from clouddrive2.emulator.world import World
from clouddrive2.proto.methods import METHODS, SERVICE, Method

__all__ = ["WebApp"]

DATA, TRAILERS, COMPRESSED = 0x00, 0x80, 0x01
FRAME = struct.Struct(">BI")
CORS: Headers = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"grpc-status, grpc-message"),
]
PREFLIGHT: Headers = [
    *CORS,
    (b"access-control-allow-methods", b"GET, HEAD, POST, OPTIONS"),
    (b"access-control-allow-headers", b"authorization, content-type, x-grpc-web, x-user-agent, grpc-timeout, range"),
    (b"access-control-allow-private-network", b"true"),
    (b"access-control-max-age", b"86400"),
]
TIMEOUT = re.compile(r"[0-9]{1,8}[HMSmun]")
UNITS = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}


class WebApp:
    """ASGI application of everything that is not native gRPC.

    Args:
        registry: Answers calls.
        static: ASGI application for ``/static``.
        dav: ASGI application for ``/dav``.
        world: Its options say where the status of a failure stands, and what nothing looks like; and it may be shut down.
    """

    def __init__(self, registry: Registry, static: App, dav: App, world: World) -> None:
        self._registry = registry
        self._world = world
        self._options = world.options
        self._static = static
        self._dav = dav
        self._methods = {method.path: method for method in METHODS.values()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, verb = scope["path"], scope["method"]
        if self._world.is_down and not path.startswith(f"/{SERVICE}/"):
            # Calls say the same in their own way.
            await respond(send, 503, [*CORS, (b"connection", b"close")], b"the service was shut down\n")
        elif path == "/dav" or path.startswith("/dav/"):
            await self._dav(scope, receive, send)
        elif verb == "OPTIONS":
            await respond(send, 204, PREFLIGHT)
        elif path.startswith("/static/"):
            await self._static(scope, receive, send)
        elif not path.startswith(f"/{SERVICE}/"):
            await respond(send, 404, CORS, b"not found\n")
        elif verb != "POST":
            await respond(send, 405, [*CORS, (b"allow", b"POST, OPTIONS")], b"POST only\n")
        else:
            await self._call(scope, receive, send)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {key: value.decode("latin-1") for key, value in scope["headers"]}
        kind = headers.get(b"content-type", "").partition(";")[0].strip().lower()
        if not kind.startswith("application/grpc-web"):
            # Native gRPC needs HTTP/2 (protocol.md §1.2); anything else is no call at all.
            code = 400 if kind.startswith("application/grpc") else 415
            await respond(send, code, CORS, b"application/grpc-web+proto is needed\n")
            return
        answer = _Answer(send, kind, self._options)
        try:
            async with asyncio.timeout(_seconds(headers.get(b"grpc-timeout"))):
                await self._answer(scope, headers, receive, answer)
        except CallError as error:
            await answer.end(error.code, error.details)
        except TimeoutError:
            await answer.end(Status.DEADLINE_EXCEEDED, "deadline exceeded")

    async def _answer(self, scope: Scope, headers: dict[bytes, str], receive: Receive, answer: _Answer) -> None:
        method = self._methods.get(scope["path"])
        if method is None:
            raise CallError(Status.UNIMPLEMENTED, "unknown method")
        if method.client_streaming:
            raise CallError(Status.UNIMPLEMENTED, "client streams do not work over gRPC-Web")
        request = _parsed(method, await _body(receive, self._options.message_bytes, text=answer.text))
        host, port = scope.get("client") or ("unknown", 0)
        call = Call(method, f"{host}:{port}", headers.get(b"authorization"), door="grpc-web")
        await unless_left(receive, self._serve(call, request, answer))

    async def _serve(self, call: Call, request: Message, answer: _Answer) -> None:
        if not call.method.server_streaming:
            await answer.message(await self._registry.unary(call, request))
        else:
            call.send_headers = answer.start
            async with aclosing(self._registry.stream(call, request)) as replies:
                async for reply in replies:
                    await answer.message(reply)
        await answer.end(Status.OK, "")


class _Answer:
    """One gRPC-Web answer.

    Args:
        send: Of the request.
        kind: Its content type.
        options: Whether a failure before the first message needs no body, its status being in the HTTP headers; and whether a
            reply without content has a frame.
    """

    def __init__(self, send: Send, kind: str, options: EmulatorOptions) -> None:
        self._options = options
        self.text = kind.startswith("application/grpc-web-text")
        self._send = send
        suffix = "-text+proto" if self.text else "+proto"
        self._headers: Headers = [*CORS, (b"content-type", f"application/grpc-web{suffix}".encode())]
        self._started = False
        self._ended = False

    async def message(self, message: Message) -> None:
        if isinstance(message, Empty) and not self._options.empty_replies_framed:
            # As seen on real servers: a reply without content has no data frame (protocol.md §1.3).
            return
        await self.start()
        await self._frame(DATA, message.SerializeToString(), more=True)

    async def end(self, code: int, details: str) -> None:
        """Say how it ended; once: a deadline may pass just when all has been said."""
        if self._ended:
            return
        escaped = quote(details, safe=" !#$&'()*+,-./:;<=>?@[]^_`{|}~")
        if code != Status.OK and self._options.trailers_only and not self._started:
            status = [(b"grpc-status", str(int(code)).encode()), (b"grpc-message", escaped.encode())]
            await respond(self._send, 200, [*self._headers, *status])
            self._ended = True
            return
        await self.start()
        message = f"grpc-message:{escaped}\r\n" if details else ""
        await self._frame(TRAILERS, f"grpc-status:{int(code)}\r\n{message}".encode(), more=False)
        self._ended = True

    async def start(self) -> None:
        """Send the headers, once."""
        if not self._started:
            self._started = True
            await self._send({"type": "http.response.start", "status": 200, "headers": self._headers})

    async def _frame(self, flag: int, payload: bytes, *, more: bool) -> None:
        frame = FRAME.pack(flag, len(payload)) + payload
        body = base64.b64encode(frame) if self.text else frame
        await self._send({"type": "http.response.body", "body": body, "more_body": more})


async def _body(receive: Receive, most: int, *, text: bool) -> bytes:
    """The whole request body."""
    limit = (most + FRAME.size) * 4 // 3 + 4 if text else most + FRAME.size
    parts: list[bytes] = []
    size = 0
    async for part in _parts(receive):
        size += len(part)
        if size > limit:
            raise CallError(Status.RESOURCE_EXHAUSTED, f"the message is larger than {most} bytes")
        parts.append(part)
    body = b"".join(parts)
    try:
        return base64.b64decode(body, validate=True) if text else body
    except binascii.Error as error:
        raise CallError(Status.INTERNAL, "the body is not base64") from error


async def _parts(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise CallError(Status.CANCELLED, "the caller went away")
        yield event.get("body", b"")
        more = event.get("more_body", False)


def _parsed(method: Method, body: bytes) -> Message:
    """The one message of a unary request."""
    if len(body) < FRAME.size:
        raise CallError(Status.INTERNAL, "the body holds no message")
    flag, length = FRAME.unpack_from(body)
    if flag & COMPRESSED:
        raise CallError(Status.UNIMPLEMENTED, "compressed messages are not understood")
    if flag & TRAILERS or len(body) - FRAME.size != length:
        raise CallError(Status.INTERNAL, "the body is not one message")
    try:
        return method.request.FromString(memoryview(body)[FRAME.size :])  # type: ignore[arg-type]
    except DecodeError as error:
        raise CallError(Status.INTERNAL, "the message cannot be parsed") from error


def _seconds(timeout: str | None) -> float | None:
    """What ``grpc-timeout`` means, for example ``100m``; ``None`` for what means nothing."""
    if timeout is None or TIMEOUT.fullmatch(timeout) is None:
        return None
    return int(timeout[:-1]) * UNITS[timeout[-1]]
