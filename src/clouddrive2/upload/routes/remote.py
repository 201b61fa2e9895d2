"""The server pulls the file (protocol.md §8), over whatever carries the calls it is made with."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict

from clouddrive2.api.remote_upload import RemoteUpload
from clouddrive2.api.transfers import AsyncTransfers
from clouddrive2.config import UploadConfig
from clouddrive2.errors import (
    AlreadyExists,
    ChannelLost,
    Error,
    MessageTooLarge,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    Throttled,
    Unauthenticated,
    Unreachable,
    Unsupported,
    UploadCancelled,
    UploadFailed,
    UploadRejected,
)
from clouddrive2.models import paths
from clouddrive2.models.transfers import Operator, Transfer, TransferStatus
from clouddrive2.models.uploads import RouteStep
from clouddrive2.transport.status import is_rate_limited
from clouddrive2.upload.channel import ServerChannel
from clouddrive2.upload.drive import Drive
from clouddrive2.upload.hashing import HashKind
from clouddrive2.upload.pieces import PieceSize
from clouddrive2.upload.plan import Circumstances
from clouddrive2.upload.routes.base import Carriage, Carried, Controls, HandOver, Route
from clouddrive2.upload.session import Ended, Forgotten, RemoteSession

__all__ = ["ENGINES", "RemoteRoute", "pulled"]

logger = logging.getLogger(__name__)
RESTARTS = 2
# Two transports, one engine: what was begun over one goes on over the other.
ENGINES = ("remote", "grpc-web")
# Patience with a server that may not know where to ask for an upload begun by another process.
ADOPT_SECONDS = 5.0


class RemoteRoute(Route):
    """Announces a file and answers the server's questions about it.

    Attributes:
        refusal: Why this server takes no such uploads; empty until it has said so.

    Args:
        drive: The drive by the same calls.
        remote: The calls.
        transfers: The server's upload list.
        channel: The one channel of all uploads that go by these calls.
        slots: Bounds the pieces on their way over all uploads of the client.
        config: Sizes and patience.
    """

    name = "remote"
    can_be_instant = True

    def __init__(
        self,
        drive: Drive,
        remote: RemoteUpload,
        transfers: AsyncTransfers,
        channel: ServerChannel,
        slots: asyncio.Semaphore,
        config: UploadConfig,
    ) -> None:
        self.drive = drive
        self._remote = remote
        self._transfers = transfers
        self._channel = channel
        self._slots = slots
        self._config = config
        self._pieces = PieceSize(config.piece_bytes)
        self.refusal = ""
        self._lost = ""
        # Hash types that uploads into a cloud folder were asked for.
        self._asked: defaultdict[str, set[int]] = defaultdict(set)

    def can_carry(self, circumstances: Circumstances) -> RouteStep:
        if circumstances.transport == "grpc-web":
            return RouteStep(self.name, False, "this connection carries gRPC-Web only")
        reason = self.obstacle(circumstances)
        return RouteStep(self.name, not reason, reason or pulled(circumstances, "gRPC"))

    def can_take_up(self, route: str) -> bool:
        return route in ENGINES

    def obstacle(self, circumstances: Circumstances) -> str:
        """Why no file can be carried, whatever carries the calls; empty when nothing speaks against it."""
        return self.refusal or self._lost or ("" if circumstances.transport else "no call gets through to the server")

    async def carry(self, carriage: Carriage) -> Carried:
        try:
            async with self._channel.held():
                for attempt in range(RESTARTS + 1):
                    upload_id = await self._begin(carriage)
                    try:
                        return await self._serve(upload_id, carriage)
                    except Forgotten:
                        carriage.resume_id = None
                        if await self._has_arrived(carriage):
                            # It ended while nobody listened, and the server keeps no memory of ends.
                            carriage.progress.complete()
                            return Carried(instant=False)
                        logger.warning("the server forgot the upload of %s", carriage.path, extra={"action": "upload_forgotten"})
                        if attempt == RESTARTS:
                            break
        except Unsupported as error:
            self.refusal = "this server does not offer remote uploads; they need version 0.9.9 or newer"
            raise HandOver(error) from error
        except ChannelLost as error:
            if not self._channel.has_spoken:
                self._lost = error.message
            raise HandOver(error) from error
        except MessageTooLarge as error:
            raise HandOver(error) from error
        except Unreachable as error:
            stood = carriage.progress.snapshot()
            raise OutcomeUnknown(
                f"{carriage.path}: the server went away while {stood.phase} ({stood.confirmed} of {stood.total} bytes confirmed) "
                f"and did not come back in time ({error}); run the same upload again to take it up",
                path=carriage.path,
            ) from error
        raise UploadFailed(
            f"{carriage.path}: the server forgot the upload {RESTARTS + 1} times; look at its log, then try again",
            path=carriage.path,
        )

    async def clean(self, left: str) -> None:
        """An upload id of an earlier run: the server need not wait for a source that is not the same any more."""
        await self._cancel_quietly(left)

    async def _begin(self, carriage: Carriage) -> str:
        """The id to serve: of an upload the server still knows, or of a new one."""
        if carriage.resume_id is not None and not await self._goes_on(carriage.resume_id, carriage.path):
            carriage.resume_id = None
        if carriage.resume_id is None and carriage.resume_device is not None:
            # The earlier process was killed between announcing it, perhaps anew, and hearing the id: the server waits.
            carriage.resume_id = await self._started_unheard(carriage)
            if carriage.resume_id is not None:
                await carriage.started(carriage.resume_id, self._channel.device_id)
        if carriage.resume_id is not None:
            extra = {"action": "upload_resumed", "upload_id": carriage.resume_id}
            logger.info("taking up %s", carriage.path, extra=extra)
            return carriage.resume_id
        size = carriage.source.size
        try:
            upload_id = await self._remote.start(carriage.path, size, self._ahead(carriage))
        except Unreachable:
            # The reply was lost, or the call: a row with our destination tells (protocol.md §8.11).
            adopted = await self._started_unheard(carriage)
            upload_id = adopted or await self._remote.start(carriage.path, size, self._ahead(carriage))
        except AlreadyExists as error:
            raise AlreadyExists(
                f"{carriage.path}: the server does not replace the existing entry; delete or rename it first",
                path=carriage.path,
                rpc="StartRemoteUpload",
            ) from error
        await carriage.started(upload_id, self._channel.device_id)
        return upload_id

    def _ahead(self, carriage: Carriage) -> dict[int, str]:
        """Hashes to send with the announcement.

        Where the bytes are in memory anyway these are also the ones that this cloud has always asked for: then it need not ask.
        """
        ahead = dict(carriage.known_hashes)
        if carriage.source.content is not None:
            for kind in self._asked[paths.cloud_of(carriage.path)] - ahead.keys():
                if (value := carriage.hasher.known(HashKind(kind))) is not None:
                    ahead[kind] = value.value
        return ahead

    async def _has_arrived(self, carriage: Carriage) -> bool:
        """Whether the entry in the drive is this file, as far as a look can tell; the job's verification decides."""
        try:
            entry = await self.drive.stat(carriage.path, True)
        except NotFound:
            return False
        if entry.pending or not entry.is_file or entry.size != carriage.source.size:
            return False
        known = entry.hashes.by_type()
        if not known:
            # Nothing to compare: then it must be new, and the server must have had all of the file.
            return entry != carriage.replaces and carriage.progress.confirmed == carriage.source.size
        kind, text = next(iter(known.items()))
        return (await carriage.hasher.compute(HashKind(kind))).value.lower() == text.lower()

    async def _serve(self, upload_id: str, carriage: Carriage) -> Carried:
        session = RemoteSession(
            upload_id,
            carriage.source,
            carriage.hasher,
            self._remote,
            self._slots,
            carriage.progress,
            self._config,
            lambda key: self._row(key, carriage.path),
            pieces=self._pieces,
            channel=self._channel,
            instant_only=carriage.instant_only,
        )
        carriage.controls = _SessionControls(session)
        self._channel.register(upload_id, session)
        try:
            if upload_id == carriage.resume_id:
                await session.resume_if_paused()
                if carriage.resume_device != self._channel.device_id and not await session.heard(ADOPT_SECONDS):
                    # The server asks on the stream of a process that is gone (protocol.md §20.2).
                    await self._cancel_quietly(upload_id)
                    raise Forgotten(upload_id)
            return self._carried(await session.ended(), session, carriage)
        except ChannelLost:
            # Another route may take over: then this one must not go on behind its back.
            await self._cancel_quietly(upload_id)
            raise
        except (Unreachable, Unauthenticated):
            # Left as it is: the same upload, started again, takes it up.
            raise
        except Error:
            await self._cancel_quietly(upload_id)
            raise
        finally:
            carriage.controls = None
            self._asked[paths.cloud_of(carriage.path)] |= session.asked_hashes
            self._channel.unregister(upload_id, over=session.status.is_terminal)
            await session.close()

    def _carried(self, ended: Ended, session: RemoteSession, carriage: Carriage) -> Carried:
        path, text = carriage.path, ended.message
        because = f": {text}" if text else ""
        match ended.status:
            case TransferStatus.FINISHED:
                if session.data_sent:
                    carriage.progress.complete()
                return Carried(instant=not session.data_sent and carriage.source.size > 0)
            case TransferStatus.SKIPPED:
                return Carried(instant=True, skipped=True, message=text)
            case TransferStatus.CANCELLED:
                raise UploadCancelled(f"{path}: the upload was cancelled at the server{because}", path=path)
            case TransferStatus.IGNORED:
                raise UploadRejected(
                    f"{path}: the server ignores files of this kind{because}; see its list of ignored extensions", path=path
                )
            case TransferStatus.FATAL_ERROR if not is_rate_limited(text):
                raise UploadRejected(f"{path}: the server ended the upload{because or ' without a reason'}", path=path)
            case _ if is_rate_limited(text):
                raise Throttled(f"{path}: the cloud asks to slow down{because}", path=path)
            case _:
                raise UploadFailed(f"{path}: the server ended the upload{because or ' without a reason'}", path=path)

    async def _goes_on(self, key: str, path: str) -> bool:
        """Whether the server knows an upload that has not failed."""
        row = await self._row(key, path)
        return row is not None and (not row.status.is_terminal or row.status is TransferStatus.FINISHED)

    async def _row(self, key: str, path: str) -> Transfer | None:
        try:
            async for row in self._transfers.uploads(containing=paths.name_of(path)):
                if row.key == key:
                    return row
        except (PermissionDenied, Unsupported):
            # Not every token may see the list: then nothing speaks against the upload being known.
            return Transfer(key, path, 0, 0, TransferStatus.WAITING, "", Operator.REMOTE_UPLOAD)
        return None

    async def _started_unheard(self, carriage: Carriage) -> str | None:
        for pause in (0.2, 1.0, 3.0):
            try:
                async for row in self._transfers.uploads(containing=paths.name_of(carriage.path)):
                    same = row.path == carriage.path and row.size == carriage.source.size
                    if same and row.operator is Operator.REMOTE_UPLOAD and not row.status.is_terminal:
                        return row.key
                return None
            except PermissionDenied:
                return None
            except Unreachable:
                await asyncio.sleep(pause)
        return None

    async def _cancel_quietly(self, upload_id: str) -> None:
        """The upload failed here: the server need not wait for us, and nothing is left under the name."""
        try:
            async with asyncio.timeout(self._config.cancel_seconds):
                await self._remote.control(upload_id, "cancel")
        except (Error, TimeoutError) as error:
            # Why the upload failed is what its caller must hear.
            logger.info("cancelling after a failure: %s", error, extra={"action": "cancel_failed"})


def pulled(circumstances: Circumstances, over: str) -> str:
    """Who pulls the file. A server that looks too old is asked all the same: its answer counts."""
    capabilities = circumstances.capabilities
    if capabilities is None or capabilities.runtime is None:
        return f"the server pulls the file over {over}"
    server = f"the server (version {capabilities.runtime.version})"
    if capabilities.predates_remote_uploads:
        return f"{server} may not offer it, remote uploads need 0.9.9; it is tried all the same, over {over}"
    return f"{server} pulls the file over {over}"


class _SessionControls(Controls):
    def __init__(self, session: RemoteSession) -> None:
        self._session = session

    async def pause(self) -> None:
        await self._session.pause()

    async def resume(self) -> None:
        await self._session.resume()

    async def cancel(self) -> None:
        await self._session.cancel()
