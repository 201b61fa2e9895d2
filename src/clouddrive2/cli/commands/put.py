"""``cd2 put``: upload files and folders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clouddrive2.cli import destinations as at
from clouddrive2.cli.context import Cli, cloud_path
from clouddrive2.cli.local_tree import Folder, Left
from clouddrive2.cli.options import BandwidthLimit, DryRun
from clouddrive2.cli.output import words
from clouddrive2.cli.transfers import Item, Transfers
from clouddrive2.errors import InvalidRequest

if TYPE_CHECKING:
    from clouddrive2.client.aio import AsyncClient
    from clouddrive2.config import CloudPace, ServerConfig

__all__ = ["EXAMPLES", "command"]

EXAMPLES = """\
cd2 put film.mkv /115/Movies/                    into a folder; it is made when missing
cd2 put film.mkv "/115/Movies/Film (2024).mkv"   under another name
cd2 put season-1 season-2 /115/Series/           folders with everything in them
cd2 put --if-exists overwrite notes.txt /115/    instead of failing when another file has the name
cd2 put --dry-run -v season-1 /115/Series/       what would go where, by which route, and why
cd2 put --mount-map /115=/mnt/115 film.mkv /115/ copies into that mount instead of sending
cd2 put --move downloads/ /115/Inbox/            delete each file here once it is verified there
cd2 put --instant-only films/ /115/Films/        only what the cloud has already; nothing is sent
cd2 put --report r.jsonl films/ /115/Films/      what became of each file; then, for what failed:
cd2 put --retry-failed r.jsonl
cd2 put --json film.mkv /115/Movies/ | jq .      progress and outcome for programs

After Ctrl-C, or a crash, the same command goes on: what the cloud has is skipped, what was begun is taken up."""

RouteName = Literal["auto", "mount", "remote", "write", "grpc-web", "webdav"]
IfExists = Literal["auto", "skip", "overwrite", "rename", "fail"]
Verify = Literal["auto", "size", "hash", "none"]
Wait = Literal["cloud", "queued", "none"]


async def command(
    cli: Cli,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="SOURCE... DEST", help="Local files and folders, and where in the drive.")
    ] = None,
    if_exists: Annotated[
        IfExists,
        typer.Option("--if-exists", help="When the name is taken; auto: skip when size and known hash are equal, else fail."),
    ] = "auto",
    verify: Annotated[
        Verify, typer.Option("--verify", help="What must agree afterwards; auto: the size, and the hash where the cloud has one.")
    ] = "auto",
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", metavar="N", min=1, show_default=False, help="Files at a time; 16 by default.")
    ] = None,
    known_hashes: Annotated[
        bool, typer.Option("--known-hashes", help="Hash first and announce it: what the cloud has already takes no time.")
    ] = False,
    route: Annotated[
        RouteName, typer.Option("--route", help="The way into the drive; auto takes the best that works (see --dry-run -v).")
    ] = "auto",
    mount_map: Annotated[
        list[str] | None,
        typer.Option(
            "--mount-map",
            metavar="CLOUD=LOCAL",
            show_default=False,
            help="Where a folder of the drive is mounted on this machine, when the server cannot know; repeatable.",
        ),
    ] = None,
    wait: Annotated[
        Wait,
        typer.Option("--wait", help="Until it is in the cloud, in the server's queue, or not at all; only 'cloud' is verified."),
    ] = "cloud",
    move: Annotated[
        bool,
        typer.Option(
            "--move",
            help="Delete each source once its upload is verified, by the cloud's hash where it shows one; never on less.",
        ),
    ] = False,
    instant_only: Annotated[
        bool, typer.Option("--instant-only", help="Upload only what the cloud has already; send no data.")
    ] = False,
    unfinished: Annotated[
        bool, typer.Option("--unfinished", help="Take files too that are still being written or downloaded.")
    ] = False,
    escape_names: Annotated[
        bool,
        typer.Option("--escape-names", help="Replace letters the cloud refuses, reversibly: 'a:b' becomes 'a：b'."),
    ] = False,
    biggest_first: Annotated[bool, typer.Option("--biggest-first", help="Begin with the biggest files.")] = False,
    pace: Annotated[
        list[str] | None,
        typer.Option(
            "--pace",
            metavar="CLOUD=FILES[,SECONDS]",
            show_default=False,
            help="Limit a cloud: files at once, pause between.",
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", show_default=False, help="Write each outcome as a JSON line."),
    ] = None,
    retry_failed: Annotated[
        Path | None,
        typer.Option("--retry-failed", metavar="REPORT", show_default=False, help="Upload just what failed, by its report."),
    ] = None,
    bwlimit: BandwidthLimit = None,
    dry_run: DryRun = False,
) -> int:
    """Upload files and folders, and verify that they arrived.

    DEST receives the sources when it ends in '/' or is a folder; otherwise it is the new path of the one source.
    """
    paths = paths or []
    if retry_failed is None and len(paths) < 2:
        raise typer.BadParameter("SOURCE and DEST are needed")
    if retry_failed is not None and paths:
        raise typer.BadParameter("--retry-failed takes sources and destinations from the report; leave SOURCE and DEST out")
    if "" in paths:
        # A variable of a script that was never set; the folder it seems to mean is nobody's wish.
        raise typer.BadParameter("an empty name is neither SOURCE nor DEST")
    # The settings' file and the client load network libraries: not for a help text.
    from clouddrive2.cli.putting import Names, Putter, by_size, everything, expected, taken_up
    from clouddrive2.cli.rehearsal import Rehearsal
    from clouddrive2.cli.report import Report, failed_items
    from clouddrive2.config import UploadConfig

    config = UploadConfig(clouds=paces(pace))
    if jobs:
        config = replace(config, files_at_once=jobs)
    again = failed_items(retry_failed) if retry_failed is not None else None
    routes = () if route == "auto" else (route,)
    options = {
        "if_exists": if_exists,
        "verify": verify,
        "known_hashes": known_hashes,
        "routes": routes,
        "wait": wait,
        "instant_only": instant_only,
        "move": move,
    }
    cli.show_bars()
    server = with_mount_maps(cli.config(), mount_map) if mount_map else None
    async with cli.client(server, uploads=config, bandwidth=bwlimit) as client:
        putter = Putter(client, options)
        found: Iterable[Item | Folder | Left]
        if again is not None:
            found = await taken_up(client, again, routes=routes, escaping=escape_names, unfinished=unfinished)
        else:
            roots = await targets(client, paths[:-1], paths[-1], routes)
            names = await Names.of(client, roots[0][1], routes=routes, escaping=escape_names)
            found = everything(roots, names, unfinished=unfinished)
        if biggest_first:
            found = by_size(found)
        if dry_run:
            return await Rehearsal(cli, client, if_exists=if_exists, routes=routes).run(iter(found))
        # A command that is killed must not take along what was still to do.
        same = report is not None and retry_failed is not None and report.resolve() == retry_failed.resolve()
        with closing(Report(report, until_finished=same)) if report is not None else nullcontext() as kept:
            transfers = Transfers(cli, "uploaded", putter.one, jobs=config.files_at_once, report=kept)
            if cli.out.wants_totals:
                found = expected(cli, found)
            code = await transfers.run(putter.items(cli, found))
            if kept is not None:
                kept.finish()
            return code


async def targets(client: AsyncClient, sources: list[str], dest: str, routes: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Each source with the path it takes in the drive; one that is named twice is taken once.

    Raises:
        typer.BadParameter: Several sources, but DEST is no folder.
        InvalidRequest: A folder cannot become what DEST is.
    """
    path = cloud_path(dest)
    if path == "/" and (await client.files.stat(path)).is_server_root:
        raise InvalidRequest("/ holds only clouds; put files into one of them, as in /115/", path=path)
    there = await client.uploads.look(path, routes=routes)
    if there is not None and not there.is_folder and dest.endswith("/"):
        raise InvalidRequest(f"{words.plain(path)} is a file, not a folder", path=path)
    if dest.endswith("/") or (there is not None and there.is_folder):
        named = {(Path(source).absolute(), own_name(source)): source for source in reversed(sources)}
        return [(source, at.join(path, name)) for (_, name), source in reversed(named.items())]
    if len(sources) > 1:
        raise typer.BadParameter(f"several sources need a folder: write {path}/ to make it one")
    if there is not None and Path(sources[0]).is_dir():
        raise InvalidRequest(f"{words.plain(path)} is a file; a folder cannot take its place", path=path)
    return [(sources[0], path)]


