"""Sign-ins with name and password that have not ended (protocol.md §2.9)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Container
from dataclasses import asdict, dataclass, field

from clouddrive2.emulator.state import State

__all__ = ["Session", "Sessions"]

SECTION = "sessions"


@dataclass(slots=True)
class Session:
    """One of them.

    Attributes:
        id: Names it to others, and is no secret.
        token: What it signs its calls with.
        address: Where its last call came from.
        created, last_used, expires_at: On the world's clock.
    """

    id: str
    token: str = field(repr=False)
    address: str
    created: float
    last_used: float
    expires_at: float


class Sessions:
    """All of them, by token; they and their tokens survive a restart.

    Args:
        state: What survives a restart.
        clock: Seconds.
    """

    def __init__(self, state: State, clock: Callable[[], float]) -> None:
        self._state = state
        self._clock = clock
        self._sessions = {each["token"]: Session(**each) for each in state.load(SECTION, [])}

    def live(self) -> list[Session]:
        """Those that have not ended, oldest first."""
        return [each for each in self._sessions.values() if each.expires_at > self._clock()]

    def begin(self, token: str, address: str, expires_at: float) -> Session:
        """A sign-in has succeeded."""
        now = self._clock()
        session = Session(uuid.uuid4().hex, token, address, now, now, expires_at)
        self._sessions = {each.token: each for each in self.live()}
        self._sessions[token] = session
        self._keep()
        return session

    def used(self, token: str, address: str) -> None:
        """A call was made in it; that survives a restart only with the next change."""
        if session := self._sessions.get(token):
            session.last_used, session.address = self._clock(), address

    def keep_only(self, tokens: Container[str]) -> None:
        """Forget those whose token is none of these."""
        self._sessions = {token: each for token, each in self._sessions.items() if token in tokens}
        self._keep()

    def _keep(self) -> None:
        self._state.save(SECTION, [asdict(each) for each in self._sessions.values()])
