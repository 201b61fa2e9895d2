"""``cd2 settings``: how the server is set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from clouddrive2.cli.context import Cli
from clouddrive2.cli.exit_codes import ExitCode
from clouddrive2.cli.options import DryRun
from clouddrive2.cli.output import words

if TYPE_CHECKING:
    from clouddrive2.models.settings import SettingsChange, SettingValue

__all__ = ["VERBS"]


async def list_(cli: Cli) -> None:
    """List every setting the server has."""
    async with cli.client() as client:
        settings = await client.settings.get()
    if cli.settings.json:
        cli.out.result(dict(settings), "")
    else:
        cli.out.result({}, "\n".join(words.columns([(name, shown(value)) for name, value in settings.items()])))


async def get(
    cli: Cli, names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Such as upload_delay_secs.")]
) -> ExitCode:
    """Print the values of settings, one a line."""
    # The names come with the messages, which the help does without.
    from clouddrive2.models.settings import setting_name

    wanted, code = [setting_name(name) for name in names], ExitCode.OK
    async with cli.client() as client:
        settings = await client.settings.get()
    for name in wanted:
        if name in settings:
            cli.out.result({"name": name, "value": settings[name]}, shown(settings[name]))
        else:
            code = ExitCode.NOT_FOUND
            cli.out.error(f"the server has no {name}: none is set, or it is too old", kind="NotFound", code=code)
    return code


async def set_(
    cli: Cli,
    given: Annotated[list[str], typer.Argument(metavar="NAME=VALUE...", help="Lists with commas; 'none' takes a limit away.")],
    dry_run: DryRun = False,
) -> None:
    """Change settings; only what differs is sent."""
    from clouddrive2.models.settings import parse_setting, setting_name

    changes: dict[str, SettingValue | list[str]] = {}
    for each in given:
        name, equals, text = each.partition("=")
        if not equals:
            raise typer.BadParameter(f"'{each}' is no NAME=VALUE")
        changes[setting_name(name)] = parse_setting(name, text)
    async with cli.client() as client:
        change = await (client.settings.preview(changes) if dry_run else client.settings.update(changes))
    report(cli, change, dry_run=dry_run)


def report(cli: Cli, change: SettingsChange, *, dry_run: bool) -> None:
    """What was changed, or would be."""
    for name, (before, after) in change.changed.items():
        record = {"name": name, "before": before, "after": after, "dry_run": dry_run}
        cli.out.result(record, f"{name}: {shown(before)} -> {shown(after)}")
    if change.sent_along:
        cli.out.detail(f"sent along as they are, being one group: {', '.join(change.sent_along)}")
    if not change.changed:
        cli.out.note("nothing to change: the server has these values")
    elif dry_run:
        cli.out.note("nothing was changed")


def shown(value: SettingValue) -> str:
    """A value as it is written for ``cd2 settings set``."""
    match value:
        case None:
            return "none"
        case bool():
            return "on" if value else "off"
        case tuple():
            return words.plain(",".join(value))
        case float():
            return f"{value:g}"
        case _:
            return words.plain(str(value))


VERBS = {
    "list": (list_, "cd2 settings list"),
    "get": (get, "cd2 settings get upload_delay_secs"),
    "set": (
        set_,
        "cd2 settings set upload_delay_secs=30 uploadIgnoredExtensions=tmp,part --dry-run\n"
        "cd2 settings set max_file_log_size_bytes=none",
    ),
}
