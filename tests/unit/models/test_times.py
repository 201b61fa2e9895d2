"""Times as the server writes them."""

from __future__ import annotations

from datetime import UTC

import pytest

from clouddrive2.models.times import written_time


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-01-02T03:04:05Z", 3),
        ("2026-01-02T03:04:05.5+02:00", 1),
        (" 2026-01-02 03:04:05 ", 3),
        ("", None),
        ("soon", None),
        ("1790000000", None),
        ("0001-01-01T00:00:00+05:00", None),
        ("0001-01-01T00:00:00Z", None),
    ],
)
def test_times_as_text(text: str, hour: int | None) -> None:
    moment = written_time(text)
    assert (moment.hour if moment else None) == hour
    assert moment is None or moment.tzinfo is UTC
