"""An emulator for measurements, in a process of its own: prints its ready line, ends when its input ends.

``--hashes none`` makes a cloud that wants no hashes, so that transfer alone is measured. ``--sink`` throws all file data
away, so that neither disk nor memory is. ``--reads`` is how many ranges the server asks for at once, ``--slots`` how many
uploads it works on; with ``--silent`` an upload channel says nothing before its first message; ``--mount`` mounts the drive;
``--delay`` keeps every piece of data on its way for so many milliseconds, as a network does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from clouddrive2.cli.memory import keep_freed_memory
from clouddrive2.emulator import CloudOptions, Emulator, EmulatorOptions
from clouddrive2.emulator.mounting.fusermount import MountFailure
from clouddrive2.emulator.storage import Item, MemoryStorage
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing.proxy import FaultProxy

CLOUDS = {
    "none": CloudOptions("Cloud", needs=(), knows=()),
    "sha1": CloudOptions("Cloud"),
    "md5+sha1": CloudOptions("Cloud", needs=((1, None), (2, None)), knows=(1, 2)),
}


class Sink(MemoryStorage):
    """Knows names, sizes and hashes, and keeps no bytes."""

    def write(self, temporary: str, offset: int, data: bytes) -> None:
        self._begun(temporary)

    def publish(self, temporary: str, path: str, size: int, hashes: Mapping[int, str]) -> Item:
        super().publish(temporary, path, 0, hashes)
        node = self._existing(path)
        node.item = replace(node.item, size=size)
        return node.item


async def serve(given: argparse.Namespace) -> None:
    """Serve until standard input is closed."""
    options = EmulatorOptions(outstanding_reads=given.reads, upload_slots=given.slots, silent_channel=given.silent)
    async with AsyncExitStack() as stack:
        emulator = Emulator(root=given.root, clouds=[CLOUDS[given.hashes]], options=options)
        if given.sink:
            emulator.world.clouds["Cloud"].storage = Sink()
        await stack.enter_async_context(emulator)
        port = emulator.port
        if given.delay:
            proxy = await stack.enter_async_context(FaultProxy(port))
            proxy.delay = given.delay / 1000
            port = proxy.port
        mounted = await mount(emulator, given.mount) if given.mount else ""
        ready = {"port": port, "user": emulator.username, "password": emulator.password, "mounted": mounted}
        print(json.dumps(ready), flush=True)
        await asyncio.to_thread(sys.stdin.read)


async def mount(emulator: Emulator, place: Path) -> str:
    """Mount the drive; why that did not work, or nothing."""
    try:
        point = await emulator.mounts.add(pb.MountOption(mountPoint=str(place), sourceDir="/", autoMount=True))
    except MountFailure as error:
        return str(error)
    return "" if point.isMounted else point.failReason or "not mounted"


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path)
    parser.add_argument("--hashes", choices=CLOUDS, default="none")
    parser.add_argument("--sink", action="store_true")
    parser.add_argument("--reads", type=int, default=8)
    parser.add_argument("--slots", type=int, default=16)
    parser.add_argument("--silent", action="store_true")
    parser.add_argument("--mount", type=Path)
    parser.add_argument("--delay", type=float, default=0.0)
    keep_freed_memory()
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
