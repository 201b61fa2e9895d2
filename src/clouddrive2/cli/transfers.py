"""Many files, a few at a time: takes items as they are found, reports each outcome, goes on after a failure."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clouddrive2.cli import exit_codes
from clouddrive2.cli.context import Cli
from clouddrive2.cli.exit_codes import ExitCode
from clouddrive2.cli.memory import keep_freed_memory
from clouddrive2.cli.output import words
from clouddrive2.cli.output.events import Begun, Done, Failed, Moved, Summary
from clouddrive2.cli.sentences import sentence, stops_everything
from clouddrive2.errors import Error, OutcomeUnknown

if TYPE_CHECKING:
    import asyncio

    from clouddrive2.cli.report import Report

__all__ = ["Item", "Transfers"]


@dataclass(frozen=True, slots=True)
class Item:
    """One file to carry.

    Attributes:
        source: As people know it.
        path: Where it goes.
        size: Bytes.
        error: Why it cannot even begin.
        file: Where it is read, when ``source`` does not say that.
        skip: Why it is not carried now; that is an outcome, and no failure.
    """

    source: str
    path: str
    size: int
    error: Exception | None = None
    file: str = ""
    skip: str = ""


Work = Callable[[Item, Callable[[Moved], None]], Awaitable[Done]]


class Transfers:
    """Runs the transfers of one command.

    Args:
        cli: Reports go to its printer.
        verb: What happened to a file that is done, as in "2 files uploaded".
        work: Carries one item and says how it went. It reports progress through the function it is given.
        jobs: Files at a time.
        report: Told every outcome.
    """

    def __init__(self, cli: Cli, verb: str, work: Work, *, jobs: int, report: Report | None = None) -> None:
        self._cli = cli
        self._work = work
        self._jobs = jobs
        self._report = report
        self._codes: list[ExitCode] = []
        self._attempted = 0
        self.summary = Summary(verb)

    async def run(self, items: AsyncIterator[Item]) -> int:
        """Carries all items; the exit code of the command.

        Raises:
            clouddrive2.Error: What every other file would meet too: no server, no way to sign in.
        """
        keep_freed_memory()
        # The event loop's library is loaded when a command runs, not for help texts.
        import asyncio

        began, lock = time.monotonic(), asyncio.Lock()
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._jobs):
                    group.create_task(self._worker(items, lock))
        except BaseExceptionGroup as errors:
            raise first_of(errors) from None
        finally:
            self.summary.seconds = time.monotonic() - began
            self._cli.out.summary(self.summary)
            self._cli.on_interrupt = self._how_to_go_on()
        return exit_codes.for_many(self._codes, attempted=self._attempted)

    async def _worker(self, items: AsyncIterator[Item], lock: asyncio.Lock) -> None:
        while True:
            async with lock:
                item = await anext(items, None)
            if item is None:
                return
            await self._one(item)

    async def _one(self, item: Item) -> None:
        out, began = self._cli.out, time.monotonic()
        self._attempted += 1
        out.begun(Begun(item.source, item.path, item.size))
        try:
            if item.error is not None:
                raise item.error
            if item.skip:
                done = Done(item.source, item.path, item.size, None, 0.0, None, skipped=True, reason=item.skip)
            else:
                done = await self._work(item, out.moved)
        except (Error, OSError) as error:
            failed = Failed(
                source=item.source,
                path=item.path,
                size=0,
                seconds=time.monotonic() - began,
                error=without_prefix(sentence(error, verbose=self._cli.settings.verbose), item.source),
                kind=type(error).__name__,
                unknown=isinstance(error, OutcomeUnknown),
            )
            if self._report is not None:
                self._report.add(failed)
            self.summary.add(failed)
            out.failed(failed)
            self._codes.append(exit_codes.for_error(error))
            if stops_everything(error):
                raise
        else:
            self.summary.add(done)
            if self._report is not None:
                self._report.add(done)
            out.done(done)

    def _how_to_go_on(self) -> str:
        done = self.summary.done + self.summary.skipped
        begun = f"{words.plural(done, 'file')} done" if done else "nothing was finished yet"
        return f"stopped; {begun}; run the same command again to go on"


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first exception inside nested groups."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def without_prefix(text: str, source: str) -> str:
    """The printer puts the source in front: not twice."""
    return text.removeprefix(f"{source}: ")
