"""What a folder shows: stored entries, and those on their way (protocol.md §3.5)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from clouddrive2.emulator import paths
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["children", "refresh"]

STEP = 500


async def children(world: World, folder: str) -> AsyncIterator[pb.CloudDriveFile]:
    """Entries of a folder in name order, described a step at a time so that a huge folder costs names only."""
    if folder == "/":
        for name in sorted(world.roots):
            entry = await world.entry(f"/{name}")
            assert entry is not None
            yield entry
        return
    cloud, inner = world.locate(folder)
    # What is on its way is looked at before what is stored, so that nothing that arrives meanwhile is missed.
    waiting = {paths.tail(path) for path in world.pending if paths.parent(path) == folder}
    names = await cloud.run(cloud.storage.names, inner)
    if waiting:
        names = sorted({*names, *waiting})
    for start in range(0, len(names), STEP):
        some = names[start : start + STEP]
        on_the_way = {name: there for name in some if (there := world.pending.get(f"{folder}/{name}"))}
        items = {item.name: item for item in await cloud.run(cloud.storage.items, inner, some)}
        for name in some:
            path = f"{folder}/{name}"
            pending, item = on_the_way.get(name), items.get(name)
            lags = path in world.hidden and world.is_hidden(path)
            if not lags and (item is not None or pending is not None):
                yield world.describe(path, item, pending)


def refresh(world: World, folder: str) -> None:
    """The next look at a folder, and at all below it, goes to its cloud."""
    if folder == "/":
        for cloud in world.clouds.values():
            cloud.storage.refresh("/")
    else:
        cloud, inner = world.locate(folder)
        cloud.storage.refresh(inner)
