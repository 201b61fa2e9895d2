"""Many files by our client, but a new client with its own connection and channel for each, as a script in a loop does it.

Prints ``{"seconds", "files"}``.
"""

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
        for path in files:
            async with AsyncClient(target, username=user, password=password, uploads=config) as client:
                uploaded = await client.uploads.upload(path, destination)
                if uploaded.verified != "hash":
                    raise SystemExit(f"{path}: not verified")
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
