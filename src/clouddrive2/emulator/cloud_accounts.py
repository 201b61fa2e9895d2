"""Cloud accounts that come, go and change while the server runs (protocol.md §12.1), and what is kept of them."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import CallError, Status
from clouddrive2.emulator.options import CloudOptions, EmulatorOptions
from clouddrive2.emulator.state import as_json, from_json
from clouddrive2.emulator.storage import DiskStorage, MemoryStorage, Storage
from clouddrive2.emulator.storage.local import LocalFolder
from clouddrive2.emulator.storage.locations import open_location
from clouddrive2.emulator.tree import Refusal
from clouddrive2.emulator.versions import is_newer
from clouddrive2.emulator.world import Cloud, World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["ARCHIVE_FOLDERS", "LOCAL_FOLDER", "SCRATCH", "CloudAccounts", "open_storage", "reserved"]

SCRATCH = ".clouddrive2"
ARCHIVE_FOLDERS = "Archive Folders"
LOCAL_FOLDER = "LocalFolder"
CHANGE_SINCE = "1.0.14"
# What a cloud states as its most, where it states something (protocol.md §12.1).
STATED = {"115": (2, 5.0), "115open": (2, 5.0)}
Key = tuple[str, str]


def reserved(name: str) -> bool:
    """Whether a cloud cannot have this name, as something else of the server's lies there."""
    files = (f"{SCRATCH}.json", f"{SCRATCH}.crt", f"{SCRATCH}.key")
    return name in (ARCHIVE_FOLDERS, SCRATCH) or name.removesuffix(".new") in files


def open_storage(options: CloudOptions, root: Path | None, server: EmulatorOptions) -> Storage:
    """Room for one cloud: in memory, in a folder of its own, or where its location says.

    Raises:
        ValueError, StorageError: There is no storage at that location.
    """
    if options.location is not None:
        return open_location(
            options.location,
            root / SCRATCH / options.name if root is not None else None,
            options.total_space,
            listing_seconds=server.listing_seconds,
            listed_entries=server.listed_entries,
        )
    if root is None:
        return MemoryStorage(limit=options.total_space)
    return DiskStorage(root / options.name, root / SCRATCH / options.name, options.total_space)


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """A change made in another program, which the server has not heard of yet."""

    change: str
    path: str
    is_folder: bool


