"""``cd2 sync``: make a folder like another, one way."""

from __future__ import annotations

import sys
from contextlib import closing, nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clouddrive2.cli.asking import can_ask
from clouddrive2.cli.context import Cli
from clouddrive2.cli.options import BandwidthLimit, DryRun, Yes
from clouddrive2.cli.sync_sides import sides

if TYPE_CHECKING:
    from clouddrive2.sync import FilterOptions, Filters

__all__ = ["EXAMPLES", "command"]

EXAMPLES = """\
cd2 sync ~/photos /115/Photos                    upload what is new or changed
cd2 sync /115/Photos ~/photos                    download what is new or changed
cd2 sync ./inbox cloud:/data/inbox               when it is not clear which path is in the drive
cd2 sync -n --delete ~/photos /115/Photos        what would be done; nothing is changed
cd2 sync --delete --max-delete 20 ~/photos /115/Photos   then delete what is only there, 20 files at most
cd2 sync --check --checksum ~/photos /115/Photos compare only; exit code 1 when something differs
cd2 sync --include '*.{jpg,png}' --max-age 30d ~/photos /115/Photos
cd2 sync --filter '- /cache/' --filter '- *.tmp' ~/work /115/work
cd2 sync --bwlimit '08:00,1M 23:00,off' ~/photos /115/Photos

Filters are written and applied as in rclone. After Ctrl-C, or a crash, the same command goes on."""


def rules(flag: str, what: str) -> object:
    """An option that may be given several times."""
    return typer.Option(flag, metavar="FILE" if flag.endswith("-from") else "RULE", show_default=False, help=what)


async def command(
    cli: Cli,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The folder to copy, here or in the drive.")],
    dest: Annotated[str, typer.Argument(metavar="DEST", help="The folder to make like it; it is made when missing.")],
    checksum: Annotated[
        bool, typer.Option("--checksum", "-c", help="Compare hashes instead of times, where the cloud knows one.")
    ] = False,
    delete: Annotated[bool, typer.Option("--delete", help="At the end delete what is only at DEST; asks first.")] = False,
    max_delete: Annotated[
        int | None,
        typer.Option("--max-delete", metavar="N", min=0, show_default=False, help="Delete nothing if it is more files; 100."),
    ] = None,
    delete_excluded: Annotated[
        bool, typer.Option("--delete-excluded", help="With --delete: delete what the filters exclude, too.")
    ] = False,
    yes: Yes = False,
    check: Annotated[bool, typer.Option("--check", help="Compare only; exit code 1 when something differs.")] = False,
    dry_run: DryRun = False,
    include: Annotated[list[str] | None, rules("--include", "Only what matches; repeatable.")] = None,
    include_from: Annotated[list[str] | None, rules("--include-from", "The same, from a file of rules.")] = None,
    exclude: Annotated[list[str] | None, rules("--exclude", "Nothing that matches; repeatable.")] = None,
    exclude_from: Annotated[list[str] | None, rules("--exclude-from", "The same, from a file of rules.")] = None,
    filter: Annotated[list[str] | None, rules("--filter", "'+ RULE' or '- RULE'; the first that matches decides.")] = None,
    filter_from: Annotated[list[str] | None, rules("--filter-from", "The same, from a file of rules.")] = None,
    files_from: Annotated[list[str] | None, rules("--files-from", "Only the files that are named in a file.")] = None,
    unfinished: Annotated[
        bool, typer.Option("--unfinished", help="Upload files too that are still being written or downloaded.")
    ] = False,
    ignore_case: Annotated[bool, typer.Option("--ignore-case", help="Letter case does not matter in rules.")] = False,
    min_size: Annotated[str | None, typer.Option("--min-size", metavar="SIZE", help="Nothing smaller, as 100K.")] = None,
    max_size: Annotated[str | None, typer.Option("--max-size", metavar="SIZE", help="Nothing larger, as 2G.")] = None,
    min_age: Annotated[str | None, typer.Option("--min-age", metavar="AGE", help="Nothing younger, as 15m.")] = None,
    max_age: Annotated[str | None, typer.Option("--max-age", metavar="AGE", help="Nothing older, as 30d.")] = None,
    verify: Annotated[
        Literal["auto", "size", "hash", "none"],
        typer.Option("--verify", help="What must agree afterwards; auto: the size, and the hash where the cloud has one."),
    ] = "auto",
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", metavar="N", min=1, show_default=False, help="Files at a time; 16 by default.")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", show_default=False, help="Write each outcome as a JSON line."),
    ] = None,
    bwlimit: BandwidthLimit = None,
) -> int:
    """Make a folder like another, one way, between here and the drive.

    A file is the same when its size is equal and the copy in the cloud is not older (up), or has the same time (down).
    """
    if check and dry_run:
        raise typer.BadParameter("--check and --dry-run are two different questions; ask one of them")
    if delete_excluded and not delete:
        raise typer.BadParameter("--delete-excluded goes with --delete")
    if delete and not (yes or check or dry_run or can_ask()):
        raise typer.BadParameter("--delete asks before it deletes; where nobody can answer, say --yes")
    # These bring the network libraries along: not for a help text.
    from clouddrive2.cli.report import Report
    from clouddrive2.cli.syncing import Checker, Rehearsal, Syncer
    from clouddrive2.config import UploadConfig
    from clouddrive2.models.uploads import Verify
    from clouddrive2.sync import FilterOptions, Sync

    options = FilterOptions(
        include=include or (),
        include_from=include_from or (),
        exclude=exclude or (),
        exclude_from=exclude_from or (),
        filter=filter or (),
        filter_from=filter_from or (),
        files_from=files_from or (),
        ignore_case=ignore_case,
        min_size=min_size,
        max_size=max_size,
        min_age=min_age,
        max_age=max_age,
    )
    filters = make_filters(options)
    config = UploadConfig(files_at_once=jobs) if jobs else UploadConfig()
    if not check and not dry_run:
        cli.show_bars()
    async with cli.client(uploads=config, bandwidth=bwlimit) as client:
        start, end = await sides(client, source, dest)
        sync = Sync(
            client,
            start,
            end,
            filters=filters,
            checksum=checksum,
            delete=delete or check,
            delete_excluded=delete_excluded,
            max_delete=max_delete,
            unfinished=unfinished,
            verify=Verify(verify),
        )
        await sync.prepare(make=not (check or dry_run))
        if check:
            return await Checker(cli, sync).run()
        if dry_run:
            return await Rehearsal(cli, sync, delete=delete).run()
        with closing(Report(report)) if report is not None else nullcontext() as kept:
            return await Syncer(cli, sync, jobs=config.files_at_once, delete=delete, ask=not yes, report=kept).run()


def make_filters(options: FilterOptions) -> Filters:
    """The filters as asked for; ``-`` as a file of rules is standard input."""
    from clouddrive2.sync import Filters

    def read(name: str) -> str:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")

    return Filters(options, datetime.now().astimezone(), read)
