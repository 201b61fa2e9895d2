"""Whole-process time of ``cd2 --help`` and of a Python that does nothing. Prints one line of JSON, in milliseconds."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path


def milliseconds(command: list[str], rounds: int) -> float:
    """The median of some runs, after one that warms up."""
    taken = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken[1:])


if __name__ == "__main__":
    rounds = int(sys.argv[1])
    cd2 = str(Path(sys.executable).with_name("cd2"))
    result = {
        "what": "start-up",
        "python_ms": milliseconds([sys.executable, "-c", ""], rounds),
        "help_ms": milliseconds([cd2, "--help"], rounds),
        "put_help_ms": milliseconds([cd2, "put", "--help"], rounds),
    }
    print(json.dumps(result))
