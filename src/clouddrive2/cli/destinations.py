"""Where things go: the shell's rules for SOURCE... DEST."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from clouddrive2.cli.context import cloud_path
from clouddrive2.errors import InvalidRequest, NotFound
from clouddrive2.models.paths import join, parent_of

if TYPE_CHECKING:
    from clouddrive2.client.aio import AsyncClient
    from clouddrive2.models.files import Entry

__all__ = ["Destination", "find", "free_name", "join", "parent_of", "resolve"]

Look = Callable[[str], Awaitable["Entry | None"]]


@dataclass(frozen=True, slots=True)
class Destination:
    """A folder that exists, and the name to take there; ``None`` keeps each source's own."""

    folder: str
    name: str | None


async def find(client: AsyncClient, path: str) -> Entry | None:
    """The entry at a path, or ``None``."""
    try:
        return await client.files.stat(path)
    except NotFound:
        return None


async def resolve(client: AsyncClient, text: str, *, sources: int) -> Destination:
    """What DEST means, as ``mv`` and ``cp`` of a shell read it.

    An existing folder receives the sources; anything else is the new path of the one source, in a folder that exists.

    Raises:
        NotFound: DEST ends in "/" and does not exist, or its folder does not.
        typer.BadParameter: Several sources, but DEST is no folder.
    """
    path = cloud_path(text)
    there = await find(client, path) if path != "/" else None
    if path == "/" or (there is not None and there.is_folder):
        return Destination(path, None)
    if text.endswith("/"):
        if there is not None:
            raise InvalidRequest(f"{path} is a file, not a folder", path=path)
        raise NotFound(f"{path}: there is no such folder; 'cd2 mkdir -p {path}' makes it", path=path)
    if sources > 1:
        raise typer.BadParameter(f"several sources need an existing folder as the last argument; {path} is none")
    folder, _, name = path.rpartition("/")
    folder = folder or "/"
    if there is None and folder != "/":
        above = await find(client, folder)
        if above is None or not above.is_folder:
            raise NotFound(f"{folder}: there is no such folder; 'cd2 mkdir -p {folder}' makes it", path=folder)
    return Destination(folder, name)


async def free_name(look: Look, folder: str, name: str) -> str:
    """``name``, or ``name (1)``, ``name (2)`` ... before the suffix: the first where ``look`` finds nothing."""
    stem, dot, suffix = name.rpartition(".")
    if not stem:
        stem, dot, suffix = name, "", ""
    candidate, number = name, 0
    while await look(join(folder, candidate)) is not None:
        number += 1
        candidate = f"{stem} ({number}){dot}{suffix}"
    return candidate
