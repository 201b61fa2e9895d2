"""What a folder holds, on either side of a sync."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["File", "Listing"]


@dataclass(frozen=True, slots=True)
class File:
    """One file.

    Attributes:
        place: Its full path on its side.
        size: Bytes.
        modified: When it was changed last, with its zone; ``None`` when the cloud does not say.
        hashes: What the cloud knows, by type number; empty for local files.
        pending: It has not reached the cloud yet.
        state: What tells this state of a local file from another: inode, size, time.
    """

    place: str
    size: int
    modified: datetime | None
    hashes: Mapping[int, str] = field(default_factory=dict)
    pending: bool = False
    state: tuple[int, int, int] | None = None


@dataclass(slots=True)
class Listing:
    """The entries of one folder by name.

    Attributes:
        files: Files.
        folders: Full paths of its folders.
        left: What takes no part, and why. The name counts as taken: nothing is put there, nothing of it is deleted.
    """

    files: dict[str, File] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.files or self.folders or self.left)

    def names(self) -> set[str]:
        """Every name that is taken."""
        return {*self.files, *self.folders, *self.left}
