"""``cd2 tokens``: who may use the server without the account's password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from clouddrive2.cli.asking import confirm
from clouddrive2.cli.context import Cli, cloud_path
from clouddrive2.cli.lives import life_of
from clouddrive2.cli.options import Yes
from clouddrive2.cli.output import words

if TYPE_CHECKING:
    from clouddrive2.models.tokens import Token

__all__ = ["VERBS"]

Which = Annotated[str, typer.Argument(metavar="TOKEN", help="Its id or name, as 'cd2 tokens list' shows them.")]
Allow = typer.Option(
    "--allow",
    metavar="NAME[,NAME...]",
    show_default=False,
    help="Permissions, such as list,read, and the presets reader, uploader, admin.",
)
Root = typer.Option("--root", metavar="PATH", show_default=False, help="The only folder it sees.")
ExpiresIn = typer.Option("--expires-in", metavar="TIME", show_default=False, help="Its life, such as 90d or 12h, or never.")


async def list_(cli: Cli) -> None:
    """List the tokens that work now; their texts are not shown."""
    async with cli.client() as client:
        tokens = await client.tokens.list()
    if cli.settings.json:
        for token in tokens:
            cli.out.result(record(token), "")
    elif tokens:
        heading = ("id", "name", "expires in", "root folder", "may")
        cli.out.result({}, "\n".join(words.columns([heading, *map(row, tokens)])))


async def add(
    cli: Cli,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it.")],
    allow: Annotated[list[str], Allow],
    root: Annotated[str, Root] = "/",
    expires_in: Annotated[str, ExpiresIn] = "never",
    log: Annotated[bool | None, typer.Option("--log/--no-log", show_default=False, help="Let the server log its calls.")] = None,
) -> None:
    """Add a token; it is printed this once."""
    folder, life = cloud_path(root), life_of(expires_in)
    async with cli.client() as client:
        token = await client.tokens.create(
            name, allow=separated(allow), root_folder=folder, expires_in=life, log_calls=log, log_file_data=log
        )
    cli.out.note(f"token {words.plain(token.name)} ({token.id}), {may(token)}; keep its text, it is not shown again:")
    cli.out.result({**record(token), "token": token.token}, token.token)


async def update(
    cli: Cli,
    which: Which,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Call it something else.")] = None,
    allow: Annotated[list[str] | None, Allow] = None,
    root: Annotated[str | None, Root] = None,
    expires_in: Annotated[str | None, ExpiresIn] = None,
    log: Annotated[bool | None, typer.Option("--log/--no-log", show_default=False, help="Let the server log its calls.")] = None,
) -> None:
    """Change a token; what is not given stays. --allow takes the place of what it may do now."""
    changes: dict[str, Any] = {
        "name": name,
        "allow": separated(allow) if allow else None,
        "root_folder": None if root is None else cloud_path(root),
        "expires_in": None if expires_in is None else life_of(expires_in),
        "log_calls": log,
        "log_file_data": log,
    }
    if all(value is None for value in changes.values()):
        raise typer.BadParameter("say what to change: --name, --allow, --root, --expires-in or --log")
    async with cli.client() as client:
        token = await client.tokens.modify(which, **changes)
    cli.out.result(record(token), "  ".join(row(token)))


async def remove(
    cli: Cli,
    which: Which,
    yes: Yes = False,
) -> None:
    """Remove a token: whoever uses it is signed out at once."""
    async with cli.client() as client:
        token = await client.tokens.find(which)
        confirm(f"Remove the token {words.plain(token.name)} ({token.id})?", yes=yes)
        await client.tokens.revoke(token)
    cli.out.changed({"id": token.id, "name": token.name, "removed": True}, f"removed {words.plain(token.name)} ({token.id})")


def separated(given: list[str]) -> list[str]:
    """The names of ``--allow``, given several times or with commas."""
    return [name for each in given for name in each.split(",") if name.strip()]


def record(token: Token) -> dict[str, object]:
    """What ``--json`` prints of one, without its text."""
    return {
        "id": token.id,
        "name": token.name,
        "root_folder": token.root_folder,
        "permissions": sorted(token.permissions),
        "expires_in": token.expires_in,
        "log_calls": token.log_calls,
        "log_file_data": token.log_file_data,
    }


def row(token: Token) -> tuple[str, ...]:
    """A line of the table."""
    life = "never" if token.expires_in is None else words.duration(token.expires_in)
    return token.id, words.plain(token.name) or "-", life, words.plain(token.root_folder), may(token)


def may(token: Token) -> str:
    """What it may do, by the name of the set where it has one."""
    # The names come with the messages, which the help does without.
    from clouddrive2.models.tokens import PRESETS

    named = [name for name, permissions in PRESETS.items() if permissions == token.permissions]
    return named[0] if named else ",".join(sorted(each.removeprefix("allow_") for each in token.permissions)) or "nothing"


VERBS = {
    "list": (list_, "cd2 tokens list"),
    "add": (
        add,
        "cd2 tokens add phone --allow reader --root /115/Movies --expires-in 90d\n"
        "cd2 tokens add nightly --allow uploader,get_backups",
    ),
    "update": (update, "cd2 tokens update phone --expires-in never"),
    "remove": (remove, "cd2 tokens remove phone --yes"),
}
