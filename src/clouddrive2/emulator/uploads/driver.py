"""Runs the upload machines: calls in, messages out, slots, timers, and the outcome into the tree."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.storage import StorageError, StorageFull
from clouddrive2.emulator.tasks import REMOTE_UPLOAD, UploadTask
from clouddrive2.emulator.upload_faults import UploadFaults
from clouddrive2.emulator.uploads import machine
from clouddrive2.emulator.uploads.channels import Channel, Channels, Owner
from clouddrive2.emulator.uploads.content import Content
from clouddrive2.emulator.uploads.machine import Session, State
from clouddrive2.emulator.uploads.upload import Upload
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["UploadDriver"]

FATAL = 10
READ_ONLY = "this cloud is read-only"
# Old uploads are looked for no more often than this, so that thousands of them cost a call nothing.
SWEEP_SECONDS = 1.0
# Time for the first messages to travel when they are to come before the reply.
EARLY_SECONDS = 0.05
WAITING_OR_ENDED = frozenset({State.QUEUED, State.PAUSED, *(state for state in State if state.is_terminal)})


class UploadDriver:
    """All remote uploads of one server."""

    def __init__(self, world: World, faults: UploadFaults) -> None:
        self._world = world
        self._faults = faults
        self._channels = Channels()
        self._uploads: dict[str, Upload] = {}
        # Ids of those in state QUEUED, in the order of their turn, and of those that take a slot.
        self._waiting: dict[str, None] = {}
        self._active: set[str] = set()
        self._swept_at = world.clock()
        self._running: set[asyncio.Task[None]] = set()

    # Channels

    def open_channel(self, device_id: str, call: Call) -> Channel:
        """A new channel; one with the same device id ends (protocol.md §8.6), and what is outstanding is asked again."""
        self._sweep()
        channel = self._channels.open(device_id, Owner.of(call))
        for foreign in self._faults.foreign_messages():
            channel.queue.put_nowait(foreign)
        for upload in list(self._uploads.values()):
            if upload.device_id is None and self._channels.nearest(upload.owner, upload.path) is channel:
                upload.device_id = device_id
            if upload.device_id == device_id and (upload.session.state is not State.QUEUED or upload.id in self._waiting):
                self._step(upload, machine.Replay())
        self._admit()
        return channel

    def close_channel(self, channel: Channel) -> None:
        """The stream ended; uploads go on waiting for the next one."""
        if self._channels.close(channel):
            now = self._world.clock()
            for upload in self._uploads.values():
                if upload.device_id == channel.device_id and not upload.session.state.is_terminal:
                    upload.touched_at = now
            self._admit()

    # Calls

    async def start(self, path: str, request: pb.StartRemoteUploadRequest, call: Call) -> str:
        """Announce an upload; its id."""
        above = await self._world.entry(paths.parent(path))
        if above is None or not above.isDirectory:
            raise CallError(Status.NOT_FOUND, f"the folder of {request.file_path} does not exist")
        if paths.parent(path) == "/":
            raise CallError(Status.PERMISSION_DENIED, "files cannot be created in the root")
        if problem := paths.check_name(paths.tail(path)):
            raise CallError(Status.INVALID_ARGUMENT, problem)
        cloud, _ = self._world.locate(path)
        if cloud.options.read_only:
            raise CallError(Status.PERMISSION_DENIED, READ_ONLY)
        existing = await self._world.item(path)
        if existing is not None and existing.is_folder:
            raise CallError(Status.ALREADY_EXISTS, f"{request.file_path} already exists and is a folder")
        options, shape = self._world.options, self._faults.shape
        session = Session(
            size=request.file_size,
            needs=cloud.options.needs,
            hashes={kind: value for kind, value in request.known_hashes.items() if value},
            can_hash=request.client_can_calculate_hashes,
            read_bytes=options.read_bytes,
            window=options.outstanding_reads,
            out_of_order=shape.out_of_order,
        )
        upload_id = str(uuid.uuid4())
        kinds = {kind for kind, _ in cloud.options.needs}.union(cloud.options.knows, session.hashes)
        try:
            content = await Content.begin(cloud, request.file_size, kinds)
        except StorageError as error:
            raise CallError(Status.RESOURCE_EXHAUSTED, str(error)) from error

        def control(action: str) -> None:
            self.control(upload_id, action)

        owner = Owner.of(call)
        task = UploadTask(upload_id, path, request.file_size, REMOTE_UPLOAD, owner.account, control)
        upload = Upload(upload_id, path, session, cloud, content, owner, task, self._world.clock())
        self._forget_old()
        self._uploads[upload_id] = upload
        channel = self._channels.nearest(owner, path)
        upload.device_id = channel.device_id if channel else None
        self._world.tasks.add(task)
        ignored = paths.tail(path).lower().endswith(options.ignored_extensions) if options.ignored_extensions else False
        if not ignored:
            upload.pending = self._world.add_pending(path, request.file_size, session.hashes)
        # The first status follows the reply, unless a fault wants it the other way round.
        if self._faults.status_before_reply:
            self._begin(upload, ignored)
            await asyncio.sleep(EARLY_SECONDS)
        else:
            asyncio.get_running_loop().call_soon(self._begin, upload, ignored)
        return upload_id

    async def take(self, request: pb.RemoteReadDataUpload, call: Call) -> pb.RemoteReadDataReply:
        """Data for a range that was asked for."""
        upload = self._find(request.upload_id, call)
        # Each look at a bytes field copies it, so look once.
        sent = request.data
        length = len(sent)
        verdict, problem = machine.examine(upload.session, request.offset, length, request.length)
        if verdict is machine.Verdict.REFUSE:
            return pb.RemoteReadDataReply(success=False, error_message=problem, is_last_chunk=request.is_last_chunk)
        if verdict is machine.Verdict.TAKE:
            try:
                if upload.cloud.options.read_only:
                    raise StorageError(READ_ONLY)
                data = self._faults.stored_bytes(sent)
                self._faults.check_space(length)
                await upload.content.write(request.offset, data)
            except StorageError as error:
                status = FATAL if isinstance(error, StorageFull) else machine.ERROR
                self._step(upload, machine.Fail(str(error), status))
                return pb.RemoteReadDataReply(success=False, error_message=str(error), is_last_chunk=request.is_last_chunk)
            self._step(upload, machine.DataStored(request.offset, length))
            upload.task.transferred = upload.session.received
        return pb.RemoteReadDataReply(success=True, bytes_received=length, is_last_chunk=request.is_last_chunk)

    def report_hash(self, request: pb.RemoteHashProgressUpload, call: Call) -> None:
        """Progress or the final value of a hash; present but empty means absent (protocol.md §8.4)."""
        upload = self._find(request.upload_id, call)
        upload.heard_at[request.hash_type] = self._world.clock()
        if request.hash_value and request.hash_type not in upload.session.hashes:
            wanted = dict(upload.session.needs).get(request.hash_type)
            blocks = -(-upload.session.size // wanted) if wanted else 0
            if len(request.block_hashes) != blocks:
                message = f"{blocks} block hashes were asked for, {len(request.block_hashes)} came"
                self._step(upload, machine.Fail(message))
                return
            if wanted:
                upload.blocks[wanted] = list(request.block_hashes)
            self._step(upload, machine.HashReported(request.hash_type, request.hash_value))

    def control(self, upload_id: str, action: str, call: Call | None = None) -> None:
        """``pause``, ``resume`` or ``cancel``; the resulting state comes as a status."""
        upload = self._find(upload_id, call)
        if action == "resume":
            self._step(upload, machine.Resume())
            self._admit()
            return
        if not upload.is_publishing:
            # What is being put in place right now can no longer be stopped; Finish will tell.
            self._step(upload, machine.Pause() if action == "pause" else machine.Cancel())

    def forget_all(self) -> None:
        """Lose every upload, as a server that was restarted without its memory."""
        for upload in list(self._uploads.values()):
            if not upload.session.state.is_terminal:
                self._discard(upload)
            self._world.tasks.forget(upload.id)
            self._stop_watching(upload)
        self._uploads.clear()
        self._waiting.clear()
        self._active.clear()

    async def close(self) -> None:
        """Stop timers and what is being stored."""
        self._channels.end_all()
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    # The machine

    def _begin(self, upload: Upload, ignored: bool) -> None:
        self._step(upload, machine.Start(ignored))
        self._admit()

    def _admit(self) -> None:
        """Let queued uploads go on that have a channel, as slots are free; those whose client is away take none."""
        while self._slots_taken() < self._world.options.upload_slots:
            ready = self._next_with_channel()
            if ready is None:
                return
            upload, channel = ready
            upload.device_id = channel.device_id
            self._step(upload, machine.ChannelReady())

    def _slots_taken(self) -> int:
        return sum(self._channel_of(self._uploads[upload_id]) is not None for upload_id in self._active)

    def _next_with_channel(self) -> tuple[Upload, Channel] | None:
        if not self._channels:
            return None
        for upload_id in self._waiting:
            upload = self._uploads[upload_id]
            channel = self._channel_of(upload)
            if channel is not None:
                return upload, channel
        return None

    def _step(self, upload: Upload, event: machine.Event) -> None:
        if self._uploads.get(upload.id) is not upload:
            # Forgotten while something was on its way for it.
            return
        if upload.session.state.is_terminal:
            return
        upload.session, commands = machine.step(upload.session, event)
        upload.touched_at = self._world.clock()
        had_slot = upload.id in self._active
        self._take_place(upload)
        for command in commands:
            self._obey(upload, command)
        if upload.session.state is not State.HASHING:
            self._stop_watching(upload)
        if had_slot and upload.id not in self._active:
            self._admit()

    def _take_place(self, upload: Upload) -> None:
        """Keep the queue and the slots in step with the upload's state."""
        if upload.session.state is State.QUEUED:
            self._waiting.setdefault(upload.id)
        else:
            self._waiting.pop(upload.id, None)
        if upload.session.state in WAITING_OR_ENDED:
            self._active.discard(upload.id)
        else:
            self._active.add(upload.id)

    def _obey(self, upload: Upload, command: machine.Command) -> None:
        match command:
            case machine.Status(number, message):
                self._world.tasks.set_status(upload.task, number, message)
                status = self._faults.status_number(number)
                told = pb.RemoteUploadStatusChanged(status=pb.UploadFileInfo.Status.ValueType(status), error_message=message)
                self._send(upload, pb.RemoteUploadChannelReply(upload_id=upload.id, status_changed=told))
            case machine.AskHash(kind, block_size):
                asked = pb.RemoteHashDataRequest(hash_type=kind)
                if block_size:
                    asked.block_size = block_size
                self._send(upload, pb.RemoteUploadChannelReply(upload_id=upload.id, hash_data=asked))
                upload.heard_at[kind] = self._world.clock()
                if upload.hash_watch is None:
                    upload.hash_watch = self._run(self._watch_hashing(upload))
            case machine.AskRead(offset, length):
                for start, count in self._faults.shape.reads(offset, length, upload.session.size):
                    wanted = pb.RemoteReadDataRequest(offset=start, length=count)
                    self._send(upload, pb.RemoteUploadChannelReply(upload_id=upload.id, read_data=wanted))
            case machine.LookUpContent():
                self._run(self._look_up(upload))
            case machine.Store(from_cloud):
                self._run(self._store(upload, from_cloud))
            case machine.Discard():
                self._discard(upload)

    async def _look_up(self, upload: Upload) -> None:
        known = False
        size = upload.session.size
        try:
            if upload.session.has_all_data:
                for kind, value in (await upload.content.hashes()).items():
                    self._step(upload, machine.HashReported(kind, value))
            for kind, value in self._needed_hashes(upload):
                known_elsewhere = (size, kind, value) in self._world.options.known_content
                known = known or known_elsewhere or await self._twin(upload, kind, value) is not None
        except StorageError as error:
            self._step(upload, machine.Fail(str(error)))
            return
        self._step(upload, machine.KnownContent(known))

    def _needed_hashes(self, upload: Upload) -> list[tuple[int, str]]:
        """What the cloud looks content up by: hashes it wants, as far as there are any."""
        hashes = upload.session.hashes if upload.session.size else {}
        return [(kind, hashes[kind].lower()) for kind, _ in upload.cloud.options.needs if kind in hashes]

    async def _twin(self, upload: Upload, kind: int, value: str) -> str | None:
        return await upload.cloud.run(upload.cloud.storage.holds, upload.session.size, kind, value)

    async def _store(self, upload: Upload, from_cloud: bool) -> None:
        _, inner = self._world.locate(upload.path)
        try:
            hashes = dict(upload.session.hashes) if from_cloud else await upload.content.hashes()
            if from_cloud:
                await self._fill_from_cloud(upload)
            elif problem := await self._mismatch(upload, hashes):
                self._step(upload, machine.Fail(problem))
                return
            await upload.content.send(inner)
            async with self._world.changing:
                if upload.session.state.is_terminal:
                    return
                if upload.cloud.options.read_only:
                    raise StorageError(READ_ONLY)
                upload.is_publishing = True
                existed = await self._world.item(upload.path) is not None
                item = await upload.content.publish(inner, self._faults.shown_hashes(hashes))
        except (StorageError, FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            self._step(upload, machine.Fail(f"storing failed: {error}"))
            return
        # From here on nothing waits: nobody sees an entry that has arrived by an upload that has not.
        self._world.drop_pending(upload.path, upload.pending)
        self._faults.after_store(self._world, upload.path)
        entry = self._world.describe(upload.path, item)
        self._world.announce("MODIFY" if existed else "CREATE", upload.path, is_folder=False, entry=entry)
        upload.task.transferred = upload.session.size
        self._step(upload, machine.Stored(from_cloud and self._world.options.instant_is_skipped))

    async def _mismatch(self, upload: Upload, hashes: dict[int, str]) -> str | None:
        """What the bytes that came are not, by what the client said of them."""
        for kind, reported in upload.session.hashes.items():
            if kind in hashes and hashes[kind].lower() != reported.lower():
                return "the data does not match the hash that was reported"
        if not await upload.content.has_blocks(upload.blocks):
            return "the data does not match the block hashes that were reported"
        return None

    async def _fill_from_cloud(self, upload: Upload) -> None:
        """The bytes of an instant upload come from the file the cloud has; content known only by name stays empty."""
        for kind, value in self._needed_hashes(upload):
            twin = await self._twin(upload, kind, value)
            if twin is not None:
                await upload.content.copy_from(twin)
                return

    def _discard(self, upload: Upload) -> None:
        if upload.pending is not None:
            self._world.drop_pending(upload.path, upload.pending)
        self._run(upload.content.discard())

    # Messages

    def _send(self, upload: Upload, message: pb.RemoteUploadChannelReply) -> None:
        if self._world.options.broadcast:
            for each in self._channels:
                if each.owner.account == upload.owner.account:
                    each.queue.put_nowait(message)
            return
        channel = self._channel_of(upload)
        if channel is not None:
            channel.queue.put_nowait(message)

    def _channel_of(self, upload: Upload) -> Channel | None:
        if upload.device_id is not None:
            return self._channels.of_device(upload.device_id)
        return self._channels.nearest(upload.owner, upload.path)

    def _find(self, upload_id: str, call: Call | None) -> Upload:
        """An upload by its id; with a call only when its token sees the destination.

        Raises:
            CallError: NOT_FOUND, with the text of protocol.md §2.8.
        """
        self._forget_old()
        upload = self._uploads.get(upload_id)
        if upload is not None and self._is_old(upload):
            self._forget(upload)
            upload = None
        if upload is None or (call is not None and not paths.is_below(upload.path, call.caller.root)):
            raise CallError(Status.NOT_FOUND, "upload session not found")
        return upload

    def _forget_old(self) -> None:
        if abs(self._world.clock() - self._swept_at) >= SWEEP_SECONDS:
            self._sweep()

    def _sweep(self) -> None:
        self._swept_at = self._world.clock()
        for upload in [each for each in self._uploads.values() if self._is_old(each)]:
            self._forget(upload)

    def _is_old(self, upload: Upload) -> bool:
        options, ended = self._world.options, upload.session.state.is_terminal
        if not ended and self._channel_of(upload) is not None:
            return False
        kept = options.ended_seconds if ended else options.session_seconds
        return upload.touched_at + kept < self._world.clock()

    def _forget(self, upload: Upload) -> None:
        del self._uploads[upload.id]
        self._stop_watching(upload)
        if not upload.session.state.is_terminal:
            self._discard(upload)
            self._world.tasks.forget(upload.id)
        self._waiting.pop(upload.id, None)
        if upload.id in self._active:
            self._active.discard(upload.id)
            self._admit()

    # Timers

    async def _watch_hashing(self, upload: Upload) -> None:
        """Ask again for each hash that nothing was heard of for too long, by the world's clock."""
        clock = self._world.clock
        while True:
            patience = self._faults.rehash_seconds or self._world.options.rehash_seconds
            kind = min((kind for kind, _ in upload.session.missing_hashes), key=upload.heard_at.__getitem__)
            left = upload.heard_at[kind] + patience - clock()
            if left <= 0:
                self._step(upload, machine.HashSilent(kind))
            else:
                await clock.sleep(left)

    def _stop_watching(self, upload: Upload) -> None:
        if upload.hash_watch is not None:
            upload.hash_watch.cancel()
            upload.hash_watch = None

    def _run(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task
