"""All measurements: ``make bench``. Ratios of two sides in one run; machines are noisy.

Writes ``bench/results/latest.json`` and prints what it found. ``--quick`` takes smaller sizes, ``--only NAME`` some of the
measurements (the others keep the figures they had). ``python bench/report.py`` writes the figures into the documentation.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable

from parts import ceiling, compare, growth, others
from processes import GIB, HERE, MIB, Failed, Row

RESULTS = HERE / "results/latest.json"


def measurements(quick: bool) -> dict[str, Callable[[], Row]]:
    """By name, in the order they are made."""
    size, rounds, files = (128 * MIB, 1, 200) if quick else (GIB, 5, 2000)
    return {
        "large": lambda: ceiling.large(size, rounds),
        "large-hashed": lambda: ceiling.hashed(size, 1 if quick else 3),
        "small": lambda: ceiling.many(files),
        "compare-large": lambda: compare.large(size, 1 if quick else 3),
        "compare-small": lambda: compare.small(files),
        "compare-small-away": lambda: compare.small(files // 4, delay=5.0),
        "growth-size": lambda: growth.sizes(256 * MIB if quick else 16 * GIB),
        "growth-count": lambda: growth.counts(100 if quick else 10_000),
        "growth-in-flight": lambda: growth.in_flight(size // 4, files // 4, delay=5.0),
        "hashing": lambda: others.hashing(size, rounds),
        "listing": lambda: others.listing(10_000 if quick else 100_000),
        "start-up": lambda: others.start_up(3 * rounds),
    }


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller sizes, one round")
    parser.add_argument("--only", action="append", metavar="NAME", help="only this measurement; may be repeated")
    given = parser.parse_args()
    known = measurements(given.quick)
    for name in given.only or ():
        if name not in known:
            raise SystemExit(f"there is no measurement '{name}'; there are: {', '.join(known)}")
    RESULTS.parent.mkdir(exist_ok=True)
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if given.only and RESULTS.is_file() else {}
    failed: list[str] = []
    for name in given.only or known:
        began = time.perf_counter()
        try:
            row = known[name]()
        except Failed as reason:
            print(f"\n{name}: {reason}", flush=True)
            failed.append(name)
            continue
        print(f"\n{name}: {row['what']} ({time.perf_counter() - began:.0f} s)", flush=True)
        show(row)
        results[name] = {**row, "quick": given.quick}
        results["machine"] = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}
        # After each one: what was measured is not lost when the run is stopped.
        RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    if failed:
        raise SystemExit(f"not measured: {', '.join(failed)}")


def show(row: Row, indent: str = "  ") -> None:
    """Print the figures of one measurement."""
    for key, value in row.items():
        if key == "what":
            continue
        if isinstance(value, dict):
            print(f"{indent}{key.replace('_', ' ')}")
            show(value, indent + "  ")
        elif isinstance(value, list):
            for point in value:
                print(indent + key + ": " + ", ".join(f"{name} {_figure(number)}" for name, number in point.items()))
        else:
            print(f"{indent}{key.replace('_', ' '):32} {_figure(value)}")


def _figure(value: object) -> str:
    return f"{value:12.3f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
