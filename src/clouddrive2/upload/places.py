"""Places of the drive that are being filled: on one machine one upload has a place at a time.

Two uploads to one place would each look, find nothing, and each be told that it arrived, while the drive keeps the later one.
So whoever looks has the place before, until its upload is verified. A place is one byte of a file, locked; the lock goes with
the process, even when it is killed, and costs no file of its own.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import threading
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["Places"]

logger = logging.getLogger(__name__)
# Any number of places spread over so many bytes: two that meet are told apart by nobody, and one of them waits its turn.
BYTES = 1 << 62 if sys.maxsize > 1 << 32 else 1 << 30

_opened: dict[Path, _LockFile] = {}
_guard = threading.Lock()


class _LockFile:
    """The file, open once per process: closing a second handle of it would free all places of the first."""

    def __init__(self, path: Path) -> None:
        self.users = 0
        self.taken: set[int] = set()
        self._handle: int | None = None
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            logger.warning(
                "%s cannot be used (%s); other programs on this machine are not kept from uploading to the same place",
                path,
                error.strerror,
                extra={"action": "places_unusable"},
            )

    def lock(self, place: int) -> bool:
        if self._handle is None:
            return True
        try:
            if sys.platform == "win32":
                os.lseek(self._handle, place, os.SEEK_SET)
                msvcrt.locking(self._handle, msvcrt.LK_NBLCK, 1)
            else:
                fcntl.lockf(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except OSError:
            return False
        return True

    def unlock(self, place: int) -> None:
        if self._handle is None:
            return
        if sys.platform == "win32":
            os.lseek(self._handle, place, os.SEEK_SET)
            msvcrt.locking(self._handle, msvcrt.LK_UNLCK, 1)
        else:
            fcntl.lockf(self._handle, fcntl.LOCK_UN, 1, place)

    def close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)


class Places:
    """The places that uploads of one client have.

    Args:
        folder: The state folder; all clients that share it keep out of each other's way.
        server: Places of different servers are different.
    """

    def __init__(self, folder: Path, server: str) -> None:
        self._path = Path(os.path.abspath(folder / "places.lock"))  # noqa: PTH100 - resolve() would follow links
        self._server = server
        self._ours: set[int] = set()
        with _guard:
            if self._path not in _opened:
                _opened[self._path] = _LockFile(self._path)
            self._file = _opened[self._path]
            self._file.users += 1

    def take(self, path: str) -> bool:
        """Have a place until :meth:`free`; ``False`` when another upload has it, of this process or of another."""
        place = self._place(path)
        with _guard:
            if place in self._file.taken or not self._file.lock(place):
                return False
            self._file.taken.add(place)
            self._ours.add(place)
        return True

    def free(self, path: str) -> None:
        """Let others have it; may be repeated."""
        self._free(self._place(path))

    def close(self) -> None:
        """Free all of them."""
        for place in list(self._ours):
            self._free(place)
        with _guard:
            self._file.users -= 1
            if self._file.users == 0:
                _opened.pop(self._path, None)
                self._file.close()

    def _free(self, place: int) -> None:
        with _guard:
            if place in self._ours:
                self._ours.discard(place)
                self._file.taken.discard(place)
                self._file.unlock(place)

    def _place(self, path: str) -> int:
        digest = hashlib.sha1(f"{self._server}\n{path}".encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()
        return int.from_bytes(digest[:8], "big") % BYTES
