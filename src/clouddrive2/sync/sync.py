"""One folder made like another, one way: this machine to the drive, or the drive to this machine."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from clouddrive2.api.local_files import local_errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.errors import ConfigError, Error, InvalidRequest, NotFound, SourceChanged
from clouddrive2.models.names import name_problem
from clouddrive2.models.uploads import IfExists, UploadProgress, Verify
from clouddrive2.sync.compare import Change, Difference
from clouddrive2.sync.deletions import Deletions
from clouddrive2.sync.filters import EVERYTHING, Filters
from clouddrive2.sync.sides import CloudSide, LocalSide, local_state
from clouddrive2.sync.walk import Comparison
from clouddrive2.upload.unfinished import unfinished_reason

__all__ = ["Carried", "Sync"]

Moved = Callable[[str, int, int, int, int, int], object]


@dataclass(frozen=True, slots=True)
class Carried:
    """A file that is at the destination now.

    Attributes:
        path: Its full path there.
        size: Bytes.
        route: The way it took.
        verified: ``hash`` or ``size``; ``None`` when nothing was compared.
        instant: The cloud had the content already.
        skipped: It was there already, after all.
        reason: One sentence, for example why it was skipped.
    """

    path: str
    size: int
    route: str
    verified: str | None
    instant: bool = False
    skipped: bool = False
    reason: str = ""


class Sync:
    """Makes a destination like a source. It compares, carries and deletes when told to, and nothing by itself::

        sync = Sync(client, LocalSide("photos"), CloudSide(client.files, "/115/photos"), delete=True)
        await sync.prepare()
        async for difference in sync.compare():
            if difference.change in (Change.ADD, Change.REPLACE):
                await sync.carry(difference)
        if sync.deletions().refusal() is None:
            async for path in sync.delete():
                print(path)

    Args:
        client: An open client.
        source, destination: A :class:`LocalSide` and a :class:`CloudSide`, in either order.
        filters: Which files take part.
        checksum: Compare hashes instead of times, where the cloud knows one.
        delete: Note what is only at the destination, for :meth:`delete`.
        delete_excluded: Note what the filters exclude, too.
        max_delete: How many files may be deleted; by default 100, and none when the source is empty.
        unfinished: Take local files too that somebody is still writing or downloading.
        verify: How sure to be that a file arrived.

    Attributes:
        extra: What is only at the destination, as far as compared.
        failed: How many files could not be compared or carried.

    Raises:
        ConfigError: Both sides are of one kind, or the destination is the root of the drive.
    """

    def __init__(
        self,
        client: AsyncClient,
        source: LocalSide | CloudSide,
        destination: LocalSide | CloudSide,
        *,
        filters: Filters = EVERYTHING,
        checksum: bool = False,
        delete: bool = False,
        delete_excluded: bool = False,
        max_delete: int | None = None,
        unfinished: bool = False,
        verify: Verify = Verify.AUTO,
    ) -> None:
        if isinstance(source, LocalSide) is isinstance(destination, LocalSide):
            raise ConfigError("a sync has one side on this machine and one in the drive")
        self.extra: list[Difference] = []
        self.failed = 0
        self._client = client
        self._source = source
        self._destination = destination
        self._verify = verify
        self._max_delete = max_delete
        self._unfinished = unfinished
        self._cloud: str | None = None
        # Names in folders of the source, as the cloud itself tells them.
        self._fresh: dict[str, set[str]] = {}
        self._destination_exists = False
        self._comparison = Comparison(
            source,
            destination,
            to_cloud=isinstance(destination, CloudSide),
            hash_of=self._hash_of,
            filters=filters,
            checksum=checksum,
            extras=delete or delete_excluded,
            delete_excluded=delete_excluded,
        )

    @property
    def to_cloud(self) -> bool:
        """Whether files go up."""
        return self._comparison.to_cloud

    async def prepare(self, *, make: bool = True) -> None:
        """Look at both roots; the destination is made when it is missing.

        Args:
            make: Whether to make it; a rehearsal does not.

        Raises:
            ConfigError: The destination is the root of all clouds.
            NotFound: There is no such source.
            InvalidRequest: One of them is no folder.
        """
        into_root = isinstance(self._destination, CloudSide) and self._destination.root == "/"
        if into_root and (await self._client.files.stat("/")).is_server_root:
            raise ConfigError("/ holds only clouds; sync into a folder of one of them, as in /115/Photos", path="/")
        if not await self._source.check():
            raise NotFound(f"{self._source.root} does not exist", path=self._source.root)
        self._destination_exists = await self._destination.check()
        if make and not self._destination_exists:
            await self._destination.make()
        if self.to_cloud:
            self._cloud = await self._cloud_type()

    async def compare(self) -> AsyncGenerator[Difference, None]:
        """Every path that takes part and what is to be done about it; once, after :meth:`prepare`.

        What is to be deleted is noted in ``extra`` besides. May be repeated with a new object: nothing is changed.
        """
        async with aclosing(self._comparison.run(destination_exists=self._destination_exists)) as differences:
            async for compared in differences:
                difference = await self._examined(compared)
                if difference.change in (Change.EXTRA, Change.EXTRA_FOLDER):
                    self.extra.append(difference)
                elif difference.change is Change.FAILED:
                    self.failed += 1
                yield difference

    async def carry(self, difference: Difference, on_progress: Moved | None = None) -> Carried:
        """Bring one file to the destination: one that :meth:`compare` called ``ADD`` or ``REPLACE``.

        Args:
            difference: Which.
            on_progress: Called with the phase, and with bytes hashed, sent, confirmed, in all, and delivered to the cloud.

        Raises:
            AlreadyExists: Something has appeared in its place meanwhile.
            SourceChanged: What is to be replaced here has changed since it was compared.
            clouddrive2.Error: As for an upload or a download.
        """
        try:
            if isinstance(self._destination, CloudSide):
                return await self._upload(difference, on_progress)
            return await self._download(difference, on_progress)
        except Exception:
            # Whatever it was, the file is not there: nothing may be deleted then.
            self.failed += 1
            raise

    def deletions(self) -> Deletions:
        """What is to be deleted, and whether it may be; asked when everything is carried."""
        files = sum(one.change is Change.EXTRA for one in self.extra)
        return Deletions(files, self._comparison.complete, self.failed, self._comparison.found, self._max_delete)

    async def delete(self) -> AsyncGenerator[tuple[Difference, Exception | None], None]:
        """Delete what is only at the destination: files, then the folders that are empty after it, the deepest first.

        A file goes to the recycle bin of its cloud, where there is one. A local file that changed since it was compared
        stays, and so does what the source turns out to have when it is looked at once more, past any cache.

        Yields:
            What was deleted, or could not be and why.

        Raises:
            ConfigError: It may not be, see :meth:`deletions`.
        """
        if (refusal := self.deletions().refusal()) is not None:
            raise ConfigError(refusal)
        for difference in self.extra:
            if difference.change is Change.EXTRA:
                assert difference.destination is not None
                try:
                    if not await self._is_back(difference):
                        await self._destination.delete(difference.destination)
                        yield difference, None
                except (Error, OSError) as error:
                    yield difference, error
        folders = [one for one in self.extra if one.change is Change.EXTRA_FOLDER]
        for difference in sorted(folders, key=lambda one: one.path.count("/"), reverse=True):
            try:
                if await self._destination.delete_folder(difference.target):
                    yield difference, None
            except (Error, OSError) as error:
                yield difference, error

    async def _examined(self, difference: Difference) -> Difference:
        """The difference, if its file may go up now and under its name."""
        if not self.to_cloud or difference.source is None or difference.change not in (Change.ADD, Change.REPLACE):
            return difference
        if not self._unfinished:
            # A file that vanished, or cannot be opened, is the upload's to tell of.
            with suppress(OSError):
                reason = await asyncio.to_thread(unfinished_reason, difference.source.place)
                if reason is not None:
                    return replace(difference, change=Change.LEFT, reason=reason)
        if difference.change is Change.ADD:
            for name in difference.path.split("/"):
                if (problem := name_problem(name, self._cloud)) is not None:
                    error = InvalidRequest(f"{name!r}: {problem}; rename it", path=difference.target)
                    return replace(difference, change=Change.FAILED, reason=problem, error=error)
        return difference

    async def _cloud_type(self) -> str | None:
        root = "/" + self._destination.root.strip("/").partition("/")[0]
        try:
            return (await self._client.files.stat(root)).cloud
        except NotFound:
            return None

    async def _is_back(self, difference: Difference) -> bool:
        """Whether the source has the file after all; an excluded one it may have all the time.

        A server's cache may be older than the file (protocol.md §3.4), so a cloud is asked itself, once per folder.
        """
        if difference.reason == "excluded":
            return False
        folder, _, name = f"{self._source.root}/{difference.path}".rpartition("/")
        if isinstance(self._source, LocalSide):
            return await asyncio.to_thread(os.path.lexists, f"{folder}/{name}")
        if folder not in self._fresh:
            try:
                self._fresh[folder] = (await self._source.list(folder, refresh=True)).names()
            except NotFound:
                self._fresh[folder] = set()
        return name in self._fresh[folder]

    async def _upload(self, difference: Difference, on_progress: Moved | None) -> Carried:
        assert difference.source is not None

        def progress(now: UploadProgress) -> None:
            if on_progress is not None:
                on_progress(str(now.phase), now.hashed, now.sent, now.confirmed, now.total, now.delivered)

        # A file on its way is ours, left by an earlier run, and taken up; else the engine refuses, as it does when
        # something has appeared since the folder was listed.
        replaces = difference.destination is not None and not difference.destination.pending
        uploaded = await self._client.uploads.upload(
            difference.source.place,
            difference.target,
            exact_path=True,
            if_exists=IfExists.OVERWRITE if replaces else IfExists.AUTO,
            verify=self._verify,
            on_progress=progress,
        )
        return Carried(
            uploaded.path,
            uploaded.size,
            uploaded.route,
            uploaded.verified,
            uploaded.instant,
            uploaded.skipped,
            uploaded.reason,
        )

    async def _download(self, difference: Difference, on_progress: Moved | None) -> Carried:
        assert difference.source is not None
        target, replaces = Path(difference.target), difference.destination is not None
        await asyncio.to_thread(_make_way, difference)

        def progress(here: int, total: int) -> None:
            if on_progress is not None:
                on_progress("downloading", 0, here, here, total, 0)

        got = await self._client.files.download(
            difference.source.place, target, overwrite=replaces, verify=self._verify, on_progress=progress
        )
        return Carried(str(got.path), got.size, "http", got.verified)

    async def _hash_of(self, place: str, kind: int) -> str:
        return (await self._client.uploads.hashes(place, [kind]))[kind]


def _make_way(difference: Difference) -> None:
    """The folder for a download, and a last look at what it replaces."""
    target = Path(difference.target)
    with local_errors(lambda: target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    if difference.destination is not None and local_state(difference.target) not in (difference.destination.state, None):
        raise SourceChanged(f"{target} changed since it was compared, and is not replaced; run it again", path=str(target))
