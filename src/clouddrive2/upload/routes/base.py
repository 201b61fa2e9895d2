"""What every route promises.

A route carries one open file to one path and reports to the job. When :meth:`Route.carry` returns, the server has said that
the file is stored; whether it is, the job verifies. When it raises, nothing truncated stands under the final name, and
what the route began it has ended or written into the journal.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from clouddrive2.models.uploads import RouteStep
from clouddrive2.upload.hashing import FileHasher
from clouddrive2.upload.plan import Circumstances
from clouddrive2.upload.progress import ProgressTracker
from clouddrive2.upload.source import LocalFile

__all__ = ["Carriage", "Carried", "Controls", "Route"]


class Controls(ABC):
    """How the job steers an upload on its way."""

    @abstractmethod
    async def pause(self) -> None:
        """Stop moving data; returns when the other side agreed."""

    @abstractmethod
    async def resume(self) -> None:
        """Go on."""

    @abstractmethod
    async def cancel(self) -> None:
        """End it for good; ``carry`` then raises UploadCancelled."""


@dataclass(slots=True)
class Carriage:
    """One file on its way.

    Attributes:
        source: The open file.
        path: Final destination.
        hasher: Hashes of the file.
        known_hashes: Hashes to send ahead, by type number.
        progress: Where to count.
        resume_id: An upload id the server may still know from an earlier process.
        resume_device: The device id of that process.
        started: Told the upload id as soon as there is one.
        controls: Set by the route while it can be steered.
    """

    source: LocalFile
    path: str
    hasher: FileHasher
    known_hashes: dict[int, str]
    progress: ProgressTracker
    started: Callable[[str, str], Awaitable[None]]
    resume_id: str | None = None
    resume_device: str | None = None
    controls: Controls | None = field(default=None)


@dataclass(frozen=True, slots=True)
class Carried:
    """The server says it has the file. ``instant``: without any data; ``skipped``: it says it did not transfer it."""

    instant: bool
    skipped: bool = False
    message: str = ""


class Route(ABC):
    """One way into the drive."""

    name: str

    @abstractmethod
    def can_carry(self, circumstances: Circumstances) -> RouteStep:
        """Whether it can take this file, and why. No I/O."""

    @abstractmethod
    async def carry(self, carriage: Carriage) -> Carried:
        """Bring the file there.

        Raises:
            clouddrive2.Error: It did not get there.
        """
