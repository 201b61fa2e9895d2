"""Where the server listens: where it was started, and what calls have changed since (protocol.md §1.1).

A change opens what is new before anything else happens, so that a port that cannot be had changes nothing. The answer goes out,
and a moment later what is no longer wanted is closed, with its connections. Other ports keep theirs.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import ssl
from collections.abc import Callable
from pathlib import Path

from clouddrive2.emulator.call import CallError, Status
from clouddrive2.emulator.doors.certificate import Certificate, check_files, check_texts
from clouddrive2.emulator.doors.front import CannotListen, Front
from clouddrive2.emulator.state import State, as_json, from_json
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["LEAVE_SECONDS", "Listening"]

logger = logging.getLogger(__name__)
HTTP_PORT, HTTPS_PORT = 19798, 19799
# Until connections end: answers, and the word of it, have gone out by then.
LEAVE_SECONDS = 0.25


class Listening:
    """The two ports and the certificate.

    Args:
        state: Keeps what calls change.
        host: The address of both ports.
        port: The plain port; 0 takes a free one, ``None`` the kept one, else 19798.
        tls_port: The port for TLS; 0 takes a free one, ``None`` is as kept: none at all unless a call asked for it.
        certificate, key: PEM files of what to show there, before what is kept.
        own: Where a certificate that is made or sent is kept, ``.crt`` and ``.key`` added; ``None`` for a temporary folder.

    Raises:
        ValueError: The certificate is none, or is for a port that is not asked for.
        OSError: It cannot be read, or made.

    Attributes:
        moved: Told after the addresses have changed.
    """

    def __init__(
        self,
        state: State,
        host: str,
        port: int | None,
        tls_port: int | None,
        certificate: Path | None,
        key: Path | None,
        own: Path | None,
    ) -> None:
        self._state = state
        self.host = host
        self._kept = from_json(state.load("listeners", {}), pb.WebServerConfig)
        self.port = (self._kept.http_port or HTTP_PORT) if port is None else port
        self._has_tls = tls_port is not None or self._kept.enable_https
        self._https_port = (self._kept.https_port or HTTPS_PORT) if tls_port is None else tls_port
        if certificate is not None and not self._has_tls:
            raise ValueError("a certificate is for the TLS port, which is not asked for")
        if key is not None and certificate is None:
            raise ValueError(f"the key {key} needs its certificate")
        if certificate is None and self._kept.cert_file:
            certificate, key = _files(self._kept)
        self._own = own
        self._certificate = Certificate(host, own, certificate, key) if self._has_tls else None
        self._front: Front | None = None
        self._changing = asyncio.Lock()
        self._closing: asyncio.TimerHandle | None = None
        self._is_shown_anew = False
        self.moved: Callable[[], object] | None = None

    @property
    def url(self) -> str:
        """``http://host:port``; a server on all addresses is named by its loopback."""
        return self._address("http", self.port)

    @property
    def tls_port(self) -> int | None:
        """The port for TLS; ``None`` when there is none."""
        return self._https_port if self._has_tls else None

    @property
    def tls_url(self) -> str | None:
        """``https://host:port``; ``None`` without TLS."""
        return self._address("https", self._https_port) if self._has_tls else None

    @property
    def certificate(self) -> Path | None:
        """PEM file with what the TLS port shows; ``None`` without TLS."""
        return self._certificate.file if self._certificate is not None and self._has_tls else None

    async def start(self, front: Front) -> None:
        """Listen.

        Raises:
            CannotListen: An address cannot be used.
        """
        self._front = front
        self.port = await front.listen(self.host, self.port)
        if self._has_tls:
            self._https_port = await front.listen(self.host, self._https_port, self._context())

    def close(self) -> None:
        """Remove what was temporary, and change nothing any more; may be repeated."""
        if self._closing is not None:
            self._closing.cancel()
        if self._certificate is not None:
            self._certificate.close()

    def settings(self) -> pb.WebServerConfig:
        """As ``GetWebServerConfig`` tells them."""
        told = pb.WebServerConfig(http_port=self.port, https_port=self._https_port, enable_https=self._has_tls)
        if self._certificate is not None:
            told.cert_file, told.key_file = str(self._certificate.file), str(self._certificate.key_file)
        return told

    async def change(self, request: pb.SetWebServerConfigRequest) -> None:
        """Listen elsewhere, or show another certificate. What is refused changes nothing.

        Raises:
            CallError: INVALID_ARGUMENT: a port or a certificate is none. FAILED_PRECONDITION: a port cannot be had, or no
                certificate can be made.
        """
        async with self._changing:
            port = request.http_port if request.HasField("http_port") else self.port
            https_port = request.https_port if request.HasField("https_port") else self._https_port
            has_tls = request.enable_https if request.HasField("enable_https") else self._has_tls
            _check_ports(request, port, https_port if has_tls else None)
            _check_certificate(request)
            certificate = self._certificate
            if has_tls or request.cert_content or request.cert_file:
                certificate = self._some_certificate()
            contexts: dict[int, ssl.SSLContext | None] = {port: None}
            if has_tls and certificate is not None:
                contexts[https_port] = certificate.context
            opened: list[int] = []
            try:
                await self._open(contexts, opened)
                kept = self._changed(request, https_port if has_tls else None, certificate)
                self._state.save("listeners", as_json(kept))
            except BaseException:
                for each in opened:
                    self._running().close(each)
                if certificate is not None and certificate is not self._certificate:
                    certificate.close()
                raise
            has_moved = (self.port, self.tls_port) != (port, https_port if has_tls else None)
            self._kept, self._certificate = kept, certificate
            self.port, self._https_port, self._has_tls = port, https_port, has_tls
            if request.cert_content or request.cert_file:
                self.show_certificate()
            if has_moved:
                self._close_soon()
                logger.info("listening on %s", self._both(), extra={"action": "emulator_moved"})
                if self.moved is not None:
                    self.moved()

    def make_certificate(self, *, show: bool) -> None:
        """Make another certificate for this server; it shows at once, or with the next restart of the server.

        Raises:
            CallError: FAILED_PRECONDITION: none can be made.
        """
        certificate = self._some_certificate()
        try:
            certificate.make()
        except ValueError as error:
            raise CallError(Status.FAILED_PRECONDITION, str(error)) from error
        self._certificate = certificate
        self._kept.cert_file = self._kept.key_file = ""
        self._state.save("listeners", as_json(self._kept))
        if show:
            self.show_certificate()

    def show_certificate(self) -> None:
        """Let connections to come see what the files of the certificate hold now, and end those over TLS soon.

        Raises:
            CallError: FAILED_PRECONDITION: they hold none any more.
        """
        if self._certificate is None:
            return
        try:
            self._certificate.load()
        except (ValueError, OSError) as error:
            raise CallError(Status.FAILED_PRECONDITION, str(error)) from error
        self._is_shown_anew = True
        self._close_soon()

    async def _open(self, contexts: dict[int, ssl.SSLContext | None], opened: list[int]) -> None:
        """Listen on those of these ports where nobody listens yet, and note which."""
        for port, context in contexts.items():
            if port not in self._running().ports:
                try:
                    opened.append(await self._running().listen(self.host, port, context))
                except CannotListen as error:
                    raise CallError(Status.FAILED_PRECONDITION, _why_not(error)) from error

    def _changed(
        self, request: pb.SetWebServerConfigRequest, tls_port: int | None, certificate: Certificate | None
    ) -> pb.WebServerConfig:
        """What is kept after a change, the certificate included."""
        kept = pb.WebServerConfig()
        kept.CopyFrom(self._kept)
        for name in ("http_port", "https_port", "enable_https"):
            if request.HasField(name):
                setattr(kept, name, getattr(request, name))
        kept.https_port = tls_port or kept.https_port
        if certificate is not None and request.cert_content:
            certificate.take(request.cert_content, request.key_content)
            kept.cert_file = kept.key_file = ""
        elif certificate is not None and request.cert_file:
            kept.cert_file, kept.key_file = request.cert_file, request.key_file
            certificate.use(*_files(request))
        return kept

    def _close_soon(self) -> None:
        """Close what is no longer wanted when the answer has gone out."""
        if self._closing is not None:
            self._closing.cancel()
        self._closing = asyncio.get_running_loop().call_later(LEAVE_SECONDS, self._settle)

    def _settle(self) -> None:
        front = self._running()
        for port in front.ports - {self.port, self.tls_port}:
            front.close(port)
        front.use(self.port, None)
        if self._has_tls:
            front.use(self._https_port, self._context())
            if self._is_shown_anew:
                front.drop_connections(self._https_port)
        self._is_shown_anew = False

    def _some_certificate(self) -> Certificate:
        try:
            return self._certificate or Certificate(self.host, self._own)
        except ValueError as error:
            raise CallError(Status.FAILED_PRECONDITION, str(error)) from error

    def _context(self) -> ssl.SSLContext:
        assert self._certificate is not None
        return self._certificate.context

    def _running(self) -> Front:
        assert self._front is not None
        return self._front

    def _both(self) -> str:
        return f"{self.url} and {self.tls_url}" if self._has_tls else self.url

    def _address(self, scheme: str, port: int) -> str:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _files(settings: pb.WebServerConfig | pb.SetWebServerConfigRequest) -> tuple[Path, Path | None]:
    return Path(settings.cert_file), Path(settings.key_file) if settings.key_file else None


