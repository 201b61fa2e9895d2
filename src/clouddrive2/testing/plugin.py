"""pytest fixtures: a fresh emulator per test, and one made to order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from clouddrive2.testing.running import RunningEmulator, running_emulator

__all__ = ["emulator", "emulator_factory"]


@pytest.fixture
def emulator_factory() -> Iterator[Callable[..., RunningEmulator]]:
    """Start any number of emulators: ``emulator_factory(clouds=("A", "B"), root=tmp_path)``; all end with the test."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(running_emulator(**options))


@pytest.fixture
def emulator(emulator_factory: Callable[..., RunningEmulator]) -> RunningEmulator:
    """A fresh emulator that keeps everything in memory."""
    return emulator_factory()
