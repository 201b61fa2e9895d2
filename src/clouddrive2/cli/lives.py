"""Lengths of time as people write them on the command line."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal

from clouddrive2.errors import ConfigError

__all__ = ["life_of"]

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}
LIFE = re.compile(r"(\d+)([smhdwy])")


def life_of(text: str) -> timedelta | Literal["never"]:
    """``90d``, ``1d12h``, ``never``.

    Raises:
        ConfigError: It is none of these.
    """
    if text == "never":
        return "never"
    if not text or LIFE.sub("", text):
        raise ConfigError(f"'{text}' is no time; write 90d, 12h, 1d12h (s, m, h, d, w, y), or never")
    return timedelta(seconds=sum(int(number) * UNITS[unit] for number, unit in LIFE.findall(text)))
