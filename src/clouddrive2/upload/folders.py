"""Folders of the drive that uploads need: each made once, however many files go into it."""

from __future__ import annotations

import asyncio

from clouddrive2.api.files import AsyncFiles

__all__ = ["FolderMaker"]


class FolderMaker:
    """Makes missing folders, top down, and remembers which are there."""

    def __init__(self, files: AsyncFiles) -> None:
        self._files = files
        self._made: dict[str, asyncio.Task[None]] = {}

    async def ensure(self, folder: str) -> None:
        """The folder exists when this returns.

        Raises:
            AlreadyExists: A file is in its place.
            PermissionDenied: The token may not make folders.
        """
        making = self._made.get(folder)
        if making is None:
            making = self._made[folder] = asyncio.create_task(self._make(folder))
            making.add_done_callback(lambda done: self._made.pop(folder, None) if done.cancelled() or done.exception() else None)
        await asyncio.shield(making)

    def forget(self, folder: str) -> None:
        """Somebody may have deleted it."""
        self._made.pop(folder, None)

    async def _make(self, folder: str) -> None:
        if not await self._files.exists(folder):
            await self._files.mkdir(folder, parents=True, exist_ok=True)
