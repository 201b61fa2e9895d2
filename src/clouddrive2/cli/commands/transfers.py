"""``cd2 transfers``: what the server is working on: uploads, downloads, copies, merges."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Annotated

import typer

from clouddrive2.cli.asking import confirm
from clouddrive2.cli.context import Cli
from clouddrive2.cli.options import Yes
from clouddrive2.cli.output import words
from clouddrive2.cli.transfer_rows import HEADING, Row, copy_row, download_row, merge_row, upload_row
from clouddrive2.errors import NotFound, PermissionDenied

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clouddrive2.client.aio import AsyncClient
    from clouddrive2.models.tasks import CopyTask, MergeTask

__all__ = ["VERBS"]

Keys = Annotated[list[str] | None, typer.Argument(metavar="KEY...", help="Keys as 'cd2 transfers list' shows them.")]
CopyKeys = Annotated[list[str] | None, typer.Argument(metavar="KEY...", help="Keys as 'list --copies' shows them.")]
All = Annotated[bool, typer.Option("--all", help="All of them, instead of KEY.")]
Uploads = Annotated[bool, typer.Option("--uploads", help="Uploads; the default.")]
Downloads = Annotated[bool, typer.Option("--downloads", help="Files the server has open for readers.")]
Copies = Annotated[bool, typer.Option("--copies", help="Copy tasks.")]
Merges = Annotated[bool, typer.Option("--merges", help="Merge tasks.")]
Containing = Annotated[
    str, typer.Option("--containing", metavar="TEXT", show_default=False, help="Only paths with this text in them.")
]


async def list_(
    cli: Cli,
    uploads: Uploads = False,
    downloads: Downloads = False,
    copies: Copies = False,
    merges: Merges = False,
    containing: Containing = "",
) -> None:
    """List what the server is working on: uploads, unless something else is named."""
    kinds = kinds_of(uploads=uploads, downloads=downloads, copies=copies, merges=merges)
    async with cli.client() as client:
        rows = await rows_of(client, kinds, containing)
    if cli.settings.json:
        for row in rows:
            cli.out.result(row.record, "")
    elif rows:
        cli.out.result({}, "\n".join(words.columns([HEADING, *(row.cells for row in rows)], right=(3, 4))))


async def status(cli: Cli) -> None:
    """Show how much the server is working on."""
    async with cli.client() as client:
        counts = await client.transfers.counts()
    record = {"uploads": counts.uploads, "downloads": counts.downloads, "copies": counts.copies}
    several = [words.plural(counts.uploads, "upload"), words.plural(counts.downloads, "download")]
    cli.out.result(record, ", ".join([*several, f"{counts.copies:,} {'copy' if counts.copies == 1 else 'copies'}"]))


async def watch(
    cli: Cli,
    uploads: Uploads = False,
    downloads: Downloads = False,
    copies: Copies = False,
    merges: Merges = False,
    containing: Containing = "",
    every: Annotated[float, typer.Option("--every", metavar="SECONDS", min=0.1, help="Pause between two looks.")] = 1.0,
) -> None:
    """Watch what the server is working on: everything, unless something is named.

    On a terminal it is a table that is drawn anew; elsewhere, and with --json, one line whenever something comes, gets another
    status or goes. Ctrl-C ends it.
    """
    # The event loop's library and the drawing one are loaded when a command runs, not for help texts.
    import asyncio

    from clouddrive2.cli.output.live import view_for

    kinds = kinds_of(uploads=uploads, downloads=downloads, copies=copies, merges=merges, default=KINDS)
    async with cli.client() as client:
        with view_for(cli) as view:
            while True:
                view.show(await rows_of(client, kinds, containing))
                await asyncio.sleep(every)


async def pause(cli: Cli, keys: Keys = None, every: All = False, copies: Copies = False) -> None:
    """Pause uploads, or copies."""
    chosen = chosen_of(keys, every)
    async with cli.client() as client:
        transfers = client.transfers
        if copies:
            count = await (transfers.pause_copies(chosen) if chosen else transfers.pause_all_copies())
            changed(cli, "copies", chosen, "paused", count)
        else:
            await check_uploads(client, chosen)
            await (transfers.pause(chosen) if chosen else transfers.pause_all())
            changed(cli, "uploads", chosen, "paused")


async def resume(cli: Cli, keys: Keys = None, every: All = False, copies: Copies = False) -> None:
    """Resume paused uploads, or copies."""
    chosen = chosen_of(keys, every)
    async with cli.client() as client:
        transfers = client.transfers
        if copies:
            count = await (transfers.resume_copies(chosen) if chosen else transfers.resume_all_copies())
            changed(cli, "copies", chosen, "resumed", count)
        else:
            await check_uploads(client, chosen)
            await (transfers.resume(chosen) if chosen else transfers.resume_all())
            changed(cli, "uploads", chosen, "resumed")


async def cancel(
    cli: Cli, keys: Keys = None, every: All = False, copies: Copies = False, merges: Merges = False, yes: Yes = False
) -> None:
    """Cancel uploads, copies or merges. What an upload brought so far is gone; what was copied or merged stays."""
    chosen = chosen_of(keys, every)
    if copies and merges:
        raise typer.BadParameter("--copies or --merges, not both")
    if every:
        noun = "copy" if copies else "merge" if merges else "upload"
        confirm(f"Cancel every {noun}, also those of other programs?", yes=yes)
    async with cli.client() as client:
        transfers = client.transfers
        if copies:
            await transfers.cancel_copies(
                chosen or [task.key for task in await transfers.copies() if not task.status.is_terminal]
            )
        elif merges:
            await transfers.cancel_merges(
                chosen or [task.key for task in await transfers.merges() if not task.status.is_terminal]
            )
        else:
            await check_uploads(client, chosen)
            await (transfers.cancel(chosen) if chosen else transfers.cancel_all())
    changed(cli, "copies" if copies else "merges" if merges else "uploads", chosen, "cancelled")


async def restart(cli: Cli, keys: CopyKeys = None, every: All = False) -> None:
    """Restart copies; files that are there already are skipped. With --all those that failed."""
    chosen = chosen_of(keys, every)
    async with cli.client() as client:
        if every:
            ended = [task for task in await client.transfers.copies() if task.status.is_terminal]
            chosen = [task.key for task in ended if not task.succeeded]
        await client.transfers.restart_copies(chosen)
    changed(cli, "copies", [] if every else chosen, "restarted", len(chosen))


async def remove(
    cli: Cli,
    keys: CopyKeys = None,
    every: All = False,
    completed: Annotated[bool, typer.Option("--completed", help="Those that are completed, instead of KEY.")] = False,
    yes: Yes = False,
) -> None:
    """Remove copies from the list, stopping those that run; what was copied stays."""
    if completed and (keys or every):
        raise typer.BadParameter("KEY, --all or --completed: one of them")
    chosen = [] if completed else chosen_of(keys, every)
    if not completed:
        which = words.plural(len(chosen), "copy task") if chosen else "every copy task, also those of other programs"
        confirm(f"Stop and remove {which}?", yes=yes)
    async with cli.client() as client:
        transfers = client.transfers
        if completed:
            await transfers.remove_completed_copies()
            changed(cli, "completed copies", chosen, "removed")
        else:
            count = await (transfers.remove_copies(chosen) if chosen else transfers.remove_all_copies())
            changed(cli, "copies", chosen, "removed", count)


KINDS = ("uploads", "downloads", "copies", "merges")


def kinds_of(*, default: tuple[str, ...] = ("uploads",), **given: bool) -> tuple[str, ...]:
    """The kinds that were named."""
    return tuple(kind for kind in KINDS if given[kind]) or default


def chosen_of(keys: list[str] | None, every: bool) -> list[str]:
    """The keys; empty for all.

    Raises:
        typer.BadParameter: Neither, or both.
    """
    if bool(keys) == every:
        raise typer.BadParameter("KEY or --all: one of them")
    return list(keys or ())


def unfinished(tasks: Iterable[CopyTask | MergeTask]) -> list[str]:
    """Keys of the tasks that have not ended."""
    return [task.key for task in tasks if not task.status.is_terminal]


async def check_uploads(client: AsyncClient, keys: list[str]) -> None:
    """Refuses keys that are in nobody's list: the server passes over them without a word.

    Raises:
        NotFound: There is no such upload.
    """
    # The list wants another permission than the change.
    with contextlib.suppress(PermissionDenied):
        there = {each.key async for each in client.transfers.uploads()} if keys else set()
        for key in keys:
            if key not in there:
                raise NotFound(f"there is no upload {words.plain(key)}: it may have ended and been removed")


def changed(cli: Cli, kind: str, keys: list[str], done: str, count: int | None = None) -> None:
    """What became of transfers; no keys stand for all of the kind, and not every call of the server counts them."""
    record = {"kind": kind, "keys": keys or None, done: True, "count": count}
    cli.out.changed(record, f"{kind} {done}" if count is None else f"{kind} {done}: {count}")


async def rows_of(client: AsyncClient, kinds: tuple[str, ...], containing: str) -> list[Row]:
    """What there is of these kinds."""
    transfers = client.transfers
    rows: list[Row] = []
    if "uploads" in kinds:
        rows += [upload_row(each) async for each in transfers.uploads(containing=containing)]
    if "downloads" in kinds:
        rows += [download_row(each) for each in await transfers.downloads() if containing in each.path]
    if "copies" in kinds:
        rows += [copy_row(each) for each in await transfers.copies() if containing in each.key]
    if "merges" in kinds:
        rows += [merge_row(each) for each in await transfers.merges() if containing in each.key]
    return rows


VERBS = {
    "list": (list_, "cd2 transfers list --containing film\ncd2 transfers list --copies --merges"),
    "status": (status, "cd2 transfers status --json"),
    "watch": (watch, "cd2 transfers watch"),
    "pause": (pause, "cd2 transfers pause KEY\ncd2 transfers pause --all"),
    "resume": (resume, "cd2 transfers resume --copies --all"),
    "cancel": (cancel, "cd2 transfers cancel KEY\ncd2 transfers cancel --all --yes"),
    "restart": (restart, "cd2 transfers restart '/115/a:/Aliyun'"),
    "remove": (remove, "cd2 transfers remove --completed"),
}
