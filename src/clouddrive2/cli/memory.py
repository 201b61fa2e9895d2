"""How a program that moves a lot of data uses memory."""

from __future__ import annotations

import contextlib
import ctypes

__all__ = ["keep_freed_memory"]

# Of mallopt(3), glibc's.
TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD = -1, -2, -3
MIB = 1 << 20


def keep_freed_memory() -> None:
    """Let the allocator keep what was freed, where it can be told (glibc); nothing happens elsewhere.

    By default each message of a megabyte comes fresh from the system, zeroed page by page, and goes back: that is half of the
    processor time of an emulator that takes a large file, and a tenth of a client's. The most that is in use at a time stays
    as it is, and that is little: pieces on their way are bounded.
    """
    with contextlib.suppress(AttributeError, OSError):
        mallopt = ctypes.CDLL(None).mallopt
        for option, value in ((MMAP_THRESHOLD, 32 * MIB), (TRIM_THRESHOLD, 256 * MIB), (TOP_PAD, 16 * MIB)):
            mallopt(option, value)
