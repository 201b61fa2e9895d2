"""The blocking face of an asynchronous file system.

fsspec can make one itself, but its calls leave the work running when Ctrl-C ends the wait for it. These cancel it, wait for
its clean-up, and run on the loop that all blocking clients share.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from typing import Any, TypeVar

from fsspec.asyn import AsyncFileSystem, async_methods
from fsspec.spec import AbstractFileSystem

from clouddrive2.client import _portal
from clouddrive2.errors import ConfigError
from clouddrive2.fs.connection import whole

__all__ = ["with_blocking_methods"]

KindT = TypeVar("KindT", bound=type)


def with_blocking_methods(*more: str) -> Callable[[KindT], KindT]:
    """A class decorator: ``ls`` for ``_ls``, and so on for everything that fsspec knows as asynchronous.

    Args:
        more: Further names, with the underscore.
    """

    def decorate(kind: KindT) -> KindT:
        for name in sorted({*async_methods, *dir(AsyncFileSystem), *more}):
            twin, function = name[1:], getattr(kind, name, None)
            if not name.startswith("_") or name.startswith("__") or twin in vars(kind):
                continue
            usual = getattr(AbstractFileSystem, twin, None)
            if inspect.iscoroutinefunction(function):
                setattr(kind, twin, _call(function, usual))
            elif inspect.isasyncgenfunction(function):
                setattr(kind, twin, _steps(function, usual))
        return kind

    return decorate


def _call(function: Callable[..., Coroutine[Any, Any, Any]], usual: object) -> Callable[..., Any]:
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        _check(self, function)
        return _portal.run(whole, getattr(self, function.__name__), *args, **kwargs)

    return _described(call, function, usual)


def _steps(function: Callable[..., AsyncGenerator[Any, None]], usual: object) -> Callable[..., Iterator[Any]]:
    """One step at a time, never ahead: who walks may take folders out of the list before they are entered."""

    def steps(self: Any, *args: Any, **kwargs: Any) -> Iterator[Any]:
        _check(self, function)
        source = getattr(self, function.__name__)(*args, **kwargs)
        try:
            while True:
                try:
                    item = _portal.run(_next, source)
                except StopAsyncIteration:
                    return
                yield item
        finally:
            _portal.run(source.aclose)

    return _described(steps, function, usual)


async def _next(source: AsyncGenerator[Any, None]) -> Any:
    return await anext(source)


def _check(filesystem: AsyncFileSystem, function: Callable[..., object]) -> None:
    if filesystem.asynchronous:
        name = function.__name__
        raise ConfigError(
            f"this file system was made with asynchronous=True: write 'await fs.{name}(...)', not 'fs.{name[1:]}(...)'"
        )


def _described(wrapper: Callable[..., Any], function: Callable[..., object], usual: object) -> Callable[..., Any]:
    functools.update_wrapper(wrapper, function)
    wrapper.__name__ = function.__name__[1:]
    wrapper.__qualname__ = wrapper.__qualname__.replace(function.__name__, wrapper.__name__)
    wrapper.__doc__ = function.__doc__ or getattr(usual, "__doc__", None)
    return wrapper
