"""A file on its way here: beside its target under a name of its own, so that nobody takes a part for the whole."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import BinaryIO

from clouddrive2.api.local_files import check_local_name, local_errors, publish, taken
from clouddrive2.api.part_notes import PartNotes
from clouddrive2.api.ranges import Ranges, Span
from clouddrive2.api.reading import Content
from clouddrive2.errors import AlreadyExists, HashMismatch, NotFound, OperationFailed
from clouddrive2.models.files import Downloaded, Entry
from clouddrive2.models.uploads import Verify

__all__ = ["Partial"]

LONGEST_NAME = 255
NOTES = ".notes"
ADDED = len(f"..{'0' * 12}.part{NOTES}~")
READ_BYTES = 1024 * 1024
# How far hashing may run behind one write; what is further behind is made up for later.
HASH_AHEAD_BYTES = 8 * READ_BYTES
# A killed process loses what came since the last note; each note waits for the disk.
NOTE_SECONDS = 2.0
# Files of this size have the room for their notes from the start; of smaller ones little is lost.
RESERVE_FROM = 8 * 1024 * 1024


class Partial:
    """One download's file, to be used from worker threads: every method blocks. Bytes may come in any order.

    It has its full size from the start, as a sparse file. Which bytes of it are here stands in notes beside it, written after
    those bytes have reached the disk, with a fingerprint of what they are bytes of: source, size, time and hashes. Notes with
    another fingerprint, or of a part that has not its full size, are those of an earlier download and do not count; so two
    contents never mix. A lock on the part keeps a second download to the same target away.

    Args:
        to: The local file, or an existing folder that receives it under its name.
        entry: What the drive says of the file.
        origin: The server it comes from.
        overwrite: Replace what stands at the target.
        keep: Leave the part for a later run when this one does not finish, and go on with what an earlier one left.
        verify: What is compared at the end. The hash only where the drive knows one.
        clock: Seconds, monotonic.

    Attributes:
        have: How many bytes are here.
        resumed: Whether some of them came with an earlier run.
        content: What those belong to, as the server told.
    """

    def __init__(
        self,
        to: Path,
        entry: Entry,
        *,
        origin: str,
        overwrite: bool,
        keep: bool,
        verify: Verify = Verify.AUTO,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.entry = entry
        self.have = 0
        self.resumed = False
        self.content = Content(entry.size)
        self._to = to
        self._origin = origin
        self._overwrite = overwrite
        # A size alone does not tell two contents apart.
        self._keep = keep and (entry.modified is not None or bool(entry.hashes))
        self._verify = verify
        self._wanted = (entry.hashes.sha1 or entry.hashes.md5) if verify in (Verify.AUTO, Verify.HASH) else None
        self._hash = hashlib.new("sha1" if entry.hashes.sha1 else "md5", usedforsecurity=False)
        self._hashed = 0
        self._clock = clock
        self._noted_at = clock()
        self._here = Ranges()
        # So that nothing is looked for beside the many small files that never had notes.
        self._has_notes = False
        self._target = self._path = self._notes = to
        self._file: BinaryIO | None = None
        # A cancelled caller does not stop its thread: closing waits for a write that still runs, and ends hashing.
        self._turn, self._hash_turn = threading.Lock(), threading.Lock()
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
                raise self._stopped()
            self._target = self._find_target()
            self._path = self._target.with_name(_part_name(self._target.name))
            self._notes = self._path.with_name(self._path.name + NOTES)
            self._file = self._locked()
            self._take_up(self._file)
            self._check_room()
            self._file.truncate(self.entry.size)

    def missing(self, longest: int | None = None, start: int = 0, end: int | None = None) -> list[Span]:
        """What is not here of the bytes from ``start`` up to ``end``, in pieces of at most ``longest``."""
        return self._here.missing(start, self.entry.size if end is None else end, longest)

    def write(self, start: int, data: bytes | bytearray) -> None:
        """Bytes that belong at ``start``."""
        with self._turn, self._local_errors():
            if self._file is None:
                return
            with memoryview(data) as view:
                at = 0
                while at < len(view):
                    at += os.pwrite(self._file.fileno(), view[at:], start + at)
            self._here.add(start, start + len(data))
            self.have = self._here.total
            if self._keep and self._clock() - self._noted_at >= NOTE_SECONDS:
                self._note()
        if self._wanted and self._hash_turn.acquire(blocking=False):
            try:
                if start == self._hashed:
                    self._hash.update(data)
                    self._hashed += len(data)
                self._hash_on(min(self._hashed + HASH_AHEAD_BYTES, self._here.beginning))
            finally:
                self._hash_turn.release()

    def finish(self) -> Downloaded:
        """Compare the hash, then give the file its name and time in one step. Every byte must be here.

        Raises:
            HashMismatch: It is not what the drive says; nothing is kept.
            AlreadyExists: Something took the name meanwhile; the part is kept.
        """
        with self._local_errors(), self._hash_turn:
            if self._wanted:
                self._hash_on(self.entry.size)
        with self._turn, self._local_errors():
            if self._file is None or self._closed:
                raise self._stopped()
            if self._wanted and self._hash.hexdigest() != self._wanted:
                self.discard()
                path = self.entry.path
                raise HashMismatch(f"{path}: what came has another hash than the drive says; nothing is kept", path=path)
            os.fsync(self._file.fileno())
            if self.entry.modified is not None:
                moment = self.entry.modified.timestamp()
                os.utime(self._file.fileno(), (moment, moment))
            publish(self._path, self._target, overwrite=self._overwrite)
            self._finished = True
            if self._has_notes:
                # Those that stay behind because the process ends just here are void: see the class.
                PartNotes.remove(self._notes)
            by = "hash" if self._wanted else None if self._verify is Verify.NONE else "size"
            return Downloaded(self._target, self.entry.size, by)

    def discard(self) -> None:
        """What is here is of no use: closing removes it."""
        self._keep = False

    def close(self) -> None:
        """Close the file; note what is here, or remove it when it is not to be kept. May be called at any time."""
        self._closed = True
        with self._turn, self._hash_turn:
            file, self._file = self._file, None
            if file is None:
                return
            # A disk that takes nothing any more still has the notes before these, and the next run goes by them.
            with suppress(OSError), file:
                if self._finished:
                    return
                if self._keep and self.have:
                    self._note(file)
                    PartNotes.release(self._notes)
                else:
                    self._path.unlink(missing_ok=True)
                    PartNotes.remove(self._notes)

    def _take_up(self, file: BinaryIO) -> None:
        """Go by the notes of an earlier run, if they speak of this part."""
        full = os.fstat(file.fileno()).st_size == self.entry.size
        notes = PartNotes.read(self._notes, self._fingerprint(), self.entry.size) if full and self._keep else None
        if notes is None:
            file.truncate(0)
            PartNotes.remove(self._notes)
        else:
            self._here = Ranges(notes.spans)
            self.have = self._here.total
            self.resumed = True
            self.content = Content(self.entry.size, tag=notes.tag, modified=notes.modified)
        self._noted_at = self._clock()
        self._has_notes = self.resumed
        self._reserve()

    def _note(self, file: BinaryIO | None = None) -> None:
        file = file or self._file
        assert file is not None
        os.fsync(file.fileno())
        # Without room for new notes those before stay, and they are true as well.
        with suppress(OSError):
            notes = PartNotes(self._fingerprint(), self._here.spans, self.content.tag, self.content.modified)
            notes.write(self._notes)
            self._has_notes = True
        self._reserve()
        self._noted_at = self._clock()

    def _reserve(self) -> None:
        if self._keep and self.entry.size >= RESERVE_FROM:
            self._has_notes = True
            PartNotes.reserve(self._notes)

    def _hash_on(self, end: int) -> None:
        """Hash up to ``end`` what lies in the file."""
        while self._hashed < end:
            file = self._file
            if file is None or self._closed:
                raise self._stopped()
            data = os.pread(file.fileno(), min(READ_BYTES, end - self._hashed), self._hashed)
            if not data:
                raise OperationFailed(f"{self._target}: somebody made the part shorter; try again", path=str(self._target))
            self._hash.update(data)
            self._hashed += len(data)

    def _find_target(self) -> Path:
        target = self._to
        if target.is_dir():
            target = target / check_local_name(self.entry.name, self.entry.path)
            if target.is_dir():
                raise AlreadyExists(f"{target} is a folder; choose another name", path=str(target))
        if not target.parent.is_dir():
            raise NotFound(f"the folder {target.parent} does not exist; create it first", path=str(target.parent))
        if not self._overwrite and os.path.lexists(target):
            raise taken(target)
        return target

    def _fingerprint(self) -> str:
        entry = self.entry
        facts = (self._origin, entry.path, entry.size, entry.modified, sorted(entry.hashes.by_type().items()))
        return hashlib.sha256(repr(facts).encode("utf-8", "surrogatepass")).hexdigest()

    def _locked(self) -> BinaryIO:
        while True:
            file = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666), "r+b", 0)
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
                raise taken(self._target)

    def _check_room(self) -> None:
        missing, free = self.entry.size - self.have, shutil.disk_usage(self._path.parent).free
        if missing > free:
            raise OperationFailed(
                f"{self._target}: no room: {missing:,} bytes are to come, {free:,} are free", path=str(self._target)
            )

    def _stopped(self) -> OperationFailed:
        return OperationFailed(f"{self._target}: the download was stopped", path=str(self._target))

    def _local_errors(self) -> AbstractContextManager[None]:
        return local_errors(lambda: self._target)


def _part_name(name: str) -> str:
    """A hidden name that belongs to the target's, also where that one is as long as a name can be."""
    mark = hashlib.sha256(os.fsencode(name)).hexdigest()[:12]
    return f".{os.fsencode(name)[: LONGEST_NAME - ADDED].decode('utf-8', 'ignore')}.{mark}.part"
