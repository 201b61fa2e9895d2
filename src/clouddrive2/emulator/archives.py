"""Archives that are shown as folders (protocol.md §5.7)."""

from __future__ import annotations

import asyncio
import re
import threading
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import CallError, Status
from clouddrive2.emulator.cloud_accounts import ARCHIVE_FOLDERS
from clouddrive2.emulator.options import CloudOptions
from clouddrive2.emulator.storage import Item, StorageError
from clouddrive2.emulator.storage.archive_index import Archive, PasswordNeeded, UnknownFormat, read_archive
from clouddrive2.emulator.storage.archives import ArchiveStorage
from clouddrive2.emulator.world import Cloud, World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["ArchiveRecord", "Archives"]

SECTION = "archives"
ROOT = f"/{ARCHIVE_FOLDERS}"
WAIT_SECONDS = 10.0
# .z02, .part2.rar, .r00 and .002 belong to a first one.
LATER_VOLUME = re.compile(r"\.(z\d\d|part0*([2-9]|[1-9]\d+)\.rar|r\d\d|(?!001$)\d{3})$", re.IGNORECASE)


@dataclass(slots=True)
class ArchiveRecord:
    """One archive that was opened.

    Attributes:
        path: Full path of the archive.
        name: Of its folder.
        auto_load: Shown again after a restart.
        password: Empty for none.
        cover: Path of a picture, or empty.
        solid_mode: What is done about solid archives; told, and nothing else here.
        state, message: Where it stands.
        progress: How far the list of members is.
        archive: The list, once it was read.
    """

    path: str
    name: str
    auto_load: bool = False
    password: str = field(default="", repr=False)
    cover: str = ""
    solid_mode: pb.SolidArchiveMode.ValueType = pb.SolidNeverExtract
    state: pb.ArchiveFolder.State.ValueType = pb.ArchiveFolder.Unloaded
    message: str = ""
    progress: float = 0.0
    archive: Archive | None = None
    reading: asyncio.Task[None] | None = None

    @property
    def folder(self) -> str:
        """Where it is shown."""
        return f"{ROOT}/{self.name}"

    @property
    def is_loaded(self) -> bool:
        """Whether it is shown, or will be."""
        return self.state in (pb.ArchiveFolder.Ready, pb.ArchiveFolder.Indexing, pb.ArchiveFolder.Loading)


