"""Entries of the virtual tree, and their form on the wire (protocol.md §3.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from clouddrive2.emulator.options import CloudOptions
from clouddrive2.emulator.storage.base import Item
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["Entry", "to_message"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder as the whole namespace shows it.

    Attributes:
        path: Absolute path in the whole namespace.
        name: Its last part; ``/`` for the root.
        cloud: The cloud it belongs to; ``None`` for the root.
        pending: Whether it is only local yet, with a UUID as ``id`` (protocol.md §3.5).
    """

    path: str
    name: str
    is_folder: bool
    size: int
    modified: float
    created: float
    id: str
    hashes: Mapping[int, str] = field(default_factory=dict)
    cloud: CloudOptions | None = None
    pending: bool = False

    @classmethod
    def of(cls, path: str, item: Item, cloud: CloudOptions) -> Entry:
        """The entry of something a storage holds."""
        shown = {kind: value for kind, value in item.hashes.items() if kind in cloud.knows}
        name = item.name or cloud.name
        return cls(path, name, item.is_folder, item.size, item.modified, item.created, item.id, shown, cloud)

    @property
    def is_cloud_root(self) -> bool:
        """Whether it is the folder of a cloud account."""
        return self.cloud is not None and self.path == f"/{self.cloud.name}"


def to_message(entry: Entry, shown_path: str, template: Callable[[Entry], str] | None = None) -> pb.CloudDriveFile:
    """The entry as a message.

    Args:
        entry: What to show.
        shown_path: Its path in the caller's view, which a token's root may shorten.
        template: Makes ``downloadUrlPath`` for files.
    """
    cloud = entry.cloud
    message = pb.CloudDriveFile(
        id=entry.id,
        name=entry.name if shown_path != "/" else "/",
        fullPathName=shown_path,
        size=entry.size,
        fileType=pb.CloudDriveFile.Directory if entry.is_folder else pb.CloudDriveFile.File,
        isDirectory=entry.is_folder,
        isRoot=shown_path == "/",
        isCloudRoot=entry.is_cloud_root,
        isCloudDirectory=cloud is not None and entry.is_folder,
        isCloudFile=not entry.is_folder,
        fileHashes=entry.hashes,
    )
    message.createTime.FromNanoseconds(int(entry.created * 1e9))
    message.writeTime.FromNanoseconds(int(entry.modified * 1e9))
    if cloud is None:
        message.CloudAPI.name = "BaseFsApi"
        return message
    message.CloudAPI.name = cloud.kind
    message.CloudAPI.userName = cloud.user_name
    message.CloudAPI.nickName = cloud.name
    message.CloudAPI.readOnly = cloud.read_only
    message.readOnly = cloud.read_only
    if entry.is_folder:
        message.canSearch = True
        message.hasDetailProperties = True
        message.canDeletePermanently = cloud.can_delete_permanently
    elif template is not None and not entry.pending:
        message.downloadUrlPath.downloadUrlPath = template(entry)
    return message
