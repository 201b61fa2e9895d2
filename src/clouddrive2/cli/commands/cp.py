"""``cd2 cp``: copy inside the drive, and wait until the copy is there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from clouddrive2.cli import destinations as at
from clouddrive2.cli.commands.mv import OnConflict, split
from clouddrive2.cli.context import Cli, Failures
from clouddrive2.cli.output import words
from clouddrive2.errors import AlreadyExists, InvalidRequest

if TYPE_CHECKING:
    from clouddrive2.client.aio import AsyncClient
    from clouddrive2.models.files import Entry

__all__ = ["EXAMPLES", "command"]

EXAMPLES = """\
cd2 cp /115/a.mkv /115/Backup/               into a folder
cd2 cp /115/a.mkv /115/Backup/b.mkv          under another name
cd2 cp -r /115/Series /123/                  a folder, to another cloud
cd2 cp --no-wait -r /115/Series /123/        leave it to the server once it has accepted the work"""


async def command(
    cli: Cli,
    paths: Annotated[list[str], typer.Argument(metavar="SOURCE... DEST", help="What to copy, and where to.")],
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Folders too, with everything in them.")] = False,
    on_conflict: Annotated[OnConflict, typer.Option("--if-exists", help="When the name is taken at the destination.")] = "fail",
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not wait until the copy is complete.")] = False,
) -> int:
    """Copy files and folders inside the drive.

    Into DEST when it is an existing folder, to the path DEST otherwise. The server copies; nothing passes this machine.
    """
    sources, dest = split(paths)
    failures = Failures(cli)
    async with cli.client() as client:
        destination = await at.resolve(client, dest, sources=len(sources))
        copier = Copier(client, on_conflict=on_conflict, wait=not no_wait)
        for source in sources:
            with failures.one():
                entry = await client.files.stat(source)
                if entry.is_folder and not recursive:
                    raise InvalidRequest(f"{words.plain(source)} is a folder; 'cd2 cp -r' copies it", path=source)
                copied_to = await copier.copy(entry, destination.folder, destination.name or entry.name)
                if copied_to is None:
                    text = f"{words.plain(source)}  skipped: the name is taken"
                    cli.out.result({"path": source, "copied": False, "to": None}, text)
                else:
                    copied = f"{words.plain(source)} -> {words.plain(copied_to)}"
                    cli.out.changed({"path": source, "copied": True, "to": copied_to, "complete": copier.wait}, copied)
    return failures.code


class Copier:
    """Copies entries to a folder and a name, although the server's copy never renames (protocol.md §5.5)."""

    def __init__(self, client: AsyncClient, *, on_conflict: OnConflict, wait: bool) -> None:
        # Loads the contract, which help does without.
        from clouddrive2.api.relocation import Relocation

        self._client = client
        self._relocation = Relocation(client.files, client.raw)
        self._on_conflict = on_conflict
        self.wait = wait

    async def copy(self, source: Entry, folder: str, name: str) -> str | None:
        """Copies one entry; its final path, or ``None`` when it was skipped."""
        target = at.join(folder, name)
        if f"{target}/".startswith(f"{source.path}/") and (source.is_folder or target != source.path):
            raise InvalidRequest(f"{words.plain(source.path)} cannot be copied into itself", path=source.path)
        taken = await at.find(self._client, target)
        if taken is not None:
            if self._on_conflict == "skip":
                return None
            if self._on_conflict == "rename":
                name = await at.free_name(partial(at.find, self._client), folder, name)
            elif target == source.path:
                raise InvalidRequest(f"{words.plain(target)}: source and destination are the same", path=target)
            elif self._on_conflict == "fail" or taken.is_folder != source.is_folder:
                what = "folder" if taken.is_folder else "file"
                raise AlreadyExists(f"{words.plain(target)}: a {what} of that name exists (see --if-exists)", path=target)
            else:
                async with self._relocation.set_aside(target):
                    await self._relocation.copy(source, folder, name, wait=self.wait)
                return target
        await self._relocation.copy(source, folder, name, wait=self.wait)
        return at.join(folder, name)
