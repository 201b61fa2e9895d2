"""Moves and copies to any path, although the server's move and copy never rename (protocol.md §5.4, §5.5)."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from clouddrive2.api.files import AsyncFiles
from clouddrive2.api.raw import AsyncRaw
from clouddrive2.errors import AlreadyExists, Error, NotFound, NotVerified, OperationFailed, PermissionDenied, Unsupported
from clouddrive2.models.files import Entry
from clouddrive2.models.paths import join, name_of, parent_of

__all__ = ["Relocation"]

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
UNSEEN_SECONDS = 120.0
COMPLETED, FAILED = 3, 4  # CopyTask.TaskStatus, protocol.md §10.3


class Relocation:
    """Works step by step, so that no step meets a taken name; a step that fails takes back the ones before it.

    Args:
        files, raw: Of the client.
        sleep: Taken from outside so that tests need not wait.
    """

    def __init__(self, files: AsyncFiles, raw: AsyncRaw, *, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        self._files = files
        self._raw = raw
        self._sleep = sleep

    async def find(self, path: str) -> Entry | None:
        """The entry at a path, or ``None``."""
        try:
            return await self._files.stat(path)
        except NotFound:
            return None

    @asynccontextmanager
    async def set_aside(self, path: str) -> AsyncIterator[None]:
        """Around the replacement of an entry: it gets another name first, goes away on success and comes back on failure."""
        name = f"{name_of(path)}.replaced-{secrets.token_hex(4)}"
        await self._files.rename(path, name)
        aside = join(parent_of(path), name)
        try:
            yield
        except BaseException:
            await self._files.rename(aside, name_of(path))
            raise
        await self._files.delete(aside, missing_ok=True)

    async def move(self, source: str, folder: str, name: str) -> None:
        """Move an entry to a name that is free in a folder, also of another cloud: the server copies the bytes then.

        Raises:
            AlreadyExists: The name was taken meanwhile; says where the entry is now.
        """
        across = source.split("/")[1] != folder.partition("/")[2].split("/")[0]
        if folder == parent_of(source):
            await self._files.rename(source, name)
        elif name_of(source) == name:
            await self._files.move(source, folder, on_conflict="fail", across_clouds=across)
        else:
            await self._move_as(source, folder, name, across_clouds=across)

    async def copy(self, source: Entry, folder: str, name: str, *, wait: bool = True) -> None:
        """Copy an entry to a name that is free in a folder.

        Args:
            source: What.
            folder, name: Where to.
            wait: Until the copy is complete, also where the server leaves it to a task.

        Raises:
            NotVerified: The server took it, but the copy does not appear.
            OperationFailed: The task failed.
        """
        if name == source.name:
            await self._copy_into(source, folder, wait=wait)
        elif source.is_folder:
            target = join(folder, name)
            await self._files.mkdir(target)
            async for child in self._files.list(source.path):
                await self._copy_into(child, target, wait=wait)
        else:
            await self._file_under_other_name(source, folder, name)

    async def _move_as(self, source: str, folder: str, name: str, *, across_clouds: bool) -> None:
        """A rename and a move, in an order in which no step meets a taken name."""
        old_folder, old_name = parent_of(source), name_of(source)
        if await self.find(join(old_folder, name)) is None:
            carrier = name
        elif await self.find(join(folder, old_name)) is None:
            carrier = old_name
        else:
            carrier = f"{name}.moving-{secrets.token_hex(4)}"
        if carrier != old_name:
            await self._files.rename(source, carrier)
        try:
            await self._files.move(join(old_folder, carrier), folder, on_conflict="fail", across_clouds=across_clouds)
        except Error:
            if carrier != old_name:
                await self._files.rename(join(old_folder, carrier), old_name)
            raise
        if carrier != name:
            try:
                await self._files.rename(join(folder, carrier), name)
            except AlreadyExists as error:
                raise AlreadyExists(
                    f"{join(folder, name)} was taken meanwhile; the source is now at {join(folder, carrier)}",
                    path=join(folder, carrier),
                ) from error

    async def _file_under_other_name(self, source: Entry, folder: str, name: str) -> None:
        """Through a folder of its own, so that no step meets a taken name and nobody sees half a copy."""
        shelf = join(folder, f".copying-{secrets.token_hex(4)}")
        await self._files.mkdir(shelf)
        try:
            await self._copy_into(source, shelf, wait=True)
            await self._files.rename(join(shelf, source.name), name)
            await self._files.move(join(shelf, name), folder, on_conflict="fail")
        finally:
            await self._files.delete(shelf, missing_ok=True)

    async def _copy_into(self, source: Entry, folder: str, *, wait: bool) -> None:
        await self._files.copy(source.path, folder, on_conflict="fail")
        if wait:
            await self._settled(source, folder)

    async def _settled(self, source: Entry, folder: str) -> None:
        """Waits until the server's task is over and the copy stands there; a small copy may never have a task."""
        target = join(folder, source.name)
        pause, unseen = FIRST_PAUSE, 0.0
        while True:
            if await self._task_runs(source.path, folder):
                unseen = 0.0
            else:
                copy = await self.find(target)
                if copy is not None and (source.is_folder or (copy.size == source.size and not copy.pending)):
                    return
                if unseen > UNSEEN_SECONDS:
                    raise NotVerified(
                        f"{target}: the server took the copy but it has not appeared; look again later", path=target
                    )
                unseen += pause
            await self._sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)

    async def _task_runs(self, source: str, folder: str) -> bool:
        """Whether a copy task for this source is unfinished (protocol.md §10.3).

        Raises:
            OperationFailed: It ended with failures.
        """
        try:
            listed = await self._raw.GetCopyTasks()
        except (Unsupported, PermissionDenied):
            return False
        for task in listed.copyTasks:
            if task.sourcePath.rstrip("/") != source or task.destPath.rstrip("/") not in (folder, join(folder, name_of(source))):
                continue
            if task.status == FAILED or task.failedFiles or task.failedFolders or task.errors:
                reasons = "; ".join(error.message for error in task.errors) or "no reason given"
                raise OperationFailed(f"{source}: the server could not copy everything ({reasons})", path=source)
            if task.status != COMPLETED:
                return True
        return False
