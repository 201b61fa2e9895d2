"""A mounted tree as a real file system, through FUSE.

The file system's loop runs in a thread of its own, one request after the other. Requests about names and entries are
answered on the server's loop; bytes go straight to the storage. So nobody may touch the mount from the server's loop
itself: the kernel would wait for the loop, and the loop for the kernel.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import errno
import importlib
import logging
import os
import signal
import stat
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from clouddrive2.emulator.mounting.faults import MountDied
from clouddrive2.emulator.mounting.fusermount import Connection, MountFailure, unmount, why_unavailable
from clouddrive2.emulator.mounting.tree import Attributes, MountedTree

__all__ = ["FuseMount", "Look"]

logger = logging.getLogger(__name__)
T = TypeVar("T")
START_SECONDS = 10.0
NAME_BYTES = 255
BLOCK = 4096


class Look:
    """Owner and mode of everything a mount shows.

    Args:
        user, group: Numbers of the owner.
        mode: Bits of folders; files lack those to execute.
    """

    def __init__(self, user: int, group: int, mode: int) -> None:
        self._owner = {"st_uid": user, "st_gid": group}
        self._mode = mode

    def of(self, found: Attributes) -> dict[str, int]:
        """The answer to ``stat``."""
        mode = stat.S_IFDIR | self._mode if found.is_folder else stat.S_IFREG | (self._mode & 0o666)
        return {
            **self._owner,
            "st_mode": mode,
            "st_nlink": 2 if found.is_folder else 1,
            "st_size": found.size,
            "st_blocks": -(-found.size // 512),
            "st_mtime": int(found.modified * 1e9),
            "st_ctime": int(found.modified * 1e9),
            "st_atime": int(found.modified * 1e9),
        }


class FuseMount:
    """One mounted file system. Started once, stopped once.

    Args:
        tree: What it shows.
        place: The local folder it covers; made when missing.
        look: Owner and mode.
        read_only: Mounted so that the kernel refuses changes, too.
        ended: Called on the loop when it ends although nobody stopped it.
    """

    def __init__(self, tree: MountedTree, place: Path, look: Look, *, read_only: bool, ended: Callable[[], None]) -> None:
        self._tree = tree
        self._place = place
        self._look = look
        self._read_only = read_only
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._settled = asyncio.Event()
        self._over = asyncio.Event()
        self._stopping = False
        self._problem = ""
        self._letting_go: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._serve, name=f"mount {place}", daemon=True)

    async def start(self) -> None:
        """Mount; returns when the file system answers.

        Raises:
            MountFailure: It cannot be mounted.
        """
        if problem := why_unavailable():
            raise MountFailure(problem)
        try:
            await asyncio.to_thread(self._prepare)
        except OSError as error:
            raise MountFailure(f"{self._place} cannot be used: {error.strerror}") from error
        self._thread.start()
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._settled.wait()
        except TimeoutError:
            self._problem = "the file system does not answer"
        if self._problem:
            raise MountFailure(self._problem)

    async def stop(self, *, by_force: bool) -> None:
        """Unmount and wait for the end.

        Args:
            by_force: Also while files in it are open: it vanishes from the tree of folders at once.

        Raises:
            MountFailure: It is in use.
        """
        if self._over.is_set():
            return
        self._stopping = True
        problem = await asyncio.to_thread(unmount, self._place, by_force=False)
        if problem and by_force:
            problem = await asyncio.to_thread(unmount, self._place, by_force=True)
        if problem:
            self._stopping = False
            raise MountFailure(problem)
        # A file that is still open keeps the file system behind a forced end alive; it answers nothing then.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if not by_force else 2.0):
                await self._over.wait()
        await self._tree.close()

    def _prepare(self) -> None:
        """Make the folder, and clear away the dead mount of a killed server."""
        try:
            self._place.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            if not self._is_dead():
                raise
        if self._is_dead():
            unmount(self._place, by_force=True)
        next(self._place.iterdir(), None)

    def _is_dead(self) -> bool:
        try:
            self._place.stat()
        except OSError as error:
            return error.errno == errno.ENOTCONN
        return False

    def _serve(self) -> None:
        try:
            connection = Connection(self._place, read_only=self._read_only)
        except MountFailure as error:
            self._end(str(error))
            return
        mfusepy = importlib.import_module("mfusepy")
        problem = ""
        try:
            mfusepy.FUSE(
                _operations(mfusepy.Operations)(self),
                f"/dev/fd/{connection.handle}",
                foreground=True,
                nothreads=True,
                hard_remove=True,
                # What happens through the API shows at once.
                attr_timeout=0,
                entry_timeout=0,
            )
        except RuntimeError as error:
            problem = f"libfuse does not serve {self._place} (code {error})"
        finally:
            connection.close()
            self._end(problem)

    def _end(self, problem: str) -> None:
        self._problem = problem
        # The loop may be gone by now.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._has_ended)

    def _has_ended(self) -> None:
        was_mounted = self._settled.is_set()
        self._settled.set()
        self._over.set()
        if was_mounted and not self._stopping:
            logger.warning("%s is no longer mounted", self._place, extra={"action": "mount_ended"})
            self._letting_go = self._loop.create_task(self._tree.close())
            self._ended()

    # Called by the file system's thread

    def ready(self) -> None:
        """It answers from now on."""
        self._loop.call_soon_threadsafe(self._settled.set)

    def look(self, found: Attributes) -> dict[str, int]:
        """The answer to ``stat``."""
        return self._look.of(found)

    def ask(self, work: Callable[[MountedTree], Coroutine[Any, Any, T]]) -> T:
        """Do something on the server's loop and wait."""
        self.check()
        try:
            return asyncio.run_coroutine_threadsafe(work(self._tree), self._loop).result()
        except asyncio.CancelledError as error:
            raise OSError(errno.ENOTCONN, "the server ends") from error

    def tree(self) -> MountedTree:
        """The tree itself, for bytes."""
        self.check()
        return self._tree

    def check(self) -> None:
        """Raise when the loop may be gone."""
        if self._over.is_set() or self._loop.is_closed() or not self._loop.is_running():
            raise OSError(errno.ENOTCONN, "the server ends")


