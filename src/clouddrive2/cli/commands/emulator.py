"""``cd2 emulator``: a CloudDrive2 server to test against. The server itself is :mod:`clouddrive2.emulator`."""

from __future__ import annotations

import contextlib
import errno
import inspect
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from clouddrive2.cli.context import Cli, cloud_path
from clouddrive2.cli.memory import keep_freed_memory
from clouddrive2.cli.output import words
from clouddrive2.errors import ConfigError

__all__ = ["EXAMPLES", "PASSWORD_VARIABLE", "command"]

PASSWORD_VARIABLE = "CLOUDDRIVE2_EMULATOR_PASSWORD"

EXAMPLES = """\
cd2 emulator                                            user 'user', password 'password', port 19798
cd2 emulator --port 0 --json                            any free port; one line says which
cd2 emulator --root ./drive --cloud 115 --cloud Aliyun  keeps its files; two clouds
cd2 emulator --cloud s3=s3://bucket/prefix              serves what lies in S3; credentials from AWS_* or a profile
cd2 emulator --cloud nas=davs://me@nas.lan/files        serves what lies on WebDAV; password from CLOUDDRIVE2_DAV_PASSWORD
cd2 emulator --mount ./drive --mount ./115=/115         mounts the drive, and one folder of it, through FUSE
cd2 emulator --fault drop-channel:after_messages=50     breaks the upload channel once, on purpose
cd2 emulator --fault refuse:rpc=GetSubFiles,code=14,times=2
cd2 emulator --tls-port 19799                           the same over TLS on another port, with a certificate of its own making
cd2 emulator --tls-port 0 --certificate nas.pem --key nas.key
cd2 emulator --limit message-bytes=4M --limit upload-slots=2
cd2 emulator --reflection                               tools such as grpcurl may ask it what it can do
cd2 --url 127.0.0.1:19798 --username user ls            in another terminal

Files in --root are ordinary files, one folder per cloud. Ctrl-C or SIGTERM ends it, with exit code 0."""


def command(
    cli: Cli,
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            metavar="N",
            min=0,
            max=65535,
            show_default=False,
            help="Where to listen; 0 takes a free port. By default where 'cd2 system web' has put it, else 19798.",
        ),
    ] = None,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on; only this machine by default.")
    ] = ("127.0.0.1"),
    tls_port: Annotated[
        int | None,
        typer.Option(
            "--tls-port", metavar="N", min=0, max=65535, show_default=False, help="Listen for TLS as well; 0 takes a free port."
        ),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(
            "--certificate",
            metavar="FILE",
            show_default=False,
            help="PEM file with the certificate for TLS; without it the server makes one, and keeps it in --root.",
        ),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(
            "--key", metavar="FILE", show_default=False, help="PEM file with its key, if that is not in the certificate's file."
        ),
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option(
            "--root", metavar="DIR", show_default=False, help="Keep the files here; without it they go with the server."
        ),
    ] = None,
    memory: Annotated[bool, typer.Option("--memory", help="Files in memory instead of a temporary folder.")] = False,
    username: Annotated[
        str | None, typer.Option("--username", metavar="NAME", show_default=False, help="The account; 'user' by default.")
    ] = None,
    password: Annotated[
        str | None,
        typer.Option(
            "--password",
            metavar="TEXT",
            show_default=False,
            help=f"Its password, 'password' by default. Rather set {PASSWORD_VARIABLE}: others see options.",
        ),
    ] = None,
    api_token: Annotated[
        str | None, typer.Option("--api-token", metavar="TOKEN", show_default=False, help="An API token that may do everything.")
    ] = None,
    cloud: Annotated[
        list[str] | None,
        typer.Option(
            "--cloud",
            metavar="NAME[=LOCATION]",
            show_default=False,
            help="A cloud folder, repeatable; 'Cloud' by default. Its files lie here, or at s3://BUCKET/PREFIX, "
            "dav://USER@HOST/FOLDER or davs://... (HTTPS).",
        ),
    ] = None,
    mount: Annotated[
        list[str] | None,
        typer.Option("--mount", metavar="DIR[=PATH]", help="Mount the drive, or a folder of it, here; repeatable. Needs FUSE."),
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option("--fault", metavar="NAME[:KEY=VALUE,...]", help="Something to go wrong on purpose, repeatable."),
    ] = None,
    limit: Annotated[
        list[str] | None,
        typer.Option("--limit", metavar="NAME=VALUE", help="Another limit than by default, repeatable; see --limits."),
    ] = None,
    reflection: Annotated[
        bool, typer.Option("--reflection", help="Tell tools such as grpcurl the contract when they ask; a real server does not.")
    ] = False,
    faults: Annotated[bool, typer.Option("--faults", help="List the faults there are, and end.")] = False,
    limits: Annotated[bool, typer.Option("--limits", help="List the limits there are, and end.")] = False,
) -> int:
    """Run a server to test against.

    It speaks the protocol of CloudDrive2 on one port: gRPC, gRPC-Web, and downloads over HTTP. When it is ready it prints
    its address; with --json that is one line: {"url", "port", "cloud", "username"}, and with TLS {"tls_url", "tls_port",
    "certificate"}. Another line follows when a call has changed where it listens.
    """
    # The server brings its own network libraries along: not for a help text.
    try:
        from clouddrive2.emulator.command import CannotListen, ServeOptions, run
        from clouddrive2.emulator.limits import parse_limits
        from clouddrive2.emulator.options import EmulatorOptions
    except ModuleNotFoundError as error:
        raise ConfigError(f"the emulator needs {error.name}: pip install 'clouddrive2[emulator]'") from error

    if faults:
        return list_faults(cli)
    if limits:
        return list_limits(cli)
    if root is not None and memory:
        raise typer.BadParameter("--root keeps the files, --memory does not: choose one", param_hint="--memory")
    if tls_port is None and (certificate or key):
        raise typer.BadParameter("a certificate is for TLS: say --tls-port, too", param_hint="--certificate")
    if key and not certificate:
        raise typer.BadParameter("a key needs its certificate: say --certificate, too", param_hint="--key")
    try:
        chosen_limits = parse_limits(limit or ())
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--limit") from error
    given = cli.settings
    chosen: dict[str, Any] = {
        "certificate": certificate,
        "key": key,
        "username": username or given.username,
        "password": password or given.password or os.environ.get(PASSWORD_VARIABLE),
        "api_token": api_token or given.api_token,
        "clouds": tuple(cloud or ()),
        "mounts": tuple(mounting(text) for text in mount or ()),
        "faults": tuple(fault or ()),
        "settings": EmulatorOptions(reflection=reflection, **chosen_limits),
    }
    with place_for(root, memory=memory) as folder:
        present = {name: value for name, value in chosen.items() if value}
        options = ServeOptions(host=host, port=port, tls_port=tls_port, root=folder, as_json=given.json, **present)
        keep_freed_memory()
        try:
            run(options)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
        except CannotListen as error:
            raise ConfigError(cannot_listen(error, error.host, error.port)) from error
        except OSError as error:
            raise ConfigError(cannot_use(error)) from error
    return 0


