"""``cd2 strm``: ``.strm`` files for media servers, for a folder of the drive."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path
from typing import Annotated

import typer

from clouddrive2.cli.context import Cli, cloud_path
from clouddrive2.cli.options import DryRun

__all__ = ["EXAMPLES", "command"]

EXAMPLES = """\
cd2 strm /115/Movies /media/movies --base-url http://nas:19798   one .strm file per film, with a link
cd2 strm /115/Movies /media/movies --mounted-at /CloudNAS/115/Movies   with a local path instead
cd2 strm /115/Movies /media/movies --watch            then follow what the server tells; Ctrl-C ends it
cd2 strm /115/Movies /media/movies -n                 what would be done; nothing is changed
cd2 strm /115/TV /media/tv --min-size 50M --sidecars  no samples; subtitles, .nfo and pictures are copied
cd2 strm /115/TV /media/tv --extensions mkv,mp4,flac

Only files written by this command are replaced or deleted. What is right already is not touched."""


async def command(
    cli: Cli,
    cloud_dir: Annotated[str, typer.Argument(metavar="CLOUD_DIR", help="The folder of the drive to follow.")],
    local_dir: Annotated[Path, typer.Argument(metavar="LOCAL_DIR", help="Where to write; made when missing.")],
    base_url: Annotated[
        str | None,
        typer.Option("--base-url", metavar="URL", show_default=False, help="Where the media server reaches the server."),
    ] = None,
    mounted_at: Annotated[
        str | None,
        typer.Option(
            "--mounted-at", metavar="DIR", show_default=False, help="Write paths, not links: where it sees CLOUD_DIR mounted."
        ),
    ] = None,
    extensions: Annotated[
        str | None,
        typer.Option("--extensions", metavar="EXT[,EXT...]", show_default=False, help="As mkv,mp4; by default what is a video."),
    ] = None,
    min_size: Annotated[str | None, typer.Option("--min-size", metavar="SIZE", help="Nothing smaller, as 100K.")] = None,
    sidecars: Annotated[
        bool, typer.Option("--sidecars", help="Copy subtitles, .nfo files and pictures beside the films.")
    ] = False,
    max_delete: Annotated[
        int | None,
        typer.Option("--max-delete", metavar="N", min=0, show_default=False, help="Delete nothing if it is more files; 100."),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on, and follow what the server tells.")] = False,
    every: Annotated[
        int | None,
        typer.Option(
            "--every", metavar="SECONDS", min=1, show_default=False, help="With --watch: list everything so often; 3600."
        ),
    ] = None,
    dry_run: DryRun = False,
) -> int:
    """Write .strm files for a media server, and keep them up to date.

    Film.mkv in the drive becomes Film.strm, a file of one line: a link to it, or its path in a mounted folder. Links are
    credentials: who can read LOCAL_DIR can read those files.
    """
    if watch and dry_run:
        raise typer.BadParameter("--watch changes what --dry-run only tells; give one of them")
    if every is not None and not watch:
        raise typer.BadParameter("--every goes with --watch")
    # These bring the network libraries along: not for a help text.
    from clouddrive2.cli.strm_report import StrmReport, hint_of_address
    from clouddrive2.strm import Strm, StrmOptions
    from clouddrive2.strm import watch as follow
    from clouddrive2.strm.options import VIDEOS
    from clouddrive2.sync.units import parse_size

    options = StrmOptions(
        extensions=VIDEOS if extensions is None else frozenset(one.strip().lower().lstrip(".") for one in extensions.split(",")),
        min_size=(parse_size(min_size) or 0) if min_size is not None else 0,
        sidecars=sidecars,
        base_url=base_url,
        mounted_at=mounted_at,
    )
    cloud_folder = cloud_path(cloud_dir)
    async with cli.client() as client:
        if options.mounted_at is None and (hint := hint_of_address(options.base_url or client.config.url)) is not None:
            cli.out.note(hint)
        strm = Strm(client, cloud_folder, local_dir, options, max_delete=max_delete)
        report = StrmReport(cli, cloud_folder, local_dir, dry_run=dry_run, watching=watch)
        if watch:
            cli.on_interrupt = "no longer watching"
            steps = follow(client, strm, every=every or 3600)
        else:
            steps = strm.update(dry_run=dry_run)
        async with aclosing(steps):
            async for step in steps:
                report.tell(step)
        return report.code
