"""What every command gets: the settings of this call, a printer, a client when it asks for one, and Ctrl-C."""

from __future__ import annotations

import contextlib
import inspect
import logging
import os
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import typer

from clouddrive2.cli import exit_codes
from clouddrive2.cli.asking import ask_secret, can_ask
from clouddrive2.cli.exit_codes import ExitCode
from clouddrive2.cli.output.base import Printer
from clouddrive2.cli.sentences import explained, stops_everything
from clouddrive2.errors import ConfigError, Error
from clouddrive2.models.paths import normalise

if TYPE_CHECKING:
    from clouddrive2.client.aio import AsyncClient
    from clouddrive2.config import ServerConfig, TransportChoice

__all__ = ["Cli", "Failures", "Settings", "cloud_path", "cloud_paths", "make_printer"]

TRACEBACK_VARIABLE = "CLOUDDRIVE2_TRACEBACK"
# A transfer that stands still, or goes on where an earlier command stopped, would puzzle people without a word.
ALWAYS_TOLD = {"channel_lost", "channel_reopened", "server_starting", "upload_resumed"}


@dataclass(frozen=True, slots=True)
class Settings:
    """The global options of one call; ``None`` and ``False`` mean "not given"."""

    url: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    api_token: str | None = field(default=None, repr=False)
    profile: str | None = None
    transport: TransportChoice | None = None
    timeout: float | None = None
    json: bool = False
    quiet: bool = False
    verbose: int = 0

    def over(self, other: Settings) -> Settings:
        """These settings, filled up from ``other`` (what stood before the verb)."""
        return Settings(
            url=self.url or other.url,
            username=self.username or other.username,
            password=self.password or other.password,
            api_token=self.api_token or other.api_token,
            profile=self.profile or other.profile,
            transport=self.transport or other.transport,
            timeout=self.timeout or other.timeout,
            json=self.json or other.json,
            quiet=self.quiet or other.quiet,
            verbose=self.verbose + other.verbose,
        )


class Cli:
    """One call of ``cd2``.

    Attributes:
        settings: The global options.
        out: Where results, notes and errors go.
        on_interrupt: What to say after a clean stop, for example how to go on.
        names_calls: Keep the name of the remote call in failures; for commands whose user gave it.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.out = make_printer(settings)
        self.on_interrupt = "interrupted"
        self.names_calls = False
        self._server: ServerConfig | None = None

    def execute(self, command: Callable[..., Any], given: dict[str, Any]) -> int:
        """Runs a verb's function to its exit code; every failure becomes one sentence and a number.

        Wrong usage (``typer.BadParameter``) passes through: whoever parsed the line reports it.
        """
        self._log()
        try:
            outcome = command(self, **given)
            code = self._run(outcome) if inspect.iscoroutine(outcome) else outcome
            self.out.close()
            return code or ExitCode.OK
        except (typer.TyperException, typer.Abort, typer.Exit):
            self.out.close()
            raise
        except KeyboardInterrupt:
            return self._stopped(ExitCode.INTERRUPTED)
        except BrokenPipeError:
            return leave_pipe()
        except (Error, OSError) as error:
            return self.error(error)
        except Exception as error:  # noqa: BLE001 - the last frame before the shell: a person gets a sentence, not a stack
            return self._unexpected(error)
        finally:
            with contextlib.suppress(BrokenPipeError):
                self.out.close()

    def config(self) -> ServerConfig:
        """The server to talk to: arguments > environment > profile > defaults; a missing password is asked for.

        Raises:
            ConfigError: Address or profile cannot be used.
        """
        # Loaded here because the help texts must not wait for it.
        from clouddrive2.cli import profiles
        from clouddrive2.settings import load_config

        given = self.settings
        config = load_config(
            given.url,
            token=given.api_token,
            username=given.username,
            password=given.password,
            profile=given.profile,
            transport=given.transport,
        )
        if config.token or config.password:
            return config
        config = profiles.with_keyring(config)
        if config.username and not (config.token or config.password) and can_ask():
            config = replace(config, password=ask_secret(f"Password of {config.username} at {config.url}: "))
        return config

    @asynccontextmanager
    async def client(self, config: ServerConfig | None = None, **options: Any) -> AsyncIterator[AsyncClient]:
        """A client for the configured server, closed at the end of the block.

        Args:
            config: Another server than the configured one.
            options: Further arguments of ``AsyncClient``.
        """
        # The client brings the network libraries along: loaded when a command needs them, not for help texts.
        from clouddrive2.client.aio import AsyncClient

        self._server = config or self.config()
        async with AsyncClient(config=self._server, timeout=self.settings.timeout, **options) as client:
            yield client

    def show_bars(self) -> None:
        """Bars instead of plain lines, when a person watches; for commands that move bytes."""
        if self.settings.json or self.settings.quiet or not sys.stderr.isatty():
            return
        if os.environ.get("TERM", "dumb") != "dumb":
            # Brings a drawing library along: loaded only when there is something to draw.
            from clouddrive2.cli.output.bars import BarsPrinter

            self.out = BarsPrinter(sys.stdout, sys.stderr, verbose=self.settings.verbose)

    def error(self, error: BaseException) -> ExitCode:
        """Reports one failure in one sentence; the code it stands for."""
        code = exit_codes.for_error(error)
        kind, path = type(error).__name__, getattr(error, "path", None)
        self.out.error(
            explained(error, self._server, verbose=self.settings.verbose or self.names_calls), kind=kind, code=code, path=path
        )
        return code

    def _run(self, work: Coroutine[Any, Any, int | None]) -> int | None:
        # The event loop's library is loaded when a command runs, not for help texts.
        from clouddrive2.cli import running

        def stopping() -> None:
            self.out.note("stopping cleanly; press Ctrl-C again to stop at once")

        try:
            return running.run(work, stopping=stopping, leaving=lambda: self.out.close())
        except running.Interrupted as stop:
            return self._stopped(stop.code)

    def _stopped(self, code: ExitCode) -> ExitCode:
        self.out.error(self.on_interrupt, kind="Interrupted", code=code)
        return code

    def _unexpected(self, error: Exception) -> ExitCode:
        name = type(error).__name__
        if self.settings.verbose > 1 or os.environ.get(TRACEBACK_VARIABLE):
            self.out.note("".join(traceback.format_exception(error)).rstrip())
        self.out.error(
            f"unexpected {name}: {error}; run it again with -vv, or with {TRACEBACK_VARIABLE}=1, and report the traceback",
            kind=name,
            code=ExitCode.FAILED,
        )
        return ExitCode.FAILED

    def _log(self) -> None:
        """What people must know is always told; with ``-v`` more of the library's own remarks, with ``-vv`` all of them."""
        logger = logging.getLogger("clouddrive2")
        logger.handlers = [handler for handler in logger.handlers if not isinstance(handler, Remarks)]
        logger.addHandler(Remarks(self))
        logger.propagate = False
        logger.setLevel(logging.INFO if self.settings.verbose < 2 else logging.DEBUG)


