"""``cd2 tree``: a folder and everything below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from clouddrive2.cli.context import Cli, cloud_path
from clouddrive2.cli.output import entries, words
from clouddrive2.errors import NotFound

if TYPE_CHECKING:
    from clouddrive2.client.aio import AsyncClient

__all__ = ["EXAMPLES", "command"]

EXAMPLES = """\
cd2 tree /115/Series            everything below
cd2 tree --depth 2 /115         two levels
cd2 tree --folders /115         folders only
cd2 --json tree /115            one object per entry, with its depth"""


class Walk:
    """One pass over a tree: prints each entry below its folder, and counts."""

    def __init__(self, cli: Cli, client: AsyncClient, *, depth: int | None, folders_only: bool, human: bool) -> None:
        self._cli = cli
        self._client = client
        self._depth = depth
        self._folders_only = folders_only
        self._human = human
        self.folders = 0
        self.files = 0
        self.size = 0

    async def below(self, path: str, *, level: int = 1, indent: str = "") -> None:
        """Prints what is in ``path``; only one folder per level is held in memory."""
        found = [entry async for entry in self._client.files.list(path)]
        if self._folders_only:
            found = [entry for entry in found if entry.is_folder]
        found.sort(key=lambda entry: (entry.name.casefold(), entry.name))
        for position, entry in enumerate(found, start=1):
            last = position == len(found)
            self.folders += entry.is_folder
            self.files += not entry.is_folder
            self.size += entry.size
            amount = f"  ({words.size(entry.size)})" if self._human and not entry.is_folder else ""
            record = {**entries.record(entry), "depth": level} if self._cli.settings.json else {}
            self._cli.out.result(record, f"{indent}{'└── ' if last else '├── '}{entries.marked(entry)}{amount}")
            if entry.is_folder and (self._depth is None or level < self._depth):
                try:
                    await self.below(entry.path, level=level + 1, indent=indent + ("    " if last else "│   "))
                except NotFound:
                    self._cli.out.warn(f"{words.plain(entry.path)} vanished while it was read", path=entry.path)


async def command(
    cli: Cli,
    path: Annotated[str, typer.Argument(metavar="PATH", help="Where to begin.", show_default=False)] = "/",
    depth: Annotated[
        int | None, typer.Option("--depth", "-L", metavar="N", min=1, show_default=False, help="How many levels; all by default.")
    ] = None,
    folders: Annotated[bool, typer.Option("--folders", "-d", help="Folders only.")] = False,
    human: Annotated[bool, typer.Option("--human", "-h", help="Show sizes, as 1.5 GiB.")] = False,
) -> None:
    """Show a folder and everything below it as a tree."""
    start = cloud_path(path)
    async with cli.client() as client:
        top = await client.files.stat(start)
        if not cli.settings.json:
            cli.out.result({}, entries.marked(top, start))
        walk = Walk(cli, client, depth=depth, folders_only=folders, human=human)
        if top.is_folder:
            await walk.below(start)
    if not cli.settings.json:
        counts = f"{words.plural(walk.folders, 'folder')}, {words.plural(walk.files, 'file')}, {words.size(walk.size)}"
        cli.out.note(counts)
