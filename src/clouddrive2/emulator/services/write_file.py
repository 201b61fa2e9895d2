"""The write-file API: a handle, writes at offsets, close; then the server uploads by itself (protocol.md §7)."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.hashing import hashes_of
from clouddrive2.emulator.storage import StorageError
from clouddrive2.emulator.tasks import MOUNT, UploadTask
from clouddrive2.emulator.view import View
from clouddrive2.emulator.world import Cloud, World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["WriteFileService"]

PREPROCESSING, CANCELLED, TRANSFER, FINISH, FATAL = 1, 2, 3, 5, 10


@dataclass(slots=True)
class Handle:
    """One open file."""

    path: str
    cloud: Cloud
    temporary: str
    account: str
    used_at: float
    size: int = 0


class WriteFileService:
    """CreateFile, WriteToFile, WriteToFileStream, CloseFile."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._handles: dict[int, Handle] = {}
        self._numbers = itertools.count(1)
        self._deliveries: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Stop what is on its way to a cloud."""
        for delivery in list(self._deliveries):
            delivery.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)

    async def CreateFile(self, request: pb.CreateFileRequest, call: Call) -> pb.CreateFileResult:
        await self._expire()
        view = View(self._world, call)
        folder = await view.full(request.parentPath)
        above = await self._world.entry(folder)
        if above is None or not above.isDirectory:
            raise CallError(Status.NOT_FOUND, f"{request.parentPath} does not exist")
        if folder == "/":
            raise CallError(Status.PERMISSION_DENIED, "files cannot be created in the root")
        if problem := paths.check_name(request.fileName):
            raise CallError(Status.INVALID_ARGUMENT, problem)
        path = paths.join(folder, request.fileName)
        cloud, _ = self._world.locate(path)
        if cloud.options.read_only:
            raise CallError(Status.PERMISSION_DENIED, "this cloud is read-only")
        if await self._world.entry(path) is not None or any(handle.path == path for handle in self._handles.values()):
            raise CallError(Status.ALREADY_EXISTS, f"{view.shown(path)} already exists")
        number = next(self._numbers)
        temporary = await cloud.run(cloud.storage.begin)
        self._handles[number] = Handle(path, cloud, temporary, call.caller.account, self._world.clock())
        return pb.CreateFileResult(fileHandle=number)

    async def WriteToFile(self, request: pb.WriteFileRequest, call: Call) -> pb.WriteFileResult:
        written = await self._write(request)
        if request.closeFile:
            await self._close(request.fileHandle)
        return pb.WriteFileResult(bytesWritten=written)

    async def WriteToFileStream(self, requests: AsyncIterator[pb.WriteFileRequest], call: Call) -> pb.WriteFileResult:
        written = 0
        async for request in requests:
            written += await self._write(request)
            if request.closeFile:
                await self._close(request.fileHandle)
        return pb.WriteFileResult(bytesWritten=written)

    async def CloseFile(self, request: pb.CloseFileRequest, call: Call) -> pb.FileOperationResult:
        path = await self._close(request.fileHandle)
        return pb.FileOperationResult(success=True, resultFilePaths=[View(self._world, call).shown(path)])

    async def _write(self, request: pb.WriteFileRequest) -> int:
        handle = self._open(request.fileHandle)
        if request.length != len(request.buffer):
            raise CallError(Status.INVALID_ARGUMENT, "length differs from the size of the buffer")
        handle.used_at = self._world.clock()
        try:
            await handle.cloud.run(handle.cloud.storage.write, handle.temporary, request.startPos, request.buffer)
        except StorageError as error:
            raise CallError(Status.RESOURCE_EXHAUSTED, str(error)) from error
        handle.size = max(handle.size, request.startPos + request.length)
        return len(request.buffer)

    async def _close(self, number: int) -> str:
        handle = self._open(number)
        del self._handles[number]
        self._world.add_pending(handle.path, handle.size)
        self._world.announce("CREATE", handle.path, is_folder=False, entry=await self._world.entry(handle.path))
        cancelled = asyncio.Event()

        def control(action: str) -> None:
            if action == "cancel":
                cancelled.set()

        task = UploadTask(str(uuid.uuid4()), handle.path, handle.size, MOUNT, handle.account, control)
        self._world.tasks.add(task)
        delivery = asyncio.create_task(self._deliver(handle, task, cancelled))
        self._deliveries.add(delivery)
        delivery.add_done_callback(self._deliveries.discard)
        return handle.path

    async def _deliver(self, handle: Handle, task: UploadTask, cancelled: asyncio.Event) -> None:
        tasks, cloud = self._world.tasks, handle.cloud
        try:
            tasks.set_status(task, PREPROCESSING)
            hashes = await asyncio.to_thread(hashes_of, cloud.storage, handle.temporary, handle.size, cloud.options.knows)
            tasks.set_status(task, TRANSFER)
            if cancelled.is_set():
                await cloud.run(cloud.storage.discard, handle.temporary)
                tasks.set_status(task, CANCELLED)
                return
            _, inner = self._world.locate(handle.path)
            await cloud.run(cloud.storage.publish, handle.temporary, inner, handle.size, hashes)
            task.transferred = handle.size
            self._world.drop_pending(handle.path)
            tasks.set_status(task, FINISH)
        except (StorageError, FileNotFoundError, NotADirectoryError) as error:
            tasks.set_status(task, FATAL, str(error))
        finally:
            self._world.drop_pending(handle.path)

    def _open(self, number: int) -> Handle:
        handle = self._handles.get(number)
        if handle is None:
            raise CallError(Status.NOT_FOUND, f"file handle {number} is not open")
        return handle

    async def _expire(self) -> None:
        limit = self._world.clock() - self._world.options.handle_seconds
        for number, handle in list(self._handles.items()):
            if handle.used_at < limit:
                del self._handles[number]
                await handle.cloud.run(handle.cloud.storage.discard, handle.temporary)
