"""Many ranges of files as few requests: those close together are fetched as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["Block", "together"]

# No block grows beyond this; a single range may be larger.
BLOCK_BYTES = 16 * 1024 * 1024


@dataclass(slots=True)
class Block:
    """One request.

    Attributes:
        path, start, end: What is fetched.
        wanted: Which of the ranges are cut out of it: number, first byte in the block, and the one behind the last.
    """

    path: str
    start: int | None
    end: int | None
    wanted: list[tuple[int, int | None, int | None]] = field(default_factory=list)


def together(
    paths: Sequence[str], starts: Sequence[int | None], ends: Sequence[int | None], gap: int, longest: int = BLOCK_BYTES
) -> list[Block]:
    """The requests for ranges. One with an open or a negative end stays by itself.

    Args:
        paths, starts, ends: The ranges, by position.
        gap: How many bytes that nobody asked for may lie between two of one request.
        longest: Bytes of one request.
    """
    blocks: list[Block] = []
    plain: list[tuple[str, int, int, int]] = []
    for number, (path, start, end) in enumerate(zip(paths, starts, ends, strict=True)):
        first = start or 0
        if end is None or first < 0 or end < first:
            blocks.append(Block(path, start, end, [(number, None, None)]))
        else:
            plain.append((path, first, end, number))
    last: Block | None = None
    for path, start, end, number in sorted(plain):
        if (
            last is None
            or last.start is None
            or last.end is None
            or last.path != path
            or start > last.end + gap
            or end - last.start > longest
        ):
            last = Block(path, start, end)
            blocks.append(last)
        assert last.start is not None and last.end is not None
        last.end = max(last.end, end)
        last.wanted.append((number, start - last.start, end - last.start))
    return blocks
