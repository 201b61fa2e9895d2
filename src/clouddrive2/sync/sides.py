"""The two sides of a sync: a folder of this machine, and a folder of the drive."""

from __future__ import annotations

import asyncio
import os
import re
import stat
from collections import Counter
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from clouddrive2.api.files import AsyncFiles
from clouddrive2.api.local_files import check_local_name
from clouddrive2.errors import Error, InvalidRequest, NotFound, OperationFailed, PermissionDenied
from clouddrive2.models import paths
from clouddrive2.models.files import Entry
from clouddrive2.sync.listing import File, Listing

__all__ = ["CloudSide", "LocalSide", "Side", "local_state"]

# What an interrupted download leaves beside its target; a later one goes on with it.
PART_NAME = re.compile(r"\..*\.[0-9a-f]{12}\.part(\.notes~?)?", re.DOTALL)


class Side(Protocol):
    """A tree of folders and files.

    Attributes:
        root: Full path of its root.
    """

    root: str

    async def check(self) -> bool:
        """Whether the root exists.

        Raises:
            InvalidRequest: It is no folder.
        """

    async def make(self) -> None:
        """Make the root, with all that is missing above it."""

    async def list(self, folder: str, *, refresh: bool = False) -> Listing:
        """The entries of a folder, all of them.

        Args:
            folder: Its full path.
            refresh: Past any cache.

        Raises:
            clouddrive2.Error: It could not be read to the end. What came until then is no listing.
        """

    def join(self, folder: str, name: str) -> str:
        """Full path of a name in a folder."""

    async def delete(self, file: File) -> None:
        """Delete a file, unless it is not what it was.

        Raises:
            OperationFailed: It changed.
        """

    async def delete_folder(self, folder: str) -> bool:
        """Delete a folder if nothing is in it; whether it was deleted."""


