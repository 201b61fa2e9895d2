"""What is in an archive: zip and tar, by the standard library.

Nothing is unpacked: a member is read where it lies. Archives come from anybody, so names that lead elsewhere are left out, and
what an archive claims to hold is limited.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any, cast

from clouddrive2.emulator import paths
from clouddrive2.emulator.storage.base import Item, Reader, StorageError
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = [
    "DAMAGE",
    "PIECE_BYTES",
    "Archive",
    "PasswordNeeded",
    "UnknownFormat",
    "Unreadable",
    "close_archive",
    "open_archive",
    "read_archive",
]

MOST_MEMBERS = 100_000
# A deflated byte becomes 1032 at most; what claims more of the whole archive is made to fill disks.
MOST_TIMES, ALWAYS_ALLOWED = 1000, 100 << 20
# No part of the list of members is longer.
MOST_AT_ONCE = 64 << 20
PATH_BYTES = 4096
PIECE_BYTES = 1 << 20
# Patches, and the strong encryption.
UNREADABLE_BITS = 0x20 | 0x40
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
SIGNS = (
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    (0, b"\x1f\x8b", "tar.gz"),
    (0, b"BZh", "tar.bz2"),
    (0, b"\xfd7zXZ\x00", "tar.xz"),
    (257, b"ustar", "tar"),
    (0, b"Rar!\x1a\x07", "rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
)
HELPERS: dict[str, Callable[[Any], Any]] = {
    "tar.gz": lambda file: gzip.GzipFile(fileobj=file),
    "tar.bz2": bz2.BZ2File,
    "tar.xz": lzma.LZMAFile,
}
# What the libraries raise at damaged content.
DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    LookupError,
    NotImplementedError,
)
LATEST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
DRIVE = re.compile(r"[A-Za-z]:")


class UnknownFormat(StorageError):
    """It is no archive, or of a format nobody here reads."""


class PasswordNeeded(StorageError):
    """None was given, or a wrong one."""


@dataclass(slots=True)
class Unreadable:
    """Members that are not shown, by reason: how many, and one of them."""

    count: int = 0
    example: str = ""


@dataclass(slots=True)
class Archive:
    """The members of one archive.

    Attributes:
        format: As it is told.
        stamp: What the archive file looked like: (id, size, time of change).
        items: Members by path; folders that are only part of a path, too.
        children: Names by folder.
        total: Bytes of all files.
        is_solid: Whether members can be read only from the beginning of the archive on.
        is_encrypted: Whether members need a password.
        unreadable: What is left out.
    """

    format: str
    stamp: tuple[str, int, float]
    items: dict[str, Item] = field(default_factory=dict)
    children: dict[str, dict[str, None]] = field(default_factory=lambda: {"/": {}})
    total: int = 0
    is_solid: bool = False
    is_encrypted: bool = False
    unreadable: dict[int, Unreadable] = field(default_factory=dict)
    handles: dict[str, Any] = field(default_factory=dict, repr=False)
    password: bytes | None = field(default=None, repr=False)
    source: Callable[[], Reader] = field(default=lambda: _nothing(), repr=False)

    @property
    def files(self) -> int:
        """How many there are."""
        return len(self.handles)

    def leave_out(self, reason: int, name: str) -> None:
        """Count a member that is not shown."""
        row = self.unreadable.setdefault(reason, Unreadable(example=_printable(name)))
        row.count += 1

    def add(self, name: str, handle: Any, *, is_folder: bool, size: int, modified: float) -> None:
        """Show a member, unless its name leads elsewhere or is another one's folder."""
        path = _inner(name)
        if path is None or (path == "/" and not is_folder) or not self._add_folder(paths.parent(path), modified):
            self.leave_out(pb.ArchiveUnreadable.Damaged, name)
            return
        there = self.items.get(path)
        if is_folder or (there is not None and there.is_folder):
            if not (is_folder and self._add_folder(path, modified)):
                self.leave_out(pb.ArchiveUnreadable.Damaged, name)
            return
        if there is not None:
            self.total -= there.size
        self._put(path, Item(paths.tail(path), False, size, modified, modified, self._id()))
        self.handles[path] = handle
        self.total += size
        if len(self.items) > MOST_MEMBERS:
            raise StorageError(f"the archive has more than {MOST_MEMBERS} members")
        if self.total > max(ALWAYS_ALLOWED, MOST_TIMES * self.stamp[1]):
            raise StorageError(f"the archive claims to hold more than {MOST_TIMES} times its own size")

    def _add_folder(self, path: str, modified: float) -> bool:
        if path in self.children:
            return True
        if path in self.items or not self._add_folder(paths.parent(path), modified):
            return False
        self._put(path, Item(paths.tail(path), True, 0, modified, modified, self._id()))
        self.children[path] = {}
        return True

    def _put(self, path: str, item: Item) -> None:
        self.items[path] = item
        self.children[paths.parent(path)][item.name] = None

    def _id(self) -> str:
        return f"{self.stamp[0]}-{len(self.items)}-{int(self.stamp[2] * 1e6):x}"


class _Source(io.RawIOBase):
    """An opened file of a cloud, or what a helper unpacks of it, as the libraries want it; refuses to read much at once."""

    def __init__(self, read: Callable[[int, int], bytes], size: int, close: Callable[[], object]) -> None:
        self._read, self._size, self._close, self._at = read, size, close, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        if not 0 <= self._at <= 1 << 62:
            raise OSError("the archive points outside itself")
        return self._at

    def read(self, length: int | None = -1) -> bytes:
        if length is None or length < 0:
            length = max(0, self._size - self._at)
        if length > MOST_AT_ONCE:
            raise StorageError("the list of the archive's members is too long")
        data = self._read(self._at, length)
        self._at += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._close()
        super().close()


