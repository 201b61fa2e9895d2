"""The file is sent to the server's WebDAV in one HTTP PUT (protocol.md §15), for ways that carry nothing but plain HTTP.

It grows under a name of its own beside the final one, and gets that with a MOVE once the server has all of it. What was
begun and is not complete cannot be gone on with: another PUT begins anew.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from clouddrive2.api.transfers import AsyncTransfers
from clouddrive2.config import UploadConfig
from clouddrive2.errors import (
    AlreadyExists,
    NotFound,
    OperationFailed,
    OutcomeUnknown,
    PermissionDenied,
    Refused,
    Unreachable,
    Unsupported,
    UploadFailed,
)
from clouddrive2.models.uploads import Phase, RouteStep, Verify, Wait
from clouddrive2.transport.limits import RateLimit
from clouddrive2.transport.webdav import WebDav
from clouddrive2.upload.dav_drive import DavDrive
from clouddrive2.upload.delivery import Delivered, Delivery
from clouddrive2.upload.drive import Drive
from clouddrive2.upload.plan import Circumstances, partial_name
from clouddrive2.upload.progress import ProgressTracker
from clouddrive2.upload.routes.base import Carriage, Carried, HandOver, Route
from clouddrive2.upload.routes.steering import Steering, tidy
from clouddrive2.upload.source import LocalFile
from clouddrive2.upload.verify import verify_entry
from clouddrive2.upload.writing import ReadAhead

__all__ = ["WebDavRoute"]

logger = logging.getLogger(__name__)
# How often a file is sent anew after its connection broke.
RESTARTS = 3
# A server that has just taken a file may not find it for a while (protocol.md §3.4).
PAUSES = (0.05, 0.2, 0.5, 1.0, 2.0, 5.0)
UNSEEN = (
    "no call gets through, so it went by WebDAV: the server has all of it, but whether its cloud has it cannot be seen that way"
)


class WebDavRoute(Route):
    """Puts over HTTP. Where calls get through too, they follow the file into its cloud and verify it by its hash.

    Args:
        by_calls: The drive by calls.
        dav: The requests.
        transfers: The server's upload list.
        limit: Asked before bytes are sent.
        config: Patience.
    """

    name = "webdav"

    def __init__(self, by_calls: Drive, dav: WebDav, transfers: AsyncTransfers, limit: RateLimit, config: UploadConfig) -> None:
        self.drive = by_calls
        self._by_calls = by_calls
        self._by_dav = DavDrive(dav)
        self._dav = dav
        self._transfers = transfers
        self._limit = limit
        self._config = config

    def can_carry(self, circumstances: Circumstances) -> RouteStep:
        calls = circumstances.transport is not None
        self.drive = self._by_calls if calls else self._by_dav
        if self._dav.user is None:
            advice = "sign in with the account's, or set dav_username and dav_password"
            return RouteStep(self.name, False, f"WebDAV needs a name and a password: {advice}")
        if self._by_dav.refusal is not None:
            return RouteStep(self.name, False, str(self._by_dav.refusal).removeprefix(f"{self._by_dav.refusal.rpc}: "))
        if not self._dav.covers(circumstances.path):
            return RouteStep(self.name, False, f"WebDAV shows only {self._dav.root} here (dav_root)")
        why = "" if calls else "no call gets through, but plain HTTP may: "
        return RouteStep(self.name, True, f"{why}the file is sent to the server's WebDAV as {self._dav.user}, in one HTTP PUT")

    async def carry(self, carriage: Carriage) -> Carried:
        steering = Steering(carriage)
        carriage.controls = steering
        try:
            return await steering.run(self._bring(carriage, steering))
        finally:
            carriage.controls = None

    async def clean(self, left: str) -> None:
        try:
            await self._dav.delete(left)
        except NotFound:
            logger.info("%s is gone already", left, extra={"action": "leftover_gone"})

    async def _bring(self, carriage: Carriage, steering: Steering) -> Carried:
        partial = partial_name(carriage.path, secrets.token_hex(4))
        drive = self.drive
        try:
            await self._by_dav.check()
        except (Unsupported, PermissionDenied) as error:
            raise HandOver(error) from error
        delivery: Delivery | None = None
        if drive is self._by_calls:
            delivery = Delivery(self._transfers, drive.stat, self._config, carriage.path, partial=partial)
            await delivery.remember()
        await carriage.leaves(partial)
        try:
            await self._put(carriage, partial, steering)
            await asyncio.to_thread(carriage.source.check)
            waits = delivery is not None and carriage.wait is Wait.CLOUD
            delivered: Delivered | None = None
            if waits and carriage.replaces is not None:
                delivered = await self._arrived(carriage, partial, drive, steering)
            if not await self._named(carriage, partial, delivery, can_wait=waits and delivered is None):
                delivered = await self._arrived(carriage, partial, drive, steering)
                await self._named(carriage, partial, delivery, can_wait=False)
        except OutcomeUnknown:
            # It lies in the server, and may be on its way from there; a later run looks what became of it.
            raise
        except BaseException as error:
            await tidy(carriage, self._config, self.clean(partial), error)
            raise
        await carriage.leaves("")
        if delivered is None and delivery is not None:
            delivered = await self._delivered(carriage, delivery, drive, steering)
        if delivered is not None:
            return Carried(False, skipped=delivered.skipped, message=delivered.message, queued=delivered.queued)
        return Carried(False, queued=carriage.wait is not Wait.CLOUD, unseen=UNSEEN)

    # Into the server

    async def _put(self, carriage: Carriage, partial: str, steering: Steering) -> None:
        """All of the file, under its own name; as often as the connection breaks, within reason."""
        source, progress = carriage.source, carriage.progress
        losses = 0
        while True:
            try:
                async with aclosing(self._pieces(source, progress, partial, steering)) as pieces:
                    await self._dav.put(partial, pieces, source.size, meant=carriage.path)
                progress.confirm(progress.sent, source.size)
                return
            except Unreachable as error:
                losses += 1
                if losses > RESTARTS:
                    raise UploadFailed(
                        f"{carriage.path}: the connection broke {losses} times while the file was sent ({error}); a proxy in "
                        "front of the server may have too little patience or room for it",
                        path=carriage.path,
                    ) from error
                await self._until_back(error)
                logger.warning("%s: beginning anew: %s", carriage.path, error, extra={"action": "put_restarted"})
                progress.start_over()

    async def _pieces(
        self, source: LocalFile, progress: ProgressTracker, partial: str, steering: Steering
    ) -> AsyncGenerator[bytes, None]:
        """The file in order; a piece counts as confirmed when the next one is asked for: then the socket has taken it."""
        ahead = ReadAhead(source)
        at = 0
        try:
            while at < source.size:
                await steering.going.wait()
                progress.set_phase(Phase.TRANSFERRING)
                _, data = await ahead.next()
                await self._limit.take(len(data), partial)
                yield data
                progress.confirm(at, at + len(data))
                at += len(data)
        finally:
            ahead.close()

    async def _until_back(self, error: Unreachable) -> None:
        """Wait for a server that is away.

        Raises:
            Unreachable: It stays away.
        """
        give_up_at, pause = time.monotonic() + self._config.offline_seconds, self._config.reconnect_first
        while True:
            try:
                await self._by_dav.look()
                return
            except Refused:
                # An answer, if not a good one: the next request tells.
                return
            except Unreachable:
                if time.monotonic() >= give_up_at:
                    raise error from None
            await asyncio.sleep(pause)
            pause = min(self._config.reconnect_longest, pause * 2)

    # Under its name, and into its cloud

    async def _named(self, carriage: Carriage, partial: str, delivery: Delivery | None, *, can_wait: bool) -> bool:
        """Give the file its name.

        Args:
            carriage, partial: The file, and where it is.
            delivery: Knows why it may be gone.
            can_wait: ``False`` may be returned when the server does not rename what is still on its way.

        Raises:
            AlreadyExists: The name was taken meanwhile.
            UploadFailed: The server does not find the file any more.
            OutcomeUnknown: The server is away for too long.
        """
        path, began, attempt, unsure = carriage.path, time.monotonic(), 0, False
        while True:
            try:
                await self._dav.move(partial, path, replace=carriage.replaces is not None)
                return True
            except Unreachable as error:
                unsure = True
                if time.monotonic() - began >= self._config.offline_seconds:
                    raise OutcomeUnknown(
                        f"{path}: the server has the whole file, but cannot be asked to name it ({error}); "
                        "run the same upload again",
                        path=path,
                    ) from error
            except AlreadyExists:
                if unsure and not await self._is_there(partial):
                    return True
                raise
            except NotFound as error:
                if unsure and await self._is_there(path):
                    return True
                if delivery is not None:
                    await delivery.check()
                if time.monotonic() - began >= self._config.verify_seconds:
                    raise UploadFailed(
                        f"{path}: the server took the whole file, but has lost it since; see its upload list and log", path=path
                    ) from error
            except OperationFailed as error:
                if not can_wait:
                    raise
                logger.info("no new name before it has arrived: %s", error, extra={"action": "rename_refused"})
                return False
            await asyncio.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
            attempt += 1

    async def _arrived(self, carriage: Carriage, partial: str, drive: Drive, steering: Steering) -> Delivered:
        """In its cloud under its own name, and found to be good there: only then may it take the place of another."""
        own = Delivery(self._transfers, drive.stat, self._config, partial)
        size = carriage.source.size
        delivered = await steering.follow(own, Wait.CLOUD)
        await verify_entry(
            partial, size, Verify.AUTO, carriage.hasher, drive.stat, seconds=self._config.verify_seconds, before=None
        )
        return delivered

    async def _delivered(self, carriage: Carriage, delivery: Delivery, drive: Drive, steering: Steering) -> Delivered:
        try:
            return await steering.follow(delivery)
        except OutcomeUnknown:
            raise
        except asyncio.CancelledError as error:
            # Stopped, it goes on in the server.
            if steering.cancelled:
                await tidy(carriage, self._config, self._take_back(carriage.path, drive), error)
            raise
        except BaseException as error:
            await tidy(carriage, self._config, self._take_back(carriage.path, drive), error)
            raise

    async def _take_back(self, path: str, drive: Drive) -> None:
        """Remove what is shown under the name and does not come."""
        try:
            if (await drive.stat(path, False)).pending:
                await self._dav.delete(path)
        except NotFound:
            logger.info("%s is gone already", path, extra={"action": "leftover_gone"})

    async def _is_there(self, path: str) -> bool:
        try:
            await self._dav.stat(path)
        except NotFound:
            return False
        return True
