"""A file on its way here: beside its target under a name of its own, so that nobody takes a part for the whole."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from clouddrive2.errors import AlreadyExists, Error, HashMismatch, InvalidRequest, NotFound, OperationFailed, PermissionDenied
from clouddrive2.models.files import Entry

__all__ = ["Partial"]

LONGEST_NAME = 255
ADDED = len(f"..{'0' * 12}.part")
READ_BYTES = 1024 * 1024


class Partial:
    """One download's file, to be used from worker threads: every method blocks.

    Its name carries a fingerprint of what it is a part of: source, size, time and hashes. A file that changed in the drive
    gets another name, so two contents never mix. A lock on the file keeps a second download of the same away.

    Args:
        to: The local file, or an existing folder that receives it under its name.
        entry: What the drive says of the file.
        origin: The server it comes from.
        overwrite: Replace what stands at the target.
        keep: Leave the part for a later run when this one does not finish, and go on with what an earlier one left.

    Attributes:
        have: How many bytes are here.
        resumed: Whether some of them came with an earlier run.
    """

    def __init__(self, to: Path, entry: Entry, *, origin: str, overwrite: bool, keep: bool) -> None:
        self.entry = entry
        self.have = 0
        self.resumed = False
        self._to = to
        self._origin = origin
        self._overwrite = overwrite
        # A size alone does not tell two contents apart.
        self._keep = keep and (entry.modified is not None or bool(entry.hashes))
        self._wanted = entry.hashes.sha1 or entry.hashes.md5
        self._hash = hashlib.new("sha1" if entry.hashes.sha1 else "md5", usedforsecurity=False)
        self._target = to
        self._path = to
        self._file: BinaryIO | None = None
        # A cancelled caller does not stop its thread: closing waits for a write that still runs.
        self._turn = threading.Lock()
        self._closed = self._finished = False

    def open(self) -> None:
        """Check the target, then open the part.

        Raises:
            AlreadyExists: Something stands at the target, or another program downloads the same to there now.
            NotFound: The target's folder does not exist.
            OperationFailed: There is no room.
        """
        with self._turn, self._local_errors():
            if self._closed:
                raise OperationFailed(f"{self._to}: the download was stopped", path=str(self._to))
            self._target = self._find_target()
            self._path = self._target.with_name(self._part_name(self._fingerprint()))
            self._file = self._locked()
            self._remove_outdated()
            self.have = self._file.seek(0, os.SEEK_END)
            if not self._keep or self.have > self.entry.size:
                self._file.truncate(0)
                self.have = self._file.seek(0)
            self.resumed = self.have > 0
            self._check_room()
            if self._wanted and self.resumed:
                self._file.seek(0)
                while piece := self._file.read(READ_BYTES):
                    self._hash.update(piece)

    def write(self, data: bytes | bytearray) -> None:
        """Append."""
        with self._turn, self._local_errors():
            if self._file is None:
                return
            self._file.write(data)
            self.have += len(data)
            if self._wanted:
                self._hash.update(data)

    def finish(self) -> Path:
        """Compare size and hash, then give the file its name and time in one step.

        Raises:
            HashMismatch: It is not what the drive says; nothing is kept.
            AlreadyExists: Something took the name meanwhile; the part is kept.
        """
        with self._turn, self._local_errors():
            if self._file is None:
                raise OperationFailed(f"{self._target}: the download was stopped", path=str(self._target))
            path = self.entry.path
            if self.have != self.entry.size or (self._wanted and self._hash.hexdigest() != self._wanted):
                self._path.unlink()
                what = "another size" if self.have != self.entry.size else "another hash"
                raise HashMismatch(f"{path}: what came has {what} than the drive says; nothing is kept", path=path)
            self._file.flush()
            os.fsync(self._file.fileno())
            if self.entry.modified is not None:
                moment = self.entry.modified.timestamp()
                os.utime(self._file.fileno(), (moment, moment))
            self._publish()
            self._finished = True
            return self._target

    def close(self) -> None:
        """Close the file. An unfinished part stays when it was asked to; may be called twice."""
        with self._turn:
            self._closed = True
            file, self._file = self._file, None
            if file is None:
                return
            if not self._finished and (not self._keep or self.have == 0):
                self._path.unlink(missing_ok=True)
            # What was buffered may not fit on the disk; the part is shorter then, which the next run sees.
            with suppress(OSError):
                file.close()

    def _find_target(self) -> Path:
        target = self._to
        if target.is_dir():
            name = self.entry.name
            if name in ("", ".", "..") or "/" in name or "\0" in name:
                raise InvalidRequest(f"'{name}' cannot be a local file name; give one", path=self.entry.path)
            target = target / name
            if target.is_dir():
                raise AlreadyExists(f"{target} is a folder; choose another name", path=str(target))
        if not target.parent.is_dir():
            raise NotFound(f"the folder {target.parent} does not exist; create it first", path=str(target.parent))
        if not self._overwrite and os.path.lexists(target):
            raise self._taken(target)
        return target

    def _taken(self, target: Path) -> AlreadyExists:
        return AlreadyExists(f"{target} exists already; allow replacing it, or choose another name", path=str(target))

    def _fingerprint(self) -> str:
        entry = self.entry
        facts = (self._origin, entry.path, entry.size, entry.modified, sorted(entry.hashes.by_type().items()), self._target.name)
        return hashlib.sha256(repr(facts).encode("utf-8", "surrogatepass")).hexdigest()[:12]

    def _part_name(self, fingerprint: str) -> str:
        name = os.fsencode(self._target.name)[: LONGEST_NAME - ADDED].decode("utf-8", "ignore")
        return f".{name}.{fingerprint}.part"

    def _locked(self) -> BinaryIO:
        while True:
            file = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666), "r+b")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                file.close()
                message = f"{self._target} is being downloaded by another program now"
                raise AlreadyExists(message, path=str(self._target)) from error
            except OSError:
                # Some network file systems know no locks; the download works there, only unguarded.
                return file
            # Who had the lock before may have given the file its final name, or removed it.
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(file.fileno()), self._path.stat()):
                    return file
            file.close()
            if not self._overwrite and os.path.lexists(self._target):
                raise self._taken(self._target)

    def _remove_outdated(self) -> None:
        """Parts of earlier contents of the same target, unless somebody works on them."""
        pattern = re.compile(re.escape(self._part_name("#")).replace(r"\#", "[0-9a-f]{12}"))
        for other in self._path.parent.iterdir():
            if other.name == self._path.name or not pattern.fullmatch(other.name):
                continue
            with suppress(OSError), other.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                other.unlink()

    def _check_room(self) -> None:
        missing, free = self.entry.size - self.have, shutil.disk_usage(self._path.parent).free
        if missing > free:
            raise OperationFailed(
                f"{self._target}: no room: {missing:,} bytes are to come, {free:,} are free", path=str(self._target)
            )

    def _publish(self) -> None:
        if self._overwrite:
            self._path.replace(self._target)
            return
        # A hard link refuses a taken name in one step; where there are none, look and rename.
        try:
            os.link(self._path, self._target)
        except FileExistsError:
            raise self._taken(self._target) from None
        except OSError:
            if os.path.lexists(self._target):
                raise self._taken(self._target) from None
            self._path.rename(self._target)
        else:
            self._path.unlink()

    @contextmanager
    def _local_errors(self) -> Iterator[None]:
        """What the file system says, as our exceptions."""
        try:
            yield
        except Error:
            raise
        except OSError as error:
            kinds: dict[type[OSError], type[Error]] = {
                FileNotFoundError: NotFound,
                PermissionError: PermissionDenied,
                FileExistsError: AlreadyExists,
                IsADirectoryError: AlreadyExists,
            }
            kind = kinds.get(type(error), OperationFailed)
            reason = error.strerror or str(error)
            raise kind(f"{self._target} cannot be written: {reason}", path=str(self._target)) from error
