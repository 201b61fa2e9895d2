"""Is a folder of this machine really the mounted drive, or the bare folder below it (protocol.md §9.3)?

A mount point that is not mounted is an ordinary folder: what is copied there stays on the local disk. So a folder counts as
mounted only when the system's mount table has a line for it whose file system can be that of a mounted drive; without such a
table, when it lies on another device than the folder above it.

Every function here may wait for a file system that hangs: run them with :func:`in_thread`.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

__all__ = ["TABLE", "LocalMount", "TableRow", "in_thread", "inspect_mount", "read_table", "unwritable"]

T = TypeVar("T")
Stat = Callable[[str], os.stat_result]

TABLE = Path("/proc/self/mountinfo")
# File systems through FUSE that are no cloud drive: disks, unions of disks, and what containers share folders by.
OTHER_FUSE = frozenset(
    {
        "fuseblk",
        "fuse.fuse-overlayfs",
        "fuse.gocryptfs",
        "fuse.grpcfuse",
        "fuse.lxcfs",
        "fuse.mergerfs",
        "fuse.mhddfs",
        "fuse.ntfs-3g",
        "fuse.osxfs",
        "fuse.shfs",
        "fuse.unionfs",
    }
)
# How a mount of another machine may be seen here; believed only for folders the user names.
SHARES = frozenset({"9p", "cifs", "nfs", "nfs4", "smb3", "smbfs", "virtiofs"})
CONTAINERS = frozenset({"overlay", "aufs", "fuse.fuse-overlayfs"})


@dataclass(frozen=True, slots=True)
class TableRow:
    """One line of the mount table.

    Attributes:
        place: The folder it covers.
        kind: Type of the file system, such as ``ext4`` or ``fuse.clouddrive``.
        origin: What is mounted: a device, a name.
        read_only: Mounted without the right to write.
    """

    place: str
    kind: str
    origin: str
    read_only: bool


@dataclass(frozen=True, slots=True)
class LocalMount:
    """What a folder turned out to be.

    Attributes:
        mounted: It is a mounted drive.
        reason: Why it is not; a sentence without a full stop.
        device: Number of its file system.
        read_only: The system refuses writes.
    """

    mounted: bool
    reason: str = ""
    device: int | None = None
    read_only: bool = False


def read_table(table: Path = TABLE) -> list[TableRow] | None:
    """The system's mounts in the order they were made; ``None`` where there is no such table.

    Args:
        table: A file in the form of ``/proc/self/mountinfo``.
    """
    try:
        lines = table.read_bytes().splitlines()
    except OSError:
        return None
    rows = []
    for line in lines:
        before, _, after = line.partition(b" - ")
        fields, more = before.split(b" "), after.split(b" ")
        if len(fields) < 6 or len(more) < 2:
            continue
        options = {*fields[5].split(b","), *(more[2].split(b",") if len(more) > 2 else ())}
        rows.append(TableRow(_unescaped(fields[4]), os.fsdecode(more[0]), _unescaped(more[1]), b"ro" in options))
    return rows


def inspect_mount(folder: Path, *, named_by_user: bool, table: Path = TABLE, stat: Stat = os.stat) -> LocalMount:
    """Whether a folder is a mounted drive.

    Args:
        folder: The mount point as the server tells it, or a folder the user has named.
        named_by_user: It may then lie below a mount, or be a share of another machine; otherwise the folder itself must be
            mounted.
        table: The system's mount table.
        stat: Looks a path up.
    """
    try:
        real = os.path.realpath(folder)
        found = stat(real)
        beside = stat(os.path.dirname(real))  # noqa: PTH120 - a text goes in and out
    except FileNotFoundError:
        return LocalMount(False, f"{folder} does not exist on this machine")
    except OSError as error:
        if error.errno in (errno.ENOTCONN, errno.EIO, errno.ESTALE):
            return LocalMount(False, f"the mount at {folder} is dead ({error.strerror}); unmount it, then mount it again")
        return LocalMount(False, f"{folder} cannot be looked at: {error.strerror}")
    rows = read_table(table)
    if rows is None:
        # Without a table the border between two devices is the only sign; it shows at the mount point itself.
        if found.st_dev != beside.st_dev or (named_by_user and found.st_dev != stat("/").st_dev):
            return LocalMount(True, device=found.st_dev)
        return LocalMount(False, f"{folder} is a bare folder here")
    row = _covering(rows, real)
    if row is None or not _is_drive(row, named_by_user) or (row.place != real and not named_by_user):
        return LocalMount(False, f"{folder} is a bare folder here{_in_container(rows)}")
    return LocalMount(True, device=found.st_dev, read_only=row.read_only)


def unwritable(place: Path, root: Path) -> str:
    """Why this process may not write where ``place`` is or will be; empty when it may.

    Args:
        place: A file or folder at or below ``root``; what is missing of it does not count.
        root: The folder the mount begins with.
    """
    try:
        while place != root and not place.is_dir():
            place = place.parent
        return "" if os.access(place, os.W_OK | os.X_OK) else f"this user may not write into {place}"
    except OSError as error:
        return f"{place} cannot be looked at: {error.strerror}"


async def in_thread(function: Callable[[], T]) -> T:
    """Run something that may hang for ever in a thread nobody has to wait for: a program can end all the same."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if not done.done():
            if error is not None:
                done.set_exception(error)
            else:
                done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, failed = None, None
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001 - handed over to whoever waits
            failed = error
        # The loop may be gone by now.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, result, failed)

    threading.Thread(target=run, name="mount", daemon=True).start()
    return await done


def _covering(rows: list[TableRow], real: str) -> TableRow | None:
    """The line a path belongs to: the deepest place, and of several there the last one mounted."""
    best: TableRow | None = None
    for row in rows:
        inside = row.place == "/" or real == row.place or real.startswith(row.place + "/")
        if inside and (best is None or len(row.place) >= len(best.place)):
            best = row
    return best


def _is_drive(row: TableRow, named_by_user: bool) -> bool:
    if row.kind == "fuse" or (row.kind.startswith("fuse.") and row.kind not in OTHER_FUSE):
        return True
    return named_by_user and row.kind in SHARES


def _in_container(rows: list[TableRow]) -> str:
    """What is probably the matter when the root of this system is that of a container."""
    root = _covering(rows, "/")
    if root is None or root.kind not in CONTAINERS:
        return ""
    return (
        ": the mount is not propagated into this container; start it with rslave propagation, or name another folder with "
        "--mount-map"
    )


def _unescaped(field: bytes) -> str:
    """A path of the table: blanks, tabs, line ends and backslashes are written as octal numbers."""
    return os.fsdecode(re.sub(rb"\\([0-7]{3})", lambda hit: bytes([int(hit[1], 8)]), field))
