"""The emulator as a program: serve until told to end. ``cd2 emulator`` is a thin face of this."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from clouddrive2.emulator.account import Mail
from clouddrive2.emulator.doors.front import CannotListen
from clouddrive2.emulator.mounting.fusermount import MountFailure
from clouddrive2.emulator.options import CloudOptions, EmulatorOptions
from clouddrive2.emulator.server import Emulator
from clouddrive2.emulator.storage import StorageError
from clouddrive2.emulator.storage.locations import check_location

__all__ = ["DEFAULT_PASSWORD", "CannotListen", "ServeOptions", "run", "serve"]

DEFAULT_PASSWORD = "password"


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What the command line says.

    Attributes:
        host, port: Where to listen; port 0 takes a free one, ``None`` the one that a call chose and ``root`` keeps, else 19798.
        tls_port: Where to listen for TLS; port 0 takes a free one, ``None`` is no TLS unless a call turned it on.
        certificate, key: PEM files of what to show there; without them the server makes a certificate for itself.
        username, password: The account.
        api_token: An API token that may do everything, or ``None``.
        clouds: Names of the cloud folders, each with ``=`` and a location where its files lie elsewhere; a slash in front is
            allowed.
        root: Folder for the files; ``None`` keeps them in memory.
        mounts: Local folders to mount at the start, each with the folder of the drive it shows.
        faults: Deliberate faults as text, see :mod:`clouddrive2.emulator.faults`.
        as_json: Print one JSON line when ready instead of lines for people.
        settings: What the server is like.
    """

    host: str = "127.0.0.1"
    port: int | None = None
    tls_port: int | None = None
    certificate: Path | None = None
    key: Path | None = None
    username: str = "user"
    password: str = field(default=DEFAULT_PASSWORD, repr=False)
    api_token: str | None = field(default=None, repr=False)
    clouds: tuple[str, ...] = ("Cloud",)
    root: Path | None = None
    mounts: tuple[tuple[Path, str], ...] = ()
    faults: tuple[str, ...] = ()
    as_json: bool = False
    settings: EmulatorOptions = field(default_factory=EmulatorOptions)


def run(options: ServeOptions, out: TextIO | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then end cleanly.

    Args:
        options: What to serve.
        out: Where the ready line goes; standard output by default.

    Raises:
        ValueError: A cloud's name, its location, the certificate or a fault cannot be understood, or something cannot be
            mounted or reached.
        CannotListen: An address cannot be used; an ``OSError``.
        OSError: The folder or the certificate cannot be used.
    """
    asyncio.run(serve(options, out or sys.stdout))


async def serve(options: ServeOptions, out: TextIO) -> None:
    """The same on a running loop; SIGTERM and SIGINT are taken from whoever had them, until it returns."""
    try:
        emulator = Emulator(
            username=options.username,
            password=options.password,
            api_token=options.api_token,
            clouds=[_cloud(text) for text in options.clouds],
            mounts=options.mounts,
            root=options.root,
            host=options.host,
            port=options.port,
            tls_port=options.tls_port,
            certificate=options.certificate,
            key=options.key,
            options=options.settings,
        )
    except StorageError as error:
        raise ValueError(str(error)) from error
    emulator.account.deliver = _deliver
    try:
        for fault in options.faults:
            emulator.faults.set(fault)
        ending = asyncio.Event()
        loop = asyncio.get_running_loop()
        signals = (signal.SIGTERM, signal.SIGINT)
        for number in signals:
            loop.add_signal_handler(number, ending.set)
        try:
            try:
                await emulator.start()
            except MountFailure as error:
                raise ValueError(str(error)) from error
            print(_ready(emulator, options), file=out, flush=True)
            emulator.listening.moved = lambda: print(_moved(emulator, options), file=out, flush=True)
            await ending.wait()
        finally:
            for number in signals:
                loop.remove_signal_handler(number)
    finally:
        await emulator.stop()


def _cloud(text: str) -> CloudOptions:
    """``NAME``, or ``NAME=LOCATION``: what lies elsewhere is asked for no hash before it takes data."""
    name, has_location, location = text.partition("=")
    if not has_location:
        return CloudOptions(name.strip("/"))
    return CloudOptions(name.strip("/"), check_location(location), needs=(), has_events=False, location=location)


def _deliver(mail: Mail) -> None:
    """Whoever runs the server has its mail."""
    print(f"mail to {mail.to}: the code is {mail.code}", file=sys.stderr, flush=True)


def _moved(emulator: Emulator, options: ServeOptions) -> str:
    """Where it listens by now, once a call has changed that."""
    if options.as_json:
        return _ready(emulator, options)
    return f"now at {emulator.url}" + (f" and {emulator.tls_url}" if emulator.tls_url is not None else "")


def _ready(emulator: Emulator, options: ServeOptions) -> str:
    if options.as_json:
        ready = {"url": emulator.url, "port": emulator.port, "cloud": emulator.cloud, "username": emulator.username}
        if emulator.tls_url is not None:
            ready |= {"tls_url": emulator.tls_url, "tls_port": emulator.tls_port, "certificate": str(emulator.certificate)}
        return json.dumps(ready, ensure_ascii=False)
    sign_in = f"user {emulator.username}"
    if options.password == DEFAULT_PASSWORD:
        sign_in += f", password {DEFAULT_PASSWORD}"
    place = f"files in {options.root}" if options.root is not None else "files in memory, gone at the end"
    lines = [f"CloudDrive2 emulator at {emulator.url}", sign_in, f"cloud folder {emulator.cloud}; {place}"]
    if emulator.tls_url is not None:
        lines.insert(1, f"over TLS at {emulator.tls_url}; its certificate is {emulator.certificate}")
    lines += [f"{source} mounted at {point}" for point, source in options.mounts]
    return "\n  ".join([*lines, "Ctrl-C ends it"])
