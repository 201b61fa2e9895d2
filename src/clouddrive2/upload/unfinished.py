"""Local files that somebody is still writing: not yet worth an upload."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

if sys.platform == "linux":
    import fcntl

__all__ = ["SUFFIXES", "unfinished_reason"]

# What download clients put behind a name until the file is complete.
SUFFIXES = (".!qb", ".!ut", ".aria2", ".crdownload", ".download", ".part", ".partial", ".tmp")
# Where nobody can be asked who writes, a file that changed so lately is looked at twice, with a pause.
RECENT_SECONDS, PAUSE_SECONDS = 10.0, 0.5


def unfinished_reason(
    path: str | Path,
    *,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], object] = time.sleep,
) -> str | None:
    """Why a file should not be uploaded yet, or ``None``. Blocks for a moment where the system cannot tell who writes.

    Args:
        path: A regular file.
        clock, sleep: Wall clock in seconds, and waiting.

    Raises:
        OSError: It cannot be looked at.
    """
    path = Path(path)
    name = path.name.lower()
    for suffix in SUFFIXES:
        if name.endswith(suffix):
            return f"its name ends in {path.name[-len(suffix) :]}, as files do that are not complete"
    # A name of full length has no room for the ending: then nothing of that name is there, which Path.exists would not say.
    if os.path.lexists(path.with_name(path.name + ".aria2")):
        return f"{path.name}.aria2 beside it says that it is still being downloaded"
    before = path.stat()
    written = _is_written(path)
    if written:
        return "another program has it open for writing"
    if written is None and clock() - before.st_mtime < RECENT_SECONDS:
        sleep(PAUSE_SECONDS)
        after = path.stat()
        if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
            return "it is growing"
    return None


def _is_written(path: Path) -> bool | None:
    """Whether anybody has the file open for writing; ``None`` when the system does not tell."""
    if sys.platform != "linux":
        return None
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        # Who opens it for writing in this very moment must not end us by a signal.
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        # A lease for reading is given only while nobody writes.
        return True
    except OSError:
        return None
    finally:
        os.close(handle)
    return False
