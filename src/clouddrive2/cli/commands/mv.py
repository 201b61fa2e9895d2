"""``cd2 mv``: move or rename, with the shell's meaning of SOURCE... DEST."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clouddrive2.cli import destinations as at
from clouddrive2.cli.context import Cli, Failures, cloud_paths
from clouddrive2.cli.output import words
from clouddrive2.errors import AlreadyExists, InvalidRequest

if TYPE_CHECKING:
    from clouddrive2.client.aio import AsyncClient

__all__ = ["EXAMPLES", "OnConflict", "command"]

EXAMPLES = """\
cd2 mv /115/a.mkv /115/b.mkv                 rename
cd2 mv /115/a.mkv /115/Movies                into a folder that exists
cd2 mv /115/a.mkv /115/Movies/b.mkv          both
cd2 mv --if-exists overwrite /115/a.mkv /115/Movies/
cd2 find /115/In --name '*.mkv' -0 | xargs -0 sh -c 'cd2 mv "$@" /115/Movies/' mv

The shell knows no names of the drive, so /115/*.mkv does not work; the last line shows what does."""

OnConflict = Literal["fail", "overwrite", "rename", "skip"]


async def command(
    cli: Cli,
    paths: Annotated[list[str], typer.Argument(metavar="SOURCE... DEST", help="What to move, and where to.")],
    on_conflict: Annotated[OnConflict, typer.Option("--if-exists", help="When the name is taken at the destination.")] = "fail",
) -> int:
    """Move or rename files and folders.

    Into DEST when it is an existing folder, to the path DEST otherwise. Between clouds the server copies the data first.
    """
    sources, dest = split(paths)
    failures = Failures(cli)
    async with cli.client() as client:
        destination = await at.resolve(client, dest, sources=len(sources))
        for source in sources:
            with failures.one():
                name = destination.name or source.rpartition("/")[2]
                moved_to = await move_one(client, source, destination.folder, name, on_conflict)
                if moved_to is None:
                    cli.out.result(
                        {"path": source, "moved": False, "to": at.join(destination.folder, name)},
                        f"{words.plain(source)}  skipped: the name is taken",
                    )
                else:
                    moved = f"{words.plain(source)} -> {words.plain(moved_to)}"
                    cli.out.changed({"path": source, "moved": True, "to": moved_to}, moved)
    return failures.code


def split(paths: list[str]) -> tuple[list[str], str]:
    """SOURCE... DEST into sources and the destination as it was written (its last slash matters).

    Raises:
        typer.BadParameter: There is no destination.
    """
    if len(paths) < 2:
        raise typer.BadParameter("SOURCE and DEST are needed")
    return cloud_paths(paths[:-1]), paths[-1]


async def move_one(client: AsyncClient, source: str, folder: str, name: str, on_conflict: OnConflict) -> str | None:
    """Moves one entry to ``folder``/``name``; its final path, or ``None`` when it was skipped."""
    target = at.join(folder, name)
    if target == source:
        raise InvalidRequest(f"{words.plain(source)}: source and destination are the same", path=source)
    if f"{folder}/".startswith(f"{source}/"):
        raise InvalidRequest(f"{words.plain(source)} cannot be moved into itself", path=source)
    moving = await client.files.stat(source)
    # Loads the contract, which help does without.
    from clouddrive2.api.relocation import Relocation

    relocation = Relocation(client.files, client.raw)
    taken = await at.find(client, target)
    if taken is None:
        await relocation.move(source, folder, name)
        return target
    if on_conflict == "skip":
        return None
    if on_conflict == "rename":
        name = await at.free_name(partial(at.find, client), folder, name)
        await relocation.move(source, folder, name)
        return at.join(folder, name)
    if on_conflict == "fail" or taken.is_folder != moving.is_folder:
        what = "folder" if taken.is_folder else "file"
        raise AlreadyExists(f"{words.plain(target)}: a {what} of that name exists (see --if-exists)", path=target)
    async with relocation.set_aside(target):
        await relocation.move(source, folder, name)
    return target
