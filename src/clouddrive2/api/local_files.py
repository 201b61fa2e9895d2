"""What the local file system says no to, in our words."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from clouddrive2.errors import AlreadyExists, Error, InvalidRequest, NotFound, OperationFailed, PermissionDenied

__all__ = ["check_local_name", "local_errors", "publish", "taken"]

KINDS: dict[type[OSError], type[Error]] = {
    FileNotFoundError: NotFound,
    PermissionError: PermissionDenied,
    FileExistsError: AlreadyExists,
    IsADirectoryError: AlreadyExists,
}
# What file systems of other systems refuse, beside control characters and an ending in a dot or a space.
FOREIGN = '\\:*?"<>|'
BAD_NAME = frozenset({errno.EINVAL, errno.EILSEQ})
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


def check_local_name(name: str, path: str) -> str:
    """The name of the entry at ``path``, if a local file can have it.

    Raises:
        InvalidRequest: It cannot, or it would lead out of the folder; names the character.
    """
    if name in ("", ".", ".."):
        raise InvalidRequest(f"{name!r} cannot be a local file name: it leads out of its folder", path=path)
    for character in "/\0":
        if character in name:
            raise InvalidRequest(f"{name!r} cannot be a local file name because of {character!r}", path=path)
    return name


@contextmanager
def local_errors(target: Callable[[], Path]) -> Iterator[None]:
    """Around work on local files: what the file system says comes as one of our exceptions that names ``target``."""
    try:
        yield
    except Error:
        raise
    except OSError as error:
        path = target()
        kind = KINDS.get(type(error), InvalidRequest if error.errno in BAD_NAME else OperationFailed)
        raise kind(f"{path} cannot be written: {_reason(error, path.name)}", path=str(path)) from error


def taken(target: Path) -> AlreadyExists:
    """Something stands where a file should go."""
    return AlreadyExists(f"{target} exists already; allow replacing it, or choose another name", path=str(target))


def publish(part: Path, target: Path, *, overwrite: bool) -> None:
    """Give a complete file its name in one step.

    Raises:
        AlreadyExists: Something took the name meanwhile, and it is not to be replaced.
        OSError: Anything else.
    """
    if overwrite:
        part.replace(target)
        return
    # A hard link refuses a taken name in one step; where there are none, look and rename.
    try:
        os.link(part, target)
    except FileExistsError:
        raise taken(target) from None
    except OSError:
        if os.path.lexists(target):
            raise taken(target) from None
        part.rename(target)
    else:
        part.unlink()


def _reason(error: OSError, name: str) -> str:
    said = error.strerror or str(error)
    if error.errno in NO_ROOM:
        return f"{said}; what came so far stays where resuming is allowed: make room and run it again"
    if error.errno == errno.EFBIG:
        return f"{said}: the file system, or a limit of this process, takes no file of that size"
    if error.errno in BAD_NAME and (refused := _refused(name)):
        return f"this file system refuses {refused} in a name ({said})"
    return said


def _refused(name: str) -> str:
    found = list(dict.fromkeys(letter for letter in name if letter in FOREIGN or ord(letter) < 32 or ord(letter) == 127))
    if name[-1:] in (".", " "):
        return ", ".join([*map(repr, found), f"{name[-1]!r} at the end"])
    return ", ".join(map(repr, found))
