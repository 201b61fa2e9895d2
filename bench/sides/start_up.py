"""Whole-process time of ``cd2 --help``, of ``cd2 ls`` on an empty folder, and of a Python that does nothing.

Prints one line of JSON, in milliseconds.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def milliseconds(command: list[str], rounds: int, settings: dict[str, str] | None = None) -> float:
    """The median of some runs, after one that warms up."""
    environment = os.environ | (settings or {})
    taken = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env=environment)
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken[1:])


def measured(target: str, user: str, password: str, rounds: int) -> dict[str, object]:
    """Each command in turn; what they keep between runs is kept in a folder of its own."""
    cd2 = str(Path(sys.executable).with_name("cd2"))
    with tempfile.TemporaryDirectory() as kept:
        settings = {f"XDG_{name}_HOME": f"{kept}/{name}" for name in ("CACHE", "CONFIG", "DATA", "STATE")}
        settings |= {"CLOUDDRIVE2_URL": target, "CLOUDDRIVE2_USERNAME": user, "CLOUDDRIVE2_PASSWORD": password}
        return {
            "what": "start-up",
            "python_ms": milliseconds([sys.executable, "-c", ""], rounds),
            "help_ms": milliseconds([cd2, "--help"], rounds),
            "put_help_ms": milliseconds([cd2, "put", "--help"], rounds),
            "ls_ms": milliseconds([cd2, "ls", "/Cloud"], rounds, settings),
        }


if __name__ == "__main__":
    print(json.dumps(measured(*sys.argv[1:4], int(sys.argv[4]))))
