"""What a transfer reports to a printer: it began, it moves, it is done, it failed, and the sum of all."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Begun", "Done", "Failed", "Moved", "Summary"]


@dataclass(frozen=True, slots=True)
class Begun:
    """One file starts."""

    source: str
    path: str
    total: int


@dataclass(frozen=True, slots=True)
class Moved:
    """Where one file stands. ``sent`` may pass ``total``: the server may ask for a range twice."""

    source: str
    path: str
    phase: str
    hashed: int
    sent: int
    confirmed: int
    total: int


@dataclass(frozen=True, slots=True)
class Done:
    """One file reached its goal, or was left out for a good reason (``skipped``)."""

    source: str
    path: str
    size: int
    route: str | None
    seconds: float
    verified: str | None
    instant: bool = False
    skipped: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """One file did not reach its goal."""

    source: str
    path: str
    size: int
    seconds: float
    error: str
    kind: str
    detail: str = ""


@dataclass(slots=True)
class Summary:
    """The sum of a command's transfers; ``size`` counts what was really carried, not what was skipped."""

    verb: str
    done: int = 0
    skipped: int = 0
    instant: int = 0
    failed: int = 0
    unverified: int = 0
    size: int = 0
    seconds: float = 0.0
    failures: list[Failed] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Bytes per second over everything."""
        return self.size / self.seconds if self.seconds > 0 else 0.0

    def add(self, event: Done | Failed) -> None:
        """Counts one outcome."""
        if isinstance(event, Failed):
            self.failed += 1
            self.failures.append(event)
        elif event.skipped:
            self.skipped += 1
        else:
            self.done += 1
            self.size += event.size
            self.instant += event.instant
            self.unverified += event.verified is None
