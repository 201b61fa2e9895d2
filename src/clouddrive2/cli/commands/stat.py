"""``cd2 stat``: everything known about a path."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from clouddrive2.cli.context import Cli, Failures, cloud_paths
from clouddrive2.cli.output import entries, words

if TYPE_CHECKING:
    from clouddrive2.models.files import Entry, FolderDetails

__all__ = ["EXAMPLES", "command"]

EXAMPLES = """\
cd2 stat /115/Movies/film.mkv
cd2 stat --refresh /115/Movies/film.mkv     asks the cloud, not the server's cache
cd2 stat --details /115/Movies              counts what is below a folder, where the cloud does
cd2 --json stat /115/a.mkv /115/b.mkv       one object per path"""


async def command(
    cli: Cli,
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files or folders.")],
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask the cloud instead of the server's cache.")] = False,
    details: Annotated[bool, typer.Option("--details", help="Let the cloud count what is below a folder.")] = False,
) -> int:
    """Show everything known about a path."""
    failures = Failures(cli)
    wanted = cloud_paths(paths)
    async with cli.client() as client:
        for path in wanted:
            with failures.one():
                entry = await client.files.stat(path, refresh=refresh)
                below = await client.files.details(path) if details and entry.is_folder else None
                record = entries.record(entry)
                if details:
                    record["details"] = below and asdict(below)
                cli.out.result(record, describe(entry, below))
    return failures.code


def describe(entry: Entry, below: FolderDetails | None = None) -> str:
    """The entry as aligned lines; what the server does not know is left out."""
    rows = [("path", words.plain(entry.path)), ("kind", str(entry.kind))]
    if not entry.is_folder:
        rows.append(("size", f"{entry.size:,} bytes ({words.size(entry.size)})"))
    if below is not None:
        counts = f"{words.plural(below.folders, 'folder')}, {words.plural(below.files, 'file')}"
        rows.append(("below", f"{counts}, {below.size:,} bytes ({words.size(below.size)})"))
    for label, moment in (("modified", entry.modified), ("created", entry.created)):
        if moment is not None:
            rows.append((label, moment.astimezone().isoformat(sep=" ", timespec="seconds")))
    for name in ("md5", "sha1", "pikpak_sha1"):
        if value := getattr(entry.hashes, name):
            rows.append((name.replace("_", " "), value))
    if entry.id:
        rows.append(("id", words.plain(entry.id)))
    if entry.cloud:
        rows.append(("cloud", words.plain(entry.cloud)))
    if entry.read_only:
        rows.append(("note", "read only"))
    if entry.pending and not entry.is_folder:
        rows.append(("note", "still on its way from the server to the cloud"))
    return "\n".join(words.columns(rows))
