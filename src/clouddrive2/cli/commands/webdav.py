"""``cd2 webdav``: the server's WebDAV, and who may use it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clouddrive2.cli.asking import ask_secret, can_ask, confirm
from clouddrive2.cli.context import Cli, cloud_path
from clouddrive2.cli.options import Yes
from clouddrive2.cli.output import words
from clouddrive2.errors import ConfigError

if TYPE_CHECKING:
    from clouddrive2.models.webdav import DavServer, DavUser

__all__ = ["VERBS"]

Name = Annotated[str, typer.Argument(metavar="NAME", help="The user's name.")]
Root = Annotated[str | None, typer.Option("--root", metavar="PATH", help="The only folder the user sees.")]
ReadOnly = Annotated[
    bool | None, typer.Option("--read-only/--writable", show_default=False, help="Whether the user may only look.")
]
PasswordFile = Annotated[
    str | None, typer.Option("--password-file", metavar="FILE", help="Read the password from here; - for standard input.")
]


async def status(cli: Cli) -> None:
    """Show the settings of the WebDAV server."""
    async with cli.client() as client:
        report(cli, await client.webdav.server())


async def enable(
    cli: Cli,
    account: Annotated[
        bool | None, typer.Option("--account/--no-account", show_default=False, help="Let the account in.")
    ] = None,
    anonymous: Annotated[
        bool | None, typer.Option("--anonymous/--no-anonymous", show_default=False, help="Let in whoever gives no name.")
    ] = None,
    log: Annotated[bool | None, typer.Option("--log/--no-log", show_default=False, help="Log requests.")] = None,
) -> None:
    """Enable the WebDAV server; with options, change who may use it. What is not given stays."""
    async with cli.client() as client:
        report(cli, await client.webdav.configure(enabled=True, account=account, anonymous=anonymous, access_log=log))


async def disable(cli: Cli) -> None:
    """Disable the WebDAV server; users and settings stay."""
    async with cli.client() as client:
        report(cli, await client.webdav.configure(enabled=False))


async def list_(cli: Cli) -> None:
    """List the WebDAV users, without their passwords."""
    async with cli.client() as client:
        found = (await client.webdav.server()).users
    if cli.settings.json:
        for user in found:
            cli.out.result(record(user), "")
    elif found:
        cli.out.result({}, "\n".join(words.columns([("name", "may", "root folder"), *map(row, found)])))


async def add(cli: Cli, name: Name, root: Root = None, read_only: ReadOnly = None, password_file: PasswordFile = None) -> None:
    """Add a WebDAV user; the password is asked for, or read from a file."""
    folder, password = cloud_path(root or "/"), secret(name, password_file)
    async with cli.client() as client:
        user = await client.webdav.add_user(name, password, root_folder=folder, read_only=bool(read_only))
    cli.out.result(record(user), "  ".join(row(user)))


async def update(
    cli: Cli,
    name: Name,
    root: Root = None,
    read_only: ReadOnly = None,
    enabled: Annotated[
        bool | None, typer.Option("--enabled/--disabled", show_default=False, help="Whether the user may come in.")
    ] = None,
    new_password: Annotated[bool, typer.Option("--new-password", help="Ask for another password.")] = False,
    password_file: PasswordFile = None,
) -> None:
    """Change a WebDAV user; what is not given stays."""
    password = secret(name, password_file) if new_password or password_file else None
    folder = None if root is None else cloud_path(root)
    if all(value is None for value in (password, folder, read_only, enabled)):
        raise typer.BadParameter("say what to change: --root, --read-only, --enabled or --new-password")
    async with cli.client() as client:
        user = await client.webdav.modify_user(name, password=password, root_folder=folder, read_only=read_only, enabled=enabled)
    cli.out.result(record(user), "  ".join(row(user)))


async def remove(cli: Cli, name: Name, yes: Yes = False) -> None:
    """Remove a WebDAV user."""
    confirm(f"Remove the WebDAV user {words.plain(name)}?", yes=yes)
    async with cli.client() as client:
        await client.webdav.remove_user(name)
    cli.out.changed({"name": name, "removed": True}, f"removed {words.plain(name)}")


def secret(name: str, file: str | None) -> str:
    """The password for a user; never from the command line, where others would see it."""
    if file is not None:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        return text.removesuffix("\n").removesuffix("\r")
    if not can_ask():
        raise ConfigError("the password is asked for; where nobody can answer, say --password-file")
    return ask_secret(f"Password for {name}: ")


def report(cli: Cli, server: DavServer) -> None:
    """The settings in a few lines."""
    address = server.addresses[0] if server.addresses else "the server"
    url = f"http://{address}:{server.http_port}{server.path}" if server.http_port else server.path
    log = {
        "enabled": server.enabled,
        "url": url,
        "account": server.account,
        "account_root": server.account_root,
        "account_read_only": server.account_read_only,
        "anonymous": server.anonymous,
        "anonymous_root": server.anonymous_root,
        "anonymous_read_only": server.anonymous_read_only,
        "access_log": server.access_log,
        "users": len(server.users),
        "in_container": server.in_container,
    }
    where = " (in a container: its host's address counts)" if server.in_container else ""
    rows = [
        ("WebDAV", f"{'on' if server.enabled else 'off'}, {words.plain(url)}{where}"),
        ("account", _who(server.account, server.account_root, server.account_read_only)),
        ("anonymous", _who(server.anonymous, server.anonymous_root, server.anonymous_read_only)),
        ("users", str(len(server.users))),
        ("log", "on" if server.access_log else "off"),
    ]
    cli.out.result(log, "\n".join(words.columns(rows)))


def _who(may: bool, root: str, read_only: bool) -> str:
    return f"{'reads' if read_only else 'reads and writes'} {words.plain(root)}" if may else "no"


def record(user: DavUser) -> dict[str, object]:
    """What ``--json`` prints of one, without the password."""
    return {
        "name": user.name,
        "root_folder": user.root_folder,
        "read_only": user.read_only,
        "enabled": user.enabled,
        "guest": user.guest,
    }


def row(user: DavUser) -> tuple[str, ...]:
    """A line of the table."""
    may = "read" if user.read_only else "read, write"
    return words.plain(user.name), may if user.enabled else "nothing", words.plain(user.root_folder)


VERBS = {
    "status": (status, "cd2 webdav status"),
    "enable": (enable, "cd2 webdav enable --no-anonymous"),
    "disable": (disable, "cd2 webdav disable"),
    "list": (list_, "cd2 webdav list"),
    "add": (add, "cd2 webdav add guest --root /115/Public --read-only"),
    "update": (update, "cd2 webdav update guest --new-password"),
    "remove": (remove, "cd2 webdav remove guest --yes"),
}
