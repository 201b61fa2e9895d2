"""What may go wrong with downloads on purpose; set through :class:`clouddrive2.emulator.faults.Faults`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

__all__ = ["DownloadFaults"]


@dataclass(slots=True)
class DownloadFaults:
    """Read by ``/static``.

    Attributes:
        refusals: HTTP statuses the next requests are answered with.
        breaks: After how many bytes each of the next answers breaks off.
        stalls: After how many bytes each of the next answers stands still.
        most_at_once: Answers under way at which another request is refused, or ``None``.
        no_ranges: Whole files only.
        short_ranges: The most bytes of a range that are sent, or ``None``.
        wrong_ranges: How many answers begin a byte late.
        new_tags: Every answer has another ``ETag``.
        fired: Counts how often each struck.
    """

    fired: Counter[str]
    refusals: list[int] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)
    stalls: list[int] = field(default_factory=list)
    most_at_once: int | None = None
    no_ranges: bool = False
    short_ranges: int | None = None
    wrong_ranges: int = 0
    new_tags: bool = False
    answers: int = 0

    def refusal(self, under_way: int) -> int | None:
        """The status a request is refused with, if it is."""
        if self.refusals:
            self.fired["refuse_download"] += 1
            return self.refusals.pop(0)
        if self.most_at_once is not None and under_way >= self.most_at_once:
            self.fired["limit_downloads"] += 1
            return 429
        return None

    def range_sent(self, start: int, stop: int) -> tuple[int, int] | None:
        """What is sent in place of a range; ``None`` for the whole file."""
        if self.no_ranges:
            self.fired["no_ranges"] += 1
            return None
        if self.wrong_ranges and stop - start > 1:
            self.wrong_ranges -= 1
            self.fired["wrong_ranges"] += 1
            start += 1
        if self.short_ranges is not None and stop - start > self.short_ranges:
            self.fired["short_ranges"] += 1
            stop = start + self.short_ranges
        return start, stop

    def tag(self, tag: bytes) -> bytes:
        """The tag of one answer."""
        if not self.new_tags:
            return tag
        self.answers += 1
        self.fired["new_tags"] += 1
        return tag[:-1] + b"-%d" % self.answers + tag[-1:]

    def end_of(self, length: int) -> tuple[int, str]:
        """How many bytes of an answer are sent, and what happens then."""
        for name, limits in (("break_download", self.breaks), ("stall_download", self.stalls)):
            if limits and length > limits[0]:
                self.fired[name] += 1
                return limits.pop(0), name
        return length, ""