def _check_ports(request: pb.SetWebServerConfigRequest, port: int, tls_port: int | None) -> None:
    for name in ("http_port", "https_port"):
        if request.HasField(name) and not 0 < getattr(request, name) < 65536:
            raise CallError(Status.INVALID_ARGUMENT, f"{getattr(request, name)} is no port: 1 to 65535")
    if port == tls_port:
        raise CallError(Status.INVALID_ARGUMENT, f"HTTP and HTTPS need a port each, and {port} is asked for both")


def _check_certificate(request: pb.SetWebServerConfigRequest) -> None:
    if bool(request.cert_content) != bool(request.key_content):
        raise CallError(Status.INVALID_ARGUMENT, "a certificate and its key go together")
    if request.key_file and not request.cert_file:
        raise CallError(Status.INVALID_ARGUMENT, f"the key {request.key_file} needs its certificate")
    try:
        if request.cert_content:
            check_texts(request.cert_content, request.key_content)
        elif request.cert_file:
            check_files(*_files(request))
    except ValueError as error:
        raise CallError(Status.INVALID_ARGUMENT, str(error)) from error
    except OSError as error:
        raise CallError(Status.INVALID_ARGUMENT, f"{error.filename}: {error.strerror}") from error


def _why_not(error: CannotListen) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"port {error.port} is in use by another program"
        case errno.EACCES:
            return f"this server may not listen on port {error.port}; choose one above 1023"
        case _:
            return f"this server cannot listen on {error.host}:{error.port}: {error.strerror}"
