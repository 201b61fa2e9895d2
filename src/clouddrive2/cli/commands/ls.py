"""``cd2 ls``: list folders as the server sends them, the first entry before the last has arrived."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clouddrive2.cli.context import Cli, Failures, cloud_paths
from clouddrive2.cli.output import entries, words

if TYPE_CHECKING:
    from clouddrive2.client.aio import AsyncClient
    from clouddrive2.models.files import Entry

__all__ = ["EXAMPLES", "command"]

EXAMPLES = """\
cd2 ls                          the clouds of the server
cd2 ls -l /115/Movies           size in bytes, time, name; folders end in '/'
cd2 ls -lh --sort size /115     readable sizes, the largest last
cd2 ls --refresh /115/Movies    asks the cloud, not the server's cache
cd2 --json ls /115 | jq -r 'select(.kind == "file") | .path'

Without --sort the order is the server's, and a huge folder is shown while it still arrives."""


async def command(
    cli: Cli,
    paths: Annotated[list[str] | None, typer.Argument(metavar="PATH...", help="Folders or files; / when none is given.")] = None,
    long: Annotated[bool, typer.Option("--long", "-l", help="Size, time and name.")] = False,
    human: Annotated[bool, typer.Option("--human", "-h", help="Sizes as 1.5 GiB instead of bytes.")] = False,
    sort: Annotated[
        Literal["name", "size", "time"] | None, typer.Option("--sort", help="Wait for the whole folder, then sort it.")
    ] = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask the cloud instead of the server's cache.")] = False,
) -> int:
    """List folders.

    Folders end in '/'. A name's control characters appear as \\x1b; --json gives names exactly.
    """
    failures = Failures(cli)
    wanted = cloud_paths(paths or ["/"])
    long = long or human

    def show(entry: Entry) -> None:
        text = entries.long_line(entry, human=human) if long else entries.marked(entry)
        cli.out.result(entries.record(entry) if cli.settings.json else {}, text)

    async with cli.client() as client:
        for number, path in enumerate(wanted):
            title = f"{chr(10) if number else ''}{words.plain(path)}:" if len(wanted) > 1 and not cli.settings.json else None
            with failures.one():
                async for entry in listed(client, path, sort=sort, refresh=refresh):
                    # A file is not announced as a folder is.
                    if title is not None and entry.path != path:
                        cli.out.result({}, title)
                    title = None
                    show(entry)
                if title is not None:
                    cli.out.result({}, title)
    return failures.code


async def listed(client: AsyncClient, path: str, *, sort: str | None, refresh: bool) -> AsyncIterator[Entry]:
    """What is in a folder, in the order wanted; a file is itself."""
    empty = True
    if sort is None:
        async for entry in client.files.list(path, refresh=refresh):
            empty = False
            yield entry
    else:
        found = [entry async for entry in client.files.list(path, refresh=refresh)]
        for entry in sorted(found, key=lambda entry: sort_key(entry, sort)):
            empty = False
            yield entry
    if empty and path != "/":
        entry = await client.files.stat(path)
        if not entry.is_folder:
            yield entry


def sort_key(entry: Entry, sort: str) -> tuple[object, ...]:
    """By name without regard to case, or by size or time with the name second."""
    name = (entry.name.casefold(), entry.name)
    if sort == "size":
        return (entry.size, *name)
    if sort == "time":
        return (entry.modified.timestamp() if entry.modified else 0.0, *name)
    return name
