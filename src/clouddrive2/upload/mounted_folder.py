"""A folder in a mount, held open: what is done in it cannot end up in the bare folder below the mount.

Everything goes through the opened folder and not by its path, so a mount that vanishes, or is covered by another, takes what
was begun along; and no symbolic link leads out of it. Every method may wait for a file system that hangs.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

__all__ = ["MountGone", "MountedFolder"]

O_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


class MountGone(OSError):
    """Another file system is where the mount was."""


class MountedFolder:
    """An opened folder.

    Args:
        root: The folder the mount begins with.
        below: The folder's path below it, with ``/``; empty for the root itself.
        device: Number of the mount's file system.

    Raises:
        MountGone: It is not that file system any more, or not all the way down.
        FileNotFoundError: The folder does not exist.
        OSError: The system refuses.
    """

    def __init__(self, root: Path, below: str, device: int) -> None:
        self._root = root
        self._device = device
        # The root itself may be reached by a link; what is in the mount may not lead out of it by one.
        self._handle = os.open(root, O_FOLDER & ~getattr(os, "O_NOFOLLOW", 0))
        try:
            self._check_device()
            for name in filter(None, below.split("/")):
                inner = os.open(name, O_FOLDER, dir_fd=self._handle)
                os.close(self._handle)
                self._handle = inner
                self._check_device()
        except BaseException:
            os.close(self._handle)
            raise

    @property
    def is_current(self) -> bool:
        """Whether the mount is still at its place."""
        try:
            return os.stat(self._root).st_dev == self._device  # noqa: PTH116 - beside the other calls of the system
        except OSError:
            return False

    def room(self) -> int | None:
        """Bytes that are free; ``None`` when the mount does not tell."""
        found = os.fstatvfs(self._handle)
        return found.f_bavail * found.f_frsize if found.f_blocks else None

    def has(self, name: str) -> bool:
        """Whether something has the name."""
        try:
            os.stat(name, dir_fd=self._handle, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def create(self, name: str) -> int:
        """A new, empty file, open for writing."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
        return os.open(name, flags, 0o666, dir_fd=self._handle)

    def rename(self, old: str, new: str) -> None:
        """Give a file another name in the folder, in place of a file that has it."""
        os.replace(old, new, src_dir_fd=self._handle, dst_dir_fd=self._handle)

    def remove(self, name: str) -> None:
        """Remove a file; one that is gone already is fine."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._handle)

    def close(self) -> None:
        """Let go of it; may be called twice."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)

    def _check_device(self) -> None:
        found = os.fstat(self._handle)
        if found.st_dev != self._device or not stat.S_ISDIR(found.st_mode):
            raise MountGone(f"{self._root} is not the file system any more that was mounted there")
