"""A complete file in the server gets its name, and what had the name steps aside until the new one is verified.

The steps are written into the journal before they are taken (:class:`Left`), so that a later run can go on with them or take
them back, whatever moment the process was killed at.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

from clouddrive2.api.files import AsyncFiles
from clouddrive2.config import UploadConfig
from clouddrive2.errors import AlreadyExists, NotFound, Refused, Unreachable, UploadFailed
from clouddrive2.models import paths
from clouddrive2.models.files import Entry
from clouddrive2.upload.plan import partial_name

__all__ = ["Left", "Placing"]

logger = logging.getLogger(__name__)
# A server that has just closed or delivered a file may not find it for a while (protocol.md §3.4, §5.4).
PAUSES = (0.05, 0.2, 0.5, 1.0, 2.0, 5.0)


@dataclass(frozen=True, slots=True)
class Left:
    """What a killed run leaves in the drive.

    Attributes:
        partial: Where the file grew.
        path: Its final path.
        size: Bytes of the complete file.
        aside: Where what stood at ``path`` goes meanwhile; empty when nothing is replaced.
        replaced_id: The cloud's id of that.
        closed: The file is complete in the server.
    """

    partial: str
    path: str
    size: int
    aside: str = ""
    replaced_id: str = ""
    closed: bool = False

    @classmethod
    def of(cls, path: str, token: str, size: int, replaces: Entry | None) -> Left:
        """For a file on its way to ``path``; ``token`` makes its names its own."""
        aside = partial_name(path, f"{token}-old") if replaces is not None else ""
        return cls(partial_name(path, token), path, size, aside, replaces.id if replaces is not None else "")

    @classmethod
    def parse(cls, text: str) -> Left | None:
        """What :meth:`text` wrote; ``None`` when it is something else."""
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError):
            return None

    @property
    def text(self) -> str:
        """For the journal."""
        return json.dumps(asdict(self), ensure_ascii=False)


class Placing:
    """Renames and deletions around one file.

    Args:
        files: The calls.
        config: ``offline_seconds`` for a server that is away, ``verify_seconds`` for an index that lags.
        left: Names and state.
        clock: Seconds, monotonic.
    """

    def __init__(
        self, files: AsyncFiles, config: UploadConfig, left: Left, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._files = files
        self._config = config
        self._left = left
        self._clock = clock

    async def place(self, explain: Callable[[], Awaitable[None]], *, again: bool = False) -> None:
        """Give the file its name.

        Args:
            explain: Raises when somebody knows why the file cannot be found.
            again: Some of it may have been done by an earlier run.

        Raises:
            AlreadyExists: The name was taken meanwhile.
            UploadFailed: The server does not find the file any more.
            OperationFailed: The server renames nothing that is still on its way.
            Unreachable: The server is away for too long.
        """
        left = self._left
        if again and await self._find(left.partial) is None and await self._find(left.path) is not None:
            return
        if left.aside and not (again and await self._find(left.aside) is not None):
            try:
                await self._rename(left.path, left.aside, lag_seconds=0)
            except NotFound:
                # It was deleted meanwhile: nothing is in the way.
                logger.info("%s is gone already", left.path, extra={"action": "replaced_gone"})
        try:
            await self._rename(left.partial, left.path, explain, lag_seconds=self._config.verify_seconds)
        except NotFound as error:
            raise UploadFailed(
                f"{left.path}: the server took the whole file, but has lost it since; see its upload list and log",
                path=left.path,
            ) from error

    async def step_back(self) -> None:
        """What stepped aside comes back; the new file stays where it is."""
        left = self._left
        if left.aside and await self._find(left.aside) is not None and await self._find(left.path) is None:
            await self._rename(left.aside, left.path, lag_seconds=self._config.verify_seconds)

    async def settle(self) -> None:
        """The new file is good: what it replaces goes."""
        left = self._left
        if not left.aside:
            return
        try:
            await self._files.delete(left.aside, missing_ok=True)
        except Refused as error:
            # No reason to call the upload a failure.
            logger.warning(
                "%s is there; what stood there before is now %s: %s",
                left.path,
                left.aside,
                error,
                extra={"action": "replaced_kept_aside"},
            )

    async def undo(self) -> None:
        """The new file goes, what it was to replace comes back."""
        left = self._left
        grown, there = await self._find(left.partial), await self._find(left.path)
        moved = bool(left.aside) and await self._find(left.aside) is not None
        if grown is not None:
            await self._files.delete(left.partial, missing_ok=True)
        elif there is not None and (there.pending or (moved and there.id != left.replaced_id)):
            await self._files.delete(left.path, missing_ok=True)
            there = None
        if moved and there is None:
            await self._rename(left.aside, left.path, lag_seconds=self._config.verify_seconds)
        elif moved:
            logger.warning(
                "%s is taken by somebody else; what stood there is now %s",
                left.path,
                left.aside,
                extra={"action": "replaced_kept_aside"},
            )

    async def is_whole(self) -> bool:
        """Whether the server has the complete file, under one of its names."""
        left = self._left
        if not left.closed:
            return False
        grown = await self._find(left.partial)
        if grown is not None:
            return grown.size == left.size
        there = await self._find(left.path)
        return there is not None and there.is_file and there.size == left.size and there.id != left.replaced_id

    async def _rename(
        self, old: str, new: str, explain: Callable[[], Awaitable[None]] | None = None, *, lag_seconds: float
    ) -> None:
        """One renaming whose answer may be lost, of a file the index may not show yet."""
        began, attempt, unsure = self._clock(), 0, False
        while True:
            try:
                await self._files.rename(old, paths.name_of(new))
                return
            except Unreachable:
                unsure = True
                if self._clock() - began >= self._config.offline_seconds:
                    raise
            except AlreadyExists:
                if unsure and await self._find(old) is None:
                    return
                raise
            except NotFound:
                if unsure and await self._find(new) is not None:
                    return
                if explain is not None:
                    await explain()
                if self._clock() - began >= lag_seconds:
                    raise
            await asyncio.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
            attempt += 1

    async def _find(self, path: str) -> Entry | None:
        try:
            return await self._files.stat(path)
        except NotFound:
            return None
