"""``cd2 cache``: what the server remembers of listings and of file content."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clouddrive2.cli.asking import confirm
from clouddrive2.cli.context import Cli, cloud_path
from clouddrive2.cli.lives import life_of
from clouddrive2.cli.options import Yes
from clouddrive2.cli.output import words

if TYPE_CHECKING:
    from clouddrive2.models.cache import DiskCacheFolder

__all__ = ["VERBS"]

Folder = Annotated[str, typer.Argument(metavar="FOLDER", help="A folder of the drive.")]
File = Annotated[str, typer.Argument(metavar="FILE", help="A file of the drive.")]


async def status(cli: Cli) -> None:
    """Show the sizes of the database of listings and of the disk cache."""
    async with cli.client() as client:
        database, vacuum, disk = await client.cache.database(), await client.cache.vacuum_progress(), await client.cache.disk()
    record = {
        "listings_bytes": database.size,
        "vacuum": vacuum.status.name.lower(),
        "vacuum_error": vacuum.error or None,
        "disk_enabled": disk.enabled,
        "disk_bytes": disk.size,
        "disk_max_bytes": disk.max_size,
        "disk_files": disk.files,
        "disk_folder": disk.folder,
        "drops_first": disk.eviction.name.lower(),
    }
    state = "on" if disk.enabled else "off"
    compacting = f"{vacuum.status.name.lower()} {words.plain(vacuum.error)}".strip()
    rows = [
        (
            "listings",
            f"{words.size(database.size)}, compacting: {compacting}",
        ),
        ("disk cache", f"{state}, {words.size(disk.size)} of {words.size(disk.max_size)}, {words.plural(disk.files, 'file')}"),
        ("", f"in {words.plain(disk.folder)}, drops the {disk.eviction.name.lower()} first"),
    ]
    cli.out.result(record, "\n".join(words.columns(rows)))


async def expire(cli: Cli, folder: Folder) -> None:
    """Let the server forget its listings of a folder and everything below."""
    path = cloud_path(folder)
    async with cli.client() as client:
        await client.cache.expire(path)
    cli.out.changed({"path": path, "expired": True}, f"the listings of {words.plain(path)} are forgotten")


async def time(
    cli: Cli,
    folder: Folder,
    new: Annotated[str | None, typer.Option("--set", metavar="TIME", help="10m, 1d, never (to expire), or default.")] = None,
) -> None:
    """Show, or set, how long the server trusts its listing of a folder."""
    path = cloud_path(folder)
    async with cli.client() as client:
        if new is not None:
            await client.cache.set_listing_time(path, _time(new))
        seconds = await client.cache.listing_time(path)
    record = {"path": path, "seconds": None if seconds is None else int(seconds.total_seconds())}
    cli.out.result(record, "never expires" if seconds is None else words.duration(seconds.total_seconds()))


async def vacuum(cli: Cli) -> None:
    """Begin to compact the database of listings; 'cd2 cache status' tells how it goes."""
    async with cli.client() as client:
        await client.cache.vacuum()
    cli.out.changed({"begun": True}, "compacting has begun")


async def list_(cli: Cli) -> None:
    """List the folders with rules for the disk cache."""
    rows: list[tuple[str, ...]] = []
    async with cli.client() as client:
        folders = await client.cache.disk_folders()
    for each in folders:
        if cli.settings.json:
            cli.out.result(record(each), "")
            continue
        extensions = ",".join(each.only) if each.only else f"not {','.join(each.never)}" if each.never else "all"
        most = words.size(each.max_size) if each.max_size else "-"
        rows.append(("on" if each.enabled else "off", words.size(each.min_size), most, extensions, words.plain(each.path)))
    if rows:
        cli.out.result({}, "\n".join(words.columns([("cache", "from", "to", "extensions", "folder"), *rows], right=(1, 2))))


async def add(
    cli: Cli,
    folder: Folder,
    min_size: Annotated[str, typer.Option("--min-size", metavar="SIZE", help="Nothing smaller, as 100K.")] = "0B",
    max_size: Annotated[str, typer.Option("--max-size", metavar="SIZE", help="Nothing larger, as 2G.")] = "0B",
    only: Annotated[str, typer.Option("--only", metavar="EXT[,EXT...]", show_default=False, help="Only these extensions.")] = "",
    never: Annotated[str, typer.Option("--never", metavar="EXT[,EXT...]", show_default=False, help="All but these.")] = "",
    off: Annotated[bool, typer.Option("--off", help="Keep it from following a folder above.")] = False,
) -> None:
    """Add a folder's rules for the disk cache, in place of any it has."""
    # Bring the messages along, which the help does without.
    from clouddrive2.models.cache import DiskCacheFolder
    from clouddrive2.sync.units import parse_size

    lists = [tuple(each.strip() for each in text.split(",") if each.strip()) for text in (only, never)]
    sizes = [parse_size(text) or 0 for text in (min_size, max_size)]
    rules = DiskCacheFolder(cloud_path(folder), not off, sizes[0], sizes[1], lists[0], lists[1])
    async with cli.client() as client:
        await client.cache.set_disk_folder(rules)
    cli.out.changed(record(rules), f"{words.plain(rules.path)} has rules of its own")


