"""What every route promises.

A route carries one open file to one path and reports to the job. When :meth:`Route.carry` returns, the server has said that
the file is stored; whether it is, the job verifies. When it raises, nothing truncated stands under the final name, and
what the route began it has ended or written into the journal.

A failure that another route need not share is raised as :class:`HandOver`; a refusal by the server (permission, quota,
name) as it is: another route would meet it again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from clouddrive2.errors import Error
from clouddrive2.models.files import Entry
from clouddrive2.models.uploads import RouteStep, Wait
from clouddrive2.upload.controls import Controls
from clouddrive2.upload.drive import Drive
from clouddrive2.upload.hashing import FileHasher
from clouddrive2.upload.plan import Circumstances
from clouddrive2.upload.progress import ProgressTracker
from clouddrive2.upload.source import LocalFile

__all__ = ["Carriage", "Carried", "Controls", "HandOver", "Route"]


class HandOver(Exception):
    """This route cannot go on; another may. Nothing of the file is left under its final name.

    Attributes:
        error: What stopped it; the upload's own failure when no other route is left.
    """

    def __init__(self, error: Error) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(slots=True)
class Carriage:
    """One file on its way.

    Attributes:
        source: The open file.
        path: Final destination.
        hasher: Hashes of the file.
        known_hashes: Hashes to send ahead, by type number.
        progress: Where to count.
        leaves: Told, before it is made, what has to be cleaned up after a kill, for example a temporary path; an empty text
            when nothing is left any more. :meth:`Route.clean` gets it in a later run.
        replaces: What stands at the destination now and is to be replaced once the new file is complete.
        wait: How long to go on for.
        instant_only: Send no data: the cloud has the content, or the upload ends with NotInstant.
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
    leaves: Callable[[str], Awaitable[None]]
    replaces: Entry | None = None
    wait: Wait = Wait.CLOUD
    instant_only: bool = False
    resume_id: str | None = None
    resume_device: str | None = None
    controls: Controls | None = field(default=None)


@dataclass(frozen=True, slots=True)
class Carried:
    """The server says it has the file.

    Attributes:
        instant: Without any data.
        skipped: It says it did not transfer it.
        message: The server's words.
        queued: It lies in the server and not yet in its cloud, because nobody wanted to wait.
        unseen: It lies in the server, and why its cloud cannot be looked into.
    """

    instant: bool
    skipped: bool = False
    message: str = ""
    queued: bool = False
    unseen: str = ""


class Route(ABC):
    """One way into the drive.

    Attributes:
        name: As people choose it.
        drive: How to look at the drive when this route is taken.
        can_be_instant: Whether it may find that nothing needs to be sent.
    """

    name: str
    drive: Drive
    can_be_instant = False

    @abstractmethod
    def can_carry(self, circumstances: Circumstances) -> RouteStep:
        """Whether it can take this file, and why. No I/O."""

    def can_take_up(self, route: str) -> bool:
        """Whether what an earlier run began by the route of this name can go on here."""
        return route == self.name

    @abstractmethod
    async def carry(self, carriage: Carriage) -> Carried:
        """Bring the file there.

        Raises:
            HandOver: Not by this route.
            clouddrive2.Error: It did not get there.
        """

    async def keep(self, left: str) -> bool:
        """Whether :meth:`carry` can go on with what an earlier run left, of a source that is still the same. Then it has to."""
        return False

    async def clean(self, left: str) -> None:  # noqa: B027
        """Remove what an earlier run, killed on the way, told :attr:`Carriage.leaves`. May be repeated."""
