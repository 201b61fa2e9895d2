"""``cd2 put``: upload files and folders."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clouddrive2.cli import destinations as at
from clouddrive2.cli.context import Cli, cloud_path
from clouddrive2.cli.local_tree import Folder, Left, walk
from clouddrive2.cli.options import BandwidthLimit
from clouddrive2.cli.output import words
from clouddrive2.cli.output.events import Done, Moved
from clouddrive2.cli.sentences import sentence, stops_everything
from clouddrive2.cli.transfers import Item, Transfers
from clouddrive2.errors import Error, InvalidRequest

if TYPE_CHECKING:
    from clouddrive2.client.aio import AsyncClient
    from clouddrive2.models.uploads import UploadProgress

__all__ = ["EXAMPLES", "command"]

EXAMPLES = """\
cd2 put film.mkv /115/Movies/                    into a folder; it is made when missing
cd2 put film.mkv "/115/Movies/Film (2024).mkv"   under another name
cd2 put season-1 season-2 /115/Series/           folders with everything in them
cd2 put --if-exists overwrite notes.txt /115/    instead of failing when another file has the name
cd2 put --dry-run -v season-1 /115/Series/       what would go where, by which route, and why
cd2 put --json film.mkv /115/Movies/ | jq .      progress and outcome for programs

