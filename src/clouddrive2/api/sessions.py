"""Sign-ins with the account's name: list and end them (protocol.md §2.9)."""

from __future__ import annotations

from google.protobuf.empty_pb2 import Empty

from clouddrive2.models.sessions import AccountSession
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["AsyncSessions"]

# ``list`` is a method below.
SessionList = list[AccountSession]


class AsyncSessions:
    """``client.sessions``. Servers older than 0.9.14 answer :class:`clouddrive2.Unsupported`.

    API tokens are none of these: ``client.tokens`` has them.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def list(self) -> SessionList:
        """Every session that has not ended; which one is the caller's own the server does not tell. May be repeated.

        Raises:
            PermissionDenied: The token may not see the account.
        """
        reply = await self._caller.unary("GetSessions", Empty(), pb.GetSessionsResponse)
        return [AccountSession.from_proto(message) for message in reply.sessions]

    async def revoke(self, session: AccountSession | str) -> None:
        """End one: whoever uses it is signed out, and needs the password to come back.

        Args:
            session: A session, or its id.

        Raises:
            NotFound: There is none, perhaps since an earlier try whose answer was lost.
            PermissionDenied: The token may not change the account.
        """
        which = session.id if isinstance(session, AccountSession) else session
        await self._caller.unary("RevokeSession", pb.RevokeSessionRequest(session_id=which), Empty)

    async def revoke_others(self) -> None:
        """End every session but the caller's own; with an API token, which has none, every one.

        Raises:
            PermissionDenied: The token may not change the account.
        """
        await self._caller.unary("RevokeOtherSessions", Empty(), Empty)
