"""What is settled before entries move or are copied into a folder: clouds treat it in different ways (protocol.md §5.4, §20)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Literal

from clouddrive2.errors import AlreadyExists, ConfigError
from clouddrive2.models import paths
from clouddrive2.models.files import Entry
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["POLICIES", "Destinations", "OnConflict"]

OnConflict = Literal["fail", "overwrite", "rename", "skip"]
# "fail" looks first; what appears after the look is skipped, never overwritten.
POLICIES = {
    "fail": pb.MoveFileRequest.Skip,
    "skip": pb.MoveFileRequest.Skip,
    "overwrite": pb.MoveFileRequest.Overwrite,
    "rename": pb.MoveFileRequest.Rename,
}
LOOKS_AT_ONCE = 16


class Destinations:
    """Looks before ``client.files`` moves or copies.

    Args:
        stat: Looks an entry up.
        exists: Whether there is an entry.
    """

    def __init__(self, stat: Callable[[str], Awaitable[Entry]], exists: Callable[[str], Awaitable[bool]]) -> None:
        self._stat = stat
        self._exists = exists

    async def checked(self, path: str | Iterable[str], to: str, on_conflict: str) -> tuple[list[str], Entry]:
        """The paths that go, and the folder that receives them."""
        if on_conflict not in POLICIES:
            raise ConfigError(f"on_conflict must be one of {', '.join(POLICIES)}, not '{on_conflict}'")
        sources = [paths.normalise(one) for one in ([path] if isinstance(path, str) else path)]
        target = paths.normalise(to)
        for source in sources:
            if paths.is_below(target, source):
                raise ConfigError(f"{source} cannot go into itself", path=source)
            if paths.parent_of(source) == target:
                raise ConfigError(f"{source} is in {target} already", path=source)
        folder = await self._stat(target)
        if not folder.is_folder:
            raise ConfigError(f"{target} is no folder; entries can only go into one", path=target)
        if on_conflict == "fail":
            await self._all_free([paths.join(target, paths.name_of(source)) for source in sources])
        return sources, folder

    async def same_cloud(self, sources: list[str], folder: Entry) -> None:
        """Some servers would copy, some fail, when the destination is in another cloud: refused here where it is sure."""
        for source in sources:
            if source.split("/")[1] == folder.path.split("/")[1]:
                continue
            moving = await self._stat(source)
            if moving.cloud and folder.cloud and (moving.cloud, moving.account) != (folder.cloud, folder.account):
                raise ConfigError(f"{folder.path} is in another cloud; allow it with across_clouds=True", path=source)

    async def _all_free(self, wanted: list[str]) -> None:
        for number in range(0, len(wanted), LOOKS_AT_ONCE):
            some = wanted[number : number + LOOKS_AT_ONCE]
            for name, taken in zip(some, await asyncio.gather(*map(self._exists, some)), strict=True):
                if taken or wanted.count(name) > 1:
                    raise AlreadyExists(f"{name} exists already", path=name)
