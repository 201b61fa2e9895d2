"""Hashing, listing, start."""

from __future__ import annotations

import tempfile
from pathlib import Path

from processes import Row, server, side


def listing(count: int) -> Row:
    """A folder with many entries: when the first is there, and what memory it takes."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "drive/Cloud/many"
        place.mkdir(parents=True)
        for number in range(count):
            (place / f"{number:06}.txt").touch()
        with server("--root", folder + "/drive") as running:
            small = side("client_list.py", running, "/Cloud")
            large = side("client_list.py", running, "/Cloud/many")
    return {
        "what": f"listing of {count} entries",
        "entries": count,
        "first_entry_seconds": large["first"],
        "all_entries_seconds": large["seconds"],
        "entries_per_second": count / large["seconds"],
        "memory_growth_mib": large["peak_mib"] - small["peak_mib"],
    }


def hashing(size: int, rounds: int) -> Row:
    """The engine's hashing against hashlib alone, and how often the disk is read."""
    return side("hashing.py", None, str(size), str(rounds))


def start_up(rounds: int) -> Row:
    """Whole-process time of ``cd2`` beside an empty Python."""
    with server() as running:
        return side("start_up.py", running, str(rounds))
