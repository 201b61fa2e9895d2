"""Decisions without I/O: which routes can carry a file and why, and under which name it goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clouddrive2.config import TransportName
from clouddrive2.errors import ConfigError
from clouddrive2.models import paths
from clouddrive2.models.files import Entry
from clouddrive2.models.mounts import MountStatus
from clouddrive2.models.system import Capabilities

__all__ = ["ROUTE_NAMES", "Circumstances", "check_routes", "destination", "numbered_name", "partial_name"]

# In the order they are preferred.
ROUTE_NAMES = ("mount", "remote", "write", "grpc-web", "webdav")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the choice of a route depends on.

    Attributes:
        path: Destination.
        size: Bytes of the source.
        capabilities: What the server says of itself; ``None`` when it could not be asked.
        transport: What carries the calls; ``None`` when none get through.
        forced: The routes asked for by name; empty when the choice is ours.
        mount: Whether the path lies in a mount on this machine; ``None`` when nobody can tell.
    """

    path: str
    size: int
    capabilities: Capabilities | None = None
    transport: TransportName | None = "grpc"
    forced: Sequence[str] = ()
    mount: MountStatus | None = None


def check_routes(names: Sequence[str]) -> tuple[str, ...]:
    """The routes somebody asked for by name; ``auto`` asks for none in particular.

    Raises:
        ConfigError: There is no such route.
    """
    wanted = tuple(name for name in names if name != "auto")
    for name in wanted:
        if name not in ROUTE_NAMES:
            raise ConfigError(f"there is no route '{name}'; there are: auto, {', '.join(ROUTE_NAMES)}")
    return wanted


def destination(source_name: str, to: str, existing: Entry | None) -> str:
    """Where a file goes: into ``to`` when it ends with a slash or is a folder, else under exactly that path.

    Args:
        source_name: The file's own name.
        to: As the user wrote it.
        existing: What is at ``to`` now.

    Raises:
        ConfigError: ``to`` or the name is none.
    """
    target = paths.normalise(to)
    if to.endswith("/") or target == "/" or (existing is not None and existing.is_folder):
        target = paths.join(target, paths.check_name(source_name))
    return target


def numbered_name(path: str, number: int) -> str:
    """``name (2).ext`` for ``name.ext``."""
    folder, name = paths.split(path)
    stem, dot, suffix = name.rpartition(".")
    if not stem:
        stem, dot, suffix = name, "", ""
    return paths.join(folder, f"{stem} ({number}){dot}{suffix}")


def partial_name(path: str, token: str) -> str:
    """Where a file grows until it is complete: ``film.cd2-<token>.mkv`` beside ``film.mkv``; the suffix stays, for servers
    that go by it."""
    folder, name = paths.split(path)
    stem, dot, suffix = name.rpartition(".")
    if not stem:
        stem, dot, suffix = name, "", ""
    return paths.join(folder, f"{stem}.cd2-{token}{dot}{suffix}")
