"""Many files by ``cd2 put``, one process for each, as a loop in a shell does it. Prints ``{"seconds", "files"}``."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    """Read the arguments, upload, print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("target", "user", "password", "folder", "destination"):
        parser.add_argument(name)
    given = parser.parse_args()
    files = sorted(Path(given.folder).iterdir())
    with tempfile.TemporaryDirectory() as state:
        environment = {
            **os.environ,
            "CLOUDDRIVE2_URL": given.target,
            "CLOUDDRIVE2_USERNAME": given.user,
            "CLOUDDRIVE2_PASSWORD": given.password,
            "CLOUDDRIVE2_STATE_DIR": state,
            "CLOUDDRIVE2_CONFIG_DIR": state,
        }
        began = time.perf_counter()
        for path in files:
            command = [sys.executable, "-m", "clouddrive2.cli", "put", "--quiet", str(path), given.destination]
            subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        print(json.dumps({"seconds": time.perf_counter() - began, "files": len(files)}))


if __name__ == "__main__":
    main()
