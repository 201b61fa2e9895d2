"""Times as the server sends them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

__all__ = ["time_of", "written_time"]


def time_of(message: Any, name: str) -> datetime | None:
    """A time field in UTC; ``None`` for unset times, for the year 1, which means unknown, and for what no calendar has."""
    if not message.HasField(name):
        return None
    value = getattr(message, name)
    if value.seconds <= 0:
        return None
    try:
        moment: datetime = value.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return moment


def written_time(text: str) -> datetime | None:
    """A time the server wrote as text, in ISO 8601; without a zone it is UTC. ``None`` for others, and for those before 1970."""
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.timestamp() > 0 else None