def own_name(source: str) -> str:
    """The name a source has; ``.`` and ``..`` mean the folder they stand for."""
    name = source.rstrip("/").rpartition("/")[2]
    return Path(source).resolve().name if name in ("", ".", "..") else name


def paces(given: list[str] | None) -> dict[str, CloudPace]:
    """``/115=2`` and ``/115=2,0.5``: files at a time, and seconds between two, for one cloud folder.

    Raises:
        typer.BadParameter: It says something else.
    """
    from clouddrive2.config import CloudPace

    clouds: dict[str, CloudPace] = {}
    for text in given or ():
        cloud, equals, limits = text.rpartition("=")
        files, _, seconds = limits.partition(",")
        try:
            if not equals:
                raise ValueError(text)
            clouds["/" + cloud.strip("/")] = CloudPace(int(files), float(seconds or 0))
        except ValueError as error:
            raise typer.BadParameter(f"'{text}' must be CLOUD=FILES or CLOUD=FILES,SECONDS, as in /115=2,0.5") from error
    return clouds


def with_mount_maps(server: ServerConfig, texts: list[str]) -> ServerConfig:
    """The settings with ``CLOUD=LOCAL`` maps in place of their own."""
    # Loads the libraries that read the settings' file: not for a help text.
    from clouddrive2.settings import mount_maps_of

    maps = {}
    for text in texts:
        cloud, _, local = text.partition("=")
        if not cloud or not local:
            raise typer.BadParameter(f"'{text}' is not CLOUD=LOCAL, as in /115=/mnt/115", param_hint="--mount-map")
        maps[cloud] = local
    return replace(server, mount_maps=mount_maps_of(maps))
