"""Copies and moves as fsspec means them: to any path, in the place of a file that is there."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from clouddrive2.api.relocation import Relocation
from clouddrive2.client.aio import AsyncClient
from clouddrive2.errors import AlreadyExists, InvalidRequest
from clouddrive2.models.files import Entry
from clouddrive2.models.paths import is_below, name_of, parent_of

__all__ = ["copy_file", "move"]


async def copy_file(client: AsyncClient, source: str, target: str) -> None:
    """Copy a file and wait until the copy is complete, also in another cloud; a folder is only made. Nothing passes this machine.

    Raises:
        NotFound: There is no source.
        AlreadyExists: There is a folder in the place of the copy.
    """
    entry = await client.files.stat(source)
    if entry.is_folder:
        await client.files.mkdir(target, parents=True, exist_ok=True)
    elif source != target:
        await _place(client, entry, target, lambda relocation, folder, name: relocation.copy(entry, folder, name))


async def move(client: AsyncClient, source: str, target: str) -> None:
    """Move or rename a file, or a folder with all it holds.

    Raises:
        NotFound: There is no source.
        AlreadyExists: There is a folder in the place, or a file in that of a folder.
        InvalidRequest: Into itself.
    """
    entry = await client.files.stat(source)
    if source == target:
        return
    if is_below(target, source):
        raise InvalidRequest(f"{source} cannot be moved into itself", path=source)
    await _place(client, entry, target, lambda relocation, folder, name: relocation.move(source, folder, name))


async def _place(
    client: AsyncClient, entry: Entry, target: str, bring: Callable[[Relocation, str, str], Coroutine[Any, Any, None]]
) -> None:
    """Bring an entry to a path; what is there steps aside for it and goes when that is done."""
    relocation = Relocation(client.files, client.raw)
    folder, name = parent_of(target), name_of(target)
    there = await relocation.find(target)
    if there is None:
        await client.files.mkdir(folder, parents=True, exist_ok=True)
        await bring(relocation, folder, name)
    elif there.is_folder or entry.is_folder:
        raise AlreadyExists(f"{target}: a {'folder' if there.is_folder else 'file'} of that name exists", path=target)
    else:
        async with relocation.set_aside(target):
            await bring(relocation, folder, name)
