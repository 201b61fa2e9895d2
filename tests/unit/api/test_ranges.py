"""Spans of bytes, compared with plain sets of numbers."""

from __future__ import annotations

import random

import pytest

from clouddrive2.api.ranges import Ranges


@pytest.mark.parametrize(
    ("spans", "merged"),
    [
        ([], ()),
        ([(0, 0)], ()),
        ([(0, 5)], ((0, 5),)),
        ([(5, 9), (0, 3)], ((0, 3), (5, 9))),
        ([(0, 3), (3, 5)], ((0, 5),)),
        ([(0, 3), (2, 5)], ((0, 5),)),
        ([(0, 2), (4, 6), (8, 9), (1, 8)], ((0, 9),)),
        ([(0, 9), (3, 4)], ((0, 9),)),
    ],
)
def test_what_touches_is_one(spans: list[tuple[int, int]], merged: tuple[tuple[int, int], ...]) -> None:
    assert Ranges(spans).spans == merged


def test_against_sets() -> None:
    dice = random.Random(7)
    for _ in range(300):
        ranges, numbers = Ranges(), set[int]()
        for _ in range(dice.randrange(8)):
            start = dice.randrange(40)
            end = start + dice.randrange(10)
            ranges.add(start, end)
            numbers |= set(range(start, end))
        assert ranges.total == len(numbers)
        assert {number for start, end in ranges.spans for number in range(start, end)} == numbers
        assert all(end < start for (_, end), (start, _) in zip(ranges.spans, ranges.spans[1:], strict=False))
        assert ranges.beginning == next(number for number in range(60) if number not in numbers)
        low, high = sorted(dice.randrange(50) for _ in range(2))
        longest = dice.choice([None, 1, 3, 100])
        missing = ranges.missing(low, high, longest)
        assert [number for start, end in missing for number in range(start, end)] == sorted(set(range(low, high)) - numbers)
        assert all(start < end and (longest is None or end - start <= longest) for start, end in missing)
