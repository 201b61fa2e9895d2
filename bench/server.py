"""An emulator for measurements, in a process of its own: prints its ready line, ends when its input ends.

``--hashes none`` makes a cloud that wants no hashes, so that transfer alone is measured; ``--reads`` is how many ranges
the server asks for at once; with ``--silent`` an upload channel says nothing before its first message.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path

from clouddrive2.emulator import CloudOptions, Emulator, EmulatorOptions

CLOUDS = {
    "none": CloudOptions("Cloud", needs=(), knows=()),
    "sha1": CloudOptions("Cloud"),
}


async def serve(root: Path | None, hashes: str, reads: int, silent: bool) -> None:
    """Serve until standard input is closed."""
    options = EmulatorOptions(outstanding_reads=reads, silent_channel=silent)
    async with Emulator(root=root, clouds=[CLOUDS[hashes]], options=options) as emulator:
        print(json.dumps({"port": emulator.port, "user": emulator.username, "password": emulator.password}), flush=True)
        await asyncio.to_thread(sys.stdin.read)


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path)
    parser.add_argument("--hashes", choices=CLOUDS, default="none")
    parser.add_argument("--reads", type=int, default=8)
    parser.add_argument("--silent", action="store_true")
    given = parser.parse_args()
    asyncio.run(serve(given.root, given.hashes, given.reads, given.silent))


if __name__ == "__main__":
    main()
