"""A list that is looked at again and again: a table drawn anew on a terminal, lines of what changed elsewhere."""

from __future__ import annotations

import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table

from clouddrive2.cli.context import Cli
from clouddrive2.cli.transfer_rows import HEADING, Row

__all__ = ["Changes", "Drawn", "View", "view_for"]


class View(ABC):
    """Shows rows as they are now."""

    @abstractmethod
    def show(self, rows: Sequence[Row]) -> None:
        """All there are."""


class Changes(View):
    """A line for each row that is new, has another status, or has gone."""

    def __init__(self, cli: Cli) -> None:
        self._cli = cli
        self._before: dict[str, Row] = {}

    def show(self, rows: Sequence[Row]) -> None:
        now = {row.key: row for row in rows}
        for key, row in now.items():
            before = self._before.get(key)
            # The speed of a download is no news.
            if before is None or (row.record["status"], row.record.get("paused")) != (
                before.record["status"],
                before.record.get("paused"),
            ):
                self._tell(row, row.status, row.record)
        for key in self._before.keys() - now.keys():
            row = self._before[key]
            self._tell(row, "gone", {**row.record, "status": "gone"})
        self._before = now
        self._cli.out.flush()

    def _tell(self, row: Row, status: str, record: dict[str, object]) -> None:
        kind, path = row.cells[1], row.cells[-1]
        self._cli.out.result(record, f"{kind}  {status}  {path}")


class Drawn(View):
    """One table, drawn over the last one."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def show(self, rows: Sequence[Row]) -> None:
        table = Table(box=None, pad_edge=False, title=None if rows else "nothing to do")
        for name in HEADING[1:]:
            table.add_column(name, justify="right" if name in ("done", "size") else "left", overflow="ellipsis", no_wrap=True)
        for row in rows:
            table.add_row(*row.cells[1:])
        self._live.update(table, refresh=True)


@contextmanager
def view_for(cli: Cli) -> Iterator[View]:
    """A table where a person watches, lines elsewhere."""
    if cli.settings.json or not sys.stdout.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        yield Changes(cli)
        return
    console = Console(file=sys.stdout, highlight=False, markup=False)
    with Live(console=console, auto_refresh=False) as live:
        yield Drawn(live)
