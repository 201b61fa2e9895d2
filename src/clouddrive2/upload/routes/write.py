"""The file is written into the server from here, piece by piece, and the server passes it on to its cloud (protocol.md §7).

It grows under a name of its own beside the final one, is closed when it is whole, and only then gets its name. What it
replaces steps aside for that, and goes when the new file has been verified.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from dataclasses import replace

from clouddrive2.api.files import AsyncFiles
from clouddrive2.api.transfers import AsyncTransfers
from clouddrive2.api.write_file import WriteFile
from clouddrive2.config import UploadConfig
from clouddrive2.errors import (
    Error,
    NotFound,
    OperationFailed,
    Refused,
    Unauthenticated,
    Unreachable,
    Unsupported,
    UploadFailed,
    UploadRejected,
)
from clouddrive2.models.uploads import RouteStep, Verify, Wait
from clouddrive2.upload.delivery import Delivered, Delivery
from clouddrive2.upload.drive import Drive
from clouddrive2.upload.placing import Left, Placing
from clouddrive2.upload.plan import Circumstances
from clouddrive2.upload.routes.base import Carriage, Carried, HandOver, Route
from clouddrive2.upload.routes.steering import Steering, in_the_server, tidy
from clouddrive2.upload.verify import verify_entry
from clouddrive2.upload.writing import PIECE_BYTES, Writing

__all__ = ["WriteRoute"]

logger = logging.getLogger(__name__)
# How often a file is begun anew after a handle was lost.
RESTARTS = 3
# After so many failed streams single calls are made. A server's refusal may be seen as a failure of the stream only.
BAD_STREAMS = 2
BACK_FIRST, BACK_LONGEST = 0.2, 5.0


class WriteRoute(Route):
    """Writes through the server's file API.

    Args:
        drive: The drive by the same calls.
        files: Renames and deletes.
        file: The calls that write.
        transfers: The server's upload list.
        config: Patience.
    """

    name = "write"

    def __init__(self, drive: Drive, files: AsyncFiles, file: WriteFile, transfers: AsyncTransfers, config: UploadConfig) -> None:
        self.drive = drive
        self._files = files
        self._file = file
        self._transfers = transfers
        self._config = config
        self._refused = False
        # Streams that failed since the last good one.
        self._bad_streams = 0
        # Complete files of an earlier run, by their final path: they go on where they are.
        self._found: dict[str, Left] = {}

    def can_carry(self, circumstances: Circumstances) -> RouteStep:
        if circumstances.transport is None:
            return RouteStep(self.name, False, "no call gets through to the server")
        if self._refused:
            return RouteStep(self.name, False, "this server has no calls to write files")
        how = "in one stream" if self._bad_streams < BAD_STREAMS and circumstances.transport == "grpc" else "one call per piece"
        return RouteStep(self.name, True, f"the file is written into the server, {how}, which then passes it on to its cloud")

    async def carry(self, carriage: Carriage) -> Carried:
        steering = Steering(carriage)
        carriage.controls = steering
        found = self._found.pop(carriage.path, None)
        work = self._bring(carriage, steering) if found is None else self._go_on(carriage, found, steering)
        try:
            return await steering.run(work)
        finally:
            carriage.controls = None

    async def keep(self, left: str) -> bool:
        found = Left.parse(left)
        if found is None or not await Placing(self._files, self._config, found).is_whole():
            return False
        self._found[found.path] = found
        return True

    async def clean(self, left: str) -> None:
        found = Left.parse(left)
        if found is None:
            return
        self._found.pop(found.path, None)
        if found.closed:
            await Placing(self._files, self._config, found).undo()
        else:
            await self._give_up(0, found.partial)

    # Into the server

    async def _bring(self, carriage: Carriage, steering: Steering) -> Carried:
        streaming = self._file.can_stream and self._bad_streams < BAD_STREAMS and carriage.source.size > PIECE_BYTES
        losses = 0
        while True:
            left = Left.of(carriage.path, secrets.token_hex(4), carriage.source.size, carriage.replaces)
            delivery = self._delivery(left)
            await delivery.remember()
            await carriage.leaves(left.text)
            try:
                await self._write(carriage, left.partial, steering, streaming=streaming)
                break
            except _Lost as lost:
                losses += 1
                if losses > RESTARTS:
                    raise UploadFailed(
                        f"{carriage.path}: the server lost the file {losses} times while it was written ({lost.error})",
                        path=carriage.path,
                    ) from lost
                await self._until_back(lost.error)
                await tidy(carriage, self._config, self._give_up(lost.handle, left.partial), lost)
                reason = lost.error
            except _NoStream as stop:
                streaming, reason = False, stop.error
            logger.warning("%s: beginning anew: %s", carriage.path, reason, extra={"action": "write_restarted"})
            carriage.progress.start_over()
        left = replace(left, closed=True)
        await carriage.leaves(left.text)
        return await self._deliver(carriage, left, delivery, steering)

    async def _write(self, carriage: Carriage, partial: str, steering: Steering, *, streaming: bool) -> None:
        """A new file, complete and closed; nothing of it when this raises, as far as the server can be told.

        Raises:
            _Lost: The handle, or what it holds, is lost with an answer: begin anew (protocol.md §7.1, §20.27).
            _NoStream: The server takes no streams.
            HandOver: It has no file API.
            UploadRejected: The cloud has no room for it.
        """
        handle = 0
        try:
            try:
                handle = await self._file.create(partial, meant=carriage.path)
            except Unsupported as error:
                self._refused = True
                raise HandOver(error) from error
            except Unreachable as error:
                raise _Lost(0, error) from error
            writing = Writing(self._file, carriage.source, carriage.path, carriage.progress, steering.going)
            await writing.run(handle, streaming=streaming)
            self._bad_streams = 0 if streaming else self._bad_streams
            await asyncio.to_thread(carriage.source.check)
            await self._close(handle, carriage.path)
        except _Lost:
            raise
        except (Unreachable, NotFound) as error:
            if not handle:
                raise
            raise _Lost(handle, error) from error
        except (Refused, HandOver) as error:
            if not handle:
                # Nothing was made.
                await carriage.leaves("")
            else:
                await tidy(carriage, self._config, self._give_up(handle, partial), error)
            if isinstance(error, OperationFailed):
                await self._check_room(error, carriage)
            if not handle:
                raise
            if streaming and isinstance(error, Unsupported | Unauthenticated | OperationFailed):
                # A stream cannot be repeated by the caller below, and some servers do not take one at all.
                self._bad_streams += BAD_STREAMS if isinstance(error, Unsupported) else 1
                raise _NoStream(error) from error
            raise
        except BaseException as error:
            await tidy(carriage, self._config, self._give_up(handle, partial), error)
            raise

    async def _close(self, handle: int, path: str) -> None:
        try:
            await self._file.close(handle, path=path, upload_immediately=True)
        except Unreachable as error:
            await self._until_back(error)
            try:
                await self._file.close(handle, path=path, upload_immediately=True)
            except Refused as refusal:
                # Every byte was acknowledged: the first call closed it (protocol.md §7.1), or there is nothing to name later.
                logger.info("closing twice: %s", refusal, extra={"action": "closed_twice"})

    async def _give_up(self, handle: int, partial: str) -> None:
        """Close a file that is not complete, and delete it; it has only its own name yet."""
        handle = handle or await self._file.handle_of(partial)
        if handle:
            try:
                await self._file.close(handle, path=partial, upload_immediately=False)
            except Refused as error:
                logger.info("giving up a file: %s", error, extra={"action": "close_failed"})
        await self._files.delete(partial, missing_ok=True)

    async def _check_room(self, error: Error, carriage: Carriage) -> None:
        """Ask after a failure whether the cloud has room for the file, now that nothing of this try is left.

        Raises:
            UploadRejected: It has not: the next try would fail as well.
        """
        path, size = carriage.path, carriage.source.size
        try:
            space = await self._files.space(path)
        except Error as unknown:
            logger.info("%s: whether the cloud is full is not known: %s", path, unknown, extra={"action": "room_unknown"})
            return
        # A cloud that does not tell says that it is of no size.
        if space.total and space.free < size:
            room = f"it takes {size:,} bytes, {space.free:,} are free"
            raise UploadRejected(f"{path}: the cloud has no room for it, {room} ({error}); make some", path=path) from error

    async def _until_back(self, error: Error) -> None:
        """Wait for a server that is away.

        Raises:
            Unreachable: It stays away.
        """
        if not isinstance(error, Unreachable):
            return
        give_up_at, pause = time.monotonic() + self._config.offline_seconds, BACK_FIRST
        while True:
            try:
                await self.drive.stat("/", False)
                return
            except Refused:
                return
            except Unreachable:
                if time.monotonic() >= give_up_at:
                    raise error from None
            await asyncio.sleep(pause)
            pause = min(BACK_LONGEST, pause * 2)

    # From the server into its cloud

    async def _go_on(self, carriage: Carriage, left: Left, steering: Steering) -> Carried:
        """With a file that an earlier run brought into the server."""
        logger.info("%s is in the server already", carriage.path, extra={"action": "upload_resumed"})
        carriage.progress.confirm(0, carriage.source.size)
        await carriage.leaves(left.text)
        return await self._deliver(carriage, left, self._delivery(left), steering, again=True)

    async def _deliver(
        self, carriage: Carriage, left: Left, delivery: Delivery, steering: Steering, *, again: bool = False
    ) -> Carried:
        placing = Placing(self._files, self._config, left)
        try:
            async with in_the_server(carriage, self._config, steering, placing.undo):
                delivered = await self._placed(carriage, left, placing, delivery, steering, again=again)
                if left.aside and not delivered.queued:
                    await self._check(carriage)
                await placing.settle()
        except UploadFailed as error:
            await self._check_room(error, carriage)
            raise
        await carriage.leaves("")
        return Carried(False, skipped=delivered.skipped, message=delivered.message, queued=delivered.queued)

    async def _placed(
        self, carriage: Carriage, left: Left, placing: Placing, delivery: Delivery, steering: Steering, *, again: bool
    ) -> Delivered:
        """Named and followed; in the other order where a server renames nothing that is still on its way."""
        try:
            await placing.place(delivery.check, again=again)
        except OperationFailed as error:
            logger.info("no new name before it has arrived: %s", error, extra={"action": "rename_refused"})
            await placing.step_back()
            under_its_own = Delivery(self._transfers, self.drive.stat, self._config, left.partial)
            delivered = await steering.follow(under_its_own, Wait.CLOUD)
            await placing.place(under_its_own.check, again=True)
            return delivered
        return await steering.follow(delivery)

    async def _check(self, carriage: Carriage) -> None:
        """What is replaced goes for good: the new file has to be good before."""
        await verify_entry(
            carriage.path,
            carriage.source.size,
            Verify.AUTO,
            carriage.hasher,
            self.drive.stat,
            seconds=self._config.verify_seconds,
            before=carriage.replaces,
        )

    def _delivery(self, left: Left) -> Delivery:
        return Delivery(self._transfers, self.drive.stat, self._config, left.path, partial=left.partial)


class _Lost(Exception):
    """A handle, or what it holds, is lost."""

    def __init__(self, handle: int, error: Error) -> None:
        super().__init__(str(error))
        self.handle = handle
        self.error = error


class _NoStream(Exception):
    """The pieces have to go one by one."""

    def __init__(self, error: Error) -> None:
        super().__init__(str(error))
        self.error = error
