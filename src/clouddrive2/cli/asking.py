"""Questions to the person at the terminal, on stderr, so that they do not mix with results."""

from __future__ import annotations

import contextlib
import getpass
import os
import signal
import sys
import threading
from collections.abc import Iterator

import typer

from clouddrive2.errors import ConfigError

__all__ = ["ask", "ask_secret", "can_ask", "confirm", "secret"]


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


def confirm(question: str, *, yes: bool) -> None:
    """Lets a person say no to what cannot be undone.

    Args:
        question: What is about to happen, with a question mark.
        yes: It was said beforehand, by ``--yes``.

    Raises:
        ConfigError: Nobody can answer, and ``--yes`` was not given.
        typer.Abort: The answer was no.
    """
    if yes:
        return
    if not can_ask():
        raise ConfigError(f"{question.removesuffix('?')} asks first; where nobody can answer, say --yes")
    if ask(f"{question} [y/N] ").strip().lower() not in ("y", "yes"):
        raise typer.Abort


def ask_secret(question: str) -> str:
    """The same, without showing what is typed."""
    with _interruptible():
        return getpass.getpass(question)


def secret(variable: str, question: str) -> str:
    """A secret from the environment, else from the person: never from the command line, which others can read.

    Args:
        variable: Name of the environment variable.
        question: What to ask, without the colon.

    Raises:
        ConfigError: It is not set, and nobody can be asked.
    """
    if given := os.environ.get(variable):
        return given
    if not can_ask():
        raise ConfigError(f"{question} is needed: set {variable}, or run this at a terminal")
    return ask_secret(f"{question}: ")


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
