"""What may go wrong with mounts on purpose; set through :class:`clouddrive2.emulator.faults.Faults`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

__all__ = ["MountDied", "MountFaults"]


class MountDied(Exception):
    """The file system ends in the middle of its work."""


@dataclass(slots=True)
class MountFaults:
    """Read by mounts and by the file systems they start.

    Attributes:
        refusals: Reasons the next attempts to mount fail with.
        dies_after: Bytes still written before a mount ends, or ``None``.
        write_error, error_after, error_times: An errno writes fail with, after how many bytes, and how often.
        fired: Counts how often each struck.
    """

    fired: Counter[str]
    refusals: list[str] = field(default_factory=list)
    dies_after: int | None = None
    write_error: int = 0
    error_after: int = 0
    error_times: int = 0

    def refusal(self) -> str:
        """Why this attempt to mount fails; empty when it does not."""
        if not self.refusals:
            return ""
        self.fired["fail_mount"] += 1
        return self.refusals.pop(0)

    def count(self, length: int) -> None:
        """Note bytes about to be written.

        Raises:
            MountDied: The mount ends here.
            OSError: This write fails.
        """
        if self.dies_after is not None:
            self.dies_after -= length
            if self.dies_after < 0:
                self.dies_after = None
                self.fired["mount_dies"] += 1
                raise MountDied
        if self.error_times:
            self.error_after -= length
            if self.error_after < 0:
                self.error_times -= 1
                self.fired["fail_mount_writes"] += 1
                raise OSError(self.write_error, "failed on purpose")
