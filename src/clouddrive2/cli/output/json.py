"""JSON for programs: one object per line on stdout; warnings and errors as objects on stderr."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import TextIO

from clouddrive2.cli.output.base import Printer
from clouddrive2.cli.output.events import Begun, Done, Failed, Moved, Summary

__all__ = ["JsonPrinter", "done_record", "dumps", "failed_record"]

PROGRESS_SECONDS = 0.5


def dumps(value: object) -> str:
    """Compact JSON on one line. Names keep their letters; half a surrogate pair is escaped, so the text stays UTF-8."""
    text = json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, separators=(", ", ": "))
    return text


class JsonPrinter(Printer):
    """Prints nothing but JSON, on both streams. Progress of one file comes at most twice a second."""

    def __init__(self, out: TextIO, err: TextIO, *, quiet: bool = False, verbose: int = 0) -> None:
        super().__init__(out, err, quiet=quiet, verbose=verbose)
        self._last: dict[str, tuple[float, str]] = {}
        self._began: dict[str, float] = {}

    def result(self, record: Mapping[str, object], text: str) -> None:
        self._write(dumps(record))

    def changed(self, record: Mapping[str, object], text: str) -> None:
        self.result(record, text)

    def note(self, text: str) -> None:
        if self.verbose:
            self._say(dumps({"event": "note", "message": text}))

    def warn(self, text: str, *, path: str | None = None) -> None:
        self._say(dumps({"event": "warning", "message": text, "path": path}))

    def error(self, text: str, *, kind: str, code: int, path: str | None = None) -> None:
        self._say(dumps({"event": "error", "message": text, "kind": kind, "path": path, "exit_code": code}))

    def begun(self, event: Begun) -> None:
        self._began[event.source] = time.monotonic()

    def moved(self, event: Moved) -> None:
        if self.quiet:
            return
        now = time.monotonic()
        last, phase = self._last.get(event.source, (0.0, ""))
        if phase == event.phase and now - last < PROGRESS_SECONDS:
            return
        self._last[event.source] = now, event.phase
        record = _record(
            "progress",
            source=event.source,
            path=event.path,
            bytes=event.confirmed,
            seconds=now - self._began.get(event.source, now),
            phase=event.phase,
            hashed=event.hashed,
            sent=event.sent,
            delivered=event.delivered,
            total=event.total,
        )
        self._write(dumps(record))

    def done(self, event: Done) -> None:
        self._forget(event.source)
        self._write(dumps(done_record(event)))

    def failed(self, event: Failed) -> None:
        self._forget(event.source)
        self._write(dumps(failed_record(event)))

    def summary(self, event: Summary) -> None:
        record = _record(
            "summary",
            bytes=event.size,
            seconds=event.seconds,
            done=event.done,
            skipped=event.skipped,
            instant=event.instant,
            instant_bytes=event.instant_size,
            failed=event.failed,
            unknown=event.unknown,
            bytes_per_second=round(event.rate),
        )
        self._write(dumps(record))
        self._out.flush()

    def _forget(self, source: str) -> None:
        self._last.pop(source, None)
        self._began.pop(source, None)


def done_record(event: Done) -> dict[str, object]:
    """A file that is done, or was left out."""
    return _record(
        "done",
        source=event.source,
        path=event.path,
        bytes=event.size,
        route=event.route,
        seconds=event.seconds,
        verified=event.verified,
        instant=event.instant,
        outcome=event.outcome,
        skipped=event.skipped,
        reason=event.reason or None,
        source_deleted=event.source_deleted,
    )


def failed_record(event: Failed) -> dict[str, object]:
    """A file that did not reach its goal, or may not have."""
    return _record(
        "failed",
        source=event.source,
        path=event.path,
        bytes=event.size,
        seconds=event.seconds,
        error=event.error,
        outcome=event.outcome,
        kind=event.kind,
    )


def _record(name: str, **fields: object) -> dict[str, object]:
    record: dict[str, object] = {
        "event": name,
        "source": None,
        "path": None,
        "bytes": None,
        "route": None,
        "seconds": None,
        "verified": None,
        "instant": None,
        "error": None,
    }
    record.update(fields)
    if isinstance(record["seconds"], float):
        record["seconds"] = round(record["seconds"], 3)
    return record
