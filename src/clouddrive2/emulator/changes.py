"""What changed in the namespace, and who wants to hear of it (protocol.md §13.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from clouddrive2.emulator.entries import Entry

__all__ = ["Announcer", "Change", "ChangeKind"]


class ChangeKind(IntEnum):
    """``FileSystemChange.ChangeType``."""

    CREATE = 0
    DELETE = 1
    RENAME = 2
    MODIFY = 3


@dataclass(frozen=True, slots=True)
class Change:
    """One change; paths are those of the whole namespace.

    Attributes:
        kind: What happened.
        path: Where; the old path of a rename or move.
        is_folder: Whether it is a folder; there is one change for a folder, none for what it holds.
        new_path: Where it is now, for a rename or move.
        entry: What is there now; ``None`` after a deletion.
    """

    kind: ChangeKind
    path: str
    is_folder: bool
    new_path: str | None = None
    entry: Entry | None = None


class Announcer:
    """Hands each change to every listener, in order, on the event loop."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Change], None]] = []

    def listen(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call ``listener`` for each change; the answer ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def announce(self, change: Change) -> None:
        """Tell all listeners."""
        for listener in list(self._listeners):
            listener(change)
