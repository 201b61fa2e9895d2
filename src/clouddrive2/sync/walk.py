"""Two trees compared, folder by folder: each folder is listed once, and no file is looked up by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace

from clouddrive2.errors import AlreadyExists, Error, Unauthenticated, Unreachable
from clouddrive2.sync.compare import Change, Difference, Pair, Verdict, clashes, judge, pair
from clouddrive2.sync.filters import EVERYTHING, Filters
from clouddrive2.sync.listing import File, Listing
from clouddrive2.sync.sides import Side

__all__ = ["Comparison"]

# Folders whose listings are asked for ahead, and files whose hashes are computed at a time.
FOLDERS_AHEAD = 4
HASHES_AT_ONCE = 32

HashOf = Callable[[str, int], Awaitable[str]]


@dataclass(slots=True)
class Step:
    """A folder to compare; on the side that does not have it, its place is ``None``.

    Attributes:
        path: From the root, ending in a slash unless empty.
        target: Its full path at the destination, there or not.
        listings: What is asked for ahead.
    """

    path: str
    source: str | None
    destination: str | None
    target: str
    listings: asyncio.Task[tuple[Listing, Listing]] | None = None


@dataclass(slots=True)
class Comparison:
    """Compares two trees; asked once.

    Args:
        source, destination: The sides.
        to_cloud: Whether the destination is the cloud.
        hash_of: Computes a hash of a local file, by its type number.
        filters: Which files take part.
        checksum: Compare hashes instead of times, where the cloud knows one.
        extras: Look for what is only at the destination, too.
        delete_excluded: What the filters exclude counts as only at the destination.

    Attributes:
        complete: Whether the comparison came to its end, and everything could be listed. What is not known is not missing.
        found: Entries seen at the source, taking part or not.
    """

    source: Side
    destination: Side
    to_cloud: bool
    hash_of: HashOf
    filters: Filters = EVERYTHING
    checksum: bool = False
    extras: bool = False
    delete_excluded: bool = False
    complete: bool = False
    found: int = 0
    _waiting: list[Step] = field(default_factory=list)
    _gaps: bool = False

    async def run(self, *, destination_exists: bool) -> AsyncGenerator[Difference, None]:
        """Every path that takes part, folder by folder, files before what is in subfolders.

        Raises:
            Unreachable, Unauthenticated: The server is gone, or does not know us; nothing more can be said.
            clouddrive2.Error: One of the roots cannot be listed.
        """
        root = self.destination.root
        self._waiting = [Step("", self.source.root, root if destination_exists else None, root)]
        try:
            while self._waiting:
                step = self._waiting.pop()
                self._list_ahead(step)
                async for difference in self._folder(step):
                    yield difference
                if step.source is None and step.destination is not None and step.path:
                    yield Difference(Change.EXTRA_FOLDER, step.path.rstrip("/"), "only at the destination", step.destination)
            self.complete = not self._gaps
        finally:
            tasks = [step.listings for step in self._waiting if step.listings is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _list_ahead(self, step: Step) -> None:
        for one in [step, *self._waiting[-1 : -1 - FOLDERS_AHEAD : -1]]:
            if one.listings is None:
                one.listings = asyncio.create_task(self._listings(one))

    async def _listings(self, step: Step) -> tuple[Listing, Listing]:
        destination = await self.destination.list(step.destination) if step.destination is not None else Listing()
        if step.source is None:
            return Listing(), destination
        source = await self.source.list(step.source)
        if not source and destination:
            # A server that has just come up, or whose login at the cloud is over, may show a full folder as empty.
            source = await self.source.list(step.source, refresh=True)
        return source, destination

    async def _folder(self, step: Step) -> AsyncIterator[Difference]:
        assert step.listings is not None
        try:
            source, destination = await step.listings
        except (Unreachable, Unauthenticated):
            raise
        except Error as error:
            self._gaps = True
            if not step.path:
                raise
            yield Difference(Change.FAILED, step.path.rstrip("/"), "it cannot be listed", step.target, error=error)
            return
        self.found += len(source.names())
        names = pair(source, destination)
        for alike in clashes(source.names()):
            names_alike = " and ".join(alike)
            reason = f"{names_alike} differ only in letter case or Unicode form, which not every cloud or disk keeps apart"
            yield Difference(Change.CLASH, step.path + alike[0], reason, step.target)
        folders: list[Step] = []
        asked: list[tuple[Difference, Verdict]] = []
        for difference, verdict in self._ours(step, source, destination, names, folders):
            if verdict is None:
                yield difference
            else:
                asked.append((difference, verdict))
            if len(asked) == HASHES_AT_ONCE:
                for answer in await asyncio.gather(*(self._by_hash(*one) for one in asked)):
                    yield answer
                asked.clear()
        for answer in await asyncio.gather(*(self._by_hash(*one) for one in asked)):
            yield answer
        if self.extras:
            for difference in self._theirs(step, destination, names, folders):
                yield difference
        self._waiting.extend(sorted(folders, key=lambda one: one.path, reverse=True))

    def _ours(
        self, step: Step, source: Listing, destination: Listing, names: Pair, folders: list[Step]
    ) -> Iterator[tuple[Difference, Verdict | None]]:
        """What the source has, with the question of a hash where one must decide; its folders are added to ``folders``."""
        for name in sorted(source.names()):
            there, path = names.both.get(name), step.path + name
            target = self.destination.join(step.target, there or name)
            if name in source.left:
                if self.filters.takes(path, 0, None):
                    yield Difference(Change.LEFT, path, source.left[name], target), None
            elif name in source.folders:
                yield from (
                    (one, None) for one in self._our_folder(path, source.folders[name], there, target, destination, folders)
                )
            else:
                yield from self._our_file(path, source.files[name], there, target, destination)

    def _our_folder(
        self, path: str, place: str, there: str | None, target: str, destination: Listing, folders: list[Step]
    ) -> Iterator[Difference]:
        if not self.filters.enters(path):
            if self.extras and self.delete_excluded and there in destination.folders:
                folders.append(Step(f"{path}/", None, destination.folders[there], target))
        elif there is not None and there not in destination.folders:
            why = destination.left.get(there, "it is a file")
            error = AlreadyExists(f"{target} is in the way of a folder: {why}", path=target)
            # What is in it cannot be put anywhere.
            yield Difference(Change.FAILED, path, "something is in its way", target, error=error)
        else:
            folders.append(Step(f"{path}/", place, destination.folders.get(there) if there else None, target))

    def _our_file(
        self, path: str, file: File, there: str | None, target: str, destination: Listing
    ) -> Iterator[tuple[Difference, Verdict | None]]:
        other = destination.files.get(there) if there is not None else None
        if not self.filters.takes(path, file.size, file.modified):
            if self.extras and self.delete_excluded and other is not None:
                yield Difference(Change.EXTRA, path, "excluded", target, destination=other), None
        elif file.pending:
            yield Difference(Change.LEFT, path, "it has not reached the cloud yet", target), None
        elif there is None:
            yield Difference(Change.ADD, path, "only at the source", target, source=file), None
        elif other is None:
            why = destination.left.get(there, "it is a folder")
            error = AlreadyExists(f"{target} is in the way of a file: {why}", path=target)
            yield Difference(Change.FAILED, path, "something is in its way", target, source=file, error=error), None
        else:
            verdict = judge(file, other, to_cloud=self.to_cloud, checksum=self.checksum)
            change = Change.SAME if verdict.same else Change.REPLACE
            difference = Difference(change, path, verdict.reason, target, source=file, destination=other)
            yield difference, verdict if verdict.same is None else None

    def _theirs(self, step: Step, destination: Listing, names: Pair, folders: list[Step]) -> Iterator[Difference]:
        """What only the destination has; what takes no part there, and what is on its way there, is left alone."""
        for name in names.only_destination:
            path = step.path + name
            if name in names.guarded and name not in destination.left:
                reason = f"only at the destination, but almost {names.guarded[name]} of the source; it is not deleted"
                yield Difference(Change.CLASH, path, reason, self.destination.join(step.target, name))
            elif name in destination.folders:
                if self.delete_excluded or self.filters.enters(path):
                    place = destination.folders[name]
                    folders.append(Step(f"{path}/", None, place, place))
            elif name in destination.files:
                file = destination.files[name]
                takes = self.filters.takes(path, file.size, file.modified)
                if not file.pending and (takes or self.delete_excluded):
                    reason = "only at the destination" if takes else "excluded"
                    yield Difference(Change.EXTRA, path, reason, file.place, destination=file)

    async def _by_hash(self, difference: Difference, verdict: Verdict) -> Difference:
        local = difference.source if self.to_cloud else difference.destination
        assert local is not None
        try:
            value = await self.hash_of(local.place, verdict.kind)
        except Error as error:
            return replace(difference, change=Change.FAILED, reason="it cannot be compared", error=error)
        if value.lower() == verdict.value.lower():
            return replace(difference, change=Change.SAME, reason="same content")
        return replace(difference, change=Change.REPLACE, reason=verdict.reason)
