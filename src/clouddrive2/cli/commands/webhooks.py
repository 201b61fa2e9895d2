"""``cd2 webhooks``: where the server sends word of changes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clouddrive2.cli.asking import confirm
from clouddrive2.cli.context import Cli
from clouddrive2.cli.options import Yes
from clouddrive2.cli.output import words

if TYPE_CHECKING:
    from clouddrive2.models.webhooks import Webhook, WebhookConfig

__all__ = ["VERBS"]

Name = Annotated[str, typer.Argument(metavar="NAME", help="Its file name, as 'cd2 webhooks list' shows it.")]
File = Annotated[str | None, typer.Option("--file", metavar="FILE", help="A configuration in TOML; - for standard input.")]
Url = Annotated[str | None, typer.Option("--url", metavar="URL", help="Instead of a file: where to send.")]
Headers = Annotated[
    list[str] | None,
    typer.Option("--header", metavar="NAME=VALUE", show_default=False, help="With --url: a header to send along."),
]
Events = Annotated[
    Literal["all", "files", "mounts"], typer.Option("--events", metavar="all|files|mounts", help="With --url: which.")
]


async def list_(cli: Cli) -> None:
    """List the webhooks of the server."""
    async with cli.client() as client:
        webhooks = await client.webhooks.list()
    if cli.settings.json:
        for webhook in webhooks:
            cli.out.result({"name": webhook.name, "valid": webhook.is_valid}, "")
    elif webhooks:
        rows = [("yes" if webhook.is_valid else "no", words.plain(webhook.name)) for webhook in webhooks]
        cli.out.result({}, "\n".join(words.columns([("valid", "name"), *rows])))


async def get(cli: Cli, name: Name) -> None:
    """Print the configuration of a webhook."""
    async with cli.client() as client:
        webhook = await client.webhooks.get(name)
    cli.out.result({"name": webhook.name, "valid": webhook.is_valid, "content": webhook.content}, webhook.content.rstrip("\n"))


async def template(cli: Cli) -> None:
    """Print the server's own example of a configuration."""
    async with cli.client() as client:
        content = await client.webhooks.template()
    cli.out.result({"content": content}, content.rstrip("\n"))


async def add(cli: Cli, name: Name, file: File = None, url: Url = None, header: Headers = None, events: Events = "all") -> None:
    """Add a webhook, from a file, or for an address."""
    config = given(file, url, header or [], events)
    async with cli.client() as client:
        report(cli, await client.webhooks.add(name, config))


async def update(
    cli: Cli, name: Name, file: File = None, url: Url = None, header: Headers = None, events: Events = "all"
) -> None:
    """Change a webhook: its whole configuration is replaced."""
    config = given(file, url, header or [], events)
    async with cli.client() as client:
        report(cli, await client.webhooks.change(name, config))


async def remove(cli: Cli, name: Name, yes: Yes = False) -> None:
    """Remove a webhook."""
    confirm(f"Remove the webhook {words.plain(name)}?", yes=yes)
    async with cli.client() as client:
        await client.webhooks.remove(name)
    cli.out.changed({"name": name, "removed": True}, f"removed {words.plain(name)}")


def given(file: str | None, url: str | None, headers: list[str], events: str) -> WebhookConfig | str:
    """The configuration that was given in one of two ways."""
    # Brings the messages along, which the help does without.
    from clouddrive2.models.webhooks import WebhookConfig

    if (file is None) == (url is None):
        raise typer.BadParameter("give either --file or --url")
    if url is None:
        if headers:
            raise typer.BadParameter("--header goes with --url; a file has its own")
        return sys.stdin.read() if file == "-" else Path(str(file)).read_text(encoding="utf-8")
    for each in headers:
        if "=" not in each:
            raise typer.BadParameter("a header is written NAME=VALUE")
    pairs = [each.partition("=") for each in headers]
    wanted = {name.strip(): value for name, _, value in pairs}
    return WebhookConfig(url, wanted, files=events != "mounts", mounts=events != "files")


def report(cli: Cli, webhook: Webhook) -> None:
    """What the server made of it."""
    if not webhook.is_valid:
        cli.out.warn(f"the server keeps {words.plain(webhook.name)}, but cannot use it; compare it with 'cd2 webhooks template'")
    if cli.settings.json:
        cli.out.result({"name": webhook.name, "valid": webhook.is_valid}, "")
    elif webhook.is_valid:
        cli.out.detail(f"{words.plain(webhook.name)} is in use; without a membership the server sends nothing")


VERBS = {
    "list": (list_, "cd2 webhooks list"),
    "get": (get, "cd2 webhooks get media.toml"),
    "template": (template, "cd2 webhooks template > media.toml"),
    "add": (
        add,
        "cd2 webhooks add media.toml --url http://nas:8000/hook --header X-Secret=... --events files\n"
        "cd2 webhooks add media.toml --file media.toml",
    ),
    "update": (update, "cd2 webhooks update media.toml --file media.toml"),
    "remove": (remove, "cd2 webhooks remove media.toml --yes"),
}