def mounting(text: str) -> tuple[Path, str]:
    """``DIR`` or ``DIR=/path/in/the/drive``."""
    place, _, source = text.partition("=")
    if not place or (source and not source.startswith("/")):
        raise typer.BadParameter(f"'{text}' is not DIR or DIR=/path/in/the/drive", param_hint="--mount")
    return Path(place).absolute(), cloud_path(source or "/")


@contextlib.contextmanager
def place_for(root: Path | None, *, memory: bool) -> Iterator[Path | None]:
    """The folder for the files: the given one, none, or a temporary one that goes with the block."""
    if root is not None or memory:
        yield root
    else:
        with tempfile.TemporaryDirectory(prefix="cd2-emulator-") as folder:
            yield Path(folder)


def cannot_use(error: OSError) -> str:
    """Which of its files stands in the way, and why."""
    file = words.plain(str(error.filename)) if error.filename is not None else "its files"
    return f"the emulator cannot use {file}: {error.strerror or error}"


def cannot_listen(error: OSError, host: str, port: int) -> str:
    """Why its address cannot be had."""
    match error.errno:
        case errno.EADDRINUSE:
            why = "the port is taken; choose another, or --port 0 for any free one"
        case errno.EACCES:
            why = "this user may not listen on that port; choose one above 1023"
        case errno.EADDRNOTAVAIL:
            why = "this machine does not have that address"
        case _:
            why = error.strerror or str(error)
    return f"the emulator cannot listen on {host}:{port}: {why}"


def list_faults(cli: Cli) -> int:
    """Every fault with its arguments and what it does."""
    # As above.
    from clouddrive2.emulator.faults import Faults, fault_names

    for name in sorted(fault_names()):
        method = getattr(Faults, name)
        parameters = list(inspect.signature(method).parameters.values())[1:]
        told = ",".join(f"{each.name}={'...' if each.default is each.empty else each.default}" for each in parameters)
        shown, says = name.replace("_", "-"), (inspect.getdoc(method) or "").partition("\n")[0].replace("``", "'")
        arguments = {each.name: None if each.default is each.empty else each.default for each in parameters}
        cli.out.result({"fault": shown, "arguments": arguments, "about": says}, f"{shown}{':' if told else ''}{told}\n    {says}")
    return 0


def list_limits(cli: Cli) -> int:
    """Every limit with its default and what happens above it."""
    # As above.
    from clouddrive2.emulator.limits import LIMITS
    from clouddrive2.emulator.options import EmulatorOptions

    defaults = EmulatorOptions()
    for limit in LIMITS.values():
        shown, default = limit.name.replace("_", "-"), getattr(defaults, limit.name)
        record = {"limit": shown, "default": default, "least": limit.least, "about": limit.about}
        cli.out.result(record, f"{shown}={default:.15g}\n    {limit.about}")
    return 0
