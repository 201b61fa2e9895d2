"""The same file by our client: ``client.uploads.upload``, with journal and verification. Prints ``{"seconds", "bytes"}``."""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path

from clouddrive2 import AsyncClient, UploadConfig


async def upload(target: str, user: str, password: str, source: Path, destination: str) -> dict[str, float]:
    """Send one file and return its size and the seconds it took, from the call to the verified result."""
    with tempfile.TemporaryDirectory() as state:
        config = UploadConfig(state_folder=Path(state))
        async with AsyncClient(target, username=user, password=password, uploads=config) as client:
            await client.files.exists(destination)  # sign in and connect, as the bare side does before its clock starts
            began = time.perf_counter()
            uploaded = await client.uploads.upload(source, destination)
            return {"seconds": time.perf_counter() - began, "bytes": uploaded.size}


def main() -> None:
    """Read the arguments, upload, print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("target", "user", "password", "source", "destination"):
        parser.add_argument(name)
    given = parser.parse_args()
    outcome = asyncio.run(upload(given.target, given.user, given.password, Path(given.source), given.destination))
    print(json.dumps(outcome))


if __name__ == "__main__":
    main()
