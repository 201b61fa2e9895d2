"""The engine's hashing of a file against hashlib alone on bytes in memory. Prints one line of JSON."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from clouddrive2.upload.hashing import MD5, PIKPAK_SHA1, SHA1, FileHasher, HashKind, HashPool
from clouddrive2.upload.source import LocalFile

MIB = 1 << 20


def alone(name: str, size: int) -> float:
    """Seconds hashlib takes for so many bytes, fed 4 MiB at a time."""
    data = os.urandom(4 * MIB)
    algorithm = hashlib.new(name, usedforsecurity=False)
    began = time.perf_counter()
    for _ in range(size // len(data)):
        algorithm.update(data)
    return time.perf_counter() - began


async def ours(path: Path, kinds: list[HashKind]) -> float:
    """Seconds the engine takes for a file in the page cache."""
    pool = HashPool(1)
    source = LocalFile(path)
    hasher = FileHasher(source, pool)
    began = time.perf_counter()
    await asyncio.gather(*(hasher.compute(kind) for kind in kinds))
    seconds = time.perf_counter() - began
    source.close()
    pool.close()
    return seconds


def measure(size: int) -> dict[str, object]:
    """Ratios; more is better, except for the cost of several at once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        with path.open("wb") as file:
            for _ in range(size // MIB):
                file.write(os.urandom(MIB))
        md5_alone, sha1_alone = alone("md5", size), alone("sha1", size)
        md5 = asyncio.run(ours(path, [HashKind(MD5)]))
        sha1 = asyncio.run(ours(path, [HashKind(SHA1)]))
        both = asyncio.run(ours(path, [HashKind(MD5), HashKind(SHA1)]))
        three = asyncio.run(ours(path, [HashKind(MD5), HashKind(SHA1), HashKind(PIKPAK_SHA1)]))
    return {
        "what": f"hashing {size // MIB} MiB from the page cache",
        "md5_of_hashlib": md5_alone / md5,
        "sha1_of_hashlib": sha1_alone / sha1,
        "both_cost_of_slowest": both / max(md5, sha1),
        "three_cost_of_slowest": three / max(md5, sha1),
        "md5_mib_s": size / MIB / md5,
    }


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
