"""How much is sent at once: as configured, until something on the way takes only less."""

from __future__ import annotations

__all__ = ["PieceSize"]

SMALLEST = 64 * 1024


class PieceSize:
    """Shared by all uploads that go the same way.

    Attributes:
        bytes: Of one answer to a read request (protocol.md §8.3).
    """

    def __init__(self, wanted: int) -> None:
        self.bytes = wanted

    def halved(self, refused: int) -> int | None:
        """The size to try after one was refused; ``None`` when less would not help.

        Many may be refused at once: all of them together halve it once.
        """
        if refused < 2 * SMALLEST:
            return None
        self.bytes = min(self.bytes, refused // 2)
        return refused // 2
