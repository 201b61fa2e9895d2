"""Codes of a second factor (RFC 6238)."""

from __future__ import annotations

import base64
import hmac
import struct

__all__ = ["totp"]

STEP_SECONDS = 30


def totp(secret: str, at: float) -> str:
    """The code of a base32 secret at a time in seconds since the epoch: SHA-1, 6 digits, 30 s."""
    key = base64.b32decode(secret.upper() + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(at // STEP_SECONDS)), "sha1")
    start = digest[-1] & 0x0F
    number: int = struct.unpack_from(">I", digest, start)[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
