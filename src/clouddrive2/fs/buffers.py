"""Files opened through the file system: read in blocks as they are needed, written to a local file until they are complete."""

from __future__ import annotations

import io
import logging
import os
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from fsspec.spec import AbstractBufferedFile

from clouddrive2.errors import AlreadyExists, ConfigError, FileExpected, NotFound, OperationFailed

if TYPE_CHECKING:
    from clouddrive2.fs.filesystem import CloudDriveFileSystem
    from clouddrive2.fs.streamed import StreamedBuffer

__all__ = ["CompressedBuffer", "ReadBuffer", "WriteBuffer"]

logger = logging.getLogger(__name__)


class ReadBuffer(AbstractBufferedFile):  # type: ignore[misc]  # fsspec has no types
    """A file opened for reading. What is fetched ahead and kept is decided by fsspec's caches (``cache_type``).

    Raises:
        NotFound: There is no such file.
        FileExpected: It is a folder.
    """

    def __init__(self, fs: CloudDriveFileSystem, path: str, *, block_size: int | None, **options: Any) -> None:
        if options.get("size") is None:
            found = fs.info(path)
            if found["type"] == "directory":
                self.closed = True
                raise FileExpected(f"{path} is a folder; only files can be opened", path=path)
            self._details, options["size"] = found, found["size"]
        super().__init__(fs, path, "rb", block_size or fs.blocksize, **options)

    def _fetch_range(self, start: int, end: int) -> bytes:
        """Bytes from ``start`` up to ``end``.

        Raises:
            OperationFailed: The file is shorter than it was when it was opened.
        """
        end = min(end, self.size)
        data: bytes = self.fs.cat_file(self.path, start=start, end=end) if start < end else b""
        if len(data) != max(0, end - start):
            raise OperationFailed(f"{self.path} became shorter while it was read; open it again", path=self.path)
        return data


class WriteBuffer(io.IOBase):
    """A file opened for writing: a temporary local file, sent when it is closed, or at the end of a transaction.

    Nothing is in the drive under its name before that. A ``with`` block that is left by an exception sends nothing, nor does
    a file that is never closed.

    Args:
        fs: Where it goes.
        path: Its complete path.
        mode: ``wb``, ``xb`` (refused when something is there, now and at the end), or ``ab`` (what is there is fetched first).
        autocommit: Send it when it is closed; otherwise :meth:`commit` does.

    Raises:
        AlreadyExists: ``xb``, and something is there.
        FileExpected: There is a folder.
    """

    def __init__(self, fs: CloudDriveFileSystem, path: str, mode: str, *, autocommit: bool = True) -> None:
        self._closed = True
        self.fs, self.path, self.mode, self.autocommit = fs, path, mode, autocommit
        self._pending = False
        handle, self._local = tempfile.mkstemp(prefix="cd2-fs-")
        self._file: io.BufferedRandom = os.fdopen(handle, "w+b")
        self._closed = False

    @classmethod
    def opened(cls, fs: CloudDriveFileSystem, path: str, mode: str, *, autocommit: bool) -> WriteBuffer:
        """One for a blocking caller, who is told now what would fail at the end."""
        found = None
        with suppress(NotFound):
            found = fs.info(path)
        if found is not None and found["type"] == "directory":
            raise FileExpected(f"{path} is a folder; only files can be opened", path=path)
        if found is not None and mode == "xb":
            raise AlreadyExists(f"{path} exists already", path=path)
        buffer = cls(fs, path, mode, autocommit=autocommit)
        if found is not None and mode == "ab":
            try:
                fs.get_file(path, buffer._file)
            except BaseException:
                buffer.discard()
                raise
        return buffer

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    @property
    def local(self) -> str:
        """Where the bytes are until they are sent."""
        return self._local

    def readable(self) -> bool:
        """Never."""
        return False

    def writable(self) -> bool:
        """Until it is closed."""
        return not self._closed

    def seekable(self) -> bool:
        """Until it is closed: the bytes are here."""
        return not self._closed

    def write(self, data: Any) -> int:
        """Write into the local file."""
        return self._file.write(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place in it."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Where it is."""
        return self._file.tell()

    def truncate(self, size: int | None = None) -> int:
        """Make it shorter, or longer."""
        return self._file.truncate(size)

    def flush(self) -> None:
        """Into the local file; nothing is sent."""
        if not self._closed:
            self._file.flush()

    def close(self) -> None:
        """The file is complete: send it, or leave it to :meth:`commit`. May be called twice."""
        if self._closed:
            return
        self._end()
        self._pending = True
        if self.autocommit:
            self.commit()

    def commit(self) -> None:
        """Send it.

        Raises:
            ConfigError: It is still open.
            clouddrive2.Error: It did not arrive; nothing truncated is in its place, and the bytes are gone here.
        """
        if not self._closed:
            raise ConfigError(f"{self.path} is still open for writing; close it first, so that it is complete", path=self.path)
        if not self._pending:
            return
        try:
            self.fs.send(self._local, self.path, exclusive=self.mode == "xb")
        finally:
            self.discard()

    def discard(self) -> None:
        """Throw it away; what stood under the name stays as it was. May be called twice."""
        self._end()
        self._pending = False
        if os.path.exists(self._local):  # noqa: PTH110  # at the end of the program pathlib may be gone
            os.unlink(self._local)  # noqa: PTH108

    def _end(self) -> None:
        if not self._closed:
            self._closed = True
            self._file.close()

    def __enter__(self) -> WriteBuffer:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def __del__(self) -> None:
        # A file is not sent from here: this may run on any thread, and whether it is complete nobody says.
        if not self._closed:
            self.discard()
            logger.warning("%s was never closed: it was not sent", self.path, extra={"action": "never_closed"})

    def __reduce__(self) -> Any:
        raise TypeError(f"{self.path} is open for writing and cannot be pickled; close it first")

    def __repr__(self) -> str:
        return f"<WriteBuffer {self.path}>"


class CompressedBuffer(io.BufferedIOBase):
    """What compresses on the way into another buffer, closed together with it.

    Args:
        compressor: One of fsspec's; it does not close what it writes to.
        target: What it writes to.
    """

    def __init__(self, compressor: Any, target: WriteBuffer | StreamedBuffer) -> None:
        self._compressor = compressor
        self._target = target

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._target.closed

    def writable(self) -> bool:
        """Until it is closed."""
        return not self.closed

    def write(self, data: Any) -> int:
        """Compress some more."""
        count: int = self._compressor.write(data)
        return count

    def tell(self) -> int:
        """How many bytes before compression."""
        place: int = self._compressor.tell()
        return place

    def flush(self) -> None:
        """As far as the compressor can."""
        if not self.closed:
            self._compressor.flush()

    def close(self) -> None:
        """The file is complete: see :meth:`WriteBuffer.close`. May be called twice."""
        if not self.closed:
            self._compressor.close()
            self._target.close()

    def __enter__(self) -> CompressedBuffer:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.close()
        elif not self.closed:
            # Closed first: its end would be written into a closed file later.
            self._compressor.close()
            self._target.discard()
