"""A file that grows in the server as its bytes come, without a local file; for who has bytes and no room (protocol.md §7).

Compared with an upload of a local file it can neither begin anew nor be taken up again: whatever fails ends it. It grows under
a name of its own, as with the route ``write``, and gets its name when it is whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
import time
from dataclasses import replace

from clouddrive2.api.files import AsyncFiles
from clouddrive2.api.transfers import AsyncTransfers
from clouddrive2.api.write_file import WriteFile
from clouddrive2.config import UploadConfig
from clouddrive2.errors import AlreadyExists, ConfigError, Error, NotFound, Unreachable, UploadFailed
from clouddrive2.models.files import Entry, Hashes
from clouddrive2.models.paths import parent_of
from clouddrive2.models.uploads import Outcome, Uploaded, Verify
from clouddrive2.upload.delivery import Delivery
from clouddrive2.upload.hashing import HashKind, HashValue
from clouddrive2.upload.placing import Left, Placing
from clouddrive2.upload.progress import ProgressTracker
from clouddrive2.upload.verify import verify_entry
from clouddrive2.upload.writing import PIECE_BYTES

__all__ = ["UploadStream"]

ABORT_SECONDS = 10.0


class UploadStream:
    """A file on its way. Made by ``client.uploads.stream``; end it with :meth:`close` or :meth:`abort`."""

    def __init__(
        self, path: str, overwrite: bool, files: AsyncFiles, file: WriteFile, transfers: AsyncTransfers, config: UploadConfig
    ) -> None:
        self._path = path
        self._overwrite = overwrite
        self._files = files
        self._file = file
        self._transfers = transfers
        self._config = config
        self._began = time.monotonic()
        self._handle = 0
        self._left = Left.of(path, secrets.token_hex(4), 0, None)
        self._waiting = bytearray()
        self._written = 0
        self._hashes = _StreamHashes()
        self._ended = False

    async def begin(self) -> None:
        """Look what is there, and open the file in the server.

        Raises:
            AlreadyExists: Something is there, and it is not to be replaced; or a folder.
            Unsupported: The server has no calls to write files.
        """
        await self._existing()
        await self._files.mkdir(parent_of(self._path), parents=True, exist_ok=True)
        self._handle = await self._file.create(self._left.partial, meant=self._path)

    async def write(self, data: bytes) -> None:
        """Send some more; pieces of 2 MiB are made of what comes.

        Raises:
            UploadFailed: The connection broke: nobody knows how much arrived, so the file is given up.
            clouddrive2.Error: The server refused; the file is given up.
        """
        self._check()
        self._waiting += data
        while len(self._waiting) >= PIECE_BYTES:
            piece = bytes(self._waiting[:PIECE_BYTES])
            del self._waiting[:PIECE_BYTES]
            await self._send(piece)

    async def close(self) -> Uploaded:
        """The file is complete: give it its name, wait until its cloud has it, and compare.

        Raises:
            AlreadyExists: The name was taken meanwhile.
            UploadFailed, HashMismatch, NotVerified, OutcomeUnknown: It did not arrive, or is not what was sent.
        """
        self._check()
        if self._waiting:
            await self._send(bytes(self._waiting))
            self._waiting.clear()
        try:
            existing = await self._existing()
            self._left = replace(
                Left.of(self._path, secrets.token_hex(4), self._written, existing), partial=self._left.partial, closed=True
            )
            delivery = Delivery(self._transfers, self._stat, self._config, self._path, partial=self._left.partial)
            await delivery.remember()
            await self._file.close(self._handle, path=self._path, upload_immediately=True)
        except BaseException:
            await self.abort()
            raise
        self._ended = True
        placing = Placing(self._files, self._config, self._left)
        try:
            await placing.place(delivery.check)
            await delivery.follow(ProgressTracker(self._written), self._written)
            found = await verify_entry(
                self._path,
                self._written,
                Verify.AUTO,
                self._hashes,
                self._stat,
                seconds=self._config.verify_seconds,
                before=existing,
            )
            await placing.settle()
        except Unreachable:
            # The server has all of it and may yet deliver it: nothing is taken back.
            raise
        except BaseException:
            await placing.undo()
            raise
        seconds = time.monotonic() - self._began
        return Uploaded("", self._path, self._written, "write", Outcome.VERIFIED, found.by, instant=False, seconds=seconds)

    async def abort(self) -> None:
        """Give the file up: nothing of it stays, what stood under the name does. May be called twice, and after the end."""
        if self._ended:
            return
        self._ended = True
        self._waiting.clear()
        # What cannot be removed now has a name of its own and hurts nobody.
        with contextlib.suppress(Error, TimeoutError):
            async with asyncio.timeout(ABORT_SECONDS):
                if self._handle:
                    with contextlib.suppress(Error):
                        await self._file.close(self._handle, path=self._left.partial, upload_immediately=False)
                await self._files.delete(self._left.partial, missing_ok=True)

    async def _send(self, piece: bytes) -> None:
        try:
            await self._file.limit.take(len(piece), self._path)
            await asyncio.gather(
                self._file.write(self._handle, self._written, piece, path=self._path), asyncio.to_thread(self._hashes.add, piece)
            )
        except Unreachable as error:
            await self.abort()
            raise UploadFailed(
                f"{self._path}: the connection broke after {self._written} bytes ({error}), and a stream cannot be repeated; "
                "write the file again, or from a local file, which can go on",
                path=self._path,
            ) from error
        except BaseException:
            await self.abort()
            raise
        self._written += len(piece)

    async def _existing(self) -> Entry | None:
        """What is there and may be replaced."""
        try:
            there = await self._files.stat(self._path)
        except NotFound:
            return None
        if there.is_folder or not self._overwrite:
            what = "is a folder" if there.is_folder else "exists already"
            raise AlreadyExists(f"{self._path} {what}", path=self._path)
        return there

    async def _stat(self, path: str, refresh: bool) -> Entry:
        entry = await self._files.stat(path, refresh=refresh)
        # The third kind depends on the whole size, which a stream does not know before its end.
        return replace(entry, hashes=Hashes(entry.hashes.md5, entry.hashes.sha1))

    def _check(self) -> None:
        if self._ended:
            raise ConfigError(f"{self._path}: this stream has ended", path=self._path)


class _StreamHashes:
    """Hashes of bytes as they pass."""

    def __init__(self) -> None:
        self._running = {1: hashlib.md5(usedforsecurity=False), 2: hashlib.sha1(usedforsecurity=False)}

    def add(self, data: bytes) -> None:
        """Some more."""
        for each in self._running.values():
            each.update(data)

    @property
    def values(self) -> dict[int, str]:
        """By type number."""
        return {kind: each.hexdigest() for kind, each in self._running.items()}

    async def compute(self, kind: HashKind) -> HashValue:
        """One of them."""
        return HashValue(self.values[kind.type])
