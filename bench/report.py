"""Writes the figures of ``bench/results/latest.json`` into the documentation: ``python bench/report.py``.

The tables stand between ``<!-- table NAME -->`` and ``<!-- end -->`` in ``docs/performance.md`` and its Chinese twin; the
pictures are files beside them. A table whose figures are missing is left as it is, and said.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import plots
from processes import HERE
from tables import TABLES, Cells, Results

DOCS = HERE.parent / "docs"
PAGES = (("performance.md", 0), ("performance.zh-CN.md", 1))
TABLE = re.compile(r"(?P<head><!-- table (?P<name>[a-z-]+) -->\n).*?(?P<tail><!-- end -->)", re.DOTALL)


def main() -> None:
    """Write all that there are figures for."""
    results: Results = json.loads((HERE / "results/latest.json").read_text(encoding="utf-8"))
    for name, language in PAGES:
        page = DOCS / name
        page.write_text(filled(page.read_text(encoding="utf-8"), results, language), encoding="utf-8")
    draw(results)


def filled(text: str, results: Results, language: int) -> str:
    """A page with its tables as the results have them."""

    def table(found: re.Match[str]) -> str:
        try:
            rows = TABLES[found["name"]](results)
        except KeyError as missing:
            print(f"{found['name']}: no figures of {missing}; left as it is", file=sys.stderr)
            return found[0]
        return found["head"] + rendered(rows, language) + found["tail"]

    return TABLE.sub(table, text)


def rendered(rows: list[Cells], language: int) -> str:
    """A Markdown table; the first row is its head."""
    lines = ["| " + " | ".join(cell if isinstance(cell, str) else cell[language] for cell in row) + " |" for row in rows]
    lines.insert(1, "|---" * len(rows[0]) + "|")
    return "\n".join(lines) + "\n"


def draw(results: Results) -> None:
    """The pictures."""
    pictures = {
        "performance-growth.svg": ("growth-size", lambda: plots.growth(results)),
        "performance-large.svg": (
            "compare-large",
            lambda: plots.ways(_without_cp(results["compare-large"]["mib_s"]), "One large file", "MiB/s"),
        ),
        "performance-small.svg": (
            "compare-small-away",
            lambda: plots.ways(
                _without_cp(results["compare-small-away"]["files_per_second"]), "Small files, 10 ms away", "files/s"
            ),
        ),
    }
    for name, (needed, drawn) in pictures.items():
        if needed in results:
            Path(DOCS / name).write_text(drawn(), encoding="utf-8")


def _without_cp(speeds: dict[str, float]) -> dict[str, float]:
    """A copy on this machine sends nothing; beside it nothing else could be seen."""
    return {name: speed for name, speed in speeds.items() if name not in ("cp", "cp_mount")}


if __name__ == "__main__":
    main()
