"""One try of an upload: where to, what stands there, by which route, and did it arrive."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, replace
from functools import partial

from clouddrive2.errors import (
    AlreadyExists,
    ConfigError,
    Error,
    HashMismatch,
    NotFound,
    NotVerified,
    OutcomeUnknown,
    Unauthenticated,
    Unreachable,
    Unsupported,
    UploadCancelled,
    UploadFailed,
    UploadRejected,
)
from clouddrive2.models import paths
from clouddrive2.models.files import Entry
from clouddrive2.models.uploads import IfExists, Outcome, Phase, Uploaded, Verify, Wait
from clouddrive2.upload.drive import Drive
from clouddrive2.upload.hash_cache import HashCache
from clouddrive2.upload.hashing import FileHasher, HashKind, HashPool
from clouddrive2.upload.journal import Journal, JournalRow
from clouddrive2.upload.pace import Pacer
from clouddrive2.upload.places import Places
from clouddrive2.upload.plan import destination, numbered_name
from clouddrive2.upload.planner import Planner
from clouddrive2.upload.progress import ProgressTracker
from clouddrive2.upload.routes.base import Carriage, Carried, Controls, HandOver, Route
from clouddrive2.upload.source import LocalFile
from clouddrive2.upload.verify import verify_entry

__all__ = ["Attempt", "JobParts", "UploadRequest"]

logger = logging.getLogger(__name__)
ALL_TYPES = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """What is asked for; see ``AsyncUploads.start``."""

    source: str
    to: str
    if_exists: IfExists
    verify: Verify
    known_hashes: bool | dict[int, str]
    routes: tuple[str, ...] = ()
    wait: Wait = Wait.CLOUD
    instant_only: bool = False
    move: bool = False
    exact_path: bool = False


@dataclass(frozen=True, slots=True)
class JobParts:
    """What a job works with, shared by all jobs of a client.

    Attributes:
        server: Key of the server in the journal.
        device_id: Ours on the channel.
        planner: Chooses routes.
        pacer: Says when to run, and when to run again.
        journal: Remembers.
        hashing: Threads.
        hash_cache: What earlier runs hashed.
        places: Which places are being filled.
        verify_seconds: Patience with a lagging index.
    """

    server: str
    device_id: str
    planner: Planner
    pacer: Pacer
    journal: Journal
    hashing: HashPool
    hash_cache: HashCache
    places: Places
    verify_seconds: float


class Attempt:
    """Tries of one upload; each call of :meth:`run` is one.

    Attributes:
        controls: Steer what is on its way; ``None`` while nothing is.
    """

    def __init__(
        self, request: UploadRequest, parts: JobParts, source: LocalFile, hasher: FileHasher, progress: ProgressTracker
    ) -> None:
        self._request = request
        self._parts = parts
        self._source = source
        self._hasher = hasher
        self._progress = progress
        self._carriage: Carriage | None = None
        self._handed_over = ""
        self._uncompared = False
        self._places: list[str] = []
        self._began = time.monotonic()

    @property
    def controls(self) -> Controls | None:
        return self._carriage.controls if self._carriage is not None else None

    async def run(self) -> Uploaded:
        """The upload, from looking to verifying.

        Raises:
            clouddrive2.Error: It did not succeed; nothing truncated is left under the name.
        """
        try:
            uploaded = await self._upload()
        finally:
            while self._places:
                self._parts.places.free(self._places.pop())
        return await self._moved(uploaded) if self._request.move else uploaded

    async def _upload(self) -> Uploaded:
        request, parts, identity = self._request, self._parts, self._source.identity
        self._progress.set_phase(Phase.PREPARING)
        drive = await parts.planner.drive(request.to, request.routes)
        wanted, existing = await self._destination(drive)
        row = await parts.journal.find(parts.server, identity.path, wanted)
        begun = row if row is not None and row.state == "begun" else None
        if wanted not in self._places and (begun is not None or request.if_exists is not IfExists.RENAME):
            raise _taken(wanted)
        resumable = begun if begun is not None and begun.is_of(identity) else None
        kept = resumable is not None and await self._keep(resumable)
        if row is not None and not kept and await self._clean(row, resumable=resumable is not None):
            # What stood in the way may be gone, and what had been put aside may be back.
            existing = await _look(drive, wanted)
        path = wanted
        if resumable is not None:
            path = resumable.path
            if path not in self._places and not self._takes(path):
                raise _taken(path)
            done = None if kept else await self._arrived_meanwhile(resumable, drive)
            if done is not None:
                return done
        elif wanted not in self._places:
            path = await self._free_name(drive, wanted)
        elif existing is not None:
            path, skipped = await self._decide(existing, row, drive)
            if skipped is not None:
                return skipped
        routes = await self._routes(path, resumable)
        await drive.ensure(paths.parent_of(path))
        if request.known_hashes is True:
            self._progress.set_phase(Phase.HASHING)
            await asyncio.gather(*(self._hasher.compute(HashKind(kind)) for kind in ALL_TYPES))
        ahead = dict(self._hasher.values) if request.known_hashes is True else dict(request.known_hashes or {})
        goes_on = resumable if resumable is not None and kept and routes[0].name == resumable.route else None
        leftover = goes_on.leftover if goes_on is not None else ""
        number = await parts.journal.begin(parts.server, identity, wanted, path, parts.device_id, routes[0].name, leftover)
        carriage = Carriage(
            self._source,
            path,
            self._hasher,
            ahead,
            self._progress,
            started=partial(parts.journal.started, number),
            leaves=partial(parts.journal.leaves, number),
            replaces=existing if existing is not None and existing.path == path else None,
            wait=request.wait,
            instant_only=request.instant_only,
        )
        if resumable is not None and routes[0].can_take_up(resumable.route):
            carriage.resume_id, carriage.resume_device = resumable.upload_id, resumable.device_id
            if resumable.upload_id is not None:
                await carriage.started(resumable.upload_id, parts.device_id)
        return await self._conveyed(routes, carriage, number)

    async def _routes(self, path: str, resumable: JournalRow | None) -> list[Route]:
        """The routes to try in order: what was begun one way goes on that way, if it still can."""
        request, planner = self._request, self._parts.planner
        routes = await planner.choose(path, self._source.size, request.routes, instant_only=request.instant_only)
        if resumable is not None:
            routes.sort(key=lambda route: (route.name != resumable.route, not route.can_take_up(resumable.route)))
            if not routes[0].can_take_up(resumable.route):
                await self._clean(resumable, resumable=False)
        return routes

    async def _conveyed(self, routes: list[Route], carriage: Carriage, number: int) -> Uploaded:
        """Carried, looked up, and written into the journal how it ended."""
        journal = self._parts.journal
        self._carriage = carriage
        try:
            route, carried = await self._carry(routes, carriage, number)
            await asyncio.to_thread(self._source.check)
            uploaded = await self._concluded(route, carried, carriage)
        except UploadCancelled:
            await journal.ended(number, "cancelled")
            raise
        except Error as error:
            # What may still be on its way stays open in the journal, so that it can be taken up.
            if not isinstance(error, Unreachable | OutcomeUnknown | Unauthenticated):
                await journal.ended(number, "failed", str(error))
            raise
        await journal.ended(number, "finished")
        return uploaded

    async def _carry(self, routes: list[Route], carriage: Carriage, number: int) -> tuple[Route, Carried]:
        """By the best route; when that one cannot go on, once by the next.

        A route that the server turns out not to offer has not been tried.
        """
        route, *others = routes
        tried = 0
        while True:
            try:
                return route, await self._carry_by(route, carriage)
            except HandOver as stop:
                tried += not isinstance(stop.error, Unsupported)
                if not others or tried > 1:
                    raise stop.error from stop
                following = others.pop(0)
                self._handed_over = f"{route.name} could not go on ({stop.error}), {following.name} took over"
            logger.warning("%s: %s", carriage.path, self._handed_over, extra={"action": "route_handed_over"})
            carriage.resume_id = carriage.resume_device = None
            await self._parts.journal.switched(number, following.name)
            route = following

    async def _carry_by(self, route: Route, carriage: Carriage) -> Carried:
        try:
            return await route.carry(carriage)
        except NotFound:
            # The folder was there a moment ago; somebody deleted it. Make it again, once.
            folder = paths.parent_of(carriage.path)
            route.drive.forget(folder)
            await route.drive.ensure(folder)
            return await route.carry(carriage)

    async def _keep(self, row: JournalRow) -> bool:
        """Whether what an earlier try left behind stays, because its route goes on with it."""
        route = self._parts.planner.named(row.route)
        return bool(row.leftover) and route is not None and await route.keep(row.leftover)

    async def _clean(self, row: JournalRow, *, resumable: bool) -> bool:
        """Remove what an earlier try left behind, killed on the way or unable to clean up; whether there was anything.

        An upload id is kept when it can go on.
        """
        route = self._parts.planner.named(row.route)
        if route is None:
            return False
        if row.leftover:
            await route.clean(row.leftover)
            await self._parts.journal.leaves(row.id, "")
        abandoned = row.upload_id is not None and row.state == "begun" and not resumable
        if abandoned and row.upload_id is not None:
            await route.clean(row.upload_id)
        return abandoned or bool(row.leftover)

    async def _destination(self, drive: Drive) -> tuple[str, Entry | None]:
        path, existing = await self._meant(drive)
        if paths.parent_of(path) == "/" and (await drive.stat("/", False)).is_server_root:
            text = f"{path}: files cannot be put into the root; name a cloud folder, such as /115/Inbox/"
            raise ConfigError(text, path=path)
        return path, existing

    async def _meant(self, drive: Drive) -> tuple[str, Entry | None]:
        """What ``to`` means, and what is there. The place is ours before the look: what is not there then, nobody adds."""
        to = self._request.to
        if self._request.exact_path:
            path = paths.normalise(to)
            self._takes(path)
            return path, await _look(drive, path)
        existing = None
        if not to.endswith("/"):
            self._takes(paths.normalise(to))
            existing = await _look(drive, to)
        path = destination(self._source.name, to, existing)
        if to.endswith("/") or path != paths.normalise(to):
            self._takes(path)
            existing = await _look(drive, path)
        return path, existing

    def _takes(self, path: str) -> bool:
        """Have a place until this try ends; ``False`` when another upload has it."""
        taken = self._parts.places.take(path)
        if taken:
            self._places.append(path)
        return taken

    async def _arrived_meanwhile(self, row: JournalRow, drive: Drive) -> Uploaded | None:
        """An upload begun by a process that was killed may have ended well without it."""
        entry = await _look(drive, row.path)
        if entry is None or entry.pending or not entry.is_file or entry.size != self._source.size or not entry.hashes:
            return None
        if not await self._same_content(entry):
            return None
        await self._parts.journal.ended(row.id, "finished")
        how = "the upload had been finished by an earlier run"
        return self._uploaded(row.path, row.route or "remote", Outcome.VERIFIED, "hash", instant=False, reason=how)

    async def _decide(self, existing: Entry, row: JournalRow | None, drive: Drive) -> tuple[str, Uploaded | None]:
        """What stands at the destination decides: the path to take, or the result without an upload."""
        path, choice = existing.path, self._request.if_exists
        if existing.is_folder:
            raise AlreadyExists(f"{path} is a folder; end the destination with '/' to upload into it", path=path)
        if choice is IfExists.OVERWRITE:
            return path, None
        if choice is IfExists.RENAME:
            return await self._free_name(drive, path), None
        if choice is IfExists.SKIP:
            return path, self._skipped(path, None, "something is there already")
        if choice is IfExists.AUTO and not existing.pending and existing.size == self._source.size:
            if existing.hashes and await self._same_content(existing):
                return path, self._skipped(path, "hash", "the same content is there already")
            if not existing.hashes and row is not None and row.state == "finished" and row.is_of(self._source.identity):
                return path, self._skipped(path, "size", "this very file was uploaded there before")
        difference = "is being uploaded by somebody else" if existing.pending else "exists already"
        if choice is IfExists.AUTO and not existing.pending:
            different = existing.size != self._source.size or existing.hashes
            difference += " with other content" if different else " and the cloud knows no hash to compare"
        raise AlreadyExists(f"{path} {difference}; choose to skip, overwrite or rename", path=path)

    async def _free_name(self, drive: Drive, path: str) -> str:
        number = 1
        while not self._takes(candidate := numbered_name(path, number)) or await _look(drive, candidate) is not None:
            number += 1
        return candidate

    async def _same_content(self, entry: Entry) -> bool:
        kind, text = next(iter(entry.hashes.by_type().items()))
        self._progress.set_phase(Phase.HASHING)
        return (await self._hasher.compute(HashKind(kind))).value.lower() == text.lower()

    async def _concluded(self, route: Route, carried: Carried, carriage: Carriage) -> Uploaded:
        """What became of the file: looked up in the drive, unless nobody wanted to wait for that."""
        path = carriage.path
        if carried.queued:
            reason = "the server has it, its cloud will have it later"
            return self._uploaded(path, route.name, Outcome.ARRIVED, None, instant=False, reason=reason)
        self._progress.set_phase(Phase.VERIFYING)
        try:
            found = await verify_entry(
                path,
                self._source.size,
                self._request.verify,
                self._hasher,
                route.drive.stat,
                seconds=self._parts.verify_seconds,
                before=carriage.replaces,
            )
        except (NotVerified, HashMismatch) as error:
            if carried.skipped:
                message = (
                    f"{path}: the server skipped the upload{f' ({carried.message})' if carried.message else ''}, and {error}"
                )
                raise UploadFailed(message, path=path) from error
            raise
        self._uncompared = found.uncompared
        outcome = Outcome.VERIFIED if found.by and not carried.unseen else Outcome.ARRIVED
        reason = "; ".join(filter(None, (self._handed_over, carried.unseen)))
        return self._uploaded(path, route.name, outcome, found.by, instant=carried.instant, reason=reason)

    async def _moved(self, uploaded: Uploaded) -> Uploaded:
        """The source goes once the drive's entry is verified, by its hash where it shows one, and stays on anything less."""
        if uploaded.outcome is Outcome.ARRIVED or uploaded.verified is None or (uploaded.skipped and uploaded.verified != "hash"):
            return uploaded
        if self._uncompared:
            stays = "the source stays: the cloud shows a hash that was not compared"
            logger.warning("%s: %s", uploaded.source, stays, extra={"action": "source_kept"})
            return replace(uploaded, reason="; ".join(filter(None, (uploaded.reason, stays))))
        await asyncio.to_thread(self._source.remove)
        return replace(uploaded, source_deleted=True)

    def _skipped(self, path: str, by: str | None, reason: str) -> Uploaded:
        return self._uploaded(path, "", Outcome.SKIPPED, by, instant=False, reason=reason)

    def _uploaded(
        self,
        path: str,
        route: str,
        outcome: Outcome,
        by: str | None,
        *,
        instant: bool,
        reason: str = "",
    ) -> Uploaded:
        seconds = time.monotonic() - self._began
        return Uploaded(str(self._source.path), path, self._source.size, route, outcome, by, instant, seconds, reason)


async def _look(drive: Drive, path: str) -> Entry | None:
    try:
        return await drive.stat(path, False)
    except NotFound:
        return None


def _taken(path: str) -> UploadRejected:
    return UploadRejected(
        f"{path}: another upload to this place is running on this machine now; wait for it, then try again", path=path
    )
