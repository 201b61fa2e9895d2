"""How an entry of the drive reads: as a record for programs, as a line for people."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from clouddrive2.cli.output import words

if TYPE_CHECKING:
    from clouddrive2.models.files import Entry

__all__ = ["long_line", "marked", "record"]

SIZE_WIDTH = 15
HUMAN_WIDTH = 10


def record(entry: Entry) -> dict[str, object]:
    """What ``--json`` prints of one entry."""
    hashes = entry.hashes
    known = {name: value for name in ("md5", "sha1", "pikpak_sha1") if (value := getattr(hashes, name))}
    return {
        "path": entry.path,
        "name": entry.name,
        "kind": str(entry.kind),
        "size": entry.size,
        "modified": _iso(entry.modified),
        "created": _iso(entry.created),
        "hashes": known,
        "id": entry.id,
        "cloud": entry.cloud,
        "read_only": entry.read_only,
        "pending": entry.pending,
    }


def marked(entry: Entry, text: str | None = None) -> str:
    """The name (or ``text``), a folder's with a slash behind it."""
    shown = words.plain(entry.name if text is None else text)
    return f"{shown}/" if entry.is_folder and not shown.endswith("/") else shown


def long_line(entry: Entry, *, human: bool = False, text: str | None = None) -> str:
    """Size, time and name in columns of fixed width, so that a line can be shown before the next entry is known."""
    width = HUMAN_WIDTH if human else SIZE_WIDTH
    amount = "-" if entry.is_folder else words.size(entry.size, human=human)
    waiting = "  (on its way to the cloud)" if entry.pending and not entry.is_folder else ""
    return f"{amount:>{width}}  {words.moment(entry.modified):16}  {marked(entry, text)}{waiting}"


def _iso(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()
