"""``cd2 df``: the space of the clouds."""

from __future__ import annotations

from typing import Annotated

import typer

from clouddrive2.cli.context import Cli, Failures, cloud_paths
from clouddrive2.cli.output import words

__all__ = ["EXAMPLES", "command"]

EXAMPLES = """\
cd2 df                  every cloud of the server, in bytes
cd2 df -h /115          one of them, readable"""


async def command(
    cli: Cli,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH...", help="Any path in a cloud; all clouds when none.")
    ] = None,
    human: Annotated[bool, typer.Option("--human", "-h", help="Sizes as 1.5 GiB instead of bytes.")] = False,
) -> int:
    """Show the space of the clouds.

    Accounts can share one quota: the lines do not add up to what you own.
    """
    failures = Failures(cli)
    rows: list[tuple[str, ...]] = []
    async with cli.client() as client:
        wanted = cloud_paths(paths or [])
        if not wanted:
            wanted = [entry.path async for entry in client.files.list("/") if entry.is_folder]
        for path in wanted:
            with failures.one():
                space = await client.files.space(path)
                record = {"path": path, "total": space.total, "used": space.used, "free": space.free}
                if cli.settings.json:
                    cli.out.result(record, "")
                    continue
                share = f"{100 * space.used / space.total:.0f}%" if space.total else "-"
                amounts = (words.size(number, human=human) for number in (space.total, space.used, space.free))
                rows.append((*amounts, share, words.plain(path)))
    if rows:
        table = words.columns([("total", "used", "free", "use%", "path"), *rows], right=(0, 1, 2, 3))
        cli.out.result({}, "\n".join(table))
    return failures.code
