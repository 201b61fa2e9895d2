"""``cd2 mkdir``: make folders."""

from __future__ import annotations

from typing import Annotated

import typer

from clouddrive2.cli.context import Cli, Failures, cloud_paths
from clouddrive2.cli.output import words
from clouddrive2.errors import NotFound
from clouddrive2.models.paths import parent_of

__all__ = ["EXAMPLES", "command"]

EXAMPLES = """\
cd2 mkdir /115/Movies                 fails when it exists or /115 does not
cd2 mkdir -p /115/Series/Dark/S01     makes what is missing, accepts what is there"""


async def command(
    cli: Cli,
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Folders to make.")],
    parents: Annotated[
        bool, typer.Option("--parents", "-p", help="Make missing parents too; an existing folder is fine.")
    ] = False,
) -> int:
    """Make folders."""
    failures = Failures(cli)
    wanted = cloud_paths(paths)
    async with cli.client() as client:
        for path in wanted:
            with failures.one():
                try:
                    entry = await client.files.mkdir(path, parents=parents, exist_ok=parents)
                except NotFound as error:
                    above = words.plain(parent_of(path))
                    hint = f"there is no folder {above}; 'cd2 mkdir -p' makes it too"
                    if await client.files.exists(parent_of(path)):
                        hint = f"{above} is a file, and nothing can be in it"
                    raise NotFound(f"{words.plain(path)}: {hint}", path=path) from error
                cli.out.result({"path": entry.path, "kind": "folder"}, words.plain(entry.path) + "/")
    return failures.code
