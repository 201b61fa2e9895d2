"""The bytes of a source into an open file, by the kernel itself where it can: no byte passes through this program then."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

from clouddrive2.errors import SourceChanged
from clouddrive2.upload.source import LocalFile

__all__ = ["PIECE_BYTES", "Copying"]

# Between two pieces a copy can be paused, slowed down or stopped, and tells how far it is.
PIECE_BYTES = 4 * 1024 * 1024
BUFFER_BYTES = 1024 * 1024
# What a kernel answers that does not do it itself, for these files.
NOT_HERE = frozenset({errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF})


class Copying:
    """One copy. :meth:`run` blocks.

    Args:
        source: What to copy.
        allow: Called before each piece with its length: returns when it may go, raises to end the copy.
        copied: Told begin and end of each piece.
    """

    def __init__(self, source: LocalFile, allow: Callable[[int], None], copied: Callable[[int, int], None]) -> None:
        self._source = source
        self._allow = allow
        self._copied = copied
        self._ways: list[Callable[[int, int, int, int], int]] = [_by_plain_writes]
        if hasattr(os, "copy_file_range"):
            self._ways.append(_by_copy_file_range)

    def run(self, target: int) -> None:
        """Copy everything to the start of an open file.

        Raises:
            SourceChanged: The source is shorter than it was.
            OSError: Reading or writing failed.
        """
        offset, size = 0, self._source.size
        while offset < size:
            end = min(size, offset + PIECE_BYTES)
            self._allow(end - offset)
            begin = offset
            while offset < end:
                offset += self._some(target, offset, end - offset)
            self._copied(begin, end)

    def _some(self, target: int, offset: int, length: int) -> int:
        """Copy bytes by the best way this kernel has; how many."""
        while True:
            try:
                copied = self._ways[-1](self._source.fileno(), target, offset, length)
            except OSError as error:
                if error.errno not in NOT_HERE or len(self._ways) == 1:
                    raise
                self._ways.pop()
                continue
            if copied:
                return copied
            if self._source.size == os.fstat(self._source.fileno()).st_size and len(self._ways) > 1:
                # Some file systems say that there is nothing, and mean that they cannot.
                self._ways.pop()
                continue
            raise SourceChanged(f"{self._source.path} became shorter while it was uploaded", path=str(self._source.path))


def _by_copy_file_range(source: int, target: int, offset: int, length: int) -> int:
    return os.copy_file_range(source, target, length, offset, offset)


def _by_plain_writes(source: int, target: int, offset: int, length: int) -> int:
    # Not sendfile: its 64 KiB at a time cost a mount twice the work of requests this long.
    data = os.pread(source, min(length, BUFFER_BYTES), offset)
    done = 0
    while done < len(data):
        done += os.pwrite(target, memoryview(data)[done:], offset + done)
    return done
