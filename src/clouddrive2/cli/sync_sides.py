"""Which end of a sync is in the drive: by ``cloud:`` in front, else by what the paths can be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from clouddrive2.cli.context import cloud_path
from clouddrive2.cli.output import words

if TYPE_CHECKING:
    from clouddrive2.client.aio import AsyncClient
    from clouddrive2.sync import CloudSide, LocalSide

__all__ = ["sides"]

PREFIX = "cloud:"


async def sides(client: AsyncClient, source: str, dest: str) -> tuple[LocalSide | CloudSide, LocalSide | CloudSide]:
    """Both ends, exactly one of them in the drive.

    A path in the drive is absolute. Of two absolute paths the one in the drive is that which begins with a cloud folder of
    this server, and not with a folder of this machine.

    Raises:
        typer.BadParameter: Both could be meant, or none.
    """
    # Brings the network libraries along: not for help texts.
    from clouddrive2.sync import CloudSide, LocalSide

    if not source or not dest:
        raise typer.BadParameter("an empty name is neither SOURCE nor DEST")
    ends = (source, dest)
    in_drive = [end.startswith(PREFIX) for end in ends]
    if not any(in_drive):
        in_drive = [end.startswith("/") for end in ends]
        if all(in_drive):
            clouds = {entry.name async for entry in client.files.list("/")}
            in_drive = [_first(end) in clouds and not Path("/", _first(end)).exists() for end in ends]
            if sum(in_drive) != 1:
                raise typer.BadParameter(
                    f"it is not clear which is in the drive; write {PREFIX}{words.plain(dest)}, or {PREFIX} before the source"
                )
    if sum(in_drive) != 1:
        what = "both are" if all(in_drive) else "none is"
        raise typer.BadParameter(f"one of SOURCE and DEST is a path in the drive, as /115/Photos; here {what}")

    def side(end: str, drive: bool) -> LocalSide | CloudSide:
        return CloudSide(client.files, cloud_path(end.removeprefix(PREFIX))) if drive else LocalSide(end)

    return side(source, in_drive[0]), side(dest, in_drive[1])


def _first(path: str) -> str:
    return path.strip("/").partition("/")[0]
