"""When what is only at the destination may be deleted; pure."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MAX_DELETE", "Deletions"]

MAX_DELETE = 100


@dataclass(frozen=True, slots=True)
class Deletions:
    """What is known when everything has been compared and carried.

    Attributes:
        files: How many files are to be deleted.
        complete: Whether both sides could be listed to the end.
        failed: How many files could not be compared or carried.
        found: How many entries the source has, taking part or not.
        limit: How many files may be deleted; ``None`` when nobody said a number.
    """

    files: int
    complete: bool
    failed: int
    found: int
    limit: int | None = None

    def refusal(self) -> str | None:
        """Why nothing may be deleted, as a sentence; ``None`` when it may."""
        count = f"{self.files:,} file{'' if self.files == 1 else 's'}"
        if not self.complete:
            return "nothing is deleted, because not everything could be listed: what is not known is not missing"
        if self.failed:
            return f"nothing is deleted, because {self.failed:,} of the files failed; run it again when they are through"
        if not self.files:
            return None
        limit = MAX_DELETE if self.limit is None else self.limit
        if not self.found and self.limit is None:
            return f"nothing is deleted: the source is empty, and {count} would go; if that is meant, say --max-delete"
        if self.files > limit:
            return f"nothing is deleted: it would be {count}, and the limit is {limit:,} (--max-delete)"
        return None
