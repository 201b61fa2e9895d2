"""Changing the tree: folders, names, places, copies, deletions (protocol.md §5)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.storage import StorageError
from clouddrive2.emulator.view import View
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["ChangesService"]

OVERWRITE, RENAME, SKIP = 0, 1, 2


class Refusal(Exception):
    """An ordinary failure: the call succeeds and says ``success=false``."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one item of a move or copy goes; ``None`` as target means it is skipped."""

    source: str
    target: str | None


class ChangesService:
    """CreateFolder, RenameFile(s), MoveFile, CopyFile, DeleteFile(s)(Permanently)."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def CreateFolder(self, request: pb.CreateFolderRequest, call: Call) -> pb.CreateFolderResult:
        view = View(self._world, call)
        above = await view.full(request.parentPath)

        async def create() -> list[str]:
            if await self._folder(above) is None:
                raise CallError(Status.NOT_FOUND, f"{request.parentPath} does not exist")
            self._check_name(request.folderName)
            path = paths.join(above, request.folderName)
            self._check_writable(path)
            if await self._world.entry(path) is not None:
                raise Refusal(f"{view.shown(path)} already exists")
            cloud, inner = self._world.locate(path)
            await cloud.run(cloud.storage.make_folder, inner)
            self._world.announce("CREATE", path, is_folder=True, entry=await self._world.entry(path))
            return [path]

        result = await self._result(create, view)
        reply = pb.CreateFolderResult(result=result)
        if result.success:
            entry = await self._world.entry(paths.join(above, request.folderName))
            if entry is not None:
                reply.folderCreated.CopyFrom(view.show(entry))
        return reply

    async def RenameFile(self, request: pb.RenameFileRequest, call: Call) -> pb.FileOperationResult:
        view = View(self._world, call)
        return await self._result(lambda: self._rename(request, view), view)

    async def RenameFiles(self, request: pb.RenameFilesRequest, call: Call) -> pb.FileOperationResult:
        view = View(self._world, call)

        async def rename_all() -> list[str]:
            return [path for one in request.renameFiles for path in await self._rename(one, view)]

        return await self._result(rename_all, view)

    async def MoveFile(self, request: pb.MoveFileRequest, call: Call) -> pb.FileOperationResult:
        view = View(self._world, call)

        async def move() -> list[str]:
            target = await view.full(request.destPath)
            places = await self._places(list(request.theFilePaths), target, request.conflictPolicy, view)
            for place in places:
                across = self._world.locate(place.source)[0] is not self._world.locate(target)[0]
                if across and not request.moveAcrossClouds:
                    raise Refusal("moving between clouds needs moveAcrossClouds")
            for place in places:
                await self._move_one(place)
            return [place.target for place in places if place.target]

        return await self._result(move, view)

    async def CopyFile(self, request: pb.CopyFileRequest, call: Call) -> pb.FileOperationResult:
        view = View(self._world, call)

        async def copy() -> list[str]:
            target = await view.full(request.destPath)
            places = await self._places(list(request.theFilePaths), target, request.conflictPolicy, view)
            for place in places:
                await self._copy_one(place)
            return [place.target for place in places if place.target]

        return await self._result(copy, view)

    async def DeleteFile(self, request: pb.FileRequest, call: Call) -> pb.FileOperationResult:
        return await self._delete([request.path], View(self._world, call))

    async def DeleteFiles(self, request: pb.MultiFileRequest, call: Call) -> pb.FileOperationResult:
        return await self._delete(list(request.path), View(self._world, call))

    async def DeleteFilePermanently(self, request: pb.FileRequest, call: Call) -> pb.FileOperationResult:
        return await self._delete([request.path], View(self._world, call))

    async def DeleteFilesPermanently(self, request: pb.MultiFileRequest, call: Call) -> pb.FileOperationResult:
        return await self._delete(list(request.path), View(self._world, call))

    async def _rename(self, request: pb.RenameFileRequest, view: View) -> list[str]:
        old = await view.full(request.theFilePath)
        self._check_name(request.newName)
        self._check_writable(old)
        item = await self._existing(old)
        new = paths.join(paths.parent(old), request.newName)
        if await self._world.entry(new) is not None:
            raise Refusal(f"{view.shown(new)} already exists")
        cloud, inner = self._world.locate(old)
        await cloud.run(cloud.storage.rename, inner, self._world.locate(new)[1])
        self._world.announce("RENAME", old, is_folder=item.isDirectory, new_path=new, entry=await self._world.entry(new))
        return [new]

    async def _places(self, sources: list[str], target: str, policy: int, view: View) -> list[Place]:
        if await self._folder(target) is None:
            raise CallError(Status.NOT_FOUND, f"{view.shown(target)} is no folder")
        self._check_writable(paths.join(target, "x"))
        places = []
        for given in sources:
            source = await view.full(given)
            self._check_writable(source)
            await self._existing(source)
            if paths.is_below(target, source):
                raise Refusal(f"{given} cannot go into itself")
            if paths.parent(source) == target:
                raise Refusal(f"{given} is there already")
            wanted = paths.join(target, paths.tail(source))
            if await self._world.entry(wanted) is None:
                places.append(Place(source, wanted))
            elif policy == SKIP:
                places.append(Place(source, None))
            elif policy == RENAME:
                places.append(Place(source, await self._free_name(wanted)))
            else:
                places.append(Place(source, wanted))
        return places

    async def _move_one(self, place: Place) -> None:
        if place.target is None:
            return
        item = await self._existing(place.source)
        if self._world.locate(place.source)[0] is not self._world.locate(place.target)[0]:
            await self._copy_one(place)
            await self._remove(place.source)
            return
        await self._clear(place.target)
        cloud, inner = self._world.locate(place.source)
        await cloud.run(cloud.storage.rename, inner, self._world.locate(place.target)[1])
        entry = await self._world.entry(place.target)
        self._world.announce("RENAME", place.source, is_folder=item.isDirectory, new_path=place.target, entry=entry)

    async def _copy_one(self, place: Place) -> None:
        if place.target is None:
            return
        item = await self._existing(place.source)
        await self._clear(place.target)
        source, inner = self._world.locate(place.source)
        cloud, target = self._world.locate(place.target)
        if source is cloud:
            await cloud.run(cloud.storage.copy, inner, target)
        else:
            await self._copy_across(place.source, place.target)
        entry = await self._world.entry(place.target)
        self._world.announce("CREATE", place.target, is_folder=item.isDirectory, entry=entry)

    async def _copy_across(self, source: str, target: str) -> None:
        origin, inner = self._world.locate(source)
        cloud, place = self._world.locate(target)
        item = await origin.run(origin.storage.stat, inner)
        assert item is not None
        if item.is_folder:
            await cloud.run(cloud.storage.make_folder, place)
            for name in await origin.run(origin.storage.names, inner):
                await self._copy_across(paths.join(source, name), paths.join(target, name))
            return
        temporary = await cloud.run(cloud.storage.begin)
        step = 1 << 20
        for offset in range(0, item.size, step):
            data = await origin.run(origin.storage.read, inner, offset, step)
            await cloud.run(cloud.storage.write, temporary, offset, data)
        await cloud.run(cloud.storage.publish, temporary, place, item.size, item.hashes)

    async def _delete(self, given: list[str], view: View) -> pb.FileOperationResult:
        async def delete() -> list[str]:
            full = [await view.full(path) for path in given]
            for path in full:
                self._check_writable(path)
                await self._existing(path)
            for path in full:
                await self._remove(path)
            return []

        return await self._result(delete, view)

    async def _remove(self, path: str) -> None:
        entry = await self._existing(path)
        for task in self._world.tasks.rows():
            if task.is_live and paths.is_below(task.path, path):
                task.control("cancel")
        if await self._world.item(path) is not None:
            cloud, inner = self._world.locate(path)
            await cloud.run(cloud.storage.delete, inner)
        self._world.announce("DELETE", path, is_folder=entry.isDirectory)

    async def _clear(self, path: str) -> None:
        if await self._world.item(path) is not None:
            await self._remove(path)

    async def _free_name(self, path: str) -> str:
        stem, dot, suffix = paths.tail(path).rpartition(".")
        stem, suffix = (stem, dot + suffix) if stem else (paths.tail(path), "")
        number = 1
        while await self._world.entry(candidate := paths.join(paths.parent(path), f"{stem}({number}){suffix}")) is not None:
            number += 1
        return candidate

    async def _existing(self, path: str) -> pb.CloudDriveFile:
        entry = await self._world.entry(path)
        if entry is None:
            raise CallError(Status.NOT_FOUND, f"{path} does not exist")
        return entry

    async def _folder(self, path: str) -> pb.CloudDriveFile | None:
        entry = await self._world.entry(path)
        return entry if entry is not None and entry.isDirectory else None

    def _check_name(self, name: str) -> None:
        if problem := paths.check_name(name):
            raise Refusal(problem)

    def _check_writable(self, path: str) -> None:
        if path == "/" or paths.parent(path) == "/":
            raise Refusal("the root and its cloud folders cannot be changed")
        if self._world.locate(path)[0].options.read_only:
            raise Refusal("this cloud is read-only")

    async def _result(self, change: Callable[[], Awaitable[list[str]]], view: View) -> pb.FileOperationResult:
        try:
            paths_made = await change()
        except (Refusal, StorageError) as error:
            return pb.FileOperationResult(success=False, errorMessage=str(error))
        except FileExistsError as error:
            return pb.FileOperationResult(success=False, errorMessage=f"{error} already exists")
        except (FileNotFoundError, NotADirectoryError) as error:
            raise CallError(Status.NOT_FOUND, f"{error} does not exist") from error
        return pb.FileOperationResult(success=True, resultFilePaths=[view.shown(path) for path in paths_made])
