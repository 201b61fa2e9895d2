"""The drive by WebDAV, for uploads that no call gets through for. It shows sizes and times; hashes and deliveries it does not."""

from __future__ import annotations

from clouddrive2.errors import AlreadyExists, NotFound, PermissionDenied, Unsupported
from clouddrive2.models import paths
from clouddrive2.models.files import Entry
from clouddrive2.transport.webdav import NO_SERVICE, WebDav
from clouddrive2.upload.drive import Drive
from clouddrive2.upload.folders import FolderMaker

__all__ = ["DavDrive"]


class DavDrive(Drive):
    """Looks and makes folders over HTTP.

    Args:
        dav: The requests.

    Attributes:
        refusal: Why WebDAV cannot be used here, once that is known.
    """

    def __init__(self, dav: WebDav) -> None:
        self._dav = dav
        self._folders = FolderMaker(self._make)
        self._is_good = False
        self.refusal: Unsupported | PermissionDenied | None = None

    async def check(self) -> None:
        """Ask once for what is sure to be there: a wrong password, or no service at all, then costs no file.

        Raises:
            Unsupported: Nothing serves WebDAV there.
            PermissionDenied: It does not take this name or password.
        """
        if self.refusal is not None:
            raise type(self.refusal)(self.refusal.message, path=self.refusal.path, rpc=self.refusal.rpc) from self.refusal
        if self._is_good:
            return
        try:
            await self.look()
        except NotFound as error:
            self.refusal = Unsupported(f"{error}: {NO_SERVICE}", path=error.path, rpc=error.rpc)
            raise self.refusal from error
        except (Unsupported, PermissionDenied) as error:
            self.refusal = error
            raise
        self._is_good = True

    async def look(self) -> None:
        """One short request: returns when the server answers well."""
        await self._dav.stat(self._dav.root)

    async def stat(self, path: str, refresh: bool) -> Entry:
        await self.check()
        if not refresh or paths.normalise(path) == self._dav.root:
            return await self._dav.stat(path)
        # WebDAV has no word for it: a server that lists the folder anew shows what it found there.
        for entry in await self._dav.children(paths.parent_of(path)):
            if entry.path == path:
                return entry
        raise NotFound(f"{path} does not exist", path=path)

    async def ensure(self, folder: str) -> None:
        await self.check()
        await self._folders.ensure(folder)

    def forget(self, folder: str) -> None:
        self._folders.forget(folder)

    async def _make(self, folder: str) -> None:
        missing: list[str] = []
        at = folder
        while not await self._is_folder(at):
            if at == self._dav.root:
                raise NotFound(f"{folder}: {at} does not exist", path=folder)
            missing.append(at)
            at = paths.parent_of(at)
        for path in reversed(missing):
            try:
                await self._dav.make_folder(path)
            except AlreadyExists:
                # Somebody else made it just now, or the answer to an earlier request was lost.
                if not await self._is_folder(path):
                    raise

    async def _is_folder(self, path: str) -> bool:
        """Whether it is there.

        Raises:
            AlreadyExists: As a file.
        """
        try:
            entry = await self._dav.stat(path)
        except NotFound:
            return False
        if not entry.is_folder:
            raise AlreadyExists(f"{path} is a file, not a folder", path=path)
        return True
