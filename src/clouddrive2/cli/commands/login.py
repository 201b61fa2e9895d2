"""``cd2 login``: check credentials with a real call, then store them."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clouddrive2.cli import profiles
from clouddrive2.cli.asking import ask, ask_secret, can_ask
from clouddrive2.cli.context import Cli
from clouddrive2.errors import ConfigError, PermissionDenied

if TYPE_CHECKING:
    from clouddrive2.client.aio import AsyncClient
    from clouddrive2.config import ServerConfig

__all__ = ["EXAMPLES", "command"]

EXAMPLES = """\
cd2 login --url nas:19798                                 asks for an API token or name and password
CLOUDDRIVE2_API_TOKEN=... cd2 login --url nas:19798       stores an API token made in the web page
cd2 login --url nas:19798 --username me --create-token    makes an API token and stores that, not the password
cd2 login --url nas:19798 --username me --keyring         keeps the password in the system's keyring
cd2 login --url nas:19798 --profile home --default        several servers: 'cd2 --profile home ls'

Options on the command line can be seen by others on this machine: rather let login ask, or use the environment."""


async def command(
    cli: Cli,
    create_token: Annotated[
        bool, typer.Option("--create-token", help="Make an API token with the password, and store the token.")
    ] = False,
    keyring: Annotated[bool, typer.Option("--keyring", help="Keep the secret in the system's keyring, not in the file.")] = False,
    store_password: Annotated[
        bool, typer.Option("--store-password", help="Allow the password itself to be written to the file (mode 0600).")
    ] = False,
    default: Annotated[bool, typer.Option("--default", help="Use this profile when none is named.")] = False,
    totp: Annotated[
        str | None, typer.Option("--totp", metavar="CODE", help="Code of the second factor, where the account has one.")
    ] = None,
    ca_file: Annotated[
        str | None, typer.Option("--ca-file", metavar="FILE", help="Certificate authority of an https server.")
    ] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Accept any certificate of an https server.")] = False,
) -> None:
    """Check credentials and store them in a profile.

    An API token is stored as it is. A name and password give a short-lived token only, so one of three is needed for
    later commands: --create-token, --keyring, or --store-password; without them the name alone is stored, and the
    password is asked for each time.
    """
    name = cli.settings.profile or "default"
    config = complete(credentials(cli, totp=totp, ca_file=ca_file, insecure=insecure))
    settings: dict[str, object] = {
        "url": config.url,
        "username": config.username,
        # The next command may run in another folder.
        "ca_file": str(config.ca_file.absolute()) if config.ca_file else None,
        "insecure": config.insecure or None,
        "transport": None if config.transport == "auto" else config.transport,
    }
    async with cli.client(config) as client:
        await check(client)
        secret, kind = (config.token, "API token") if config.token else (config.password, "password")
        if create_token and not config.token:
            secret, kind = await new_token(client), "API token"
    assert secret is not None
    kept = "nothing but the name"
    if keyring:
        profiles.save_in_keyring(config.url, username=None if kind == "API token" else config.username, secret=secret)
        kept = f"the {kind}, in the system's keyring"
    elif kind == "API token":
        settings["api_token"] = secret
        kept = "the API token"
    elif store_password:
        settings["password"] = secret
        kept = "name and password"
    if kind == "API token":
        settings["username"] = None
    path = profiles.save_profile(name, settings, default=default)
    cli.out.result(
        {"profile": name, "url": config.url, "stored": kind if kept != "nothing but the name" else None, "file": str(path)},
        f"signed in to {config.url}; profile '{name}' in {path} holds {kept}",
    )
    if kept == "nothing but the name":
        cli.out.note("the password will be asked for each time; --create-token, --keyring or --store-password change that")


def credentials(cli: Cli, *, totp: str | None, ca_file: str | None, insecure: bool) -> ServerConfig:
    """What is given and what the environment says. An existing profile lends its address and name, not its secret."""
    # Reads settings: not needed for the help text.
    from clouddrive2.settings import config_file_path, load_config, read_profiles

    given = cli.settings
    stored = read_profiles(config_file_path()).get("profiles", {}).get(given.profile or "default", {})
    environ = {key: value for key, value in os.environ.items() if key != "CLOUDDRIVE2_PROFILE"}
    named = any(environ.get(key) for key in ("CLOUDDRIVE2_URL", "CLOUDDRIVE2_HOST"))
    return load_config(
        given.url or (None if named else stored.get("url")),
        token=given.api_token,
        username=given.username or environ.get("CLOUDDRIVE2_USERNAME") or stored.get("username"),
        password=given.password,
        totp_code=totp,
        ca_file=ca_file or stored.get("ca_file"),
        insecure=insecure or stored.get("insecure"),
        transport=given.transport or environ.get("CLOUDDRIVE2_TRANSPORT") or stored.get("transport"),
        environ=environ,
        config_file=Path(os.devnull),
    )


def complete(config: ServerConfig) -> ServerConfig:
    """Asks for what is missing.

    Raises:
        ConfigError: Nobody can be asked.
    """
    if config.token or (config.username and config.password):
        return config
    if not can_ask():
        raise ConfigError("no credentials: set CLOUDDRIVE2_API_TOKEN, or CLOUDDRIVE2_USERNAME and CLOUDDRIVE2_PASSWORD")
    if not config.username:
        name = ask(f"Account at {config.url} (empty to give an API token): ").strip()
        if not name:
            return replace(config, token=ask_secret("API token: "))
        config = replace(config, username=name)
    if not config.password:
        config = replace(config, password=ask_secret(f"Password of {config.username}: "))
    return config


async def check(client: AsyncClient) -> None:
    """Makes a call that needs the credentials.

    Raises:
        Unauthenticated: They are wrong.
    """
    try:
        async for _ in client.files.list("/"):
            break
    except PermissionDenied:
        return  # known to the server, merely not allowed to list


async def new_token(client: AsyncClient) -> str:
    """Makes an API token that may do everything the shell's commands do, for this machine."""
    # Message classes are loaded for this one call.
    from clouddrive2.proto import clouddrive_pb2 as pb

    permissions = pb.TokenPermissions(**dict.fromkeys(PERMISSIONS, True))
    wanted = pb.CreateTokenRequest(rootDir="/", permissions=permissions, friendly_name=f"cd2 on {socket.gethostname()}")
    return str((await client.raw.CreateToken(wanted)).token)


PERMISSIONS = (
    "allow_list",
    "allow_search",
    "allow_create_folder",
    "allow_create_file",
    "allow_write",
    "allow_read",
    "allow_rename",
    "allow_move",
    "allow_copy",
    "allow_delete",
    "allow_delete_permanently",
    "allow_view_properties",
    "allow_get_space_info",
    "allow_view_runtime_info",
    "allow_get_mounts",
    "allow_get_transfer_tasks",
    "allow_modify_transfer_tasks",
)
