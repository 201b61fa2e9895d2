"""Archives as folders: what is in a zip, without fetching it (protocol.md §5.7)."""

from __future__ import annotations

from google.protobuf.empty_pb2 import Empty

from clouddrive2.api.views import PathView
from clouddrive2.errors import ConfigError
from clouddrive2.models.archives import SOLID_MODES, ArchiveFolder, ArchiveProbe, SolidMode
from clouddrive2.models.paths import normalise
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["AsyncArchives"]

# ``list`` is a method below.
ArchiveFolders = list[ArchiveFolder]


class AsyncArchives:
    """``client.archives``. An archive of a cloud is opened as a read-only folder; ``client.files`` lists and reads it then.

    Since 1.1.1; older servers have none of it (:class:`clouddrive2.Unsupported`). They have to be turned on in the settings
    (``archive_folders_enabled``) and be in the account's plan. The folder's path is the server's to choose: use the one that
    comes back.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._view = PathView(caller.server)

    async def list(self) -> ArchiveFolders:
        """Every archive folder that was opened and not removed, loaded or not. May be repeated.

        Raises:
            PermissionDenied: The token may not list them (``allow_get_archive_folders``).
            Unsupported: The server is older than 1.1.1.
        """
        reply = await self._caller.unary("GetArchiveFolders", Empty(), pb.ArchiveFolderList)
        return [self._received(message) for message in reply.folders]

    async def probe(self, path: str) -> ArchiveProbe:
        """Whether a file would open as a folder. May be repeated.

        A file that is no archive, or none at all, is no error: the answer says what is the matter.

        Args:
            path: The file.

        Raises:
            PermissionDenied: The token may not (``allow_get_archive_folders``).
            Unsupported: The server is older than 1.1.1.
        """
        request = pb.FileRequest(path=self._view.sent(path))
        return ArchiveProbe.from_proto(await self._caller.unary("ProbeArchive", request, pb.ArchiveProbe, path=path))

    async def open(
        self,
        path: str,
        *,
        password: str | None = None,
        auto_load: bool | None = None,
        cover: str | None = None,
        solid_mode: SolidMode | None = None,
    ) -> ArchiveFolder:
        """Show an archive as a folder; waits 10 s at most for the list of its members.

        An archive that takes longer comes back as ``INDEXING``: see :meth:`list` later. One that was opened before is loaded
        again, with what is given here changed. It is not sent twice by itself, but you may: nothing is doubled.

        Args:
            path: The archive; of one in several volumes the first.
            password: Of its members.
            auto_load: Whether it is shown again after a restart of the server.
            cover: Path of a picture for it.
            solid_mode: What the server does about members that can be read only by unpacking others before them: ``never``
                shows them, keeps them in ``memory``, or in its ``cache``.

        Returns:
            The folder. Look at its state: a wrong password, for example, is told there.

        Raises:
            NotFound: There is no such archive.
            InvalidRequest: It is not the first volume, or lies in an archive folder.
            PermissionDenied: The token may not (``allow_modify_archive_folders``), or the plan has none.
            Unsupported: They are turned off in the settings, or the server is older than 1.1.1.
        """
        request = pb.OpenArchiveFolderRequest(archivePath=self._view.sent(path))
        self._set(request, password, auto_load, cover, solid_mode)
        return self._received(await self._caller.unary("OpenArchiveFolder", request, pb.ArchiveFolder, path=path))

    async def update(
        self,
        folder: str,
        *,
        password: str | None = None,
        auto_load: bool | None = None,
        cover: str | None = None,
        solid_mode: SolidMode | None = None,
    ) -> ArchiveFolder:
        """Change an archive folder; what is not given stays. May be repeated.

        Args:
            folder: Its path, as :class:`ArchiveFolder` has it.
            password: Another one; empty for none.
            auto_load: Whether it is shown again after a restart of the server.
            cover: Path of a picture; empty for none.
            solid_mode: As for :meth:`open`.

        Raises:
            NotFound: There is no such archive folder.
            PermissionDenied: The token may not (``allow_modify_archive_folders``).
        """
        request = pb.UpdateArchiveFolderRequest(folderPath=normalise(folder))
        self._set(request, password, auto_load, cover, solid_mode)
        return self._received(await self._caller.unary("UpdateArchiveFolder", request, pb.ArchiveFolder, path=folder))

    async def load(self, folder: str) -> ArchiveFolder:
        """Show an archive folder again that was unloaded, as :meth:`open` does.

        Args:
            folder: Its path, as :class:`ArchiveFolder` has it.

        Raises:
            NotFound: There is no such archive folder.
            PermissionDenied: The token may not (``allow_modify_archive_folders``), or the plan has none.
            Unsupported: They are turned off in the settings.
        """
        request = pb.FileRequest(path=normalise(folder))
        return self._received(await self._caller.unary("LoadArchiveFolder", request, pb.ArchiveFolder, path=folder))

    async def unload(self, folder: str) -> None:
        """Take an archive folder out of the tree; it stays in the list.

        Args:
            folder: Its path, as :class:`ArchiveFolder` has it.

        Raises:
            NotFound: There is no such archive folder.
            PermissionDenied: The token may not (``allow_modify_archive_folders``).
        """
        await self._caller.unary("UnloadArchiveFolder", pb.FileRequest(path=normalise(folder)), Empty, path=folder)

    async def remove(self, folder: str) -> None:
        """Forget an archive folder, with its password; the archive itself stays.

        Args:
            folder: Its path, as :class:`ArchiveFolder` has it.

        Raises:
            NotFound: There is no such archive folder.
            PermissionDenied: The token may not (``allow_modify_archive_folders``).
        """
        await self._caller.unary("RemoveArchiveFolder", pb.FileRequest(path=normalise(folder)), Empty, path=folder)

    def _set(
        self,
        request: pb.OpenArchiveFolderRequest | pb.UpdateArchiveFolderRequest,
        password: str | None,
        auto_load: bool | None,
        cover: str | None,
        solid_mode: SolidMode | None,
    ) -> None:
        """What is given; what is absent is kept by the server."""
        if password is not None:
            request.password = password
        if auto_load is not None:
            request.autoLoad = auto_load
        if cover is not None:
            request.coverImagePath = self._view.sent(cover) if cover else ""
        if solid_mode is not None:
            if solid_mode not in SOLID_MODES:
                raise ConfigError(f"solid_mode is one of {', '.join(SOLID_MODES)}, not {solid_mode}")
            request.solidMode = pb.SolidArchiveMode.values()[SOLID_MODES.index(solid_mode)]

    def _received(self, message: pb.ArchiveFolder) -> ArchiveFolder:
        """Paths of archives are seen as the token sees them; the folders are the server's own (``/Archive Folders``)."""
        message.archivePath = self._view.shown(message.archivePath)
        if message.coverImagePath:
            message.coverImagePath = self._view.shown(message.coverImagePath)
        return ArchiveFolder.from_proto(message)
