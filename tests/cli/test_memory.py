"""The allocator is told to keep what was freed, where it can be told."""

from __future__ import annotations

import subprocess
import sys

import pytest

ROUND = """
import resource
from clouddrive2.cli.memory import keep_freed_memory

if {told}:
    keep_freed_memory()
for _ in range(10):
    bytes(8 << 20)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(100):
    bytes(8 << 20)
    bytearray(b"x" * (8 << 20))
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have other allocators")
def test_large_pieces_do_not_come_from_the_system_again_and_again() -> None:
    def faults(*, told: bool) -> int:
        command = [sys.executable, "-c", ROUND.format(told=told)]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    untold, told = faults(told=False), faults(told=True)
    if untold < 10_000:
        pytest.skip("this system's allocator keeps them anyway")
    assert told < untold / 10
