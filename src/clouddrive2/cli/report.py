"""A file that says of every file what became of it, one JSON object per line; what failed can be taken up from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, TextIO

from clouddrive2.cli.output.events import Done, Failed
from clouddrive2.cli.output.json import done_record, dumps, failed_record
from clouddrive2.cli.transfers import Item
from clouddrive2.errors import ConfigError

__all__ = ["Report", "failed_items"]


class Report:
    """Written line by line, so that a killed command leaves what it had.

    Args:
        path: The file; what it held before is gone.
        local: Which end of a transfer is the local file.
        until_finished: What the file holds now stays until :meth:`finish`, whatever happens; the lines go beside it meanwhile.

    Raises:
        ConfigError: It cannot be written.
    """

    def __init__(self, path: Path, *, local: Literal["source", "path"] = "source", until_finished: bool = False) -> None:
        self._path = path.resolve() if until_finished else path
        self._local = local
        self._written = self._path.with_name(f"{self._path.name}.new") if until_finished else path
        try:
            self._file: TextIO = self._written.open("w", encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"the report {path} cannot be written: {error.strerror}", path=str(path)) from error

    def add(self, event: Done | Failed) -> None:
        """One outcome.

        Raises:
            ConfigError: The disk is full, for example.
        """
        record = done_record(event) if isinstance(event, Done) else failed_record(event)
        # The command may be repeated from another folder.
        record["file"] = str(Path(event.source if self._local == "source" else event.path).absolute())
        try:
            self._file.write(dumps(record) + "\n")
            self._file.flush()
        except OSError as error:
            raise ConfigError(f"the report {self._path} cannot be written: {error.strerror}", path=str(self._path)) from error

    def finish(self) -> None:
        """All is told: the file is the new report.

        Raises:
            ConfigError: It cannot take the place of the old one.
        """
        self.close()
        if self._written == self._path:
            return
        try:
            self._written.replace(self._path)
        except OSError as error:
            text = f"the report is {self._written}, it cannot take the place of {self._path}: {error.strerror}"
            raise ConfigError(text, path=str(self._path)) from error

    def close(self) -> None:
        """Close the file. May be repeated."""
        self._file.close()


def failed_items(path: Path) -> list[Item]:
    """What a report says did not succeed: failed, or ended without anybody knowing how.

    Raises:
        ConfigError: It cannot be read, or is no report.
    """
    items: list[Item] = []
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                record = _parsed(line, path, number)
                if record is not None and record["outcome"] in ("failed", "unknown"):
                    items.append(Item(record["file"], record["path"], _size(record["file"])))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the report {path} cannot be read: {error}", path=str(path)) from error
    return items


def _parsed(line: str, path: Path, number: int) -> dict[str, Any] | None:
    if not line.endswith("\n"):
        # The command that wrote it was killed in the middle of its last line.
        return None
    try:
        record = json.loads(line)
        missing = {"outcome", "file", "path"} - record.keys()
    except (ValueError, AttributeError) as error:
        raise ConfigError(f"line {number} of {path} is no line of a report", path=str(path)) from error
    if missing:
        lacking = ", ".join(sorted(missing))
        raise ConfigError(f"line {number} of {path} is no line of a report: it lacks {lacking}", path=str(path))
    return dict(record)


def _size(file: str) -> int:
    try:
        return Path(file).stat().st_size
    except OSError:
        return 0
