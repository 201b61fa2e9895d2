"""Verbs of ``cd2 account`` about password, e-mail address, and signing in the server itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from clouddrive2.cli.asking import ask, ask_secret, can_ask, secret
from clouddrive2.cli.context import Cli
from clouddrive2.cli.output import words
from clouddrive2.errors import ConfigError

if TYPE_CHECKING:
    from clouddrive2.client.aio import AsyncClient
    from clouddrive2.config import ServerConfig

__all__ = [
    "CODE_VARIABLE",
    "PASSWORD_VARIABLE",
    "Mailed",
    "change_email",
    "change_password",
    "confirm_email",
    "lost_factor",
    "mailed_code",
    "reset_password",
    "second",
    "sign_in",
]

PASSWORD_VARIABLE = "CLOUDDRIVE2_PASSWORD"
NEW_PASSWORD_VARIABLE = "CLOUDDRIVE2_NEW_PASSWORD"
CODE_VARIABLE = "CLOUDDRIVE2_TOTP_CODE"

Mailed = Annotated[
    str | None, typer.Option("--code", metavar="CODE", show_default=False, help="The code that was mailed: the second step.")
]
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The account's address.")]


async def change_password(cli: Cli) -> None:
    """Change the account's password.

    Every session ends, this command's own too; API tokens stay.
    """
    async with cli.client() as client:
        old = secret(PASSWORD_VARIABLE, "Password of the account")
        code = await second(client)
        await client.accounts.change_password(old, new_password(), code=code)
    text = "the password is changed and every session has ended; 'cd2 login' stores the new one in a profile"
    cli.out.result({"changed": True}, text)


async def change_email(
    cli: Cli, address: Annotated[str, typer.Argument(metavar="EMAIL", help="The new address.")], code: Mailed = None
) -> None:
    """Change the account's e-mail address.

    It is the name to sign in with. A code is mailed to the new one first.
    """
    async with cli.client() as client:
        known = secret(PASSWORD_VARIABLE, "Password of the account")
        if code is None:
            await client.accounts.send_email_change(address, known)
        if (mailed := code or mailed_code(cli, address)) is not None:
            await client.accounts.change_email(address, known, mailed, code=await second(client))
            cli.out.result({"name": address, "changed": True}, f"the account's name is {words.plain(address)} now")


async def confirm_email(cli: Cli, code: Mailed = None) -> None:
    """Confirm the account's address by mail."""
    async with cli.client() as client:
        name = (await client.accounts.status()).name
        if code is None:
            await client.accounts.send_email_confirmation()
        if (mailed := code or mailed_code(cli, name)) is not None:
            await client.accounts.confirm_email(mailed)
            cli.out.result({"name": name, "confirmed": True}, f"{words.plain(name)} is confirmed")


async def reset_password(cli: Cli, address: Email, code: Mailed = None) -> None:
    """Reset a forgotten password by mail.

    Needs no sign-in. Every session ends.
    """
    async with cli.client(nobody(cli)) as client:
        if code is None:
            await client.accounts.send_password_reset(address)
        if (mailed := code or mailed_code(cli, address)) is not None:
            await client.accounts.reset_password(mailed, new_password())
            cli.out.result({"name": address, "changed": True}, "the password is changed")


async def lost_factor(cli: Cli, address: Email, code: Mailed = None) -> None:
    """Remove a lost second factor by mail.

    Needs the password, and no sign-in.
    """
    async with cli.client(nobody(cli)) as client:
        if code is None:
            await client.accounts.send_two_factor_removal(address)
        if (mailed := code or mailed_code(cli, address)) is not None:
            await client.accounts.remove_two_factor(mailed, secret(PASSWORD_VARIABLE, "Password of the account"))
            cli.out.result({"name": address, "two_factor": False}, "the second factor is off")


async def sign_in(
    cli: Cli,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The account's name.")],
    two_factor: Annotated[bool, typer.Option("--two-factor", help="The account has a second factor: ask for a code.")] = False,
) -> None:
    """Sign the server in to an account.

    A fresh one has to be before it can do anything. 'cd2 login' is for this machine.
    """
    async with cli.client(nobody(cli)) as client:
        known = secret(PASSWORD_VARIABLE, f"Password of {name}")
        code = secret(CODE_VARIABLE, "A code of the authenticator") if two_factor else None
        await client.accounts.sign_in_server(name, known, code=code)
    cli.out.result({"name": name, "signed_in": True}, f"the server is signed in to {words.plain(name)}")


async def second(client: AsyncClient) -> str | None:
    """A code of the second factor, when the account has one."""
    return secret(CODE_VARIABLE, "A code of the authenticator") if await client.accounts.has_two_factor() else None


def new_password() -> str:
    """From the environment, else typed twice.

    Raises:
        ConfigError: Nobody can be asked, or it was typed in two ways.
    """
    if given := os.environ.get(NEW_PASSWORD_VARIABLE):
        return given
    chosen = secret(NEW_PASSWORD_VARIABLE, "New password")
    if ask_secret("Once more: ") != chosen:
        raise ConfigError("these are two different passwords; nothing was changed")
    return chosen


def mailed_code(cli: Cli, address: str) -> str | None:
    """What the person reads in the mail; ``None`` where nobody can be asked, who then has to come back with it."""
    if can_ask():
        return ask(f"The code mailed to {words.plain(address)}: ").strip()
    cli.out.note(f"a code was mailed to {words.plain(address)}; give the same command with --code CODE")
    return None


def nobody(cli: Cli) -> ServerConfig:
    """The configured server, without credentials."""
    # Reads settings: not needed for the help text.
    from dataclasses import replace

    from clouddrive2.settings import load_config

    given = cli.settings
    config = load_config(given.url, profile=given.profile, transport=given.transport)
    return replace(config, token=None, username=None, password=None, totp_code=None)
