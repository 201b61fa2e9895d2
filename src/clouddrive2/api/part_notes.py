"""What a part of a download holds, written beside it so that another process can go on (see ``partial.py``)."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from clouddrive2.api.ranges import Ranges, Span

__all__ = ["PartNotes"]


@dataclass(frozen=True, slots=True)
class PartNotes:
    """One state of a part.

    Attributes:
        fingerprint: Of what it is a part of.
        spans: Which bytes are on the disk.
        tag: The ``ETag`` of the content they belong to, where the server gave one.
        modified: Its ``Last-Modified``, likewise.
    """

    fingerprint: str
    spans: tuple[Span, ...]
    tag: str | None
    modified: str | None

    @classmethod
    def read(cls, path: Path, fingerprint: str, size: int) -> PartNotes | None:
        """The notes of a part of this file of ``size`` bytes; ``None`` when there are none, or they make no sense."""
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            spans = [(start, end) for start, end in found["spans"]]
            notes = cls(found["fingerprint"], Ranges(spans).spans, found["tag"], found["modified"])
        except (OSError, ValueError, TypeError, KeyError):
            # A torn or foreign file: the bytes come once more.
            return None
        sound = all(type(start) is type(end) is int and 0 <= start < end <= size for start, end in spans)
        named = all(text is None or isinstance(text, str) for text in (notes.tag, notes.modified))
        return notes if spans and sound and named and notes.fingerprint == fingerprint else None

    def write(self, path: Path) -> None:
        """Replace the notes in one step. The bytes must be on the disk before."""
        text = json.dumps(asdict(self), separators=(",", ":"))
        fresh = path.with_name(path.name + "~")
        try:
            with fresh.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
