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
    """Where one file stands. ``sent`` may pass ``total``: the server may ask for a range twice.

    ``confirmed`` is in the server, ``delivered`` in its cloud.
    """

    source: str
    path: str
    phase: str
    hashed: int
    sent: int
    confirmed: int
    total: int
    delivered: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """One file reached its goal (``verified`` says by what), arrived without proof, or was left out (``skipped``).

    ``arrived``: something was compared, but not in the cloud.
    """

    source: str
    path: str
    size: int
    route: str | None
    seconds: float
    verified: str | None
    instant: bool = False
    skipped: bool = False
    reason: str = ""
    source_deleted: bool = False
    arrived: bool = False

    @property
    def outcome(self) -> str:
        """``verified``, ``arrived`` or ``skipped``."""
        if self.skipped:
            return "skipped"
        return "verified" if self.verified and not self.arrived else "arrived"


@dataclass(frozen=True, slots=True)
class Failed:
    """One file did not reach its goal; ``unknown``: it may have."""

    source: str
    path: str
    size: int
    seconds: float
    error: str
    kind: str
    detail: str = ""
    unknown: bool = False

    @property
    def outcome(self) -> str:
        """``failed`` or ``unknown``."""
        return "unknown" if self.unknown else "failed"


@dataclass(slots=True)
class Summary:
    """The sum of a command's transfers.

    ``size`` counts what was carried, not what was skipped; ``instant_size`` is the part of it that needed no data.
    """

    verb: str
    done: int = 0
    skipped: int = 0
    instant: int = 0
    failed: int = 0
    unknown: int = 0
    unverified: int = 0
    size: int = 0
    instant_size: int = 0
    seconds: float = 0.0
    failures: list[Failed] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Bytes per second over everything."""
        return self.size / self.seconds if self.seconds > 0 else 0.0

    def add(self, event: Done | Failed) -> None:
        """Counts one outcome."""
        if isinstance(event, Failed):
            self.failed += not event.unknown
            self.unknown += event.unknown
            self.failures.append(event)
        elif event.skipped:
            self.skipped += 1
        else:
            self.done += 1
            self.size += event.size
            self.instant += event.instant
            self.instant_size += event.size if event.instant else 0
            self.unverified += event.outcome == "arrived"
