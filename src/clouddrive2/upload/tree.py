"""Files and folders as the user names them, turned into files and their places below the destination."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from clouddrive2.errors import ConfigError, Error, NotFound, OperationFailed

__all__ = ["SourceFile", "expand"]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to upload, or one that cannot be.

    Attributes:
        path: The local file.
        relative: Where it goes below the destination, with ``/`` between parts.
        size: Bytes.
        error: Why it cannot be uploaded.
    """

    path: Path
    relative: str
    size: int = 0
    error: Error | None = None


def expand(sources: Iterable[str | Path]) -> Iterator[SourceFile]:
    """Every file below the sources, each folder's in name order.

    A folder keeps its own name; one written with a trailing slash gives only what it holds, as with rsync. Links to
    files are followed, links to folders are not: they could lead in circles.
    """
    for source in sources:
        path = Path(source)
        if path.is_dir():
            inside = str(source).endswith(("/", os.sep)) or path.name in ("", "..")
            yield from _folder(path, "" if inside else path.name)
        elif path.exists():
            yield _file(path, path.name)
        else:
            missing = NotFound(f"{path} does not exist", path=str(path))
            yield SourceFile(path, path.name, error=missing)


def _folder(folder: Path, relative: str) -> Iterator[SourceFile]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        problem: Error = OperationFailed(f"the folder {folder} cannot be read: {error.strerror}", path=str(folder))
        yield SourceFile(folder, relative, error=problem)
        return
    for entry in entries:
        below = f"{relative}/{entry.name}" if relative else entry.name
        path = folder / entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _folder(path, below)
        elif entry.is_symlink() and path.is_dir():
            problem = ConfigError(f"{path} is a link to a folder; links to folders are not followed", path=str(path))
            yield SourceFile(path, below, error=problem)
        else:
            yield _file(path, below)


def _file(path: Path, relative: str) -> SourceFile:
    try:
        relative.encode()
    except UnicodeEncodeError:
        problem: Error = ConfigError(f"{str(path)!r} has a name that is no valid UTF-8; rename it first", path=str(path))
        return SourceFile(path, relative.encode(errors="replace").decode(), error=problem)
    try:
        return SourceFile(path, relative, path.stat().st_size)
    except OSError as error:
        return SourceFile(path, relative, error=NotFound(f"{path} cannot be read: {error.strerror}", path=str(path)))