def _as_before(folder: int) -> None:
    """Undo what libfuse does to a whole process: its working folder, and signals that Python leaves to the system."""
    with contextlib.suppress(OSError):
        os.fchdir(folder)
    system = ctypes.CDLL(None)
    for number in (signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_DFL:
            system.signal(int(number), None)


def _operations(base: type) -> type:
    """The callbacks; a function, because the base class belongs to a library that may be missing."""

    class Operations(base):  # type: ignore[misc]
        use_ns = True

        def __init__(self, mount: FuseMount) -> None:
            self._mount = mount
            # The loop changes the process's working folder to the root when it starts.
            self._folder = os.open(".", os.O_RDONLY | os.O_CLOEXEC)

        def init(self, path: str) -> None:
            _as_before(self._folder)
            os.close(self._folder)
            self._mount.ready()

        def getattr(self, path: str, fh: int | None = None) -> dict[str, int]:
            return self._mount.look(self._mount.ask(lambda tree: tree.attributes(path, fh)))

        def readdir(self, path: str, fh: int) -> list[str]:
            return [".", "..", *self._mount.ask(lambda tree: tree.names(path))]

        def statfs(self, path: str) -> dict[str, int]:
            room = self._mount.ask(lambda tree: tree.room())
            return {
                "f_bsize": BLOCK,
                "f_frsize": BLOCK,
                "f_blocks": room.total // BLOCK,
                "f_bfree": room.free // BLOCK,
                "f_bavail": room.free // BLOCK,
                "f_namemax": NAME_BYTES,
            }

        def mkdir(self, path: str, mode: int) -> int:
            self._mount.ask(lambda tree: tree.make_folder(path))
            return 0

        def rmdir(self, path: str) -> int:
            self._mount.ask(lambda tree: tree.remove(path, folder=True))
            return 0

        def unlink(self, path: str) -> int:
            self._mount.ask(lambda tree: tree.remove(path, folder=False))
            return 0

        def rename(self, old: str, new: str) -> int:
            self._mount.ask(lambda tree: tree.rename(old, new))
            return 0

        def create(self, path: str, mode: int, fi: Any = None) -> int:
            return self._mount.ask(lambda tree: tree.create(path))

        def open(self, path: str, flags: int) -> int:
            return self._mount.ask(lambda tree: tree.open(path, flags))

        def truncate(self, path: str, length: int, fh: int | None = None) -> int:
            self._mount.ask(lambda tree: tree.truncate(path, length, fh))
            return 0

        def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
            return self._mount.tree().read(fh, offset, size)

        def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
            try:
                return self._mount.tree().write(fh, offset, data)
            except MountDied:
                importlib.import_module("mfusepy").fuse_exit()
                raise OSError(errno.EIO, "the mount ends") from None

        def flush(self, path: str, fh: int) -> int:
            return 0

        def fsync(self, path: str, datasync: int, fh: int) -> int:
            return 0

        def release(self, path: str, fh: int) -> int:
            self._mount.ask(lambda tree: tree.release(fh))
            return 0

        # Owners, modes and times are the mount's own: taken and forgotten, so that copying tools are content.

        def chmod(self, path: str, mode: int) -> int:
            return 0

        def chown(self, path: str, uid: int, gid: int) -> int:
            return 0

        def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
            return 0

    return Operations
