"""One file by our client: ``client.uploads.upload``, with journal and verification.

Prints ``{"seconds", "bytes", "by", "read", "read_from_disk"}``: the last two are the bytes this process read meanwhile, and
those of them that came from a disk.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path

from clouddrive2 import AsyncClient, UploadConfig


async def upload(given: argparse.Namespace) -> dict[str, object]:
    """Send one file and return its size and the seconds it took, from the call to the verified result."""
    maps = {"/Cloud": Path(given.mounted) / "Cloud"} if given.mounted else None
    signed_in = {"username": given.user, "password": given.password}
    with tempfile.TemporaryDirectory() as state:
        config = UploadConfig(state_folder=Path(state), reads_in_flight=given.in_flight)
        async with AsyncClient(given.target, **signed_in, transport=given.transport, mount_maps=maps, uploads=config) as client:
            # Sign in and connect, as the bare side does before its clock starts.
            await client.files.exists(given.destination)
            read, from_disk = bytes_read()
            began = time.perf_counter()
            uploaded = await client.uploads.upload(given.source, given.destination, routes=[given.route], wait=given.wait)
            seconds = time.perf_counter() - began
            read, from_disk = bytes_read()[0] - read, bytes_read()[1] - from_disk
            return {
                "seconds": seconds,
                "bytes": uploaded.size,
                "by": uploaded.route,
                "read": read,
                "read_from_disk": from_disk,
            }


def bytes_read() -> tuple[int, int]:
    """By this process so far, and from a disk."""
    counters = dict(line.split(": ") for line in Path("/proc/self/io").read_text(encoding="ascii").splitlines())
    return int(counters["rchar"]), int(counters["read_bytes"])


def main() -> None:
    """Read the arguments, upload, print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("target", "user", "password", "source", "destination"):
        parser.add_argument(name)
    parser.add_argument("--route", default="remote")
    parser.add_argument("--wait", default="cloud")
    parser.add_argument("--transport", default="grpc")
    parser.add_argument("--in-flight", type=int, default=UploadConfig().reads_in_flight)
    parser.add_argument("--mounted", help="where the drive is mounted")
    print(json.dumps(asyncio.run(upload(parser.parse_args()))))


if __name__ == "__main__":
    main()
