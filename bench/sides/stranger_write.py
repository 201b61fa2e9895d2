"""Files by the package ``python-clouddrive2``: its ``fs.upload``, which writes into the server through the file API.

It returns when the server has the file, not when its cloud has it. Runs in the venv of the strangers. Prints
``{"seconds", "files", "bytes"}``.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from clouddrive import CloudDriveClient


def main() -> None:
    """A file or every file of a folder, into a folder."""
    target, user, password, given, destination = sys.argv[1:]
    source = Path(given)
    files = sorted(source.iterdir()) if source.is_dir() else [source]
    drive = CloudDriveClient(f"http://{target}", user, password).fs
    began = time.perf_counter()
    for path in files:
        drive.upload(path, f"{destination}/{path.name}")
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "files": len(files), "bytes": sum(path.stat().st_size for path in files)}))


if __name__ == "__main__":
    main()
