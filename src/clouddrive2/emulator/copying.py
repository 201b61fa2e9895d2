"""Copies the server works on by itself: folders, and whatever goes to another cloud (protocol.md §10.3)."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import CallError, Status
from clouddrive2.emulator.state import as_json, from_json
from clouddrive2.emulator.storage import StorageError
from clouddrive2.emulator.tasks import COPY, UploadTask
from clouddrive2.emulator.tree import Refusal, Transfer, Tree
from clouddrive2.emulator.upload_faults import UploadFaults
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["COMPLETED", "Copies", "Copy"]

SCANNING, SCANNED, COMPLETED, FAILED = 1, 2, 3, 4
CANCELLED, TRANSFER, PAUSE, FINISH, ERROR = 2, 3, 4, 5, 9
PIECE_BYTES = 1 << 20
PROBLEMS = (Refusal, StorageError, CallError, OSError)


@dataclass(slots=True)
class Copy:
    """One task.

    Attributes:
        shown: The task as lists show it, with full paths.
        target: Where the source is in the end.
        how: Copy or move; what to do with names that are taken.
        account: Whose it is.
        going: Set while it is not paused.
        running: What works on it.
        row: The file that is on its way, as the upload list shows it.
    """

    shown: pb.CopyTask
    target: str
    how: Transfer
    account: str
    going: asyncio.Event = field(default_factory=asyncio.Event)
    running: asyncio.Task[None] | None = None
    row: UploadTask | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What it is known by."""
        return self.shown.sourcePath, self.shown.destPath

    @property
    def is_live(self) -> bool:
        """Whether it has not ended."""
        return self.shown.status not in (COMPLETED, FAILED)


