"""Uploading for ``cd2 put``: the files in their order, under names the cloud takes, with the options of one command."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clouddrive2.cli.context import Cli
from clouddrive2.cli.local_tree import Folder, Left, walk
from clouddrive2.cli.output import words
from clouddrive2.cli.output.events import Done, Moved
from clouddrive2.cli.sentences import stops_everything
from clouddrive2.cli.transfers import Item
from clouddrive2.errors import Error, InvalidRequest, NotInstant
from clouddrive2.models import paths
from clouddrive2.models.names import escape, name_problem

if TYPE_CHECKING:
    from clouddrive2.client.aio import AsyncClient
    from clouddrive2.models.uploads import UploadProgress

__all__ = ["Names", "Putter", "by_size", "everything", "expected", "taken_up"]

Anything = Item | Folder | Left


def everything(roots: Iterable[tuple[str, str]], names: Names, *, unfinished: bool) -> Iterator[Anything]:
    """All files and folders of all sources, with the paths they take."""
    for source, target in roots:
        for item in walk(source, target, unfinished=unfinished):
            yield item if isinstance(item, Left) else names.fit(item, below=target)


def by_size(found: Iterable[Anything]) -> list[Anything]:
    """The biggest files first; folders before everything, so that they are there."""
    return sorted(found, key=lambda item: -item.size if isinstance(item, Item) else -math.inf)


def expected(cli: Cli, found: Iterable[Anything]) -> list[Anything]:
    """Tells the printer how much is to come, for its total bar."""
    known = list(found)
    sizes = [item.size for item in known if isinstance(item, Item)]
    cli.out.expect(files=len(sizes), size=sum(sizes))
    return known


@dataclass(frozen=True, slots=True)
class Names:
    """What is done about names that the cloud refuses: escaped when asked for, else reported before anything is sent.

    Attributes:
        cloud: The cloud's type; ``None`` when it is not known.
        escaping: Whether to escape.
    """

    cloud: str | None
    escaping: bool

    @classmethod
    async def of(cls, client: AsyncClient, path: str, *, routes: Sequence[str], escaping: bool) -> Names:
        """For the cloud that a path lies in."""
        root = await client.uploads.look("/" + path.strip("/").partition("/")[0], routes=routes)
        return cls(root.cloud if root is not None else None, escaping)

    def fit(self, item: Item | Folder, *, below: str) -> Item | Folder:
        """The item under a name that will be taken, or with the reason why it will not.

        Args:
            item: A file or folder.
            below: The path of the source it came with; what is above that was written by the user.
        """
        above, _, own = below.rpartition("/")
        parts = (own + item.path.removeprefix(below)).split("/")
        if self.escaping:
            return replace(item, path="/".join([above, *map(escape, parts)]))
        if isinstance(item, Item) and item.error is None and not item.skip:
            for part in parts:
                if problem := name_problem(part, self.cloud):
                    text = f"{words.plain(part)!r}: {problem}; rename it, or let --escape-names replace it"
                    return replace(item, error=InvalidRequest(text, path=item.path))
        return item


async def taken_up(
    client: AsyncClient, items: Iterable[Item], *, routes: Sequence[str], escaping: bool, unfinished: bool
) -> list[Anything]:
    """What a report names, looked at as if it were given anew: it may be a folder, still be written, have a refused name.

    A name that will be taken stays as it is: the earlier command may have escaped it.
    """
    clouds: dict[str, Names] = {}
    found: list[Anything] = []
    for item in items:
        cloud = paths.cloud_of(item.path)
        if cloud not in clouds:
            clouds[cloud] = await Names.of(client, cloud, routes=routes, escaping=False)
        names, below = clouds[cloud], "/".join(item.path.split("/")[:3])
        for each in walk(item.source, item.path, unfinished=unfinished):
            if not isinstance(each, Left):
                refused = any(name_problem(part, names.cloud) for part in each.path.split("/")[2:])
                each = replace(names, escaping=escaping and refused).fit(each, below=below)
            found.append(each)
    return found


class Putter:
    """Uploads item after item.

    Args:
        client: The server.
        options: Keyword arguments of ``client.uploads.upload``.
    """

    def __init__(self, client: AsyncClient, options: dict[str, Any]) -> None:
        self._client = client
        self._options = options

    async def items(self, cli: Cli, found: Iterable[Anything]) -> AsyncIterator[Item]:
        """The files to upload; each folder is made once, before what is in it."""
        for item in found:
            match item:
                case Folder(source, path):
                    try:
                        await self._client.uploads.make_folder(path, routes=self._options.get("routes", ()))
                    except Error as error:
                        if stops_everything(error):
                            raise
                        yield Item(source, path, 0, error)
                case Left(source, reason):
                    cli.out.warn(f"{words.plain(source)} is left out: {reason}", path=source)
                case Item():
                    yield item

    async def one(self, item: Item, moved: Callable[[Moved], None]) -> Done:
        """Uploads one file."""
        began = time.monotonic()

        def progress(now: UploadProgress) -> None:
            total = now.total or item.size
            moved(Moved(item.source, item.path, str(now.phase), now.hashed, now.sent, now.confirmed, total, now.delivered))

        try:
            uploaded = await self._client.uploads.upload(
                Path(item.file or item.source), item.path, exact_path=True, on_progress=progress, **self._options
            )
        except NotInstant:
            reason = "the cloud does not have this content; nothing was sent"
            seconds = time.monotonic() - began
            return Done(item.source, item.path, item.size, None, seconds, None, skipped=True, reason=reason)
        return Done(
            source=item.source,
            path=uploaded.path,
            size=uploaded.size,
            route=uploaded.route or None,
            seconds=time.monotonic() - began,
            verified=uploaded.verified,
            instant=uploaded.instant,
            skipped=uploaded.skipped,
            reason=uploaded.reason or "",
            source_deleted=uploaded.source_deleted,
            arrived=uploaded.outcome == "arrived",
        )
