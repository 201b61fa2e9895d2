"""How sizes, times, rates and names read: one wording for every command."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

__all__ = ["columns", "duration", "fact", "moment", "plain", "plural", "rate", "size"]

UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def size(number: int, *, human: bool = True) -> str:
    """``1536`` → ``1.5 KiB``; exact digits when not ``human``."""
    if not human:
        return str(number)
    value = float(number)
    for unit in UNITS:
        if unit == "B" and abs(number) < 1024:
            return f"{number} B"
        # What would be rounded to 1024.0 is 1.0 of the next unit.
        if unit != "B" and (abs(value) < 1023.95 or unit == UNITS[-1]):
            return f"{value:.1f} {unit}"
        value /= 1024
    raise AssertionError("unreachable")


def rate(bytes_per_second: float) -> str:
    """``104857600.0`` → ``100.0 MiB/s``."""
    return f"{size(int(bytes_per_second))}/s"


def duration(seconds: float) -> str:
    """``0.42 s``, ``12.3 s``, ``3 min 07 s``, ``2 h 05 min``."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def moment(value: datetime | None) -> str:
    """A time in the reader's own zone, to the minute; ``-`` when the server does not know it."""
    return "-" if value is None else value.astimezone().strftime("%Y-%m-%d %H:%M")


def plain(name: str) -> str:
    """A name that cannot move the cursor or break a line: control characters appear as ``\\x1b``."""
    return CONTROL.sub(lambda hit: hit[0].encode("unicode_escape").decode("ascii"), name)


def fact(value: object) -> str:
    """One value of a list of facts: ``yes``, ``no``, ``-`` for nothing, else its text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else plain(str(value)) or "-"


def plural(count: int, noun: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def columns(rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> list[str]:
    """Rows aligned by two spaces; columns named in ``right`` stand to the right. The last one is not padded."""
    table = [list(row) for row in rows]
    if not table:
        return []
    widths = [max(len(row[index]) for row in table) for index in range(len(table[0]))]
    lines = []
    for row in table:
        cells = [
            cell.rjust(widths[index]) if index in right else cell if index == len(row) - 1 else cell.ljust(widths[index])
            for index, cell in enumerate(row)
        ]
        lines.append("  ".join(cells).rstrip())
    return lines
