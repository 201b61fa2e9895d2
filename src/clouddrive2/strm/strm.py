"""A local folder of ``.strm`` files that stand for the files of a folder of the drive."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path

from clouddrive2.client.aio import AsyncClient
from clouddrive2.errors import Error, InvalidRequest, NotFound, PermissionDenied, Unauthenticated, Unreachable
from clouddrive2.models.paths import normalise
from clouddrive2.strm.local import LocalFolder, digest_of
from clouddrive2.strm.manifest import Manifest
from clouddrive2.strm.options import StrmOptions
from clouddrive2.strm.plan import Action, Kind, Plan, Record, make_plan, place_files
from clouddrive2.strm.scan import CloudFile, Scan, scan_folders
from clouddrive2.sync.deletions import Deletions

__all__ = ["Outcome", "Strm", "Summary"]

# Links asked for at a time, and files written before the next ones.
AT_ONCE = 16
# What was written is noted down after so many.
NOTED_AFTER = 512
WRITES = (Kind.ADD, Kind.UPDATE, Kind.ADOPT)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one local file.

    Attributes:
        action: What was, or in a rehearsal would be, done.
        error: Why it could not be.
    """

    action: Action
    error: Error | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """The end of a round.

    Attributes:
        counts: How many files by what was done.
        failed: How many could not be written or deleted.
        refusal: Why nothing was deleted, as a sentence.
        unlisted: Folders of the drive that could not be listed, and why.
        error: Why a round of :func:`watch` could not be, and is tried again.
    """

    counts: Mapping[Kind, int] = field(default_factory=dict)
    failed: int = 0
    refusal: str | None = None
    unlisted: Mapping[str, Error] = field(default_factory=dict)
    error: Error | None = None


