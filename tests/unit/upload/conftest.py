"""Local files and the threads that hash them."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from clouddrive2.upload.hashing import HashPool
from clouddrive2.upload.source import LocalFile

OpenFile = Callable[..., LocalFile]


@pytest.fixture
def open_file(tmp_path: Path) -> Iterator[OpenFile]:
    """``open_file(data)`` or ``open_file(size)`` with repeatable random content; closed with the test."""
    with ExitStack() as stack:

        def make(content: bytes | int, name: str = "file.bin") -> LocalFile:
            path = tmp_path / name
            path.write_bytes(random.Random(content).randbytes(content) if isinstance(content, int) else content)
            return stack.enter_context(closing(LocalFile(path)))

        yield make


@pytest.fixture
async def pool() -> AsyncIterator[HashPool]:
    pool = HashPool(2)
    yield pool
    pool.close()
