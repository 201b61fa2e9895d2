"""Folders of the drive that uploads need: each made once, however many files go into it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

__all__ = ["FolderMaker"]


class FolderMaker:
    """Remembers which folders are there.

    Args:
        make: Makes a folder, and those above it, unless it is there.
    """

    def __init__(self, make: Callable[[str], Awaitable[None]]) -> None:
        self._make = make
        self._made: dict[str, asyncio.Future[None]] = {}

    async def ensure(self, folder: str) -> None:
        """The folder exists when this returns.

        Raises:
            AlreadyExists: A file is in its place.
            PermissionDenied: The token may not make folders.
        """
        making = self._made.get(folder)
        if making is None:
            making = self._made[folder] = asyncio.ensure_future(self._make(folder))
            making.add_done_callback(lambda done: self._made.pop(folder, None) if done.cancelled() or done.exception() else None)
        await asyncio.shield(making)

    def forget(self, folder: str) -> None:
        """Somebody may have deleted it."""
        self._made.pop(folder, None)
