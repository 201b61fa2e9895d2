"""Many files by our client in one batch, each looked up before and verified after. Prints ``{"seconds", "files"}``."""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path

from clouddrive2 import AsyncClient, UploadConfig


async def upload_all(target: str, user: str, password: str, folder: Path, destination: str) -> dict[str, float]:
    """Send every file of a folder."""
    files = sorted(folder.iterdir())
    with tempfile.TemporaryDirectory() as state:
        config = UploadConfig(state_folder=Path(state))
        began = time.perf_counter()
        async with (
            AsyncClient(target, username=user, password=password, uploads=config) as client,
            client.uploads.batch() as batch,
        ):
            for path in files:
                batch.add(path, destination)
            for item in await batch.outcomes():
                if item.uploaded is None or item.uploaded.verified != "hash":
                    raise SystemExit(f"{item.source}: {item.error or 'not verified'}")
        return {"seconds": time.perf_counter() - began, "files": len(files)}


def main() -> None:
    """Read the arguments, upload, print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("target", "user", "password", "folder", "destination"):
        parser.add_argument(name)
    given = parser.parse_args()
    outcome = asyncio.run(upload_all(given.target, given.user, given.password, Path(given.folder), given.destination))
    print(json.dumps(outcome))


if __name__ == "__main__":
    main()
