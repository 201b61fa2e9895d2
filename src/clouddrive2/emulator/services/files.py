"""Looking at the tree (protocol.md §3, §4) and links to read from it (§6.1)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from clouddrive2.emulator import links
from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.listing import children, refresh
from clouddrive2.emulator.upload_faults import UploadFaults
from clouddrive2.emulator.view import View
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["FilesService"]


class FilesService:
    """Listing, look-up, search, details, space."""

    def __init__(self, world: World, faults: UploadFaults) -> None:
        self._world = world
        self._faults = faults

    async def GetSubFiles(self, request: pb.ListSubFileRequest, call: Call) -> AsyncIterator[pb.SubFilesReply]:
        if self._world.is_starting:
            return
        view = View(self._world, call)
        folder = await view.full(request.path)
        if request.forceRefresh:
            refresh(self._world, folder)
        entry = await self._world.entry(folder)
        if entry is None:
            raise CallError(Status.NOT_FOUND, f"{request.path} not found")
        if not entry.isDirectory:
            return
        if entry.fileEncryptionType == pb.CloudDriveFile.Encrypted:
            # An empty listing would be a lie that others act upon.
            raise CallError(Status.FAILED_PRECONDITION, f"{request.path} is locked")
        batch = pb.SubFilesReply()
        size = count = 0
        async for child in children(self._world, folder):
            shown = view.show(child)
            length = shown.ByteSize()
            full = len(batch.subFiles) >= self._world.options.batch_entries
            if batch.subFiles and (full or size + length > self._world.options.batch_bytes):
                yield batch
                batch, size = pb.SubFilesReply(), 0
            batch.subFiles.append(shown)
            size += length
            count += 1
        self._world.listed[folder] = (self._world.clock(), count)
        if batch.subFiles:
            yield batch

    async def FindFileByPath(self, request: pb.FindFileByPathRequest, call: Call) -> pb.CloudDriveFile:
        view = View(self._world, call)
        readings = [request.path]
        if request.parentPath and (request.parentPath != "/" or not request.path.startswith("/")):
            joined = f"{request.parentPath}/{request.path}"
            readings = [joined, request.path] if request.path.startswith("/") else [joined]
        for reading in readings:
            entry = await self._world.entry(await view.full(reading))
            if entry is not None:
                return view.show(entry)
        raise CallError(Status.NOT_FOUND, f"{request.path} not found")

    async def GetSearchResults(self, request: pb.SearchRequest, call: Call) -> AsyncIterator[pb.SubFilesReply]:
        if self._world.is_starting:
            return
        view = View(self._world, call)
        folder = await view.full(request.path)
        if await self._world.entry(folder) is None:
            raise CallError(Status.NOT_FOUND, f"{request.path} not found")
        wanted = request.searchFor.lower()
        words = wanted.split() if request.fuzzyMatch else [wanted]
        found = pb.SubFilesReply()
        async for entry in self._below(folder):
            if all(word in entry.name.lower() for word in words):
                entry.isSearchResult = True
                entry.originalPath = view.shown(entry.fullPathName)
                found.subFiles.append(view.show(entry))
            if len(found.subFiles) >= self._world.options.batch_entries:
                yield found
                found = pb.SubFilesReply()
        if found.subFiles:
            yield found

    async def GetFileDetailProperties(self, request: pb.FileRequest, call: Call) -> pb.FileDetailProperties:
        path = await View(self._world, call).full(request.path)
        entry = await self._world.entry(path)
        if entry is None:
            raise CallError(Status.NOT_FOUND, f"{request.path} not found")
        if not entry.isDirectory:
            return pb.FileDetailProperties(totalFileCount=1, totalSize=entry.size)
        details = pb.FileDetailProperties()
        if self._world.is_starting:
            return details
        async for below in self._below(path):
            details.totalFolderCount += below.isDirectory
            details.totalFileCount += not below.isDirectory
            details.totalSize += below.size
        return details

    async def GetSpaceInfo(self, request: pb.FileRequest, call: Call) -> pb.SpaceInfo:
        path = await View(self._world, call).full(request.path)
        clouds = list(self._world.clouds.values()) if path == "/" else [self._world.locate(path)[0]]
        total = sum(cloud.options.total_space for cloud in clouds)
        used = sum([await cloud.run(cloud.storage.used) for cloud in clouds])
        if self._faults.space_left is not None:
            used = max(used, total - self._faults.space_left)
        return pb.SpaceInfo(totalSpace=total, usedSpace=used, freeSpace=max(0, total - used))

    async def GetDownloadUrlPath(self, request: pb.GetDownloadUrlPathRequest, call: Call) -> pb.DownloadUrlPathInfo:
        view = View(self._world, call)
        path = await view.full(request.path)
        entry = await self._world.entry(path)
        if entry is None or entry.isDirectory:
            raise CallError(Status.NOT_FOUND, f"{request.path} is no file")
        return links.template(self._world, call.caller, path)

    async def _below(self, folder: str) -> AsyncIterator[pb.CloudDriveFile]:
        folders = [folder]
        while folders:
            async for entry in children(self._world, folders.pop()):
                if entry.isDirectory:
                    folders.append(entry.fullPathName)
                yield entry
