"""Changes of the tree: folders, names, places, copies, deletions (protocol.md §5). Paths are full ones, normalised."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import CallError, Status
from clouddrive2.emulator.hashing import hashes_of
from clouddrive2.emulator.storage import Item, Storage
from clouddrive2.emulator.tasks import MOUNT, REMOTE_UPLOAD
from clouddrive2.emulator.world import Cloud, World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["OVERWRITE", "RENAME", "SKIP", "Later", "Refusal", "Transfer", "Tree"]

OVERWRITE, RENAME, SKIP = 0, 1, 2
PIECE_BYTES = 1 << 20


class Refusal(Exception):
    """An ordinary failure: the call succeeds and says ``success=false`` (protocol.md §1.7)."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """How items come to another folder.

    Attributes:
        move: Move instead of copy.
        policy: What to do with a name that is taken: OVERWRITE, RENAME or SKIP.
        across: A move may lead to another cloud; copies always may.
        merge: Folders of the same name are merged, the policy then holds for what they have in common.
    """

    move: bool
    policy: int
    across: bool = False
    merge: bool = False


class Later(Protocol):
    """Takes over what the server does in tasks of its own."""

    def takes(self, source: str, target: str, *, is_folder: bool) -> bool:
        """Whether this is work for a copy task."""

    def copy(self, source: str, folder: str, target: str, how: Transfer) -> None:
        """Bring an item to ``target`` in ``folder``."""

    def merge(self, source: str, target: str, how: Transfer) -> None:
        """Bring what is in one folder into another."""


class Tree:
    """Changes one thing at a time, so that nobody sees a half-done change as an error of his own.

    Missing paths raise ``CallError`` NOT_FOUND, everything else that cannot be done raises :class:`Refusal`.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    async def make_folder(self, path: str) -> None:
        """Create one folder; its parent must be there."""
        async with self._world.changing:
            await self._folder(paths.parent(path))
            self._check_name(paths.tail(path))
            self._check_writable(path)
            if await self._world.entry(path) is not None:
                raise Refusal(f"{path} already exists")
            cloud, inner = self._world.locate(path)
            await cloud.run(cloud.storage.make_folder, inner)
        self._world.announce("CREATE", path, is_folder=True, entry=await self._world.entry(path))

    async def rename(self, old: str, name: str) -> str:
        """Give an item another name in its folder; its new path."""
        async with self._world.changing:
            self._check_name(name)
            self._check_writable(old)
            entry = await self._existing(old)
            new = paths.join(paths.parent(old), name)
            if await self._world.entry(new) is not None:
                raise Refusal(f"{new} already exists")
            await self._relocate(old, new, replace=False)
        await self._announce_moved(old, new, is_folder=entry.isDirectory)
        return new

    async def replace(self, old: str, new: str, *, is_folder: bool, before: Callable[[], None]) -> None:
        """Give an item another full path, in place of a file that may be there; ``before`` is called when it is sure.

        A mount asks for it, which sees what is there: a lagging index does not matter.
        """
        async with self._world.changing:
            self._check_writable(old)
            self._check_writable(new)
            before()
            await self._relocate(old, new, replace=not is_folder)
        await self._announce_moved(old, new, is_folder=is_folder)

    async def transfer(self, sources: list[str], folder: str, how: Transfer, later: Later) -> list[str]:
        """Move or copy items into a folder; their new paths, without those skipped. Nothing is done when one cannot be.

        What takes long is handed to ``later``, and not there yet when this returns.
        """
        async with self._world.changing:
            await self._folder(folder)
            self._check_writable(paths.join(folder, "x"))
            for source in sources:
                await self._check_transfer(source, folder, how)
            made = [await self._put(source, folder, how, later) for source in sources]
        return [path for path in made if path is not None]

    async def put(self, source: str, folder: str, how: Transfer) -> str | None:
        """Move or copy one item into a folder, all of it now; where it is then, or ``None`` when it was skipped."""
        async with self._world.changing:
            await self._folder(folder)
            await self._check_transfer(source, folder, how)
            return await self._put(source, folder, how)

    async def copy_file(self, source: str, target: str) -> None:
        """Copy a file to exactly this path, in place of a file that may be there."""
        async with self._world.changing:
            await self._folder(paths.parent(target))
            existed = await self._world.item(target) is not None
            await self._copy(source, target)
        entry = await self._world.entry(target)
        self._world.announce("MODIFY" if existed else "CREATE", target, is_folder=False, entry=entry)

    async def ensure_folder(self, path: str) -> None:
        """Create one folder, unless it is there; its parent must be."""
        item = await self._world.item(path)
        if item is None or not item.is_folder:
            await self.make_folder(path)

    async def remove_if_empty(self, path: str) -> bool:
        """Delete a folder that holds nothing; whether it did."""
        async with self._world.changing:
            cloud, inner = self._world.locate(path)
            if await cloud.run(cloud.storage.names, inner):
                return False
            await cloud.run(cloud.storage.delete, inner)
        self._world.announce("DELETE", path, is_folder=True)
        return True

    async def place(self, source: str, target: str, *, move: bool, replace: bool) -> bool:
        """Move or copy an item to exactly this path; ``replace`` puts it in place of whatever is there. Whether nothing was."""
        async with self._world.changing:
            await self._folder(paths.parent(target))
            self._check_name(paths.tail(target))
            self._check_writable(target)
            await self._check_transfer(source, target, Transfer(move, RENAME, across=True), sideways=True)
            entry = await self._existing(source)
            there = await self._world.entry(target)
            if there is not None:
                if not replace:
                    raise Refusal(f"{target} already exists")
                await self._make_room(target, there, for_folder=entry.isDirectory)
            if move:
                await self._relocate(source, target, replace=True)
            else:
                await self._copy(source, target)
        if move:
            await self._announce_moved(source, target, is_folder=entry.isDirectory)
        else:
            self._world.announce("CREATE", target, is_folder=entry.isDirectory, entry=await self._world.entry(target))
        return there is None

    async def remove(self, path: str) -> None:
        """Delete a file, or a folder with all it holds; uploads on their way into it are cancelled."""
        async with self._world.changing:
            self._check_writable(path)
            entry = await self._existing(path)
            for task in self._world.tasks.live():
                if paths.is_below(task.path, path):
                    task.control("cancel")
            for waiting in [each for each in self._world.pending if paths.is_below(each, path)]:
                self._world.drop_pending(waiting)
            if await self._world.item(path) is not None:
                cloud, inner = self._world.locate(path)
                await cloud.run(cloud.storage.delete, inner)
        self._world.announce("DELETE", path, is_folder=entry.isDirectory)

    async def _make_room(self, path: str, there: pb.CloudDriveFile, *, for_folder: bool) -> None:
        """Nothing queued for upload comes to this path any more; a file stays there until another takes its place."""
        for task in self._world.tasks.live():
            if task.path == path and task.operator == MOUNT:
                task.control("cancel")
        self._world.drop_pending(path)
        if (there.isDirectory or for_folder) and await self._world.item(path) is not None:
            cloud, inner = self._world.locate(path)
            await cloud.run(cloud.storage.delete, inner)

    async def _check_transfer(self, source: str, folder: str, how: Transfer, *, sideways: bool = False) -> None:
        await self._existing(source)
        if how.move:
            self._check_writable(source)
        elif source == "/" or await self._world.item(source) is None:
            raise Refusal(f"{source} cannot be copied" if source == "/" else f"{source} is still on its way to its cloud")
        if paths.is_below(folder, source):
            raise Refusal(f"{source} cannot go into itself")
        if not sideways and paths.parent(source) == folder and (how.move or how.policy != RENAME):
            raise Refusal(f"{source} is in {folder} already")
        if how.move and not how.across and self._world.locate(source)[0] is not self._world.locate(folder)[0]:
            raise Refusal("moving between clouds needs moveAcrossClouds")

    async def _put(self, source: str, folder: str, how: Transfer, later: Later | None = None) -> str | None:
        """Move or copy one item; where it is, or will be. ``None`` when it was skipped."""
        entry = await self._existing(source)
        target = paths.join(folder, paths.tail(source))
        there = await self._world.entry(target)
        if there is not None and later is not None and how.merge and entry.isDirectory and there.isDirectory:
            later.merge(source, target, how)
            return target
        if there is not None:
            if how.policy == SKIP:
                return None
            if how.policy == RENAME:
                target = await self._free_name(target)
            elif entry.isDirectory or there.isDirectory:
                raise Refusal(f"{target} already exists" + (" as a folder" if there.isDirectory else ""))
        across = self._world.locate(source)[0] is not self._world.locate(target)[0]
        if later is not None and (across or not how.move) and later.takes(source, target, is_folder=entry.isDirectory):
            await self._check_leaves(source)
            later.copy(source, folder, target, how)
        elif how.move:
            await self._relocate(source, target, replace=True)
            await self._announce_moved(source, target, is_folder=entry.isDirectory)
        else:
            await self._copy(source, target)
            made = await self._world.entry(target)
            self._world.announce("CREATE", target, is_folder=entry.isDirectory, entry=made)
        return target

    async def _check_leaves(self, source: str) -> None:
        if any(paths.is_below(task.path, source) for task in self._world.tasks.live()):
            raise Refusal(f"{source} is still on its way to its cloud")

    async def _relocate(self, old: str, new: str, *, replace: bool) -> None:
        """Move a file or folder; what is queued for upload inside goes with it."""
        waiting = [task for task in self._world.tasks.live() if paths.is_below(task.path, old)]
        if any(task.operator == REMOTE_UPLOAD for task in waiting):
            raise Refusal(f"an upload to {old} is still running")
        (cloud, inner), (target, place) = self._world.locate(old), self._world.locate(new)
        stored = await self._world.item(old)
        if stored is not None and cloud is target:
            await cloud.run(lambda: cloud.storage.rename(inner, place, replace=replace))
        elif stored is not None:
            await self._copy(old, new)
            await cloud.run(cloud.storage.delete, inner)
        elif cloud is not target:
            raise Refusal(f"{old} is still on its way to its cloud")
        for task in waiting:
            task.path = new + task.path.removeprefix(old)
        self._world.move_pending(old, new)

    async def _copy(self, source: str, target: str) -> None:
        (origin, inner), (cloud, place) = self._world.locate(source), self._world.locate(target)
        if origin is cloud:
            await cloud.run(lambda: cloud.storage.copy(inner, place, replace=True))
            return
        item = await origin.run(origin.storage.stat, inner)
        if item is None:
            raise CallError(Status.NOT_FOUND, f"{source} not found")
        if not item.is_folder:
            await self._copy_across(origin, inner, item, cloud, place)
            return
        await cloud.run(cloud.storage.make_folder, place)
        for name in await origin.run(origin.storage.names, inner):
            await self._copy(paths.join(source, name), paths.join(target, name))

    async def _copy_across(self, origin: Cloud, inner: str, item: Item, cloud: Cloud, place: str) -> None:
        temporary = await cloud.begin()
        try:
            reader = await origin.run(origin.storage.open, inner)
            try:
                for offset in range(0, reader.size, PIECE_BYTES):
                    data = await origin.run(reader.read, offset, PIECE_BYTES)
                    await cloud.run(cloud.storage.write, temporary, offset, data)
            finally:
                await origin.run(reader.close)
            lacking = tuple(kind for kind in cloud.options.knows if kind not in item.hashes)
            storage: Storage = cloud.storage
            more = await asyncio.to_thread(hashes_of, storage, temporary, reader.size, lacking)
            await cloud.run(storage.publish, temporary, place, reader.size, {**item.hashes, **more})
        except BaseException:
            await cloud.run(cloud.storage.discard, temporary)
            raise

    async def _free_name(self, path: str) -> str:
        stem, dot, suffix = paths.tail(path).rpartition(".")
        stem, suffix = (stem, dot + suffix) if stem else (paths.tail(path), "")
        number = 1
        while await self._world.entry(free := paths.join(paths.parent(path), f"{stem}({number}){suffix}")) is not None:
            number += 1
        return free

    async def _announce_moved(self, old: str, new: str, *, is_folder: bool) -> None:
        entry = await self._world.entry(new)
        self._world.announce("RENAME", old, is_folder=is_folder, new_path=new, entry=entry)

    async def _existing(self, path: str) -> pb.CloudDriveFile:
        entry = await self._world.entry(path)
        if entry is None:
            raise CallError(Status.NOT_FOUND, f"{path} not found")
        return entry

    async def _folder(self, path: str) -> None:
        if not (await self._existing(path)).isDirectory:
            raise CallError(Status.NOT_FOUND, f"{path} is not a folder")

    def _check_name(self, name: str) -> None:
        if problem := paths.check_name(name):
            raise Refusal(problem)

    def _check_writable(self, path: str) -> None:
        if path == "/" or paths.parent(path) == "/":
            raise Refusal("the root and its cloud folders cannot be changed")
        if self._world.locate(path)[0].options.read_only:
            raise Refusal("this cloud is read-only")
