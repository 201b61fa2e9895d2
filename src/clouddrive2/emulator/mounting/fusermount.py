"""The system's part of a FUSE mount: the program ``fusermount3``, which may mount, and unmounts what a killed process leaves.

It is started from here and not by libfuse: libfuse would fork a process in which other threads are at work.
"""

from __future__ import annotations

import importlib
import os
import shutil
import socket
import subprocess
from pathlib import Path

__all__ = ["Connection", "MountFailure", "unmount", "why_unavailable"]

PROGRAM = "fusermount3"
FILESYSTEM = "clouddrive2-emulator"


class MountFailure(Exception):
    """It cannot be mounted, or unmounted; the text says why."""


def why_unavailable() -> str:
    """Why nothing can be mounted on this machine; empty when it can."""
    if not Path("/dev/fuse").exists():
        return "there is no /dev/fuse on this machine"
    if shutil.which(PROGRAM) is None:
        return f"{PROGRAM} is missing; install fuse3"
    try:
        importlib.import_module("mfusepy")
    except ImportError:
        return "mfusepy is missing; pip install 'clouddrive2[mounts]'"
    except OSError:
        return "libfuse is missing; install fuse3"
    return ""


class Connection:
    """A mounted folder, and the open file through which the kernel asks for what is in it. Made from a thread: it blocks.

    Args:
        place: The folder.
        read_only: Whether the kernel refuses changes.

    Raises:
        MountFailure: It cannot be mounted there.
    """

    def __init__(self, place: Path, *, read_only: bool) -> None:
        options = ["ro" if read_only else "rw", "nosuid", "nodev", "default_permissions", "auto_unmount"]
        options += [f"fsname={FILESYSTEM}", "subtype=clouddrive2"]
        if os.getuid() == 0:
            options.append("allow_other")
        # The other end of this goes to the program: it unmounts when ours is closed, however we end.
        self._line, theirs = socket.socketpair()
        try:
            with theirs:
                number = theirs.fileno()
                self._program = subprocess.Popen(
                    [PROGRAM, "-o", ",".join(options), "--", str(place)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    pass_fds=[number],
                    env={**os.environ, "_FUSE_COMMFD": str(number)},
                )
            _, handles, _, _ = socket.recv_fds(self._line, 1, 1)
        except OSError as error:
            self._line.close()
            raise MountFailure(f"{PROGRAM}: {error.strerror}") from error
        if not handles:
            said = self._program.communicate()[1].decode(errors="replace").strip().partition("\n")[0]
            self._line.close()
            raise MountFailure(said or f"{PROGRAM} ended with {self._program.returncode}")
        self.handle = handles[0]

    def close(self) -> None:
        """Let the program end, and unmount what is still mounted."""
        self._line.close()
        self._program.communicate()


def unmount(place: Path, *, by_force: bool) -> str:
    """Unmount a folder; why it did not work, or nothing. Blocks."""
    said = f"no program to unmount {place} was found"
    attempts = [[PROGRAM, "-u", *(["-z"] if by_force else [])], ["umount", *(["-l"] if by_force else [])]]
    for command in attempts:
        if shutil.which(command[0]) is None:
            continue
        done = subprocess.run([*command, str(place)], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return ""
        said = done.stderr.strip().partition("\n")[0] or f"{command[0]} ended with {done.returncode}"
    return said
