"""gRPC over HTTP/2 by grpc.aio: one channel, made on first use, shared by every call."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from typing import Any, cast

import grpc
import grpc.aio
from google.protobuf.message import Message

from clouddrive2.config import ServerConfig
from clouddrive2.errors import ConnectError
from clouddrive2.proto.methods import Method
from clouddrive2.transport.base import MESSAGE_BYTES, CallFailed, Metadata, StatusCode, Transport
from clouddrive2.transport.tls import read_authority

__all__ = ["GrpcTransport"]

logger = logging.getLogger(__name__)

CHANNEL_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_send_message_length", MESSAGE_BYTES),
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
    # protocol.md §1.5: these settings work in production.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    # protocol.md §1.1: a proxied cleartext connection fails in confusing ways.
    ("grpc.enable_http_proxy", 0),
    # Two clients of one process do not share a connection: closing one must not touch the other.
    ("grpc.use_local_subchannel_pool", 1),
)

# Until a connection stands, TLS included; its name in gRPC tells what else it was meant for.
CONNECT_LIMIT = "grpc.min_reconnect_backoff_ms"
STATUS_LOST = "Internal error from Core"


class GrpcTransport(Transport):
    """The server over HTTP/2, in clear text or TLS as the address says."""

    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        self._channel: grpc.aio.Channel | None = None
        self._opening = asyncio.Lock()
        self._calls: dict[str, Any] = {}
        self._closed = False

    async def unary(self, method: Method, request: Message, *, timeout: float | None, metadata: Metadata) -> Message:
        call = await self._callable(method)
        try:
            return cast(Message, await call(request, timeout=timeout, metadata=metadata))
        except grpc.aio.AioRpcError as error:
            raise _failure(error) from error

    async def stream(
        self,
        method: Method,
        request: Message,
        *,
        timeout: float | None,
        metadata: Metadata,
        on_open: Callable[[], None] | None = None,
    ) -> AsyncGenerator[Message, None]:
        call = (await self._callable(method))(request, timeout=timeout, metadata=metadata)
        try:
            if on_open is not None:
                await call.initial_metadata()
                if not call.done():
                    on_open()
            async for message in call:
                yield message
        except grpc.aio.AioRpcError as error:
            raise _failure(error) from error
        finally:
            call.cancel()

    async def send_stream(
        self, method: Method, requests: AsyncIterable[Message], *, timeout: float | None, metadata: Metadata
    ) -> Message:
        call = await self._callable(method)
        try:
            return cast(Message, await call(requests, timeout=timeout, metadata=metadata))
        except grpc.aio.AioRpcError as error:
            if not _is_status_lost(error):
                raise _failure(error) from error
            lost = error
        try:
            await call(_nothing(), timeout=self._config.timeouts.read, metadata=metadata)
        except grpc.aio.AioRpcError as error:
            raise _failure(error) from lost
        raise CallFailed(StatusCode.UNKNOWN, "the server ended the call before it had taken everything") from lost

    async def both_streams(
        self, method: Method, requests: AsyncIterable[Message], *, timeout: float | None, metadata: Metadata
    ) -> AsyncGenerator[Message, None]:
        make = await self._callable(method)
        call = make(requests, timeout=timeout, metadata=metadata)
        try:
            async for message in call:
                yield message
            return
        except grpc.aio.AioRpcError as error:
            if not _is_status_lost(error):
                raise _failure(error) from error
            lost = error
        finally:
            call.cancel()
        call = make(_nothing(), timeout=self._config.timeouts.read, metadata=metadata)
        try:
            async for _ in call:
                break
        except grpc.aio.AioRpcError as error:
            raise _failure(error) from lost
        finally:
            call.cancel()
        raise CallFailed(StatusCode.UNKNOWN, "the server ended the call before it had taken everything") from lost

    async def close(self) -> None:
        self._closed = True
        channel, self._channel = self._channel, None
        self._calls.clear()
        if channel is not None:
            await channel.close()

    async def _callable(self, method: Method) -> Callable[..., Any]:
        state = self._channel.get_state() if self._channel is not None else None
        if state is not grpc.ChannelConnectivity.READY:
            self.connections += 1
        if state is grpc.ChannelConnectivity.TRANSIENT_FAILURE:
            # Until its next own attempt this channel fails every call at once, although the server may be back by now.
            # It is let go, not closed: closing cancels what its last callers still wait for.
            self._channel = None
            self._calls.clear()
        if method.name in self._calls:
            return cast(Callable[..., Any], self._calls[method.name])
        channel = await self._open()
        kinds = {
            (False, False): channel.unary_unary,
            (False, True): channel.unary_stream,
            (True, False): channel.stream_unary,
            (True, True): channel.stream_stream,
        }
        make = cast(Callable[..., Any], kinds[method.client_streaming, method.server_streaming])
        call = make(
            method.path,
            request_serializer=method.request.SerializeToString,
            response_deserializer=method.reply.FromString,
        )
        self._calls[method.name] = call
        return cast(Callable[..., Any], call)

    async def _open(self) -> grpc.aio.Channel:
        async with self._opening:
            if self._closed:
                raise ConnectError("this client is closed; make a new one")
            if self._channel is None:
                target, options = (
                    self._config.target,
                    [*CHANNEL_OPTIONS, (CONNECT_LIMIT, int(self._config.timeouts.connect * 1000))],
                )
                if self._config.is_tls:
                    credentials, more = await self._credentials()
                    self._channel = grpc.aio.secure_channel(target, credentials, options=[*options, *more])
                else:
                    self._channel = grpc.aio.insecure_channel(target, options=options)
            return self._channel

    async def _credentials(self) -> tuple[grpc.ChannelCredentials, list[tuple[str, str]]]:
        if self._config.insecure:
            logger.warning("the certificate of %s is not verified", self._config.url)
            pem, name = await asyncio.to_thread(_presented_certificate, self._config)
            return grpc.ssl_channel_credentials(pem), [("grpc.ssl_target_name_override", name)]
        if self._config.ca_file is None:
            return grpc.ssl_channel_credentials(), []
        return grpc.ssl_channel_credentials(await asyncio.to_thread(read_authority, self._config.ca_file)), []


def _presented_certificate(config: ServerConfig) -> tuple[bytes, str]:
    """The certificate the server shows, and a name in it: gRPC cannot skip verification, so exactly this one is trusted."""
    target, seconds = config.target, config.timeouts.connect
    host, _, port = target.rpartition(":")
    address = (host.strip("[]"), int(port))
    try:
        pem = ssl.get_server_certificate(address, timeout=seconds)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=pem)
        with socket.create_connection(address, timeout=seconds) as raw, context.wrap_socket(raw) as connection:
            shown = connection.getpeercert() or {}
    except (OSError, ValueError) as error:
        raise ConnectError(f"no TLS connection to {target}: {error}; is HTTPS enabled on that port?") from error
    names = [value for kind, value in cast(Any, shown).get("subjectAltName", ()) if kind == "DNS"]
    subject = [value for part in cast(Any, shown).get("subject", ()) for key, value in part if key == "commonName"]
    return pem.encode(), next(iter([*names, *subject]), host.strip("[]"))


def _failure(error: grpc.aio.AioRpcError) -> CallFailed:
    code = error.code()
    number = code.value[0] if code is not None else StatusCode.UNKNOWN
    return CallFailed(int(number), error.details() or "")


def _is_status_lost(error: grpc.aio.AioRpcError) -> bool:
    """Whether the library could not send a message because the server had ended the call, and forgot with which status.

    The same call without any message asks for it again: a server that does not take the call says so at once.
    """
    return error.code() is grpc.StatusCode.INTERNAL and error.details() == STATUS_LOST


async def _nothing() -> AsyncGenerator[Message, None]:
    return
    yield Message()  # makes it a generator
