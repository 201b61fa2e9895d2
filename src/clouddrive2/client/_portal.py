"""The background event loop of all blocking clients: one thread per process, started on first use.

Four ways in, one per shape of an async member: :func:`run` a coroutine, :func:`iterate` over an async iterator,
:func:`entered` for an async context manager, :func:`call` for a plain function that must run on the loop. Whoever calls
waits; Ctrl-C cancels the work on the loop, waits for its clean-up, then raises.
"""

from __future__ import annotations

import asyncio
import atexit
import contextvars
import os
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import Any, Generic, ParamSpec, TypeVar

from clouddrive2.errors import ConfigError, ConnectError

__all__ = ["BlockingIterator", "call", "entered", "fed", "iterate", "run", "taken"]

P = ParamSpec("P")
T = TypeVar("T")

# How far an iterator may run ahead of who reads it: so many items, and so many bytes where items are bytes.
ITEMS_AHEAD = 1024
BYTES_AHEAD = 4 * 1024 * 1024
STOP_SECONDS = 5.0
WAKE_SECONDS = 0.5

_start_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_thread: threading.Thread | None = None
_process = 0


def run(function: Callable[P, Coroutine[Any, Any, T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a coroutine function on the loop and wait for its result.

    A function given as ``on_progress`` is called in this thread, while it waits.

    Raises:
        ConfigError: Called on the loop's own thread, or after a fork.
    """
    return _Call(_running(), function, args, kwargs).wait()


def call(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a plain function on the loop and wait for its result."""

    async def called() -> T:
        return function(*args, **kwargs)

    return run(called)


def iterate(function: Callable[P, AsyncIterator[T]], /, *args: P.args, **kwargs: P.kwargs) -> BlockingIterator[T]:
    """The items of an async iterator, which is begun with the first of them."""
    return BlockingIterator(lambda: function(*args, **kwargs))


@contextmanager
def entered(function: Callable[P, AbstractAsyncContextManager[T]], /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
    """Hold an async context manager on the loop for the length of a ``with`` block."""
    held = _Held(lambda: function(*args, **kwargs))
    value = run(held.enter)
    try:
        yield value
    except BaseException as error:
        if not run(held.leave, error):
            raise
    else:
        run(held.leave, None)


def taken(given: str | Iterable[str]) -> str | list[str]:
    """An argument read in this thread: a generator may itself call a blocking client, which the loop's thread must not."""
    return given if isinstance(given, str) else list(given)


async def fed(given: Iterable[T]) -> AsyncIterator[T]:
    """The items of an ordinary iterable, for a call that sends a stream; read in a worker thread, one by one."""
    items = iter(given)
    while (item := await asyncio.to_thread(next, items, _END)) is not _END:
        yield item  # type: ignore[misc]  # _END is excluded just above


_END = object()


class _Call(Generic[T]):
    """One coroutine on the loop, and the inbox of the thread that waits for it."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        function: Callable[..., Coroutine[Any, Any, T]],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        self._loop = loop
        self._function = function
        self._args = args
        self._kwargs = kwargs
        # What this thread is to do next; None: the coroutine has ended.
        self._inbox: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._context = contextvars.copy_context()
        self._task: asyncio.Task[T] | None = None
        self._refused: BaseException | None = None
        if (shown := kwargs.get("on_progress")) is not None:
            kwargs["on_progress"] = lambda *news: self._inbox.put(lambda: shown(*news))

    def wait(self) -> T:
        """Start it, do what comes in, and return its result."""
        try:
            self._post(self._start)
            while (errand := self._next()) is not None:
                errand()
        except BaseException:
            self._post(self._cancel)
            # Its clean-up belongs to it: only another Ctrl-C ends this wait.
            while self._next() is not None:
                pass
            raise
        if self._refused is not None:
            raise self._refused
        assert self._task is not None
        if self._task.cancelled():
            raise ConnectError("the call was cancelled on its event loop, because the client was closed or the program ends")
        return self._task.result()

    def _next(self) -> Callable[[], object] | None:
        """What to do next. Wakes now and then: a Ctrl-C that comes just before a wait does not end it."""
        while True:
            try:
                return self._inbox.get(timeout=WAKE_SECONDS)
            except Empty:
                continue

    def _post(self, step: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(step)
        except RuntimeError as error:
            self._inbox.put(None)
            raise ConfigError("the program is ending: blocking clients do not work any more") from error

    def _start(self) -> None:
        try:
            self._task = self._loop.create_task(self._function(*self._args, **self._kwargs), context=self._context)
        except Exception as error:  # noqa: BLE001  # whatever it is, it belongs to the thread that waits
            self._refused = error
            self._inbox.put(None)
        else:
            self._task.add_done_callback(lambda _: self._inbox.put(None))

    def _cancel(self) -> None:
        if self._task is None or self._task.done():
            self._inbox.put(None)
        else:
            self._task.cancel()


class BlockingIterator(Iterator[T]):
    """Hands over what an async iterator has ready, one item after the other.

    The source runs ahead by a bounded amount. It is closed at the end, after an error, by :meth:`close`, and when the
    iterator is dropped, as a ``for`` loop does that is left early.
    """

    def __init__(self, open_source: Callable[[], AsyncIterator[T]]) -> None:
        self._source = _Source(open_source)
        self._ready: deque[T] = deque()

    def __next__(self) -> T:
        while not self._ready:
            try:
                fresh = run(self._source.take)
            except BaseException:
                self.close()
                raise
            if not fresh:
                raise StopIteration
            self._ready.extend(fresh)
        return self._ready.popleft()

    def close(self) -> None:
        """End the source and wait for its clean-up. May be called twice."""
        self._ready.clear()
        if self._source.begun:
            run(self._source.close)

    def __enter__(self) -> BlockingIterator[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        # May run on any thread, also on the loop's: ask, do not wait.
        if self._source.begun and not self._source.ended and _loop is not None and os.getpid() == _process:
            with suppress(RuntimeError):
                _loop.call_soon_threadsafe(self._source.drop)


class _Source(Generic[T]):
    """The loop's side of an iterator: a task that reads the source into a bounded buffer."""

    def __init__(self, open_source: Callable[[], AsyncIterator[T]]) -> None:
        self._open = open_source
        self._buffer: list[T] = []
        self._bytes = 0
        self._moved = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None
        self._error: BaseException | None = None
        self.begun = False
        self.ended = False

    async def take(self) -> list[T]:
        """Everything that is ready, at least one item; nothing at the end.

        Raises:
            Exception: What the source raised, after its last item was handed over.
        """
        if self._reader is None and not self.ended:
            self.begun = True
            self._reader = asyncio.create_task(self._read())
        while not self._buffer and not self.ended:
            self._moved.clear()
            await self._moved.wait()
        fresh, self._buffer, self._bytes = self._buffer, [], 0
        self._moved.set()
        if not fresh and self._error is not None:
            error, self._error = self._error, None
            raise error
        return fresh

    async def close(self) -> None:
        """Cancel the reader and wait until the source is closed."""
        self._buffer, self._error = [], None
        if self._reader is not None and not self._reader.done():
            self._reader.cancel()
            await asyncio.wait({self._reader})
        self._error, self.ended = None, True

    def drop(self) -> None:
        """Cancel the reader; nobody waits."""
        if self._reader is not None:
            self._reader.cancel()

    async def _read(self) -> None:
        try:
            source = self._open()
            try:
                async for item in source:
                    self._buffer.append(item)
                    self._bytes += len(item) if isinstance(item, bytes) else 0
                    self._moved.set()
                    while len(self._buffer) >= ITEMS_AHEAD or self._bytes >= BYTES_AHEAD:
                        self._moved.clear()
                        await self._moved.wait()
            finally:
                close = getattr(source, "aclose", None)
                if close is not None:
                    await close()
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001  # whatever it is, it belongs to the thread that reads
            self._error = error
        finally:
            self.ended = True
            self._moved.set()


class _Held(Generic[T]):
    """An async context manager entered and left by one task, as task groups and time limits inside it require."""

    def __init__(self, open_manager: Callable[[], AbstractAsyncContextManager[T]]) -> None:
        self._open = open_manager
        self._task: asyncio.Task[bool] | None = None
        self._leaving: asyncio.Future[Exception | None] | None = None

    async def enter(self) -> T:
        """What the manager gives."""
        loop = asyncio.get_running_loop()
        self._leaving = loop.create_future()
        given: asyncio.Future[T] = loop.create_future()
        self._task = asyncio.create_task(self._hold(given, self._leaving))
        try:
            either: list[asyncio.Future[Any]] = [self._task, given]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self._task.cancel()
            await asyncio.wait({self._task})
            raise
        if not given.done():
            await self._task
            raise RuntimeError("the context manager gave nothing")
        return given.result()

    async def leave(self, error: BaseException | None) -> bool:
        """Leave the block, with what was raised in it; whether the manager swallowed that."""
        assert self._task is not None and self._leaving is not None
        if error is not None and not isinstance(error, Exception):
            # Ctrl-C in the block: raised on the loop it would end the loop.
            self._task.cancel()
            await asyncio.wait({self._task})
            return False
        if not self._leaving.done():
            self._leaving.set_result(error)
        return await self._task

    async def _hold(self, given: asyncio.Future[T], leaving: asyncio.Future[Exception | None]) -> bool:
        error: Exception | None = None
        async with self._open() as value:
            given.set_result(value)
            error = await leaving
            if error is not None:
                raise error
        return error is not None


def _running() -> asyncio.AbstractEventLoop:
    """The loop, running; refuses where waiting for it would never end."""
    global _loop, _thread, _process
    if _loop is not None:
        if _process != os.getpid():
            raise ConfigError(
                "blocking clients were used before this process was forked, and their event loop did not come along; "
                "make the first Client after the fork, or start processes with multiprocessing's 'spawn' method"
            )
        if threading.current_thread() is _thread:
            raise ConfigError(
                "a blocking client cannot be called on the event loop that serves it (in a callback or coroutine there); "
                "use AsyncClient with await, or call it from another thread"
            )
        return _loop
    with _start_lock:
        if _loop is None:
            loop = asyncio.new_event_loop()
            _thread = threading.Thread(target=_serve, args=(loop,), name="clouddrive2", daemon=True)
            _thread.start()
            _process = os.getpid()
            atexit.register(_stop, loop, _thread)
            _loop = loop
    return _running()


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.run_until_complete(_settle())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def _settle() -> None:
    """End what was begun and not waited for."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


def _stop(loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    """At the end of the program, while threads still run."""
    if os.getpid() == _process and not loop.is_closed():
        loop.call_soon_threadsafe(loop.stop)
        thread.join(STOP_SECONDS)
