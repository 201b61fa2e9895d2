"""Downloads a cloud does by itself, and what others share with it (protocol.md §11). Nothing is fetched from anywhere: what
arrives is made up here, of the size a link states.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import CallError, Status
from clouddrive2.emulator.hashing import hashes_of
from clouddrive2.emulator.state import as_json, from_json
from clouddrive2.emulator.storage import StorageError
from clouddrive2.emulator.tree import Refusal, Tree
from clouddrive2.emulator.world import Cloud, World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["Offline", "OfflineTask", "Share", "read_link"]

WAITING, DOWNLOADING, FINISHED, FAILED = 0, 1, 2, 3
# What a magnet or an address becomes, which say no size; and the most that is made up.
USUAL_BYTES, MOST_BYTES = 1 << 20, 64 << 20
STEPS = 10
MAGNET = re.compile(r"urn:btih:([0-9a-fA-F]{40}|[a-zA-Z2-7]{32})")
ED2K = re.compile(r"ed2k://\|file\|(?P<name>[^|]+)\|(?P<size>\d+)\|(?P<hash>[0-9a-fA-F]{32})\|.*")
SHA1_LINK = re.compile(r"115://(?P<name>[^|]+)\|(?P<size>\d+)\|(?P<hash>[0-9a-fA-F]{40})(\|.*)?")
PROBLEMS = (Refusal, StorageError, CallError, OSError)


@dataclass(slots=True)
class OfflineTask:
    """One download.

    Attributes:
        shown: As lists show it.
        folder: Where it goes, a full path.
        path: What it became; empty before.
    """

    shown: pb.OfflineFile
    folder: str
    path: str = ""
    running: asyncio.Task[None] | None = None


@dataclass(slots=True)
class Share:
    """What somebody shares.

    Attributes:
        password: Needed to save it; empty for none.
        files: Contents by path inside the share.
    """

    password: str = ""
    files: dict[str, bytes] = field(default_factory=dict)


def read_link(link: str) -> pb.OfflineFile:
    """What a link says by itself.

    Raises:
        Refusal: It is none a cloud takes.
    """
    if link.startswith("magnet:") and (found := MAGNET.search(link)):
        name = parse_qs(urlsplit(link).query).get("dn", [found[1].lower()])[0]
        return pb.OfflineFile(name=name, size=USUAL_BYTES, url=link, infoHash=found[1].lower())
    for pattern in (ED2K, SHA1_LINK):
        # A size that no message can hold is none.
        if (stated := pattern.fullmatch(link)) and int(stated["size"]) < 1 << 63:
            return pb.OfflineFile(name=unquote(stated["name"]), size=int(stated["size"]), url=link, infoHash=stated["hash"])
    try:
        parts = urlsplit(link)
    except ValueError as error:
        raise Refusal("unsupported link") from error
    if parts.scheme in ("http", "https", "ftp") and parts.hostname:
        name = unquote(parts.path.rpartition("/")[2]) or parts.hostname
        digest = hashlib.sha1(link.encode(), usedforsecurity=False).hexdigest()
        return pb.OfflineFile(name=name, size=USUAL_BYTES, url=link, infoHash=digest)
    raise Refusal("unsupported link")


class Offline:
    """Every offline download of every cloud. They survive a restart of the server: the clouds do them.

    Args:
        world: Has the files, and says how fast clouds are and how many downloads they allow.
        tree: Makes folders.

    Attributes:
        dead: Links nobody serves, with what the cloud says of them: a part of the link is enough.
        shares: What others share, by address.
    """

    def __init__(self, world: World, tree: Tree) -> None:
        self.dead: dict[str, str] = {}
        self.shares: dict[str, Share] = {}
        self._world = world
        self._tree = tree
        self._closing = False
        # By the name of the cloud's folder, and by hash; in the order they were added.
        self._all: dict[str, dict[str, OfflineTask]] = {}
        for kept in world.state.load("offline", []):
            task = OfflineTask(from_json(kept["file"], pb.OfflineFile), kept["folder"], kept["path"])
            self._of(task.folder)[task.shown.infoHash.lower()] = task

    def start(self) -> None:
        """Go on with what had not ended."""
        for tasks in self._all.values():
            for task in tasks.values():
                if task.shown.status in (WAITING, DOWNLOADING):
                    task.running = asyncio.create_task(self._run(task))

    async def close(self) -> None:
        """Stop working; the next run goes on."""
        self._closing = True
        running = [task.running for tasks in self._all.values() for task in tasks.values() if task.running is not None]
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def add(self, links: Iterable[str], folder: str) -> None:
        """Begin downloads, all or none.

        Raises:
            CallError: NOT_FOUND: no such folder.
            Refusal: The cloud has no offline downloads or no more of them, a link is none, or one is there already.
        """
        entry = await self._folder(folder)
        if not entry.canOfflineDownload:
            raise Refusal(f"{folder} does not support offline download")
        tasks = self._of(folder)
        fresh: dict[str, OfflineTask] = {}
        for link in links:
            shown = read_link(link)
            if problem := paths.check_name(shown.name):
                raise Refusal(problem)
            # Links write the same hash in either case.
            key = shown.infoHash.lower()
            if key in tasks or key in fresh:
                raise Refusal("任务已存在")
            shown.parentId = entry.id
            shown.add_time = int(self._world.clock())
            fresh[key] = OfflineTask(shown, folder)
        if not fresh:
            raise Refusal("there is no link")
        if len(fresh) > self.left(folder):
            raise Refusal("the offline download quota is used up")
        tasks.update(fresh)
        self._keep()
        for task in fresh.values():
            task.running = asyncio.create_task(self._run(task))

    def all(self, path: str) -> list[OfflineTask]:
        """The downloads of the cloud a full path is in, the youngest first."""
        return list(reversed(self._of(path).values()))

    def left(self, path: str) -> int:
        """How many more the cloud allows."""
        return max(0, self._world.locate(path)[0].options.offline_quota - len(self._of(path)))

    async def remove(self, path: str, tasks: Iterable[OfflineTask], *, delete_files: bool) -> None:
        """Stop and forget downloads."""
        for task in tasks:
            await self._stop(task)
            self._of(path).pop(task.shown.infoHash.lower(), None)
            found = await self._world.entry(task.path) if delete_files and task.path else None
            # Only what it became, not what has taken its place since.
            if found is not None and found.id == task.shown.fileId:
                await self._tree.remove(task.path)
        self._keep()

    async def restart(self, task: OfflineTask) -> None:
        """Begin anew."""
        await self._stop(task)
        task.shown.status, task.shown.percendDone = pb.OFFLINE_INIT, 0.0
        self._keep()
        task.running = asyncio.create_task(self._run(task))

    def add_share(self, link: str, files: Mapping[str, bytes], *, password: str = "") -> None:
        """Let somebody share something."""
        self.shares[link] = Share(password, dict(files))

    async def save_share(self, link: str, password: str, folder: str) -> None:
        """Save a share.

        Raises:
            CallError: No such folder or share, a wrong password, or a cloud that takes none.
        """
        entry = await self._folder(folder)
        if not entry.canAddShareLink:
            raise CallError(Status.FAILED_PRECONDITION, f"{folder} does not support shared links")
        share = self.shares.get(link)
        if share is None:
            raise CallError(Status.NOT_FOUND, "the share does not exist or has expired")
        if share.password and password != share.password:
            raise CallError(Status.INVALID_ARGUMENT, "wrong share password")
        try:
            for name, content in share.files.items():
                path = paths.normalise(f"{folder}/{name}")
                await self._ensure(paths.parent(path))
                await self._write(path, content)
        except (Refusal, StorageError) as error:
            raise CallError(Status.INTERNAL, str(error)) from error

    async def _folder(self, path: str) -> pb.CloudDriveFile:
        entry = await self._world.entry(path)
        if entry is None:
            raise CallError(Status.NOT_FOUND, f"{path} not found")
        if not entry.isDirectory:
            raise CallError(Status.INVALID_ARGUMENT, f"{path} is not a folder")
        return entry

    def _of(self, path: str) -> dict[str, OfflineTask]:
        return self._all.setdefault(path[1:].partition("/")[0], {})

    async def _run(self, task: OfflineTask) -> None:
        shown, speed = task.shown, self._world.options.offline_bytes_per_second
        try:
            shown.status = pb.OFFLINE_DOWNLOADING
            for step in range(STEPS if speed > 0 else 0):
                shown.percendDone = 100 * step / STEPS
                await self._world.clock.sleep(shown.size / STEPS / speed)
            for part, said in self.dead.items():
                if part in shown.url:
                    raise StorageError(said)
            if shown.size > MOST_BYTES:
                raise StorageError(f"the emulator makes up {MOST_BYTES} bytes at most")
            path = paths.join(task.folder, shown.name)
            await self._write(path, _made_up(shown.infoHash, shown.size))
            entry = await self._world.entry(path)
            task.path, shown.fileId = path, entry.id if entry is not None else ""
            shown.status, shown.percendDone = pb.OFFLINE_FINISHED, 100.0
        except PROBLEMS:
            shown.status = pb.OFFLINE_ERROR
        except asyncio.CancelledError:
            if not self._closing:
                shown.status = pb.OFFLINE_ERROR
            raise
        finally:
            task.running = None
            self._keep()

    async def _stop(self, task: OfflineTask) -> None:
        if task.running is not None:
            task.running.cancel()
            await asyncio.wait([task.running])

    async def _ensure(self, folder: str) -> None:
        if await self._world.entry(folder) is None:
            await self._ensure(paths.parent(folder))
            await self._tree.ensure_folder(folder)

    async def _write(self, path: str, content: bytes) -> None:
        cloud, inner = self._world.locate(path)
        if cloud.options.read_only:
            raise Refusal(f"{path} is read-only")
        existed = await self._world.item(path) is not None
        await self._publish(cloud, inner, content)
        entry = await self._world.entry(path)
        self._world.announce("MODIFY" if existed else "CREATE", path, is_folder=False, entry=entry)

    async def _publish(self, cloud: Cloud, inner: str, content: bytes) -> None:
        temporary = await cloud.begin()
        try:
            await cloud.run(cloud.storage.write, temporary, 0, content)
            hashes = await cloud.run(hashes_of, cloud.storage, temporary, len(content), cloud.options.knows)
            async with self._world.changing:
                await cloud.run(cloud.storage.publish, temporary, inner, len(content), hashes)
        except BaseException:
            await cloud.run(cloud.storage.discard, temporary)
            raise

    def _keep(self) -> None:
        kept = [
            {"file": as_json(task.shown), "folder": task.folder, "path": task.path}
            for tasks in self._all.values()
            for task in tasks.values()
        ]
        self._world.state.save("offline", kept)


def _made_up(seed: str, size: int) -> bytes:
    """Bytes that are the same for the same link, and others for another."""
    block = hashlib.sha256(seed.encode()).digest() * 2048
    return (block * (size // len(block) + 1))[:size]
