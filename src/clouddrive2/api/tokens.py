"""API tokens of the account: create, list, modify, revoke (protocol.md §17)."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Literal

from google.protobuf.empty_pb2 import Empty

from clouddrive2.api.views import PathView
from clouddrive2.errors import ConfigError, InvalidRequest, NotFound
from clouddrive2.models.tokens import PERMISSIONS, Token, permissions_named
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["AsyncTokens"]

# ``list`` is a method below.
TokenList = list[Token]
Life = timedelta | Literal["never"]


class AsyncTokens:
    """``client.tokens``. Everything here needs the permission ``token_management``, or the account itself.

    Servers that do not know API tokens answer :class:`clouddrive2.Unsupported`.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._view = PathView(caller.server)

    async def create(
        self,
        name: str,
        *,
        allow: Iterable[str],
        root_folder: str = "/",
        expires_in: Life = "never",
        log_calls: bool | None = None,
        log_file_data: bool | None = None,
    ) -> Token:
        """A new token. Its text stands in :attr:`Token.token`; keep it as a password.

        It is never sent twice. When the answer is lost the token may exist all the same: look with :meth:`list`.

        Args:
            name: What people call it.
            allow: Permissions, as ``list`` or ``allow_list``, and presets: ``reader``, ``uploader``, ``admin``.
            root_folder: The folder it is confined to. To whoever uses it that folder is ``/`` (protocol.md §2.5).
            expires_in: Its life; whole seconds count.
            log_calls, log_file_data: What the server writes to its log of this token's calls; ``None`` leaves it to the
                server, which writes both.

        Raises:
            ConfigError: An unknown permission, a life of less than a second, or a path with ``..``.
            PermissionDenied: The token in use may not manage tokens.
        """
        request = pb.CreateTokenRequest(
            rootDir=self._view.sent(root_folder),
            permissions=pb.TokenPermissions(**dict.fromkeys(permissions_named(allow), True)),
            friendly_name=name,
            enableGrpcLog=log_calls,
            enableStreamFileLog=log_file_data,
        )
        if seconds := _seconds(expires_in):
            request.expires_in = seconds
        return self._shown(await self._caller.unary("CreateToken", request, pb.TokenInfo))

    async def list(self) -> TokenList:
        """Every token that works now, with its text. May be repeated.

        Raises:
            PermissionDenied: The token in use may not manage tokens.
        """
        return [self._shown(message) for message in await self._messages()]

    async def find(self, which: str) -> Token:
        """The token with this id, name or text. May be repeated.

        Raises:
            NotFound: There is none.
            InvalidRequest: Several have this name; their ids tell them apart.
        """
        return self._shown(await self._message(which))

    async def modify(
        self,
        token: Token | str,
        *,
        name: str | None = None,
        allow: Iterable[str] | None = None,
        root_folder: str | None = None,
        expires_in: Life | None = None,
        log_calls: bool | None = None,
        log_file_data: bool | None = None,
    ) -> Token:
        """The token as it is afterwards; what is not given stays. May be repeated.

        ``allow`` takes the place of all permissions this package knows. The server replaces them as a whole, so they are
        read first, and those of a newer server, which have no name here, stay as they are (protocol.md §17).

        Args:
            token: A token, or its id, name or text.
            name, allow, root_folder, log_calls, log_file_data: As for :meth:`create`.
            expires_in: Its life from now.

        Raises:
            ConfigError: Nothing to change was given, or as for :meth:`create`.
            NotFound: There is no such token.
            InvalidRequest: Several have this name.
        """
        changes = (name, allow, root_folder, expires_in, log_calls, log_file_data)
        if all(change is None for change in changes):
            raise ConfigError("nothing to change: give name, allow, root_folder, expires_in, log_calls or log_file_data")
        wanted = None if allow is None else permissions_named(allow)
        request = pb.ModifyTokenRequest(
            friendly_name=name,
            rootDir=None if root_folder is None else self._view.sent(root_folder),
            expires_in=None if expires_in is None else _seconds(expires_in),
            enableGrpcLog=log_calls,
            enableStreamFileLog=log_file_data,
        )
        now = await self._message(token)
        request.token = now.token
        if wanted is not None:
            request.permissions.CopyFrom(now.permissions)
            for permission in PERMISSIONS:
                setattr(request.permissions, permission, permission in wanted)
        return self._shown(await self._caller.unary("ModifyToken", request, pb.TokenInfo))

    async def revoke(self, token: Token | str) -> None:
        """End a token at once; whoever uses it is signed out.

        Args:
            token: A token, or its id, name or text.

        Raises:
            NotFound: There is no such token, perhaps since an earlier try whose answer was lost.
            InvalidRequest: Several have this name.
        """
        found = await self._message(token)
        await self._caller.unary("RemoveToken", pb.StringValue(value=found.token), Empty)

    async def _messages(self) -> builtins.list[pb.TokenInfo]:
        return [*(await self._caller.unary("ListTokens", Empty(), pb.ListTokensResult)).tokens]

    async def _message(self, which: Token | str) -> pb.TokenInfo:
        messages = await self._messages()
        if isinstance(which, Token):
            found = [message for message in messages if message.token == which.token]
            about = f"'{which.name}'"
        else:
            found = [message for message in messages if which in (message.token, Token.from_proto(message).id)]
            found = found or [message for message in messages if message.friendly_name == which]
            # It may be the text of one that was revoked meanwhile: a sentence must not tell it.
            about = f"'{which}'" if len(which) < SECRET_FROM else "with this text"
        if not found:
            raise NotFound(f"there is no token {about}; its id or name is as 'list' shows it", rpc="ListTokens")
        if len(found) > 1:
            ids = ", ".join(Token.from_proto(message).id for message in found)
            raise InvalidRequest(f"{len(found)} tokens are called {about}; say which by its id: {ids}", rpc="ListTokens")
        return found[0]

    def _shown(self, message: pb.TokenInfo) -> Token:
        token = Token.from_proto(message)
        return replace(token, root_folder=self._view.shown(token.root_folder))


# No text of a token is shorter (protocol.md §2.1).
SECRET_FROM = 30


def _seconds(life: Life) -> int:
    """Seconds as on the wire, where 0 is never."""
    if isinstance(life, str):
        if life != "never":
            raise ConfigError(f"'{life}' is no life of a token; give a timedelta, or 'never'")
        return 0
    if life < timedelta(seconds=1):
        raise ConfigError("a token lives for a second at least; revoke it to end it now")
    return int(life.total_seconds())