class Remarks(logging.Handler):
    """What the library logs, as notes among the command's own."""

    def __init__(self, cli: Cli) -> None:
        super().__init__()
        self._cli = cli

    def emit(self, record: logging.LogRecord) -> None:
        told = record.levelno >= logging.WARNING or getattr(record, "action", None) in ALWAYS_TOLD
        (self._cli.out.note if told else self._cli.out.detail)(record.getMessage())


class Failures:
    """Failures of a command that takes several paths: each is reported, the rest goes on, the exit code tells.

    ``attempted`` counts the paths. What every path would meet (no server, no permission to sign in) ends the command.
    """

    def __init__(self, cli: Cli) -> None:
        self._cli = cli
        self._codes: list[ExitCode] = []
        self.attempted = 0

    @contextlib.contextmanager
    def one(self) -> Iterator[None]:
        """Around the work on one path."""
        self.attempted += 1
        try:
            yield
        except (Error, OSError) as error:
            if stops_everything(error):
                raise
            self._codes.append(self._cli.error(error))

    @property
    def code(self) -> ExitCode:
        """The exit code of the whole command."""
        return exit_codes.for_many(self._codes, attempted=self.attempted)


def make_printer(settings: Settings) -> Printer:
    """JSON when asked for, plain lines otherwise; :meth:`Cli.show_bars` is for the commands that move bytes."""
    if settings.json:
        from clouddrive2.cli.output.json import JsonPrinter

        return JsonPrinter(sys.stdout, sys.stderr, quiet=settings.quiet, verbose=settings.verbose)
    from clouddrive2.cli.output.text import TextPrinter

    return TextPrinter(sys.stdout, sys.stderr, quiet=settings.quiet, verbose=settings.verbose)


def leave_pipe() -> ExitCode:
    """The reader of our output has gone (``cd2 ls | head``): that is no failure, and nothing more can be said there."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ExitCode.OK


def cloud_path(text: str) -> str:
    """A path in the drive as the server wants it: absolute, no trailing slash.

    Raises:
        ConfigError: It is not absolute, or climbs with ``..``.
    """
    if not text.startswith("/"):
        raise ConfigError(f"'{text}' is no path in the drive: it must start with '/', as in /115/Movies", path=text)
    return normalise(text)


def cloud_paths(texts: Iterable[str]) -> list[str]:
    """:func:`cloud_path` of each."""
    return [cloud_path(text) for text in texts]
