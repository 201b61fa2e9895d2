"""Mount points of the server, and whether this machine can use them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["INSTEAD", "MountMethod", "MountPoint", "MountStatus"]

INSTEAD = "; files are uploaded to the server instead"

MountMethod = Literal["local", "remote", "none"]


@dataclass(frozen=True, slots=True)
class MountPoint:
    """One mount point of the server (protocol.md §9.1).

    Attributes:
        mount_point: Folder or drive letter on the **server's** machine; what every call names it by.
        source_folder: Cloud folder shown there; ``/`` for everything.
        mounted: Whether it is mounted now.
        read_only: Whether it takes no writes.
        auto_mount: Mounted by itself when the server starts.
        local_only: Visible only to the user who mounted it (Windows).
        uid, gid: Owner of everything in it.
        permissions: Mode of its folders, such as ``755``; empty for the server's default.
        name: Label of the volume.
        fail_reason: Why it is not mounted, when it was tried.
    """

    mount_point: str
    source_folder: str
    mounted: bool = False
    read_only: bool = False
    auto_mount: bool = False
    local_only: bool = False
    uid: int = 0
    gid: int = 0
    permissions: str = ""
    name: str = ""
    fail_reason: str = ""

    @classmethod
    def from_proto(cls, message: pb.MountPoint) -> MountPoint:
        """From ``GetMountPoints``; an empty source folder means everything."""
        return cls(
            mount_point=message.mountPoint,
            source_folder=message.sourceDir or "/",
            mounted=message.isMounted,
            read_only=message.readOnly,
            auto_mount=message.autoMount,
            local_only=message.localMount,
            uid=message.uid,
            gid=message.gid,
            permissions=message.permissions,
            name=message.name,
            fail_reason=message.failReason,
        )


@dataclass(frozen=True, slots=True)
class MountStatus:
    """How files get to a place in the drive from this machine.

    Attributes:
        path: The cloud path asked about.
        mounted: It lies in a mount that is really there on this machine, whatever may be written into it.
        available: Files can be put there now, by ``method``.
        method: ``local``: copy into the mount; ``remote``: upload to the server; ``none``.
        message: One sentence: why it is so, and what to do when it should be otherwise.
        local_path: Where the path is on this machine, when it is mounted.
        root: The local folder the mount begins with, when it is mounted.
        source_folder: The cloud folder that ``root`` shows.
        device: Number of the file system behind ``root``: another one means that something else took its place.
    """

    path: str
    mounted: bool
    available: bool
    method: MountMethod
    message: str
    local_path: Path | None = None
    root: Path | None = None
    source_folder: str | None = None
    device: int | None = None

    @property
    def reason(self) -> str:
        """``message`` without the way that is taken instead: for whoever wants the mount and no other way."""
        return self.message.removesuffix(INSTEAD)
