"""Decisions without I/O: which routes can carry a file and why, and under which name it goes."""

from __future__ import annotations

from dataclasses import dataclass

from clouddrive2.errors import ConfigError, Unsupported
from clouddrive2.models import paths
from clouddrive2.models.files import Entry
from clouddrive2.models.system import Capabilities
from clouddrive2.models.uploads import RouteStep

__all__ = ["Circumstances", "destination", "first_available", "numbered_name"]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the choice of a route depends on.

    Attributes:
        path: Destination.
        size: Bytes of the source.
        capabilities: What the server says of itself; ``None`` when it could not be asked.
    """

    path: str
    size: int
    capabilities: Capabilities | None = None


def first_available(steps: list[RouteStep], path: str) -> RouteStep:
    """The route to take.

    Raises:
        Unsupported: None can carry the file; says why for each.
    """
    for step in steps:
        if step.available:
            return step
    reasons = "; ".join(f"{step.route}: {step.reason}" for step in steps)
    raise Unsupported(f"{path}: no way to upload it ({reasons})", path=path)


def destination(source_name: str, to: str, existing: Entry | None) -> str:
    """Where a file goes: into ``to`` when it ends with a slash or is a folder, else under exactly that path.

    Args:
        source_name: The file's own name.
        to: As the user wrote it.
        existing: What is at ``to`` now.

    Raises:
        ConfigError: ``to`` leads to no place for a file.
    """
    target = paths.normalise(to)
    if to.endswith("/") or target == "/" or (existing is not None and existing.is_folder):
        target = paths.join(target, paths.check_name(source_name))
    if target.count("/") < 2:
        raise ConfigError(f"{target}: files cannot be put into the root; name a cloud folder, such as /115/Inbox/", path=target)
    return target


def numbered_name(path: str, number: int) -> str:
    """``name (2).ext`` for ``name.ext``."""
    folder, name = paths.split(path)
    stem, dot, suffix = name.rpartition(".")
    if not stem:
        stem, dot, suffix = name, "", ""
    return paths.join(folder, f"{stem} ({number}){dot}{suffix}")
