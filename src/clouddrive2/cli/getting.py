"""Files of the drive and where they go here: folder after folder, each file carried by the client."""

from __future__ import annotations

import hashlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from clouddrive2.api.local_files import check_local_name, local_errors
from clouddrive2.cli.destinations import join
from clouddrive2.cli.output.events import Done, Moved
from clouddrive2.cli.sentences import stops_everything
from clouddrive2.cli.transfers import Item
from clouddrive2.errors import AlreadyExists, Error, InvalidRequest, NotVerified
from clouddrive2.models.names import unescape

if TYPE_CHECKING:
    from clouddrive2.client.aio import AsyncClient

__all__ = ["Getter", "IfExists", "Verify"]

IfExists = Literal["auto", "skip", "overwrite", "rename", "fail"]
Verify = Literal["auto", "size", "hash", "none"]


class Getter:
    """Downloads item after item, with the options of one command."""

    def __init__(
        self,
        client: AsyncClient,
        if_exists: IfExists,
        *,
        verify: Verify,
        resume: bool,
        connections: int,
        unescaping: bool,
    ) -> None:
        self._client = client
        self._if_exists: IfExists = if_exists
        self._verify: Verify = verify
        self._resume = resume
        self._connections = connections
        self._unescaping = unescaping

    async def items(self, sources: list[str], target: Path, *, into: bool) -> AsyncIterator[Item]:
        """The files to download; local folders are made on the way, empty ones too."""
        for source in sources:
            place = target
            try:
                entry = await self._client.files.stat(source)
                if into and source != "/":
                    place = target / self._name(entry.name, source)
                with local_errors(lambda: place):  # noqa: B023 - called inside the block
                    (place if entry.is_folder else place.parent).mkdir(parents=True, exist_ok=True)
            except Error as error:
                if stops_everything(error):
                    raise
                yield Item(source, str(place), 0, error)
                continue
            if entry.is_folder:
                async for item in self._folder(source, place):
                    yield item
            else:
                yield Item(entry.path, str(place), entry.size)

    async def _folder(self, source: str, place: Path) -> AsyncIterator[Item]:
        """What is in a folder that has its place here already."""
        try:
            found = [entry async for entry in self._client.files.list(source)]
        except Error as error:
            if stops_everything(error):
                raise
            yield Item(source, str(place), 0, error)
            return
        names: set[str] = set()
        for entry in sorted(found, key=lambda entry: entry.name):
            path = join(source, entry.name)
            try:
                child = place / self._name(entry.name, path)
                if child.name in names:
                    raise InvalidRequest(f"{path}: the folder has several entries of this name; the first is taken", path=path)
                names.add(child.name)
                if entry.is_folder:
                    make_folder(child)
            except Error as error:
                yield Item(path, str(place), entry.size, error)
                continue
            if entry.is_folder:
                async for item in self._folder(path, child):
                    yield item
            else:
                yield Item(entry.path, str(child), entry.size)

    def _name(self, name: str, path: str) -> str:
        """The local name of an entry."""
        return check_local_name(unescape(name) if self._unescaping else name, path)

    async def one(self, item: Item, moved: Callable[[Moved], None]) -> Done:
        """Downloads one file; it appears under its name when it is complete."""
        began = time.monotonic()
        place = Path(item.path)
        with local_errors(lambda: place):
            if place.is_dir():
                raise AlreadyExists(f"{item.path} is a folder; a file cannot take its place", path=item.path)
            there = place.stat().st_size if place.exists() else None
        if there is not None:
            same = await self._same(item, place, there)
            if self._if_exists == "skip" or (self._if_exists == "auto" and same):
                reason = f"already there with the same {same}" if self._if_exists == "auto" else "already there"
                return Done(item.source, item.path, item.size, None, 0.0, same, skipped=True, reason=reason)
            if self._if_exists in ("auto", "fail"):
                raise AlreadyExists(f"{item.path} exists (see --if-exists)", path=item.path)
            if self._if_exists == "rename":
                place = free_local(place)

        def progress(received: int, total: int) -> None:
            moved(Moved(item.source, item.path, "downloading", 0, received, received, total))

        got = await self._client.files.download(
            item.source,
            place,
            overwrite=self._if_exists == "overwrite",
            resume=self._resume,
            connections=self._connections,
            verify=self._verify,
            on_progress=progress,
        )
        return Done(item.source, str(got.path), got.size, "http", time.monotonic() - began, got.verified)

    async def _same(self, item: Item, place: Path, size: int) -> str | None:
        """By what the local file agrees with the one in the drive: ``size``, or ``hash`` where that is insisted on."""
        if size != item.size:
            return None
        if self._verify != "hash" or self._if_exists != "auto":
            return "size"
        # Reading the whole file is for those who asked for it; the event loop's library is loaded already.
        import asyncio

        hashes = (await self._client.files.stat(item.source)).hashes
        wanted = hashes.sha1 or hashes.md5
        if wanted is None:
            raise NotVerified(f"{item.source}: its cloud tells no hash that could be compared", path=item.source)
        here = await asyncio.to_thread(hash_of, place, "sha1" if hashes.sha1 else "md5")
        return "hash" if here == wanted else None


def make_folder(place: Path) -> None:
    """A local folder, if it is not there. A link is not followed: what is below it lies somewhere else.

    Raises:
        clouddrive2.Error: Something else has the name, or the file system refuses.
    """
    with local_errors(lambda: place):
        if place.is_symlink():
            raise AlreadyExists(f"{place} is a link, and nothing is written through it; remove it first", path=str(place))
        if place.exists() and not place.is_dir():
            raise AlreadyExists(f"{place} is a file; a folder cannot take its place", path=str(place))
        place.mkdir(exist_ok=True)


def hash_of(place: Path, kind: str) -> str:
    """The hash of a local file as hex text."""
    with local_errors(lambda: place), place.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(kind, usedforsecurity=False)).hexdigest()


def free_local(path: Path) -> Path:
    """``a.txt``, ``a (1).txt``, ... : the first that nobody has."""
    number, candidate = 0, path
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.stem} ({number}){path.suffix}")
    return candidate
