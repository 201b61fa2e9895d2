"""Device ids: one per client at a time, the same again after a restart (protocol.md §8.6).

The server knows a client's channel by its device id, and a second channel with the same id ends the first. So an id is a
file that its user keeps locked; the lock goes with the process, even when it is killed, and the next one takes the same id.
"""

from __future__ import annotations

import os
import sys
import uuid
from pathlib import Path

from clouddrive2.errors import ConfigError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["Device"]

SLOTS = 256


class Device:
    """A device id that is ours until :meth:`release`.

    Args:
        folder: Where the ids are kept; made if missing.
        preferred: The id to have if nobody uses it: that of an upload to be taken up.

    Raises:
        ConfigError: The folder cannot be written, or all ids are in use.
    """

    def __init__(self, folder: Path, preferred: str | None = None) -> None:
        self.folder = folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            wanted = [path for path in folder.glob("*.id") if preferred and path.read_text(errors="replace").strip() == preferred]
            for path in [*wanted, *(folder / f"{slot}.id" for slot in range(SLOTS))]:
                handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
                if _lock(handle):
                    self._handle: int | None = handle
                    self.id = _read_or_write(handle)
                    return
                os.close(handle)
        except OSError as error:
            raise ConfigError(f"device ids cannot be kept in {folder}: {error.strerror}", path=str(folder)) from error
        raise ConfigError(f"all {SLOTS} device ids in {folder} are in use; close other clients", path=str(folder))

    def release(self) -> None:
        """Let others have the id; may be called twice."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _read_or_write(handle: int) -> str:
    kept = os.read(handle, 64).decode(errors="replace").strip()
    try:
        return str(uuid.UUID(kept))
    except ValueError:
        fresh = str(uuid.uuid4())
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, fresh.encode())
        return fresh


def _lock(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            os.lseek(handle, 4096, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            os.lseek(handle, 0, os.SEEK_SET)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
