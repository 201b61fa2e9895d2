"""Notes of a part: believed only when they are whole, sound, and about this part."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clouddrive2.api.part_notes import PartNotes

SIZE = 100
NOTES = PartNotes("print", ((0, 10), (20, 100)), '"tag"', "yesterday")


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    NOTES.write(path)
    assert PartNotes.read(path, "print", SIZE) == NOTES
    (tmp_path / "notes~").write_bytes(b"x" * 10_000)
    other = PartNotes("print", ((5, 6),), None, None)
    other.write(path)
    assert PartNotes.read(path, "print", SIZE) == other
    assert [child.name for child in tmp_path.iterdir()] == ["notes"]


def test_those_of_another_part_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    assert PartNotes.read(path, "print", SIZE) is None
    NOTES.write(path)
    assert PartNotes.read(path, "other", SIZE) is None
    assert PartNotes.read(path, "print", SIZE - 1) is None


@pytest.mark.parametrize(
    "change",
    [
        {"spans": []},
        {"spans": [[5, 5]]},
        {"spans": [[-1, 5]]},
        {"spans": [[0, 5.5]]},
        {"spans": [[0, True]]},
        {"spans": [[0]]},
        {"spans": 7},
        {"tag": 7},
        {"modified": []},
        {"fingerprint": None},
    ],
    ids=str,
)
def test_those_that_make_no_sense_do_not_count(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "notes"
    NOTES.write(path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    assert PartNotes.read(path, "print", SIZE) is None


def test_torn_ones_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    NOTES.write(path)
    whole = path.read_bytes().rstrip()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert PartNotes.read(path, "print", SIZE) is None
    path.write_bytes(b"\xff\xfe")
    assert PartNotes.read(path, "print", SIZE) is None


def test_room_is_taken_before_it_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    PartNotes.reserve(path)
    room = tmp_path / "notes~"
    assert room.stat().st_size == 4096
    number = room.stat().st_ino
    NOTES.write(path)
    assert path.stat().st_ino == number
    PartNotes.reserve(path)
    PartNotes.release(path)
    assert [child.name for child in tmp_path.iterdir()] == ["notes"]
    PartNotes.remove(path)
    PartNotes.remove(path)
    assert list(tmp_path.iterdir()) == []


def test_one_that_cannot_be_written_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    NOTES.write(path)
    (tmp_path / "notes~").mkdir()
    with pytest.raises(OSError):
        PartNotes("print", ((0, 1),), None, None).write(path)
    assert PartNotes.read(path, "print", SIZE) == NOTES
