"""Many files by our client in one batch, each looked up before and verified after. Prints ``{"seconds", "files"}``."""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path

from clouddrive2 import AsyncClient, UploadConfig


async def upload_all(given: argparse.Namespace) -> dict[str, float]:
    """Send every file of a folder."""
    files = sorted(Path(given.folder).iterdir())
    maps = {"/Cloud": Path(given.mounted) / "Cloud"} if given.mounted else None
    signed_in = {"username": given.user, "password": given.password}
    with tempfile.TemporaryDirectory() as state:
        config = UploadConfig(state_folder=Path(state))
        began = time.perf_counter()
        async with (
            AsyncClient(given.target, **signed_in, transport=given.transport, mount_maps=maps, uploads=config) as client,
            client.uploads.batch(routes=[given.route], files_at_once=given.at_once) as batch,
        ):
            for path in files:
                batch.add(path, given.destination)
            for item in await batch.outcomes():
                if item.uploaded is None or item.uploaded.verified is None:
                    raise SystemExit(f"{item.source}: {item.error or 'not verified'}")
        return {"seconds": time.perf_counter() - began, "files": len(files)}


def main() -> None:
    """Read the arguments, upload, print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("target", "user", "password", "folder", "destination"):
        parser.add_argument(name)
    parser.add_argument("--route", default="remote")
    parser.add_argument("--transport", default="grpc")
    parser.add_argument("--at-once", type=int, default=UploadConfig().files_at_once)
    parser.add_argument("--mounted", help="where the drive is mounted")
    print(json.dumps(asyncio.run(upload_all(parser.parse_args()))))


if __name__ == "__main__":
    main()