class Copies:
    """Every copy task. They survive a restart of the server; one that was running begins anew and skips what is there.

    Args:
        world: Has the files, the speed of copies, and the upload list.
        tree: Does the copying.
        faults: What goes wrong.
    """

    def __init__(self, world: World, tree: Tree, faults: UploadFaults) -> None:
        self._world = world
        self._tree = tree
        self._faults = faults
        self._closing = False
        self._all: dict[tuple[str, str], Copy] = {}
        for kept in world.state.load("copies", []):
            how = Transfer(**kept["how"])
            copy = Copy(from_json(kept["task"], pb.CopyTask), kept["target"], how, kept["account"])
            self._all[copy.key] = copy
        self._count()

    def start(self) -> None:
        """Go on with what a restart interrupted."""
        for copy in self._all.values():
            if copy.is_live:
                self._begin(copy, again=True)

    def takes(self, source: str, target: str, *, is_folder: bool) -> bool:
        """Whether this is work for a task; a file within one cloud is copied at once."""
        return is_folder or self._world.locate(source)[0] is not self._world.locate(target)[0]

    def add(self, source: str, folder: str, target: str, how: Transfer, account: str) -> Copy:
        """A new task, in the place of an old one between the same two."""
        mode = pb.CopyTask.Move if how.move else pb.CopyTask.Copy
        copy = Copy(pb.CopyTask(taskMode=mode, sourcePath=source, destPath=folder), target, how, account)
        self._all[copy.key] = copy
        self._begin(copy, again=False)
        return copy

    def all(self) -> list[Copy]:
        """Every task, also those that have ended."""
        return list(self._all.values())

    def live(self, source: str, folder: str) -> Copy | None:
        """The task between two places, if it has not ended."""
        copy = self._all.get((source, folder))
        return copy if copy is not None and copy.is_live else None

    def pause(self, copies: Iterable[Copy], *, pause: bool) -> int:
        """Pause tasks that have not ended, or let them go on; how many it concerned."""
        concerned = [copy for copy in copies if copy.is_live]
        for copy in concerned:
            copy.shown.paused = pause
            if pause:
                copy.going.clear()
            else:
                copy.going.set()
            if copy.row is not None:
                copy.row.control("pause" if pause else "resume")
        self._keep()
        return len(concerned)

    async def cancel(self, copy: Copy) -> None:
        """Stop a task; what it copied stays."""
        if copy.running is not None:
            copy.running.cancel()
            await asyncio.wait([copy.running])
        if copy.is_live:
            # It had not begun yet.
            self._error(copy, "cancelled")
            self._end(copy, FAILED)

    async def restart(self, copy: Copy) -> None:
        """Begin anew; files that are there with the right size are skipped."""
        await self.cancel(copy)
        self._begin(copy, again=True)

    async def remove(self, copies: Iterable[Copy]) -> int:
        """Forget tasks, stopping those that run; how many."""
        gone = list(copies)
        for copy in gone:
            await self.cancel(copy)
            self._all.pop(copy.key, None)
        self._keep()
        return len(gone)

    async def close(self) -> None:
        """Stop working; the next run of the server goes on."""
        self._closing = True
        running = [copy.running for copy in self._all.values() if copy.running is not None]
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _begin(self, copy: Copy, *, again: bool) -> None:
        before = copy.shown
        copy.shown = pb.CopyTask(taskMode=before.taskMode, sourcePath=before.sourcePath, destPath=before.destPath)
        copy.shown.startTime.FromNanoseconds(int(self._world.clock() * 1e9))
        copy.going.set()
        copy.running = asyncio.create_task(self._run(copy, again=again))
        self._changed()

    async def _run(self, copy: Copy, *, again: bool) -> None:
        shown = copy.shown
        try:
            try:
                self._status(copy, SCANNING)
                items = await self._scan(copy)
                self._status(copy, SCANNED)
                for item in items:
                    await copy.going.wait()
                    await self._item(copy, *item, again=again)
                left = shown.failedFiles + shown.failedFolders + shown.cancelledFiles
                if copy.how.move and not left:
                    await self._tree.remove(shown.sourcePath)
                self._end(copy, COMPLETED)
            except PROBLEMS as error:
                self._error(copy, _text(error))
                self._end(copy, FAILED)
        except asyncio.CancelledError:
            if not self._closing:
                done = shown.uploadedFiles + shown.failedFiles + shown.skippedFiles + shown.cancelledFiles
                shown.cancelledFiles += max(0, shown.totalFiles - done)
                self._error(copy, "cancelled")
                self._end(copy, FAILED)
            raise
        finally:
            if copy.running is asyncio.current_task():
                copy.running = None

    async def _scan(self, copy: Copy) -> list[tuple[str, str, bool, int]]:
        """Everything to copy, folders first, each before those in it: source, target, whether a folder, size."""
        found: list[tuple[str, str, bool, int]] = []
        waiting = [(copy.shown.sourcePath, copy.target)]
        while waiting:
            source, target = waiting.pop(0)
            item = await self._world.item(source)
            if item is None:
                raise CallError(Status.NOT_FOUND, f"{source} not found")
            found.append((source, target, item.is_folder, item.size))
            if item.is_folder:
                copy.shown.totalFolders += 1
                cloud, inner = self._world.locate(source)
                names = await cloud.run(cloud.storage.names, inner)
                waiting += [(paths.join(source, name), paths.join(target, name)) for name in names]
            else:
                copy.shown.totalFiles += 1
                copy.shown.totalBytes += item.size
        return sorted(found, key=lambda item: not item[2])

    async def _item(self, copy: Copy, source: str, target: str, is_folder: bool, size: int, *, again: bool) -> None:
        shown = copy.shown
        if is_folder:
            try:
                await self._tree.ensure_folder(target)
            except PROBLEMS as error:
                shown.failedFolders += 1
                self._error(copy, _text(error))
            return
        if again and (there := await self._world.item(target)) is not None and there.size == size:
            shown.skippedFiles += 1
            return
        status = await self._file(copy, source, target, size)
        if status == FINISH:
            shown.uploadedFiles += 1
            shown.uploadedBytes += size
        elif status == CANCELLED:
            shown.cancelledFiles += 1
        else:
            shown.failedFiles += 1

    async def _file(self, copy: Copy, source: str, target: str, size: int) -> int:
        """Copy one file; the status of its row in the end."""
        tasks = self._world.tasks
        moving = asyncio.ensure_future(self._move_bytes(copy, source, target, size))
        row = UploadTask(str(uuid.uuid4()), target, size, COPY, copy.account, lambda action: self._control(copy, moving, action))
        copy.row = row
        tasks.add(row)
        try:
            await asyncio.shield(moving)
        except asyncio.CancelledError:
            tasks.set_status(row, CANCELLED)
            if not moving.cancelled():
                # The whole task is stopped, and this file with it.
                moving.cancel()
                await asyncio.gather(moving, return_exceptions=True)
                raise
        except PROBLEMS as error:
            tasks.set_status(row, ERROR, _text(error))
            self._error(copy, f"{source}: {_text(error)}")
        else:
            row.transferred = size
            tasks.set_status(row, FINISH)
        finally:
            copy.row = None
        return row.status

    async def _move_bytes(self, copy: Copy, source: str, target: str, size: int) -> None:
        world = self._world
        # The row is there when its first status is told.
        await asyncio.sleep(0)
        row = copy.row
        assert row is not None
        with world.readers.one(source, size, "copy") as reader:
            world.tasks.set_status(row, TRANSFER)
            while (speed := world.options.copy_bytes_per_second) > 0 and row.transferred < size:
                piece = min(PIECE_BYTES, size - row.transferred)
                await world.clock.sleep(piece / speed)
                await copy.going.wait()
                row.transferred += piece
                reader.sent = row.transferred
            if failure := self._faults.delivery_failure():
                raise StorageError(failure)
            await self._tree.copy_file(source, target)

    def _control(self, copy: Copy, moving: asyncio.Task[None], action: str) -> None:
        """What the upload list may ask of the file on its way: a pause holds the whole task."""
        row = copy.row
        if row is None:
            return
        if action == "cancel":
            moving.cancel()
        elif action == "pause":
            copy.going.clear()
            self._world.tasks.set_status(row, PAUSE)
        elif not copy.shown.paused:
            copy.going.set()
            self._world.tasks.set_status(row, TRANSFER)

    def _status(self, copy: Copy, status: int) -> None:
        copy.shown.status = pb.CopyTask.TaskStatus.ValueType(status)
        self._changed()

    def _end(self, copy: Copy, status: int) -> None:
        copy.shown.endTime.FromNanoseconds(int(self._world.clock() * 1e9))
        copy.shown.paused = False
        self._status(copy, status)

    def _error(self, copy: Copy, text: str) -> None:
        error = copy.shown.errors.add(message=text)
        error.time.FromNanoseconds(int(self._world.clock() * 1e9))

    def _changed(self) -> None:
        """Count, keep, tell."""
        self._count()
        self._keep()
        self._world.push(self._world.counters("COPY_TASK_COUNT"))

    def _count(self) -> None:
        self._world.copies = sum(copy.is_live for copy in self._all.values())

    def _keep(self) -> None:
        self._count()
        kept = [
            {"task": as_json(copy.shown), "target": copy.target, "how": asdict(copy.how), "account": copy.account}
            for copy in self._all.values()
        ]
        self._world.state.save("copies", kept)


def _text(error: BaseException) -> str:
    return error.details if isinstance(error, CallError) else str(error)
