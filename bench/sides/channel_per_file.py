"""How small files go today: one after the other, each with a connection and an upload channel of its own.

The rest of the dialogue is as lean as it can be: no look-up before, no verification after. Prints ``{"seconds", "files"}``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from pathlib import Path

from bare_upload import upload


async def upload_all(target: str, user: str, password: str, folder: Path, destination: str) -> dict[str, float]:
    """Send every file of a folder."""
    began = time.perf_counter()
    files = sorted(folder.iterdir())
    for path in files:
        await upload(target, user, password, path, f"{destination}/{path.name}")
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
