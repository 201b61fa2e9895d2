"""What the journal holds of a file that is being placed."""

from __future__ import annotations

import pytest

from clouddrive2.models.files import Entry, EntryKind
from clouddrive2.upload.placing import Left

OLD = Entry("/115/电影/film.mkv", "film.mkv", EntryKind.FILE, size=5, id="77")


def test_names_are_beside_the_final_one() -> None:
    left = Left.of(OLD.path, "ab12", 1000, OLD)
    assert (left.partial, left.aside) == ("/115/电影/film.cd2-ab12.mkv", "/115/电影/film.cd2-ab12-old.mkv")
    assert (left.path, left.size, left.replaced_id, left.closed) == (OLD.path, 1000, "77", False)
    assert Left.of(OLD.path, "ab12", 1000, None).aside == ""


def test_read_back_from_the_journal() -> None:
    left = Left.of(OLD.path, "ab12", 1000, OLD)
    assert Left.parse(left.text) == left


@pytest.mark.parametrize("text", ["", "an upload id", "[]", "3", "{}", '{"partial": "/a"}', '{"what": 1}'])
def test_what_another_route_wrote_is_none_of_ours(text: str) -> None:
    assert Left.parse(text) is None
