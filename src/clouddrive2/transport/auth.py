"""Where the token comes from: given, or fetched with username and password; renewed once for any number of waiting calls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC

from clouddrive2.config import ServerConfig
from clouddrive2.errors import Error, Unauthenticated
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["TokenSource"]

RENEW_BEFORE = 60.0
LIFE_WHEN_UNSTATED = 30 * 60.0
REFUSAL_KEPT = 5.0


class TokenSource:
    """The token for one server (protocol.md §2.1, §2.2).

    Args:
        config: Holds the token, or username and password, or neither.
        fetch: Performs ``GetToken`` without a token and checks both faces of failure.
        clock: Seconds since the epoch.
    """

    def __init__(
        self,
        config: ServerConfig,
        fetch: Callable[[pb.GetTokenRequest], Awaitable[pb.JWTToken]],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._fetch = fetch
        self._clock = clock
        self._token: str | None = config.token
        self._renew_at = float("inf")
        self._refresh: asyncio.Task[str] | None = None
        self._refused: tuple[float, Error] | None = None

    @property
    def can_renew(self) -> bool:
        """Whether a dead token can be replaced by a new one."""
        return self._config.token is None and bool(self._config.username and self._config.password)

    async def token(self) -> str | None:
        """A token that is good for another minute, or ``None`` when there are no credentials.

        Raises:
            Unauthenticated: The credentials were refused, now or a moment ago.
        """
        if not self.can_renew:
            return self._token
        if self._token is not None and self._clock() < self._renew_at:
            return self._token
        if self._refused is not None and self._clock() < self._refused[0] + REFUSAL_KEPT:
            refusal = self._refused[1]
            raise type(refusal)(refusal.message, rpc=refusal.rpc) from refusal
        if self._refresh is None:
            self._refresh = asyncio.create_task(self._sign_in())
            self._refresh.add_done_callback(self._refreshed)
        return await asyncio.shield(self._refresh)

    def reject(self, token: str | None) -> None:
        """The server refused this token: forget it, unless a newer one has taken its place."""
        if self.can_renew and token == self._token:
            self._token = None

    async def _sign_in(self) -> str:
        totp = self._config.totp_code
        request = pb.GetTokenRequest(userName=self._config.username or "", password=self._config.password or "")
        if totp:
            request.totpCode = totp if isinstance(totp, str) else totp()
        reply = await self._fetch(request)
        if not reply.token:
            raise Unauthenticated("GetToken: the server signed in but sent no token", rpc="GetToken")
        now = self._clock()
        expires = (
            reply.expiration.ToDatetime(tzinfo=UTC).timestamp() if reply.HasField("expiration") else now + LIFE_WHEN_UNSTATED
        )
        # A life shorter than the margin must not make every call sign in anew.
        self._renew_at = max(expires - RENEW_BEFORE, now + (expires - now) / 2)
        self._token = reply.token
        return reply.token

    def _refreshed(self, task: asyncio.Task[str]) -> None:
        self._refresh = None
        if task.cancelled():
            return
        error = task.exception()
        self._refused = (self._clock(), error) if isinstance(error, Unauthenticated) else None