class Strm:
    """Writes and maintains ``.strm`` files. Nothing happens until :meth:`update`::

        strm = Strm(client, "/115/Movies", Path("/media/movies"), StrmOptions(base_url="http://nas:19798"))
        async for step in strm.update():
            print(step)

    Only files this class has written are replaced or deleted; they are remembered in ``.clouddrive2-strm.json``.

    Args:
        client: An open client.
        cloud_dir: The folder of the drive.
        local_dir: Where to write; made when missing.
        options: What to write.
        max_delete: How many files may be deleted in one round; by default 100, and none when the drive's folder is empty.
        clock: Seconds since the epoch.

    Raises:
        InvalidRequest: ``cloud_dir`` is no path.
    """

    def __init__(
        self,
        client: AsyncClient,
        cloud_dir: str,
        local_dir: Path,
        options: StrmOptions | None = None,
        *,
        max_delete: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.cloud_dir = normalise(cloud_dir)
        self._client = client
        self._local = LocalFolder(local_dir)
        self._options = options or StrmOptions()
        self._max_delete = max_delete
        self._clock = clock
        self._manifest = Manifest(self.cloud_dir)
        config = client.config
        reader = hashlib.sha256((config.token or "").encode()).hexdigest() if config.token else config.username or ""
        self._pending: set[str] = set()
        self._holds_clouds = False
        self._made_for = self._options.made_for(config.url, reader)

    @property
    def records(self) -> Mapping[str, Record]:
        """What is remembered of the files that were written, by their path below the local folder."""
        return self._manifest.files

    async def prepare(self) -> None:
        """Look at both folders, and read what was written before. :meth:`update` and :func:`watch` do it themselves.

        Raises:
            NotFound: There is no such folder in the drive.
            InvalidRequest: It is a file.
            ConfigError: The local folder stands for another one.
        """
        self._manifest = await asyncio.to_thread(Manifest.load, self._local.root, self.cloud_dir)
        entry = await self._client.files.stat(self.cloud_dir)
        self._holds_clouds = entry.is_server_root
        if not entry.is_folder:
            raise InvalidRequest(f"{self.cloud_dir} is a file; give the folder it is in", path=self.cloud_dir)

    async def update(self, *, dry_run: bool = False) -> AsyncGenerator[Outcome | Summary, None]:
        """Write what is new, renew what changed, delete what is gone. May be repeated: what is right is not touched.

        Args:
            dry_run: Only tell; nothing is changed, and no link is asked for but one, to compare.

        Yields:
            Every file that was not right already, then the summary.

        Raises:
            clouddrive2.Error: As for :meth:`prepare`; the folder cannot be listed; no link may be read, or no answer came.
        """
        await self.prepare()
        async with aclosing(self.round(deep=[""], dry_run=dry_run)) as steps:
            async for step in steps:
                yield step

    async def round(
        self, shallow: Iterable[str] = (), *, deep: Iterable[str] = (), dry_run: bool = False, watching: bool = False
    ) -> AsyncGenerator[Outcome | Summary, None]:
        """One round over some folders, relative to the drive's folder; after :meth:`prepare`.

        Args:
            shallow: Folders whose own files are looked at.
            deep: Folders that are looked at with everything below.
            dry_run: Only tell.
            watching: Nobody looks on: an empty drive is never believed, whatever may be deleted.
        """
        scan = await scan_folders(self._client.files, self.cloud_dir, shallow, deep=deep)
        if "" in scan.failed:
            raise scan.failed[""]
        if "" in scan.missing:
            raise NotFound(f"{self.cloud_dir} does not exist", path=self.cloud_dir)
        plan = await self._plan(scan)
        counts: Counter[Kind] = Counter({Kind.KEEP: len(plan.of(Kind.KEEP))})
        failed = 0
        refusal = self._refusal(scan, plan, watching=watching)
        async with aclosing(self._outcomes(plan, refusal is None, dry_run)) as outcomes:
            async for outcome in outcomes:
                failed += outcome.error is not None
                counts[outcome.action.kind] += outcome.error is None
                if outcome.action.kind is not Kind.KEEP:
                    yield outcome
        yield Summary(counts, failed, refusal, scan.failed)

    def pending_folders(self) -> set[str]:
        """Folders that held files on their way to their cloud in the last round: they are to be looked at again."""
        return set(self._pending)

    def renewals(self) -> dict[str, float]:
        """Folders of the drive that hold files whose links have an end, and seconds until the first has to be made anew."""
        seconds: dict[str, float] = {}
        now = self._clock()
        for kept in self.records.values():
            if kept.renew_at is not None:
                folder = _parent(kept.source)
                seconds[folder] = min(kept.renew_at - now, seconds.get(folder, kept.renew_at - now))
        return seconds

    async def _plan(self, scan: Scan) -> Plan:
        records = self._manifest.files
        self._pending = {_parent(file.path) for file in scan.files.values() if file.pending}
        placed, left = place_files(scan, records, self._options)
        concerned = [target for target, kept in records.items() if kept.source in scan.files or scan.lacks(kept.source)]
        states = await asyncio.to_thread(self._local.look, {*placed, *concerned}, records)
        plan = make_plan(scan, placed, records, states, left, made_for=self._made_for, now=self._clock())
        return await self._with_signatures_checked(plan)

    async def _with_signatures_checked(self, plan: Plan) -> Plan:
        """One link is asked for again: where it is not what was written, the server signs anew, and all of them are.

        Only where links have no end: others differ every time.
        """
        if self._options.mounted_at is not None:
            return plan
        kept = [action for action in plan.of(Kind.KEEP) if self._lasts(action)]
        if not kept or kept[0].file is None:
            return plan
        try:
            content, _ = await self._content(kept[0].file)
        except (Unreachable, Unauthenticated):
            raise
        except Error:
            return plan
        if digest_of(content) == self._manifest.files[kept[0].target].digest:
            return plan
        stale = {action.target for action in kept}
        renewed = (
            replace(action, kind=Kind.UPDATE, reason="the server gives other links now") if action.target in stale else action
            for action in plan.actions
        )
        return replace(plan, actions=tuple(renewed))

    def _lasts(self, action: Action) -> bool:
        record = self._manifest.files.get(action.target)
        return record is not None and not record.is_copy and record.renew_at is None

    def _refusal(self, scan: Scan, plan: Plan, *, watching: bool) -> str | None:
        gone = plan.of(Kind.DELETE, Kind.FORGET)
        found = scan.found + len(self._manifest.files) - len(gone)
        if plan.deletions and (watching or self._max_delete is None):
            empty = self._empty(scan, gone) if found else self.cloud_dir
            if empty is not None:
                once = "run it once without watching" if watching else "say --max-delete"
                return (
                    f"nothing is deleted: {empty} is empty or gone, as it looks while a server starts; if that is meant, {once}"
                )
        return Deletions(plan.deletions, not scan.failed, 0, found, self._max_delete).refusal()

    def _empty(self, scan: Scan, gone: list[Action]) -> str | None:
        """A whole cloud that has nothing any more: each may be missing by itself while a server starts."""
        if not self._holds_clouds:
            return None
        for cloud in sorted({self._manifest.files[action.target].source.partition("/")[0] for action in gone}):
            if scan.lacks(cloud) or scan.names.get(cloud) == set():
                return f"/{cloud}"
        return None

    async def _outcomes(self, plan: Plan, may_delete: bool, dry_run: bool) -> AsyncGenerator[Outcome, None]:
        """Every action that is none yet; what is right already is left out."""
        writes, deletes = plan.of(*WRITES, Kind.COPY), plan.of(Kind.DELETE, Kind.FORGET) if may_delete else []
        for action in plan.of(Kind.LEAVE):
            yield Outcome(action)
        if dry_run:
            for action in [*writes, *deletes]:
                yield Outcome(action)
            return
        noted = 0
        try:
            for start in range(0, len(writes), AT_ONCE):
                outcomes = await self._write(writes[start : start + AT_ONCE])
                refused = [one.error for one in outcomes if isinstance(one.error, PermissionDenied)]
                if start == 0 and len(refused) == len(outcomes) and not plan.of(Kind.KEEP):
                    # Every file would meet the same; where some are right already, it is this one's own trouble.
                    raise refused[0]
                for outcome in outcomes:
                    yield outcome
                noted += len(outcomes)
                if noted >= NOTED_AFTER:
                    noted = 0
                    await self._save()
            for outcome in await self._delete(deletes):
                yield outcome
        finally:
            if writes or deletes:
                await asyncio.shield(self._save())

    async def _save(self) -> None:
        # In this thread: nobody changes it meanwhile.
        if self._local.root.is_dir():
            self._manifest.save(self._local.root)

    async def _write(self, actions: list[Action]) -> list[Outcome]:
        contents = await asyncio.gather(*(self._fetched(action) for action in actions))
        outcomes = []
        for action, content in zip(actions, contents, strict=True):
            if isinstance(content, Error):
                outcomes.append(Outcome(action, content))
                continue
            try:
                outcomes.append(await self._copied(action) if content is None else await self._written(action, *content))
            except Unreachable:
                raise
            except Error as error:
                outcomes.append(Outcome(action, error))
        return outcomes

    async def _fetched(self, action: Action) -> tuple[str, float | None] | Error | None:
        if action.kind is Kind.COPY:
            return None
        assert action.file is not None
        try:
            return await self._content(action.file)
        except (Unreachable, Unauthenticated):
            raise
        except Error as error:
            return error

    async def _content(self, file: CloudFile) -> tuple[str, float | None]:
        """What stands for a file, and when that has to be made anew: when half of the time it lives is over."""
        if self._options.mounted_at is not None:
            return self._options.local_path(file.path), None
        link = await self._client.files.download_url(self._place(file.path), base_url=self._options.base_url)
        return link.url, None if link.expires_in is None else self._clock() + link.expires_in / 2

    async def _written(self, action: Action, content: str, renew_at: float | None) -> Outcome:
        file, target = action.file, action.target
        assert file is not None
        before, digest = self._manifest.files.get(target), digest_of(content)
        here = await asyncio.to_thread(self._local.read, target)
        if action.kind is Kind.ADOPT and (here is None or not self._same_file(here, content)):
            return Outcome(replace(action, kind=Kind.LEAVE, reason="somebody else's file has that name"))
        if here == content:
            written = await asyncio.to_thread(self._local.written, target)
            action = replace(action, kind=Kind.KEEP)
        else:
            self._manifest.folders.update(await asyncio.to_thread(self._local.make_parents, target))
            replaces = action.kind is not Kind.ADD
            written = await asyncio.to_thread(lambda: self._local.write(target, content, replace=replaces))
        modified = file.modified.timestamp() if file.modified is not None else None
        record = Record(file.path, file.size, modified, digest, written, self._made_for, renew_at)
        if record != before:
            self._manifest.files[target] = record
        return Outcome(action)

    def _same_file(self, here: str, content: str) -> bool:
        """Whether what stands there leads to the same file; of links the signature does not count."""
        if self._options.mounted_at is not None:
            return here.strip() == content
        return here.strip().partition("?")[0] == content.partition("?")[0]

    async def _copied(self, action: Action) -> Outcome:
        file, target = action.file, action.target
        assert file is not None
        self._manifest.folders.update(await asyncio.to_thread(self._local.make_parents, target))
        place = self._local.root / target
        await self._client.files.download(self._place(file.path), place, overwrite=target in self._manifest.files)
        written = await asyncio.to_thread(self._local.written, target)
        modified = file.modified.timestamp() if file.modified is not None else None
        self._manifest.files[target] = Record(file.path, file.size, modified, "", written)
        return Outcome(action)

    async def _delete(self, actions: list[Action]) -> list[Outcome]:
        """Each is looked up once more, past the server's cache, which may be older than the drive (protocol.md §3.4)."""
        records, outcomes = self._manifest.files, []
        files = self._client.files
        parents = {_parent(records[action.target].source) for action in actions}
        fresh = await scan_folders(files, self.cloud_dir, parents, refresh=True) if actions else Scan()
        emptied: set[str] = set()
        for action in actions:
            record = records[action.target]
            there = fresh.files.get(record.source)
            if not (fresh.lacks(record.source) or (there is not None and not self._takes(there))):
                continue
            try:
                gone = action.kind is Kind.FORGET or await asyncio.to_thread(self._local.delete, action.target, record)
            except Error as error:
                outcomes.append(Outcome(action, error))
                continue
            if gone:
                del records[action.target]
                emptied.update(_parents(action.target))
                outcomes.append(Outcome(action))
        removable = emptied & self._manifest.folders
        self._manifest.folders -= set(await asyncio.to_thread(self._local.remove_folders, removable))
        return outcomes

    def _takes(self, file: CloudFile) -> bool:
        return self._options.takes(file) or self._options.copies(file)

    def _place(self, path: str) -> str:
        return f"{self.cloud_dir.rstrip('/')}/{path}"


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _parents(path: str) -> set[str]:
    """Every folder above a path."""
    parts = path.split("/")[:-1]
    return {"/".join(parts[:count]) for count in range(1, len(parts) + 1)}
