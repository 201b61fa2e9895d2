"""Limits of the server: which there are, what they may be, and how they are written (protocol.md §1.4, §4.1, §8.10)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from clouddrive2.emulator.options import EmulatorOptions

__all__ = ["LIMITS", "Limit", "check_limits", "parse_limits"]

SIZES = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit.

    Attributes:
        name: Of the field of :class:`EmulatorOptions`.
        least: The least it may be.
        about: What it is, and what happens above it.
    """

    name: str
    least: int
    about: str


LIMITS = {
    limit.name: limit
    for limit in (
        Limit("message_bytes", 1024, "The largest request; larger ones are refused with RESOURCE_EXHAUSTED."),
        Limit(
            "upload_slots",
            0,
            "Remote uploads worked on at once, and as many files written by other ways; more wait in the queue.",
        ),
        Limit("write_handles", 0, "Files open for writing at once; more are refused with RESOURCE_EXHAUSTED."),
        Limit("batch_entries", 1, "Entries in one message of a listing; more come in further messages."),
        Limit("batch_bytes", 1, "Bytes of one message of a listing, but for one entry at least; more come in further messages."),
        Limit(
            "listed_entries", 0, "Entries of each cloud elsewhere that are remembered; larger folders are asked for every time."
        ),
        Limit("listing_seconds", 0, "How long a listing of a cloud elsewhere is believed."),
        Limit("listener_messages", 1, "Push messages a slow listener may fall behind; the oldest of more are lost to it."),
        Limit("sign_in_failures", 1, "Failed sign-ins per minute and address; then more are refused with RESOURCE_EXHAUSTED."),
        Limit("session_seconds", 0, "How long a live upload is kept without a channel."),
        Limit("handle_seconds", 0, "How long a file open for writing is kept without a write."),
    )
}


def parse_limits(texts: Iterable[str]) -> dict[str, Any]:
    """Limits as ``NAME=VALUE``; sizes and counts may end with K, M or G (1024, ...), seconds may have a point.

    Args:
        texts: Of several limits; of one given twice the last one holds.

    Returns:
        Arguments of :class:`EmulatorOptions`.

    Raises:
        ValueError: There is no such limit, or it cannot be so.
    """
    found: dict[str, Any] = {}
    for text in texts:
        name, _, value = text.partition("=")
        limit = LIMITS.get(name.replace("-", "_"))
        if limit is None:
            there = ", ".join(known.replace("_", "-") for known in LIMITS)
            raise ValueError(f"there is no limit '{name}'; there are: {there}")
        found[limit.name] = _checked(limit, name, _number(name, value, whole=not limit.name.endswith("seconds")))
    return found


def check_limits(options: EmulatorOptions) -> None:
    """See that a server can be so.

    Raises:
        ValueError: A limit is below its least.
    """
    for limit in LIMITS.values():
        _checked(limit, limit.name, getattr(options, limit.name))


def _checked(limit: Limit, name: str, value: int | float) -> int | float:
    if value < limit.least:
        raise ValueError(f"{name} is {value:.15g}, and {limit.least} at least")
    return value


def _number(name: str, text: str, *, whole: bool) -> int | float:
    size = SIZES.get(text[-1:].upper(), 1) if whole else 1
    digits = text[:-1] if size > 1 else text
    try:
        if not digits.isascii():
            raise ValueError
        number = int(digits) * size if whole else float(digits)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"'{text}' is no value for {name}: " + ("a number is, also with K, M or G" if whole else "seconds are"))
    return number
