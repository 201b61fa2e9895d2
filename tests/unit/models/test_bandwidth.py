"""The notation of bandwidth limits, and which slot of a timetable holds when."""

from __future__ import annotations

from datetime import datetime

import pytest

from clouddrive2.errors import ConfigError
from clouddrive2.models.bandwidth import Bandwidth, Rates

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
# 2024-01-01 was a Monday.
MONDAY, FRIDAY, SATURDAY, SUNDAY = 1, 5, 6, 7


def at(text: str, day: int, hour: int, minute: int = 0) -> Rates:
    return Bandwidth.parse(text).at(datetime(2024, 1, day, hour, minute))


@pytest.mark.parametrize(
    ("text", "up", "down"),
    [
        ("512k", 512 * KIB, 512 * KIB),
        ("512Ki", 512 * KIB, 512 * KIB),
        ("512KiB", 512 * KIB, 512 * KIB),
        ("10M", 10 * MIB, 10 * MIB),
        ("1.5G", 3 * GIB // 2, 3 * GIB // 2),
        (".5m", MIB // 2, MIB // 2),
        ("1T", 1 << 40, 1 << 40),
        ("1P", 1 << 50, 1 << 50),
        ("100b", 100, 100),
        ("666", 666 * KIB, 666 * KIB),
        ("0", None, None),
        ("off", None, None),
        ("OFF", None, None),
        ("10M:1M", 10 * MIB, MIB),
        ("10M:off", 10 * MIB, None),
        ("0:100", None, 100 * KIB),
        (" 1M ", MIB, MIB),
    ],
)
def test_one_rate(text: str, up: int | None, down: int | None) -> None:
    for day in range(1, 8):
        assert at(text, day, 12) == Rates(up, down)


@pytest.mark.parametrize("separator", [" ", ";", "; ", "  "])
def test_a_timetable_of_every_day(separator: str) -> None:
    text = separator.join(["08:00,512k", "12:00,10M", "13:00,512k", "18:00,30M", "23:00,off"])
    for day in (MONDAY, FRIDAY, SUNDAY):
        assert at(text, day, 0).up is None
        assert at(text, day, 7, 59).up is None
        assert at(text, day, 8).up == 512 * KIB
        assert at(text, day, 12).up == 10 * MIB
        assert at(text, day, 13).down == 512 * KIB
        assert at(text, day, 22, 59).up == 30 * MIB
        assert at(text, day, 23).up is None


def test_a_timetable_of_the_week() -> None:
    text = "Mon-00:00,512 Fri-23:59,10M Sat-10:00,1M Sun-20:00,off"
    assert at(text, MONDAY, 0).up == 512 * KIB
    assert at(text, FRIDAY, 23, 58).up == 512 * KIB
    assert at(text, FRIDAY, 23, 59).up == 10 * MIB
    assert at(text, SATURDAY, 9).up == 10 * MIB
    assert at(text, SATURDAY, 10).up == MIB
    assert at(text, SUNDAY, 10).up == MIB
    assert at(text, SUNDAY, 20).up is None


def test_the_last_slot_of_a_week_holds_until_the_first_of_the_next() -> None:
    assert at("wednesday-10:00,1M FRI-10:00,2M:3M", MONDAY, 5) == Rates(2 * MIB, 3 * MIB)


def test_order_does_not_matter_and_the_later_of_two_entries_wins() -> None:
    text = "18:00,2M 08:00,1M sun-18:00,off"
    assert at(text, MONDAY, 9).up == MIB
    assert at(text, MONDAY, 19).up == 2 * MIB
    assert at(text, SUNDAY, 19).up is None
    assert at(text, MONDAY, 1).up is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "an empty bandwidth limit"),
        ("fast", "'fast' is no rate"),
        ("-1M", "'-1M' is no rate"),
        ("10X", "'10X' is no rate"),
        ("nan", "'nan' is no rate"),
        ("inf", "'inf' is no rate"),
        ("1e9", "'1e9' is no rate"),
        ("10Mb:", "'10Mb' is no rate"),
        ("10M:", "'' is no rate"),
        ("1M:2M:3M", "'2M:3M' is no rate"),
        ("0.1b", "'0.1b' is less than one byte per second"),
        ("08:00,512k 10M", "'10M' is no entry"),
        ("8:00,512k", "'8:00' is no time"),
        ("24:00,1M", "'24:00' is no time"),
        ("12:60,1M", "'12:60' is no time"),
        ("Moon-08:00,1M", "'Moon' is no weekday"),
        ("08:00,", "'' is no rate"),
        ("08:00,1M,2M", "'1M,2M' is no rate"),
    ],
)
def test_what_is_no_limit_is_said_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Bandwidth.parse(text)
    assert str(caught.value).startswith(sentence)
