"""What lies in the drive."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from clouddrive2.models.times import time_of
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["DownloadLink", "Downloaded", "Entry", "EntryKind", "FolderDetails", "Hashes", "Space"]

MD5, SHA1, PIKPAK_SHA1 = 1, 2, 3
# protocol.md §8.5
FORMS = {kind: re.compile(rf"[0-9a-fA-F]{{{digits}}}") for kind, digits in ((MD5, 32), (SHA1, 40), (PIKPAK_SHA1, 40))}
NO_FORM = re.compile(r"(?!)")
# The "cloud" that the root of the tree belongs to.
ROOT_KIND = "BaseFsApi"


class EntryKind(StrEnum):
    """What an entry is."""

    FOLDER = "folder"
    FILE = "file"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Hashes:
    """Hashes as the cloud knows them, as hex text in lower case; ``None`` where it does not (protocol.md §3.3).

    Attributes:
        md5, sha1, pikpak_sha1: What can be compared.
        unreadable: The cloud shows something as a hash that is none of these, and nobody can compare.
    """

    md5: str | None = None
    sha1: str | None = None
    pikpak_sha1: str | None = None
    unreadable: bool = False

    @classmethod
    def from_mapping(cls, hashes: dict[int, str]) -> Hashes:
        """From hash type numbers. Texts that can be no such hash count as unknown: they prove nothing, for or against."""
        known = {kind: text.lower() for kind, text in hashes.items() if FORMS.get(kind, NO_FORM).fullmatch(text)}
        unreadable = any(text and kind not in known for kind, text in hashes.items())
        return cls(known.get(MD5), known.get(SHA1), known.get(PIKPAK_SHA1), unreadable)

    def by_type(self) -> dict[int, str]:
        """The known ones by hash type number."""
        pairs = {MD5: self.md5, SHA1: self.sha1, PIKPAK_SHA1: self.pikpak_sha1}
        return {kind: text for kind, text in pairs.items() if text}

    def __bool__(self) -> bool:
        return bool(self.by_type())


@dataclass(frozen=True, slots=True)
class Entry:
    """One file or folder in the drive.

    Attributes:
        path: Absolute cloud path.
        name: Its last part.
        kind: Folder, file or other.
        size: Bytes; 0 for folders.
        modified, created: In UTC; ``None`` when the cloud does not say.
        hashes: What the cloud knows.
        id: The cloud's object id; a UUID while the entry is pending.
        cloud: Type of the cloud it lies in, for example ``115``.
        account: Which account of that cloud.
        is_cloud_root: Whether it is the folder of a cloud account.
        read_only: Whether the cloud allows no writes.
        pending: The entry is shown, but its upload has not reached the cloud: no proof of arrival (protocol.md §3.5).
    """

    path: str
    name: str
    kind: EntryKind
    size: int = 0
    modified: datetime | None = None
    created: datetime | None = None
    hashes: Hashes = field(default_factory=Hashes)
    id: str = ""
    cloud: str | None = None
    account: str | None = None
    is_cloud_root: bool = False
    read_only: bool = False
    pending: bool = False

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.kind is EntryKind.FOLDER

    @property
    def is_server_root(self) -> bool:
        """Whether it is the root of the whole tree, which takes no files; a token's own root folder does (protocol.md §3.1)."""
        return self.path == "/" and self.cloud in (None, ROOT_KIND)

    @property
    def is_file(self) -> bool:
        """Whether it is a file."""
        return self.kind is EntryKind.FILE

    @classmethod
    def from_proto(cls, message: pb.CloudDriveFile, *, folder: str | None = None) -> Entry:
        """From a listing or look-up (protocol.md §3.3).

        Args:
            message: What the server sent.
            folder: Where it was looked for. The path begins with it then, whatever view of the tree the server's own path
                belongs to (protocol.md §2.5), so that it can be used in the next call.
        """
        if message.isDirectory:
            kind = EntryKind.FOLDER
        elif message.fileType == pb.CloudDriveFile.Other:
            kind = EntryKind.OTHER
        elif message.fileType == pb.CloudDriveFile.Directory and message.size == 0 and not message.isCloudFile:
            kind = EntryKind.FOLDER
        else:
            kind = EntryKind.FILE
        created = time_of(message, "createTime")
        path = message.fullPathName
        last = path.rpartition("/")[2] or message.name
        if folder is not None:
            path = "/" if message.isRoot else f"{folder.rstrip('/')}/{last}"
        return cls(
            path=path,
            name=message.name or last,
            kind=kind,
            size=message.size,
            modified=time_of(message, "writeTime") or created,
            created=created,
            hashes=Hashes.from_mapping(dict(message.fileHashes)),
            id=message.id,
            cloud=message.CloudAPI.name or None,
            account=message.CloudAPI.userName or None,
            is_cloud_root=message.isCloudRoot,
            read_only=message.readOnly,
            pending=kind is EntryKind.FILE and _is_uuid(message.id),
        )


@dataclass(frozen=True, slots=True)
class Space:
    """Room in a cloud, in bytes (protocol.md §4.4)."""

    total: int
    used: int
    free: int

    @classmethod
    def from_proto(cls, message: pb.SpaceInfo) -> Space:
        """Some clouds leave ``freeSpace`` at 0 although there is room."""
        total, used = max(0, message.totalSpace), max(0, message.usedSpace)
        return cls(total, used, message.freeSpace or max(0, total - used))


@dataclass(frozen=True, slots=True)
class FolderDetails:
    """What is below a folder, at any depth, as its cloud counts it.

    Attributes:
        files, folders: How many.
        size: Bytes of the files together.
    """

    files: int
    folders: int
    size: int

    @classmethod
    def from_proto(cls, message: pb.FileDetailProperties) -> FolderDetails:
        """The counts; what else the message holds, no source describes."""
        return cls(message.totalFileCount, message.totalFolderCount, message.totalSize)


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file that was brought here.

    Attributes:
        path: The local file.
        size: Its bytes.
        verified: What agrees with the cloud's own word, ``hash`` or ``size``; ``None`` when nothing was to be compared.
    """

    path: Path
    size: int
    verified: str | None


@dataclass(frozen=True, slots=True)
class DownloadLink:
    """Where a file's bytes come from. The URL is a credential: it shows neither in ``repr`` nor in messages.

    Attributes:
        url: Complete URL.
        headers: Headers that must be sent with it.
        expires_in: Seconds it works, or ``None`` for ever.
        is_direct: Whether it leads to the cloud instead of the server.
    """

    url: str = field(repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    expires_in: int | None = None
    is_direct: bool = False


def _is_uuid(text: str) -> bool:
    if len(text) != 36:
        return False
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
