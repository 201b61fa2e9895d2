"""The server's mount points, and whether this machine can use them (protocol.md §9)."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from google.protobuf.empty_pb2 import Empty

from clouddrive2.api.local_mounts import TABLE, LocalMount, Stat, in_thread, inspect_mount, unwritable
from clouddrive2.api.mount_places import Candidate, candidates_for, same_place
from clouddrive2.api.system import AsyncSystem
from clouddrive2.api.views import PathView
from clouddrive2.errors import InvalidRequest, NotFound, OperationFailed, PermissionDenied, Unsupported
from clouddrive2.models import paths
from clouddrive2.models.mounts import INSTEAD, MountPoint, MountStatus
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["AsyncMounts"]

# ``list`` is a method below.
MountPoints = list[MountPoint]

LOOK_SECONDS = 5.0
# A mount that hangs is left alone for so long.
HANGS_SECONDS = 60.0
# What was found on this machine is of no use to anybody after so long.
FORGOTTEN_SECONDS = 60.0


class AsyncMounts:
    """``client.mounts``.

    Args:
        caller: Makes the calls.
        system: Tells whether the server takes uploads.
        table: The system's mount table.
        stat: Looks a local path up.
        clock: Tells how old an answer is.
        look_seconds: How long a local folder may take to be looked at before it counts as one that hangs.
    """

    def __init__(
        self,
        caller: Caller,
        system: AsyncSystem,
        *,
        table: Path = TABLE,
        stat: Stat = os.stat,
        clock: Callable[[], float] = time.monotonic,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._caller = caller
        self._system = system
        self._view = PathView(caller.server)
        self._table = table
        self._stat = stat
        self._clock = clock
        self._look_seconds = look_seconds
        self._hanging: dict[Path, float] = {}
        self._known: tuple[float, MountPoints | None] | None = None
        self._seen: dict[tuple[Candidate, Path], tuple[float, tuple[LocalMount, str]]] = {}
        self._asking = asyncio.Lock()

    async def list(self) -> MountPoints:
        """Every mount point of the server. May be repeated.

        Raises:
            PermissionDenied: The token may not see them.
        """
        reply = await self._caller.unary("GetMountPoints", Empty(), pb.GetMountPointsResult)
        return [MountPoint.from_proto(point) for point in reply.mountPoints]

    async def status(self, path: str = "/", *, max_age: float = 0.0) -> MountStatus:
        """How files get to a place in the drive from this machine: through a mount, by an upload, or not at all.

        A mount counts only when the server says that it is mounted and the local folder is a file system of its own:
        an unmounted mount point is an ordinary folder (protocol.md §9.3). May be repeated.

        Args:
            path: A cloud path; it need not exist.
            max_age: What the server said of its mount points so many seconds ago will do, and what was found on this machine for
                a place in the same folder.

        Raises:
            Unreachable: The server does not answer.
        """
        path = paths.normalise(path)
        points = await self._points(max_age)
        candidates, why_not = candidates_for(path, self._caller.server, self._view, points)
        for candidate in candidates:
            local = candidate.root / candidate.below
            found, problem = await self._looked(candidate, local, max_age)
            if not found.mounted:
                why_not.append(found.reason)
                continue
            status = MountStatus(path, True, True, "local", "", local, candidate.root, candidate.source, found.device)
            if not problem:
                return replace(status, message=f"{candidate.source} is mounted at {candidate.root}")
            return await self._otherwise(replace(status, available=False), problem)
        reason = why_not[0] if why_not else f"no mount point of the server shows {path}"
        return await self._otherwise(MountStatus(path, False, False, "none", ""), reason)

    async def add(
        self,
        mount_point: str,
        source_folder: str = "/",
        *,
        read_only: bool = False,
        auto_mount: bool = False,
        local_only: bool = False,
        uid: int = 0,
        gid: int = 0,
        permissions: str = "",
        name: str = "",
    ) -> MountPoint:
        """Configure a mount point; mounted at once or not, as its ``mounted`` says. See :class:`MountPoint`.

        Args:
            mount_point: Folder or drive letter on the server's machine.
            source_folder: Cloud folder to show there.
            read_only: Take no writes.
            auto_mount: Mount it whenever the server starts.
            local_only: Visible only to the user who mounts it (Windows).
            uid, gid: Owner of everything in it.
            permissions: Mode of its folders, such as ``755``.
            name: Label of the volume.

        Raises:
            AlreadyExists: There is one at this place.
            PermissionDenied: The token may not, or the plan allows no more of them.
            OperationFailed: The server refuses, and says why.
        """
        wanted = MountPoint(
            mount_point,
            source_folder,
            read_only=read_only,
            auto_mount=auto_mount,
            local_only=local_only,
            uid=uid,
            gid=gid,
            permissions=permissions,
            name=name,
        )
        await self._caller.unary("AddMountPoint", self._option(wanted), pb.MountPointResult, path=mount_point)
        return await self._find(mount_point)

    async def update(
        self,
        mount_point: str,
        *,
        new_mount_point: str | None = None,
        source_folder: str | None = None,
        read_only: bool | None = None,
        auto_mount: bool | None = None,
        local_only: bool | None = None,
        uid: int | None = None,
        gid: int | None = None,
        permissions: str | None = None,
        name: str | None = None,
    ) -> MountPoint:
        """Change a mount point; what is not given stays. Arguments as for :meth:`add`.

        Raises:
            NotFound: There is none at this place.
            OperationFailed: The server refuses, and says why.
        """
        given = {
            "mount_point": new_mount_point,
            "source_folder": source_folder,
            "read_only": read_only,
            "auto_mount": auto_mount,
            "local_only": local_only,
            "uid": uid,
            "gid": gid,
            "permissions": permissions,
            "name": name,
        }
        before = await self._find(mount_point)
        changes: dict[str, object] = {key: value for key, value in given.items() if value is not None}
        wanted = replace(before, **changes)  # type: ignore[arg-type]
        request = pb.UpdateMountPointRequest(mountPoint=before.mount_point, newMountOption=self._option(wanted))
        await self._caller.unary("UpdateMountPoint", request, pb.MountPointResult, path=mount_point)
        return await self._find(wanted.mount_point)

    async def mount(self, mount_point: str) -> MountPoint:
        """Mount a configured mount point on the server's machine. May be repeated.

        Raises:
            NotFound: There is none at this place.
            OperationFailed: It is not mounted afterwards; says why.
        """
        request = pb.MountPointRequest(MountPoint=mount_point)
        await self._caller.unary("Mount", request, pb.MountPointResult, path=mount_point)
        point = await self._find(mount_point)
        if not point.mounted:
            why = point.fail_reason or "the server gives no reason"
            raise OperationFailed(f"Mount: {mount_point} is not mounted: {why}", path=mount_point, rpc="Mount")
        return point

    async def unmount(self, mount_point: str) -> None:
        """Unmount it; its configuration stays. May be repeated.

        Raises:
            NotFound: There is none at this place.
            OperationFailed: It is in use, or the server has another reason.
        """
        request = pb.MountPointRequest(MountPoint=mount_point)
        await self._caller.unary("Unmount", request, pb.MountPointResult, path=mount_point)
        self._known = None

    async def remove(self, mount_point: str) -> None:
        """Forget a mount point; files in the drive stay.

        Raises:
            NotFound: There is none at this place.
            OperationFailed: It is in use, or the server has another reason.
        """
        request = pb.MountPointRequest(MountPoint=mount_point)
        await self._caller.unary("RemoveMountPoint", request, pb.MountPointResult, path=mount_point)
        self._known = None

    async def browse(self, folder: str = "/", *, folders_only: bool = True) -> AsyncGenerator[str, None]:
        """Names in a folder of the **server's** machine, for choosing where to mount. May be repeated.

        Args:
            folder: On that machine, in its own spelling.
            folders_only: Leave files out.

        Raises:
            NotFound: It does not exist.
            PermissionDenied: The token may not look around there (``allow_list_local``).
        """
        request = pb.LocalGetSubFilesRequest(parentFolder=folder, folderOnly=folders_only)
        async with aclosing(self._caller.stream("LocalGetSubFiles", request, pb.LocalGetSubFilesResult, path=folder)) as replies:
            async for reply in replies:
                for name in reply.subFiles:
                    yield name

    async def make_local_folder(self, folder: str, name: str) -> str:
        """Create a folder on the server's machine; its path there. Since version 1.0.0.

        It is not sent twice: after a lost connection look with :meth:`browse`.

        Args:
            folder: Where, in that machine's own spelling.
            name: What to call it.

        Raises:
            AlreadyExists: The name is taken.
            NotFound: There is no such folder.
            PermissionDenied: The token may not (``allow_list_local``).
        """
        request = pb.LocalCreateFolderRequest(parentFolder=folder, folderName=name)
        reply = await self._caller.unary("LocalCreateFolder", request, pb.LocalCreateFolderResult, path=folder)
        return reply.createdPath or f"{folder.rstrip('/')}/{name}"

    def _option(self, wanted: MountPoint) -> pb.MountOption:
        if not wanted.mount_point:
            raise InvalidRequest("a mount point needs a folder or drive letter on the server's machine")
        return pb.MountOption(
            mountPoint=wanted.mount_point,
            sourceDir=self._view.sent(wanted.source_folder),
            localMount=wanted.local_only,
            readOnly=wanted.read_only,
            autoMount=wanted.auto_mount,
            uid=wanted.uid,
            gid=wanted.gid,
            permissions=wanted.permissions,
            name=wanted.name,
        )

    async def _find(self, mount_point: str) -> MountPoint:
        self._known = None
        for point in await self.list():
            if same_place(point.mount_point, mount_point):
                return point
        raise NotFound(f"the server has no mount point {mount_point}", path=mount_point, rpc="GetMountPoints")

    async def _points(self, max_age: float) -> MountPoints | None:
        """The server's mount points; ``None`` when it does not tell."""
        async with self._asking:
            if self._known is None or self._clock() - self._known[0] > max_age:
                try:
                    points: MountPoints | None = await self.list()
                except (PermissionDenied, Unsupported):
                    points = None
                self._known = (self._clock(), points)
            return self._known[1]

    async def _looked(self, candidate: Candidate, local: Path, max_age: float) -> tuple[LocalMount, str]:
        """What a local folder turned out to be, and why nothing can be written there if it is a mount."""
        key = (replace(candidate, below=""), local.parent)
        if key in self._seen and self._clock() - self._seen[key][0] <= max_age:
            return self._seen[key][1]
        found = await self._look(candidate, local)
        now = self._clock()
        self._seen = {place: old for place, old in self._seen.items() if now - old[0] <= FORGOTTEN_SECONDS}
        self._seen[key] = (now, found)
        return found

    async def _look(self, candidate: Candidate, local: Path) -> tuple[LocalMount, str]:
        def look() -> tuple[LocalMount, str]:
            found = inspect_mount(candidate.root, named_by_user=candidate.named_by_user, table=self._table, stat=self._stat)
            if not found.mounted:
                return found, ""
            if candidate.read_only or found.read_only:
                return found, f"{candidate.root} is mounted read-only"
            return found, unwritable(local, candidate.root)

        hangs = LocalMount(False, f"{candidate.root} does not answer: the mount hangs; unmount it, then mount it again")
        if self._hanging.get(candidate.root, 0.0) > self._clock():
            return hangs, ""
        try:
            async with asyncio.timeout(self._look_seconds):
                return await in_thread(look)
        except TimeoutError:
            # Each look costs a thread that never ends.
            self._hanging[candidate.root] = self._clock() + HANGS_SECONDS
            return hangs, ""

    async def _otherwise(self, status: MountStatus, reason: str) -> MountStatus:
        """The way that is left when no mount can be used."""
        capabilities = await self._system.capabilities()
        if not capabilities.system.signed_in:
            return replace(status, message=f"{reason}; and the server is not signed in, so it takes no uploads")
        if capabilities.runtime is not None and capabilities.predates_remote_uploads:
            has = capabilities.runtime.version
            return replace(status, message=f"{reason}; and remote uploads need version 0.9.9, the server has {has}")
        return replace(status, available=True, method="remote", message=reason + INSTEAD)
