"""What ``cd2 strm`` says of every file and every round."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

from clouddrive2.cli.context import Cli
from clouddrive2.cli.exit_codes import ExitCode
from clouddrive2.cli.output import words
from clouddrive2.cli.sentences import sentence
from clouddrive2.strm import Kind, Outcome, Summary

__all__ = ["StrmReport", "hint_of_address"]

# Kinds that are told, and what they are called when done and when only planned.
WORDS = {
    Kind.ADD: ("written", "write"),
    Kind.UPDATE: ("updated", "update"),
    Kind.ADOPT: ("updated", "look at"),
    Kind.COPY: ("copied", "copy"),
    Kind.DELETE: ("deleted", "delete"),
    Kind.LEAVE: ("left", "leave"),
}


class StrmReport:
    """Tells steps as they come.

    Args:
        cli: Its printer is used.
        cloud_dir, local_dir: Both folders, put in front of names.
        dry_run: Nothing is done.
        watching: There are many rounds: of those that change nothing nothing is told but the first.

    Attributes:
        code: The exit code so far.
    """

    def __init__(self, cli: Cli, cloud_dir: str, local_dir: Path, *, dry_run: bool, watching: bool = False) -> None:
        self._cli = cli
        self._cloud_dir = cloud_dir.rstrip("/")
        self._local_dir = local_dir
        self._dry_run = dry_run
        self._watching = watching
        self._rounds = 0
        self._left: set[tuple[str, str]] = set()
        self.code = ExitCode.OK

    def tell(self, step: Outcome | Summary) -> None:
        """One step."""
        if isinstance(step, Summary):
            self._end(step)
        else:
            self._file(step)
        self._cli.out.flush()

    def _file(self, outcome: Outcome) -> None:
        out, action = self._cli.out, outcome.action
        path = str(self._local_dir / action.target)
        if action.kind is Kind.LEAVE:
            if (path, action.reason) in self._left:
                return
            self._left.add((path, action.reason))
        if outcome.error is not None:
            self.code = ExitCode.FAILED
            said = words.plain(sentence(outcome.error))
            text = said if words.plain(path) in said else f"{words.plain(path)}: {said}"
            out.error(text, kind=type(outcome.error).__name__, code=ExitCode.FAILED, path=path)
        elif action.kind in WORDS and (self._cli.settings.json or not out.quiet):
            word = WORDS[action.kind][self._dry_run]
            record = {
                "event": "plan" if self._dry_run else "file",
                "action": str(action.kind),
                "path": path,
                "source": f"{self._cloud_dir}/{action.file.path}" if action.file is not None else None,
                "reason": action.reason,
            }
            reason = f"  ({action.reason})" if action.reason not in ("", "new") else ""
            out.result(record, f"{word:<8} {words.plain(path)}{reason}")

    def _end(self, summary: Summary) -> None:
        out, counts = self._cli.out, summary.counts
        if summary.error is not None:
            out.note(f"{sentence(summary.error)}; trying again")
            return
        for below, error in summary.unlisted.items():
            folder = f"{self._cloud_dir}/{below}"
            self.code = ExitCode.FAILED
            text = f"{words.plain(folder)} cannot be listed: {sentence(error)}"
            out.error(text, kind=type(error).__name__, code=ExitCode.FAILED, path=folder)
        if summary.refusal is not None:
            self.code = ExitCode.FAILED
            out.error(summary.refusal, kind="NotDeleted", code=ExitCode.FAILED)
        numbers = {
            "same": counts.get(Kind.KEEP, 0),
            "written": counts.get(Kind.ADD, 0),
            "updated": counts.get(Kind.UPDATE, 0) + counts.get(Kind.ADOPT, 0),
            "copied": counts.get(Kind.COPY, 0),
            "deleted": counts.get(Kind.DELETE, 0),
            "left": counts.get(Kind.LEAVE, 0),
            "failed": summary.failed,
        }
        self._rounds += 1
        if self._watching and self._rounds > 1 and not any(numbers[name] for name in ("written", "updated", "copied", "deleted")):
            return
        if self._cli.settings.json or not out.quiet:
            done = [f"{numbers[name]:,} {name}" for name in numbers if name != "same" and numbers[name]]
            text = ", ".join([f"{words.plural(numbers['same'], 'file')} the same", *done])
            out.result({"event": "summary", **numbers}, f"{text} (nothing is changed)" if self._dry_run else text)


def hint_of_address(url: str) -> str | None:
    """What to know about links that begin with an address only this machine understands."""
    host = urlsplit(url).hostname or ""
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    if not here:
        return None
    return f"the links lead to {host}: a media server on another machine, or in a container, needs --base-url"
