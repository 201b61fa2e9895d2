"""The global options: written once, accepted before and after every verb."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any, Literal

import typer

from clouddrive2.cli.context import Cli, Settings

__all__ = ["GLOBAL_NAMES", "BandwidthLimit", "DryRun", "Yes", "as_typer_function", "global_parameters"]

BandwidthLimit = Annotated[
    str | None,
    typer.Option(
        "--bwlimit",
        metavar="RATE",
        show_default=False,
        help="Bytes per second: 10M, 10M:1M (up:down), or a timetable such as '08:00,512k 18:00,off'.",
    ),
]

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", "-n", help="Say what would be done; change nothing.")]


def positive(value: float | None) -> float | None:
    """Checks a number of seconds."""
    if value is not None and not value > 0:
        raise typer.BadParameter("must be more than 0 seconds")
    return value


def global_parameters(*, hidden: bool = False) -> list[inspect.Parameter]:
    """The global options as keyword parameters for typer. ``hidden`` keeps them out of a verb's own help."""

    def option(name: str, kind: Any, default: Any, *flags: str, help: str, **more: Any) -> inspect.Parameter:
        described = typer.Option(*flags, help=help, hidden=hidden, show_default=False, **more)
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, described])

    text = str | None
    return [
        option("url", text, None, "--url", metavar="URL", help="Server, host:port or http(s)://host:port."),
        option("username", text, None, "--username", metavar="NAME", help="Account the server is signed in to."),
        option(
            "password",
            text,
            None,
            "--password",
            metavar="TEXT",
            help="Its password. Others see it in the process list: rather set CLOUDDRIVE2_PASSWORD, or be asked.",
        ),
        option(
            "api_token",
            text,
            None,
            "--api-token",
            metavar="TOKEN",
            help="API token instead of name and password. Rather set CLOUDDRIVE2_API_TOKEN.",
        ),
        option("profile", text, None, "--profile", metavar="NAME", help="Profile written by 'cd2 login'."),
        option(
            "transport",
            Literal["auto", "grpc", "grpc-web"] | None,
            None,
            "--transport",
            metavar="KIND",
            help="grpc, grpc-web (through proxies that only carry HTTP/1.1), or auto.",
        ),
        option(
            "timeout",
            float | None,
            None,
            "--timeout",
            metavar="SECONDS",
            callback=positive,
            help="Longest wait for one answer.",
        ),
        option("json", bool, False, "--json", help="Print only JSON, one object per line."),
        option("quiet", bool, False, "--quiet", "-q", help="No remarks and no bars; only results and errors."),
        option(
            "verbose",
            int,
            0,
            "--verbose",
            "-v",
            count=True,
            help="Say why; twice: show the traceback of an unexpected error.",
        ),
    ]


GLOBAL_NAMES = tuple(parameter.name for parameter in global_parameters())


def as_typer_function(command: Callable[..., Any]) -> Callable[..., int]:
    """A verb's ``command(cli, ...)`` as a function typer understands: plus the global options it does not define itself.

    A coroutine function is run to its end, with Ctrl-C handled; the exit code is returned.
    """
    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
    taken = {parameter.name for parameter in own}
    inherited = [parameter for parameter in global_parameters(hidden=True) if parameter.name not in taken]

    def call(context: typer.Context, **given: Any) -> int:
        before = context.find_root().obj or Settings()
        settings = Settings(**{parameter.name: given.pop(parameter.name) for parameter in inherited}).over(before)
        return Cli(settings).execute(command, given)

    first = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    parameters = [first, *(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own), *inherited]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    call.__doc__ = command.__doc__
    return call
