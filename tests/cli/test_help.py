"""What a new user reads first, and how little is loaded for it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

from clouddrive2.cli.app import ROWS

Run = Callable[..., Any]
NOT_FOR_HELP = (
    "asyncio",
    "clouddrive2.client",
    "clouddrive2.emulator",
    "google.protobuf",
    "grpc",
    "httpx",
    "pydantic",
    "rich",
    "sqlite3",
)


def module_of(name: str) -> ModuleType:
    return import_module(f"clouddrive2.cli.commands.{name.replace('-', '_')}")


def test_help_lists_every_command_and_exit_code(run: Run) -> None:
    result = run("--help")
    assert (result.code, result.err) == (0, "")
    for row in ROWS.values():
        assert f"  {row.name} " in result.out
        assert row.summary.split()[0] in result.out
    for number in (0, 1, 2, 3, 4, 5, 130):
        assert f"\n  {number} " in result.out
    assert "Examples:" in result.out


@pytest.mark.parametrize("name", ROWS)
def test_each_command_teaches_by_example(run: Run, name: str) -> None:
    result = run(name, "--help")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith((f"Usage: cd2 {name} [OPTIONS]", f"Usage: cd2 {name} COMMAND"))
    assert f"\n  cd2 {name}" in result.out or f" cd2 {name}" in result.out.partition("Examples:")[2]
    assert ROWS[name].summary in " ".join(result.out.split())


@pytest.mark.parametrize(("noun", "verb"), [(noun, verb) for noun in ROWS for verb in getattr(module_of(noun), "VERBS", ())])
def test_each_verb_of_a_noun_teaches_by_example(run: Run, noun: str, verb: str) -> None:
    result = run(noun, verb, "--help")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"Usage: cd2 {noun} {verb} [OPTIONS]")
    assert f"cd2 {noun} {verb}" in result.out.partition("Examples:")[2]


def test_a_noun_alone_shows_its_verbs(run: Run) -> None:
    result = run("transfers")
    assert (result.code, result.out) == (2, "")
    assert "  pause" in result.err and "cd2 transfers list --containing film" in result.err


def test_nothing_is_said_without_a_command_but_the_help(run: Run) -> None:
    result = run()
    assert result.code == 2
    assert result.out == ""
    assert "Usage: cd2" in result.err


def test_version(run: Run) -> None:
    result = run("--version")
    assert result.code == 0
    assert result.out.startswith("cd2 0.")


@pytest.mark.parametrize("arguments", [["--help"], ["put", "--help"], ["emulator", "--help"]], ids=" ".join)
def test_help_loads_no_network_library(arguments: list[str]) -> None:
    """The help has to appear at once; what costs time is loaded when a command runs."""
    script = (
        "import sys\n"
        "from clouddrive2.cli.main import main\n"
        f"code = main({arguments!r})\n"
        f"print(*(name for name in {NOT_FOR_HELP!r} if name in sys.modules), file=sys.stderr)\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stderr.split() == []


def test_the_plain_install_says_what_is_missing() -> None:
    script = "import sys\nsys.modules['typer'] = None\nfrom clouddrive2.cli.main import main\nsys.exit(main(['ls']))\n"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == 2
    assert done.stderr.decode() == "cd2: typer is missing; the command line needs: pip install 'clouddrive2[cli]'\n"
