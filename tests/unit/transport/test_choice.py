"""Which transport is taken, with two that fail and answer by script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from clouddrive2.config import ServerConfig, TransportName
from clouddrive2.proto.methods import METHODS, Method
from clouddrive2.transport.base import CallFailed, Metadata, StatusCode, Transport
from clouddrive2.transport.choice import AutoTransport, transport_for
from clouddrive2.transport.grpc import GrpcTransport
from clouddrive2.transport.grpcweb import GrpcWebTransport
from clouddrive2.transport.memory import TransportMemory

SERVER = ServerConfig("http://nas:1")
LOOK, CHANGE, LIST = METHODS["GetRuntimeInfo"], METHODS["CreateFolder"], METHODS["GetSubFiles"]
# As grpcio 1.85 says it behind nginx 1.22.
HTTP1 = CallFailed(StatusCode.UNAVAILABLE, "Failed parsing HTTP/2 (...) (Trying to connect an http1.x server (HTTP status 400))")
NO_ALPN = CallFailed(StatusCode.UNAVAILABLE, "Tls handshake failed (...): TLSV1_ALERT_NO_APPLICATION_PROTOCOL: (...)")
NOT_GRPC = CallFailed(StatusCode.INTERNAL, "Received http2 header with status: 400")
BAD_GATEWAY = CallFailed(StatusCode.UNAVAILABLE, "Received http2 header with status: 502")
NOT_FOUND = CallFailed(StatusCode.UNIMPLEMENTED, "Received http2 header with status: 404")
BROKEN = CallFailed(StatusCode.UNAVAILABLE, "Socket closed")
NOBODY = CallFailed(StatusCode.UNAVAILABLE, "Failed to connect to remote host: Connection refused")
STRANGER = CallFailed(StatusCode.UNAVAILABLE, "CERTIFICATE_VERIFY_FAILED")
LATE = CallFailed(StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded")
PROXY_502 = CallFailed(StatusCode.UNAVAILABLE, "HTTP 502: a proxy answers")
NO = CallFailed(StatusCode.NOT_FOUND, "no such thing")


class Scripted(Transport):
    """Fails each call with the next failure; ``None``, and whatever comes behind the last, is an answer."""

    def __init__(self, name: TransportName, *script: CallFailed | None, always: CallFailed | None = None) -> None:
        self.name = name
        self.script = list(script)
        self.always = always
        self.calls: list[str] = []
        self.closed = False

    def _next(self, method: Method) -> None:
        self.calls.append(method.name)
        if failure := self.script.pop(0) if self.script else self.always:
            raise failure

    async def unary(self, method: Method, request: Message, *, timeout: float | None, metadata: Metadata) -> Message:
        await asyncio.sleep(0)
        self._next(method)
        return method.reply()

    async def stream(
        self,
        method: Method,
        request: Message,
        *,
        timeout: float | None,
        metadata: Metadata,
        on_open: Callable[[], None] | None = None,
    ) -> AsyncGenerator[Message, None]:
        self._next(method)
        if on_open is not None:
            on_open()
        yield method.reply()
        self._next(method)

    async def send_stream(
        self, method: Method, requests: AsyncIterable[Message], *, timeout: float | None, metadata: Metadata
    ) -> Message:
        self._next(method)
        return method.reply()

    async def both_streams(
        self, method: Method, requests: AsyncIterable[Message], *, timeout: float | None, metadata: Metadata
    ) -> AsyncGenerator[Message, None]:
        self._next(method)
        yield method.reply()

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
def memory(tmp_path: Path) -> TransportMemory:
    return TransportMemory(tmp_path)


def auto(memory: TransportMemory, grpc: Scripted, web: Scripted) -> AutoTransport:
    return AutoTransport(SERVER, memory, grpc=grpc, web=web)


async def call(transport: Transport, method: Method = LOOK) -> Message:
    return await transport.unary(method, method.request(), timeout=1, metadata=())


class TestFallingBack:
    @pytest.mark.parametrize("failure", [HTTP1, NO_ALPN, NOT_GRPC, NOT_FOUND, BAD_GATEWAY, BROKEN])
    async def test_when_grpc_does_not_get_through(self, memory: TransportMemory, failure: CallFailed) -> None:
        grpc, web = Scripted("grpc", always=failure), Scripted("grpc-web")
        transport = auto(memory, grpc, web)
        await call(transport)
        await call(transport)
        assert transport.name == "grpc-web"
        assert web.calls == ["GetSystemInfo", "GetRuntimeInfo", "GetRuntimeInfo"]
        assert memory.needs_web(SERVER.url)

    @pytest.mark.parametrize("failure", [HTTP1, NO_ALPN, NOT_GRPC, NOT_FOUND])
    async def test_a_change_that_cannot_have_arrived_is_made_again(self, memory: TransportMemory, failure: CallFailed) -> None:
        web = Scripted("grpc-web")
        await call(auto(memory, Scripted("grpc", always=failure), web), CHANGE)
        assert web.calls == ["GetSystemInfo", "CreateFolder"]

    @pytest.mark.parametrize("failure", [BAD_GATEWAY, BROKEN])
    async def test_one_that_may_have_arrived_is_not(self, memory: TransportMemory, failure: CallFailed) -> None:
        web = Scripted("grpc-web")
        transport = auto(memory, Scripted("grpc", always=failure), web)
        with pytest.raises(CallFailed) as caught:
            await call(transport, CHANGE)
        assert caught.value is failure
        await call(transport, CHANGE)
        assert web.calls == ["GetSystemInfo", "CreateFolder"]

    async def test_many_at_once_find_out_together(self, memory: TransportMemory) -> None:
        grpc, web = Scripted("grpc", always=HTTP1), Scripted("grpc-web")
        transport = auto(memory, grpc, web)
        await asyncio.gather(*(call(transport) for _ in range(20)))
        assert web.calls == ["GetSystemInfo", *["GetRuntimeInfo"] * 20]

    async def test_a_stream(self, memory: TransportMemory) -> None:
        web, opened = Scripted("grpc-web"), []
        transport = auto(memory, Scripted("grpc", always=NOT_GRPC), web)
        messages = transport.stream(LIST, LIST.request(), timeout=1, metadata=(), on_open=lambda: opened.append(1))
        assert [message async for message in messages] == [LIST.reply()]
        assert opened == [1]

    async def test_a_stream_that_has_begun_is_not_begun_again(self, memory: TransportMemory) -> None:
        web = Scripted("grpc-web")
        transport = auto(memory, Scripted("grpc", None, BROKEN), web)
        with pytest.raises(CallFailed, match="Socket closed"):
            async for _ in transport.stream(LIST, LIST.request(), timeout=1, metadata=()):
                pass
        assert web.calls == []
        assert transport.name == "grpc"

    async def test_before_the_caller_streams(self, memory: TransportMemory) -> None:
        async def nothing() -> AsyncGenerator[Message, None]:
            return
            yield Empty()

        grpc, web = Scripted("grpc", always=HTTP1), Scripted("grpc-web")
        transport = auto(memory, grpc, web)
        await transport.send_stream(METHODS["WriteToFileStream"], nothing(), timeout=1, metadata=())
        both = transport.both_streams(METHODS["AppAgentChannel"], nothing(), timeout=1, metadata=())
        assert len([message async for message in both]) == 1
        assert web.calls[-2:] == ["WriteToFileStream", "AppAgentChannel"]
        assert "WriteToFileStream" not in grpc.calls


class TestStaying:
    @pytest.mark.parametrize("failure", [NO, LATE, NOBODY, STRANGER])
    async def test_other_failures_are_what_they_are(self, memory: TransportMemory, failure: CallFailed) -> None:
        web = Scripted("grpc-web")
        transport = auto(memory, Scripted("grpc", failure, failure), web)
        with pytest.raises(CallFailed) as caught:
            await call(transport)
        assert caught.value is failure
        assert (transport.name, web.calls) == ("grpc", [])
        assert not memory.needs_web(SERVER.url)

    async def test_a_server_that_refuses_is_asked_again_over_grpc(self, memory: TransportMemory) -> None:
        grpc, web = Scripted("grpc", BROKEN), Scripted("grpc-web")
        transport = auto(memory, grpc, web)
        with pytest.raises(CallFailed, match="Socket closed"):
            await call(transport)
        assert grpc.calls == ["GetRuntimeInfo", "GetSystemInfo"]
        assert (transport.reason, web.calls) == ("gRPC gets through", [])

    async def test_once_grpc_has_worked_nothing_else_is_tried(self, memory: TransportMemory) -> None:
        web = Scripted("grpc-web")
        transport = auto(memory, Scripted("grpc", None, always=HTTP1), web)
        await call(transport)
        with pytest.raises(CallFailed):
            await call(transport)
        assert web.calls == []

    async def test_when_nothing_works_the_better_reason_is_told_and_both_are_tried_again(self, memory: TransportMemory) -> None:
        grpc, web = Scripted("grpc", HTTP1, BAD_GATEWAY, HTTP1), Scripted("grpc-web", PROXY_502, PROXY_502)
        transport = auto(memory, grpc, web)
        with pytest.raises(CallFailed, match="HTTP 502: a proxy answers"):
            await call(transport)
        with pytest.raises(CallFailed, match="http2 header with status: 502"):
            await call(transport)
        assert not memory.needs_web(SERVER.url)
        await call(transport)
        assert transport.name == "grpc-web"


class TestMemory:
    async def test_what_was_remembered_is_tried_first(self, memory: TransportMemory) -> None:
        memory.remember(SERVER.url)
        grpc, web = Scripted("grpc"), Scripted("grpc-web")
        transport = auto(memory, grpc, web)
        await call(transport)
        assert (grpc.calls, transport.name) == ([], "grpc-web")

    async def test_and_dropped_when_it_fails(self, memory: TransportMemory) -> None:
        memory.remember(SERVER.url)
        transport = auto(memory, Scripted("grpc"), Scripted("grpc-web", always=PROXY_502))
        await call(transport)
        assert (transport.name, transport.reason) == ("grpc", "gRPC gets through")
        assert not memory.needs_web(SERVER.url)

    async def test_also_when_grpc_fails_too(self, memory: TransportMemory) -> None:
        memory.remember(SERVER.url)
        transport = auto(memory, Scripted("grpc", NOBODY), Scripted("grpc-web", NOBODY))
        with pytest.raises(CallFailed, match="refused"):
            await call(transport)
        assert (transport.name, transport.reason) == ("grpc", "gRPC is tried first")
        assert not memory.needs_web(SERVER.url)

    def test_for_a_day(self, tmp_path: Path) -> None:
        now = 1_000_000.0
        memory = TransportMemory(tmp_path, clock=lambda: now)
        memory.remember("http://a:1")
        now += 24 * 3600 - 1
        assert memory.needs_web("http://a:1")
        memory.remember("http://b:1")
        now += 1
        assert not memory.needs_web("http://a:1")
        assert memory.needs_web("http://b:1")
        now -= 48 * 3600
        # A clock set back does not keep it for longer.
        assert not memory.needs_web("http://b:1")

    def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        memory = TransportMemory(tmp_path / "file" / "below")
        memory.remember("http://a:1")
        memory.forget("http://a:1")
        assert not memory.needs_web("http://a:1")

    def test_forgetting_keeps_the_others(self, tmp_path: Path) -> None:
        memory = TransportMemory(tmp_path / "new")
        memory.remember("http://a:1")
        memory.remember("http://b:1")
        memory.forget("http://a:1")
        assert (memory.needs_web("http://a:1"), memory.needs_web("http://b:1")) == (False, True)
        assert [path.name for path in (tmp_path / "new").iterdir()] == ["transports.json"]


@pytest.mark.parametrize(("choice", "kind"), [("auto", AutoTransport), ("grpc", GrpcTransport), ("grpc-web", GrpcWebTransport)])
def test_what_the_settings_ask_for(choice: Any, kind: type[Transport]) -> None:
    assert type(transport_for(ServerConfig(transport=choice))) is kind


async def test_closing_closes_both(memory: TransportMemory) -> None:
    grpc, web = Scripted("grpc"), Scripted("grpc-web")
    await auto(memory, grpc, web).close()
    assert grpc.closed and web.closed
