"""``cd2``: the list of commands, loaded one by one, and what happens to errors.

The help of ``cd2`` itself comes from the table below; a command's file is imported when it is called. Network libraries
are loaded later still, by :meth:`Cli.client`.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from clouddrive2.cli.context import Settings, make_printer
from clouddrive2.cli.exit_codes import TABLE as EXIT_CODES
from clouddrive2.cli.exit_codes import ExitCode
from clouddrive2.cli.options import as_typer_function, global_parameters
from clouddrive2.cli.output import words

__all__ = ["COMMANDS", "CommandRow", "run"]


@dataclass(frozen=True, slots=True)
class CommandRow:
    """One verb: its name (and its file's), and the line ``cd2 --help`` shows: the first of its docstring."""

    name: str
    summary: str


COMMANDS: dict[str, tuple[CommandRow, ...]] = {
    "Move bytes": (
        CommandRow("put", "Upload files and folders, and verify that they arrived."),
        CommandRow("get", "Download files and folders."),
        CommandRow("sync", "Make a folder like another, one way, between here and the drive."),
        CommandRow("strm", "Write .strm files for a media server, and keep them up to date."),
        CommandRow("cat", "Write a file's bytes to standard output."),
    ),
    "Look": (
        CommandRow("ls", "List folders."),
        CommandRow("tree", "Show a folder and everything below it as a tree."),
        CommandRow("stat", "Show everything known about a path."),
        CommandRow("find", "Find entries by name, kind or size."),
        CommandRow("df", "Show the space of the clouds."),
    ),
    "Change": (
        CommandRow("mkdir", "Make folders."),
        CommandRow("mv", "Move or rename files and folders."),
        CommandRow("cp", "Copy files and folders inside the drive."),
        CommandRow("rm", "Delete files and folders."),
    ),
    "Server": (
        CommandRow("info", "Show the server's version, account and abilities."),
        CommandRow("doctor", "Check address, sign-in, permissions, mount and clock; say what to do."),
        CommandRow("login", "Check credentials and store them in a profile."),
        CommandRow("rpc", "Make any call of the server's API, JSON in and out."),
    ),
    "Manage": (
        CommandRow("mounts", "Show and change where the server mounts its drive."),
        CommandRow("transfers", "Show and steer what the server is working on: uploads, copies, merges."),
        CommandRow("offline", "Let clouds download from links by themselves, and save what others share."),
        CommandRow("archives", "Open archives of the drive as folders, and look what is open."),
        CommandRow("encrypted", "Make folders that need a password; unlock and lock them."),
        CommandRow("events", "Watch what happens on the server."),
        CommandRow("tokens", "Show, add, change and remove API tokens."),
        CommandRow("settings", "Show and change the server's settings."),
        CommandRow("account", "Show and change the server's account: sign-ins, password, second factor."),
        CommandRow("backups", "Show and steer the backups the server keeps."),
        CommandRow("clouds", "Show, add, change and remove the cloud accounts of the server."),
        CommandRow("cache", "Show and clear what the server remembers of listings and files."),
        CommandRow("webhooks", "Show, add, change and remove what the server tells of changes over HTTP."),
        CommandRow("webdav", "Show and change the server's WebDAV, and who may use it."),
        CommandRow("system", "Show, update, restart and shut down the server itself."),
    ),
    "Try": (
        CommandRow("demo", "Watch an upload survive a broken connection, without any server."),
        CommandRow("emulator", "Run a server to test against."),
    ),
}
ROWS = {row.name: row for rows in COMMANDS.values() for row in rows}

# What typer adds to the lines of a help text, and people need not read.
TYPE_NAME = re.compile(r" <(list\[)?(str|int|float|path)\]?>$")
LIMITS = re.compile(r"  \[(x[<>]=.*|required)\]$|; (\d+<=)?x[<>]=[^\]]*(?=\]$)")

# What typer and the validation below it put in front of a sentence that stands by itself.
NOT_FOR_PEOPLE = re.compile(r"^Invalid value: |\bValue error, ")

HELP = """\
Work with a CloudDrive2 server: move files, look around, check, test.

Paths in the drive start with '/', as in /115/Movies. Results go to standard output, remarks and bars to standard error.
'cd2 COMMAND --help' explains a command by examples."""

ENDING = f"""\
Global options may stand before or after the command. What is not given comes from the environment (CLOUDDRIVE2_URL,
_USERNAME, _PASSWORD, _API_TOKEN, _PROFILE, _MOUNT_POINT, _TRANSPORT), then from the profile, then
http://127.0.0.1:19798 is tried.

Exit codes:
{EXIT_CODES}

Examples:
  cd2 login --url nas:19798 --username me@example.com
  cd2 put film.mkv season-1 /115/Movies/
  cd2 ls -l /115/Movies
  cd2 demo"""


class Verbs(MutableMapping[str, Any]):
    """The commands by name; a command's file is imported when it is asked for."""

    def __init__(self) -> None:
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            if name not in ROWS:
                raise KeyError(name)
            self._loaded[name] = load(name)
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(ROWS)

    def __len__(self) -> int:
        return len(ROWS)


class Group(TyperGroup):
    """``cd2`` itself: lists its commands from the table, and keeps the layout of its last words."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.commands = Verbs()

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        for title, rows in COMMANDS.items():
            with formatter.section(title):
                formatter.write_dl([(row.name.ljust(12), row.summary) for row in rows])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        write_verbatim(formatter, ENDING)


class Verb(TyperCommand):
    """One command: its examples stand below its options, as they were written."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return ["[OPTIONS]", *(argument_usage(parameter) for parameter in self.params if is_argument(parameter))]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        for title, wanted in (("Arguments", True), ("Options", False)):
            records = [parameter.get_help_record(ctx) for parameter in self.get_params(ctx) if is_argument(parameter) is wanted]
            rows = [(TYPE_NAME.sub("", name), LIMITS.sub("", text)) for name, text in filter(None, records)]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        examples = "\n".join(f"  {line}" if line else "" for line in (self.epilog or "").strip().splitlines())
        write_verbatim(
            formatter, f"Examples:\n{examples}\n\nGlobal options (--url, --json, -q, -v ...) are listed by 'cd2 --help'."
        )


def is_argument(parameter: Any) -> bool:
    """Whether a parameter is given by its place, not by a flag."""
    return bool(parameter.param_type_name == "argument")


def argument_usage(argument: Any) -> str:
    """``SOURCE... DEST``, ``PATH...``, ``[PATH]``: an argument in the usage line."""
    name = argument.metavar or argument.name.upper()
    if argument.nargs != 1 and "..." not in name:
        name += "..."
    return name if argument.required else f"[{name}]"


def write_verbatim(formatter: Any, text: str) -> None:
    """Text with its own line breaks."""
    formatter.write_paragraph()
    formatter.write(text + "\n")


class Noun(TyperGroup):
    """A command with verbs of its own, such as ``cd2 transfers list``; its help shows the examples of all."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        examples = "\n".join(f"  {line}" for line in (self.epilog or "").strip().splitlines())
        write_verbatim(
            formatter, f"Examples:\n{examples}\n\nGlobal options (--url, --json, -q, -v ...) are listed by 'cd2 --help'."
        )

    def format_options(self, ctx: Any, formatter: Any) -> None:
        self.format_commands(ctx, formatter)


def load(name: str) -> Any:
    """Imports a command's file and makes the command: of ``command`` and ``EXAMPLES``, or of several ``VERBS``."""
    module = import_module(f"clouddrive2.cli.commands.{name.replace('-', '_')}")
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    settings = {"max_content_width": 110, **getattr(module, "CONTEXT_SETTINGS", {})}
    if not hasattr(module, "VERBS"):
        app.command(name, cls=Verb, epilog=module.EXAMPLES, context_settings=settings)(as_typer_function(module.command))
        return typer.main.get_command(app)
    for verb, (function, examples) in module.VERBS.items():
        app.command(verb, cls=Verb, epilog=examples, context_settings=settings)(as_typer_function(function))
    every = "\n".join(examples for _, examples in module.VERBS.values())
    summary = ROWS[name].summary
    app.callback(cls=Noun, help=summary, epilog=every, invoke_without_command=True, context_settings=settings)(needs_verb)
    return typer.main.get_command(app)


def needs_verb(context: typer.Context) -> None:
    """A noun alone says what can be done with it."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(ExitCode.USAGE)


def show_version(asked: bool) -> None:
    """``--version``, and nothing else."""
    if asked:
        # Reads the installed files: not for every start.
        from importlib.metadata import version

        typer.echo(f"cd2 {version('clouddrive2')}")
        raise typer.Exit


def make_group() -> Any:
    """The whole command line, without any command loaded."""

    def root(context: typer.Context, version: Any = None, **given: Any) -> None:
        context.obj = Settings(**given)
        if context.invoked_subcommand is None:
            typer.echo(context.get_help(), err=True)
            raise typer.Exit(ExitCode.USAGE)

    asked = Annotated[bool, typer.Option("--version", is_eager=True, callback=show_version, help="Show the version.")]
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context),
        *global_parameters(),
        inspect.Parameter("version", keyword, default=False, annotation=asked),
    ]
    root.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    root.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    app = typer.Typer(
        cls=Group,
        add_completion=False,
        rich_markup_mode=None,
        invoke_without_command=True,
        help=HELP,
        context_settings={"max_content_width": 110},
    )
    app.callback()(root)
    return typer.main.get_command(app)


def run(arguments: Sequence[str]) -> int:
    """Runs one command line and returns its exit code. Wrong usage ends here; other failures end in :meth:`Cli.execute`."""
    try:
        if len(arguments) == 2 and arguments[0] in ROWS and arguments[1] == "--help":
            # Otherwise the global options are read first, which loads a validation library: twice the time for a help text.
            return int(load(arguments[0]).main(["--help"], prog_name=f"cd2 {arguments[0]}", standalone_mode=False) or ExitCode.OK)
        return int(make_group().main(list(arguments), prog_name="cd2", standalone_mode=False) or ExitCode.OK)
    except typer.TyperException as error:
        return report_usage(error, as_json="--json" in arguments)
    except typer.Abort:
        sys.stderr.write("cd2: nothing was done\n")
        return ExitCode.FAILED


def report_usage(error: typer.TyperException, *, as_json: bool) -> int:
    """Wrong usage in one sentence that names the help to read."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "cd2"
    text = " ".join(NOT_FOR_PEOPLE.sub("", error.format_message()).split()).rstrip(".")
    if not text[:2].isupper():
        text = text[:1].lower() + text[1:]
    text = f"{text} (see '{path} --help')"
    if as_json:
        printer = make_printer(Settings(json=True))
        printer.error(text, kind="Usage", code=ExitCode.USAGE)
    else:
        sys.stderr.write(f"cd2: {words.plain(text)}\n")
    return ExitCode.USAGE
