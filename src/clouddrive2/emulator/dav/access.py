"""Who may use ``/dav``, what part of the tree he sees, and whether he may write (protocol.md §15)."""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import CallError, Status
from clouddrive2.emulator.state import as_json, from_json
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["DavAccess", "Visitor"]

SERVED_AT = "/dav"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever sent a request: ``name`` is empty for anonymous ones, ``root`` a full path."""

    name: str
    root: str
    read_only: bool


class DavAccess:
    """Settings and users of the WebDAV server.

    Args:
        world: Has the options it starts with, unless others were set before a restart, and the account.
    """

    def __init__(self, world: World) -> None:
        options = world.options
        self._world = world
        self._users: dict[str, pb.DavUser] = {}
        self._config = pb.DavServerConfig(
            davServerEnabled=options.dav_enabled,
            davServerPath=SERVED_AT,
            enableClouddriveAccount=options.dav_account,
            clouddriveAccountRootPath=paths.normalise(options.dav_account_root),
            clouddriveAccountReadOnly=options.dav_account_read_only,
            enableAnonymousAccess=options.dav_anonymous,
            anonymousRootPath=paths.normalise(options.dav_anonymous_root),
            anonymousReadOnly=options.dav_anonymous_read_only,
        )
        kept = from_json(world.state.load("webdav", {}), pb.DavServerConfig)
        if kept.davServerPath:
            self._users = {user.userName: user for user in kept.users}
            del kept.users[:]
            self._config = kept

    @property
    def enabled(self) -> bool:
        """Whether the service runs."""
        return self._config.davServerEnabled

    def visitor(self, authorization: str | None) -> Visitor | None:
        """Whose request this is by its ``Authorization`` header; ``None`` when nobody's."""
        name, password = _basic(authorization)
        if name is None:
            if authorization is None and self._config.enableAnonymousAccess:
                return Visitor("", self._config.anonymousRootPath, self._config.anonymousReadOnly)
            return None
        user = self._users.get(name)
        good = hmac.compare_digest(password, (user.password if user is not None else "").encode())
        if user is not None:
            # What a guest may do no source says: he looks.
            return Visitor(name, user.rootPath, user.readOnly or user.guest) if good and user.enabled else None
        if self._config.enableClouddriveAccount and self._world.account.matches(
            name, password.decode("utf-8", "surrogateescape")
        ):
            return Visitor(name, self._config.clouddriveAccountRootPath, self._config.clouddriveAccountReadOnly)
        return None

    def add_user(self, request: pb.AddDavUserRequest) -> None:
        """A new user; he sees everything, may write and is enabled unless the request says otherwise."""
        if not request.userName or ":" in request.userName:
            raise CallError(Status.INVALID_ARGUMENT, "a WebDAV user needs a name without ':'")
        if request.userName in self._users:
            raise CallError(Status.ALREADY_EXISTS, f"the WebDAV user {request.userName} already exists")
        user = pb.DavUser(rootPath="/", enabled=True)
        _change(user, request)
        self._users[user.userName] = user
        self._keep()

    def modify_user(self, request: pb.ModifyDavUserRequest) -> None:
        """Change what the request has."""
        changed = pb.DavUser()
        changed.CopyFrom(self.user(request.userName))
        _change(changed, request)
        self._users[changed.userName] = changed
        self._keep()

    def remove_user(self, name: str) -> None:
        """Forget a user."""
        self.user(name)
        del self._users[name]
        self._keep()

    def user(self, name: str) -> pb.DavUser:
        """A user with his password."""
        if name not in self._users:
            raise CallError(Status.NOT_FOUND, f"there is no WebDAV user {name}")
        return self._users[name]

    def config(self) -> pb.DavServerConfig:
        """The settings with all users."""
        config = pb.DavServerConfig()
        config.CopyFrom(self._config)
        config.users.extend(self._users.values())
        return config

    def configure(self, request: pb.ModifyDavServerConfigRequest) -> None:
        """Change what the request has; nothing when a path in it is none."""
        changed = pb.DavServerConfig()
        changed.CopyFrom(self._config)
        for field, value in request.ListFields():
            name = {"enableDavServer": "davServerEnabled"}.get(field.name, field.name)
            setattr(changed, name, paths.normalise(value) if name.endswith("RootPath") else value)
        self._config = changed
        self._keep()

    def _keep(self) -> None:
        self._world.state.save("webdav", as_json(self.config()))


def _change(user: pb.DavUser, request: pb.AddDavUserRequest | pb.ModifyDavUserRequest) -> None:
    for field, value in request.ListFields():
        setattr(user, field.name, paths.normalise(value) if field.name == "rootPath" else value)


def _basic(authorization: str | None) -> tuple[str | None, bytes]:
    """Name and password of a Basic header (RFC 7617); ``None`` for any other."""
    scheme, _, credentials = (authorization or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return None, b""
    try:
        name, colon, password = base64.b64decode(credentials.strip(), validate=True).partition(b":")
        return (name.decode() if colon else None), password
    except (binascii.Error, UnicodeDecodeError):
        return None, b""