After Ctrl-C, or a crash, the same command goes on: what the cloud has is skipped, what was begun is taken up."""

IfExists = Literal["auto", "skip", "overwrite", "rename", "fail"]
Verify = Literal["auto", "size", "hash", "none"]


async def command(
    cli: Cli,
    paths: Annotated[
        list[str], typer.Argument(metavar="SOURCE... DEST", help="Local files and folders, and where in the drive.")
    ],
    if_exists: Annotated[
        IfExists,
        typer.Option("--if-exists", help="When the name is taken; auto: skip when size and known hash are equal, else fail."),
    ] = "auto",
    verify: Annotated[
        Verify, typer.Option("--verify", help="What must agree afterwards; auto: the size, and the hash where the cloud has one.")
    ] = "auto",
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", metavar="N", min=1, show_default=False, help="Files at a time; 8 by default.")
    ] = None,
    known_hashes: Annotated[
        bool, typer.Option("--known-hashes", help="Hash first and announce it: what the cloud has already takes no time.")
    ] = False,
    bwlimit: BandwidthLimit = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Say what would be done; send nothing.")] = False,
) -> int:
    """Upload files and folders, and verify that they arrived.

    DEST receives the sources when it ends in '/' or is a folder; otherwise it is the new path of the one source.
    """
    if len(paths) < 2:
        raise typer.BadParameter("SOURCE and DEST are needed")
    if "" in paths:
        # A variable of a script that was never set; the folder it seems to mean is nobody's wish.
        raise typer.BadParameter("an empty name is neither SOURCE nor DEST")
    # The settings' file and the client load network libraries: not for a help text.
    from clouddrive2.config import UploadConfig

    config = UploadConfig(files_at_once=jobs) if jobs else UploadConfig()
    cli.show_bars()
    async with cli.client(uploads=config, bandwidth=bwlimit) as client:
        roots = await targets(client, paths[:-1], paths[-1])
        if dry_run:
            return await Rehearsal(cli, client, if_exists).run(roots)
        putter = Putter(client, if_exists=if_exists, verify=verify, known_hashes=known_hashes)
        transfers = Transfers(cli, "uploaded", putter.one, jobs=config.files_at_once)
        if cli.out.wants_totals:
            expect(cli, roots)
        return await transfers.run(putter.items(cli, roots))


async def targets(client: AsyncClient, sources: list[str], dest: str) -> list[tuple[str, str]]:
    """Each source with the path it takes in the drive.

    Raises:
        typer.BadParameter: Several sources, but DEST is no folder.
        InvalidRequest: A folder cannot become what DEST is.
    """
    path = cloud_path(dest)
    if path == "/":
        raise InvalidRequest("/ holds only clouds; put files into one of them, as in /115/", path=path)
    there = await at.find(client, path)
    if there is not None and not there.is_folder and dest.endswith("/"):
        raise InvalidRequest(f"{words.plain(path)} is a file, not a folder", path=path)
    if dest.endswith("/") or (there is not None and there.is_folder):
        return [(source, at.join(path, own_name(source))) for source in sources]
    if len(sources) > 1:
        raise typer.BadParameter(f"several sources need a folder: write {path}/ to make it one")
    if there is not None and Path(sources[0]).is_dir():
        raise InvalidRequest(f"{words.plain(path)} is a file; a folder cannot take its place", path=path)
    return [(sources[0], path)]


def own_name(source: str) -> str:
    """The name a source has; ``.`` and ``..`` mean the folder they stand for."""
    name = source.rstrip("/").rpartition("/")[2]
    return Path(source).resolve().name if name in ("", ".", "..") else name


def expect(cli: Cli, roots: list[tuple[str, str]]) -> None:
    """Tells the printer how much is to come, for its total bar."""
    sizes = [item.size for item in everything(roots) if isinstance(item, Item)]
    cli.out.expect(files=len(sizes), size=sum(sizes))


def everything(roots: list[tuple[str, str]]) -> Iterator[Item | Folder | Left]:
    """All files and folders of all sources."""
    for source, target in roots:
        yield from walk(source, target)


class Putter:
    """Uploads item after item, with the options of one command."""

    def __init__(self, client: AsyncClient, *, if_exists: IfExists, verify: Verify, known_hashes: bool) -> None:
        self._client = client
        self._if_exists: IfExists = if_exists
        self._verify: Verify = verify
        self._known_hashes = known_hashes

    async def items(self, cli: Cli, roots: list[tuple[str, str]]) -> AsyncIterator[Item]:
        """The files to upload; each folder is made once, before what is in it."""
        for item in everything(roots):
            match item:
                case Folder(source, path):
                    try:
                        await self._client.files.mkdir(path, parents=True, exist_ok=True)
                    except Error as error:
                        if stops_everything(error):
                            raise
                        yield Item(source, path, 0, error)
                case Left(source, reason):
                    cli.out.warn(f"{words.plain(source)} is left out: {reason}", path=source)
                case Item():
                    yield item

    async def one(self, item: Item, moved: Callable[[Moved], None]) -> Done:
        """Uploads one file."""
        began = time.monotonic()

        def progress(now: UploadProgress) -> None:
            moved(Moved(item.source, item.path, str(now.phase), now.hashed, now.sent, now.confirmed, now.total or item.size))

        uploaded = await self._client.uploads.upload(
            Path(item.file or item.source),
            item.path,
            if_exists=self._if_exists,
            verify=self._verify,
            known_hashes=self._known_hashes,
            on_progress=progress,
        )
        return Done(
            source=item.source,
            path=uploaded.path,
            size=uploaded.size,
            route=uploaded.route or None,
            seconds=time.monotonic() - began,
            verified=uploaded.verified,
            instant=uploaded.instant,
            skipped=uploaded.skipped,
            reason=uploaded.reason or "",
        )


class Rehearsal:
    """``--dry-run``: what would go where, by which route, and why."""

    def __init__(self, cli: Cli, client: AsyncClient, if_exists: IfExists) -> None:
        self._cli = cli
        self._client = client
        self._if_exists = if_exists

    async def run(self, roots: list[tuple[str, str]]) -> int:
        """Reports every item; the exit code says whether all could go."""
        blocked = 0
        for item in everything(roots):
            match item:
                case Folder(_, path):
                    if await at.find(self._client, path) is None:
                        self._say("make folder", None, path, 0, None, "")
                case Left(source, reason):
                    self._say("leave out", source, None, 0, None, reason)
                case Item():
                    blocked += not await self._one(item)
        return 1 if blocked else 0

    async def _one(self, item: Item) -> bool:
        if item.error is not None:
            self._say("fail", item.source, item.path, 0, None, sentence(item.error))
            return False
        action, path, why = await self._decide(item)
        route = None
        if action in ("upload", "replace"):
            steps = await self._client.uploads.plan(Path(item.source), item.path)
            route = next((step.route for step in steps if step.available), None)
            self._say(action, item.source, path, item.size, route, why)
            for step in steps:
                mark = "can" if step.available else "cannot"
                self._cli.out.detail(f"    {step.route} {mark} carry it: {step.reason}")
            return route is not None
        self._say(action, item.source, path, item.size, None, why)
        return action != "fail"

    async def _decide(self, item: Item) -> tuple[str, str, str]:
        there = await at.find(self._client, item.path)
        if there is None:
            return "upload", item.path, "nothing is there"
        if there.is_folder:
            return "fail", item.path, "a folder has the name"
        match self._if_exists:
            case "skip":
                return "skip", item.path, "a file is there"
            case "overwrite":
                return "replace", item.path, "a file is there"
            case "rename":
                folder, name = at.parent_of(item.path), item.path.rpartition("/")[2]
                return "upload", at.join(folder, await at.free_name(self._client, folder, name)), "the name is taken"
            case "fail":
                return "fail", item.path, "a file is there"
            case "auto":
                if there.size == item.size:
                    return "skip", item.path, "a file of the same size is there; its hash decides when the cloud knows one"
                return "fail", item.path, f"another file is there, of {there.size:,} bytes"

    def _say(self, action: str, source: str | None, path: str | None, size: int, route: str | None, why: str) -> None:
        record = {
            "event": "plan",
            "action": action,
            "source": source,
            "path": path,
            "bytes": size,
            "route": str(route) if route else None,
            "reason": why or None,
        }
        arrow = " -> ".join(words.plain(end) for end in (source, path) if end)
        amount = f"  {words.size(size)}" if source and path else ""
        by = f" by {route}" if route else ""
        self._cli.out.result(record, f"{action:<11} {arrow}{amount}{by}{f' ({why})' if why else ''}")
