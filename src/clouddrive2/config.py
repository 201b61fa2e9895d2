"""Settings as frozen values. Where they come from is in ``settings.py``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from clouddrive2.errors import ConfigError

__all__ = [
    "DEFAULT_URL",
    "TRANSPORTS",
    "CloudPace",
    "PathView",
    "Retry",
    "ServerConfig",
    "Timeouts",
    "TransportChoice",
    "TransportName",
    "UploadConfig",
]

DEFAULT_URL = "http://127.0.0.1:19798"
DEFAULT_PORTS = {"http": 19798, "https": 19799}
PathView = Literal["as_given", "prefix", "strip"]
TransportName = Literal["grpc", "grpc-web"]
TransportChoice = Literal["auto", "grpc", "grpc-web"]
TRANSPORTS: tuple[TransportChoice, ...] = ("auto", "grpc", "grpc-web")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Deadlines in seconds; each RPC belongs to one of these classes (``transport/policy.py``, protocol.md §1.5).

    Attributes:
        connect: Until the first connection stands. Default 10.
        read: Look-ups. Default 15.
        mutation: Changes. Default 30.
        slow: Calls that ask a cloud: forced listings, offline tasks, share links. Default 60.
        data: One piece of file data on its way. Default 120.
        idle: The longest silence between two messages of a listing. Default 60.
        start: How long a server that is still starting is asked again before "nothing is there" is given up (protocol.md
            §2.4). Default 60.
    """

    connect: float = 10.0
    read: float = 15.0
    mutation: float = 30.0
    slow: float = 60.0
    data: float = 120.0
    idle: float = 60.0
    start: float = 60.0

    def __post_init__(self) -> None:
        for name in ("connect", "read", "mutation", "slow", "data", "idle", "start"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"the timeout '{name}' must be more than 0 seconds, not {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class Retry:
    """How a call that may be repeated is repeated.

    Attributes:
        attempts: All tries together. Default 4; 1 never repeats.
        first_delay: Seconds before the second try; doubles each time, with full jitter. Default 0.25.
        longest_delay: Upper bound of one pause in seconds. Default 8.
    """

    attempts: int = 4
    first_delay: float = 0.25
    longest_delay: float = 8.0

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ConfigError(f"attempts must be at least 1, not {self.attempts}")
        if self.first_delay < 0 or self.longest_delay < 0:
            raise ConfigError("the delays between attempts must not be negative")


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Which server, as whom.

    Attributes:
        url: ``host``, ``host:port``, ``http://host:port`` or ``https://host:port``; kept with scheme and port.
        token: API token; wins over username and password.
        username, password: The account the server is signed in to (protocol.md §2.2).
        totp_code: Six digits, a recovery code, or a function that returns a fresh one.
        ca_file: PEM file of the authority that signed the server's certificate; ``None`` takes the system's.
        insecure: Accept any certificate. Off by default.
        mount_point: Where this machine sees the server's mount, if it does: the one at this place on the server, or its only one.
        mount_maps: Cloud folders and where this machine sees them, for containers and shares; they come before what the
            server says.
        path_view: How paths look to a token with a root folder (protocol.md §2.5).
        root_folder: That folder, for ``path_view`` other than ``as_given``.
        transport: ``grpc``; ``grpc-web`` for proxies that carry nothing but HTTP/1.1; ``auto`` tries gRPC first and
            remembers for a day when only the other works.
        dav_username, dav_password: A WebDAV user of the server; the account's own credentials are used without one.
        dav_root: The cloud folder that this user sees as ``/dav`` (protocol.md §15).
        timeouts, retry: See :class:`Timeouts`, :class:`Retry`.

    Raises:
        ConfigError: The address is none, or holds a name and password; no such transport.
    """

    url: str = DEFAULT_URL
    token: str | None = field(default=None, repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    totp_code: str | Callable[[], str] | None = field(default=None, repr=False)
    ca_file: Path | None = None
    insecure: bool = False
    mount_point: Path | None = None
    mount_maps: tuple[tuple[str, Path], ...] = ()
    path_view: PathView = "as_given"
    root_folder: str = "/"
    dav_username: str | None = None
    dav_password: str | None = field(default=None, repr=False)
    dav_root: str = "/"
    transport: TransportChoice = "auto"
    timeouts: Timeouts = Timeouts()
    retry: Retry = Retry()

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", _normalised_url(self.url))
        if self.transport not in TRANSPORTS:
            raise ConfigError(f"transport must be auto, grpc or grpc-web, not '{self.transport}'")

    @property
    def is_tls(self) -> bool:
        """Whether the address asks for TLS."""
        return self.url.startswith("https://")

    @property
    def target(self) -> str:
        """``host:port``, brackets kept around an IPv6 address."""
        return self.url.partition("://")[2]


@dataclass(frozen=True, slots=True)
class CloudPace:
    """How fast uploads into one cloud folder may come.

    Attributes:
        files_at_once: Files in flight; ``None`` for no limit but that of the batch.
        seconds_between: Pause between the starts of two files, for clouds that count requests. Default 0.
    """

    files_at_once: int | None = None
    seconds_between: float = 0.0

    def __post_init__(self) -> None:
        if self.files_at_once is not None and self.files_at_once < 1:
            raise ConfigError(f"files_at_once must be at least 1, not {self.files_at_once}")
        if self.seconds_between < 0:
            raise ConfigError(f"seconds_between must not be negative, not {self.seconds_between}")


@dataclass(frozen=True, slots=True)
class UploadConfig:
    """How uploads run.

    Attributes:
        files_at_once: Files of a batch in flight. More hides the server's delay per file, and costs open files. Default 16.
        reads_in_flight: Pieces on their way to the server, over all files. More costs ``piece_bytes`` of memory each. Default 8.
        piece_bytes: Size of one answer to a read request; the vendor advises at most 1 MiB (protocol.md §8.3).
        hash_jobs: Files hashed at once. Default 2.
        progress_seconds: The longest silence between two hash reports to the server. Default 2.
        quiet_seconds: Silence of one upload after which the server's list is consulted (protocol.md §8.11). Default 60.
        cancel_seconds: How long to wait for the server to confirm a cancel. Default 30.
        channel_seconds: How long to wait for the channel to stand (protocol.md §8.11). Default 1.
        reconnect_first, reconnect_longest: Pause before the channel is opened again, doubling. Default 0.5 and 5.
        offline_seconds: How long an upload waits for a server that is gone. Default 300.
        delivery_first, delivery_longest: Pause between two looks at the server's upload list while a file goes from the server
            into its cloud, growing. Default 0.25 and 5 (protocol.md §7.2).
        delivery_seconds: How long a file that lies in the server may stay without new bytes in its cloud. Default 600.
        verify_seconds: How long a lagging index is waited for after the upload ended. Default 60.
        attempts: All tries of one upload whose failure a later try may not meet. Default 3; 1 never tries again.
        again_first: Seconds before the second try; doubles each time. Default 2.
        throttle_first, throttle_longest: How long uploads into a cloud folder stop when its cloud asks to slow down, doubling.
            Default 5 and 300.
        throttle_seconds: How long one upload puts up with that. Default 1800.
        sign_in_first, sign_in_longest: Pause between two looks whether a lost sign-in is back, doubling. Default 5 and 60.
        sign_in_seconds: How long uploads wait for it. Default 1800.
        clouds: Limits per cloud folder, such as ``{"/115": CloudPace(files_at_once=2)}``.
        state_folder: Where journal and device ids live; ``None`` takes ``settings.state_folder``.
    """

    files_at_once: int = 16
    reads_in_flight: int = 8
    piece_bytes: int = 1024 * 1024
    hash_jobs: int = 2
    progress_seconds: float = 2.0
    quiet_seconds: float = 60.0
    cancel_seconds: float = 30.0
    channel_seconds: float = 1.0
    reconnect_first: float = 0.5
    reconnect_longest: float = 5.0
    offline_seconds: float = 300.0
    delivery_first: float = 0.25
    delivery_longest: float = 5.0
    delivery_seconds: float = 600.0
    verify_seconds: float = 60.0
    attempts: int = 3
    again_first: float = 2.0
    throttle_first: float = 5.0
    throttle_longest: float = 300.0
    throttle_seconds: float = 1800.0
    sign_in_first: float = 5.0
    sign_in_longest: float = 60.0
    sign_in_seconds: float = 1800.0
    clouds: Mapping[str, CloudPace] = field(default_factory=dict)
    state_folder: Path | None = None

    def __post_init__(self) -> None:
        for name in ("files_at_once", "reads_in_flight", "piece_bytes", "hash_jobs", "attempts"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.piece_bytes > 4 * 1024 * 1024 - 16 * 1024:
            raise ConfigError("piece_bytes must stay below 4 MiB - 16 KiB, the server's message limit")


def _normalised_url(given: str) -> str:
    """``host``, ``host:port``, ``http(s)://host:port`` → ``scheme://host:port``.

    Raises:
        ConfigError: Another scheme, no host, a bad port, or something behind the port.
    """
    text = given.strip()
    if "@" in text:
        raise ConfigError("the server address must not contain a user name or password; give them separately")
    if not text or re.search(r"\s", text):
        raise ConfigError(f"'{given}' is no server address; write host:port or http(s)://host:port")
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"'{given}' is no server address ({error}); write host:port or http(s)://host:port") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise ConfigError(f"'{given}': only http and https addresses work, not {parts.scheme}")
    if not parts.hostname:
        raise ConfigError(f"'{given}' names no host; write host:port or http(s)://host:port")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ConfigError(f"'{given}': nothing may follow the port; the server answers at the root of its address")
    if port == 0:
        raise ConfigError(f"'{given}': 0 is no port a server can be reached on")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port or DEFAULT_PORTS[parts.scheme]}"
