"""What a part of a download holds, written beside it so that another process can go on (see ``partial.py``)."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from clouddrive2.api.ranges import Ranges, Span

__all__ = ["PartNotes"]

RESERVED_BYTES = 4096


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
        """Replace the notes in one step. The bytes must be on the disk before. Goes into what was reserved, if it was."""
        text = json.dumps(asdict(self), separators=(",", ":")).encode()
        fresh = _fresh(path)
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666), "wb") as file:
                # Blank behind: what was reserved is overwritten, not given back and asked for again.
                file.write(text.ljust(RESERVED_BYTES))
                file.truncate()
                os.fsync(file.fileno())
            fresh.replace(path)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise

    @staticmethod
    def reserve(path: Path) -> None:
        """Take the room for the next notes while there is some: a disk that is full takes no new file."""
        with suppress(OSError), _fresh(path).open("wb") as file:
            file.write(bytes(RESERVED_BYTES))

    @staticmethod
    def release(path: Path) -> None:
        """Give up what was reserved."""
        _fresh(path).unlink(missing_ok=True)

    @staticmethod
    def remove(path: Path) -> None:
        """No notes any more."""
        path.unlink(missing_ok=True)
        PartNotes.release(path)


def _fresh(path: Path) -> Path:
    return path.with_name(path.name + "~")
