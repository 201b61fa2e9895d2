"""Archive folders over the API (protocol.md §5.7). A confined token works with the archives of its own part of the tree."""

from __future__ import annotations

from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator.archives import ArchiveRecord, Archives
from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.paths import normalise
from clouddrive2.emulator.view import View
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["ArchivesService"]


class ArchivesService:
    """ProbeArchive, OpenArchiveFolder, GetArchiveFolders, UpdateArchiveFolder; Load-, Unload-, RemoveArchiveFolder."""

    def __init__(self, world: World, archives: Archives) -> None:
        self._world = world
        self._archives = archives

    async def ProbeArchive(self, request: pb.FileRequest, call: Call) -> pb.ArchiveProbe:
        return await self._archives.probe(await View(self._world, call).full(request.path))

    async def OpenArchiveFolder(self, request: pb.OpenArchiveFolderRequest, call: Call) -> pb.ArchiveFolder:
        view = View(self._world, call)
        record = await self._archives.open(await view.full(request.archivePath))
        await self._change(record, request, view)
        await self._archives.load(record)
        return _shown(record, view)

    async def GetArchiveFolders(self, request: Empty, call: Call) -> pb.ArchiveFolderList:
        view, reply = View(self._world, call), pb.ArchiveFolderList()
        for record in self._archives.all():
            if view.sees(record.path):
                await self._archives.look(record)
                reply.folders.append(_shown(record, view))
        return reply

    async def UpdateArchiveFolder(self, request: pb.UpdateArchiveFolderRequest, call: Call) -> pb.ArchiveFolder:
        view = View(self._world, call)
        record = self._of(request.folderPath, view)
        if await self._change(record, request, view) and record.state == pb.ArchiveFolder.NeedsPassword:
            await self._archives.load(record)
        return _shown(record, view)

    async def LoadArchiveFolder(self, request: pb.FileRequest, call: Call) -> pb.ArchiveFolder:
        view = View(self._world, call)
        record = self._of(request.path, view)
        await self._archives.load(record)
        return _shown(record, view)

    async def UnloadArchiveFolder(self, request: pb.FileRequest, call: Call) -> Empty:
        await self._archives.unload(self._of(request.path, View(self._world, call)))
        return Empty()

    async def RemoveArchiveFolder(self, request: pb.FileRequest, call: Call) -> Empty:
        await self._archives.remove(self._of(request.path, View(self._world, call)))
        return Empty()

    def _of(self, path: str, view: View) -> ArchiveRecord:
        """The record a caller means: folder paths are the server's own, whatever part of the tree he sees."""
        record = self._archives.of(normalise(path))
        if not view.sees(record.path):
            raise CallError(Status.NOT_FOUND, f"there is no archive folder {path}")
        return record

    async def _change(
        self, record: ArchiveRecord, request: pb.OpenArchiveFolderRequest | pb.UpdateArchiveFolderRequest, view: View
    ) -> bool:
        """Apply the options that are present; whether the password is another one."""
        before = record.password
        if request.HasField("autoLoad"):
            record.auto_load = request.autoLoad
        if request.HasField("password"):
            record.password = request.password
        if request.HasField("coverImagePath"):
            record.cover = await view.full(request.coverImagePath) if request.coverImagePath else ""
        if request.HasField("solidMode"):
            record.solid_mode = request.solidMode
        self._archives.keep()
        return record.password != before


def _shown(record: ArchiveRecord, view: View) -> pb.ArchiveFolder:
    shown = pb.ArchiveFolder(
        folderPath=record.folder,
        archivePath=view.shown(record.path),
        autoLoad=record.auto_load,
        state=record.state,
        message=record.message,
        solidMode=record.solid_mode,
        loaded=record.is_loaded,
    )
    if record.cover:
        shown.coverImagePath = view.shown(record.cover)
    if record.state == pb.ArchiveFolder.Indexing:
        shown.progress = record.progress
    if record.archive is not None:
        shown.format, shown.hasSolidMembers = record.archive.format, record.archive.is_solid
        shown.fileCount, shown.totalSize = record.archive.files, record.archive.total
    return shown
