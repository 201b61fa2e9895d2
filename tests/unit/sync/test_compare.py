"""Two files, two folders, and when deleting is allowed: tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from clouddrive2.sync.compare import MODIFY_WINDOW, clashes, judge, pair
from clouddrive2.sync.deletions import MAX_DELETE, Deletions
from clouddrive2.sync.listing import File, Listing

THEN = datetime(2026, 3, 15, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SHA1 = {2: "aa"}
DECOMPOSED, COMPOSED = "e\u0301.txt", "\u00e9.txt"


def local(size: int = 5, modified: datetime | None = THEN) -> File:
    return File("/local/f", size, modified)


def cloud(size: int = 5, modified: datetime | None = THEN, hashes: dict[int, str] | None = None, pending: bool = False) -> File:
    return File("/Cloud/f", size, modified, hashes or {}, pending)


class TestUp:
    """The cloud shows when a file was uploaded, not when it was changed."""

    @pytest.mark.parametrize(
        ("theirs", "same", "reason"),
        [
            (cloud(), True, "same size, and not older"),
            (cloud(modified=THEN + timedelta(days=400)), True, "same size, and not older"),
            (cloud(modified=THEN - MODIFY_WINDOW), True, "same size, and not older"),
            (cloud(modified=THEN - MODIFY_WINDOW - SECOND), False, "same size, but older than the source"),
            (cloud(modified=THEN - timedelta(days=1), hashes=SHA1), None, "other content of the same size"),
            (cloud(hashes=SHA1), True, "same size, and not older"),
            (cloud(size=4), False, "5 instead of 4 bytes"),
            (cloud(size=4, hashes=SHA1), False, "5 instead of 4 bytes"),
            (cloud(modified=None), True, "same size; the cloud knows neither time nor hash to compare"),
            (cloud(modified=None, hashes=SHA1), None, "other content of the same size"),
            (cloud(pending=True), False, "its upload is not finished"),
        ],
    )
    def test_by_size_and_time(self, theirs: File, same: bool | None, reason: str) -> None:
        verdict = judge(local(), theirs, to_cloud=True, checksum=False)
        assert (verdict.same, verdict.reason) == (same, reason)
        assert (verdict.kind, verdict.value) == ((2, "aa") if same is None else (0, ""))

    @pytest.mark.parametrize(
        ("theirs", "same", "reason"),
        [
            (cloud(hashes=SHA1), None, "other content of the same size"),
            (cloud(modified=THEN - timedelta(days=1)), True, "same size; the cloud knows no hash to compare"),
            (cloud(size=6, hashes=SHA1), False, "5 instead of 6 bytes"),
        ],
    )
    def test_by_hash(self, theirs: File, same: bool | None, reason: str) -> None:
        verdict = judge(local(), theirs, to_cloud=True, checksum=True)
        assert (verdict.same, verdict.reason) == (same, reason)


class TestDown:
    """A download sets the time, so that it must be equal."""

    @pytest.mark.parametrize(
        ("ours", "theirs", "same", "reason"),
        [
            (local(), cloud(), True, "same size and time"),
            (local(modified=THEN + MODIFY_WINDOW), cloud(), True, "same size and time"),
            (local(modified=THEN + MODIFY_WINDOW + SECOND), cloud(), False, "same size, but another time than the source"),
            (local(modified=THEN - timedelta(days=1)), cloud(), False, "same size, but another time than the source"),
            (local(modified=THEN - timedelta(days=1)), cloud(hashes=SHA1), None, "other content of the same size"),
            (local(size=4), cloud(), False, "5 instead of 4 bytes"),
            (local(), cloud(modified=None), True, "same size; the cloud knows neither time nor hash to compare"),
        ],
    )
    def test_by_size_and_time(self, ours: File, theirs: File, same: bool | None, reason: str) -> None:
        verdict = judge(theirs, ours, to_cloud=False, checksum=False)
        assert (verdict.same, verdict.reason) == (same, reason)


def listing(*names: str) -> Listing:
    return Listing(files={name: local() for name in names})


class TestNames:
    def test_the_same_letters(self) -> None:
        found = pair(listing("a", "b", "c"), listing("b", "c", "d"))
        assert (found.both, found.only_source, found.only_destination) == ({"b": "b", "c": "c"}, ["a"], ["d"])

    def test_another_unicode_form_is_the_same_name(self) -> None:
        found = pair(listing(DECOMPOSED), listing(COMPOSED))
        assert (found.both, found.only_source, found.only_destination) == ({DECOMPOSED: COMPOSED}, [], [])

    def test_two_forms_at_once_are_two_names(self) -> None:
        found = pair(listing(DECOMPOSED, COMPOSED), listing(COMPOSED))
        assert (found.both, found.only_source) == ({COMPOSED: COMPOSED}, [DECOMPOSED])

    def test_another_letter_case_is_another_name_that_is_never_deleted(self) -> None:
        found = pair(listing("Film.mkv"), listing("film.mkv", "other"))
        assert (found.both, found.only_source, found.only_destination) == ({}, ["Film.mkv"], ["film.mkv", "other"])
        assert found.guarded == {"film.mkv": "Film.mkv"}

    def test_clashes(self) -> None:
        assert list(clashes(["a", "B", "b", "c", DECOMPOSED, COMPOSED])) == [["B", "b"], sorted([DECOMPOSED, COMPOSED])]
        assert list(clashes(["a", "b"])) == []


class TestDeletions:
    @pytest.mark.parametrize(
        ("deletions", "refusal"),
        [
            (Deletions(5, complete=True, failed=0, found=1), None),
            (Deletions(0, complete=True, failed=0, found=0), None),
            (Deletions(MAX_DELETE, complete=True, failed=0, found=1), None),
            (Deletions(MAX_DELETE + 1, complete=True, failed=0, found=1), "it would be 101 files, and the limit is 100"),
            (Deletions(5, complete=True, failed=0, found=1, limit=5), None),
            (Deletions(5, complete=True, failed=0, found=1, limit=4), "it would be 5 files, and the limit is 4"),
            (Deletions(1, complete=True, failed=0, found=1, limit=0), "it would be 1 file, and the limit is 0"),
            (Deletions(5, complete=False, failed=0, found=1, limit=100), "not everything could be listed"),
            (Deletions(5, complete=True, failed=2, found=1, limit=100), "2 of the files failed"),
            (Deletions(5, complete=True, failed=0, found=0), "the source is empty, and 5 files would go"),
            (Deletions(5, complete=True, failed=0, found=0, limit=5), None),
            (Deletions(5, complete=True, failed=0, found=0, limit=4), "it would be 5 files, and the limit is 4"),
        ],
    )
    def test_when_they_are_refused(self, deletions: Deletions, refusal: str | None) -> None:
        said = deletions.refusal()
        assert said is None if refusal is None else said is not None and refusal in said
