"""From a closed file to a file in the cloud: queued, hashed, sent, published (protocol.md §7.2)."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass

from clouddrive2.emulator import paths
from clouddrive2.emulator.hashing import hashes_of
from clouddrive2.emulator.slots import Slots, Turn
from clouddrive2.emulator.storage import StorageError
from clouddrive2.emulator.tasks import MOUNT, UploadTask
from clouddrive2.emulator.upload_faults import UploadFaults
from clouddrive2.emulator.versions import is_newer
from clouddrive2.emulator.world import Cloud, Pending, World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["Deliveries", "Delivery"]

PREPROCESSING, CANCELLED, TRANSFER, PAUSE, FINISH, INQUEUE, IGNORED, ERROR, FATAL = 1, 2, 3, 4, 5, 7, 8, 9, 10
PIECE_BYTES = 1 << 20
# Of so many arrived files it is known what named them before.
REMEMBERED = 10_000
# Since then a closed file is announced at once, before only when it has arrived (protocol.md §13.3).
ANNOUNCED_AT_CLOSE = "1.1.2"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A closed file in a temporary one; ``path`` is where it was opened."""

    path: str
    cloud: Cloud
    temporary: str
    size: int
    account: str


class Deliveries:
    """Everything closed and not yet in its cloud. Each has a row in the upload list, which knows where it goes now."""

    def __init__(self, world: World, faults: UploadFaults) -> None:
        self._world = world
        self._faults = faults
        self._slots = Slots(lambda: world.options.upload_slots)
        self._running: set[asyncio.Task[None]] = set()
        self._publishing: set[str] = set()
        # What is on its way, by the key of its row.
        self._deliveries: dict[str, Delivery] = {}
        # What names an arrived file to what named it before; the oldest first.
        self._tags: dict[str, str] = {}

    async def begin(self, delivery: Delivery, *, at_once: bool) -> UploadTask:
        """Queue a file and show its placeholder; its row.

        Args:
            delivery: The file.
            at_once: Skip the queue, its waiting time and its limit (``uploadImmediately``).
        """
        world = self._world
        placeholder = world.add_pending(delivery.path, delivery.size)
        if not is_newer(ANNOUNCED_AT_CLOSE, world.options.version):
            # Nothing waits up to the end: who leaves meanwhile leaves no file that nobody delivers.
            shown = world.describe(delivery.path, None, placeholder)
            world.announce("CREATE", delivery.path, is_folder=False, entry=shown)
        going = asyncio.Event()
        going.set()
        running: asyncio.Task[None] | None = None

        def control(action: str) -> None:
            if task.key in self._publishing:
                # What is being put in place right now can no longer be stopped.
                return
            if action == "cancel" and running is not None:
                running.cancel()
            elif action == "pause":
                going.clear()
                world.tasks.set_status(task, PAUSE)
            elif action == "resume" and not going.is_set():
                going.set()
                world.tasks.set_status(task, INQUEUE)

        task = UploadTask(str(uuid.uuid4()), delivery.path, delivery.size, MOUNT, delivery.account, control)
        world.tasks.add(task)
        self._deliveries[task.key] = delivery
        running = asyncio.create_task(self._deliver(delivery, task, placeholder, going, at_once=at_once))
        self._running.add(running)
        running.add_done_callback(lambda ended: self._ended(ended, task, placeholder))
        return task

    def at(self, path: str) -> Delivery | None:
        """What is on its way to a path now."""
        for task in self._world.tasks.live():
            if task.path == path and task.key in self._deliveries:
                return self._deliveries[task.key]
        return None

    def supersede(self, path: str) -> None:
        """Stop what is on its way to a path: something newer takes its place."""
        for task in self._world.tasks.live():
            if task.path == path and task.key in self._deliveries:
                task.control("cancel")

    def tag(self, entry: pb.CloudDriveFile) -> str:
        """What names a file's content. It stays when the file arrives, although id and time change then (protocol.md §3.5)."""
        tag = _tag(entry)
        return self._tags.get(tag, tag)

    async def close(self) -> None:
        """Stop all of them."""
        for running in list(self._running):
            running.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _deliver(
        self, delivery: Delivery, task: UploadTask, placeholder: Pending, going: asyncio.Event, *, at_once: bool
    ) -> None:
        world, cloud = self._world, delivery.cloud
        ignored = world.options.ignored_extensions
        if ignored and paths.tail(task.path).lower().endswith(ignored):
            # It stays local: the placeholder is all there ever is.
            world.tasks.set_status(task, IGNORED)
            return
        turn = Turn(None if at_once else self._slots, going)
        try:
            if not at_once and world.options.upload_delay_seconds > 0:
                await world.clock.sleep(world.options.upload_delay_seconds)
            await turn.wait()
            world.tasks.set_status(task, PREPROCESSING)
            hashes = await cloud.run(hashes_of, cloud.storage, delivery.temporary, delivery.size, cloud.options.knows)
            await turn.wait()
            world.tasks.set_status(task, TRANSFER)
            _, inner = world.locate(task.path)
            await cloud.run(cloud.storage.send, delivery.temporary, inner, delivery.size)
            await self._send(task, turn)
            if failure := self._faults.delivery_failure():
                raise StorageError(failure)
            async with world.changing:
                self._publishing.add(task.key)
                before = await world.item(task.path)
                _, inner = world.locate(task.path)
                shown = self._faults.shown_hashes(hashes)
                item = await cloud.run(cloud.storage.publish, delivery.temporary, inner, delivery.size, shown)
            self._remember_tag(_tag(world.describe(task.path, item)), _tag(world.describe(task.path, None, placeholder)))
            # From here on nothing waits: nobody sees an entry that has arrived by an upload that has not.
            world.drop_pending(task.path, placeholder)
            self._faults.after_store(world, task.path)
            if is_newer(ANNOUNCED_AT_CLOSE, world.options.version):
                change = "CREATE" if before is None else "MODIFY"
                world.announce(change, task.path, is_folder=False, entry=world.describe(task.path, item))
            world.tasks.set_status(task, FINISH)
        except asyncio.CancelledError:
            world.drop_pending(task.path, placeholder)
            world.tasks.set_status(task, CANCELLED)
            await asyncio.shield(cloud.run(cloud.storage.discard, delivery.temporary))
            raise
        except (StorageError, OSError) as error:
            world.drop_pending(task.path, placeholder)
            world.tasks.set_status(task, FATAL if self._faults.delivery_fatal else ERROR, str(error))
            await cloud.run(cloud.storage.discard, delivery.temporary)
        finally:
            turn.end()
            self._publishing.discard(task.key)

    def _remember_tag(self, arrived: str, before: str) -> None:
        self._tags[arrived] = before
        if len(self._tags) > REMEMBERED:
            del self._tags[next(iter(self._tags))]

    def _ended(self, running: asyncio.Task[None], task: UploadTask, placeholder: Pending) -> None:
        self._running.discard(running)
        delivery = self._deliveries.pop(task.key)
        if running.cancelled() and task.is_live:
            # It was cancelled before it did anything.
            delivery.cloud.storage.discard(delivery.temporary)
            self._world.drop_pending(task.path, placeholder)
            self._world.tasks.set_status(task, CANCELLED)

    async def _send(self, task: UploadTask, turn: Turn) -> None:
        """Count the bytes as a cloud of the chosen speed takes them."""
        while (speed := self._world.options.upload_bytes_per_second) > 0 and task.transferred < task.size:
            piece = min(PIECE_BYTES, task.size - task.transferred)
            await self._world.clock.sleep(piece / speed)
            await turn.wait()
            task.transferred += piece
        await turn.wait()
        task.transferred = task.size


def _tag(entry: pb.CloudDriveFile) -> str:
    return f"{entry.id}-{entry.size:x}-{entry.writeTime.ToMicroseconds():x}"
