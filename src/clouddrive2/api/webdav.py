"""Settings and users of the server's WebDAV (protocol.md §15)."""

from __future__ import annotations

from dataclasses import replace

from google.protobuf.empty_pb2 import Empty

from clouddrive2.api.views import PathView
from clouddrive2.errors import ConfigError
from clouddrive2.models.webdav import DavServer, DavUser
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["AsyncWebdav"]


class AsyncWebdav:
    """``client.webdav``. Looking needs ``allow_get_dav_config``, changing ``allow_modify_dav_config``; without them calls raise
    :class:`clouddrive2.PermissionDenied`. Servers that are too old raise :class:`clouddrive2.Unsupported`.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._view = PathView(caller.server)

    async def server(self) -> DavServer:
        """Its settings, with all users and their passwords. May be repeated."""
        found = DavServer.from_proto(await self._caller.unary("GetDavServerConfig", Empty(), pb.DavServerConfig))
        return replace(
            found,
            account_root=self._view.shown(found.account_root),
            anonymous_root=self._view.shown(found.anonymous_root),
            users=tuple(map(self._shown, found.users)),
        )

    async def configure(
        self,
        *,
        enabled: bool | None = None,
        account: bool | None = None,
        account_root: str | None = None,
        account_read_only: bool | None = None,
        anonymous: bool | None = None,
        anonymous_root: str | None = None,
        anonymous_read_only: bool | None = None,
        access_log: bool | None = None,
    ) -> DavServer:
        """The settings as they are afterwards; what is not given stays. May be repeated.

        Args: as the attributes of :class:`DavServer`.

        Raises:
            ConfigError: A path with ``..``.
        """
        request = pb.ModifyDavServerConfigRequest(
            enableDavServer=enabled,
            enableClouddriveAccount=account,
            clouddriveAccountRootPath=self._sent(account_root),
            clouddriveAccountReadOnly=account_read_only,
            enableAnonymousAccess=anonymous,
            anonymousRootPath=self._sent(anonymous_root),
            anonymousReadOnly=anonymous_read_only,
            enableAccessLog=access_log,
        )
        await self._caller.unary("SetDavServerConfig", request, Empty)
        return await self.server()

    async def user(self, name: str) -> DavUser:
        """One user, with the password. May be repeated.

        Raises:
            NotFound: There is none of this name.
        """
        return self._shown(DavUser.from_proto(await self._caller.unary("GetDavUser", pb.StringValue(value=name), pb.DavUser)))

    async def add_user(
        self,
        name: str,
        password: str,
        *,
        root_folder: str = "/",
        read_only: bool = False,
        enabled: bool = True,
        guest: bool = False,
    ) -> DavUser:
        """A new user. It is not sent twice; when the answer is lost, look with :meth:`user`.

        Args:
            name: Without a colon, which HTTP puts between name and password.
            password: Not empty.
            root_folder: The folder he sees.
            read_only, enabled, guest: As the attributes of :class:`DavUser`.

        Raises:
            ConfigError: Name or password are none.
            AlreadyExists: The name is taken.
        """
        if not name or ":" in name:
            raise ConfigError("a WebDAV user needs a name without ':'")
        request = pb.AddDavUserRequest(
            userName=name,
            password=_password(password),
            rootPath=self._view.sent(root_folder),
            readOnly=read_only,
            enabled=enabled,
            guest=guest,
        )
        await self._caller.unary("AddDavUser", request, Empty)
        return await self.user(name)

    async def modify_user(
        self,
        name: str,
        *,
        password: str | None = None,
        root_folder: str | None = None,
        read_only: bool | None = None,
        enabled: bool | None = None,
        guest: bool | None = None,
    ) -> DavUser:
        """The user as he is afterwards; what is not given stays. May be repeated.

        Args: as for :meth:`add_user`.

        Raises:
            ConfigError: Nothing to change was given, or an empty password.
            NotFound: There is none of this name.
        """
        if all(value is None for value in (password, root_folder, read_only, enabled, guest)):
            raise ConfigError("nothing to change: give password, root_folder, read_only, enabled or guest")
        request = pb.ModifyDavUserRequest(
            userName=name,
            password=None if password is None else _password(password),
            rootPath=self._sent(root_folder),
            readOnly=read_only,
            enabled=enabled,
            guest=guest,
        )
        await self._caller.unary("ModifyDavUser", request, Empty)
        return await self.user(name)

    async def remove_user(self, name: str) -> None:
        """Remove a user.

        Raises:
            NotFound: There is none of this name, perhaps since an earlier try whose answer was lost.
        """
        await self._caller.unary("RemoveDavUser", pb.StringValue(value=name), Empty)

    def _sent(self, path: str | None) -> str | None:
        return None if path is None else self._view.sent(path)

    def _shown(self, user: DavUser) -> DavUser:
        return replace(user, root_folder=self._view.shown(user.root_folder))


def _password(text: str) -> str:
    if not text:
        raise ConfigError("a WebDAV user needs a password")
    return text
