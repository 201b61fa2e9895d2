"""What the server says of itself and of the token in use."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from clouddrive2.config import TransportName
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["Capabilities", "Connection", "RuntimeInfo", "SystemInfo", "TokenDetails"]

REMOTE_SINCE = (0, 9, 9)


@dataclass(frozen=True, slots=True)
class Connection:
    """What carries a client's calls.

    Attributes:
        transport: ``grpc`` or ``grpc-web`` (protocol.md §1.2, §1.3).
        reason: Why this one, for people.
    """

    transport: TransportName
    reason: str


@dataclass(frozen=True, slots=True)
class SystemInfo:
    """State of the server (protocol.md §2.4).

    Attributes:
        signed_in: The server is signed in to an account.
        ready: Start-up is finished.
        username: The account; masked by newer servers unless the token may see it.
        username_is_full: Whether ``username`` is unmasked.
        message: What the server has to say, for example an error at start.
        has_error: Whether that message is an error.
        supports_two_way_backup, supports_archive_folders, supports_path_filter_rules: Feature switches.
    """

    signed_in: bool
    ready: bool
    username: str
    username_is_full: bool
    message: str
    has_error: bool
    supports_two_way_backup: bool
    supports_archive_folders: bool
    supports_path_filter_rules: bool

    @property
    def healthy(self) -> bool:
        """Signed in, started, and without error."""
        return self.signed_in and self.ready and not self.has_error

    @classmethod
    def from_proto(cls, message: pb.CloudDriveSystemInfo) -> SystemInfo:
        """From ``GetSystemInfo``."""
        return cls(
            signed_in=message.IsLogin,
            ready=message.SystemReady,
            username=message.fullUserName or message.UserName,
            username_is_full=bool(message.fullUserName),
            message=message.SystemMessage,
            has_error=message.hasError,
            supports_two_way_backup=message.supportsTwoWayBackup,
            supports_archive_folders=message.supportsArchiveFolders,
            supports_path_filter_rules=message.supportsPathFilterRules,
        )


@dataclass(frozen=True, slots=True)
class RuntimeInfo:
    """Which server this is (protocol.md §18.3)."""

    product: str
    version: str
    api_version: str
    platform: str

    @classmethod
    def from_proto(cls, message: pb.RuntimeInfo) -> RuntimeInfo:
        """From ``GetRuntimeInfo``."""
        return cls(message.productName, message.productVersion, message.CloudAPIVersion, message.osInfo)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What is known of the server, read once per client.

    Attributes:
        system: From ``GetSystemInfo``.
        runtime: From ``GetRuntimeInfo``; ``None`` when the token may not see it.
    """

    system: SystemInfo
    runtime: RuntimeInfo | None

    @property
    def predates_remote_uploads(self) -> bool:
        """Whether the server's version is one before remote uploads, 0.9.9 (protocol.md §19); ``False`` when it is not known."""
        if self.runtime is None:
            return False
        return tuple(int(number) for number in re.findall(r"\d+", self.runtime.version)[:3]) < REMOTE_SINCE


@dataclass(frozen=True, slots=True)
class TokenDetails:
    """What a token may do (protocol.md §2.5).

    Attributes:
        root_folder: The folder it is confined to, ``/`` for none.
        permissions: Names as in ``TokenPermissions``, for example ``allow_list``.
        expires_in: Seconds from now, or ``None`` for never.
        name: Its friendly name.
    """

    root_folder: str
    permissions: frozenset[str] = field(default_factory=frozenset)
    expires_in: int | None = None
    name: str = ""

    @classmethod
    def from_proto(cls, message: pb.TokenInfo) -> TokenDetails:
        """From ``GetApiTokenInfo``; 0 seconds means never."""
        granted = frozenset(descriptor.name for descriptor, value in message.permissions.ListFields() if value)
        return cls(message.rootDir or "/", granted, message.expires_in or None, message.friendly_name)
