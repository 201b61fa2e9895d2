"""``cd2 rm``: delete files and folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from clouddrive2.cli.context import Cli, Failures, cloud_paths
from clouddrive2.cli.output import words
from clouddrive2.errors import InvalidRequest, NotFound

if TYPE_CHECKING:
    from clouddrive2.client.aio import AsyncClient

__all__ = ["EXAMPLES", "command"]

EXAMPLES = """\
cd2 rm /115/old.iso                     to the recycle bin, where the cloud has one
cd2 rm -r /115/Old /115/Older           folders with everything in them
cd2 rm -f /115/maybe.txt                no complaint when it is not there
cd2 rm -r --permanently /115/Old        not to the recycle bin; not every cloud can"""


async def command(
    cli: Cli,
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="What to delete.")],
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Folders too, with everything in them.")] = False,
    force: Annotated[bool, typer.Option("--force", "-f", help="No complaint about what is not there.")] = False,
    permanently: Annotated[bool, typer.Option("--permanently", help="Not to the recycle bin.")] = False,
) -> int:
    """Delete files and folders."""
    failures = Failures(cli)
    wanted = cloud_paths(paths)
    async with cli.client() as client:
        for path in wanted:
            with failures.one():
                try:
                    await _check(client, path, recursive=recursive)
                    await client.files.delete(path, permanently=permanently)
                except NotFound:
                    if not force:
                        raise
                    cli.out.detail(f"{words.plain(path)} is not there")
                    continue
                cli.out.changed({"path": path, "deleted": True, "permanently": permanently}, f"deleted {words.plain(path)}")
    return failures.code


async def _check(client: AsyncClient, path: str, *, recursive: bool) -> None:
    if path == "/":
        raise InvalidRequest("/ cannot be deleted", path=path)
    entry = await client.files.stat(path)
    if entry.is_cloud_root:
        raise InvalidRequest(f"{words.plain(path)} is a cloud account, not a folder; rm does not remove accounts", path=path)
    if entry.is_folder and not recursive:
        raise InvalidRequest(f"{words.plain(path)} is a folder; 'cd2 rm -r' deletes it with everything in it", path=path)
