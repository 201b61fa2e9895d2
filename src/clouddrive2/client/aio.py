"""The async client: opens one connection on first use and holds the namespaces."""

from __future__ import annotations

import asyncio
import contextlib
import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from clouddrive2.config import ServerConfig, TransportChoice, UploadConfig
from clouddrive2.errors import ConfigError
from clouddrive2.models.bandwidth import Bandwidth
from clouddrive2.models.system import Connection
from clouddrive2.settings import load_config, state_folder
from clouddrive2.transport.caller import Caller
from clouddrive2.transport.choice import transport_for
from clouddrive2.transport.limits import Limits
from clouddrive2.transport.memory import TransportMemory
from clouddrive2.transport.rest import Rest
from clouddrive2.transport.webdav import WebDav

if TYPE_CHECKING:
    from clouddrive2.api.accounts import AsyncAccounts
    from clouddrive2.api.archives import AsyncArchives
    from clouddrive2.api.backups import AsyncBackups
    from clouddrive2.api.cache import AsyncCache
    from clouddrive2.api.cloud_logins import AsyncCloudLogins
    from clouddrive2.api.cloud_sync import AsyncCloudSync
    from clouddrive2.api.clouds import AsyncClouds
    from clouddrive2.api.devices import AsyncDevices
    from clouddrive2.api.encrypted import AsyncEncrypted
    from clouddrive2.api.events import AsyncEvents
    from clouddrive2.api.files import AsyncFiles
    from clouddrive2.api.mounts import AsyncMounts
    from clouddrive2.api.offline import AsyncOffline
    from clouddrive2.api.plans import AsyncPlans
    from clouddrive2.api.raw import AsyncRaw
    from clouddrive2.api.service import AsyncService
    from clouddrive2.api.sessions import AsyncSessions
    from clouddrive2.api.settings import AsyncSettings
    from clouddrive2.api.system import AsyncSystem
    from clouddrive2.api.tokens import AsyncTokens
    from clouddrive2.api.transfers import AsyncTransfers
    from clouddrive2.api.webdav import AsyncWebdav
    from clouddrive2.api.webhooks import AsyncWebhooks
    from clouddrive2.upload.uploads import AsyncUploads

__all__ = ["AsyncClient"]


