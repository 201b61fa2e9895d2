"""A local file as an upload sees it: opened once, read at any offset from any thread, watched for changes."""

from __future__ import annotations

import os
import stat
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from clouddrive2.errors import ConfigError, NotFound, OperationFailed, PermissionDenied, SourceChanged

__all__ = ["FileIdentity", "LocalFile"]

# Files up to this size are read when they are opened: for them a trip to another thread costs more than the bytes.
SMALL_BYTES = 64 * 1024
# Linux: read what is in the page cache, fail instead of waiting.
NO_WAIT: int | None = getattr(os, "RWF_NOWAIT", None)


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """What tells one state of a file from another.

    Attributes:
        path, device, inode, size, mtime_ns: All of them are the same for the same state.
        ctime_ns: When anything of it changed, be it only its permissions; counts where a doubt costs little.
    """

    path: str
    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int = field(default=0, compare=False)

    @classmethod
    def of(cls, path: str, found: os.stat_result) -> FileIdentity:
        """From a ``stat`` result."""
        return cls(path, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


class LocalFile:
    """An open regular file.

    Attributes:
        size: Bytes, when it was opened.
        identity: What it was then.
        content: All of it when it is small, else ``None``.
        opened_ns: When that was, in nanoseconds since the epoch; no byte was read before.

    Args:
        path: Where it is; opened at once, symbolic links followed.

    Raises:
        NotFound, PermissionDenied, ConfigError: It is missing, unreadable, or no regular file.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
        self.opened_ns = time.time_ns()
        shown = str(self.path)
        try:
            found = self.path.stat()
            if stat.S_ISDIR(found.st_mode):
                raise ConfigError(f"{shown} is a folder; upload it with a batch, or with cd2 put", path=shown)
            if not stat.S_ISREG(found.st_mode):
                raise ConfigError(f"{shown} is no regular file (a device, pipe or socket cannot be uploaded)", path=shown)
            self._handle = os.open(self.path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except FileNotFoundError as error:
            raise NotFound(f"{shown} does not exist", path=shown) from error
        except PermissionError as error:
            raise PermissionDenied(f"{shown} cannot be read: {error.strerror}", path=shown) from error
        except UnicodeEncodeError as error:
            raise ConfigError(f"{shown!r} has a name that is no valid text", path=shown) from error
        except OSError as error:
            raise OperationFailed(f"{shown} cannot be opened: {error.strerror}", path=shown) from error
        self.identity = FileIdentity.of(shown, os.fstat(self._handle))
        self.size = self.identity.size
        self.content: bytes | None = self._whole() if self.size <= SMALL_BYTES else None
        self._lock = threading.Lock()
        self._closed = False

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.name

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the state the file had when it was opened. Blocks; safe from several threads.

        Raises:
            SourceChanged: It has another size, time or identity now, or ended early.
            OperationFailed: The disk failed.
        """
        data = self.pread(offset, length)
        if len(data) != min(length, max(0, self.size - offset)):
            raise SourceChanged(f"{self.path} became shorter while it was uploaded", path=str(self.path))
        self.check()
        return data

    def read_cached(self, offset: int, length: int) -> bytes | None:
        """The same without waiting for a disk; ``None`` when that is not certain, and :meth:`read` has to be asked in a thread.

        A range counts as cached when its first and its last byte are: the system reads ahead, and forgets, in larger pieces.
        """
        if NO_WAIT is None or length == 0:
            return None
        byte = bytearray(1)
        last = min(offset + length, self.size) - 1
        try:
            if any(os.preadv(self._handle, [byte], place, NO_WAIT) != 1 for place in (offset, last)):
                return None
        except OSError:
            # Not cached, or a file system that cannot tell.
            return None
        return self.read(offset, length)

    def _whole(self) -> bytes | None:
        """Everything; ``None`` when it is not what its size says, which a later read reports."""
        try:
            data = os.read(self._handle, self.size + 1)
        except OSError:
            return None
        return data if len(data) == self.size else None

    def pread(self, offset: int, length: int) -> bytes:
        """Bytes as they are now, without a check."""
        try:
            if hasattr(os, "pread"):
                data = os.pread(self._handle, length, offset)
                while data and len(data) < min(length, self.size - offset):
                    more = os.pread(self._handle, length - len(data), offset + len(data))
                    if not more:
                        break
                    data += more
                return data
            with self._lock:
                os.lseek(self._handle, offset, os.SEEK_SET)
                return os.read(self._handle, length)
        except OSError as error:
            raise OperationFailed(f"reading {self.path}: {error.strerror}", path=str(self.path)) from error

    def pread_into(self, buffer: memoryview, offset: int) -> int:
        """Fill a buffer; how many bytes."""
        if hasattr(os, "preadv"):
            try:
                return os.preadv(self._handle, [buffer], offset)
            except OSError as error:
                raise OperationFailed(f"reading {self.path}: {error.strerror}", path=str(self.path)) from error
        data = self.pread(offset, len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def fileno(self) -> int:
        """Its number for the system, for copies the kernel makes; reading through it moves nothing here."""
        return self._handle

    def check(self) -> None:
        """Raise when the file is not what it was.

        Raises:
            SourceChanged: Says how.
        """
        shown = str(self.path)
        if FileIdentity.of(shown, os.fstat(self._handle)) != self.identity:
            raise SourceChanged(f"{shown} changed while it was uploaded; upload it again when it is complete", path=shown)
        try:
            found = self.path.stat()
        except OSError as error:
            raise SourceChanged(f"{shown} was removed while it was uploaded", path=shown) from error
        if FileIdentity.of(shown, found) != self.identity:
            raise SourceChanged(f"{shown} was replaced while it was uploaded; upload it again", path=shown)

    def remove(self) -> None:
        """Delete it, if it is still what it was.

        Raises:
            SourceChanged: It is not; nothing is deleted.
            PermissionDenied, OperationFailed: It cannot be deleted.
        """
        self.check()
        try:
            self.path.unlink()
        except PermissionError as error:
            raise PermissionDenied(f"{self.path} is in the drive, but may not be deleted here", path=str(self.path)) from error
        except OSError as error:
            message = f"{self.path} is in the drive, but cannot be deleted here: {error.strerror}"
            raise OperationFailed(message, path=str(self.path)) from error

    def close(self) -> None:
        """Close it; may be called twice."""
        if not self._closed:
            self._closed = True
            os.close(self._handle)
