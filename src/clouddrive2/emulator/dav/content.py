"""The bytes of files on their way in and out, in the thread of their request."""

from __future__ import annotations

import io
from typing import Protocol

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import CallError, Status
from clouddrive2.emulator.dav.errors import as_dav_errors
from clouddrive2.emulator.delivery import Deliveries, Delivery
from clouddrive2.emulator.storage import Reader, StorageError
from clouddrive2.emulator.tree import Refusal
from clouddrive2.emulator.upload_faults import UploadFaults
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["Arriving", "Incoming", "Outgoing", "Waiting"]


class Waiting(Protocol):
    """Knows whether somebody still waits for the answer."""

    left: bool


class Incoming:
    """The body of a PUT, written beside the visible tree. Ends with :meth:`deliver` or :meth:`discard`.

    Raises:
        Refusal: No file can be there.
        StorageError: There is no room.
    """

    def __init__(self, world: World, path: str, faults: UploadFaults) -> None:
        if paths.parent(path) == "/":
            raise Refusal("files cannot be created in the root")
        if problem := paths.check_name(paths.tail(path)):
            raise Refusal(problem)
        self._world = world
        self._path = path
        self._faults = faults
        self._cloud, inner = world.locate(path)
        if self._cloud.options.read_only:
            raise Refusal("this cloud is read-only")
        if self._cloud.storage.is_locked(inner):
            raise Refusal(f"{paths.parent(path)} is locked")
        self._temporary = self._cloud.storage.begin()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Append."""
        with as_dav_errors():
            data = self._faults.written(data)
            self._faults.check_space(len(data))
            self._cloud.storage.write(self._temporary, self.size, data)
        self.size += len(data)

    def close(self) -> None:
        """For the library, which tells by another call whether all is there."""

    def discard(self) -> None:
        """Forget it."""
        self._cloud.storage.discard(self._temporary)

    async def deliver(self, deliveries: Deliveries, account: str) -> pb.CloudDriveFile | None:
        """Queue it as a mount does at close (protocol.md §7.2), in place of what is queued for the path; the entry shown now."""
        async with self._world.changing:
            above = await self._world.entry(paths.parent(self._path))
            if above is None or not above.isDirectory:
                self.discard()
                raise CallError(Status.NOT_FOUND, f"{paths.parent(self._path)} has gone")
            deliveries.supersede(self._path)
            delivery = Delivery(self._path, self._cloud, self._temporary, self.size, account)
            await deliveries.begin(delivery, at_once=False)
        return await self._world.entry(self._path)


class Arriving(Reader):
    """What lies in the server and is not in its cloud yet, read as through a mount; from there, if it arrives meanwhile.

    Args:
        delivery: What is on its way.
        path: Where it arrives, within its cloud.
    """

    def __init__(self, delivery: Delivery, path: str) -> None:
        self.size = delivery.size
        self._storage = delivery.cloud.storage
        self._temporary = delivery.temporary
        self._path = path
        self._arrived: Reader | None = None

    def read(self, offset: int, length: int) -> bytes:
        length = max(0, min(length, self.size - offset))
        if self._arrived is None:
            try:
                data = self._storage.read_temporary(self._temporary, offset, length)
                return data + bytes(length - len(data))
            except StorageError:
                self._arrived = self._storage.open(self._path)
                if self._arrived.size != self.size:
                    raise StorageError("another file has taken its place") from None
        return self._arrived.read(offset, length)

    def close(self) -> None:
        if self._arrived is not None:
            self._arrived.close()


class Outgoing(io.RawIOBase):
    """A file being read; ends with an error when nobody waits for it any more."""

    def __init__(self, reader: Reader, visit: Waiting) -> None:
        super().__init__()
        self._reader = reader
        self._visit = visit
        self._at = 0

    def read(self, size: int = -1) -> bytes:
        if self._visit.left:
            raise ConnectionResetError("the reader has left")
        data = self._reader.read(self._at, self._reader.size - self._at if size < 0 else size)
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._reader.size}[whence] + offset
        return self._at

    def close(self) -> None:
        self._reader.close()
        super().close()
