"""The event loop of one command, and what Ctrl-C does to it: once to stop cleanly, twice to stop at once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from clouddrive2.cli.exit_codes import ExitCode

__all__ = ["Interrupted", "run"]


# What ends a command in order: Ctrl-C, a polite kill, a terminal that is closed.
ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Interrupted(Exception):
    """A signal ended the command, and it has cleaned up."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.code = ExitCode(128 + number)


def run(work: Coroutine[Any, Any, int | None], *, stopping: Callable[[], None], leaving: Callable[[], None]) -> int | None:
    """Runs a command to its exit code.

    Args:
        work: The command.
        stopping: Called at the first signal, before the command is cancelled.
        leaving: Called at the second, just before the process ends without further cleaning.

    Raises:
        Interrupted: It was stopped and has cleaned up.
    """
    return asyncio.run(_guarded(work, stopping, leaving))


async def _guarded(
    work: Coroutine[Any, Any, int | None], stopping: Callable[[], None], leaving: Callable[[], None]
) -> int | None:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    received: list[int] = []

    def stop(number: int) -> None:
        received.append(number)
        if len(received) > 1:
            leaving()
            os._exit(128 + number)
        stopping()
        task.cancel()

    handled = ENDING if threading.current_thread() is threading.main_thread() else ()
    for number in handled:
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop, number)
    try:
        return await work
    except asyncio.CancelledError:
        if received:
            raise Interrupted(received[0]) from None
        raise
    finally:
        for number in handled:
            with contextlib.suppress(NotImplementedError):
                loop.remove_signal_handler(number)
