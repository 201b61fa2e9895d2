"""The engine's hashing of a file against hashlib alone on bytes in memory. Prints one line of JSON."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
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


def measure(size: int, rounds: int) -> dict[str, object]:
    """Ratios; of speed more is better, of cost less. Medians of the rounds' own."""
    several = {"both": [MD5, SHA1], "three": [MD5, SHA1, PIKPAK_SHA1]}
    found: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        with path.open("wb") as file:
            for _ in range(size // MIB):
                file.write(os.urandom(MIB))
        for _ in range(rounds):
            alone_seconds = {MD5: alone("md5", size), SHA1: alone("sha1", size)}
            single = {kind: asyncio.run(ours(path, [HashKind(kind)])) for kind in (MD5, SHA1, PIKPAK_SHA1)}
            found["md5_speed_of_hashlib"].append(alone_seconds[MD5] / single[MD5])
            found["sha1_speed_of_hashlib"].append(alone_seconds[SHA1] / single[SHA1])
            for name, kinds in several.items():
                seconds = asyncio.run(ours(path, [HashKind(kind) for kind in kinds]))
                found[f"{name}_cost_of_slowest"].append(seconds / max(single[kind] for kind in kinds))
            found["md5_mib_s"].append(size / MIB / single[MD5])
    row = {name: statistics.median(values) for name, values in found.items()}
    return {"what": f"hashing {size // MIB} MiB from the page cache", **row}


if __name__ == "__main__":
    print(json.dumps(measure(*(int(text) for text in sys.argv[1:]))))