class LocalSide:
    """A local folder.

    A link to a file counts as the file. A link to a folder takes no part: it may lead out of the tree, or back into it.

    Args:
        root: The folder.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = os.path.abspath(root)  # noqa: PTH100 - resolve() would follow links

    async def check(self) -> bool:
        if not _is_text(self.root):
            raise InvalidRequest(f"{self.root!r} is no UTF-8 text, as it is needed; rename the folder", path=self.root)
        if await asyncio.to_thread(os.path.isdir, self.root):
            return True
        if await asyncio.to_thread(os.path.lexists, self.root):
            raise InvalidRequest(f"{self.root} is no folder; a sync is of folders", path=self.root)
        return False

    async def make(self) -> None:
        try:
            await asyncio.to_thread(os.makedirs, self.root, exist_ok=True)
        except OSError as error:
            raise _local_error(error, self.root, "made") from error

    async def list(self, folder: str, *, refresh: bool = False) -> Listing:
        return await asyncio.to_thread(_scan, folder)

    def join(self, folder: str, name: str) -> str:
        return os.path.join(folder, name)  # noqa: PTH118 - Path would drop what it takes for redundant

    async def delete(self, file: File) -> None:
        def remove() -> None:
            if local_state(file.place) != file.state:
                raise OperationFailed(f"{file.place} changed meanwhile and is not deleted", path=file.place)
            Path(file.place).unlink()

        try:
            await asyncio.to_thread(remove)
        except FileNotFoundError:
            return
        except OSError as error:
            raise _local_error(error, file.place, "deleted") from error

    async def delete_folder(self, folder: str) -> bool:
        try:
            await asyncio.to_thread(os.rmdir, folder)
        except FileNotFoundError:
            return False
        except OSError as error:
            if await asyncio.to_thread(_has_entries, folder):
                return False
            raise _local_error(error, folder, "deleted") from error
        return True


class CloudSide:
    """A folder of the drive.

    Args:
        files: ``client.files``.
        root: Its path.
    """

    def __init__(self, files: AsyncFiles, root: str) -> None:
        self.root = paths.normalise(root)
        self._files = files

    async def check(self) -> bool:
        try:
            entry = await self._files.stat(self.root)
        except NotFound:
            return False
        if not entry.is_folder:
            raise InvalidRequest(f"{self.root} is a file; a sync is of folders", path=self.root)
        return True

    async def make(self) -> None:
        await self._files.mkdir(self.root, parents=True, exist_ok=True)

    async def list(self, folder: str, *, refresh: bool = False) -> Listing:
        listing = Listing()
        names: Counter[str] = Counter()
        async with aclosing(self._files.list(folder, refresh=refresh)) as entries:
            async for entry in entries:
                names[entry.name] += 1
                _sort_in(listing, entry)
        for name, count in names.items():
            if count > 1:
                # Which of them a path means is the server's affair.
                listing.files.pop(name, None)
                listing.folders.pop(name, None)
                listing.left[name] = f"the folder has {count} entries of this name"
        return listing

    def join(self, folder: str, name: str) -> str:
        return paths.join(folder, name)

    async def delete(self, file: File) -> None:
        await self._files.delete(file.place, missing_ok=True)

    async def delete_folder(self, folder: str) -> bool:
        try:
            async with aclosing(self._files.list(folder, refresh=True)) as entries:
                async for _ in entries:
                    return False
        except NotFound:
            return False
        await self._files.delete(folder, missing_ok=True)
        return True


def local_state(place: str) -> tuple[int, int, int] | None:
    """What tells this state of a local file from another; ``None`` when there is no file."""
    try:
        return _state(Path(place).stat())
    except OSError:
        return None


def _state(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns


def _scan(folder: str) -> Listing:
    listing = Listing()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                _look(listing, entry)
    except OSError as error:
        raise _local_error(error, folder, "read") from error
    return listing


def _look(listing: Listing, entry: os.DirEntry[str]) -> None:
    name = entry.name
    if PART_NAME.fullmatch(name):
        listing.left[name] = "it is an unfinished download"
        return
    if not _is_text(name):
        listing.left[name] = "its name is no UTF-8 text, as the drive needs it"
        return
    try:
        found = entry.stat()
        if stat.S_ISDIR(found.st_mode):
            if entry.is_symlink():
                listing.left[name] = "it is a link to a folder"
            else:
                listing.folders[name] = entry.path
        elif stat.S_ISREG(found.st_mode):
            modified = datetime.fromtimestamp(found.st_mtime, UTC)
            listing.files[name] = File(entry.path, found.st_size, modified, state=_state(found))
        else:
            listing.left[name] = "it is neither a file nor a folder"
    except FileNotFoundError:
        listing.left[name] = "it is a link to nothing" if entry.is_symlink() else "it vanished meanwhile"
    except (OSError, OverflowError, ValueError) as error:
        listing.left[name] = f"it cannot be looked at: {getattr(error, 'strerror', None) or error}"


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _sort_in(listing: Listing, entry: Entry) -> None:
    name = entry.name
    try:
        check_local_name(name, entry.path)
    except InvalidRequest:
        listing.left[name] = "its name cannot be a local one"
        return
    if entry.path.rpartition("/")[2] != name:
        listing.left[name] = "its name and its path in the drive differ"
    elif entry.is_folder:
        listing.folders[name] = entry.path
    elif entry.is_file:
        listing.files[name] = File(entry.path, entry.size, entry.modified, entry.hashes.by_type(), entry.pending)
    else:
        listing.left[name] = "it is neither a file nor a folder"


def _has_entries(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except OSError:
        return False


def _local_error(error: OSError, place: str, what: str) -> Error:
    """What the file system says, as our exception: that a place cannot be read, written and so on."""
    kind = {FileNotFoundError: NotFound, PermissionError: PermissionDenied}.get(type(error), OperationFailed)
    return kind(f"{place} cannot be {what}: {error.strerror or error}", path=place)
