"""Which folders an event of the server concerns; pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from clouddrive2.models.events import CloudChanged, Event, FileChange, FileChanged, MergeChanged, Reconnected, TransferChanged

__all__ = ["Touched", "touched_by"]

# Of more folders than these each is not worth a question of its own.
MOST_FOLDERS = 200


@dataclass(slots=True)
class Touched:
    """Folders to look at again, relative to the folder that is followed.

    Attributes:
        everything: All of them.
        shallow: Their own files only.
        deep: With everything below.
    """

    everything: bool = False
    shallow: set[str] = field(default_factory=set)
    deep: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return self.everything or bool(self.shallow or self.deep)

    def add(self, other: Touched) -> None:
        """Take in what another one names."""
        self.shallow |= other.shallow
        self.deep |= other.deep
        self.everything = self.everything or other.everything or len(self.shallow) + len(self.deep) > MOST_FOLDERS


def touched_by(event: Event, root: str) -> Touched:
    """What an event concerns; nothing when it has nothing to do with the folder.

    Args:
        event: From ``client.events``.
        root: The folder that is followed.
    """
    match event:
        case Reconnected() | CloudChanged():
            # What happened meanwhile is not told (protocol.md §13.1); of an account's files nothing is.
            return Touched(everything=True)
        case FileChanged():
            touched = Touched()
            for path in filter(None, (event.path, event.new_path)):
                touched.add(_changed(path, root, deep=event.is_folder and event.change is not FileChange.DELETED))
            return touched
        case TransferChanged(transfer=transfer) if transfer.status.is_terminal:
            # A file whose listing showed it too early has arrived, or never will (protocol.md §3.5).
            return _changed(transfer.path, root, deep=False)
        case MergeChanged():
            touched = Touched()
            for path in filter(None, (event.last_path, event.last_new_path)):
                touched.add(_changed(path, root, deep=False))
            for task in event.tasks:
                touched.add(_changed(task.source, root, deep=True))
                touched.add(_changed(task.destination, root, deep=True))
            return touched
    return Touched()


def _changed(path: str, root: str, *, deep: bool) -> Touched:
    """An entry changed: its folder is looked at, and itself when it may hold others."""
    path, base = path.rstrip("/"), root.rstrip("/")
    if base == path or base.startswith(f"{path}/"):
        return Touched(everything=True)
    if not path.startswith(f"{base}/"):
        return Touched()
    inner = path[len(base) + 1 :]
    return Touched(shallow={inner.rpartition("/")[0]}, deep={inner} if deep else set())
