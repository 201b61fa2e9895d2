"""The drive as an upload needs it: look, make folders. By RPC as a rule; another way in brings its own."""

from __future__ import annotations

from abc import ABC, abstractmethod

from clouddrive2.api.files import AsyncFiles
from clouddrive2.errors import AlreadyExists, NotFound
from clouddrive2.models.files import Entry
from clouddrive2.upload.folders import FolderMaker

__all__ = ["Drive", "RpcDrive"]


class Drive(ABC):
    """What the job asks of the drive before and after the bytes."""

    async def check(self) -> None:  # noqa: B027
        """Whether the drive can be seen this way at all, where that is known only by asking.

        Raises:
            Refused, Unreachable: It cannot.
        """

    @abstractmethod
    async def stat(self, path: str, refresh: bool) -> Entry:
        """One entry; with ``refresh`` past the server's cache.

        Raises:
            NotFound: It does not exist.
        """

    @abstractmethod
    async def ensure(self, folder: str) -> None:
        """The folder exists when this returns; missing ones above it are made.

        Raises:
            AlreadyExists: A file is in its place.
            PermissionDenied: It may not be made.
        """

    @abstractmethod
    def forget(self, folder: str) -> None:
        """Somebody may have deleted the folder: :meth:`ensure` looks again."""


class RpcDrive(Drive):
    """The drive by RPC."""

    def __init__(self, files: AsyncFiles) -> None:
        self._files = files
        self._folders = FolderMaker(self._make)

    async def stat(self, path: str, refresh: bool) -> Entry:
        return await self._files.stat(path, refresh=refresh)

    async def ensure(self, folder: str) -> None:
        await self._folders.ensure(folder)

    def forget(self, folder: str) -> None:
        self._folders.forget(folder)

    async def _make(self, folder: str) -> None:
        try:
            there = await self._files.stat(folder)
        except NotFound:
            await self._files.mkdir(folder, parents=True, exist_ok=True)
            return
        if not there.is_folder:
            raise AlreadyExists(f"{folder} is a file, not a folder", path=folder)
