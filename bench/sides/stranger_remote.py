"""Files by the package ``clouddrive2-client``, one after the other, through its calls for remote uploads.

Written as its users write it: one client, blocking calls, an upload channel for each file, an empty hash in the messages
that tell of progress. Nothing is looked up before or verified after. Runs in the venv of the strangers. Prints
``{"seconds", "files", "bytes"}``.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
import uuid
from pathlib import Path

from clouddrive2_client import CloudDriveClient

BLOCK = 4 << 20
ALGORITHMS = {1: "md5", 2: "sha1"}


def upload(client: CloudDriveClient, device: str, source: Path, destination: str) -> int:
    """Send one file; its size."""
    size = source.stat().st_size
    ended, good = client.upload_terminal_enums()
    channel = client.remote_upload_channel(device)
    upload_id = client.start_remote_upload(destination, size).upload_id
    handle = os.open(source, os.O_RDONLY)
    try:
        for message in channel:
            if message.upload_id != upload_id:
                continue
            if message.HasField("read_data"):
                wanted = message.read_data
                data = os.pread(handle, wanted.length, wanted.offset)
                last = wanted.offset + len(data) >= size
                reply = client.remote_read_data(upload_id, wanted.offset, len(data), data, last, wanted.lazy_read)
                if not reply.success:
                    raise SystemExit(f"{source}: {reply.error_message}")
            elif message.HasField("hash_data"):
                kind = message.hash_data.hash_type
                digest = hashlib.new(ALGORITHMS[kind])
                hashed = 0
                while block := os.pread(handle, BLOCK, hashed):
                    digest.update(block)
                    hashed += len(block)
                    client.remote_hash_progress(upload_id, hashed, size, kind)
                client.remote_hash_progress(upload_id, size, size, kind, digest.hexdigest())
            elif message.status_changed.status in ended:
                if message.status_changed.status != good:
                    raise SystemExit(f"{source}: {message.status_changed.error_message}")
                return size
    finally:
        os.close(handle)
        channel.cancel()
    raise SystemExit(f"{source}: the channel ended")


def main() -> None:
    """A file or every file of a folder, into a folder."""
    target, user, password, given, destination = sys.argv[1:]
    source = Path(given)
    files = sorted(source.iterdir()) if source.is_dir() else [source]
    client = CloudDriveClient(target)
    if not client.authenticate(user, password):
        raise SystemExit("not signed in")
    device = str(uuid.uuid4())
    began = time.perf_counter()
    total = sum(upload(client, device, path, f"{destination}/{path.name}") for path in files)
    seconds = time.perf_counter() - began
    client.close()
    print(json.dumps({"seconds": seconds, "files": len(files), "bytes": total}))


if __name__ == "__main__":
    main()
