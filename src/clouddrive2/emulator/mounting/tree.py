"""The tree as a file system sees it: handles, offsets, errno. Nothing here knows of FUSE (protocol.md §9.3).

What is written lies in a temporary file of its cloud until it is closed; then it goes the way of every closed file
(:mod:`clouddrive2.emulator.delivery`). Coroutines run on the server's loop; :meth:`MountedTree.read` and
:meth:`MountedTree.write` are plain calls for the file system's own thread.
"""

from __future__ import annotations

import errno
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import CallError, Status
from clouddrive2.emulator.delivery import Deliveries, Delivery
from clouddrive2.emulator.mounting.faults import MountFaults
from clouddrive2.emulator.storage import Reader, StorageError, StorageFull
from clouddrive2.emulator.tree import Refusal, Tree
from clouddrive2.emulator.upload_faults import UploadFaults
from clouddrive2.emulator.world import Cloud, World

__all__ = ["Attributes", "MountedTree", "Room"]

PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Attributes:
    """What ``stat`` tells of one entry; times in seconds since the epoch."""

    is_folder: bool
    size: int
    modified: float
    created: float


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes there are and bytes that are free."""

    total: int
    free: int


@dataclass(slots=True)
class _Writing:
    """A file opened for writing. ``changed`` says that there is something to deliver, ``gone`` that its name was removed."""

    path: str
    cloud: Cloud
    temporary: str
    size: int
    opened_at: float
    changed: bool
    gone: bool = False


@dataclass(slots=True)
class _Reading:
    """A file opened for reading: what has arrived, or what is still on its way."""

    cloud: Cloud
    reader: Reader | None
    temporary: str
    path: str


class MountedTree:
    """One mount's view of the world below a folder.

    Args:
        world: All state.
        deliveries: Takes what is closed.
        faults, mount_faults: What may go wrong.
        source: The folder that is shown; ``/`` shows every cloud.
        read_only: Refuses every change.
        account: Whose mount it is.
    """

    def __init__(
        self,
        world: World,
        deliveries: Deliveries,
        faults: UploadFaults,
        mount_faults: MountFaults,
        *,
        source: str,
        read_only: bool,
        account: str,
    ) -> None:
        self._world = world
        self._tree = Tree(world)
        self._deliveries = deliveries
        self._faults = faults
        self._mount_faults = mount_faults
        self._source = source
        self._read_only = read_only
        self._account = account
        self._numbers = itertools.count(1)
        self._handles: dict[int, _Writing | _Reading] = {}

    # Looking

    async def attributes(self, local: str, handle: int | None = None) -> Attributes:
        """What is there; an open file is what was written so far."""
        path = self._full(local)
        opened = self._handles.get(handle) if handle else None
        writing = opened if isinstance(opened, _Writing) else self._written(path)
        if writing is not None:
            return Attributes(False, writing.size, writing.opened_at, writing.opened_at)
        if path == "/":
            return Attributes(True, 0, self._world.started, self._world.started)
        pending = self._world.pending.get(path)
        if pending is not None:
            return Attributes(False, pending.size, pending.since, pending.since)
        with _as_errno():
            item = await self._world.item(path)
        if item is None:
            raise OSError(errno.ENOENT, path)
        return Attributes(item.is_folder, item.size, item.modified, item.created)

    async def names(self, local: str) -> list[str]:
        """Names in a folder."""
        folder = self._full(local)
        if not (await self.attributes(local)).is_folder:
            raise OSError(errno.ENOTDIR, folder)
        if folder == "/":
            return sorted(self._world.roots)
        waiting = {paths.tail(path) for path in self._world.pending if paths.parent(path) == folder}
        opened = {paths.tail(each.path) for each in self._writings() if paths.parent(each.path) == folder}
        cloud, inner = self._world.locate(folder)
        with _as_errno():
            stored = await cloud.run(cloud.storage.names, inner)
        return sorted({*stored, *waiting, *opened})

    async def room(self) -> Room:
        """Room in what is shown."""
        name = self._source[1:].partition("/")[0]
        clouds = [self._world.roots[name]] if name else list(self._world.clouds.values())
        total = sum(cloud.options.total_space for cloud in clouds)
        with _as_errno():
            used = sum([await cloud.run(cloud.storage.used) for cloud in clouds])
        free = max(0, total - used)
        if self._faults.space_left is not None:
            free = min(free, self._faults.space_left)
        return Room(total, free)

    # Files

    async def create(self, local: str) -> int:
        """A new, empty file; its handle."""
        path = self._full(local)
        async with self._world.changing:
            await self._check_place(path)
            return await self._begin(path, changed=True)

    async def open(self, local: str, flags: int) -> int:
        """A handle on what is there."""
        path = self._full(local)
        if (await self.attributes(local)).is_folder:
            raise OSError(errno.EISDIR, path)
        if flags & os.O_ACCMODE == os.O_RDONLY:
            return await self._open_for_reading(path)
        async with self._world.changing:
            await self._check_place(path)
            if flags & os.O_TRUNC:
                return await self._begin(path, changed=True)
            return await self._begin_with(path, None)

    async def truncate(self, local: str, length: int, handle: int | None) -> None:
        """Cut or stretch a file, opened or not."""
        opened = self._handles.get(handle) if handle else None
        writing = opened if isinstance(opened, _Writing) else self._written(self._full(local))
        if writing is not None:
            with _as_errno():
                await self._cut(writing, length)
            return
        path = self._full(local)
        async with self._world.changing:
            await self._check_place(path)
            number = await self._begin_with(path, length)
        await self.release(number)

    def read(self, handle: int, offset: int, length: int) -> bytes:
        """Bytes of an open file."""
        opened = self._open(handle)
        with _as_errno():
            if isinstance(opened, _Writing):
                length = max(0, min(length, opened.size - offset))
                data = opened.cloud.storage.read_temporary(opened.temporary, offset, length)
                return data + bytes(length - len(data))
            if opened.reader is None:
                try:
                    return opened.cloud.storage.read_temporary(opened.temporary, offset, length)
                except StorageError:
                    # It has arrived meanwhile.
                    opened.reader = opened.cloud.storage.open(opened.path)
            return opened.reader.read(offset, length)

    def write(self, handle: int, offset: int, data: bytes) -> int:
        """Write into an open file."""
        opened = self._open(handle)
        if not isinstance(opened, _Writing):
            raise OSError(errno.EBADF, "opened for reading")
        with _as_errno():
            self._mount_faults.count(len(data))
            self._faults.check_space(len(data))
            opened.cloud.storage.write(opened.temporary, offset, self._faults.stored_bytes(data))
        opened.size = max(opened.size, offset + len(data))
        opened.changed = True
        return len(data)

    async def release(self, handle: int) -> None:
        """Close a file; what was written is queued for its cloud."""
        opened = self._handles.pop(handle, None)
        if opened is None:
            return
        if isinstance(opened, _Reading):
            if opened.reader is not None:
                await opened.cloud.run(opened.reader.close)
            return
        if opened.gone or not opened.changed:
            await opened.cloud.run(opened.cloud.storage.discard, opened.temporary)
            return
        async with self._world.changing:
            self._deliveries.supersede(opened.path)
            delivery = Delivery(opened.path, opened.cloud, opened.temporary, opened.size, self._account)
            await self._deliveries.begin(delivery, at_once=False)

    # Names

    async def make_folder(self, local: str) -> None:
        """A new folder."""
        path = self._full(local)
        await self._check_place(path)
        with _as_errno():
            await self._tree.make_folder(path)

    async def remove(self, local: str, *, folder: bool) -> None:
        """Remove a file, or an empty folder."""
        path = self._full(local)
        found = await self.attributes(local)
        if found.is_folder != folder:
            raise OSError(errno.EISDIR if found.is_folder else errno.ENOTDIR, path)
        if folder and await self.names(local):
            raise OSError(errno.ENOTEMPTY, path)
        self._check_changeable(path)
        opened = [each for each in self._writings() if each.path == path]
        for writing in opened:
            writing.gone = True
        if path in self._world.pending or await self._world.item(path) is not None:
            with _as_errno():
                await self._tree.remove(path)
        elif not opened:
            raise OSError(errno.ENOENT, path)

    async def rename(self, local_old: str, local_new: str) -> None:
        """Give something another path, in place of a file that may be there. What is being written or sent goes along."""
        old, new = self._full(local_old), self._full(local_new)
        moving = await self.attributes(local_old)
        self._check_changeable(old)
        await self._check_place(new)
        if old == new:
            return
        if moving.is_folder and paths.is_below(new, old):
            raise OSError(errno.EINVAL, new)
        there = await self._there(local_new)
        if there is not None and there.is_folder != moving.is_folder:
            raise OSError(errno.EISDIR if there.is_folder else errno.ENOTDIR, new)
        if there is not None and there.is_folder:
            await self.remove(local_new, folder=True)
        for writing in self._writings():
            # What was being written to the new name has lost it.
            writing.gone = writing.gone or writing.path == new
        if old in self._world.pending or await self._world.item(old) is not None:
            with _as_errno():
                await self._tree.replace(old, new, is_folder=moving.is_folder, before=lambda: self._deliveries.supersede(new))
        for writing in self._writings():
            if paths.is_below(writing.path, old):
                writing.path = new + writing.path.removeprefix(old)

    async def close(self) -> None:
        """Let go of what is still open; half-written files are lost."""
        for number, opened in list(self._handles.items()):
            if isinstance(opened, _Writing):
                opened.changed = False
            await self.release(number)

    # Inside

    def _full(self, local: str) -> str:
        return paths.join(self._source, local)

    def _open(self, handle: int) -> _Writing | _Reading:
        opened = self._handles.get(handle)
        if opened is None:
            raise OSError(errno.EBADF, f"handle {handle}")
        return opened

    def _writings(self) -> Iterator[_Writing]:
        return (each for each in list(self._handles.values()) if isinstance(each, _Writing) and not each.gone)

    def _written(self, path: str) -> _Writing | None:
        return next((each for each in self._writings() if each.path == path), None)

    async def _there(self, local: str) -> Attributes | None:
        try:
            return await self.attributes(local)
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise
            return None

    def _check_changeable(self, path: str) -> None:
        if self._read_only:
            raise OSError(errno.EROFS, path)
        if path.count("/") < 2:
            # The root and the folders of the clouds.
            raise OSError(errno.EPERM, path)
        cloud, inner = self._cloud(path)
        if cloud.options.read_only:
            raise OSError(errno.EROFS, path)
        if cloud.storage.is_locked(inner):
            raise OSError(errno.EACCES, path)

    async def _check_place(self, path: str) -> None:
        """Whether something may be made or replaced there."""
        self._check_changeable(path)
        name = paths.tail(path)
        if paths.check_name(name):
            raise OSError(errno.ENAMETOOLONG if len(name.encode("utf-8", "surrogatepass")) > 255 else errno.EINVAL, path)
        above = paths.parent(path)
        with _as_errno():
            item = await self._world.item(above)
        if item is None:
            raise OSError(errno.ENOENT, above)
        if not item.is_folder:
            raise OSError(errno.ENOTDIR, above)

    def _cloud(self, path: str) -> tuple[Cloud, str]:
        with _as_errno():
            return self._world.locate(path)

    async def _begin(self, path: str, *, changed: bool) -> int:
        cloud, _ = self._cloud(path)
        with _as_errno():
            temporary = await cloud.run(cloud.storage.begin)
        number = next(self._numbers)
        self._handles[number] = _Writing(path, cloud, temporary, 0, self._world.clock(), changed)
        return number

    async def _begin_with(self, path: str, length: int | None) -> int:
        """A handle for writing that starts with what is there, cut to ``length``."""
        source = await self._open_for_reading(path)
        number = await self._begin(path, changed=length is not None)
        writing = self._handles[number]
        assert isinstance(writing, _Writing)
        size = (await self._size(path)) if length is None else length

        def copy() -> None:
            for offset in range(0, size, PIECE_BYTES):
                data = self.read(source, offset, min(PIECE_BYTES, size - offset))
                if not data:
                    return
                with _as_errno():
                    writing.cloud.storage.write(writing.temporary, offset, data)

        try:
            await writing.cloud.run(copy)
        except OSError:
            writing.changed = False
            await self.release(number)
            raise
        finally:
            await self.release(source)
        writing.size = size
        return number

    async def _size(self, path: str) -> int:
        pending = self._world.pending.get(path)
        item = await self._world.item(path)
        if pending is not None:
            return pending.size
        return item.size if item is not None else 0

    async def _open_for_reading(self, path: str) -> int:
        cloud, inner = self._cloud(path)
        on_the_way = self._deliveries.at(path)
        reader, temporary = None, ""
        if on_the_way is not None:
            temporary = on_the_way.temporary
        elif self._written(path) is not None and await self._world.item(path) is None:
            # Readers of a file that is still being written see what is there when they open it.
            temporary = self._written(path).temporary  # type: ignore[union-attr]
        else:
            with _as_errno():
                reader = await cloud.run(cloud.storage.open, inner)
        number = next(self._numbers)
        self._handles[number] = _Reading(cloud, reader, temporary, inner)
        return number

    async def _cut(self, writing: _Writing, length: int) -> None:
        """Make an open file this long: into a fresh temporary file when it gets shorter, because those only grow."""
        storage = writing.cloud.storage
        if length < writing.size:
            before, writing.temporary = writing.temporary, await writing.cloud.run(storage.begin)

            def copy() -> None:
                for offset in range(0, length, PIECE_BYTES):
                    piece = storage.read_temporary(before, offset, min(PIECE_BYTES, length - offset))
                    storage.write(writing.temporary, offset, piece)
                storage.discard(before)

            await writing.cloud.run(copy)
        writing.size, writing.changed = length, True


@contextmanager
def _as_errno() -> Iterator[None]:
    """What the emulator says, as the operating system would."""
    try:
        yield
    except CallError as error:
        codes = {Status.NOT_FOUND: errno.ENOENT, Status.INVALID_ARGUMENT: errno.EINVAL}
        raise OSError(codes.get(Status(error.code), errno.EACCES), error.details) from error
    except Refusal as error:
        raise OSError(errno.EEXIST if "already exists" in str(error) else errno.EACCES, str(error)) from error
    except StorageFull as error:
        raise OSError(errno.ENOSPC, str(error)) from error
    except StorageError as error:
        raise OSError(errno.EIO, str(error)) from error
    except (FileNotFoundError, FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        codes_of = {FileNotFoundError: errno.ENOENT, FileExistsError: errno.EEXIST, NotADirectoryError: errno.ENOTDIR}
        raise OSError(error.errno or codes_of.get(type(error), errno.EISDIR), str(error)) from error
