"""Pause, resume and cancel of a route that first sends and then follows what became of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager

from clouddrive2.config import UploadConfig
from clouddrive2.errors import Error, OutcomeUnknown, Unauthenticated, Unreachable, UploadCancelled
from clouddrive2.models.uploads import Phase, Wait
from clouddrive2.upload.controls import Controls
from clouddrive2.upload.delivery import Delivered, Delivery
from clouddrive2.upload.routes.base import Carriage, Carried

__all__ = ["Steering", "in_the_server", "tidy"]

logger = logging.getLogger(__name__)
# Who is stopped has little patience; what cannot be cleaned up in this time a later run cleans up.
STOPPED_SECONDS = 3.0


class Steering(Controls):
    """Leads to whatever is going on: sending, or the delivery after it.

    Attributes:
        going: Cleared while nothing is to be sent.
        cancelled: Somebody has ended it.
    """

    def __init__(self, carriage: Carriage) -> None:
        self.cancelled = False
        self.going = asyncio.Event()
        self.going.set()
        self._carriage = carriage
        self._task: asyncio.Task[Carried] | None = None
        self._delivery: Delivery | None = None

    async def run(self, work: Coroutine[object, object, Carried]) -> Carried:
        """The result of the work; UploadCancelled when it was cancelled from here."""
        self._task = asyncio.create_task(work)
        try:
            return await self._task
        except asyncio.CancelledError:
            if self.cancelled:
                path = self._carriage.path
                raise UploadCancelled(f"{path}: the upload was cancelled", path=path) from None
            raise

    async def follow(self, delivery: Delivery, wait: Wait | None = None) -> Delivered:
        """Follow, steered by pause, resume and cancel; as long as was asked for, unless ``wait`` says otherwise."""
        carriage, self._delivery = self._carriage, delivery
        try:
            return await delivery.follow(carriage.progress, carriage.source.size, wait or carriage.wait)
        finally:
            self._delivery = None

    async def pause(self) -> None:
        if self._delivery is not None:
            await self._delivery.pause()
            return
        self.going.clear()
        self._carriage.progress.set_phase(Phase.PAUSED)

    async def resume(self) -> None:
        if self._delivery is not None:
            await self._delivery.resume()
            return
        self._carriage.progress.set_phase(Phase.TRANSFERRING)
        self.going.set()

    async def cancel(self) -> None:
        self.cancelled = True
        if self._delivery is not None:
            await self._delivery.cancel()
        elif self._task is not None:
            self._task.cancel()


async def tidy(carriage: Carriage, config: UploadConfig, work: Coroutine[object, object, None], because: BaseException) -> None:
    """Clean up after a failure; what does not work now stays in the journal for a later run."""
    seconds = STOPPED_SECONDS if isinstance(because, asyncio.CancelledError) else config.cancel_seconds
    try:
        async with asyncio.timeout(seconds):
            await work
            await carriage.leaves("")
    except (Error, OSError, TimeoutError) as error:
        logger.warning(
            "%s: what was begun could not be removed (%s); the same upload removes it later",
            carriage.path,
            error or "there is no answer",
            extra={"action": "cleanup_failed"},
        )


@asynccontextmanager
async def in_the_server(
    carriage: Carriage, config: UploadConfig, steering: Steering, undo: Callable[[], Coroutine[object, object, None]]
) -> AsyncIterator[None]:
    """Around what is done with a file that lies whole in the server: undone when it fails, left where it is when nobody can ask.

    Raises:
        OutcomeUnknown: The server cannot be asked what became of it.
    """
    try:
        yield
    except (Unreachable, Unauthenticated) as error:
        raise OutcomeUnknown(
            f"{carriage.path}: the server has the whole file, but cannot be asked what became of it ({error}); "
            "run the same upload again to go on with it",
            path=carriage.path,
        ) from error
    except OutcomeUnknown:
        raise
    except asyncio.CancelledError as error:
        # Stopped, it goes on where it is, and a later run with it.
        if steering.cancelled:
            await tidy(carriage, config, undo(), error)
        raise
    except BaseException as error:
        await tidy(carriage, config, undo(), error)
        raise
