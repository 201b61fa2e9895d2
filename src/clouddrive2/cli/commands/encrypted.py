"""``cd2 encrypted``: folders that need a password."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from clouddrive2.cli.asking import ask_secret, secret
from clouddrive2.cli.context import Cli
from clouddrive2.cli.output import words
from clouddrive2.errors import ConfigError

__all__ = ["VERBS"]

PASSWORD_VARIABLE = "CLOUDDRIVE2_FOLDER_PASSWORD"

Folder = Annotated[str, typer.Argument(metavar="FOLDER", help="An encrypted folder.")]


async def add(
    cli: Cli,
    path: Annotated[str, typer.Argument(metavar="PATH", help="The folder to make.")],
    save_password: Annotated[
        bool, typer.Option("--save-password", help="Let the server keep it; otherwise a restart locks the folder.")
    ] = False,
) -> None:
    """Add an encrypted folder; it is unlocked.

    The password is asked for, or comes from CLOUDDRIVE2_FOLDER_PASSWORD. Nothing helps when it is lost.
    """
    password = secret(PASSWORD_VARIABLE, f"Password of {path}")
    if not os.environ.get(PASSWORD_VARIABLE) and ask_secret("Once more: ") != password:
        raise ConfigError("these are two different passwords; nothing was made")
    async with cli.client() as client:
        entry = await client.encrypted.create(path, password, save_password=save_password)
    cli.out.result({"path": entry.path, "state": "unlocked"}, f"{words.plain(entry.path)}/")


async def status(cli: Cli, paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Folders of the drive.")]) -> None:
    """Show whether folders are encrypted, and locked."""
    async with cli.client() as client:
        for path in paths:
            state = await client.encrypted.state(path)
            cli.out.result({"path": path, "state": str(state)}, f"{state:<8}  {words.plain(path)}")


async def unlock(
    cli: Cli,
    path: Folder,
    save_password: Annotated[
        bool, typer.Option("--save-password", help="Let the server keep the password; otherwise a restart locks the folder.")
    ] = False,
) -> None:
    """Unlock an encrypted folder, for everybody who may use the server.

    The password is asked for, or comes from CLOUDDRIVE2_FOLDER_PASSWORD.
    """
    password = secret(PASSWORD_VARIABLE, f"Password of {path}")
    async with cli.client() as client:
        await client.encrypted.unlock(path, password, save_password=save_password)
    cli.out.detail(f"unlocked {words.plain(path)}")


async def lock(cli: Cli, path: Folder) -> None:
    """Lock an encrypted folder, for everybody."""
    async with cli.client() as client:
        await client.encrypted.lock(path)
    cli.out.detail(f"locked {words.plain(path)}")


VERBS = {
    "add": (add, "cd2 encrypted add /115/Private"),
    "status": (status, "cd2 encrypted status /115/Private"),
    "unlock": (unlock, "cd2 encrypted unlock /115/Private"),
    "lock": (lock, "cd2 encrypted lock /115/Private"),
}
