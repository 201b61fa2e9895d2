"""Bytes from file to file: by the kernel where it can, by hand where it cannot."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2 import SourceChanged
from clouddrive2.upload import copying
from clouddrive2.upload.copying import PIECE_BYTES, Copying
from clouddrive2.upload.source import LocalFile

SIZES = [0, 1, PIECE_BYTES, 2 * PIECE_BYTES + 7]


@pytest.fixture
def copy(tmp_path: Path) -> Callable[[int], list[tuple[int, int]]]:
    """``copy(size)``: copies so many bytes, compares them, and returns what was told."""

    def run(size: int) -> list[tuple[int, int]]:
        (tmp_path / "source").write_bytes(os.urandom(size))
        source, told, allowed = LocalFile(tmp_path / "source"), [], []
        target = os.open(tmp_path / "target", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        try:
            Copying(source, allowed.append, lambda begin, end: told.append((begin, end))).run(target)
        finally:
            os.close(target)
            source.close()
        assert (tmp_path / "target").read_bytes() == (tmp_path / "source").read_bytes()
        assert allowed == [end - begin for begin, end in told]
        return told

    return run


def refusing(code: int) -> Callable[..., int]:
    def way(*arguments: Any) -> int:
        raise OSError(code, os.strerror(code))

    return way


@pytest.mark.parametrize("size", SIZES)
def test_every_size(copy: Callable[[int], list[tuple[int, int]]], size: int) -> None:
    told = copy(size)
    assert sum(end - begin for begin, end in told) == size
    assert [begin for begin, _ in told] == list(range(0, size, PIECE_BYTES))


@pytest.mark.parametrize("code", [errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL])
def test_what_the_kernel_does_not_do_is_done_by_hand(
    copy: Callable[[int], list[tuple[int, int]]], monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(copying, "_by_copy_file_range", refusing(code))
    copy(SIZES[-1])


def test_a_kernel_that_copies_nothing_without_a_word(
    copy: Callable[[int], list[tuple[int, int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "_by_copy_file_range", lambda *arguments: 0)
    copy(SIZES[-1])


def test_failures_are_told(copy: Callable[[int], list[tuple[int, int]]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "_by_copy_file_range", refusing(errno.ENOSPC))
    with pytest.raises(OSError) as failure:
        copy(10)
    assert failure.value.errno == errno.ENOSPC


def test_a_source_that_shrinks(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(bytes(3 * PIECE_BYTES))
    source = LocalFile(tmp_path / "source")
    target = os.open(tmp_path / "target", os.O_WRONLY | os.O_CREAT)

    def shrink(count: int) -> None:
        os.truncate(tmp_path / "source", PIECE_BYTES)

    with pytest.raises(SourceChanged, match="became shorter"):
        Copying(source, shrink, lambda begin, end: None).run(target)
    os.close(target)
    source.close()
