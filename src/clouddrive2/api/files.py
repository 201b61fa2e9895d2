"""Files and folders in the drive (protocol.md §3 to §6)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from pathlib import Path

from clouddrive2.api.destinations import POLICIES, Destinations, OnConflict
from clouddrive2.api.downloads import Downloads
from clouddrive2.api.readiness import Readiness
from clouddrive2.api.views import PathView
from clouddrive2.errors import (
    AlreadyExists,
    ConfigError,
    InvalidRequest,
    NotFound,
    OperationFailed,
    PermissionDenied,
    Refused,
    Unsupported,
)
from clouddrive2.models import paths
from clouddrive2.models.files import Downloaded, DownloadLink, Entry, EntryKind, FolderDetails, Space
from clouddrive2.models.uploads import Verify
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller
from clouddrive2.transport.rest import Rest

__all__ = ["AsyncFiles"]

# Inside the class ``list`` is the method.
Paths = list[str]
Entries = list[Entry]
NOTHING_BELOW = FolderDetails(files=0, folders=0, size=0)


class AsyncFiles:
    """``client.files``. Paths are absolute cloud paths such as ``/115/Movies``; a trailing slash does not matter.

    Names are sent and shown exactly as they are: no change of letter case, none of Unicode form (protocol.md §3.2).
    """

    def __init__(self, caller: Caller, rest: Rest) -> None:
        self._caller = caller
        self._view = PathView(caller.server)
        self._readiness = Readiness(caller)
        self._downloads = Downloads(caller, rest, self._look)
        self._destinations = Destinations(self.stat, self.exists)

    async def list(self, path: str, *, refresh: bool = False) -> AsyncGenerator[Entry, None]:
        """The entries of a folder, as they arrive, in the server's order.

        Args:
            path: The folder. A file is listed as nothing.
            refresh: Ask the cloud instead of the server's cache (slow, and limited by the cloud).

        Raises:
            NotFound: There is no such folder.
            Timeout: The server is still starting and shows nothing yet; it was asked again as long as ``Timeouts.start`` says.
            clouddrive2.Error: Any error, also after some entries, means that those entries are not all.
        """
        folder = paths.normalise(path)
        request = pb.ListSubFileRequest(path=self._view.sent(folder), forceRefresh=refresh)
        async with aclosing(self._listed("GetSubFiles", request, path)) as messages:
            async for message in messages:
                yield Entry.from_proto(message, folder=folder)

    async def walk(self, path: str, *, refresh: bool = False) -> AsyncGenerator[tuple[str, Entries, Entries], None]:
        """Folder by folder from ``path`` downwards: its path, its folders, its other entries, each sorted by name.

        A folder comes before what is in it, and its first subfolder with everything below before the second one. One
        folder's entries are held at a time, and the paths of those still to come.

        Args:
            path: The folder to begin with.
            refresh: As for :meth:`list`.

        Raises:
            NotFound: It does not exist, or a folder vanished on the way.
        """
        waiting = [paths.normalise(path)]
        while waiting:
            folder = waiting.pop()
            entries = sorted([entry async for entry in self.list(folder, refresh=refresh)], key=lambda entry: entry.name)
            folders = [entry for entry in entries if entry.is_folder]
            waiting.extend(entry.path for entry in reversed(folders))
            yield folder, folders, [entry for entry in entries if not entry.is_folder]

    async def stat(self, path: str, *, refresh: bool = False) -> Entry:
        """One entry.

        Args:
            path: Which.
            refresh: Look past the server's cache, by a forced listing of the folder it is in (protocol.md §4.2).

        Raises:
            NotFound: It does not exist.
            Timeout: The server is still starting, as for :meth:`list`.
        """
        look = self._readiness.look("FindFileByPath", path)
        while True:
            try:
                return await self._once(path, refresh)
            except NotFound:
                if await look.can_be_believed():
                    raise

    async def exists(self, path: str) -> bool:
        """Whether there is an entry. An error is not taken for its absence, nor is a server that is still starting."""
        return await self._find(path) is not None

    async def mkdir(self, path: str, *, parents: bool = False, exist_ok: bool = False) -> Entry:
        """Create a folder.

        Args:
            path: Its path.
            parents: Create missing folders above it too, from the top.
            exist_ok: An existing folder will do; the call may be repeated then.

        Raises:
            AlreadyExists: Something is there (a file, or a folder without ``exist_ok``), or a file is above it.
            NotFound: The folder above is missing and ``parents`` is false, or there is no such cloud.
            PermissionDenied: The token may not, or the cloud is read-only.
            Unsupported: The server does not create folders (protocol.md §5.2); a mount can.
        """
        folder, name = paths.split(path)
        if parents or not name:
            there = await self._find(path)
            if there is not None:
                return self._accepted(there, exist_ok)
            if folder != "/":
                await self.mkdir(folder, parents=True, exist_ok=True)
        request = pb.CreateFolderRequest(parentPath=self._view.sent(folder), folderName=paths.check_name(name))
        try:
            result = await self._caller.unary("CreateFolder", request, pb.CreateFolderResult, path=path)
        except Unsupported as error:
            raise Unsupported(
                f"CreateFolder: {path}: this server does not create folders; create it where the drive is mounted",
                path=path,
                rpc="CreateFolder",
            ) from error
        except (AlreadyExists, InvalidRequest, OperationFailed, PermissionDenied) as error:
            # Servers differ in how they say that it exists, and somebody may have been quicker: look (protocol.md §5.2).
            there = await self._find(path)
            if there is None:
                if folder == "/" and (await self.stat("/")).is_server_root:
                    text = f"{path}: there is no such cloud; folders can only be made in one that was added to the server"
                    raise NotFound(text, path=path, rpc="CreateFolder") from error
                raise
            return self._accepted(there, exist_ok, error)
        if result.folderCreated.id:
            return Entry.from_proto(result.folderCreated, folder=folder)
        # The server's word is good, its index may lag behind it.
        return await self._find(path) or Entry(paths.normalise(path), name, EntryKind.FOLDER)

    async def rename(self, path: str, new_name: str) -> str:
        """Give an entry another name in the same folder; its new path. Looks first, because clouds differ on taken names.

        Raises:
            AlreadyExists: The name is taken.
            NotFound: There is no such entry.
        """
        folder, name = paths.split(path)
        target = paths.join(folder, paths.check_name(new_name))
        if new_name == name:
            return (await self.stat(path)).path
        # Where letter case does not matter, another spelling of the name finds the entry itself.
        if new_name.casefold() != name.casefold() and await self.exists(target):
            raise AlreadyExists(f"{target} exists already", path=target, rpc="RenameFile")
        request = pb.RenameFileRequest(theFilePath=self._view.sent(path), newName=new_name)
        result = await self._caller.unary("RenameFile", request, pb.FileOperationResult, path=path)
        return self._final(result, [target])[0]

    async def move(
        self, path: str | Iterable[str], to: str, *, on_conflict: OnConflict = "fail", across_clouds: bool = False
    ) -> Paths:
        """Move entries into a folder; their new paths, as far as the server tells. A move never renames (protocol.md §5.4).

        Args:
            path: One path or several.
            to: The folder that receives them.
            on_conflict: What happens when a name is taken there. ``fail`` looks before anything moves; a name that is taken
                after the look is skipped, not overwritten.
            across_clouds: Allow another cloud as the destination; the server copies the bytes then, in a task of its own.

        Raises:
            AlreadyExists: With ``fail``, a name is taken.
            NotFound: The folder does not exist.
            ConfigError: Into another cloud without ``across_clouds``, into itself, or to where it is.
        """
        sources, folder = await self._destinations.checked(path, to, on_conflict)
        if not sources:
            return []
        if not across_clouds:
            await self._destinations.same_cloud(sources, folder)
        request = pb.MoveFileRequest(
            theFilePaths=[self._view.sent(source) for source in sources],
            destPath=self._view.sent(folder.path),
            conflictPolicy=POLICIES[on_conflict],
            moveAcrossClouds=across_clouds,
        )
        result = await self._caller.unary("MoveFile", request, pb.FileOperationResult, path=to)
        return self._final(result, [paths.join(to, paths.name_of(source)) for source in sources])

    async def copy(self, path: str | Iterable[str], to: str, *, on_conflict: OnConflict = "fail") -> Paths:
        """Copy entries into a folder; the new paths. Folders and copies to another cloud go on in a task of the server.

        Arguments and errors as for :meth:`move`, without ``across_clouds`` (protocol.md §5.5).
        """
        sources, folder = await self._destinations.checked(path, to, on_conflict)
        if not sources:
            return []
        request = pb.CopyFileRequest(
            theFilePaths=[self._view.sent(source) for source in sources],
            destPath=self._view.sent(folder.path),
            conflictPolicy=pb.CopyFileRequest.ConflictPolicy.ValueType(POLICIES[on_conflict]),
        )
        result = await self._caller.unary("CopyFile", request, pb.FileOperationResult, path=to)
        return self._final(result, [paths.join(to, paths.name_of(source)) for source in sources])

    async def delete(self, path: str | Iterable[str], *, permanently: bool = False, missing_ok: bool = False) -> None:
        """Delete entries, folders with all they hold; into the cloud's recycle bin where it has one.

        Args:
            path: One path or several; they go one after the other, and the first failure ends the call.
            permanently: Past the recycle bin, where the cloud can.
            missing_ok: What is gone already will do; the call may be repeated then.

        Raises:
            NotFound: One does not exist, and ``missing_ok`` is false.
        """
        rpc = "DeleteFilePermanently" if permanently else "DeleteFile"
        for one in [path] if isinstance(path, str) else path:
            if not paths.name_of(one):
                raise ConfigError("the root cannot be deleted", path=one)
            missing = await self._delete(rpc, one)
            if missing is not None and not missing_ok:
                raise NotFound(f"{rpc}: {one} does not exist", path=one, rpc=rpc) from missing

    async def search(self, path: str, text: str, *, fuzzy: bool = False) -> AsyncGenerator[Entry, None]:
        """Entries below a folder whose name contains a text; how exactly is the cloud's affair (protocol.md §4.3).

        Args:
            path: Where to search.
            text: What for.
            fuzzy: Allow loose matches.
        """
        request = pb.SearchRequest(path=self._view.sent(path), searchFor=text, fuzzyMatch=fuzzy)
        async with aclosing(self._listed("GetSearchResults", request, path)) as messages:
            async for message in messages:
                if message.isSearchResult and message.originalPath:
                    message.fullPathName = message.originalPath
                yield self._view.received(Entry.from_proto(message))

    async def space(self, path: str = "/") -> Space:
        """Room in the cloud that owns a path; for ``/`` whatever the server adds up (protocol.md §4.4)."""
        request = pb.FileRequest(path=self._view.sent(path))
        return Space.from_proto(await self._caller.unary("GetSpaceInfo", request, pb.SpaceInfo, path=path))

    async def details(self, path: str) -> FolderDetails:
        """How many entries are below a folder, and their bytes, in one call that is left to the cloud (``clouddrive.proto``).

        Args:
            path: The folder, with everything below it. Of a file the answer is the server's affair.

        Raises:
            NotFound: There is no such folder.
            Unsupported: Its cloud does not count, or the server lacks the call; :meth:`walk` finds out everywhere.
            Timeout: The server is still starting, as for :meth:`list`; or counting takes longer than ``Timeouts.slow``.

        May be repeated. Needs ``allow_view_properties``; and ``allow_list`` when there is nothing, to look whether the folder
        can be counted at all.
        """
        rpc, request = "GetFileDetailProperties", pb.FileRequest(path=self._view.sent(path))
        look = self._readiness.look(rpc, path)
        while True:
            try:
                found = FolderDetails.from_proto(await self._caller.unary(rpc, request, pb.FileDetailProperties, path=path))
            except NotFound:
                if await look.can_be_believed():
                    raise
            else:
                if found != NOTHING_BELOW or await look.can_be_believed():
                    break
        if found == NOTHING_BELOW and not (await self._found(path)).hasDetailProperties:
            raise Unsupported(f"{rpc}: {path}: its cloud does not count; list everything below it instead", path=path, rpc=rpc)
        return found

    async def download_url(self, path: str, *, direct: bool = False, base_url: str | None = None) -> DownloadLink:
        """Where the bytes of a file come from, for another program. Fetch a fresh one per use; keep it secret.

        Args:
            path: The file.
            direct: A link to the cloud itself where it gives one; its headers must be sent along (protocol.md §6.2).
            base_url: Where that program reaches the server; by default where this client does.

        Raises:
            NotFound: There is no such file.
        """
        return await self._downloads.link(self._view.sent(path), path, direct=direct, base_url=base_url)

    async def read(self, path: str, *, start: int = 0, length: int | None = None) -> AsyncGenerator[bytes, None]:
        """The bytes of a file, as they arrive, in pieces of any size. A broken connection is taken up where it broke.

        Args:
            path: The file.
            start: First byte.
            length: How many at most; ``None`` for all that follow.

        Raises:
            NotFound: There is no such file.
            InvalidRequest: ``start`` is behind its end.
            OperationFailed: It changed meanwhile, so that the pieces do not belong together.
            ConnectError, Timeout: The connection broke and could not be taken up.
        """
        async with aclosing(self._downloads.read(self._view.sent(path), path, start, length)) as pieces:
            async for piece in pieces:
                yield piece

    async def read_bytes(self, path: str, *, start: int = 0, length: int | None = None) -> bytes:
        """The bytes of a file at once; for small files. Arguments and errors as for :meth:`read`."""
        return b"".join([piece async for piece in self.read(path, start=start, length=length)])

    async def download(
        self,
        path: str,
        to: str | Path,
        *,
        overwrite: bool = False,
        resume: bool = True,
        connections: int = 4,
        verify: Verify | str = Verify.AUTO,
        on_progress: Callable[[int, int], object] | None = None,
    ) -> Downloaded:
        """Bring a file here. It gets its name only when it is complete, of the right size, and of the cloud's hash if known.

        Args:
            path: The file in the drive.
            to: Local file, or an existing folder that receives it under its name.
            overwrite: Replace an existing local file, in one step at the end.
            resume: Go on with what an earlier, interrupted download of the same content left, and leave the part when this
                one is interrupted or killed: two hidden files beside the target.
            connections: How many at most, each with a piece of 16 MiB at a time. A server without ranges gets one.
            verify: What has to agree: ``auto`` compares the hash where the cloud knows one, ``hash`` insists on it, ``size``
                and ``none`` save the hashing.
            on_progress: Called with bytes here and bytes in all, at most ten times a second.

        Returns:
            The local file, and what was compared. Its time is that of the file in the drive.

        Raises:
            AlreadyExists: The local file exists and ``overwrite`` is false, or another program downloads it just now.
            NotFound: There is no such file in the drive, or no such folder here.
            HashMismatch, NotVerified: What came is not what the drive says it has; it is not kept. Or ``hash`` is asked for
                and the cloud knows none; nothing is fetched then.
            InvalidRequest: It is a folder, or the local file system refuses the name.
            ConnectError, Timeout: The connection broke and could not be taken up.
            OperationFailed: There is no room here, or another local failure.

        May be repeated: a call that was interrupted goes on with what is there.
        """
        if verify not in list(Verify):
            raise ConfigError(f"verify must be one of {', '.join(Verify)}, not '{verify}'")
        return await self._downloads.download(
            self._view.sent(path),
            path,
            Path(to),
            overwrite=overwrite,
            resume=resume,
            connections=connections,
            verify=Verify(verify),
            on_progress=on_progress,
        )

    async def _listed(
        self, rpc: str, request: pb.ListSubFileRequest | pb.SearchRequest, path: str
    ) -> AsyncGenerator[pb.CloudDriveFile, None]:
        """The entries of a stream of replies; nothing, from a server that is only starting, is asked for again."""
        look = self._readiness.look(rpc, path)
        while True:
            empty = True
            try:
                async with aclosing(self._caller.stream(rpc, request, pb.SubFilesReply, path=path)) as replies:
                    async for reply in replies:
                        for message in reply.subFiles:
                            empty = False
                            yield message
            except NotFound:
                if not empty or await look.can_be_believed():
                    raise
            else:
                if not empty or await look.can_be_believed():
                    return

    async def _delete(self, rpc: str, path: str) -> Refused | None:
        """Delete one entry; what the server says when there is none."""
        look = self._readiness.look(rpc, path)
        while True:
            try:
                request = pb.FileRequest(path=self._view.sent(path))
                await self._caller.unary(rpc, request, pb.FileOperationResult, path=path)
                return None
            except NotFound as error:
                if await look.can_be_believed():
                    return error
            except (OperationFailed, PermissionDenied) as error:
                # Some servers have no status for what is missing, only a text of their own (protocol.md §5.6).
                if await self.exists(path):
                    raise
                return error

    async def _once(self, path: str, refresh: bool) -> Entry:
        folder, name = paths.split(path)
        if refresh and name:
            async with aclosing(self.list(folder, refresh=True)) as entries:
                async for entry in entries:
                    if entry.name == name:
                        return entry
            raise NotFound(f"{path} does not exist", path=path, rpc="GetSubFiles")
        return Entry.from_proto(await self._found(path), folder=folder if name else "/")

    async def _found(self, path: str) -> pb.CloudDriveFile:
        request = pb.FindFileByPathRequest(parentPath="", path=self._view.sent(path))
        message = await self._caller.unary("FindFileByPath", request, pb.CloudDriveFile, path=path)
        if not (message.id or message.name or message.fullPathName):
            raise NotFound(f"{path} does not exist", path=path, rpc="FindFileByPath")
        return message

    async def _look(self, path: str, refresh: bool) -> Entry:
        return await self.stat(path, refresh=refresh)

    async def _find(self, path: str) -> Entry | None:
        try:
            return await self.stat(path)
        except NotFound:
            return None

    def _accepted(self, there: Entry, exist_ok: bool, error: Refused | None = None) -> Entry:
        """An entry found where a folder is wanted."""
        if there.is_folder and exist_ok:
            return there
        what = "" if there.is_folder else " and is no folder"
        raise AlreadyExists(f"{there.path} exists already{what}", path=there.path, rpc="CreateFolder") from error

    def _final(self, result: pb.FileOperationResult, computed: Paths) -> Paths:
        """Where entries ended up: the server's word if it gives one (protocol.md §5.1)."""
        told = [self._view.shown(path) for path in result.resultFilePaths]
        return told if len(told) == len(computed) else computed
