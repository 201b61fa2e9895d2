"""``cd2 offline``: what clouds download by themselves from links, and what others share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clouddrive2.cli.asking import confirm
from clouddrive2.cli.context import Cli, cloud_path
from clouddrive2.cli.options import Yes
from clouddrive2.cli.output import words
from clouddrive2.errors import NotFound

if TYPE_CHECKING:
    from clouddrive2.models.offline import OfflineDownload

__all__ = ["VERBS"]

HEADING = ("status", "done", "size", "added", "hash", "name")

Place = Annotated[str, typer.Argument(metavar="PATH", help="Anything in the cloud, such as /115.")]
Hashes = Annotated[list[str], typer.Argument(metavar="HASH...", help="Hashes as 'cd2 offline list' shows them.")]
To = Annotated[str, typer.Option("--to", metavar="FOLDER", show_default=False, help="Folder of the drive they go to.")]
DeleteFiles = Annotated[bool, typer.Option("--delete-files", help="Delete what was downloaded, too.")]


async def list_(
    cli: Cli,
    path: Place,
    folder: Annotated[bool, typer.Option("--folder", help="Only what goes into PATH, as the server sees it.")] = False,
) -> None:
    """List the offline downloads of a cloud."""
    async with cli.client() as client:
        if folder:
            downloads = await client.offline.in_folder(cloud_path(path))
        else:
            downloads = [each async for each in client.offline.list(cloud_path(path))]
    if cli.settings.json:
        for each in downloads:
            cli.out.result(record(each), "")
    elif downloads:
        cli.out.result({}, "\n".join(words.columns([HEADING, *(cells(each) for each in downloads)], right=(1, 2))))


async def add(
    cli: Cli,
    to: To,
    links: Annotated[
        list[str] | None, typer.Argument(metavar="LINK...", help="Magnet, ed2k, http; - for standard input.")
    ] = None,
    file: Annotated[str | None, typer.Option("--file", metavar="FILE", help="Links, one per line; - for standard input.")] = None,
    check_after: Annotated[
        int, typer.Option("--check-after", metavar="SECONDS", min=0, help="List the folder anew then; 0 for never.")
    ] = 0,
) -> None:
    """Add offline downloads: let a cloud download from links into one of its folders.

    A link that is there already is fine. The command ends when the cloud has taken the links; 'cd2 offline list' shows how far
    it is.
    """
    wanted = list(links or [])
    if file is not None:
        wanted += sys.stdin.read().splitlines() if file == "-" else read(file)
    if "-" in wanted:
        wanted = [link for link in wanted if link != "-"] + sys.stdin.read().splitlines()
    if not any(link.strip() for link in wanted):
        raise typer.BadParameter("give links, a file of them, or - for standard input")
    refused = 0
    async with cli.client() as client:
        for each in await client.offline.add(wanted, cloud_path(to), check_after=check_after):
            told = {"link": each.link, "outcome": each.outcome}
            if each.error is not None:
                refused += 1
                cli.out.result(
                    {**told, "error": str(each.error)}, f"refused  {words.plain(each.link)}: {words.plain(str(each.error))}"
                )
            else:
                cli.out.result(told, f"{each.outcome:<7}  {words.plain(each.link)}")
    if refused:
        raise typer.Exit(1)


async def remove(cli: Cli, path: Place, hashes: Hashes, delete_files: DeleteFiles = False, yes: Yes = False) -> None:
    """Remove offline downloads from the list; what has not ended is stopped."""
    files = " and delete what they downloaded" if delete_files else ""
    confirm(f"Remove {words.plural(len(hashes), 'offline download')}{files}?", yes=yes)
    place = cloud_path(path)
    async with cli.client() as client:
        there = {each.hash async for each in client.offline.list(place)}
        if missing := [each for each in hashes if each.lower() not in there]:
            raise NotFound(f"{words.plain(place)} has no offline download {words.plain(missing[0])}; nothing was removed")
        await client.offline.remove(place, hashes, delete_files=delete_files)
    for each in hashes:
        cli.out.changed({"hash": each, "removed": True}, f"removed {words.plain(each)}")


async def restart(cli: Cli, path: Place, hashes: Hashes) -> None:
    """Restart failed offline downloads."""
    async with cli.client() as client:
        for each in hashes:
            await client.offline.restart(cloud_path(path), each)
            cli.out.changed({"hash": each, "restarted": True}, f"begun anew: {words.plain(each)}")


async def clear(
    cli: Cli,
    path: Place,
    which: Annotated[
        Literal["finished", "failed", "downloading", "all"],
        typer.Option("--which", metavar="finished|failed|downloading|all", help="The state."),
    ] = "finished",
    delete_files: DeleteFiles = False,
    yes: Yes = False,
) -> None:
    """Clear the list of offline downloads in one state."""
    files = " and delete what they downloaded" if delete_files else ""
    confirm(f"Remove offline downloads ({which}) of {words.plain(path)}{files}?", yes=yes)
    async with cli.client() as client:
        await client.offline.clear(cloud_path(path), which, delete_files=delete_files)
    text = f"removed offline downloads ({which}) of {words.plain(path)}"
    cli.out.changed({"path": path, "which": which, "cleared": True}, text)


async def quota(cli: Cli, path: Place) -> None:
    """Show how many offline downloads the cloud's account has left."""
    async with cli.client() as client:
        found = await client.offline.quota(cloud_path(path))
    told = {"total": found.total, "used": found.used, "left": found.left}
    cli.out.result(told, f"{found.left:,} of {found.total:,} left")


async def share(
    cli: Cli,
    link: Annotated[str, typer.Argument(metavar="LINK", help="The share's address.")],
    to: To,
    password: Annotated[str, typer.Option("--share-password", metavar="TEXT", help="Where it is not in the link.")] = "",
) -> None:
    """Save everything that somebody shares into a folder; takes up to a minute."""
    async with cli.client() as client:
        await client.offline.save_share(link, cloud_path(to), password=password)
    text = f"saved into {words.plain(to)}; 'cd2 ls --refresh {words.plain(to)}' shows it"
    cli.out.changed({"link": link, "to": to, "saved": True}, text)


def read(file: str) -> list[str]:
    """The lines of a file of links; editors of Windows mark theirs with a BOM."""
    try:
        return Path(file).read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{file}: the links are not UTF-8 text; save the file as UTF-8") from error


def record(download: OfflineDownload) -> dict[str, object]:
    """For scripts."""
    return {
        "hash": download.hash,
        "name": download.name,
        "size": download.size,
        "status": str(download.status),
        "progress": round(download.progress, 4),
        "finished": download.is_finished,
        "added": download.added.isoformat() if download.added else None,
        "link": download.link,
    }


def cells(download: OfflineDownload) -> tuple[str, ...]:
    """For people."""
    done = f"{download.progress:.0%}"
    shown = words.size(download.size) if download.size else ""
    return str(download.status), done, shown, words.moment(download.added), download.hash, words.plain(download.name)


VERBS = {
    "list": (list_, "cd2 offline list /115\ncd2 --json offline list /115"),
    "add": (
        add,
        "cd2 offline add 'magnet:?xt=urn:btih:...' --to /115/Downloads\ncd2 offline add --to /115/Downloads - < links.txt",
    ),
    "remove": (remove, "cd2 offline remove /115 8f1c... --yes"),
    "restart": (restart, "cd2 offline restart /115 8f1c..."),
    "clear": (clear, "cd2 offline clear /115 --which failed --yes"),
    "quota": (quota, "cd2 offline quota /115"),
    "share": (share, "cd2 offline share https://115.com/s/abc --share-password x1y2 --to /115/Shared"),
}
