"""A file whose bytes go to the server as they are written, without a local file: ``fs.open(path, "wb", streaming=True)``."""

from __future__ import annotations

import io
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from clouddrive2.client import _portal
from clouddrive2.errors import ConfigError

if TYPE_CHECKING:
    import asyncio

    from clouddrive2.fs.connection import Connection
    from clouddrive2.upload.stream import UploadStream

__all__ = ["StreamedBuffer"]

logger = logging.getLogger(__name__)


class StreamedBuffer(io.RawIOBase):
    """Nothing is in the drive under its name before it is closed. A ``with`` block that is left by an exception gives it up.

    Args:
        connection: Of the file system.
        path: Its complete path.
        mode: ``wb``, or ``xb``: refused when something is there.
        forget: Called when the drive changed.

    Raises:
        AlreadyExists: Something is there, or a folder.
        ConfigError: Another mode.
        Unsupported: The server has no calls to write files.
    """

    def __init__(self, connection: Connection, path: str, mode: str, forget: Any) -> None:
        self._stream: UploadStream | None = None
        self.path, self.mode = path, mode
        if mode not in ("wb", "xb"):
            raise ConfigError(f"{path}: a stream begins anew, with mode w or x, not '{mode}'", path=path)
        self._forget = forget
        self._loop = connection.loop
        self._written = 0
        self._stream = _portal.run(connection.call, lambda client: client.uploads.stream(path, overwrite=mode == "wb"))

    def writable(self) -> bool:
        """Until it is closed."""
        return not self.closed

    def write(self, data: Any) -> int:
        """Send some more.

        Raises:
            UploadFailed: The connection broke; the file is given up.
        """
        if self._stream is None:
            raise ValueError(f"{self.path} is closed")
        given = bytes(data)
        _portal.run(self._stream.write, given)
        self._written += len(given)
        return len(given)

    def tell(self) -> int:
        """How many bytes were written."""
        return self._written

    def close(self) -> None:
        """The file is complete; returns when it is in the drive and verified. May be called twice.

        Raises:
            clouddrive2.Error: It did not arrive.
        """
        stream, self._stream = self._stream, None
        if stream is None:
            super().close()
            return
        try:
            _portal.run(stream.close)
        finally:
            super().close()
            self._forget(self.path)

    def discard(self) -> None:
        """Give it up; what stood under the name stays as it was. May be called twice."""
        stream, self._stream = self._stream, None
        if stream is not None:
            _portal.run(stream.abort)
        super().close()

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def __del__(self) -> None:
        # May run on any thread, also on the loop's: ask, do not wait.
        stream, self._stream = getattr(self, "_stream", None), None
        if stream is not None and self._loop is not None:
            logger.warning("%s was never closed: it is given up", self.path, extra={"action": "never_closed"})
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(_give_up, self._loop, stream)


_ending: set[asyncio.Task[None]] = set()


def _give_up(loop: asyncio.AbstractEventLoop, stream: UploadStream) -> None:
    task = loop.create_task(stream.abort())
    _ending.add(task)
    task.add_done_callback(_ending.discard)
