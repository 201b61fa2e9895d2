"""The write-file API: a handle, writes at offsets, close (protocol.md §7.1)."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass

from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.delivery import Deliveries, Delivery
from clouddrive2.emulator.storage import StorageError
from clouddrive2.emulator.upload_faults import UploadFaults
from clouddrive2.emulator.view import View
from clouddrive2.emulator.world import Cloud, World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["WriteFileService"]


@dataclass(slots=True)
class Handle:
    """One open file."""

    path: str
    cloud: Cloud
    temporary: str
    account: str
    opened_at: float
    used_at: float
    size: int = 0


class WriteFileService:
    """CreateFile, WriteToFile, WriteToFileStream, CloseFile, GetOpenFileHandles."""

    def __init__(self, world: World, faults: UploadFaults, deliveries: Deliveries) -> None:
        self._world = world
        self._faults = faults
        self._handles: dict[int, Handle] = {}
        self._numbers = itertools.count(1)
        self._deliveries = deliveries

    async def CreateFile(self, request: pb.CreateFileRequest, call: Call) -> pb.CreateFileResult:
        await self._expire()
        view = View(self._world, call)
        folder = await view.full(request.parentPath)
        above = await self._world.entry(folder)
        if above is None or not above.isDirectory:
            raise CallError(Status.NOT_FOUND, f"{request.parentPath} not found")
        if folder == "/":
            raise CallError(Status.PERMISSION_DENIED, "files cannot be created in the root")
        if problem := paths.check_name(request.fileName):
            raise CallError(Status.INVALID_ARGUMENT, problem)
        path = paths.join(folder, request.fileName)
        cloud, inner = self._world.locate(path)
        if cloud.options.read_only:
            raise CallError(Status.PERMISSION_DENIED, "this cloud is read-only")
        if cloud.storage.is_locked(inner):
            raise CallError(Status.FAILED_PRECONDITION, f"{request.parentPath} is locked")
        temporary = await cloud.begin()
        try:
            taken = await self._world.entry(path) is not None
        except BaseException:
            cloud.storage.discard(temporary)
            raise
        refusal: CallError | None = None
        most = self._world.options.write_handles
        if taken or any(handle.path == path for handle in self._handles.values()):
            refusal = CallError(Status.ALREADY_EXISTS, f"{view.shown(path)} already exists")
        elif len(self._handles) >= most:
            refusal = CallError(Status.RESOURCE_EXHAUSTED, f"{most} files are open for writing, and no more may be")
        if refusal is not None:
            await cloud.run(cloud.storage.discard, temporary)
            raise refusal
        number, now = next(self._numbers), self._world.clock()
        self._handles[number] = Handle(path, cloud, temporary, call.caller.account, now, now)
        return pb.CreateFileResult(fileHandle=number)

    async def WriteToFile(self, request: pb.WriteFileRequest, call: Call) -> pb.WriteFileResult:
        written = await self._write(request, call)
        if request.closeFile:
            await self._close(request.fileHandle, call, at_once=request.uploadImmediately)
        return pb.WriteFileResult(bytesWritten=written)

    async def WriteToFileStream(self, requests: AsyncIterator[pb.WriteFileRequest], call: Call) -> pb.WriteFileResult:
        written = 0
        async for request in requests:
            written += await self._write(request, call)
            if request.closeFile:
                await self._close(request.fileHandle, call, at_once=request.uploadImmediately)
        return pb.WriteFileResult(bytesWritten=written)

    async def CloseFile(self, request: pb.CloseFileRequest, call: Call) -> pb.FileOperationResult:
        path = await self._close(request.fileHandle, call, at_once=request.uploadImmediately)
        return pb.FileOperationResult(success=True, resultFilePaths=[View(self._world, call).shown(path)])

    async def GetOpenFileHandles(self, request: Empty, call: Call) -> pb.OpenFileHandleList:
        await self._expire()
        view, reply = View(self._world, call), pb.OpenFileHandleList()
        for number, handle in self._handles.items():
            if view.sees(handle.path):
                shown = reply.openFileHandles.add(fileHandle=number, filePath=view.shown(handle.path))
                shown.openTime.FromNanoseconds(int(handle.opened_at * 1e9))
        return reply

    async def _write(self, request: pb.WriteFileRequest, call: Call) -> int:
        handle = await self._open(request.fileHandle, call)
        # Each look at a bytes field copies it, so look once.
        data = request.buffer
        if request.length != len(data):
            raise CallError(Status.INVALID_ARGUMENT, "length differs from the size of the buffer")
        handle.used_at = self._world.clock()
        if data:
            data = self._faults.written(data)
            try:
                self._faults.check_space(len(data))
                await handle.cloud.run(handle.cloud.storage.write, handle.temporary, request.startPos, data)
            except StorageError as error:
                # No status that asks to come back: waiting makes no room (protocol.md §1.6).
                raise CallError(Status.INTERNAL, str(error)) from error
        handle.size = max(handle.size, request.startPos + len(data))
        return len(data)

    async def _close(self, number: int, call: Call, *, at_once: bool) -> str:
        handle = await self._open(number, call)
        del self._handles[number]
        delivery = Delivery(handle.path, handle.cloud, handle.temporary, handle.size, handle.account)
        await self._deliveries.begin(delivery, at_once=at_once)
        return handle.path

    async def _open(self, number: int, call: Call) -> Handle:
        """The handle, when it is open and in the caller's part of the tree: numbers can be guessed."""
        await self._expire()
        handle = self._handles.get(number)
        if handle is None or not View(self._world, call).sees(handle.path):
            raise CallError(Status.NOT_FOUND, f"file handle {number} is not open")
        return handle

    async def _expire(self) -> None:
        limit = self._world.clock() - self._world.options.handle_seconds
        for number, handle in [each for each in self._handles.items() if each[1].used_at < limit]:
            if self._handles.pop(number, None) is not None:
                await handle.cloud.run(handle.cloud.storage.discard, handle.temporary)
