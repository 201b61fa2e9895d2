"""What ``cd2 sync`` does with a comparison: report it, rehearse it, or carry it out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from clouddrive2.cli.asking import ask
from clouddrive2.cli.context import Cli
from clouddrive2.cli.exit_codes import ExitCode
from clouddrive2.cli.output import words
from clouddrive2.cli.output.events import Done, Moved
from clouddrive2.cli.report import Report
from clouddrive2.cli.sentences import sentence
from clouddrive2.cli.transfers import Item, Transfers
from clouddrive2.errors import OperationFailed
from clouddrive2.sync import Change, Difference, Sync
from clouddrive2.sync.compare import SIZE_ONLY

__all__ = ["Checker", "Rehearsal", "Syncer"]

# As rclone marks them in a combined report of its check.
MARKS = {Change.SAME: "=", Change.ADD: "+", Change.EXTRA: "-", Change.REPLACE: "*", Change.FAILED: "!"}
# How many of the files to be deleted are named in the question.
NAMED = 10


class Watched:
    """A comparison whose side remarks go to the printer, and whose paths are counted.

    Attributes:
        counts: How many paths of each kind.
    """

    def __init__(self, cli: Cli, sync: Sync) -> None:
        self.counts: Counter[Change] = Counter()
        self._cli = cli
        self._sync = sync
        self._size_only = 0

    async def differences(self) -> AsyncGenerator[Difference, None]:
        """All but what takes no part, which is warned of."""
        async with aclosing(self._sync.compare()) as differences:
            async for difference in differences:
                self.counts[difference.change] += 1
                path, reason = words.plain(difference.path), words.plain(difference.reason)
                if difference.change is Change.LEFT:
                    self._cli.out.warn(f"{path} is left out: {reason}", path=difference.path)
                elif difference.change is Change.CLASH:
                    self._cli.out.warn(f"{path}: {reason}", path=difference.path)
                else:
                    self._size_only += difference.reason.startswith(SIZE_ONLY)
                    yield difference
        if self._size_only:
            count = words.plural(self._size_only, "file")
            self._cli.out.note(f"{count} compared by size only: the cloud knows nothing else of them")


class Checker:
    """``--check``: what is only here, only there, or different."""

    def __init__(self, cli: Cli, sync: Sync) -> None:
        self._cli = cli
        self._watched = Watched(cli, sync)

    async def run(self) -> int:
        """Reports every difference; 1 when there is one."""
        out = self._cli.out
        async for one in self._watched.differences():
            mark = MARKS.get(one.change)
            if mark is None or (one.change is Change.SAME and not out.verbose):
                continue
            reason = sentence(one.error) if one.error is not None else one.reason
            record = {
                "event": "checked",
                "path": one.path,
                "difference": str(one.change),
                "bytes": (one.source or one.destination).size if one.source or one.destination else None,  # type: ignore[union-attr]
                "reason": reason,
            }
            out.result(record, f"{mark} {words.plain(one.path)}  ({words.plain(reason)})")
        counts = self._watched.counts
        differing = sum(counts[change] for change in MARKS if change is not Change.SAME)
        summary(
            self._cli,
            f"{words.plural(counts[Change.SAME], 'file')} the same, {words.plural(differing, 'difference')}",
            same=counts[Change.SAME],
            only_source=counts[Change.ADD],
            only_destination=counts[Change.EXTRA],
            differ=counts[Change.REPLACE],
            failed=counts[Change.FAILED],
        )
        return ExitCode.FAILED if differing else ExitCode.OK


class Rehearsal:
    """``--dry-run``: what would be carried and deleted, and why."""

    def __init__(self, cli: Cli, sync: Sync, *, delete: bool) -> None:
        self._cli = cli
        self._sync = sync
        self._delete = delete
        self._watched = Watched(cli, sync)

    async def run(self) -> int:
        """Reports every step; 1 when something could not be done."""
        verb = "upload" if self._sync.to_cloud else "download"
        async for one in self._watched.differences():
            match one.change:
                case Change.ADD:
                    self._say(verb, one)
                case Change.REPLACE:
                    self._say("replace", one)
                case Change.FAILED:
                    self._say("fail", one)
                case _:
                    pass
        refusal = self._sync.deletions().refusal() if self._delete else None
        if refusal is None:
            for one in self._sync.extra:
                self._say("delete", one)
        else:
            self._cli.out.warn(refusal)
        counts = self._watched.counts
        summary(
            self._cli,
            f"{words.plural(counts[Change.SAME], 'file')} the same",
            same=counts[Change.SAME],
            add=counts[Change.ADD],
            replace=counts[Change.REPLACE],
            delete=counts[Change.EXTRA] if refusal is None else 0,
            failed=counts[Change.FAILED],
        )
        return ExitCode.FAILED if counts[Change.FAILED] or refusal is not None else ExitCode.OK

    def _say(self, action: str, one: Difference) -> None:
        reason = sentence(one.error) if one.error is not None else one.reason
        if one.change is Change.EXTRA_FOLDER:
            reason = "a folder, if nothing is left in it"
        file = one.source or one.destination
        record = {
            "event": "plan",
            "action": action,
            "source": one.source.place if one.source is not None else None,
            "path": one.target,
            "bytes": file.size if file is not None else None,
            "route": None,
            "reason": reason,
        }
        amount = f"  {words.size(file.size)}" if file is not None else ""
        self._cli.out.result(record, f"{action:<11} {words.plain(one.target)}{amount} ({words.plain(reason)})")


class Syncer:
    """Carries what is new or different, then deletes what is only at the destination.

    Args:
        cli: Reports go to its printer.
        sync: What to do.
        jobs: Files at a time.
        delete: Whether to delete.
        ask: Whether to ask first.
        report: Told every outcome.
    """

    def __init__(self, cli: Cli, sync: Sync, *, jobs: int, delete: bool, ask: bool, report: Report | None) -> None:
        self._cli = cli
        self._sync = sync
        self._delete = delete
        self._ask = ask
        self._watched = Watched(cli, sync)
        self._differences: dict[str, Difference] = {}
        verb = "uploaded" if sync.to_cloud else "downloaded"
        self._transfers = Transfers(cli, verb, self._one, jobs=jobs, report=report)

    async def run(self) -> int:
        """Does everything; the exit code of the command."""
        async with aclosing(self._items()) as items:
            code = await self._transfers.run(items)
        deleted, trouble = await self._delete_extra() if self._delete else (0, False)
        carried, same = self._transfers.summary, self._watched.counts[Change.SAME]
        parts = [f"{words.plural(same, 'file')} the same"]
        if self._delete:
            parts.append(f"{deleted:,} deleted")
        summary(
            self._cli,
            ", ".join(parts),
            same=same,
            carried=carried.done,
            skipped=carried.skipped,
            deleted=deleted,
            failed=carried.failed,
            left=self._watched.counts[Change.LEFT],
        )
        return code or (ExitCode.FAILED if trouble else ExitCode.OK)

    async def _items(self) -> AsyncGenerator[Item, None]:
        async for one in self._watched.differences():
            if one.change is Change.FAILED:
                place = one.source.place if one.source is not None else one.path
                yield Item(place, one.target, 0, one.error or OperationFailed(one.reason, path=one.target))
            elif one.change in (Change.ADD, Change.REPLACE) and one.source is not None:
                self._differences[one.source.place] = one
                yield Item(one.source.place, one.target, one.source.size)

    async def _one(self, item: Item, moved: Callable[[Moved], None]) -> Done:
        began = time.monotonic()

        def progress(phase: str, hashed: int, sent: int, confirmed: int, total: int, delivered: int) -> None:
            moved(Moved(item.source, item.path, phase, hashed, sent, confirmed, total or item.size, delivered))

        carried = await self._sync.carry(self._differences.pop(item.source), progress)
        return Done(
            source=item.source,
            path=carried.path,
            size=carried.size,
            route=carried.route or None,
            seconds=time.monotonic() - began,
            verified=carried.verified,
            instant=carried.instant,
            skipped=carried.skipped,
            reason=carried.reason,
        )

    async def _delete_extra(self) -> tuple[int, bool]:
        """How many files and folders were deleted, and whether some could or may not be."""
        out, sync = self._cli.out, self._sync
        if (refusal := sync.deletions().refusal()) is not None:
            out.error(refusal, kind="NotDeleted", code=ExitCode.FAILED)
            return 0, True
        if not sync.extra or (self._ask and not self._allowed()):
            return 0, bool(sync.extra)
        deleted, trouble = 0, False
        async for one, error in sync.delete():
            if error is not None:
                trouble = True
                out.error(f"{words.plain(one.target)} is not deleted: {sentence(error)}", kind=type(error).__name__, code=1)
                continue
            deleted += 1
            kind = "file" if one.change is Change.EXTRA else "folder"
            record = {"event": "deleted", "path": one.target, "kind": kind}
            if self._cli.settings.json or not out.quiet:
                out.result(record, f"{words.plain(one.target)}  deleted")
        return deleted, trouble

    def _allowed(self) -> bool:
        files = [one for one in self._sync.extra if one.change is Change.EXTRA]
        folders = len(self._sync.extra) - len(files)
        for one in files[:NAMED]:
            self._cli.out.note(f"  {words.plain(one.target)}")
        if len(files) > NAMED:
            self._cli.out.note(f"  and {len(files) - NAMED:,} more")
        what = " and ".join(words.plural(count, noun) for count, noun in ((len(files), "file"), (folders, "folder")) if count)
        answer = ask(f"Delete {what} that {'is' if len(self._sync.extra) == 1 else 'are'} only at the destination? [y/N] ")
        if answer.strip().lower() in ("y", "yes"):
            return True
        self._cli.out.note("nothing is deleted")
        return False


def summary(cli: Cli, text: str, **counts: int) -> None:
    """The last line: what was compared, in numbers."""
    if cli.settings.json or not cli.out.quiet:
        cli.out.result({"event": "compared", **counts}, text)
