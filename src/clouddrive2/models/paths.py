"""Cloud paths: absolute, ``/``-separated, no trailing slash (protocol.md §3.2)."""

from __future__ import annotations

from clouddrive2.errors import ConfigError

__all__ = ["check_name", "cloud_of", "is_below", "join", "name_of", "normalise", "parent_of", "split"]


def normalise(path: str) -> str:
    """The path as it is sent: one leading slash, none at the end, no empty parts and no ``.``.

    Raises:
        ConfigError: It contains ``..`` or NUL.
    """
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts or "\0" in path:
        raise ConfigError(f"'{path}' is no cloud path: it must not contain '..' or NUL", path=path)
    return "/" + "/".join(parts)


def join(folder: str, name: str) -> str:
    """A path below a folder; ``name`` may have several parts."""
    return normalise(f"{folder}/{name}")


def split(path: str) -> tuple[str, str]:
    """Parent folder and last part; ``("/", "")`` for the root."""
    folder, _, name = normalise(path).rpartition("/")
    return folder or "/", name


def parent_of(path: str) -> str:
    """The folder a path is in; ``/`` for the root."""
    return split(path)[0]


def name_of(path: str) -> str:
    """The last part; empty for the root."""
    return split(path)[1]


def cloud_of(path: str) -> str:
    """The cloud folder a path is in, such as ``/115``; ``/`` for the root."""
    return "/" + path.strip("/").partition("/")[0]


def is_below(path: str, folder: str) -> bool:
    """Whether a normalised path is the folder or inside it."""
    return folder == "/" or path == folder or path.startswith(folder + "/")


def check_name(name: str) -> str:
    """The bare name, when it is one.

    Raises:
        ConfigError: Empty, ``.``, ``..``, or with a slash or NUL in it.
    """
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise ConfigError(f"'{name}' cannot be a name: it must not be empty, '.' or '..', nor contain '/' or NUL")
    return name
