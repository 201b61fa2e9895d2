"""Which local folders may show a cloud folder: decided from the settings and from what the server says, without a look."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clouddrive2.api.views import PathView
from clouddrive2.config import ServerConfig
from clouddrive2.models import paths
from clouddrive2.models.mounts import MountPoint

__all__ = ["Candidate", "candidates_for", "same_place"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A local folder that may show a cloud folder.

    Attributes:
        root: The local folder.
        source: The cloud folder it shows.
        below: What the path asked for adds to both; empty for the folder itself.
        named_by_user: It comes from the settings and not from the server.
        read_only: The server takes no writes there.
    """

    root: Path
    source: str
    below: str
    named_by_user: bool
    read_only: bool


def candidates_for(
    path: str, server: ServerConfig, view: PathView, points: Sequence[MountPoint] | None
) -> tuple[list[Candidate], list[str]]:
    """Local folders that may show a path, the deepest source first; and sentences on those that cannot.

    Args:
        path: A normalised cloud path, as the user writes it.
        server: Holds the user's own mapping.
        view: How the token sees paths.
        points: The server's mount points; ``None`` when it does not tell.
    """
    # With a prefix the paths on the wire are those of the mount points; otherwise the user's own are (protocol.md §2.5).
    full = view.sent(path) if server.path_view == "prefix" else path
    showing = [point for point in points or () if paths.is_below(full, paths.normalise(point.source_folder))]
    mounted = [point for point in showing if point.mounted]
    why_not = []
    for point in showing:
        if not point.mounted:
            because = f" ({point.fail_reason})" if point.fail_reason else ""
            why_not.append(f"{point.mount_point} is not mounted on the server{because}; mount it there first")
    if points is not None and not mounted:
        return [], why_not
    read_only = bool(mounted) and all(point.read_only for point in mounted)
    found = [
        Candidate(local, cloud, _below(path, cloud), True, read_only)
        for cloud, local in server.mount_maps
        if paths.is_below(path, cloud)
    ]
    if server.mount_point is not None:
        source = _source_of(server.mount_point, points)
        if source is None:
            why_not.insert(0, f"which mount point of the server {server.mount_point} is, is not clear; set --mount-map instead")
        elif paths.is_below(full, source):
            found.append(Candidate(server.mount_point, source, _below(full, source), True, read_only))
    for point in mounted:
        source, here = paths.normalise(point.source_folder), _here(point.mount_point)
        if here is not None:
            found.append(Candidate(here, source, _below(full, source), False, point.read_only))
        else:
            why_not.append(f"{point.mount_point} is a place of another platform; set --mount-map to where it is seen here")
    found.sort(key=lambda each: (-len(each.source), not each.named_by_user))
    return found, why_not


def same_place(one: str, other: str) -> bool:
    """Whether two mount points are one; a separator at the end does not count."""
    return one.rstrip("/\\") == other.rstrip("/\\")


def _below(path: str, source: str) -> str:
    """The path without the folder it is below of."""
    return path[len(source.rstrip("/")) :].strip("/")


def _here(mount_point: str) -> Path | None:
    """A mount point as a local path; ``None`` when it is one of another platform."""
    windows = re.match(r"[A-Za-z]:|\\\\", mount_point) is not None
    if windows != (os.name == "nt") or not mount_point:
        return None
    # A bare drive letter means the folder a program stands in there.
    return Path(mount_point + "\\" if windows and len(mount_point) == 2 else mount_point)


def _source_of(local: Path, points: Sequence[MountPoint] | None) -> str | None:
    """The cloud folder shown at a place the user calls the server's mount; ``None`` when it may be any of several."""
    if not points:
        return "/"
    exact = [point for point in points if same_place(point.mount_point, str(local))]
    chosen = exact or [point for point in points if point.mounted] or points
    sources = {paths.normalise(point.source_folder) for point in chosen}
    return sources.pop() if len(sources) == 1 else None
