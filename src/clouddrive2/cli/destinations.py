"""Where things go: the shell's rules for SOURCE... DEST, on a server whose move and copy never rename."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from clouddrive2.cli.context import cloud_path
from clouddrive2.errors import AlreadyExists, Error, InvalidRequest, NotFound
from clouddrive2.models.paths import join, parent_of

if TYPE_CHECKING:
    from clouddrive2.client.aio import AsyncClient
    from clouddrive2.models.files import Entry

__all__ = ["Destination", "SetAside", "find", "free_name", "join", "move_as", "parent_of", "resolve"]

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


class SetAside:
    """Around the replacement of an entry: it gets another name first, goes away on success and comes back on failure."""

    def __init__(self, client: AsyncClient, path: str) -> None:
        self._client = client
        self._path = path
        self._aside = ""

    async def __aenter__(self) -> None:
        name = f"{self._path.rpartition('/')[2]}.replaced-{secrets.token_hex(4)}"
        await self._client.files.rename(self._path, name)
        self._aside = join(parent_of(self._path), name)

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            await self._client.files.delete(self._aside, missing_ok=True)
        else:
            await self._client.files.rename(self._aside, self._path.rpartition("/")[2])


async def move_as(client: AsyncClient, source: str, folder: str, name: str, *, across_clouds: bool) -> None:
    """Moves an entry into another folder under another name that is free there.

    The server's move never renames (protocol.md §5.4), so this is a rename and a move, in an order in which no step meets
    a taken name. When the move fails, the rename before it is taken back.
    """
    old_folder, old_name = parent_of(source), source.rpartition("/")[2]
    if await find(client, join(old_folder, name)) is None:
        carrier = name
    elif await find(client, join(folder, old_name)) is None:
        carrier = old_name
    else:
        carrier = f"{name}.moving-{secrets.token_hex(4)}"
    if carrier != old_name:
        await client.files.rename(source, carrier)
    try:
        await client.files.move(join(old_folder, carrier), folder, on_conflict="fail", across_clouds=across_clouds)
    except Error:
        if carrier != old_name:
            await client.files.rename(join(old_folder, carrier), old_name)
        raise
    if carrier != name:
        try:
            await client.files.rename(join(folder, carrier), name)
        except AlreadyExists as error:
            raise AlreadyExists(
                f"{join(folder, name)} was taken meanwhile; the source is now at {join(folder, carrier)}",
                path=join(folder, carrier),
            ) from error
