"""``cd2 get``: download files and folders."""

from __future__ import annotations

import sys
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from clouddrive2.cli.commands.cat import copy_out
from clouddrive2.cli.context import Cli, Failures, cloud_paths
from clouddrive2.cli.getting import Getter, IfExists, Verify
from clouddrive2.cli.options import BandwidthLimit
from clouddrive2.cli.report import Report
from clouddrive2.cli.transfers import Transfers

__all__ = ["EXAMPLES", "command"]

EXAMPLES = """\
cd2 get /115/Movies/film.mkv                     into this folder
cd2 get /115/Movies/film.mkv /115/notes.txt ~/in/  several, into a folder
cd2 get /115/Series ./copy                       a folder with everything in it, as ./copy
cd2 get /115/notes.txt -                         to standard output, as 'cd2 cat' does
cd2 get --if-exists skip /115/Series ~/          the same again: what is there stays
cd2 get --verify hash /115/Series ~/             the hash must agree, also of what is there already

A file appears under its name when it is complete and verified. After Ctrl-C, or a crash, the same command fetches what is
missing."""


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
    verify: Annotated[
        Verify, typer.Option("--verify", help="What must agree afterwards; auto: the size, and the hash where the cloud has one.")
    ] = "auto",
    jobs: Annotated[int, typer.Option("--jobs", "-j", metavar="N", min=1, help="Files at a time.")] = 4,
    connections: Annotated[
        int, typer.Option("--connections", metavar="N", min=1, help="Connections for one file; small files need one.")
    ] = 4,
    unescape_names: Annotated[
        bool, typer.Option("--unescape-names", help="Undo what 'put --escape-names' did: 'a：b' becomes 'a:b' again.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", show_default=False, help="Write each outcome as a JSON line.")
    ] = None,
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
        choice: IfExists = "overwrite" if overwrite else if_exists
        getter = Getter(client, choice, verify=verify, resume=not no_resume, connections=connections, unescaping=unescape_names)
        with closing(Report(report, local="path")) if report is not None else nullcontext() as kept:
            transfers = Transfers(cli, "downloaded", getter.one, jobs=jobs, report=kept)
            return await transfers.run(getter.items(wanted, target, into=into))
