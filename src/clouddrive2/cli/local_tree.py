"""What ``put`` was given, as a list of files with the place each goes to; a folder is read while others already travel."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from clouddrive2.cli.destinations import join
from clouddrive2.cli.transfers import Item
from clouddrive2.errors import InvalidRequest
from clouddrive2.upload.unfinished import unfinished_reason

__all__ = ["Folder", "Left", "walk"]


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder to make before what follows."""

    source: str
    path: str


@dataclass(frozen=True, slots=True)
class Left:
    """Something inside a folder that is not uploaded, and why."""

    source: str
    reason: str


def walk(source: str, target: str, *, unfinished: bool = True) -> Iterator[Item | Folder | Left]:
    """One source and everything below it, in the order of names.

    A link to a file counts as the file. A link to a folder inside a tree is left out, since it can lead back up; given
    by itself it is followed. What is neither file nor folder is an error by itself, and left out inside a tree.

    Args:
        source: A local file or folder.
        target: The path in the drive the source itself takes.
        unfinished: Take files too that somebody is still writing; otherwise they are there to be skipped.
    """
    for item in _walk(source, target):
        if isinstance(item, Item) and item.error is None and not unfinished:
            item = _finished(item)
        if isinstance(item, Left) and item.source == source:
            yield Item(source, target, 0, InvalidRequest(item.reason, path=source))
        else:
            yield item


def _finished(item: Item) -> Item:
    """The item, to be skipped while somebody is still writing it."""
    try:
        reason = unfinished_reason(item.source)
    except OSError as error:
        return replace(item, error=error)
    return item if reason is None else replace(item, skip=f"{reason}; --unfinished uploads it all the same")


def _walk(source: str, target: str) -> Iterator[Item | Folder | Left]:
    if not source:
        yield Item(source, target, 0, InvalidRequest("an empty name is no file", path=source))
        return
    if not is_text(source):
        yield Item(source, target, 0, InvalidRequest("the name is no UTF-8 text, as the server needs it; rename it", path=source))
        return
    try:
        status = Path(source).stat()
    except OSError as error:
        yield Item(source, target, 0, error)
        return
    if stat.S_ISDIR(status.st_mode):
        # All slashes mean the root; no letter at all means nothing, and has been refused before.
        yield from _folder(source.rstrip("/") or source[0], target)
    elif stat.S_ISREG(status.st_mode):
        yield Item(source, target, status.st_size)
    else:
        yield Left(source, "it is neither a file nor a folder")


def _folder(source: str, target: str) -> Iterator[Item | Folder | Left]:
    yield Folder(source, target)
    try:
        with os.scandir(source) as found:
            children = sorted(found, key=lambda child: child.name)
    except OSError as error:
        yield Item(source, target, 0, error)
        return
    for child in children:
        try:
            linked_folder = child.is_symlink() and child.is_dir()
        except OSError as error:
            yield Item(child.path, join(target, child.name), 0, error)
            continue
        if linked_folder:
            yield Left(child.path, "it is a link to a folder")
        else:
            yield from _walk(child.path, join(target, child.name))


def is_text(name: str) -> bool:
    """Whether a local name can be sent: names that are no UTF-8 cannot."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
