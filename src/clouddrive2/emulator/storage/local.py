"""A folder of the machine shown as a cloud: its own files, and what the server needs beside them kept out of sight."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from clouddrive2.emulator.storage.base import Item
from clouddrive2.emulator.storage.disk import DiskStorage

__all__ = ["HIDDEN", "LocalFolder"]

HIDDEN = ".clouddrive2"


class LocalFolder(DiskStorage):
    """The folder itself; temporary files and the hash index lie in a hidden folder in it, on the same file system.

    Args:
        folder: An existing folder.

    Raises:
        NotADirectoryError: It is none.
        OSError: Nothing can be written into it.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise NotADirectoryError(str(folder))
        super().__init__(folder, folder / HIDDEN)

    def stat(self, path: str) -> Item | None:
        return None if _is_hidden(path) else super().stat(path)

    def names(self, folder: str) -> list[str]:
        if _is_hidden(folder):
            raise FileNotFoundError(folder)
        return [name for name in super().names(folder) if folder != "/" or name != HIDDEN]

    def items(self, folder: str, names: Sequence[str]) -> list[Item]:
        return super().items(folder, [name for name in names if folder != "/" or name != HIDDEN])


def _is_hidden(path: str) -> bool:
    return path == f"/{HIDDEN}" or path.startswith(f"/{HIDDEN}/")
