"""``cd2 cat``: a file's bytes on standard output."""

from __future__ import annotations

import sys
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from clouddrive2.cli import destinations as at
from clouddrive2.cli.context import Cli, Failures, cloud_paths
from clouddrive2.cli.options import BandwidthLimit
from clouddrive2.cli.output import words
from clouddrive2.errors import InvalidRequest, NotFound

if TYPE_CHECKING:
    from clouddrive2.client.aio import AsyncClient

__all__ = ["EXAMPLES", "command", "copy_out"]

EXAMPLES = """\
cd2 cat /115/notes.txt
cd2 cat /115/film.mkv | mpv -
cd2 cat --start 1048576 --length 4096 /115/disk.img | xxd"""


async def command(
    cli: Cli,
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files, written one after the other.")],
    start: Annotated[int, typer.Option("--start", metavar="BYTES", min=0, show_default=False, help="Where to begin.")] = 0,
    length: Annotated[
        int | None, typer.Option("--length", metavar="BYTES", min=0, show_default=False, help="How much; to the end by default.")
    ] = None,
    bwlimit: BandwidthLimit = None,
) -> int:
    """Write a file's bytes to standard output."""
    if cli.settings.json:
        raise typer.BadParameter("'cat' writes bytes, not JSON; 'cd2 --json stat' describes a file", param_hint="--json")
    failures = Failures(cli)
    wanted = cloud_paths(paths)
    sys.stdout.flush()
    output = sys.stdout.buffer
    async with cli.client(bandwidth=bwlimit) as client:
        for path in wanted:
            with failures.one():
                await copy_out(client, path, output, start=start, length=length)
    output.flush()
    return failures.code


async def copy_out(client: AsyncClient, path: str, output: BinaryIO, *, start: int = 0, length: int | None = None) -> None:
    """Writes a file's bytes to a stream.

    Raises:
        InvalidRequest: It is a folder.
        NotFound: There is nothing.
    """
    try:
        async with aclosing(client.files.read(path, start=start, length=length)) as pieces:
            async for piece in pieces:
                output.write(piece)
    except NotFound as error:
        # A folder has no bytes, and the server says of it what it says of nothing at all.
        there = await at.find(client, path)
        if there is not None and there.is_folder:
            raise InvalidRequest(f"{words.plain(path)} is a folder; 'cd2 get' downloads it", path=path) from error
        raise
