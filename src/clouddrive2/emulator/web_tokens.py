"""Tokens of the form that ``GetToken`` gives (protocol.md §2.1)."""

from __future__ import annotations

import base64
import json
import secrets

__all__ = ["web_token"]


def web_token(username: str, expires: float) -> str:
    """A fresh one; it says who and until when, and is good only because the server remembers it."""

    def part(value: object) -> str:
        raw = value if isinstance(value, bytes) else json.dumps(value).encode()
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    return f"{part({'alg': 'HS256'})}.{part({'sub': username, 'exp': int(expires)})}.{part(secrets.token_bytes(32))}"
