"""What people use today, made ready to be measured: packages in a venv of their own, programs of the system."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from processes import HERE, Server, program

VENV = Path(sys.prefix) / "strangers"
PINS = HERE.parent / "tests/strangers/pypi/requirements.txt"


def python() -> tuple[str | None, str]:
    """The interpreter of the venv that ``make`` made in ours; else ``None``, and why."""
    ready = VENV / "ready"
    if ready.is_file() and ready.read_text(encoding="utf-8") == PINS.read_text(encoding="utf-8"):
        return str(VENV / "bin/python"), ""
    return None, "the packages of tests/strangers/pypi/requirements.txt are not installed; make setup does that"


def rclone(server: Server) -> tuple[list[str], dict[str, str]] | None:
    """rclone with a remote ``cd2:`` that is the server's WebDAV, and its environment; ``None`` when it is not installed."""
    found = program("rclone")
    if found is None:
        return None
    target, user, password = server.reach
    obscured = subprocess.run([found, "obscure", password], capture_output=True, text=True, check=True).stdout.strip()
    settings = {
        "RCLONE_CONFIG": os.devnull,
        "RCLONE_CONFIG_CD2_TYPE": "webdav",
        "RCLONE_CONFIG_CD2_VENDOR": "other",
        "RCLONE_CONFIG_CD2_URL": f"http://{target}/dav",
        "RCLONE_CONFIG_CD2_USER": user,
        "RCLONE_CONFIG_CD2_PASS": obscured,
    }
    return [found], settings


def can_mount() -> str:
    """Why nothing can be mounted here; empty when it can."""
    if not Path("/dev/fuse").exists():
        return "no /dev/fuse here"
    if program("fusermount3") is None:
        return "fusermount3 is not installed"
    return ""
