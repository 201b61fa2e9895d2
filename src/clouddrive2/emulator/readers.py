"""Files that are open for somebody: what the download list shows (protocol.md §10.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["Reader", "Readers"]


@dataclass(slots=True)
class Reader:
    """One open file.

    Attributes:
        path: Full path.
        size: Its bytes.
        who: What reads it.
        sent: Bytes that were read.
        began: When, on the world's clock.
    """

    path: str
    size: int
    who: str
    began: float
    sent: int = 0


class Readers:
    """All of them.

    Args:
        clock: The world's clock.
        changed: Told when one comes or goes.
    """

    def __init__(self, clock: Callable[[], float], changed: Callable[[], None]) -> None:
        self._clock = clock
        self._changed = changed
        self._open: list[Reader] = []

    def __len__(self) -> int:
        return len(self._open)

    @contextmanager
    def one(self, path: str, size: int, who: str) -> Iterator[Reader]:
        """Open for the length of the block."""
        reader = Reader(path, size, who, self._clock())
        self._open.append(reader)
        self._changed()
        try:
            yield reader
        finally:
            # By identity: two readers of one file may look the same.
            self._open = [each for each in self._open if each is not reader]
            self._changed()

    def rows(self, sees: Callable[[str], bool]) -> list[pb.DownloadFileInfo]:
        """One row for each file that somebody who ``sees`` it would be shown."""
        rows: dict[str, pb.DownloadFileInfo] = {}
        for reader in self._open:
            if not sees(reader.path):
                continue
            row = rows.setdefault(reader.path, pb.DownloadFileInfo(filePath=reader.path, fileLength=reader.size))
            row.downloadThreadCount += 1
            row.totalBufferUsed += reader.sent
            row.bytesPerSecond += reader.sent / max(self._clock() - reader.began, 0.001)
            if reader.who not in row.process:
                row.process.append(reader.who)
        return list(rows.values())
