"""Printer: what a command may say, and to whom.

Results go to stdout, everything else to stderr. A command reports events and never prints by itself.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TextIO

from clouddrive2.cli.output.events import Begun, Done, Failed, Moved, Summary

__all__ = ["Printer"]

FLUSH_SECONDS = 0.1


class Printer(ABC):
    """Base of the three printers.

    Attributes:
        quiet: Only results that were asked for, warnings and errors.
        verbose: 0, or how often ``-v`` was given; from 1 reasons are shown, from 2 tracebacks.
    """

    wants_totals = False
    """Whether it is worth counting everything before the first file moves."""

    def __init__(self, out: TextIO, err: TextIO, *, quiet: bool = False, verbose: int = 0) -> None:
        self._out = out
        self._err = err
        self.quiet = quiet
        self.verbose = verbose
        self._flushed = 0.0

    @abstractmethod
    def result(self, record: Mapping[str, object], text: str) -> None:
        """One result: ``record`` for programs, ``text`` (one or more lines) for people."""

    @abstractmethod
    def note(self, text: str) -> None:
        """A remark for people; left out when quiet."""

    @abstractmethod
    def warn(self, text: str, *, path: str | None = None) -> None:
        """Something went other than asked, but the command goes on."""

    @abstractmethod
    def error(self, text: str, *, kind: str, code: int, path: str | None = None) -> None:
        """A failure, in one sentence."""

    def detail(self, text: str) -> None:
        """A reason, shown with ``-v``."""
        if self.verbose:
            self.note(text)

    def changed(self, record: Mapping[str, object], text: str) -> None:
        """What was asked for is done: ``record`` for programs; people, who asked for it, read ``text`` with ``-v``."""
        self.detail(text)

    @abstractmethod
    def begun(self, event: Begun) -> None:
        """One file starts."""

    @abstractmethod
    def moved(self, event: Moved) -> None:
        """One file moves; may be called often."""

    @abstractmethod
    def done(self, event: Done) -> None:
        """One file is done or skipped."""

    @abstractmethod
    def failed(self, event: Failed) -> None:
        """One file failed."""

    @abstractmethod
    def summary(self, event: Summary) -> None:
        """All files are through."""

    def expect(self, *, files: int, size: int) -> None:  # noqa: B027
        """How much is to come, when it is known; only bars care."""

    def raw(self, text: str) -> None:
        """Text for stdout exactly as it is, for programs that asked for it."""
        self._out.write(text)

    def flush(self) -> None:
        """Writes out what is buffered: for results that come now and then."""
        self._out.flush()

    def close(self) -> None:
        """Puts the terminal in order and writes out what is buffered. May be repeated."""
        self._out.flush()
        self._err.flush()

    def _write(self, line: str) -> None:
        """One line to stdout; the first at once, later ones at least ten times a second."""
        self._out.write(line + "\n")
        now = time.monotonic()
        if now - self._flushed >= FLUSH_SECONDS:
            self._flushed = now
            self._out.flush()

    def _say(self, line: str) -> None:
        """One line to stderr, after everything that went to stdout before."""
        self._out.flush()
        self._err.write(line + "\n")
        self._err.flush()
