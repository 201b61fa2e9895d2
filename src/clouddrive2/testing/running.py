"""An emulator with an event loop and a thread of its own, for tests that block and for tests that do not."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from clouddrive2.emulator import Emulator
from clouddrive2.emulator.account import Account
from clouddrive2.emulator.calls import Calls
from clouddrive2.emulator.faults import Faults
from clouddrive2.emulator.world import World

__all__ = ["RunningEmulator", "running_emulator"]

P = ParamSpec("P")
R = TypeVar("R")


class RunningEmulator:
    """A running emulator seen from other threads. Made by :func:`running_emulator`.

    Attributes:
        faults: Deliberate faults; its methods run on the emulator's loop.
        world: All state; its methods run on the emulator's loop, coroutines to their end.
        calls: Recorded requests.
        account: The account, with the mail it got.
    """

    def __init__(self, emulator: Emulator, loop: asyncio.AbstractEventLoop) -> None:
        self.emulator = emulator
        self._loop = loop
        self.faults = cast(Faults, _OnLoop(emulator.faults, self.on_loop))
        self.world = cast(World, _OnLoop(emulator.world, self.on_loop))
        self.calls: Calls = emulator.calls
        self.account: Account = emulator.account

    @property
    def url(self) -> str:
        """``http://host:port``."""
        return self.emulator.url

    @property
    def port(self) -> int:
        """The public port."""
        return self.emulator.port

    @property
    def tls_url(self) -> str | None:
        """``https://host:port``, with ``tls_port=0`` among the options; ``None`` without."""
        return self.emulator.tls_url

    @property
    def tls_port(self) -> int | None:
        """The port for TLS."""
        return self.emulator.tls_port

    @property
    def certificate(self) -> Path | None:
        """PEM file with what that port shows, for clients to trust."""
        return self.emulator.certificate

    @property
    def username(self) -> str:
        """The account's name."""
        return self.emulator.username

    @property
    def password(self) -> str:
        """The account's password."""
        return self.emulator.password

    @property
    def api_token(self) -> str | None:
        """The API token that may do everything, when there is one."""
        return self.emulator.api_token

    @property
    def cloud(self) -> str:
        """Path of the first cloud folder that can be written to."""
        return self.emulator.cloud

    def drop_connections(self) -> int:
        """Break every connection as a network does; how many there were."""
        dropped: int = self.on_loop(self.emulator.drop_connections)
        return dropped

    def on_loop(self, function: Callable[P, Any], /, *args: P.args, **kwargs: P.kwargs) -> Any:
        """Call a function on the emulator's loop and wait; a coroutine is run to its end."""

        async def called() -> Any:
            result = function(*args, **kwargs)
            return await result if asyncio.iscoroutine(result) else result

        work: Coroutine[Any, Any, Any] = called()
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


class _OnLoop:
    """Stands for an object of the emulator: what is called on it is called on the emulator's loop."""

    def __init__(self, target: object, on_loop: Callable[..., Any]) -> None:
        self.__dict__.update(_target=target, _on_loop=on_loop)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        if not inspect.isroutine(value):
            return value
        return lambda *args, **kwargs: self._on_loop(value, *args, **kwargs)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._target, name, value)


@contextmanager
def running_emulator(**options: Any) -> Iterator[RunningEmulator]:
    """Run an emulator for the length of a ``with`` block.

    Args:
        **options: Arguments of :class:`clouddrive2.emulator.Emulator`.

    Yields:
        The running emulator. It is gone when the block ends, with all its connections and threads.
    """
    emulator = Emulator(**options)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=_run, args=(loop,), name="emulator", daemon=True)
    thread.start()
    running = RunningEmulator(emulator, loop)
    try:
        running.on_loop(emulator.start)
        yield running
    finally:
        running.on_loop(emulator.stop)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.run_until_complete(_settle())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        asyncio.set_event_loop(None)
        loop.close()


async def _settle() -> None:
    """End what was started and not awaited."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
