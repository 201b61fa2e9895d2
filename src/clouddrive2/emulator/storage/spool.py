"""Temporary files on the local disk: what is not finished yet, wherever it goes in the end."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

from clouddrive2.emulator.storage.base import StorageError, StorageFull

__all__ = ["Spool", "named"]

GONE = "the temporary file has gone"
PASSED_ON = (FileNotFoundError, FileExistsError, NotADirectoryError, IsADirectoryError)


@contextlib.contextmanager
def named(path: str) -> Iterator[None]:
    """Turns errors of the operating system into those of the contract."""
    try:
        yield
    except PASSED_ON as error:
        raise type(error)(path) from error
    except OSError as error:
        if error.errno == errno.ENOTEMPTY:
            raise FileExistsError(path) from error
        if error.errno == errno.ELOOP:
            raise FileNotFoundError(path) from error
        kind = StorageFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else StorageError
        raise kind(f"{path}: {error.strerror}") from error


class _Temporary:
    """An open temporary file. Its handle is closed once nobody uses it: a number closed too early may already be another file."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._users = 0
        self._gone = False
        self._idle = threading.Condition()

    @contextlib.contextmanager
    def handle(self) -> Iterator[int]:
        """The handle, valid within the block."""
        with self._idle:
            if self._gone:
                raise StorageError(GONE)
            self._users += 1
        try:
            yield self._handle
        finally:
            with self._idle:
                self._users -= 1
                self._idle.notify_all()

    def close(self) -> None:
        """Let nobody use it any more, wait for those who do, and close it; may be repeated."""
        with self._idle:
            first, self._gone = not self._gone, True
            self._idle.wait_for(lambda: self._users == 0)
        if first:
            os.close(self._handle)


class Spool:
    """Temporary files ``<name>.part`` in one folder; safe to use from several threads.

    Args:
        folder: Where they lie; it exists.
        limit: The most bytes of one file.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._lock = threading.Lock()
        self._open: dict[str, _Temporary] = {}

    def begin(self) -> str:
        """A new temporary file; the answer names it."""
        temporary = uuid.uuid4().hex
        with named("a temporary file"):
            handle = os.open(self.path(temporary), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
        with self._lock:
            self._open[temporary] = _Temporary(handle)
        return temporary

    def path(self, temporary: str) -> Path:
        """The file itself."""
        return self._folder / f"{temporary}.part"

    def has(self, temporary: str) -> bool:
        """Whether it is there."""
        with self._lock:
            return temporary in self._open

    @contextlib.contextmanager
    def handle(self, temporary: str) -> Iterator[int]:
        """Its open handle, valid within the block.

        Raises:
            StorageError: It has gone.
        """
        with self._lock:
            file = self._open.get(temporary)
        if file is None:
            raise StorageError(GONE)
        with file.handle() as handle:
            yield handle

    def write(self, temporary: str, offset: int, data: bytes) -> None:
        """Write at an offset.

        Raises:
            StorageError: It has gone, or cannot be written.
        """
        if offset + len(data) > self._limit:
            raise StorageFull("no room is left in the cloud")
        with named("a temporary file"), self.handle(temporary) as handle:
            view = memoryview(data)
            while view:
                written = os.pwrite(handle, view, offset)
                view, offset = view[written:], offset + written

    def read(self, temporary: str, offset: int, length: int) -> bytes:
        """Bytes of it; fewer at its end.

        Raises:
            StorageError: It has gone, or cannot be read.
        """
        with named("a temporary file"), self.handle(temporary) as handle:
            return os.pread(handle, length, offset)

    def discard(self, temporary: str) -> None:
        """Forget it, once nobody uses it any more; unknown ones are ignored."""
        with self._lock:
            file = self._open.pop(temporary, None)
        if file is not None:
            file.close()
            self.path(temporary).unlink(missing_ok=True)

    def close(self) -> None:
        """Forget all."""
        with self._lock:
            temporaries = list(self._open)
        for temporary in temporaries:
            self.discard(temporary)