class CloudAccounts:
    """All cloud accounts of a server.

    Args:
        world: Holds the clouds. Those it has were given at the start; the others are kept here for the next one.
        root: Where accounts that are added get a folder; ``None`` for memory.
        executor: Threads for their storages.

    Attributes:
        backed: Kinds of storage servers that can be added, with an empty store behind each. The emulator itself reaches none:
            for every other kind an addition fails with a text.
        limit: How many accounts the plan allows; ``None`` for any number.
        promotions: Offers of the vendors.
        memberships: What an account is at its cloud, by (kind, account).
    """

    def __init__(self, world: World, root: Path | None, executor: Executor) -> None:
        self._world = world
        self._root = root
        self._executor = executor
        self.backed: set[str] = set()
        self.limit: int | None = None
        self.promotions: list[pb.Promotion] = []
        self.memberships: dict[Key, list[pb.CloudMembership]] = {}
        self._configs: dict[Key, pb.CloudAPIConfig] = {}
        self._added: dict[Key, dict[str, Any]] = {}
        self._given = {_key(cloud): name for name, cloud in world.clouds.items()}
        self._changes: list[_Elsewhere] = []
        self._retired: list[Storage] = []
        self._load()

    # Looking

    def find(self, kind: str, account: str) -> Cloud:
        """The cloud of an account.

        Raises:
            CallError: NOT_FOUND.
        """
        for cloud in self._world.clouds.values():
            if _key(cloud) == (kind, account):
                return cloud
        raise CallError(Status.NOT_FOUND, f"there is no account {account} of {kind}")

    def described(self, cloud: Cloud) -> pb.CloudAPI:
        """The account as the list of them shows it."""
        api = self._world.account_of(cloud)
        offers = [each for each in self.promotions if each.cloudName == api.name]
        if offers:
            api.hasPromotions, api.promotionTitle = True, offers[0].title
        return api

    def config(self, cloud: Cloud) -> pb.CloudAPIConfig:
        """How the server works with it, with what the cloud states as its most."""
        config = pb.CloudAPIConfig()
        config.CopyFrom(self._configs.get(_key(cloud)) or _defaults(cloud.options))
        _state_limits(config, cloud.options)
        return config

    @property
    def is_full(self) -> bool:
        """Whether the plan allows no more."""
        return self.limit is not None and len(self._world.clouds) >= self.limit

    # Changing

    async def add(self, kind: str, account: str, name: str, *, folder: Path | None = None) -> Cloud:
        """A new account with an empty store, or with a folder of the machine; one that is there is renewed.

        Raises:
            Refusal: It cannot be added; says why.
            CallError: PERMISSION_DENIED: the plan allows no more.
        """
        async with self._world.changing:
            for cloud in self._world.clouds.values():
                if _key(cloud) == (kind, account):
                    if folder is not None:
                        raise Refusal(f"{folder} already exists as {cloud.options.name}")
                    cloud.locked = False
                    return cloud
            if self.is_full:
                raise CallError(Status.PERMISSION_DENIED, "invalid user plan")
            row = {"kind": kind, "account": account, "name": self._free_name(name), "folder": str(folder) if folder else None}
            try:
                cloud = await asyncio.to_thread(self._opened, row)
            except OSError as error:
                raise Refusal(f"{folder or name} cannot be used: {error.strerror or error}") from error
            self._world.clouds[cloud.options.name] = cloud
            self._added[_key(cloud)] = row
            self._keep()
        await self._tell("ADD", cloud)
        return cloud

    async def remove(self, cloud: Cloud, *, permanently: bool) -> None:
        """Take an account away; its files stay where they are, and its settings unless it is for good."""
        name = cloud.options.name
        async with self._world.changing:
            for task in self._world.tasks.live():
                if paths.is_below(task.path, f"/{name}"):
                    task.control("cancel")
            for waiting in [each for each in self._world.pending if paths.is_below(each, f"/{name}")]:
                self._world.drop_pending(waiting)
            self._world.clouds.pop(name, None)
            self._retired.append(cloud.storage)
            self._added.pop(_key(cloud), None)
            if permanently:
                self._configs.pop(_key(cloud), None)
            self._keep()
        await self._tell("REMOVE", cloud)

    async def rename(self, name: str, new: str) -> None:
        """Give a cloud's folder another name, as its owner does in the server's own surface.

        Raises:
            Refusal: The name is taken, or is none.
            CallError: NOT_FOUND: there is no such cloud.
        """
        async with self._world.changing:
            cloud = self._world.locate(f"/{name}")[0]
            if problem := paths.check_name(new):
                raise Refusal(problem)
            if new in self._world.clouds or reserved(new):
                raise Refusal(f"/{new} already exists")
            key = _key(cloud)
            del self._world.clouds[name]
            # The account stays what it is, also where it was named after the folder.
            cloud.options = replace(cloud.options, name=new, account=cloud.options.account_id)
            self._world.clouds[new] = cloud
            self._world.move_pending(f"/{name}", f"/{new}")
            for task in self._world.tasks.live():
                if paths.is_below(task.path, f"/{name}"):
                    task.path = f"/{new}" + task.path.removeprefix(f"/{name}")
            if key in self._added:
                self._added[key]["shown"] = new
            self._keep()
        await self._tell("RENAME", cloud, old=f"/{name}")

    def set_config(self, cloud: Cloud, config: pb.CloudAPIConfig) -> None:
        """Keep it whole, as it comes: what a client leaves out is gone. What the cloud states is not for clients to change.

        Raises:
            CallError: INVALID_ARGUMENT: more than the cloud allows.
        """
        kept = pb.CloudAPIConfig()
        kept.CopyFrom(config)
        _state_limits(kept, cloud.options)
        for name in ("maxDownloadThreads", "maxQueriesPerSecond"):
            limit = getattr(kept, f"{name}Limit")
            if limit and getattr(kept, name) > limit:
                raise CallError(Status.INVALID_ARGUMENT, f"{cloud.options.kind} allows at most {limit:g} for {name}")
        self._configs[_key(cloud)] = kept
        self._keep()

    def listen(self, path: str, *, on: bool) -> None:
        """Whether changes made elsewhere in a cloud are announced as they happen.

        Raises:
            CallError: NOT_FOUND, or FAILED_PRECONDITION: the cloud tells nothing.
        """
        cloud = self._world.locate(path)[0]
        if not cloud.options.has_events:
            raise CallError(Status.FAILED_PRECONDITION, f"{cloud.options.kind} tells nothing of changes")
        cloud.listening = on
        self._keep()

    async def change_elsewhere(self, path: str, data: bytes | None) -> None:
        """A file is written (or deleted, without ``data``) by another program, straight in its cloud."""
        cloud, inner = self._world.locate(path)
        before = await cloud.run(cloud.storage.stat, inner)
        if data is None:
            await cloud.run(cloud.storage.delete, inner)
        else:
            temporary = await cloud.begin()
            await cloud.run(cloud.storage.write, temporary, 0, data)
            await cloud.run(cloud.storage.publish, temporary, inner, len(data), {})
        change = "DELETE" if data is None else "CREATE" if before is None else "MODIFY"
        made = _Elsewhere(change, path, before is not None and before.is_folder)
        if cloud.listening:
            await self._announce(made)
        else:
            self._changes.append(made)

    async def take_over(self, path: str) -> pb.FileSystemChangeStatistics:
        """Announce what was changed elsewhere below a path; how much it was.

        Raises:
            CallError: NOT_FOUND, or FAILED_PRECONDITION: the cloud tells nothing.
        """
        cloud = self._world.locate(path)[0]
        if not cloud.options.has_events:
            raise CallError(Status.FAILED_PRECONDITION, f"{cloud.options.kind} tells nothing of changes")
        heard = [each for each in self._changes if paths.is_below(each.path, path)]
        self._changes = [each for each in self._changes if each not in heard]
        for each in heard:
            await self._announce(each)
        deleted = sum(each.change == "DELETE" for each in heard)
        return pb.FileSystemChangeStatistics(createCount=len(heard) - deleted, deleteCount=deleted)

    def close(self) -> None:
        """Let go of the storages of accounts that went."""
        for storage in self._retired:
            storage.close()

    async def _announce(self, made: _Elsewhere) -> None:
        entry = None if made.change == "DELETE" else await self._world.entry(made.path)
        self._world.announce(made.change, made.path, is_folder=made.is_folder, entry=entry)

    async def _tell(self, action: str, cloud: Cloud, old: str | None = None) -> None:
        """CLOUD_API_CHANGE, and the change at the root that goes with it (protocol.md §13.3)."""
        path, api = f"/{cloud.options.name}", self._world.account_of(cloud)
        if not is_newer(CHANGE_SINCE, self._world.options.version):
            change = pb.CloudApiChange(
                action=pb.CloudApiChange.Action.Value(action),
                cloudName=api.name,
                userName=api.userName,
                mountPath=old or path,
                newMountPath=path if old else None,
            )
            kind = pb.CloudDrivePushMessage.CLOUD_API_CHANGE
            self._world.push(pb.CloudDrivePushMessage(messageType=kind, cloudApiChange=change))
        entry = await self._world.entry(path)
        if old is not None:
            self._world.announce("RENAME", old, is_folder=True, new_path=path, entry=entry)
        else:
            self._world.announce("CREATE" if action == "ADD" else "DELETE", path, is_folder=True, entry=entry)

    def _free_name(self, name: str) -> str:
        if (problem := paths.check_name(name)) or reserved(name):
            raise Refusal(problem or f"'{name}' cannot be the name of a cloud here")
        free, number = name, 1
        while free in self._world.clouds:
            free, number = f"{name}({number})", number + 1
        return free

    def _opened(self, row: dict[str, Any]) -> Cloud:
        """A cloud as it is kept: its store lies under the name it began with."""
        threads, queries = STATED.get(row["kind"], (0, 0.0))
        options = CloudOptions(
            row["name"],
            row["kind"],
            account=row["account"],
            has_events=row["kind"] != LOCAL_FOLDER,
            download_threads_limit=threads,
            queries_per_second_limit=queries,
        )
        storage = LocalFolder(Path(row["folder"])) if row["folder"] else open_storage(options, self._root, self._world.options)
        return Cloud(replace(options, name=row.get("shown", row["name"])), storage, self._executor)

    # What is kept

    def _load(self) -> None:
        kept = self._world.state.load("clouds", {})
        for row in kept.get("configs", []):
            self._configs[row["kind"], row["account"]] = from_json(row["config"], pb.CloudAPIConfig)
        names = {(row["kind"], row["account"]): row["name"] for row in kept.get("names", [])}
        for key, name in self._given.items():
            shown = names.get(key, name)
            if shown != name and shown not in self._world.clouds:
                cloud = self._world.clouds.pop(name)
                cloud.options = replace(cloud.options, name=shown, account=cloud.options.account_id)
                self._world.clouds[shown] = cloud
        for row in map(dict, kept.get("added", [])):
            if row.get("shown", row["name"]) in self._world.clouds:
                row["shown"] = self._free_name(row["name"])
            try:
                cloud = self._opened(row)
            except OSError:
                # Its folder has gone: the account is shown no more, and is not forgotten.
                self._added[row["kind"], row["account"]] = row
                continue
            self._world.clouds[cloud.options.name] = cloud
            self._added[_key(cloud)] = row
        for cloud in self._world.clouds.values():
            cloud.listening = [*_key(cloud)] in kept.get("listening", [])

    def _keep(self) -> None:
        clouds = self._world.clouds.values()
        kept = {
            "added": [dict(row) for row in self._added.values()],
            "names": [
                {"kind": cloud.options.kind, "account": cloud.options.account_id, "name": cloud.options.name}
                for cloud in clouds
                if _key(cloud) in self._given and self._given[_key(cloud)] != cloud.options.name
            ],
            "configs": [
                {"kind": kind, "account": account, "config": as_json(config)} for (kind, account), config in self._configs.items()
            ],
            "listening": [[*_key(cloud)] for cloud in clouds if cloud.listening],
        }
        self._world.state.save("clouds", kept)


def _key(cloud: Cloud) -> Key:
    return cloud.options.kind, cloud.options.account_id


def _defaults(options: CloudOptions) -> pb.CloudAPIConfig:
    return pb.CloudAPIConfig(
        maxDownloadThreads=options.download_threads_limit or 4,
        minReadLengthKB=64,
        maxReadLengthKB=8192,
        defaultReadLengthKB=1024,
        maxBufferPoolSizeMB=100,
        maxQueriesPerSecond=options.queries_per_second_limit,
        maxUploadThreads=1,
        insecureTls=False,
        useHttpDownload=False,
    )


def _state_limits(config: pb.CloudAPIConfig, options: CloudOptions) -> None:
    config.ClearField("maxBufferPoolSizeMBLimit")
    config.maxDownloadThreadsLimit = options.download_threads_limit
    config.maxQueriesPerSecondLimit = options.queries_per_second_limit
