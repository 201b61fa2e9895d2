"""``cd2 get``: download files and folders."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clouddrive2.cli.commands.cat import copy_out
from clouddrive2.cli.context import Cli, Failures, cloud_paths
from clouddrive2.cli.destinations import join
from clouddrive2.cli.options import BandwidthLimit
from clouddrive2.cli.output import words
from clouddrive2.cli.output.events import Done, Moved
from clouddrive2.cli.sentences import stops_everything
from clouddrive2.cli.transfers import Item, Transfers
from clouddrive2.errors import AlreadyExists, Error, InvalidRequest

if TYPE_CHECKING:
    from clouddrive2.client.aio import AsyncClient

__all__ = ["EXAMPLES", "command"]

EXAMPLES = """\
cd2 get /115/Movies/film.mkv                     into this folder
cd2 get /115/Movies/film.mkv /115/notes.txt ~/in/  several, into a folder
cd2 get /115/Series ./copy                       a folder with everything in it, as ./copy
cd2 get /115/notes.txt -                         to standard output, as 'cd2 cat' does
cd2 get --if-exists skip /115/Series ~/          the same again: what is there stays

A file appears under its name when it is complete. After Ctrl-C the same command goes on where it was."""

IfExists = Literal["auto", "skip", "overwrite", "rename", "fail"]


async def command(
    cli: Cli,
    paths: Annotated[
        list[str],
        typer.Argument(metavar="SOURCE... [DEST]", help="Paths in the drive, and a local path; '.' when there is none."),
    ],
    if_exists: Annotated[
        IfExists, typer.Option("--if-exists", help="When the local name is taken; auto: skip when the size is equal, else fail.")
    ] = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="The same as --if-exists overwrite.")] = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", metavar="N", min=1, help="Files at a time.")] = 4,
    bwlimit: BandwidthLimit = None,
    no_resume: Annotated[bool, typer.Option("--no-resume", help="Do not continue a partial download.")] = False,
) -> int:
    """Download files and folders.

    DEST receives the sources when it ends in '/' or is a folder; otherwise it is the new path of the one source.
    """
    sources, dest = (paths[:-1], paths[-1]) if len(paths) > 1 else (paths, ".")
    if not dest:
        raise typer.BadParameter("an empty name is no DEST")
    wanted = cloud_paths(sources)
    getter = Getter("overwrite" if overwrite else if_exists, resume=not no_resume)
    if dest == "-":
        if cli.settings.json:
            raise typer.BadParameter("'-' writes the bytes to standard output; --json has no place there", param_hint="--json")
        failures = Failures(cli)
        sys.stdout.flush()
        async with cli.client(bandwidth=bwlimit) as client:
            for path in wanted:
                with failures.one():
                    await copy_out(client, path, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return failures.code
    target = Path(dest)
    into = dest.endswith("/") or target.is_dir()
    if len(wanted) > 1 and not into:
        raise typer.BadParameter(f"several sources need a folder: write {dest}/ to make it one")
    cli.show_bars()
    async with cli.client(bandwidth=bwlimit) as client:
        getter.client = client
        transfers = Transfers(cli, "downloaded", getter.one, jobs=jobs)
        return await transfers.run(getter.items(wanted, target, into=into))


class Getter:
    """Downloads item after item."""

    client: AsyncClient

    def __init__(self, if_exists: IfExists, *, resume: bool) -> None:
        self._if_exists: IfExists = if_exists
        self._resume = resume

    async def items(self, sources: list[str], target: Path, *, into: bool) -> AsyncIterator[Item]:
        """The files to download; local folders are made on the way."""
        for source in sources:
            try:
                entry = await self.client.files.stat(source)
                place = target / safe(entry.name) if into and source != "/" else target
                (place if entry.is_folder else place.parent).mkdir(parents=True, exist_ok=True)
            except (Error, OSError) as error:
                if stops_everything(error):
                    raise
                yield Item(source, str(target), 0, error)
                continue
            if not entry.is_folder:
                yield Item(entry.path, str(place), entry.size)
                continue
            async for item in self._folder(source, place):
                yield item

    async def _folder(self, source: str, place: Path) -> AsyncIterator[Item]:
        """What is in a folder that has its place here already."""
        try:
            found = [entry async for entry in self.client.files.list(source)]
        except Error as error:
            if stops_everything(error):
                raise
            yield Item(source, str(place), 0, error)
            return
        for entry in sorted(found, key=lambda entry: entry.name):
            path = join(source, entry.name)
            try:
                child = place / safe(entry.name)
                if entry.is_folder:
                    child.mkdir(exist_ok=True)
            except (InvalidRequest, OSError) as error:
                yield Item(path, str(place), entry.size, error)
                continue
            if entry.is_folder:
                async for item in self._folder(path, child):
                    yield item
            else:
                yield Item(entry.path, str(child), entry.size)

    async def one(self, item: Item, moved: Callable[[Moved], None]) -> Done:
        """Downloads one file; it appears under its name when it is complete."""
        began = time.monotonic()
        place = Path(item.path)
        reason = ""
        if place.is_dir():
            raise AlreadyExists(f"{item.path} is a folder; a file cannot take its place", path=item.path)
        if place.exists():
            size = place.stat().st_size
            if self._if_exists == "skip" or (self._if_exists == "auto" and size == item.size):
                reason = "already there" if self._if_exists == "skip" else "already there with the same size"
                return Done(item.source, item.path, item.size, None, 0.0, "size", skipped=True, reason=reason)
            if self._if_exists in ("auto", "fail"):
                raise AlreadyExists(f"{item.path} exists (see --if-exists)", path=item.path)
            if self._if_exists == "rename":
                place = free_local(place)

        def progress(received: int, total: int) -> None:
            moved(Moved(item.source, item.path, "downloading", 0, received, received, total))

        overwrite = self._if_exists == "overwrite"
        got = await self.client.files.download(item.source, place, on_progress=progress, resume=self._resume, overwrite=overwrite)
        return Done(item.source, str(got.path), got.size, "http", time.monotonic() - began, got.verified)


def safe(name: str) -> str:
    """A name of the drive as a local name.

    Raises:
        InvalidRequest: It would lead somewhere else.
    """
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise InvalidRequest(f"{words.plain(name)!r} cannot be a local file name", path=name)
    return name


def free_local(path: Path) -> Path:
    """``a.txt``, ``a (1).txt``, ... : the first that nobody has."""
    number, candidate = 0, path
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.stem} ({number}){path.suffix}")
    return candidate