def _format_of(reader: Reader) -> str | None:
    """What a file begins as; ``None`` for no archive."""
    head = reader.read(0, 512)
    return next((name for offset, sign, name in SIGNS if head[offset:].startswith(sign)), None)


def read_archive(
    source: Callable[[], Reader], item: Item, password: str, progress: Callable[[float], object] = lambda _: None
) -> Archive:
    """The list of an archive's members.

    Args:
        source: Opens the archive.
        item: What it is.
        password: Empty for none.
        progress: Told how far it is, from 0 to 1; what it raises ends the reading.

    Raises:
        UnknownFormat: It is no archive, or cannot be read here.
        PasswordNeeded: It needs a password, or another one.
        StorageError: It is damaged, or claims too much.
    """
    reader = source()
    container: Any = None
    try:
        kind = _format_of(reader)
        if kind is None:
            raise UnknownFormat("this is no archive")
        if kind in ("rar", "7z"):
            raise UnknownFormat(f"the emulator reads zip and tar, not {kind}")
        archive = Archive(kind, (item.id, item.size, item.modified), is_solid=kind in HELPERS, source=source)
        archive.password = password.encode() or None
        container = open_archive(kind, reader)
        if isinstance(container, zipfile.ZipFile):
            _list_zip(archive, container, progress)
        else:
            _list_tar(archive, container, reader.size, progress)
        return archive
    except DAMAGE as error:
        raise StorageError(f"the archive is damaged: {error}") from error
    finally:
        if container is not None:
            close_archive(container)
        reader.close()


def _list_zip(archive: Archive, container: zipfile.ZipFile, progress: Callable[[float], object]) -> None:
    members = container.infolist()
    smallest: zipfile.ZipInfo | None = None
    for number, each in enumerate(members):
        progress(number / len(members))
        is_folder = each.filename.endswith("/")
        if each.compress_type not in METHODS or each.flag_bits & UNREADABLE_BITS:
            archive.leave_out(pb.ArchiveUnreadable.Method, each.filename)
            continue
        if each.flag_bits & 1 and not is_folder:
            archive.is_encrypted = True
            smallest = each if smallest is None or each.file_size < smallest.file_size else smallest
        archive.add(each.filename, each, is_folder=is_folder, size=each.file_size, modified=_zip_time(each, archive.stamp[2]))
    if smallest is None:
        return
    if archive.password is None:
        raise PasswordNeeded("the archive needs a password")
    try:
        with container.open(smallest, pwd=archive.password) as stream:
            # One byte says little about a password; the checksum at the end says more.
            while stream.read(PIECE_BYTES) and smallest.file_size <= PIECE_BYTES:
                pass
    except (RuntimeError, IndexError, zipfile.BadZipFile, zlib.error) as error:
        raise PasswordNeeded("wrong password") from error


def _list_tar(archive: Archive, container: tarfile.TarFile, size: int, progress: Callable[[float], object]) -> None:
    for each in _tar_members(container):
        progress(min(1.0, each.offset / max(1, size)))
        if not (each.isreg() or each.isdir()):
            # Links lead anywhere, and devices are none here.
            archive.leave_out(pb.ArchiveUnreadable.Method, each.name)
            continue
        modified = min(max(0.0, float(each.mtime)), LATEST)
        archive.add(each.name, each, is_folder=each.isdir(), size=0 if each.isdir() else each.size, modified=modified)


def _tar_members(container: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    number = 0
    while (each := container.next()) is not None:
        number += 1
        if number > MOST_MEMBERS:
            raise StorageError(f"the archive has more than {MOST_MEMBERS} members")
        yield each
        # It remembers every one it has seen; the archive does so already.
        container.members = []  # type: ignore[attr-defined]


def open_archive(kind: str, reader: Reader) -> zipfile.ZipFile | tarfile.TarFile:
    """The library's view of an archive; :func:`close_archive` closes the reader, too."""
    file = _Source(reader.read, reader.size, reader.close)
    if kind == "zip":
        return zipfile.ZipFile(cast(IO[bytes], file))
    if kind == "tar":
        return tarfile.open(fileobj=cast(IO[bytes], file), mode="r:")
    helper = HELPERS[kind](file)
    limit = max(ALWAYS_ALLOWED, MOST_TIMES * reader.size)

    def read(offset: int, length: int) -> bytes:
        if offset > limit:
            raise StorageError(f"the archive claims to hold more than {MOST_TIMES} times its own size")
        helper.seek(offset)
        return cast(bytes, helper.read(length))

    def close() -> None:
        helper.close()
        file.close()

    return tarfile.open(fileobj=cast(IO[bytes], _Source(read, 0, close)), mode="r:")


def close_archive(container: zipfile.ZipFile | tarfile.TarFile) -> None:
    """Close it, and what it reads, which it does not own."""
    file: Any = container.fp if isinstance(container, zipfile.ZipFile) else container.fileobj
    container.close()
    if file is not None:
        file.close()


def _inner(name: str) -> str | None:
    """The path a member is shown under; ``None`` when its name leads elsewhere or nowhere."""
    name = _printable(name)
    if name.startswith("/") or DRIVE.match(name) or len(name.encode()) > PATH_BYTES:
        return None
    # Some programs on Windows write their own separator.
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    return None if any(paths.check_name(part) for part in parts) else "/" + "/".join(parts)


def _printable(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _zip_time(member: zipfile.ZipInfo, otherwise: float) -> float:
    try:
        return datetime(*member.date_time, tzinfo=UTC).timestamp()
    except ValueError:
        return otherwise


def _nothing() -> Reader:
    raise FileNotFoundError
