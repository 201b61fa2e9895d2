"""Download links: templates with a signature or a token, and the check of both (protocol.md §6)."""

from __future__ import annotations

import hashlib
import hmac
import re
from urllib.parse import parse_qs, quote

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import Identity
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["may_read", "template"]

TOKEN_LINK_SECONDS = 24 * 3600
ENDS = re.compile(r"[0-9]{1,19}")


def template(world: World, caller: Identity, path: str, *, listed: bool = False) -> pb.DownloadUrlPathInfo:
    """The path and query of a file's link.

    Args:
        world: Holds the signing key.
        caller: API tokens get a link that dies with them, accounts a signature without end.
        path: Full path of the file.
        listed: For a listing, which has a query only where one is needed.
    """
    link = f"/static/{{SCHEME}}/{{HOST}}/{{PREVIEW}}/{quote(path, safe='')}"
    if listed and world.options.open_downloads:
        return pb.DownloadUrlPathInfo(downloadUrlPath=link)
    if caller.permissions is None:
        return pb.DownloadUrlPathInfo(downloadUrlPath=f"{link}?sign={_signature(world, path)}")
    ends = int(world.clock()) + TOKEN_LINK_SECONDS
    ticket = f"{ends}.{_token_id(caller.token)}.{_signature(world, path, ends, caller.token)}"
    return pb.DownloadUrlPathInfo(downloadUrlPath=f"{link}?token={ticket}", expiresIn=TOKEN_LINK_SECONDS)


def may_read(world: World, path: str, query: str) -> bool:
    """Whether a request for ``/static`` may read the full path."""
    if world.options.open_downloads:
        return True
    given = parse_qs(query)
    signed = any(_same(sign, _signature(world, path)) for sign in given.get("sign", ()))
    return signed or any(_opens(world, path, ticket) for ticket in given.get("token", ()))


def _opens(world: World, path: str, ticket: str) -> bool:
    """Whether a token's link, or a bare token, opens the file."""
    ends, _, rest = ticket.partition(".")
    token_id, _, signature = rest.partition(".")
    for identity in world.live_tokens():
        if not (identity.may("allow_read") and paths.is_below(path, identity.root)):
            continue
        if _same(ticket, identity.token):
            return True
        if not (ENDS.fullmatch(ends) and _same(token_id, _token_id(identity.token)) and int(ends) > world.clock()):
            continue
        return _same(signature, _signature(world, path, int(ends), identity.token))
    return False


def _token_id(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode())


def _signature(world: World, path: str, *more: object) -> str:
    """Hex HMAC-SHA-256 of the path, and of what else it holds for (protocol.md §20.22)."""
    signed = "\0".join([path, *map(str, more)])
    return hmac.new(world.signing_key, signed.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