async def remove(cli: Cli, folder: Folder, yes: Yes = False) -> None:
    """Remove a folder's rules: it follows the folders above again."""
    path = cloud_path(folder)
    confirm(f"Remove the rules of {words.plain(path)} for the disk cache?", yes=yes)
    async with cli.client() as client:
        await client.cache.remove_disk_folder(path)
    cli.out.changed({"path": path, "removed": True}, f"{words.plain(path)} has no rules of its own any more")


async def purge(cli: Cli, yes: Yes = False) -> None:
    """Drop all content from the disk cache."""
    confirm("Drop all content from the server's disk cache?", yes=yes)
    async with cli.client() as client:
        await client.cache.purge_disk()
    cli.out.changed({"purged": True}, "the disk cache is empty")


async def order(
    cli: Cli,
    first: Annotated[
        Literal["oldest", "largest", "smallest"], typer.Argument(metavar="oldest|largest|smallest", help="Which files go first.")
    ],
) -> None:
    """Set what the disk cache drops first."""
    # Brings the messages along, which the help does without.
    from clouddrive2.models.cache import Eviction

    async with cli.client() as client:
        await client.cache.set_eviction(Eviction[first.upper()])
    cli.out.changed({"drops_first": first}, f"the {first} goes first")


async def prefetch(
    cli: Cli,
    file: File,
    ranges: Annotated[
        list[str] | None,
        typer.Option("--range", metavar="START+LENGTH", help="Bytes, as 0+16M; repeatable. The whole file by default."),
    ] = None,
    priority: Annotated[
        Literal["low", "normal", "high"], typer.Option("--priority", metavar="low|normal|high", help="Beside other files.")
    ] = "normal",
    lives: Annotated[str | None, typer.Option("--lives", metavar="TIME", help="How long the hint holds, as 10m.")] = None,
    cancel: Annotated[bool, typer.Option("--cancel", help="Take the hints for this file back instead.")] = False,
) -> None:
    """Ask the server to read parts of a file ahead; a hint, which it may pass over."""
    # Brings the messages along, which the help does without.
    from clouddrive2.models.cache import PrefetchPriority

    path = cloud_path(file)
    wanted = [_range(text) for text in ranges or []]
    life = life_of(lives) if lives else "never"
    async with cli.client() as client:
        if cancel:
            await client.cache.cancel_prefetch(path)
            cli.out.changed({"path": path, "cancelled": True}, f"no hint for {words.plain(path)} any more")
            return
        if not wanted:
            wanted = [(0, max(1, (await client.files.stat(path)).size))]
        taken = await client.cache.prefetch(
            path, wanted, priority=PrefetchPriority[priority.upper()], lives=None if life == "never" else life
        )
    record = {"path": path, "hint": taken.hint_id, "accepted": taken.accepted, "rejected": taken.rejected}
    cli.out.result(record, f"{words.plural(taken.accepted, 'range')} taken, {taken.rejected} not")


async def prefetches(cli: Cli) -> None:
    """List what the server reads ahead."""
    async with cli.client() as client:
        state = await client.cache.prefetches()
    rows = [("priority", "size", "left", "path")]
    for each in state.active:
        left = int(each.remaining.total_seconds())
        priority = each.priority.name.lower()
        record = {"path": each.path, "hint": each.hint_id, "priority": priority, "bytes": each.size, "seconds_left": left}
        if cli.settings.json:
            cli.out.result(record, "")
        rows.append((priority, words.size(each.size), words.duration(left), words.plain(each.path)))
    if state.active and not cli.settings.json:
        cli.out.result({}, "\n".join(words.columns(rows, right=(1, 2))))


async def close(cli: Cli, file: File) -> None:
    """Let the server end its reading of a file now."""
    path = cloud_path(file)
    async with cli.client() as client:
        await client.cache.close_reader(path)
    cli.out.changed({"path": path, "closed": True}, f"{words.plain(path)} is not read any more")


def record(rules: DiskCacheFolder) -> dict[str, object]:
    """What ``--json`` prints of a folder with rules."""
    sizes = {"min_size": rules.min_size, "max_size": rules.max_size}
    return {"path": rules.path, "enabled": rules.enabled, **sizes, "only": list(rules.only), "never": list(rules.never)}


def _range(text: str) -> tuple[int, int]:
    from clouddrive2.sync.units import parse_size

    start, plus, length = text.partition("+")
    if not plus or not (count := parse_size(length) or 0):
        raise typer.BadParameter(f"a range is written START+LENGTH, as 0+16M, not '{text}'")
    return parse_size(start) or 0, count


def _time(text: str) -> timedelta | Literal["forever", "default"]:
    if text == "default":
        return "default"
    life = life_of(text)
    return "forever" if life == "never" else life


VERBS = {
    "status": (status, "cd2 cache status"),
    "expire": (expire, "cd2 cache expire /115/Movies"),
    "time": (time, "cd2 cache time /115/Movies --set 10m"),
    "vacuum": (vacuum, "cd2 cache vacuum"),
    "list": (list_, "cd2 cache list"),
    "add": (add, "cd2 cache add /115/Photos --max-size 50M --only jpg,png"),
    "remove": (remove, "cd2 cache remove /115/Photos --yes"),
    "purge": (purge, "cd2 cache purge --yes"),
    "order": (order, "cd2 cache order largest"),
    "prefetch": (prefetch, "cd2 cache prefetch /115/film.mkv --range 0+16M\ncd2 cache prefetch /115/film.mkv --cancel"),
    "prefetches": (prefetches, "cd2 cache prefetches"),
    "close": (close, "cd2 cache close /115/film.mkv"),
}