class Archives:
    """Every archive folder.

    Args:
        world: Has the archives.
        executor: Threads that read them.

    Attributes:
        in_plan: Whether the account's plan has archive folders.
        wait_seconds: How long opening waits for the list of members.
    """

    def __init__(self, world: World, executor: Executor) -> None:
        self.in_plan = True
        self.wait_seconds = WAIT_SECONDS
        self._world = world
        self._executor = executor
        self._storage = ArchiveStorage()
        options = CloudOptions(ARCHIVE_FOLDERS, "ArchiveFolders", read_only=True, offline_quota=0, takes_shares=False, knows=())
        self._cloud = Cloud(options, self._storage, executor)
        self._closing = threading.Event()
        self._records: dict[str, ArchiveRecord] = {}
        for kept in world.state.load(SECTION, []):
            self._records[kept["path"]] = ArchiveRecord(**kept)
        world.describers.append(self._describe)

    def start(self) -> None:
        """Show those that are loaded by themselves."""
        for record in self._records.values():
            if record.auto_load and self._world.options.archive_folders and self.in_plan:
                self._begin(record)

    async def close(self) -> None:
        """Stop reading lists of members."""
        self._closing.set()
        await asyncio.gather(*[each.reading for each in self._records.values() if each.reading], return_exceptions=True)

    def all(self) -> list[ArchiveRecord]:
        """The saved ones, in the order they were opened."""
        return list(self._records.values())

    def of(self, folder: str) -> ArchiveRecord:
        """The record of a folder.

        Raises:
            CallError: NOT_FOUND.
        """
        for record in self._records.values():
            if record.folder == folder:
                return record
        raise CallError(Status.NOT_FOUND, f"there is no archive folder {folder}")

    async def probe(self, path: str) -> pb.ArchiveProbe:
        """Whether a file would open. Whatever it is, there is an answer."""
        probe, problems = pb.ArchiveProbe(), pb.ArchiveProbe
        if paths.is_below(path, ROOT):
            probe.problem, probe.message = problems.InsideArchiveFolder, "an archive inside an archive folder cannot be opened"
            return probe
        if LATER_VOLUME.search(path):
            probe.problem, probe.message = problems.NotFirstVolume, "this is not the first volume"
            return probe
        try:
            archive = await self._read(path, "")
        except PasswordNeeded as error:
            probe.supported, probe.needsPassword, probe.format, probe.message = True, True, "zip", str(error)
        except UnknownFormat as error:
            probe.problem, probe.message = problems.NotAnArchive, str(error)
        except (FileNotFoundError, IsADirectoryError, CallError):
            probe.problem, probe.message = problems.Other, f"{path} is no file"
        except StorageError as error:
            probe.problem, probe.message = problems.Damaged, str(error)
        else:
            probe.supported, probe.format, probe.hasSolidMembers = True, archive.format, archive.is_solid
            probe.solidBytes = archive.total if archive.is_solid else 0
            for reason, row in archive.unreadable.items():
                probe.unreadable.add(reason=reason, count=row.count, example=row.example)
        return probe

    async def open(self, path: str) -> ArchiveRecord:
        """The record of an archive, made if there is none; it is not loaded by this.

        Raises:
            CallError: It cannot be one.
        """
        self._check_allowed()
        if path in self._records:
            return self._records[path]
        if paths.is_below(path, ROOT):
            raise CallError(Status.INVALID_ARGUMENT, "an archive inside an archive folder cannot be opened")
        item = await self._world.item(path)
        if item is None:
            raise CallError(Status.NOT_FOUND, f"{path} not found")
        if item.is_folder:
            raise CallError(Status.INVALID_ARGUMENT, f"{path} is a folder")
        if LATER_VOLUME.search(path):
            raise CallError(Status.INVALID_ARGUMENT, f"{path} is not the first volume")
        name = free = "_".join(paths.tail(path).rsplit(".", 1))
        taken, number = {each.name for each in self._records.values()}, 1
        while free in taken:
            free, number = f"{name}({number})", number + 1
        self._records[path] = ArchiveRecord(path, free)
        return self._records[path]

    async def load(self, record: ArchiveRecord) -> None:
        """Show an archive; waits for the list of its members for a while.

        Raises:
            CallError: They are turned off, or not in the plan.
        """
        self._check_allowed()
        reading = self._begin(record)
        await asyncio.wait([reading], timeout=self.wait_seconds)
        if reading.done() and not reading.cancelled():
            reading.result()

    async def unload(self, record: ArchiveRecord) -> None:
        """Show it no more; the record stays."""
        if record.reading is not None:
            record.reading.cancel()
            await asyncio.wait([record.reading])
        await self._hide(record)
        record.state, record.message = pb.ArchiveFolder.Unloaded, ""

    async def remove(self, record: ArchiveRecord) -> None:
        """Forget it; the archive itself stays."""
        await self.unload(record)
        self._records.pop(record.path, None)
        self.keep()

    async def look(self, record: ArchiveRecord) -> None:
        """See whether the archive is still what it was; another one's members are read anew."""
        if record.archive is None or record.reading is not None:
            return
        item = await self._item(record.path)
        if item is None:
            await self._hide(record)
            record.state, record.message = pb.ArchiveFolder.Missing, "the archive has gone"
        elif record.archive.stamp != (item.id, item.size, item.modified):
            await self._hide(record)
            await asyncio.wait([self._begin(record)], timeout=self.wait_seconds)

    def keep(self) -> None:
        """Save what survives a restart."""
        names = ("path", "name", "auto_load", "password", "cover", "solid_mode")
        kept = [{name: getattr(each, name) for name in names} for each in self._records.values()]
        self._world.state.save(SECTION, kept)

    def _check_allowed(self) -> None:
        if not self._world.options.archive_folders:
            raise CallError(Status.UNIMPLEMENTED, "archive folders are turned off in the settings")
        if not self.in_plan:
            raise CallError(Status.PERMISSION_DENIED, "invalid user plan")

    def _begin(self, record: ArchiveRecord) -> asyncio.Task[None]:
        if record.reading is None:
            record.state, record.message, record.progress = pb.ArchiveFolder.Indexing, "", 0.0
            record.reading = asyncio.create_task(self._load(record))
        return record.reading

    async def _load(self, record: ArchiveRecord) -> None:
        states = pb.ArchiveFolder

        def progress(done: float) -> None:
            record.progress = done
            if self._closing.is_set():
                raise StorageError("the server stops")

        try:
            archive = await self._read(record.path, record.password, progress)
        except PasswordNeeded as error:
            state, message = states.NeedsPassword, str(error)
        except UnknownFormat as error:
            state, message = states.Unsupported, str(error)
        except (FileNotFoundError, IsADirectoryError, CallError):
            state, message = states.Missing, "the archive has gone"
        except StorageError as error:
            state, message = states.Error, str(error)
        else:
            state, message, record.archive = states.Ready, "", archive
            was_shown = record.name in self._storage.shown
            record.state = state
            await self._show(record, archive, anew=not was_shown)
            return
        finally:
            record.reading = None
        record.state, record.message = state, message
        await self._hide(record)

    async def _read(self, path: str, password: str, progress: object = None) -> Archive:
        item = await self._item(path)
        if item is None:
            raise FileNotFoundError(path)
        if item.is_folder:
            raise IsADirectoryError(path)
        cloud, inner = self._world.locate(path)
        read = partial(read_archive, partial(cloud.storage.open, inner), item, password)
        if callable(progress):
            read = partial(read, progress=progress)
        return await asyncio.get_running_loop().run_in_executor(self._executor, read)

    async def _item(self, path: str) -> Item | None:
        return None if self._world.is_hidden(path) else await self._world.item(path)

    async def _show(self, record: ArchiveRecord, archive: Archive, *, anew: bool) -> None:
        self._storage.shown[record.name] = archive
        if ARCHIVE_FOLDERS not in self._world.roots:
            self._world.roots.maps[1][ARCHIVE_FOLDERS] = self._cloud
            self._world.announce("CREATE", ROOT, is_folder=True, entry=await self._world.entry(ROOT))
        if anew:
            self._world.announce("CREATE", record.folder, is_folder=True, entry=await self._world.entry(record.folder))

    async def _hide(self, record: ArchiveRecord) -> None:
        if self._storage.shown.pop(record.name, None) is None:
            return
        record.archive = None
        self._world.announce("DELETE", record.folder, is_folder=True)
        if not self._storage.shown:
            self._world.roots.maps[1].pop(ARCHIVE_FOLDERS, None)
            self._world.announce("DELETE", ROOT, is_folder=True)

    def _describe(self, entry: pb.CloudDriveFile) -> None:
        path = entry.fullPathName
        if not paths.is_below(path, ROOT) or self._world.roots.get(ARCHIVE_FOLDERS) is not self._cloud:
            return
        entry.isCloudRoot = entry.canDeletePermanently = False
        for record in self._records.values():
            if record.folder == path and record.archive is not None:
                entry.isArchiveFolder = True
                badge = entry.archiveFolderBadge
                badge.format, badge.autoLoad = record.archive.format, record.auto_load
                badge.state = pb.ArchiveFolder.Ready
