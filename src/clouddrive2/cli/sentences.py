"""A failure as one sentence for people: what was tried, where, and what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clouddrive2.errors import ChannelLost, ConfigError, Error, Unauthenticated, Unreachable

if TYPE_CHECKING:
    from clouddrive2.config import ServerConfig

__all__ = ["explained", "sentence", "stops_everything"]

# What gRPC says around the reason of a failed connection.
WRAPPING = (
    re.compile(
        r"failed to connect to all addresses; last error: [A-Z_]+: (?:ipv[46]:\S+: )?(?:Failed to connect to [a-z ]*: )?()"
    ),
    re.compile(r"errors resolving \S+: \[.*: ([^:\]]*)\]"),
)


def sentence(error: BaseException, *, verbose: int | bool = 0) -> str:
    """One sentence: without the name of the remote call and the words around a lost connection, unless verbose."""
    if isinstance(error, Error):
        text = error.message
        if not verbose:
            text = text.removeprefix(f"{error.rpc}: ")
            for pattern in WRAPPING:
                text = pattern.sub(r"\1", text)
        return text
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error) or type(error).__name__


def explained(error: BaseException, server: ServerConfig | None, *, verbose: int | bool = 0) -> str:
    """The sentence that ends a command: names the server where that is the trouble, and the command that helps."""
    text = sentence(error, verbose=verbose)
    if server is None:
        return text
    if isinstance(error, Unauthenticated):
        if error.rpc in ("GetToken", "LoginWith2FA") and not server.password:
            # Nothing of ours was refused: 'cd2 rpc GetToken' and 'cd2 account sign-in' have a name and a password of their own.
            return text
        if not (server.token or server.password):
            return f"no credentials for {server.url}; run 'cd2 login', or set CLOUDDRIVE2_API_TOKEN"
        given = "this API token" if server.token else f"the name or password of '{server.username}'"
        return f"{server.url} refuses {given} ({text}); 'cd2 login' stores others"
    if isinstance(error, Unreachable) and not isinstance(error, ChannelLost):
        return f"{server.url}: {text.removeprefix(f'{error.path}: ')}; 'cd2 doctor' looks closer"
    return text


def stops_everything(error: BaseException) -> bool:
    """Whether the next path would meet the same: no server, no way to sign in, a setting of ours, nobody who reads."""
    return isinstance(error, (Unreachable, Unauthenticated, ConfigError, BrokenPipeError)) and not isinstance(error, ChannelLost)
