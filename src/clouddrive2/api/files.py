"""Files and folders in the drive (protocol.md §3 to §6)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing
from pathlib import Path
from typing import Literal

from clouddrive2.api.downloads import Downloads
from clouddrive2.api.views import PathView
from clouddrive2.errors import AlreadyExists, ConfigError, NotFound, OperationFailed
from clouddrive2.models import paths
from clouddrive2.models.files import DownloadLink, Entry, Space
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["AsyncFiles", "OnConflict"]

OnConflict = Literal["fail", "overwrite", "rename", "skip"]
# Inside the class ``list`` is the method.
Paths = list[str]
Entries = list[Entry]
POLICIES = {
    "fail": pb.MoveFileRequest.Skip,
    "skip": pb.MoveFileRequest.Skip,
    "overwrite": pb.MoveFileRequest.Overwrite,
    "rename": pb.MoveFileRequest.Rename,
}


class AsyncFiles:
    """``client.files``. Paths are absolute cloud paths such as ``/115/Movies``; a trailing slash does not matter."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._view = PathView(caller.server)
        self._downloads = Downloads(caller, self.stat)

    async def list(self, path: str, *, refresh: bool = False) -> AsyncIterator[Entry]:
        """The entries of a folder, as they arrive, in the server's order.

        Args:
            path: The folder.
            refresh: Ask the cloud instead of the server's cache (slow, and limited by the cloud).

        Raises:
            NotFound: There is no such folder. An error in the middle means that the entries so far are not all.
        """
        request = pb.ListSubFileRequest(path=self._view.sent(path), forceRefresh=refresh)
        async with aclosing(self._caller.stream("GetSubFiles", request, pb.SubFilesReply, path=path)) as replies:  # type: ignore[type-var]  # an async generator
            async for reply in replies:
                for message in reply.subFiles:
                    yield self._view.received(Entry.from_proto(message))

    async def walk(self, path: str, *, refresh: bool = False) -> AsyncIterator[tuple[str, Entries, Entries]]:
        """Folder by folder from ``path`` downwards: its path, its folders, its other entries, each sorted by name."""
        waiting = [paths.normalise(path)]
        while waiting:
            folder = waiting.pop()
            entries = sorted([entry async for entry in self.list(folder, refresh=refresh)], key=lambda entry: entry.name)
            folders = [entry for entry in entries if entry.is_folder]
            yield folder, folders, [entry for entry in entries if not entry.is_folder]
            waiting.extend(entry.path for entry in reversed(folders))

    async def stat(self, path: str, *, refresh: bool = False) -> Entry:
        """One entry.

        Args:
            path: Which.
            refresh: Look past the server's cache, by a forced listing of the folder it is in (protocol.md §4.2).

        Raises:
            NotFound: It does not exist.
        """
        folder, name = paths.split(path)
        if refresh and name:
            async for entry in self.list(folder, refresh=True):
                if entry.name == name:
                    return entry
            raise NotFound(f"{path} does not exist", path=path, rpc="GetSubFiles")
        request = pb.FindFileByPathRequest(parentPath="", path=self._view.sent(path))
        message = await self._caller.unary("FindFileByPath", request, pb.CloudDriveFile, path=path)
        if not (message.id or message.name or message.fullPathName):
            raise NotFound(f"{path} does not exist", path=path, rpc="FindFileByPath")
        return self._view.received(Entry.from_proto(message))

    async def exists(self, path: str) -> bool:
        """Whether there is an entry. An error is not taken for its absence."""
        try:
            await self.stat(path)
        except NotFound:
            return False
        return True

    async def mkdir(self, path: str, *, parents: bool = False, exist_ok: bool = False) -> Entry:
        """Create a folder.

        Args:
            path: Its path.
            parents: Create missing folders above it too.
            exist_ok: An existing folder will do.

        Raises:
            AlreadyExists: Something is there (a file, or a folder without ``exist_ok``).
            NotFound: The folder above is missing and ``parents`` is false.
        """
        folder, name = paths.split(path)
        if not name:
            if exist_ok:
                return await self.stat("/")
            raise AlreadyExists("the root exists already", path="/")
        request = pb.CreateFolderRequest(parentPath=self._view.sent(folder), folderName=paths.check_name(name))
        try:
            try:
                await self._caller.unary("CreateFolder", request, pb.CreateFolderResult, path=path)
            except NotFound:
                if not parents or folder == "/":
                    raise
                await self.mkdir(folder, parents=True, exist_ok=True)
                await self._caller.unary("CreateFolder", request, pb.CreateFolderResult, path=path)
        except (AlreadyExists, OperationFailed) as error:
            # Servers differ in how they say that it exists (protocol.md §5.2): look.
            entry = await self._existing_folder(path, error)
            if not exist_ok:
                raise AlreadyExists(f"{path} exists already", path=path, rpc="CreateFolder") from error
            return entry
        return await self.stat(path)

    async def rename(self, path: str, new_name: str) -> str:
        """Give an entry another name in the same folder; its new path.

        Raises:
            AlreadyExists, NotFound, OperationFailed: The server refused.
        """
        request = pb.RenameFileRequest(theFilePath=self._view.sent(path), newName=paths.check_name(new_name))
        result = await self._caller.unary("RenameFile", request, pb.FileOperationResult, path=path)
        return self._final(result, [paths.join(paths.parent_of(path), new_name)])[0]

    async def move(
        self, path: str | Iterable[str], to: str, *, on_conflict: OnConflict = "fail", across_clouds: bool = False
    ) -> Paths:
        """Move entries into a folder; their new paths. A move never renames (protocol.md §5.4).

        Args:
            path: One path or several.
            to: The folder that receives them.
            on_conflict: What happens when a name is taken there; ``fail`` looks before anything moves.
            across_clouds: Allow another cloud as the destination.

        Raises:
            AlreadyExists: With ``fail``, a name is taken.
            ConfigError: Into another cloud without ``across_clouds``, into itself, or to where it is.
        """
        sources = await self._checked(path, to, on_conflict)
        if not across_clouds and any(source.split("/")[1] != paths.normalise(to).split("/")[1] for source in sources):
            raise ConfigError(f"{to} is in another cloud; allow it with across_clouds=True", path=to)
        request = pb.MoveFileRequest(
            theFilePaths=[self._view.sent(source) for source in sources],
            destPath=self._view.sent(to),
            conflictPolicy=POLICIES[on_conflict],
            moveAcrossClouds=across_clouds,
        )
        result = await self._caller.unary("MoveFile", request, pb.FileOperationResult, path=to)
        return self._final(result, [paths.join(to, paths.name_of(source)) for source in sources])

    async def copy(self, path: str | Iterable[str], to: str, *, on_conflict: OnConflict = "fail") -> Paths:
        """Copy entries into a folder; the new paths. Large copies go on in a task of the server (protocol.md §5.5).

        Args and errors as for :meth:`move`.
        """
        sources = await self._checked(path, to, on_conflict)
        request = pb.CopyFileRequest(
            theFilePaths=[self._view.sent(source) for source in sources],
            destPath=self._view.sent(to),
            conflictPolicy=pb.CopyFileRequest.ConflictPolicy.ValueType(POLICIES[on_conflict]),
        )
        result = await self._caller.unary("CopyFile", request, pb.FileOperationResult, path=to)
        return self._final(result, [paths.join(to, paths.name_of(source)) for source in sources])

    async def delete(self, path: str | Iterable[str], *, permanently: bool = False, missing_ok: bool = False) -> None:
        """Delete entries, folders with all they hold; into the cloud's recycle bin where it has one.

        Args:
            path: One path or several.
            permanently: Past the recycle bin, where the cloud can.
            missing_ok: What is gone already will do.

        Raises:
            NotFound: One does not exist, and ``missing_ok`` is false.
        """
        given = [path] if isinstance(path, str) else [*path]
        rpc = "DeleteFilePermanently" if permanently else "DeleteFile"
        for one in given:
            try:
                request = pb.FileRequest(path=self._view.sent(one))
                await self._caller.unary(rpc, request, pb.FileOperationResult, path=one)
            except NotFound:
                if not missing_ok:
                    raise

    async def search(self, path: str, text: str, *, fuzzy: bool = False) -> AsyncIterator[Entry]:
        """Entries below a folder whose name contains a text; how exactly is the cloud's affair (protocol.md §4.3)."""
        request = pb.SearchRequest(path=self._view.sent(path), searchFor=text, fuzzyMatch=fuzzy)
        async with aclosing(self._caller.stream("GetSearchResults", request, pb.SubFilesReply, path=path)) as replies:  # type: ignore[type-var]  # an async generator
            async for reply in replies:
                for message in reply.subFiles:
                    yield self._view.received(Entry.from_proto(message))

    async def space(self, path: str = "/") -> Space:
        """Room in the cloud that owns a path; for ``/`` whatever the server adds up."""
        request = pb.FileRequest(path=self._view.sent(path))
        return Space.from_proto(await self._caller.unary("GetSpaceInfo", request, pb.SpaceInfo, path=path))

    async def download_link(self, path: str) -> DownloadLink:
        """Where the bytes of a file come from. Fetch a fresh one per use; keep it secret (protocol.md §6)."""
        return await self._downloads.link(self._view.sent(path), path)

    async def read(self, path: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes of a file, as they arrive.

        Args:
            path: The file.
            start: First byte.
            length: How many at most; ``None`` for all that follow.

        Raises:
            NotFound: There is no such file.
            ConnectError: The connection broke and could not be taken up.
        """
        async with aclosing(self._downloads.read(self._view.sent(path), path, start, length)) as chunks:  # type: ignore[type-var]  # an async generator
            async for chunk in chunks:
                yield chunk

    async def read_bytes(self, path: str, *, start: int = 0, length: int | None = None) -> bytes:
        """The bytes of a file at once; for small files."""
        return b"".join([chunk async for chunk in self.read(path, start=start, length=length)])

    async def download(
        self,
        path: str,
        to: str | Path,
        *,
        overwrite: bool = False,
        resume: bool = True,
        on_progress: Callable[[int, int], object] | None = None,
    ) -> Path:
        """Bring a file here. It gets its name only when it is complete and of the right size and hash.

        Args:
            path: The file in the drive.
            to: Local file, or an existing folder that receives it under its name.
            overwrite: Replace an existing local file.
            resume: Go on with what an earlier, interrupted download of the same content left.
            on_progress: Called with bytes here and bytes in all.

        Returns:
            The local file.

        Raises:
            AlreadyExists: The local file exists and ``overwrite`` is false.
            NotFound: There is no such file in the drive.
            HashMismatch, NotVerified: What came is not what the drive says it has; it is not kept.
        """
        return await self._downloads.download(
            self._view.sent(path), path, Path(to), overwrite=overwrite, resume=resume, on_progress=on_progress
        )

    async def _existing_folder(self, path: str, error: Exception) -> Entry:
        try:
            entry = await self.stat(path)
        except NotFound:
            raise error from None
        if not entry.is_folder:
            raise AlreadyExists(f"{path} exists already and is no folder", path=path, rpc="CreateFolder") from error
        return entry

    async def _checked(self, path: str | Iterable[str], to: str, on_conflict: OnConflict) -> Paths:
        if on_conflict not in POLICIES:
            raise ConfigError(f"on_conflict must be one of {', '.join(POLICIES)}, not '{on_conflict}'")
        sources = [paths.normalise(one) for one in ([path] if isinstance(path, str) else path)]
        target = paths.normalise(to)
        for source in sources:
            if paths.is_below(target, source):
                raise ConfigError(f"{source} cannot go into itself", path=source)
            if paths.parent_of(source) == target:
                raise ConfigError(f"{source} is in {target} already", path=source)
            taken = paths.join(target, paths.name_of(source))
            if on_conflict == "fail" and await self.exists(taken):
                raise AlreadyExists(f"{taken} exists already", path=taken)
        return sources

    def _final(self, result: pb.FileOperationResult, computed: Paths) -> Paths:
        """Where entries ended up: the server's word if it gives one (protocol.md §5.1)."""
        told = [self._view.shown(path) for path in result.resultFilePaths]
        return told if len(told) == len(computed) else computed
