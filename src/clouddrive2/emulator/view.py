"""How the tree looks to one token: confined to its root folder (protocol.md §2.5)."""

from __future__ import annotations

from clouddrive2.emulator import links, paths
from clouddrive2.emulator.call import Call
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["View"]


class View:
    """Paths as one caller writes them, and full paths."""

    def __init__(self, world: World, call: Call) -> None:
        self._world = world
        self._caller = call.caller
        self._root = call.caller.root

    async def full(self, path: str) -> str:
        """The full path of what the caller means.

        To a confined token paths are relative to its root; one that starts with the root is also understood when the
        relative reading leads nowhere.

        Raises:
            CallError: INVALID_ARGUMENT for a path with ``..`` or NUL.
        """
        given = paths.normalise(path)
        if self._root == "/":
            return given
        relative = self._root if given == "/" else self._root + given
        if not paths.is_below(given, self._root):
            return relative
        for candidate in (relative, given):
            if await self._world.entry(candidate) is not None:
                return candidate
        folder = await self._world.entry(paths.parent(relative))
        return relative if folder is not None and given != self._root else given

    def sees(self, full: str) -> bool:
        """Whether a full path lies in the caller's part of the tree."""
        return paths.is_below(full, self._root)

    def shown(self, full: str) -> str:
        """A full path as this caller sees it."""
        if self._root == "/" or not self.sees(full):
            return full
        return full[len(self._root) :] or "/"

    def show(self, entry: pb.CloudDriveFile) -> pb.CloudDriveFile:
        """An entry as this caller sees it; changes the message."""
        full = entry.fullPathName
        if not entry.isDirectory:
            entry.downloadUrlPath.CopyFrom(links.template(self._world, self._caller, full, listed=True))
        entry.fullPathName = self.shown(full)
        if entry.fullPathName == "/":
            entry.name = "/"
            entry.isRoot = True
        return entry
