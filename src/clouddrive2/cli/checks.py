"""What ``cd2 doctor`` looks at, one check after the other; each says what it found and what to do about it."""

from __future__ import annotations

import asyncio
import email.utils
import os
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from clouddrive2.cli.context import Cli
from clouddrive2.cli.exit_codes import ExitCode, for_error
from clouddrive2.cli.output import words
from clouddrive2.cli.sentences import sentence
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import ServerConfig
from clouddrive2.errors import Error, NotFound, PermissionDenied, Unauthenticated, Unsupported
from clouddrive2.settings import config_file_path, state_folder

__all__ = ["Check", "Mark", "examine"]

CONNECT_SECONDS = 5.0
CLOCK_SECONDS = 60.0
NEEDED = ("allow_list", "allow_read", "allow_write", "allow_create_file", "allow_create_folder", "allow_delete")


class Mark(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding.

    Attributes:
        name: What was looked at.
        mark: How it ended.
        found: What was found.
        advice: What to do, unless all is well.
        code: The exit code a failure stands for.
    """

    name: str
    mark: Mark
    found: str
    advice: str = ""
    code: ExitCode = ExitCode.OK


def ok(name: str, found: str) -> Check:
    """Nothing to do."""
    return Check(name, Mark.OK, found)


def warn(name: str, found: str, advice: str) -> Check:
    """Works, but."""
    return Check(name, Mark.WARN, found, advice)


def fail(name: str, found: str, advice: str, code: ExitCode = ExitCode.FAILED) -> Check:
    """Does not work."""
    return Check(name, Mark.FAIL, found, advice, code)


async def examine(cli: Cli, config: ServerConfig) -> AsyncIterator[Check]:
    """All checks in order; what builds on a failed one is left out."""
    for check in local_checks():
        yield check
    reached = True
    async for check in network_checks(config):
        reached = reached and check.mark is not Mark.FAIL
        yield check
    if reached:
        async with cli.client(config) as client:
            async for check in server_checks(client, config):
                yield check
            async for check in mount_checks(client, config):
                yield check


def local_checks() -> list[Check]:
    """The configuration file and the folder that remembers uploads."""
    path = config_file_path()
    settings = ok("settings", str(path)) if path.exists() else ok("settings", f"no {path}; environment and defaults are used")
    folder = state_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        advice = "without it an interrupted upload starts anew; make it writable or set CLOUDDRIVE2_STATE_DIR"
        return [settings, fail("state folder", f"{folder}: {error.strerror}", advice)]
    return [settings, ok("state folder", f"{folder} is writable")]


async def network_checks(config: ServerConfig) -> AsyncIterator[Check]:
    """Name, port, TLS, and the clock the server shows."""
    host, _, port = config.target.rpartition(":")
    host = host.strip("[]")
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)
    except OSError as error:
        text = f"'{host}' does not resolve ({error.strerror})"
        yield fail("address", text, "check the spelling and the name service, or use the IP address", ExitCode.UNREACHABLE)
        return
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    yield ok("address", f"{config.url} is {', '.join(addresses)}")
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(host, int(port))
    except (OSError, TimeoutError) as error:
        text = f"no connection to {config.target} ({os.strerror(error.errno) if error.errno else 'no answer'})"
        yield fail("port", text, "start the server, check the port and any firewall", ExitCode.UNREACHABLE)
        return
    writer.close()
    yield ok("port", f"{config.target} accepts connections")
    if config.is_tls:
        check = await asyncio.to_thread(tls_check, config, host, int(port))
        yield check
        if check.mark is Mark.FAIL:
            return
    yield await asyncio.to_thread(clock_check, config, host, int(port))


def tls_check(config: ServerConfig, host: str, port: int) -> Check:
    """Whether the certificate can be trusted."""
    context = ssl.create_default_context(cafile=str(config.ca_file) if config.ca_file else None)
    try:
        with (
            socket.create_connection((host, port), CONNECT_SECONDS) as raw,
            context.wrap_socket(raw, server_hostname=host) as tls,
        ):
            return ok("TLS", f"{tls.version()}, certificate trusted")
    except ssl.SSLCertVerificationError as error:
        if config.insecure:
            return warn(
                "TLS", f"certificate not trusted ({error.verify_message}), accepted on request", "give its authority: ca_file"
            )
        advice = "give its authority as ca_file in the profile, or accept it with 'cd2 login --insecure'"
        return fail("TLS", f"certificate not trusted: {error.verify_message}", advice, ExitCode.UNREACHABLE)
    except OSError as error:
        return fail("TLS", f"no TLS: {error}", "is HTTPS enabled on that port? http:// takes 19798", ExitCode.UNREACHABLE)


def clock_check(config: ServerConfig, host: str, port: int) -> Check:
    """The difference between both clocks, where the server shows its own."""
    # A plain request for one header; the client has no use for it.
    import http.client

    connection = http.client.HTTPConnection(host, port, timeout=CONNECT_SECONDS)
    if config.is_tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(host, port, timeout=CONNECT_SECONDS, context=context)
    try:
        connection.request("HEAD", "/")
        shown = connection.getresponse().getheader("date")
        moment = email.utils.parsedate_to_datetime(shown) if shown else None
    except (OSError, http.client.HTTPException, ValueError):
        moment = None
    finally:
        connection.close()
    if moment is None:
        return ok("clock", "the server does not show its clock")
    skew = (moment - datetime.now(UTC)).total_seconds()
    if abs(skew) > CLOCK_SECONDS:
        ahead = "ahead of" if skew > 0 else "behind"
        text = f"the server's clock is {words.duration(abs(skew))} {ahead} this one"
        return warn("clock", text, "set both by a time server: tokens and signed links expire by the clock")
    return ok("clock", "both clocks agree")


async def server_checks(client: AsyncClient, config: ServerConfig) -> AsyncIterator[Check]:
    """Whether it is CloudDrive2, its state, and what the credentials may do."""
    try:
        system = await client.system.info()
    except Unauthenticated as error:
        yield sign_in_failure(config, error)
        return
    except Error as error:
        text = f"something answers, but not as CloudDrive2 does ({sentence(error)})"
        advice = "check the port: 19798 for http, 19799 for https; a proxy in between must pass on gRPC, or POST over HTTP/1.1"
        yield fail("server", text, advice, ExitCode.UNREACHABLE)
        return
    yield ok("transport", f"{client.connection.transport}: {client.connection.reason}")
    if system.has_error or not system.ready:
        yield warn("server", system.message or "not ready", "wait for its start to end, or read its own log")
    else:
        yield ok("server", "CloudDrive2, started")
    if system.signed_in:
        yield ok("account", f"signed in as {system.username}" if system.username else "signed in")
    else:
        yield fail(
            "account",
            "the server is not signed in to an account",
            "run 'cd2 account sign-in NAME', or sign in on its web page",
            ExitCode.DENIED,
        )
    if not (config.token or config.password):
        advice = "run 'cd2 login', or set CLOUDDRIVE2_API_TOKEN"
        yield fail("sign-in", "no credentials are given", advice, ExitCode.DENIED)
        return
    async for check in permission_checks(client, config):
        yield check


def sign_in_failure(config: ServerConfig, error: Error) -> Check:
    """Refused credentials."""
    what = "the token" if config.token else f"name or password of {config.username}"
    return fail("sign-in", f"the server refuses {what} ({sentence(error)})", "run 'cd2 login' again", ExitCode.DENIED)


async def permission_checks(client: AsyncClient, config: ServerConfig) -> AsyncIterator[Check]:
    """Signs in, and tries what every command needs."""
    try:
        clouds = [entry async for entry in client.files.list("/")]
    except Unauthenticated as error:
        yield sign_in_failure(config, error)
        return
    except PermissionDenied:
        yield fail("sign-in", "accepted, but it may not list folders", "give the token allow_list", ExitCode.DENIED)
        clouds = []
    except Error as error:
        yield fail("sign-in", sentence(error), "try again", for_error(error))
        return
    else:
        yield ok("sign-in", "by API token" if config.token else f"as {config.username}")
        names = ", ".join(words.plain(entry.name) for entry in clouds[:5])
        if clouds:
            yield ok("clouds", names + (" ..." if len(clouds) > 5 else ""))
        else:
            yield warn("clouds", "the drive is empty", "add a cloud on the server's web page")
    try:
        runtime = await client.system.runtime()
        yield ok("version", f"{runtime.product} {runtime.version}")
    except (PermissionDenied, Unsupported):
        yield warn("version", "the token may not see it", "give it allow_view_runtime_info to choose calls by version")
    if config.token:
        yield await token_check(client)


async def token_check(client: AsyncClient) -> Check:
    """The root folder and permissions of an API token."""
    try:
        token = await client.system.token_info()
    except (Unsupported, NotFound):
        return ok("token", "this server does not tell what the token may do")
    except (Unauthenticated, PermissionDenied) as error:
        return warn("token", f"the server does not describe it ({sentence(error)})", "its permissions show only in use")
    life = f", expires in {words.duration(token.expires_in)}" if token.expires_in else ""
    about = f"root folder {words.plain(token.root_folder)}{life}"
    missing = [name for name in NEEDED if name not in token.permissions]
    if missing:
        advice = f"uploads and downloads need them; without: {', '.join(missing)}"
        return warn("token", f"{about}; {len(missing)} permissions are missing", advice)
    return ok("token", f"{about}; may list, read, write and delete")


async def mount_checks(client: AsyncClient, config: ServerConfig) -> AsyncIterator[Check]:
    """Whether mounts of the server are seen here. One that the settings name has to be; any other may be elsewhere."""
    named = [cloud for cloud, _ in config.mount_maps]
    try:
        try:
            points = await client.mounts.list()
        except (PermissionDenied, Unsupported):
            points = []
        told = [point.source_folder for point in points if point.mounted]
        if config.mount_point is not None:
            named += told or ["/"]
        for path in dict.fromkeys(named or told):
            status = await client.mounts.status(path)
            if status.method == "local" or not named:
                yield ok("mount", status.message)
            else:
                yield fail("mount", status.message, "correct CLOUDDRIVE2_MOUNT_POINT or the mount map, or take it away")
    except Unauthenticated:
        # Told by the checks before.
        return
    except Error as error:
        yield fail("mount", sentence(error), "try again", for_error(error))
