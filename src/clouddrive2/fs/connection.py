"""The client of a file system and the event loop it lives on.

fsspec awaits our coroutines on whatever loop the caller has: ours when the call is a blocking one, fsspec's own when another
file system wraps this one, the user's when he writes ``await``. A client belongs to one loop; work from the others is
handed over to it.
"""

from __future__ import annotations

import asyncio
import atexit
import os
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar
from weakref import WeakSet

from clouddrive2.client import _portal
from clouddrive2.client.aio import AsyncClient
from clouddrive2.errors import ConfigError, Error

__all__ = ["Connection", "whole"]

P = ParamSpec("P")
T = TypeVar("T")
CLOSE_SECONDS = 3.0

_open: WeakSet[Connection] = WeakSet()
_closing: set[asyncio.Task[None]] = set()


class _Operation:
    """One blocking call, with every task that works for it."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._ended = False

    async def part(self, work: Coroutine[Any, Any, T]) -> T:
        """Do work that ends with the call."""
        task = asyncio.ensure_future(work)
        if self._ended:
            task.cancel()
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await task

    async def end(self) -> None:
        """Cancel what is not done, and wait for its clean-up."""
        self._ended = True
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks)


_operation: ContextVar[_Operation | None] = ContextVar("operation", default=None)


async def whole(function: Callable[P, Coroutine[Any, Any, T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """A coroutine whose work ends when it is cancelled, also that of tasks which fsspec starts and then leaves alone."""
    operation = _Operation()
    _operation.set(operation)
    try:
        return await function(*args, **kwargs)
    finally:
        await operation.end()


class Connection:
    """A client, made again after it was closed.

    Args:
        make: Makes one; called at once, so that settings that cannot be used are refused early.
        asynchronous: The client belongs to the loop of the first call. Otherwise to the one of all blocking clients.

    Attributes:
        url: The server's address.

    Raises:
        ConfigError: The settings cannot be used; or the process was forked after blocking clients were used in it.
    """

    def __init__(self, make: Callable[[], AsyncClient], *, asynchronous: bool) -> None:
        self._make = make
        self._client: AsyncClient | None = make()
        self._asynchronous = asynchronous
        self._process = os.getpid()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.url = self._client.config.url
        if not asynchronous:
            self._loop = _portal.call(asyncio.get_running_loop)
            if not _open:
                # Registered after the loop's own, so called before it: the client can still be closed properly.
                atexit.unregister(_close_all)
                atexit.register(_close_all)
            _open.add(self)

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """Where the client lives; ``None`` as long as that is not known."""
        return self._loop

    async def call(self, work: Callable[[AsyncClient], Coroutine[Any, Any, T]]) -> T:
        """The result of work with the client, done on its loop.

        Raises:
            ConfigError: This process was forked from the one that made the file system.
        """
        if self._process != os.getpid():
            raise ConfigError("a file system does not survive a fork; start processes with multiprocessing's 'spawn' method")
        running = asyncio.get_running_loop()
        if self._asynchronous and self._loop is not running and (self._loop is None or self._loop.is_closed()):
            if self._loop is not None:
                self._client = None
            self._loop = running
        assert self._loop is not None
        if self._loop is running:
            operation = _operation.get()
            started = work(self._at_hand())
            return await (started if operation is None else operation.part(started))
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(self._at_hand()), self._loop))

    async def close(self) -> None:
        """Close the client; the next call makes another one. May be called twice."""
        client, self._client = self._client, None
        if client is None or self._loop is None:
            return
        if self._loop is asyncio.get_running_loop():
            await client.close()
        else:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(client.close(), self._loop))

    def _at_hand(self) -> AsyncClient:
        if self._client is None:
            self._client = self._make()
        return self._client

    def __del__(self) -> None:
        # May run on any thread, also on the loop's: ask, do not wait.
        client, loop = getattr(self, "_client", None), getattr(self, "_loop", None)
        if client is not None and loop is not None and not loop.is_closed() and self._process == os.getpid():
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_close_later, loop, client)


def _close_later(loop: asyncio.AbstractEventLoop, client: AsyncClient) -> None:
    task = loop.create_task(client.close())
    _closing.add(task)
    task.add_done_callback(_closing.discard)


def _close_all() -> None:
    """At the end of the program, while the loop still runs."""
    for connection in list(_open):
        # RuntimeError: threads cannot be started any more, so that a journal stays as after a kill.
        with suppress(Error, TimeoutError, RuntimeError):
            _portal.run(_closed, connection)


async def _closed(connection: Connection) -> None:
    async with asyncio.timeout(CLOSE_SECONDS):
        await connection.close()
