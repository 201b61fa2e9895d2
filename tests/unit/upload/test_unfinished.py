"""Files somebody is still writing."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from clouddrive2.upload import unfinished
from clouddrive2.upload.unfinished import unfinished_reason

FILE = "film.mkv"


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / FILE
    path.write_bytes(b"complete")
    return path


@pytest.mark.parametrize("suffix", [".!qB", ".aria2", ".part", ".crdownload", ".tmp"])
def test_names_of_download_clients(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"{FILE}{suffix}"
    path.write_bytes(b"half")
    assert unfinished_reason(path) == f"its name ends in {suffix}, as files do that are not complete"


def test_a_note_beside_it(film: Path) -> None:
    film.with_name(f"{FILE}.aria2").touch()
    assert unfinished_reason(film) == "film.mkv.aria2 beside it says that it is still being downloaded"


def test_a_complete_file(film: Path) -> None:
    assert unfinished_reason(film) is None


@pytest.mark.skipif(sys.platform != "linux", reason="leases are Linux's")
def test_open_for_writing(film: Path) -> None:
    with film.open("ab"):
        assert unfinished_reason(film) == "another program has it open for writing"
    with film.open("rb"):
        assert unfinished_reason(film) is None


class TestWhereNobodyTellsWhoWrites:
    @pytest.fixture(autouse=True)
    def silent(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(unfinished, "_is_written", lambda path: None)

    def test_it_grows(self, film: Path) -> None:
        def grow(seconds: float) -> None:
            film.write_bytes(b"complete, or not")

        assert unfinished_reason(film, sleep=grow) == "it is growing"

    def test_it_does_not(self, film: Path) -> None:
        assert unfinished_reason(film, sleep=lambda seconds: None) is None

    def test_an_old_file_is_not_waited_for(self, film: Path) -> None:
        os.utime(film, (time.time() - 60, time.time() - 60))
        assert unfinished_reason(film, sleep=lambda seconds: pytest.fail("waited")) is None


def test_a_name_of_full_length(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 252 + ".ts")
    path.write_bytes(b"x")
    assert unfinished_reason(path, sleep=lambda _: None) is None
