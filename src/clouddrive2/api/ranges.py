"""Which bytes of a file are here: spans that may lie anywhere, and the gaps between them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

__all__ = ["Ranges", "Span"]

Span = tuple[int, int]
"""First byte, and the one behind the last."""


class Ranges:
    """Spans that neither overlap nor touch, in ascending order.

    Args:
        spans: To begin with; in any order.
    """

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self._spans: list[Span] = []
        for start, end in spans:
            self.add(start, end)

    @property
    def spans(self) -> tuple[Span, ...]:
        """All of them."""
        return tuple(self._spans)

    @property
    def total(self) -> int:
        """How many bytes there are."""
        return sum(end - start for start, end in self._spans)

    @property
    def beginning(self) -> int:
        """How many bytes there are before the first gap."""
        return self._spans[0][1] if self._spans and self._spans[0][0] == 0 else 0

    def add(self, start: int, end: int) -> None:
        """Bytes from ``start`` up to ``end`` are here now."""
        if start >= end:
            return
        first = bisect_left(self._spans, start, key=lambda span: span[1])
        last = bisect_right(self._spans, end, key=lambda span: span[0])
        if first < last:
            start = min(start, self._spans[first][0])
            end = max(end, self._spans[last - 1][1])
        self._spans[first:last] = [(start, end)]

    def missing(self, start: int, end: int, longest: int | None = None) -> list[Span]:
        """The gaps from ``start`` up to ``end``, in pieces of at most ``longest`` bytes."""
        gaps: list[Span] = []
        at = start
        for here, there in [*self._spans, (end, end)]:
            if at < min(here, end):
                gaps.append((at, min(here, end)))
            at = max(at, there)
        if longest is None:
            return gaps
        return [(at, min(at + longest, there)) for here, there in gaps for at in range(here, there, longest)]
