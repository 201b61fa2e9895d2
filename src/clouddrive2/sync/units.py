"""Sizes and ages as rclone writes them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from clouddrive2.errors import ConfigError

__all__ = ["parse_age", "parse_size"]

SIZE_UNITS = {"b": 1, "": 1 << 10, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "p": 1 << 50}
SIZE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(?:(b)|([kmgtp])(?:ib?)?)?", re.IGNORECASE)
AGE_UNITS = {
    "ms": 0.001,
    "s": 1,
    "": 1,
    "m": 60,
    "h": 3600,
    "d": 86400,
    "w": 7 * 86400,
    "M": 30 * 86400,
    "y": 365 * 86400,
}
AGE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ms|[smhdwMy]?)")
SEVERAL_AGES = re.compile(r"(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ms|[smhdwMy]))+")


def parse_size(text: str) -> int | None:
    """Bytes: a number with ``B``, ``K``, ``M``, ``G``, ``T`` or ``P`` (powers of 1024), KiB without; ``None`` for ``off``.

    Raises:
        ConfigError: It is no size.
    """
    if text.lower() == "off":
        return None
    found = SIZE.fullmatch(text)
    if found is None:
        raise ConfigError(f"'{text}' is no size; write 500K, 10M, 1.5G, or 100B for bytes")
    return int(float(found[1]) * SIZE_UNITS[(found[2] or found[3] or "").lower()])


def parse_age(text: str, now: datetime) -> datetime | None:
    """The moment that long before ``now``; ``None`` for ``off``.

    Args:
        text: A number with ``ms``, ``s``, ``m``, ``h``, ``d``, ``w``, ``M`` (30 days) or ``y`` (365 days), seconds without;
            several such, as in ``1h30m``; or a moment itself, ``2026-01-31`` or ``2026-01-31T12:00:00``, in the zone of
            ``now`` unless it names its own.
        now: The present, with its zone.

    Raises:
        ConfigError: It is none of these.
    """
    if text == "off":
        return None
    try:
        if AGE.fullmatch(text) or SEVERAL_AGES.fullmatch(text):
            return now - timedelta(seconds=sum(float(number) * AGE_UNITS[unit] for number, unit in AGE.findall(text)))
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise ConfigError(f"'{text}' is no age; write 30m, 12h, 2d, 1w, 6M, 1y, or a date such as 2026-01-31") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)
