"""The entry of ``cd2``: puts streams and libraries in order, then hands over to :mod:`clouddrive2.cli.app`."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

__all__ = ["main"]

NEEDED = {"typer", "rich", "tomli_w"}
CANNOT_START = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line, by default the process's own, and returns its exit code."""
    # gRPC's core writes its own remarks to stderr, where they would stand between ours and break the JSON of --json.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        # The plain install brings this file along, but not what the command line needs.
        from clouddrive2.cli.app import run
    except ModuleNotFoundError as error:
        if error.name not in NEEDED:
            raise
        sys.stderr.write(f"cd2: {error.name} is missing; the command line needs: pip install 'clouddrive2[cli]'\n")
        return CANNOT_START
    return run(sys.argv[1:] if arguments is None else arguments)
