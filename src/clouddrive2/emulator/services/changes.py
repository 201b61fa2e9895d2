"""Changing the tree: folders, names, places, copies, deletions (protocol.md §5)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.copying import Copies
from clouddrive2.emulator.merging import Merges
from clouddrive2.emulator.storage import StorageError
from clouddrive2.emulator.tree import Refusal, Transfer, Tree
from clouddrive2.emulator.view import View
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["ChangesService"]


class ChangesService:
    """CreateFolder, RenameFile(s), MoveFile, CopyFile, DeleteFile(s)(Permanently)."""

    def __init__(self, world: World, copies: Copies, merges: Merges) -> None:
        self._world = world
        self._tree = Tree(world)
        self._copies = copies
        self._merges = merges

    async def CreateFolder(self, request: pb.CreateFolderRequest, call: Call) -> pb.CreateFolderResult:
        view = View(self._world, call)
        if problem := paths.check_name(request.folderName):
            return pb.CreateFolderResult(result=pb.FileOperationResult(errorMessage=problem))
        path = paths.join(await view.full(request.parentPath), request.folderName)

        async def create() -> list[str]:
            await self._tree.make_folder(path)
            return [path]

        reply = pb.CreateFolderResult(result=await self._result(create, view))
        if reply.result.success and (entry := await self._world.entry(path)) is not None:
            reply.folderCreated.CopyFrom(view.show(entry))
        return reply

    async def RenameFile(self, request: pb.RenameFileRequest, call: Call) -> pb.FileOperationResult:
        return await self._rename([request], View(self._world, call))

    async def RenameFiles(self, request: pb.RenameFilesRequest, call: Call) -> pb.FileOperationResult:
        return await self._rename(request.renameFiles, View(self._world, call))

    async def MoveFile(self, request: pb.MoveFileRequest, call: Call) -> pb.FileOperationResult:
        how = Transfer(True, request.conflictPolicy, request.moveAcrossClouds, request.handleConflictRecursively)
        return await self._transfer(request.theFilePaths, request.destPath, how, call)

    async def CopyFile(self, request: pb.CopyFileRequest, call: Call) -> pb.FileOperationResult:
        how = Transfer(False, request.conflictPolicy, True, request.handleConflictRecursively)
        return await self._transfer(request.theFilePaths, request.destPath, how, call)

    async def DeleteFile(self, request: pb.FileRequest, call: Call) -> pb.FileOperationResult:
        return await self._delete([request.path], View(self._world, call))

    async def DeleteFiles(self, request: pb.MultiFileRequest, call: Call) -> pb.FileOperationResult:
        return await self._delete(request.path, View(self._world, call))

    async def DeleteFilePermanently(self, request: pb.FileRequest, call: Call) -> pb.FileOperationResult:
        return await self._delete([request.path], View(self._world, call), permanently=True)

    async def DeleteFilesPermanently(self, request: pb.MultiFileRequest, call: Call) -> pb.FileOperationResult:
        return await self._delete(request.path, View(self._world, call), permanently=True)

    async def _rename(self, requests: Iterable[pb.RenameFileRequest], view: View) -> pb.FileOperationResult:
        async def rename() -> list[str]:
            return [await self._tree.rename(await self._own(each.theFilePath, view), each.newName) for each in requests]

        return await self._result(rename, view)

    async def _transfer(self, given: Iterable[str], folder: str, how: Transfer, call: Call) -> pb.FileOperationResult:
        view = View(self._world, call)

        async def transfer() -> list[str]:
            sources = [await self._own(path, view) for path in given]
            to = await view.full(folder)
            begun = _Begun(self._copies, self._merges, call.caller.account)
            # Somebody asked for the same again while it runs: it begins anew (protocol.md §5.5).
            twice = [copy for source in sources if (copy := self._copies.live(source, to)) is not None]
            for copy in twice:
                await self._copies.restart(copy)
            again = {copy.shown.sourcePath for copy in twice}
            made = await self._tree.transfer([source for source in sources if source not in again], to, how, begun)
            if not self._world.options.copy_bytes_per_second:
                await begun.end()
            return [*(copy.target for copy in twice), *made]

        return await self._result(transfer, view)

    async def _delete(self, given: Iterable[str], view: View, *, permanently: bool = False) -> pb.FileOperationResult:
        async def delete() -> list[str]:
            full = [await self._own(path, view) for path in given]
            for path in full:
                if await self._world.entry(path) is None:
                    raise CallError(Status.NOT_FOUND, f"{view.shown(path)} not found")
                if permanently and not self._world.locate(path)[0].options.can_delete_permanently:
                    raise Refusal("this cloud cannot delete permanently")
            for path in full:
                await self._tree.remove(path)
            return []

        return await self._result(delete, view)

    async def _own(self, given: str, view: View) -> str:
        """The full path of something to be changed, which the caller's own root is not."""
        path = await view.full(given)
        if view.shown(path) == "/":
            raise Refusal("the root cannot be changed")
        return path

    async def _result(self, change: Callable[[], Awaitable[list[str]]], view: View) -> pb.FileOperationResult:
        try:
            made = await change()
        except (Refusal, StorageError) as error:
            return pb.FileOperationResult(success=False, errorMessage=str(error))
        except (FileExistsError, IsADirectoryError) as error:
            return pb.FileOperationResult(success=False, errorMessage=f"{error} already exists")
        except (FileNotFoundError, NotADirectoryError) as error:
            raise CallError(Status.NOT_FOUND, f"{error} not found") from error
        return pb.FileOperationResult(success=True, resultFilePaths=[view.shown(path) for path in made])


class _Begun:
    """The tasks of one call."""

    def __init__(self, copies: Copies, merges: Merges, account: str) -> None:
        self._copies = copies
        self._merges = merges
        self._account = account
        self._running: list[asyncio.Task[None]] = []

    def takes(self, source: str, target: str, *, is_folder: bool) -> bool:
        return self._copies.takes(source, target, is_folder=is_folder)

    def copy(self, source: str, folder: str, target: str, how: Transfer) -> None:
        running = self._copies.add(source, folder, target, how, self._account).running
        self._running += [running] if running is not None else []

    def merge(self, source: str, target: str, how: Transfer) -> None:
        running = self._merges.add(source, target, how).running
        self._running += [running] if running is not None else []

    async def end(self) -> None:
        """Wait until all have ended, however."""
        if self._running:
            await asyncio.wait(self._running)
