"""Download links: templates with a signature or a token, and the check of both (protocol.md §6)."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import parse_qs, quote

from clouddrive2.emulator.call import Identity
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["may_read", "template"]

TOKEN_LINK_SECONDS = 24 * 3600


def template(world: World, caller: Identity, path: str) -> pb.DownloadUrlPathInfo:
    """The path and query of a file's link; API tokens get their token in it, accounts a signature."""
    escaped = quote(path, safe="")
    base = f"/static/{{SCHEME}}/{{HOST}}/{{PREVIEW}}/{escaped}"
    if caller.permissions is not None:
        info = pb.DownloadUrlPathInfo(downloadUrlPath=f"{base}?token={quote(caller.token, safe='')}")
        info.expiresIn = TOKEN_LINK_SECONDS
        return info
    return pb.DownloadUrlPathInfo(downloadUrlPath=f"{base}?sign={_signature(world, path)}")


def may_read(world: World, path: str, query: str) -> bool:
    """Whether a request for ``/static`` may read the full path."""
    if world.options.open_downloads:
        return True
    given = parse_qs(query)
    for sign in given.get("sign", ()):
        if hmac.compare_digest(sign.encode(), _signature(world, path).encode()):
            return True
    for token in given.get("token", ()):
        identity = world.identify_token(token)
        if identity is not None and identity.may("allow_read") and _within(path, identity.root):
            return True
    return False


def _within(path: str, root: str) -> bool:
    return root == "/" or path == root or path.startswith(root + "/")


def _signature(world: World, path: str) -> str:
    return hmac.new(world.signing_key, path.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
