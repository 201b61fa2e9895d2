"""The commands read as one language: a verb, a flag and a record mean the same with every noun."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from clouddrive2.cli.app import ROWS, load

# The first word of what a verb does, wherever it occurs.
FIRST_WORDS = {
    "add": "Add",
    "cancel": "Cancel",
    "clear": "Clear",
    "disable": "Disable",
    "enable": "Enable",
    "list": "List",
    "pause": "Pause",
    "preview": "Show",
    "refresh": "Refresh",
    "remove": "Remove",
    "reset": "Reset",
    "resolve": "Resolve",
    "restart": "Restart",
    "resume": "Resume",
    "status": "Show",
    "undo": "Undo",
    "update": "Change",
    "watch": "Watch",
}
# 'cd2 system update' installs a new version: there "change" would say nothing.
NOT_A_CHANGE = {("system", "update")}
# Flags with one meaning, one short form and one sentence.
SAME_EVERYWHERE = ("--bwlimit", "--dry-run", "--report", "--yes")


def every_command() -> Iterator[tuple[str, str, Any]]:
    """Noun, verb and command; a command without verbs has the verb ``""``."""
    for name in ROWS:
        command = load(name)
        for verb, each in getattr(command, "commands", {"": command}).items():
            yield name, verb, each


ALL = list(every_command())


@pytest.mark.parametrize(("noun", "verb", "command"), ALL, ids=[f"{noun} {verb}".strip() for noun, verb, _ in ALL])
def test_a_verb_begins_its_sentence(noun: str, verb: str, command: Any) -> None:
    summary = command.help.splitlines()[0]
    assert summary[0].isupper() and summary.endswith("."), summary
    if verb in FIRST_WORDS and (noun, verb) not in NOT_A_CHANGE:
        assert summary.split()[0].rstrip(":") == FIRST_WORDS[verb]


def test_a_flag_says_the_same_everywhere() -> None:
    described = defaultdict(set)
    for _, _, command in ALL:
        for parameter in command.params:
            for flag in set(parameter.opts) & set(SAME_EVERYWHERE):
                described[flag].add((tuple(parameter.opts), parameter.metavar, parameter.help))
    assert {flag: len(kinds) for flag, kinds in described.items()} == dict.fromkeys(SAME_EVERYWHERE, 1)


def test_who_removes_is_asked() -> None:
    asked = {
        noun: "--yes" in {flag for each in command.params for flag in each.opts}
        for noun, verb, command in ALL
        if verb == "remove"
    }
    assert asked and all(asked.values()), asked


def test_no_flag_has_two_units() -> None:
    """``--every 60`` must not be seconds in one command and minutes in the next."""
    units = defaultdict(set)
    for _, _, command in ALL:
        for parameter in command.params:
            if parameter.metavar in ("SECONDS", "MINUTES", "TIME", "MIB", "BYTES", "SIZE"):
                units[parameter.opts[0]].add(parameter.metavar)
    assert {flag: kinds for flag, kinds in units.items() if len(kinds) > 1} == {}


def test_a_change_is_one_record_for_programs(cd2: Callable[..., Any]) -> None:
    """With --json whoever changes something prints what and how; without, people who asked for it read nothing."""
    cases = [
        (("mounts", "add", "/mnt/drive"), "mount_point", "source_folder"),
        (("mounts", "remove", "/mnt/drive", "-y"), "mount_point", "removed"),
        (("transfers", "pause", "--all"), "kind", "paused"),
        (("transfers", "resume", "--all", "--copies"), "kind", "resumed"),
        (("transfers", "cancel", "--all", "--yes"), "kind", "cancelled"),
        (("transfers", "restart", "--all"), "kind", "restarted"),
        (("transfers", "remove", "--completed"), "kind", "removed"),
        (("cache", "add", "/Cloud", "--min-size", "1M"), "path", "enabled"),
        (("cache", "remove", "/Cloud", "-y"), "path", "removed"),
        (("cache", "expire", "/Cloud"), "path", "expired"),
        (("cache", "purge", "-y"), "purged", "purged"),
        (("cache", "vacuum"), "begun", "begun"),
        (("cache", "order", "largest"), "drops_first", "drops_first"),
        (("clouds", "events-enable", "/Cloud"), "path", "listening"),
        (("clouds", "events-disable", "/Cloud"), "path", "listening"),
        (("webhooks", "add", "hook", "--url", "http://127.0.0.1:9"), "name", "valid"),
        (("webhooks", "remove", "hook", "-y"), "name", "removed"),
        (("mkdir", "/Cloud/new"), "path", "kind"),
        (("rm", "-r", "/Cloud/new"), "path", "deleted"),
    ]
    for arguments, named, done in cases:
        result = cd2("--json", *arguments)
        assert (result.code, result.err) == (0, ""), arguments
        assert {named, done} <= result.record.keys(), arguments


def test_an_argument_that_repeats_shows_it() -> None:
    wrong = []
    for noun, verb, command in ALL:
        for parameter in command.params:
            if parameter.param_type_name != "argument":
                continue
            name = parameter.metavar or ""
            if (parameter.nargs != 1) != ("..." in name) or name.startswith("["):
                wrong.append((noun, verb, name))
    assert wrong == []


def test_every_option_has_a_sentence() -> None:
    for noun, verb, command in ALL:
        for parameter in command.params:
            assert parameter.help and parameter.help.endswith("."), (noun, verb, parameter.name)


@pytest.mark.parametrize(
    "arguments",
    [
        ("mounts", "add", "/mnt/drive", "--source", "Cloud"),
        ("mounts", "update", "/mnt/drive", "--source", "Cloud"),
        ("mounts", "status", "Cloud"),
        ("offline", "list", "Cloud"),
        ("offline", "add", "--to", "Cloud", "http://127.0.0.1/x"),
        ("offline", "clear", "Cloud", "--yes"),
        ("backups", "add", "/srv/photos", "Cloud"),
        ("backups", "destinations", "/srv/photos", "--add", "Cloud"),
        ("cache", "time", "Cloud"),
        ("clouds", "refresh", "Cloud"),
        ("ls", "Cloud"),
    ],
    ids=" ".join,
)
def test_a_path_in_the_drive_begins_with_a_slash_everywhere(cd2: Callable[..., Any], arguments: tuple[str, ...]) -> None:
    result = cd2(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err == "cd2: 'Cloud' is no path in the drive: it must start with '/', as in /115/Movies\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("webhooks", "remove", "nope", "-y"), "there is no webhook nope"),
        (("webdav", "remove", "nope", "-y"), "there is no WebDAV user nope"),
        (("account", "check", "nope"), "there is no such activation code"),
    ],
)
def test_what_is_not_there_is_named(cd2: Callable[..., Any], arguments: tuple[str, ...], said: str) -> None:
    result = cd2(*arguments)
    assert (result.code, result.err) == (5, f"cd2: {said}\n")


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel"])
def test_transfers_that_are_not_there_are_refused(cd2: Callable[..., Any], verb: str) -> None:
    result = cd2("--json", "transfers", verb, "nothing")
    assert (result.code, result.out) == (5, "")
    assert "there is no upload nothing" in result.err
