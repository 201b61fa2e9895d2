"""How many bytes a second may pass, and when: the notation of rclone's ``--bwlimit``."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from clouddrive2.errors import ConfigError

__all__ = ["Bandwidth", "Rates"]

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MINUTES_PER_DAY = 24 * 60
UNITS = {"b": 1, "": 1 << 10, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "p": 1 << 50}
RATE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(?:(b)|([kmgtp])(?:ib?)?)?", re.IGNORECASE)
MOMENT = re.compile(r"(?:([a-z]+)-)?([01]\d|2[0-3]):([0-5]\d)", re.IGNORECASE)
HELP = "write it as rclone does: 10M, 10M:1M (up:down), or '08:00,512k 18:00,off'"


@dataclass(frozen=True, slots=True)
class Rates:
    """Bytes per second in each direction; ``None`` means without limit.

    Attributes:
        up: To the server.
        down: From the server.
    """

    up: int | None
    down: int | None


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """A limit, or a timetable of limits that repeats every week, in the local time of this machine.

    Attributes:
        slots: Minutes since Monday 00:00, in ascending order, with what holds from then on; the last slot of a week holds
            until the first one of the next.
    """

    slots: tuple[tuple[int, Rates], ...]

    @classmethod
    def parse(cls, text: str) -> Bandwidth:
        """``RATE``, ``UP:DOWN``, or entries ``[WEEKDAY-]HH:MM,RATE`` separated by spaces or semicolons.

        A rate is a number with ``B``, ``K``, ``M``, ``G``, ``T`` or ``P`` (powers of 1024; bytes, not bits); without a letter
        it means KiB. ``off`` and ``0`` mean no limit. An entry without weekday holds on every day.

        Raises:
            ConfigError: It is none of these; says which word is wrong.
        """
        words = text.replace(";", " ").split()
        if not words:
            raise ConfigError(f"an empty bandwidth limit says nothing; {HELP}")
        if len(words) == 1 and "," not in words[0]:
            return cls(((0, _rates(words[0])),))
        slots: dict[int, Rates] = {}
        for word in words:
            moment, comma, rate = word.partition(",")
            if not comma:
                raise ConfigError(f"'{word}' is no entry of a bandwidth timetable; {HELP}")
            for minute in _minutes(moment):
                slots[minute] = _rates(rate)
        return cls(tuple(sorted(slots.items())))

    def at(self, moment: datetime) -> Rates:
        """What holds at a local time."""
        minute = moment.weekday() * MINUTES_PER_DAY + moment.hour * 60 + moment.minute
        return self.slots[bisect_right(self.slots, minute, key=lambda slot: slot[0]) - 1][1]


def _rates(text: str) -> Rates:
    up, colon, down = text.partition(":")
    return Rates(_rate(up), _rate(down if colon else up))


def _rate(text: str) -> int | None:
    if text.lower() == "off":
        return None
    match = RATE.fullmatch(text)
    if match is None:
        raise ConfigError(f"'{text}' is no rate; {HELP}")
    value = float(match[1]) * UNITS[(match[2] or match[3] or "").lower()]
    if 0 < value < 1:
        raise ConfigError(f"'{text}' is less than one byte per second; {HELP}")
    return int(value) or None


def _minutes(text: str) -> list[int]:
    """The minutes of the week a time stands for: one, or one on each day."""
    match = MOMENT.fullmatch(text)
    if match is None:
        raise ConfigError(f"'{text}' is no time of a bandwidth timetable, such as 08:00 or Mon-08:00; {HELP}")
    minute = int(match[2]) * 60 + int(match[3])
    if match[1] is None:
        return [day * MINUTES_PER_DAY + minute for day in range(7)]
    name = match[1].lower()
    day = next((number for number, full in enumerate(DAYS) if name in (full, full[:3])), None)
    if day is None:
        raise ConfigError(f"'{match[1]}' is no weekday; write Mon or Monday")
    return [day * MINUTES_PER_DAY + minute]
