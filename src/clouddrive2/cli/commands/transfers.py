"""``cd2 transfers``: what the server is passing on to its clouds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from clouddrive2.cli.context import Cli
from clouddrive2.cli.output import words

if TYPE_CHECKING:
    from clouddrive2.models.transfers import Transfer

__all__ = ["VERBS"]

Keys = Annotated[list[str], typer.Argument(metavar="KEY...", help="Keys as 'cd2 transfers list' shows them.")]


async def list_(
    cli: Cli,
    containing: Annotated[
        str, typer.Option("--containing", metavar="TEXT", show_default=False, help="Only paths with this text in them.")
    ] = "",
) -> None:
    """List the uploads on the server."""
    rows: list[tuple[str, ...]] = []
    async with cli.client() as client:
        async for transfer in client.transfers.uploads(containing=containing):
            if cli.settings.json:
                cli.out.result(record(transfer), "")
            else:
                rows.append(row(transfer))
    if rows:
        heading = ("key", "status", "sent", "size", "path")
        cli.out.result({}, "\n".join(words.columns([heading, *rows], right=(2, 3))))


async def pause(cli: Cli, keys: Keys) -> None:
    """Pause uploads."""
    async with cli.client() as client:
        await client.transfers.pause(keys)


async def resume(cli: Cli, keys: Keys) -> None:
    """Let paused uploads go on."""
    async with cli.client() as client:
        await client.transfers.resume(keys)


async def cancel(cli: Cli, keys: Keys) -> None:
    """Cancel uploads; what they brought so far is gone."""
    async with cli.client() as client:
        await client.transfers.cancel(keys)


def record(transfer: Transfer) -> dict[str, object]:
    """What ``--json`` prints of one."""
    return {
        "key": transfer.key,
        "path": transfer.path,
        "size": transfer.size,
        "transferred": transfer.transferred,
        "status": transfer.status.name.lower(),
        "error": transfer.error or None,
        "operator": transfer.operator.name.lower() if transfer.operator is not None else None,
    }


def row(transfer: Transfer) -> tuple[str, ...]:
    """A line of the table."""
    share = f"{100 * transfer.transferred / transfer.size:.0f}%" if transfer.size else "-"
    status = transfer.status.name.lower().replace("_", " ")
    about = f"{status}: {words.plain(transfer.error)}" if transfer.error else status
    return transfer.key, about, share, words.size(transfer.size), words.plain(transfer.path)


VERBS = {
    "list": (list_, "cd2 transfers list --containing film"),
    "pause": (pause, "cd2 transfers pause KEY"),
    "resume": (resume, "cd2 transfers resume KEY"),
    "cancel": (cancel, "cd2 transfers cancel KEY"),
}
