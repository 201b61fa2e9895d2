"""Bars for people at a terminal: one for everything, one per file in flight, on stderr."""

from __future__ import annotations

import time
from typing import TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from clouddrive2.cli.output import words
from clouddrive2.cli.output.events import Begun, Done, Failed, Moved, Summary
from clouddrive2.cli.output.text import TextPrinter

__all__ = ["BarsPrinter"]

PHASES = {
    "queued": "waiting",
    "hashing": "hashing",
    "preparing": "preparing",
    "transferring": "sending",
    "delivering": "to the cloud",
    "paused": "paused",
    "verifying": "in the cloud?",
    "finished": "in the cloud",
    "downloading": "receiving",
}
LONGEST_NAME = 32
TOGETHER_SECONDS = 0.25


class Bars(Progress):
    """Draws at its own pace: drawing anew for each of many small files would cost more than sending them."""

    def refresh(self) -> None:
        pass


class RateColumn(ProgressColumn):
    """The rate in the units of everything else."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(words.rate(speed) if speed else "", style="progress.data.speed")


class BarsPrinter(TextPrinter):
    """As :class:`TextPrinter`, with live bars below the lines while something is transferred."""

    wants_totals = True

    def __init__(self, out: TextIO, err: TextIO, *, quiet: bool = False, verbose: int = 0) -> None:
        super().__init__(out, err, quiet=quiet, verbose=verbose)
        self._same_screen = out.isatty()
        self._console = Console(file=err, highlight=False, markup=False)
        self._progress: Progress | None = None
        self._files: dict[str, tuple[TaskID, str]] = {}
        self._confirmed: dict[str, int] = {}
        self._lines: list[str] = []
        self._printed = 0.0
        self._total: TaskID | None = None
        self._total_size = 0
        self._arrived = 0
        self._count = 0
        self._expected = 0

    def expect(self, *, files: int, size: int) -> None:
        self._expected, self._total_size = files, size

    def begun(self, event: Begun) -> None:
        super().begun(event)
        progress = self._live()
        if self._total is None and self._expected > 1:
            self._total = progress.add_task(self._total_words(), total=self._total_size, phase="")
        task = progress.add_task(_short(event.source), total=event.total, phase=PHASES["queued"])
        self._files[event.source] = task, "queued"

    def moved(self, event: Moved) -> None:
        progress, known = self._progress, self._files.get(event.source)
        if progress is None or known is None:
            return
        task, phase = known
        if phase != event.phase:
            progress.reset(task, total=event.total, phase=PHASES.get(event.phase, event.phase))
            self._files[event.source] = task, event.phase
        counts = {"hashing": event.hashed, "delivering": event.delivered}
        progress.update(task, completed=counts.get(event.phase, event.confirmed))
        self._confirmed[event.source] = event.confirmed
        self._show_total()

    def done(self, event: Done) -> None:
        self._end(event.source, event.size)
        super().done(event)

    def failed(self, event: Failed) -> None:
        self._end(event.source, event.size)
        super().failed(event)

    def summary(self, event: Summary) -> None:
        self._stop()
        super().summary(event)

    def close(self) -> None:
        self._stop()
        super().close()

    def _write(self, line: str) -> None:
        if self._progress is None or not self._same_screen:
            super()._write(line)
            return
        # Every print above the bars draws them anew: lines that come in quick succession are printed together.
        self._lines.append(line)
        if time.monotonic() - self._printed >= TOGETHER_SECONDS:
            self._print()

    def _say(self, line: str) -> None:
        if self._progress is None:
            super()._say(line)
            return
        self._lines.append(line)
        self._print()

    def _print(self) -> None:
        if self._lines:
            self._console.print("\n".join(self._lines), soft_wrap=True)
            self._lines.clear()
            self._printed = time.monotonic()

    def _live(self) -> Progress:
        if self._progress is None:
            self._progress = Bars(
                TextColumn("{task.description}", markup=False),
                TextColumn("{task.fields[phase]}", markup=False),
                BarColumn(bar_width=24),
                DownloadColumn(binary_units=True),
                RateColumn(),
                TimeRemainingColumn(compact=True),
                console=self._console,
                transient=True,
                refresh_per_second=5,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._progress.start()
        return self._progress

    def _end(self, source: str, size: int) -> None:
        self._confirmed.pop(source, None)
        self._arrived += size
        self._count += 1
        known = self._files.pop(source, None)
        if self._progress is not None and known is not None:
            self._progress.remove_task(known[0])
        self._show_total()

    def _show_total(self) -> None:
        if self._progress is not None and self._total is not None:
            moved = self._arrived + sum(self._confirmed.values())
            self._progress.update(self._total, completed=moved, description=self._total_words())

    def _total_words(self) -> str:
        return f"{self._count:,} of {words.plural(self._expected, 'file')}"

    def _stop(self) -> None:
        self._print()
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
            self._files.clear()
            self._total = None


def _short(source: str) -> str:
    """The end of a name, cut to a width that leaves room for the bar (wide letters count twice)."""
    text = Text(words.plain(source.rstrip("/").rpartition("/")[2] or source))
    text.truncate(LONGEST_NAME, overflow="ellipsis")
    return text.plain
