"""``cd2 cp``: copy inside the drive, and wait until the copy is there."""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from clouddrive2.cli import destinations as at
from clouddrive2.cli.commands.mv import OnConflict, split
from clouddrive2.cli.context import Cli, Failures
from clouddrive2.cli.output import words
from clouddrive2.errors import AlreadyExists, InvalidRequest, NotVerified, OperationFailed, PermissionDenied, Unsupported

if TYPE_CHECKING:
    from clouddrive2.client.aio import AsyncClient
    from clouddrive2.models.files import Entry

__all__ = ["EXAMPLES", "command"]

EXAMPLES = """\
cd2 cp /115/a.mkv /115/Backup/               into a folder
cd2 cp /115/a.mkv /115/Backup/b.mkv          under another name
cd2 cp -r /115/Series /123/                  a folder, to another cloud
cd2 cp --no-wait -r /115/Series /123/        leave it to the server once it has accepted the work"""

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
UNSEEN_SECONDS = 120.0
COMPLETED, FAILED = 3, 4  # CopyTask.TaskStatus, protocol.md §10.3


async def command(
    cli: Cli,
    paths: Annotated[list[str], typer.Argument(metavar="SOURCE... DEST", help="What to copy, and where to.")],
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Folders too, with everything in them.")] = False,
    on_conflict: Annotated[OnConflict, typer.Option("--on-conflict", help="When the name is taken at the destination.")] = "fail",
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not wait until the copy is complete.")] = False,
) -> int:
    """Copy files and folders inside the drive.

    Into DEST when it is an existing folder, to the path DEST otherwise. The server copies; nothing passes this machine.
    """
    sources, dest = split(paths)
    failures = Failures(cli)
    async with cli.client() as client:
        destination = await at.resolve(client, dest, sources=len(sources))
        copier = Copier(client, on_conflict=on_conflict, wait=not no_wait)
        for source in sources:
            with failures.one():
                entry = await client.files.stat(source)
                if entry.is_folder and not recursive:
                    raise InvalidRequest(f"{words.plain(source)} is a folder; 'cd2 cp -r' copies it", path=source)
                copied_to = await copier.copy(entry, destination.folder, destination.name or entry.name)
                if copied_to is None:
                    text = f"{words.plain(source)}  skipped: the name is taken"
                    cli.out.result({"path": source, "copied": False, "to": None}, text)
                elif cli.settings.json:
                    cli.out.result({"path": source, "copied": True, "to": copied_to, "complete": copier.wait}, "")
                else:
                    cli.out.detail(f"{words.plain(source)} -> {words.plain(copied_to)}")
    return failures.code


class Copier:
    """Copies entries to a folder and a name, although the server's copy never renames (protocol.md §5.5)."""

    def __init__(self, client: AsyncClient, *, on_conflict: OnConflict, wait: bool) -> None:
        self._client = client
        self._on_conflict = on_conflict
        self.wait = wait

    async def copy(self, source: Entry, folder: str, name: str) -> str | None:
        """Copies one entry; its final path, or ``None`` when it was skipped."""
        target = at.join(folder, name)
        if f"{target}/".startswith(f"{source.path}/") and (source.is_folder or target != source.path):
            raise InvalidRequest(f"{words.plain(source.path)} cannot be copied into itself", path=source.path)
        taken = await at.find(self._client, target)
        if taken is not None:
            if self._on_conflict == "skip":
                return None
            if self._on_conflict == "rename":
                name = await at.free_name(partial(at.find, self._client), folder, name)
            elif target == source.path:
                raise InvalidRequest(f"{words.plain(target)}: source and destination are the same", path=target)
            elif self._on_conflict == "fail" or taken.is_folder != source.is_folder:
                what = "folder" if taken.is_folder else "file"
                raise AlreadyExists(f"{words.plain(target)}: a {what} of that name exists (see --on-conflict)", path=target)
            else:
                async with at.SetAside(self._client, target):
                    await self._to_free_name(source, folder, name)
                return target
        await self._to_free_name(source, folder, name)
        return at.join(folder, name)

    async def _to_free_name(self, source: Entry, folder: str, name: str) -> None:
        if name == source.name:
            await self._copy_into(source, folder)
        elif source.is_folder:
            target = at.join(folder, name)
            await self._client.files.mkdir(target)
            async for child in self._client.files.list(source.path):
                await self._copy_into(child, target)
        else:
            await self._file_under_other_name(source, folder, name)

    async def _file_under_other_name(self, source: Entry, folder: str, name: str) -> None:
        """Through a folder of its own, so that no step meets a taken name and nobody sees half a copy."""
        shelf = at.join(folder, f".copying-{secrets.token_hex(4)}")
        await self._client.files.mkdir(shelf)
        try:
            await self._copy_into(source, shelf, wait=True)
            await self._client.files.rename(at.join(shelf, source.name), name)
            await self._client.files.move(at.join(shelf, name), folder, on_conflict="fail")
        finally:
            await self._client.files.delete(shelf, missing_ok=True)

    async def _copy_into(self, source: Entry, folder: str, *, wait: bool | None = None) -> None:
        await self._client.files.copy(source.path, folder, on_conflict="fail")
        if self.wait if wait is None else wait:
            await self._settled(source, folder)

    async def _settled(self, source: Entry, folder: str) -> None:
        """Waits until the server's task is over and the copy stands there; a small copy may never have a task."""
        # The event loop's library is loaded when a command runs, not for help texts.
        import asyncio

        target = at.join(folder, source.name)
        pause, unseen = FIRST_PAUSE, 0.0
        while True:
            if await self._task_runs(source.path, folder):
                unseen = 0.0
            else:
                copy = await at.find(self._client, target)
                if copy is not None and (source.is_folder or (copy.size == source.size and not copy.pending)):
                    return
                if unseen > UNSEEN_SECONDS:
                    raise NotVerified(
                        f"{words.plain(target)}: the server took the copy but it has not appeared; look again later",
                        path=target,
                    )
                unseen += pause
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)

    async def _task_runs(self, source: str, folder: str) -> bool:
        """Whether a copy task for this source is unfinished (protocol.md §10.3).

        Raises:
            OperationFailed: It ended with failures.
        """
        try:
            listed = await self._client.raw.GetCopyTasks()
        except (Unsupported, PermissionDenied):
            return False
        for task in listed.copyTasks:
            if task.sourcePath.rstrip("/") != source or task.destPath.rstrip("/") not in (
                folder,
                f"{folder}/{source.rpartition('/')[2]}",
            ):
                continue
            if task.status == FAILED or task.failedFiles or task.failedFolders or task.errors:
                reasons = "; ".join(error.message for error in task.errors) or "no reason given"
                raise OperationFailed(f"{words.plain(source)}: the server could not copy everything ({reasons})", path=source)
            if task.status != COMPLETED:
                return True
        return False
