"""The server's WebDAV: its settings, and who may use it (protocol.md §15)."""

from __future__ import annotations

from dataclasses import dataclass, field

from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["DavServer", "DavUser"]


@dataclass(frozen=True, slots=True)
class DavUser:
    """Somebody who may use the server's WebDAV; not the account.

    Attributes:
        name: What he signs in with.
        password: The server tells it: a secret, which ``repr`` leaves out.
        root_folder: The folder he sees, as ``/``.
        read_only: Whether he may only look.
        enabled: Whether he may come in at all.
        guest: What the server calls a guest; no source says what he may.
    """

    name: str
    password: str = field(repr=False)
    root_folder: str = "/"
    read_only: bool = False
    enabled: bool = True
    guest: bool = False

    @classmethod
    def from_proto(cls, message: pb.DavUser) -> DavUser:
        """From ``GetDavUser``."""
        return cls(message.userName, message.password, message.rootPath or "/", message.readOnly, message.enabled, message.guest)


@dataclass(frozen=True, slots=True)
class DavServer:
    """Settings of the WebDAV server.

    Attributes:
        enabled: Whether it runs.
        path: Where it is served, ``/dav``.
        account, account_root, account_read_only: Whether the account itself may use it, what it sees, and how.
        anonymous, anonymous_root, anonymous_read_only: The same for whoever gives no name.
        access_log: Whether requests are logged.
        users: Who else may.
        addresses: The server's own in its network; empty on servers before 1.1.0, as are the ports.
        http_port, https_port: 0 where there is none.
        in_container: Whether it runs in a container; then the addresses of its host count instead.
    """

    enabled: bool
    path: str
    account: bool
    account_root: str
    account_read_only: bool
    anonymous: bool
    anonymous_root: str
    anonymous_read_only: bool
    access_log: bool
    users: tuple[DavUser, ...] = ()
    addresses: tuple[str, ...] = ()
    http_port: int = 0
    https_port: int = 0
    in_container: bool = False

    @classmethod
    def from_proto(cls, message: pb.DavServerConfig) -> DavServer:
        """From ``GetDavServerConfig``."""
        return cls(
            enabled=message.davServerEnabled,
            path=message.davServerPath,
            account=message.enableClouddriveAccount,
            account_root=message.clouddriveAccountRootPath or "/",
            account_read_only=message.clouddriveAccountReadOnly,
            anonymous=message.enableAnonymousAccess,
            anonymous_root=message.anonymousRootPath or "/",
            anonymous_read_only=message.anonymousReadOnly,
            access_log=message.enableAccessLog,
            users=tuple(DavUser.from_proto(user) for user in message.users),
            addresses=tuple(message.lanAddresses),
            http_port=message.httpPort,
            https_port=message.httpsPort if message.httpsEnabled else 0,
            in_container=message.runningInContainer,
        )
