"""Paths of the virtual tree (protocol.md §3.2)."""

from __future__ import annotations

from clouddrive2.emulator.call import CallError, Status

__all__ = ["check_name", "is_below", "join", "normalise", "parent", "split", "tail"]

NAME_BYTES = 255


def normalise(path: str) -> str:
    """Absolute, no trailing slash, no ``//`` and no ``.``; refuses ``..`` and NUL, which could lead out of a root."""
    if "\0" in path:
        raise CallError(Status.INVALID_ARGUMENT, "a path must not contain NUL")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise CallError(Status.INVALID_ARGUMENT, "a path must not contain '..'")
    return "/" + "/".join(parts)


def join(folder: str, name: str) -> str:
    """A path below a folder; ``name`` may have several parts."""
    return normalise(f"{folder}/{name}")


def split(path: str) -> tuple[str, str]:
    """Parent folder and last part of a normalised path."""
    folder, _, name = path.rpartition("/")
    return folder or "/", name


def parent(path: str) -> str:
    """Parent folder of a normalised path."""
    return split(path)[0]


def tail(path: str) -> str:
    """Last part of a normalised path."""
    return split(path)[1]


def is_below(path: str, folder: str) -> bool:
    """Whether ``path`` is the folder or inside it."""
    return folder == "/" or path == folder or path.startswith(folder + "/")


def check_name(name: str) -> str | None:
    """What is wrong with a bare name, or ``None``."""
    if name in ("", ".", ".."):
        return f"'{name}' is no name"
    if "/" in name or "\0" in name:
        return "a name must not contain '/' or NUL"
    if len(name.encode("utf-8", "surrogatepass")) > NAME_BYTES:
        return f"the name is longer than {NAME_BYTES} bytes"
    return None
