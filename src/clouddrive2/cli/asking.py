"""Questions to the person at the terminal, on stderr, so that they do not mix with results."""

from __future__ import annotations

import contextlib
import getpass
import signal
import sys
import threading
from collections.abc import Iterator

from clouddrive2.errors import ConfigError

__all__ = ["ask", "ask_secret", "can_ask"]


def can_ask() -> bool:
    """Whether a person can be asked something."""
    return sys.stdin is not None and sys.stdin.isatty()


def ask(question: str) -> str:
    """The answer to a question; empty when the person just pressed Enter.

    Raises:
        ConfigError: The person ended the input instead of answering.
        KeyboardInterrupt: The person pressed Ctrl-C.
    """
    with _interruptible():
        sys.stderr.write(question)
        sys.stderr.flush()
        return input()


def ask_secret(question: str) -> str:
    """The same, without showing what is typed."""
    with _interruptible():
        return getpass.getpass(question)


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Lets Ctrl-C end the question: an event loop takes the signal for later, and would wait for the answer first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    except EOFError as error:
        raise ConfigError("no answer was given") from error
    finally:
        signal.signal(signal.SIGINT, before)
