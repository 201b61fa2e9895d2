"""Encrypted folders over the API (protocol.md §5.7)."""

from __future__ import annotations

from collections.abc import Awaitable

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import Call
from clouddrive2.emulator.encryption import Encryption
from clouddrive2.emulator.storage import StorageError
from clouddrive2.emulator.tree import Refusal
from clouddrive2.emulator.view import View
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["EncryptionService"]


class EncryptionService:
    """CreateEncryptedFolder, UnlockEncryptedFile, LockEncryptedFile."""

    def __init__(self, world: World, encryption: Encryption) -> None:
        self._world = world
        self._encryption = encryption

    async def CreateEncryptedFolder(self, request: pb.CreateEncryptedFolderRequest, call: Call) -> pb.CreateFolderResult:
        view = View(self._world, call)
        if problem := paths.check_name(request.folderName):
            return pb.CreateFolderResult(result=pb.FileOperationResult(errorMessage=problem))
        path = paths.join(await view.full(request.parentPath), request.folderName)
        reply = pb.CreateFolderResult(
            result=await _result(self._encryption.create(path, request.password, save=request.savePassword), view.shown(path))
        )
        if reply.result.success and (entry := await self._world.entry(path)) is not None:
            reply.folderCreated.CopyFrom(view.show(entry))
        return reply

    async def UnlockEncryptedFile(self, request: pb.UnlockEncryptedFileRequest, call: Call) -> pb.FileOperationResult:
        view = View(self._world, call)
        path = await view.full(request.path)
        unlocking = self._encryption.unlock(path, request.password, permanently=request.permanentUnlock)
        return await _result(unlocking, view.shown(path))

    async def LockEncryptedFile(self, request: pb.FileRequest, call: Call) -> pb.FileOperationResult:
        view = View(self._world, call)
        path = await view.full(request.path)
        return await _result(self._encryption.lock(path), view.shown(path))


async def _result(doing: Awaitable[None], path: str) -> pb.FileOperationResult:
    try:
        await doing
    except (Refusal, StorageError) as error:
        return pb.FileOperationResult(success=False, errorMessage=str(error))
    return pb.FileOperationResult(success=True, resultFilePaths=[path])
