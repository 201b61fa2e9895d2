"""``cd2 find``: walk a tree and keep what matches, or let the cloud search."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clouddrive2.cli.context import Cli, cloud_path
from clouddrive2.cli.output import entries, words

if TYPE_CHECKING:
    from clouddrive2.client.aio import AsyncClient
    from clouddrive2.models.files import Entry

__all__ = ["EXAMPLES", "command"]

EXAMPLES = """\
cd2 find /115 --name '*.mkv'                     whole path of each match
cd2 find /115 --iname '*sample*' --type f        regardless of case, files only
cd2 find /115 --type f --size +4G                larger than 4 GiB
cd2 find /115 --name '*.tmp' -0 | xargs -0 cd2 rm
cd2 find /115 --server "blade runner"            the cloud's own search, where it has one"""

FACTORS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}


async def command(
    cli: Cli,
    path: Annotated[str, typer.Argument(metavar="PATH", help="Where to begin.", show_default=False)] = "/",
    name: Annotated[
        list[str] | None, typer.Option("--name", metavar="GLOB", help="Name to match: *, ?, [abc]. Several: any.")
    ] = None,
    iname: Annotated[list[str] | None, typer.Option("--iname", metavar="GLOB", help="The same regardless of case.")] = None,
    kind: Annotated[Literal["f", "d"] | None, typer.Option("--type", help="f: files, d: folders.")] = None,
    size: Annotated[
        str | None, typer.Option("--size", metavar="[+|-]N[KMGT]", help="Files of at least (+), at most (-) or exactly N.")
    ] = None,
    depth: Annotated[
        int | None, typer.Option("--depth", "-L", metavar="N", min=1, show_default=False, help="How many levels; all by default.")
    ] = None,
    server: Annotated[
        str | None, typer.Option("--server", metavar="TEXT", help="Search by the cloud instead of walking.")
    ] = None,
    fuzzy: Annotated[bool, typer.Option("--fuzzy", help="With --server: a loose match.")] = False,
    long: Annotated[bool, typer.Option("--long", "-l", help="Size, time and path.")] = False,
    human: Annotated[bool, typer.Option("--human", "-h", help="Sizes as 1.5 GiB instead of bytes.")] = False,
    null: Annotated[bool, typer.Option("--null", "-0", help="End each exact path with a zero byte, for xargs -0.")] = False,
) -> None:
    """Find entries by name, kind or size."""
    start = cloud_path(path)
    matches = matcher(name or (), iname or (), kind, size)

    def show(entry: Entry) -> None:
        if null:
            cli.out.raw(entry.path + "\0")
            return
        text = entries.long_line(entry, human=human, text=entry.path) if long or human else entries.marked(entry, entry.path)
        cli.out.result(entries.record(entry) if cli.settings.json else {}, text)

    async with cli.client() as client:
        if server is not None:
            async for entry in client.files.search(start, server, fuzzy=fuzzy):
                if matches(entry):
                    show(entry)
            return
        top = await client.files.stat(start)
        if not top.is_folder:
            if matches(top):
                show(top)
            return
        await _walk(client, start, matches, show, depth)


async def _walk(
    client: AsyncClient, path: str, matches: Callable[[Entry], bool], show: Callable[[Entry], None], depth: int | None
) -> None:
    folders = []
    async for entry in client.files.list(path):
        if matches(entry):
            show(entry)
        if entry.is_folder:
            folders.append(entry.path)
    if depth is None or depth > 1:
        for folder in sorted(folders):
            await _walk(client, folder, matches, show, None if depth is None else depth - 1)


def matcher(
    names: list[str] | tuple[str, ...], inames: list[str] | tuple[str, ...], kind: str | None, size: str | None
) -> Callable[[Entry], bool]:
    """One test from all conditions; every kind of condition must hold, of several names any."""
    patterns = [re.compile(fnmatch.translate(glob)) for glob in names]
    patterns += [re.compile(fnmatch.translate(glob), re.IGNORECASE) for glob in inames]
    fits = size_test(size) if size else None

    def matches(entry: Entry) -> bool:
        if kind is not None and entry.is_folder != (kind == "d"):
            return False
        if fits is not None and (entry.is_folder or not fits(entry.size)):
            return False
        return not patterns or any(pattern.match(entry.name) for pattern in patterns)

    return matches


def size_test(text: str) -> Callable[[int], bool]:
    """``+10M``: at least, ``-10M``: at most, ``10M``: exactly; units are powers of 1024."""
    hit = re.fullmatch(r"([+-]?)(\d+)([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if hit is None:
        raise typer.BadParameter(f"'{words.plain(text)}' is no size; write +10M, -4G or 1048576", param_hint="--size")
    sign, wanted = hit[1], int(hit[2]) * FACTORS[hit[3].upper()]
    if sign == "+":
        return lambda size: size >= wanted
    if sign == "-":
        return lambda size: size <= wanted
    return lambda size: size == wanted
