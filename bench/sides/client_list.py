"""List a folder by our client, keeping nothing. Prints ``{"seconds", "first", "entries"}``."""

from __future__ import annotations

import asyncio
import json
import sys
import time

from clouddrive2 import AsyncClient


async def measure(target: str, user: str, password: str, path: str) -> dict[str, float]:
    """Seconds until the first entry and until the last."""
    async with AsyncClient(target, username=user, password=password) as client:
        await client.files.stat(path)
        began = time.perf_counter()
        first = entries = 0.0
        async for _ in client.files.list(path):
            first = first or time.perf_counter() - began
            entries += 1
        return {"seconds": time.perf_counter() - began, "first": first, "entries": entries}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(*sys.argv[1:]))))
