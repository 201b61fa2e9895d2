"""Many uploads: so many at once, the results in the order they were added."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from clouddrive2.errors import ConfigError, Error
from clouddrive2.models.uploads import BatchItem
from clouddrive2.upload.job import UploadJob

__all__ = ["UploadBatch"]


class UploadBatch:
    """Made by ``client.uploads.batch``. Leaving its block waits for all; an error of one file does not stop the others.

    Attributes:
        jobs: The uploads running now.
    """

    def __init__(self, start: Callable[[str, str], Awaitable[UploadJob]], files_at_once: int) -> None:
        if files_at_once < 1:
            raise ConfigError(f"files_at_once must be at least 1, not {files_at_once}")
        self.jobs: set[UploadJob] = set()
        self._start = start
        self._slots = asyncio.Semaphore(files_at_once)
        self._tasks: list[asyncio.Task[BatchItem]] = []

    def add(self, source: str | Path, to: str) -> None:
        """Queue one file; it starts when its turn comes.

        Args:
            source: The local file.
            to: As for ``client.uploads.upload``.
        """
        self._tasks.append(asyncio.create_task(self._one(str(source), to)))

    async def outcomes(self) -> list[BatchItem]:
        """How each file ended, in the order they were added; waits for all that were."""
        return list(await asyncio.gather(*self._tasks))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                await asyncio.gather(*self._tasks)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _one(self, source: str, to: str) -> BatchItem:
        async with self._slots:
            job = await self._start(source, to)
            self.jobs.add(job)
            try:
                return BatchItem(source, to, uploaded=await job.result())
            except Error as error:
                return BatchItem(source, to, error=error)
            except asyncio.CancelledError:
                await job.stop()
                raise
            finally:
                self.jobs.discard(job)
