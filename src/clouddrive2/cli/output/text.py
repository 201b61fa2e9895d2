"""Lines for people, without any escape code: for pipes, files, and terminals of commands that need no bars."""

from __future__ import annotations

from collections.abc import Mapping

from clouddrive2.cli.output import words
from clouddrive2.cli.output.base import Printer
from clouddrive2.cli.output.events import Begun, Done, Failed, Moved, Summary

__all__ = ["TextPrinter"]

RATED_SIZE = 1024 * 1024
# From how many other files on failures are listed again at the end, and how many of them.
FEW, MOST_LISTED = 20, 50


class TextPrinter(Printer):
    """Plain lines; a transfer says when it is done, not how far it is."""

    def result(self, record: Mapping[str, object], text: str) -> None:
        self._write(text)

    def note(self, text: str) -> None:
        if not self.quiet:
            self._say(text)

    def warn(self, text: str, *, path: str | None = None) -> None:
        self._say(f"cd2: warning: {text}")

    def error(self, text: str, *, kind: str, code: int, path: str | None = None) -> None:
        self._say(f"cd2: {text}")

    def begun(self, event: Begun) -> None:
        self.detail(f"{words.plain(event.source)}: {words.size(event.total)} to {words.plain(event.path)}")

    def moved(self, event: Moved) -> None:
        pass

    def done(self, event: Done) -> None:
        if not self.quiet:
            self._write(self._done_line(event))

    def failed(self, event: Failed) -> None:
        self._say(f"cd2: {words.plain(event.source)}: {event.error}")
        if event.detail:
            self.detail(event.detail)

    def summary(self, event: Summary) -> None:
        if self.quiet or event.done + event.skipped + event.failed + event.unknown < 2:
            return
        if event.failures and event.done + event.skipped > FEW:
            # They scrolled by long ago.
            rows = [(words.plain(each.source), each.error) for each in event.failures[:MOST_LISTED]]
            self._say("\n".join(["not uploaded:" if event.verb == "uploaded" else f"not {event.verb}:", *words.columns(rows)]))
            if (left := len(event.failures) - len(rows)) > 0:
                self._say(f"... and {left:,} more; --report keeps them all")
        parts = [f"{words.plural(event.done, 'file')} {event.verb}"]
        if event.instant:
            parts.append(f"{event.instant} of them instantly ({words.size(event.instant_size)} not sent)")
        if event.skipped:
            parts.append(f"{event.skipped} skipped")
        if event.unverified:
            parts.append(f"{event.unverified} not verified")
        if event.failed:
            parts.append(f"{event.failed} failed")
        if event.unknown:
            parts.append(f"{event.unknown} with unknown outcome")
        self._write(f"{', '.join(parts)}; {_taken(event.size, event.seconds)}")
        self._out.flush()

    def _done_line(self, event: Done) -> str:
        where = f"{words.plain(event.source)} -> {words.plain(event.path)}"
        if event.skipped:
            return f"{where}  skipped: {event.reason or 'already there'}"
        took = _taken(event.size, 0 if event.instant else event.seconds)
        if event.instant:
            took += " instantly"
        if event.source_deleted:
            took += ", source deleted"
        trust = f"verified by {event.verified}" if event.outcome == "verified" else "not verified"
        if event.arrived and event.reason:
            trust += f" ({event.reason})"
        by = f", by {event.route}" if self.verbose and event.route else ""
        return f"{where}  {took}, {trust}{by}"


def _taken(size: int, seconds: float) -> str:
    """How much in what time; the rate only where it says something about the way, not about one short question."""
    if not seconds:
        return words.size(size)
    rate = f" ({words.rate(size / seconds)})" if size >= RATED_SIZE else ""
    return f"{words.size(size)} in {words.duration(seconds)}{rate}"
