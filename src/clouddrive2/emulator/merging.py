"""Folders that are merged into others of the same name (protocol.md §10.4)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import CallError, Status
from clouddrive2.emulator.state import as_json, from_json
from clouddrive2.emulator.storage import StorageError
from clouddrive2.emulator.tree import Refusal, Transfer, Tree
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["Merge", "Merges"]

PENDING, RUNNING, COMPLETED, FAILED, CANCELLED = 0, 1, 2, 3, 4


@dataclass(slots=True)
class Merge:
    """One task.

    Attributes:
        shown: The task as lists show it, with full paths.
        how: Copy or move; what to do with names that are taken.
        copied: Paths that are copied already: after a restart they are not copied again under another name.
        running: What works on it.
    """

    shown: pb.MergeTask
    how: Transfer
    copied: set[str] = field(default_factory=set)
    running: asyncio.Task[None] | None = None

    @property
    def is_live(self) -> bool:
        """Whether it has not ended."""
        return self.shown.status in (PENDING, RUNNING)


class Merges:
    """Every merge task. They survive a restart of the server, and go on where they were.

    One that was killed does not know what it had copied: with names given anew, a file may then be there twice.

    Args:
        world: Has the files, and the speed of copies.
        tree: Does the moving and copying.
    """

    def __init__(self, world: World, tree: Tree) -> None:
        self._world = world
        self._tree = tree
        self._closing = False
        self._all: dict[tuple[str, str], Merge] = {}
        for kept in world.state.load("merges", []):
            merge = Merge(from_json(kept["task"], pb.MergeTask), Transfer(**kept["how"]), set(kept["copied"]))
            self._all[merge.shown.sourcePath, merge.shown.destPath] = merge

    def start(self) -> None:
        """Go on with what a restart interrupted."""
        for merge in self._all.values():
            if merge.is_live:
                merge.running = asyncio.create_task(self._run(merge, again=True))

    def add(self, source: str, target: str, how: Transfer) -> Merge:
        """A new task, in the place of an old one between the same two."""
        shown = pb.MergeTask(
            sourcePath=source,
            destPath=target,
            conflictPolicy=pb.MoveFileRequest.ConflictPolicy.ValueType(how.policy),
            operationType=pb.MergeTask.Move if how.move else pb.MergeTask.Copy,
        )
        shown.startTime.FromNanoseconds(int(self._world.clock() * 1e9))
        merge = Merge(shown, how)
        self._all[source, target] = merge
        merge.running = asyncio.create_task(self._run(merge, again=False))
        return merge

    def all(self) -> list[Merge]:
        """Every task, also those that have ended."""
        return list(self._all.values())

    async def cancel(self, source: str, target: str) -> None:
        """Stop a task; what is merged stays.

        Raises:
            CallError: NOT_FOUND.
        """
        merge = self._all.get((source, target))
        if merge is None:
            raise CallError(Status.NOT_FOUND, f"there is no merge task from {source} to {target}")
        await self._stop([merge])
        if merge.is_live:
            # It had not begun yet.
            self._status(merge, CANCELLED)

    async def close(self) -> None:
        """Stop working; the next run of the server goes on."""
        self._closing = True
        await self._stop(self._all.values())
        self._keep()

    async def _stop(self, merges: Iterable[Merge]) -> None:
        running = [merge.running for merge in merges if merge.running is not None]
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _run(self, merge: Merge, *, again: bool) -> None:
        shown = merge.shown
        try:
            self._status(merge, RUNNING)
            # What is gone was moved whole by a run that could not tell.
            if not (again and merge.how.move and await self._world.item(shown.sourcePath) is None):
                await self._folder(merge, shown.sourcePath, shown.destPath)
            self._status(merge, COMPLETED)
        except (Refusal, StorageError, CallError, OSError) as error:
            shown.errorMessage = error.details if isinstance(error, CallError) else str(error)
            self._status(merge, FAILED)
        except asyncio.CancelledError:
            if not self._closing:
                self._status(merge, CANCELLED)
            raise

    async def _folder(self, merge: Merge, source: str, target: str) -> None:
        world = self._world
        cloud, inner = world.locate(source)
        for name in await cloud.run(cloud.storage.names, inner):
            child, place = paths.join(source, name), paths.join(target, name)
            item, there = await world.item(child), await world.item(place)
            if item is None or child in merge.copied:
                continue
            if item.is_folder and there is not None and there.is_folder:
                await self._folder(merge, child, place)
                continue
            if (speed := world.options.copy_bytes_per_second) > 0:
                await world.clock.sleep(max(item.size, 1) / speed)
            made = await self._tree.put(child, target, merge.how)
            if not merge.how.move:
                merge.copied.add(child)
            if made is not None:
                merge.shown.mergedFolders += item.is_folder
                merge.shown.mergedFiles += not item.is_folder
                self._tell(merge, child, made)
        if merge.how.move and await self._tree.remove_if_empty(source):
            merge.shown.mergedFolders += 1

    def _status(self, merge: Merge, status: int) -> None:
        merge.shown.status = pb.MergeTask.TaskStatus.ValueType(status)
        if not merge.is_live:
            merge.shown.endTime.FromNanoseconds(int(self._world.clock() * 1e9))
            merge.copied.clear()
        self._keep()
        self._tell(merge)

    def _keep(self) -> None:
        kept = [
            {"task": as_json(merge.shown), "how": asdict(merge.how), "copied": sorted(merge.copied)}
            for merge in self._all.values()
        ]
        self._world.state.save("merges", kept)

    def _tell(self, merge: Merge, old: str | None = None, new: str | None = None) -> None:
        update = pb.MergeTaskUpdate(mergeTasks=[merge.shown], lastMergedPath=old, lastMergedNewPath=new)
        self._world.push(pb.CloudDrivePushMessage(messageType=pb.CloudDrivePushMessage.MERGE_TASKS, mergeTaskUpdate=update))
