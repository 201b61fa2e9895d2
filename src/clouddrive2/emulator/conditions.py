"""What a request makes its answer depend on: that a file is still, or no more, the one the client knows (RFC 9110 §13)."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

__all__ = ["unchanged", "unmet"]

NOT_MODIFIED, PRECONDITION_FAILED = 304, 412


def unmet(headers: Mapping[bytes, str], tag: str, modified: float) -> int | None:
    """The status to answer a GET or HEAD with instead of the file, or ``None``; in the order of RFC 9110 §13.2.2.

    Args:
        headers: Of the request, names in lower case.
        tag: The file's entity tag, a strong one, with its quotes.
        modified: Seconds since the epoch.
    """
    if (wanted := headers.get(b"if-match")) is not None:
        if not _names(wanted, tag, weakly=False):
            return PRECONDITION_FAILED
    elif (since := _seconds(headers.get(b"if-unmodified-since"))) is not None and int(modified) > since:
        return PRECONDITION_FAILED
    if (known := headers.get(b"if-none-match")) is not None:
        return NOT_MODIFIED if _names(known, tag, weakly=True) else None
    since = _seconds(headers.get(b"if-modified-since"))
    return NOT_MODIFIED if since is not None and int(modified) <= since else None


def unchanged(condition: str | None, tag: str, modified: float) -> bool:
    """Whether the file is still the one an ``If-Range`` speaks of: an entity tag or a date (RFC 9110 §13.1.5)."""
    if condition is None:
        return True
    condition = condition.strip()
    if condition.startswith(('"', "W/")):
        return condition == tag
    return _seconds(condition) == int(modified)


def _names(tags: str, tag: str, *, weakly: bool) -> bool:
    """Whether a list of entity tags, or ``*``, has this one. Ours have no comma, so that the list can be split at each."""
    listed = [each.strip() for each in tags.split(",")]
    if weakly:
        listed = [each.removeprefix("W/") for each in listed]
    return "*" in listed or tag in listed


def _seconds(date: str | None) -> int | None:
    """What a date of HTTP means; ``None`` for none, and for what is no date."""
    if date is None:
        return None
    try:
        return int(parsedate_to_datetime(date).timestamp())
    except ValueError:
        return None
