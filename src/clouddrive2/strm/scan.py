"""What the drive holds below a folder, as far as it was listed; knows what is surely not there any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from clouddrive2.errors import Error, NotFound, Unauthenticated, Unreachable
from clouddrive2.models.files import Entry

__all__ = ["CloudFile", "Files", "Scan", "scan_folders"]

# Folders whose listings are asked for at a time.
AT_ONCE = 8


class Files(Protocol):
    """What is needed of ``client.files``."""

    def list(self, path: str, *, refresh: bool = False) -> AsyncIterator[Entry]:
        """The entries of a folder."""


@dataclass(frozen=True, slots=True)
class CloudFile:
    """A file in the drive.

    Attributes:
        path: Its path below the folder that is followed, without a slash in front.
        size: Bytes.
        modified: When it was changed last; ``None`` when the cloud does not say.
        pending: It has not reached its cloud yet.
    """

    path: str
    size: int
    modified: datetime | None = None
    pending: bool = False


@dataclass(slots=True)
class Scan:
    """Listings of some folders. Paths are relative to the folder that is followed; that one is ``""``.

    Attributes:
        files: The files in them.
        names: Every name in each folder that was listed.
        missing: Folders that are not there.
        failed: Folders that could not be listed, and why.
    """

    files: dict[str, CloudFile] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    failed: dict[str, Error] = field(default_factory=dict)

    @property
    def found(self) -> int:
        """How many entries were seen."""
        return sum(len(names) for names in self.names.values())

    def lacks(self, path: str) -> bool:
        """Whether a file is surely gone: a listing of one of its folders lacks the next part of its path."""
        folder, parts = "", path.split("/")
        for part in parts:
            if folder in self.missing or (folder in self.names and part not in self.names[folder]):
                return True
            folder = f"{folder}/{part}" if folder else part
        return False


async def scan_folders(
    files: Files, root: str, shallow: Iterable[str] = (), *, deep: Iterable[str] = (), refresh: bool = False
) -> Scan:
    """List folders, and what is below them.

    A folder that cannot be listed is noted, the others go on.

    Args:
        files: ``client.files``.
        root: The folder that is followed.
        shallow: Folders to list, relative to it.
        deep: Folders to list with everything below.
        refresh: Ask the cloud itself, past the server's cache.

    Raises:
        Unreachable, Unauthenticated: No folder could be listed now.
    """
    scan = Scan()
    below = set(deep)
    waiting = [(folder, True) for folder in sorted(below)]
    waiting += [(folder, False) for folder in sorted(set(shallow) - below)]
    while waiting:
        now, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
        found = await asyncio.gather(*(_listed(scan, files, root, folder, refresh) for folder, _ in now))
        for (_, goes_on), folders in zip(now, found, strict=True):
            waiting.extend((folder, True) for folder in folders if goes_on and folder not in scan.names)
    return scan


async def _listed(scan: Scan, files: Files, root: str, folder: str, refresh: bool) -> list[str]:
    """Notes what is in a folder; its folders."""
    place = f"{root.rstrip('/')}/{folder}".rstrip("/") or "/"
    try:
        # A listing counts only when it came to its end (protocol.md §4.1).
        entries = [entry async for entry in files.list(place, refresh=refresh)]
    except NotFound:
        scan.missing.add(folder)
        return []
    except (Unreachable, Unauthenticated):
        raise
    except Error as error:
        scan.failed[folder] = error
        return []
    scan.names[folder] = {entry.name for entry in entries}
    prefix = f"{folder}/" if folder else ""
    for entry in entries:
        if entry.is_file:
            scan.files[prefix + entry.name] = CloudFile(prefix + entry.name, entry.size, entry.modified, entry.pending)
    return [prefix + entry.name for entry in entries if entry.is_folder]