class AsyncClient:
    """One server, as one user.

    Nothing is sent before the first call. Use it with ``async with``, or call :meth:`close`. It belongs to the event loop
    of its first call and may be used by any number of that loop's tasks at once.

    Args:
        url: ``host``, ``host:port``, ``http://host:port`` or ``https://host:port``.
        token: API token.
        username, password: The account the server is signed in to, instead of a token.
        totp_code: Second factor: six digits, a recovery code, or a function that returns a fresh one.
        profile: Which profile of the configuration file.
        ca_file: PEM file of the authority that signed the server's certificate.
        insecure: Accept any certificate.
        mount_point: Where this machine sees the server's mount.
        mount_maps: Cloud folders and where this machine sees them, as ``{"/115": "/mnt/115"}``.
        transport: ``grpc``, ``grpc-web`` for proxies that carry nothing but HTTP/1.1, or ``auto``: see
            :class:`clouddrive2.ServerConfig`.
        timeout: Seconds for one ordinary call, instead of the defaults of :class:`clouddrive2.Timeouts`. A listing or a
            transfer may take longer, as long as it moves.
        config: Complete settings. Nothing else is read then; of the arguments above only ``timeout`` may be given.
        uploads: How uploads run.
        bandwidth: How many bytes of files per second may go up and down, over all transfers of this client, as rclone's
            ``--bwlimit`` is written: ``10M``, ``10M:1M``, ``08:00,512k 18:00,off``. See :meth:`Bandwidth.parse`.

    What is not given comes from the environment (``CLOUDDRIVE2_URL``, ``CLOUDDRIVE2_API_TOKEN`` and so on), then from the
    configuration file, then from the defaults.

    Raises:
        ConfigError: The settings cannot be used, or contradict each other.
    """

    files: AsyncFiles
    """Folders and files: list, look up, create, move, copy, delete, search, download."""
    system: AsyncSystem
    """What the server is and what the token may do."""
    transfers: AsyncTransfers
    """Work the server is doing: uploads, downloads, copies, merges."""
    events: AsyncEvents
    """What the server tells by itself."""
    mounts: AsyncMounts
    """Mount points of the server, and whether this machine can use them."""
    tokens: AsyncTokens
    """API tokens of the account: create, list, modify, revoke."""
    settings: AsyncSettings
    """How the server is set: read, and change what differs."""
    clouds: AsyncClouds
    """Cloud accounts of the server: list, add, configure, remove."""
    accounts: AsyncAccounts
    """The account the server is signed in to, its password, its address, its second factor."""
    sessions: AsyncSessions
    """Sign-ins with the account's name."""
    devices: AsyncDevices
    """CloudDrive2 servers that are signed in to the account."""
    plans: AsyncPlans
    """Plans, codes and credit, to look at."""
    cloud_sync: AsyncCloudSync
    """Keeping the list of cloud accounts the same on every server of the account."""
    backups: AsyncBackups
    """Backups the server keeps: one-way and two-way."""
    cloud_logins: AsyncCloudLogins
    """Signing in to clouds by QR code, with tokens or cookies."""
    offline: AsyncOffline
    """What clouds download by themselves from links, and what others share."""
    archives: AsyncArchives
    """Archives shown as folders."""
    encrypted: AsyncEncrypted
    """Folders that need a password."""
    cache: AsyncCache
    """What the server remembers: listings, content of files, and what it reads ahead."""
    webhooks: AsyncWebhooks
    """Where the server sends word of changes."""
    webdav: AsyncWebdav
    """Settings and users of the server's WebDAV."""
    service: AsyncService
    """The server as a program: running state, updates, logs, restart, web server."""
    uploads: AsyncUploads
    """Files into the drive: verified, resumable, one or many."""
    raw: AsyncRaw
    """Every RPC of the contract, message in, message out."""

    def __init__(
        self,
        url: str | None = None,
        *,
        token: str | None = None,
        username: str | None = None,
        password: str | None = None,
        totp_code: str | Callable[[], str] | None = None,
        profile: str | None = None,
        ca_file: str | Path | None = None,
        insecure: bool | None = None,
        mount_point: str | Path | None = None,
        mount_maps: Mapping[str, str | Path] | None = None,
        transport: TransportChoice | None = None,
        timeout: float | None = None,
        config: ServerConfig | None = None,
        uploads: UploadConfig | None = None,
        bandwidth: str | Bandwidth | None = None,
    ) -> None:
        self._closed, self._closing = True, False
        given = {
            "url": url,
            "token": token,
            "username": username,
            "password": password,
            "totp_code": totp_code,
            "profile": profile,
            "ca_file": ca_file,
            "insecure": insecure,
            "mount_point": mount_point,
            "mount_maps": mount_maps,
            "transport": transport,
        }
        if config is None:
            config = load_config(
                url,
                token=token,
                username=username,
                password=password,
                totp_code=totp_code,
                profile=profile,
                ca_file=ca_file,
                insecure=insecure,
                mount_point=mount_point,
                mount_maps=mount_maps,
                transport=transport,
            )
        elif extra := sorted(name for name, value in given.items() if value is not None):
            raise ConfigError(f"config= is complete by itself; leave out {', '.join(extra)}")
        if timeout is not None:
            config = replace(
                config, timeouts=replace(config.timeouts, read=timeout, mutation=timeout, slow=timeout, start=timeout)
            )
        self._config = config
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = os.getpid()
        limits = Limits(Bandwidth.parse(bandwidth) if isinstance(bandwidth, str) else bandwidth)
        memory = TransportMemory((uploads.state_folder if uploads else None) or state_folder())
        self._caller = Caller(config, transport_for(config, memory), check=self._check, limits=limits)
        self._rest = Rest(config, check=self._check, limit=limits.down)
        self._dav = WebDav(config, check=self._check)
        self._uploads_config = uploads
        self._closed = False

    @property
    def config(self) -> ServerConfig:
        """The settings in use."""
        return self._config

    @property
    def connection(self) -> Connection:
        """What carries the calls and why; final once the first call was answered."""
        return Connection(self._caller.transport_name, self._caller.transport_reason)

    async def close(self) -> None:
        """Stop uploads (a later one takes them up), then end every call and the connection. May be called twice."""
        if self._closed or self._closing:
            return
        if self._loop is not None:
            self._check()
        self._closing = True
        try:
            if "uploads" in vars(self):
                await self.uploads.close()
        finally:
            self._closed = True
            async with contextlib.AsyncExitStack() as stack:
                stack.push_async_callback(self._caller.close)
                stack.push_async_callback(self._rest.close)
                stack.push_async_callback(self._dav.close)

    async def __aenter__(self) -> Self:
        self._check()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """A namespace is loaded when it is first used: all of them together would cost every command a tenth of a second."""
            if name not in AsyncClient.__annotations__:
                raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
            vars(self)[name] = namespace = self._namespace(name)
            return namespace

    def _namespace(self, name: str) -> Any:
        """What is annotated above with ``Async<Name>``; it is in ``api/<name>.py``, and most need nothing but the caller."""
        module = "clouddrive2.upload.uploads" if name == "uploads" else f"clouddrive2.api.{name}"
        kind = getattr(import_module(module), AsyncClient.__annotations__[name])
        match name:
            case "files":
                return kind(self._caller, self._rest)
            case "events":
                return kind(self._caller, self.transfers)
            case "mounts":
                return kind(self._caller, self.system)
            case "uploads":
                places = (self.files, self.system, self.mounts, self.transfers)
                return kind(self._caller, self._dav, *places, self._uploads_config)
            case _:
                return kind(self._caller)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._config.url}{' closed' if self._closed else ''}>"

    def __del__(self) -> None:
        if not getattr(self, "_closed", True) and self._loop is not None and self._process == os.getpid():
            warnings.warn(f"the client of {self._config.url} was never closed", ResourceWarning, stacklevel=2, source=self)

    def _check(self) -> None:
        """Refuse what would hang or break later: a closed client, another loop, a forked process."""
        if self._closed:
            raise ConfigError(f"the client of {self._config.url} is closed; make a new one")
        if self._process != os.getpid():
            raise ConfigError("a client does not survive a fork; make a new one in the new process")
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise ConfigError("this client belongs to another event loop; make one client per loop, inside it")
