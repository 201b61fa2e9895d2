"""``cd2 system``: the server as a program."""

from __future__ import annotations

from typing import Annotated

import typer

from clouddrive2.cli.asking import ask, can_ask, confirm
from clouddrive2.cli.context import Cli
from clouddrive2.cli.options import Yes
from clouddrive2.cli.output import words
from clouddrive2.errors import ConfigError

__all__ = ["VERBS"]


async def status(cli: Cli) -> None:
    """Show what the server uses and does now."""
    async with cli.client() as client:
        running, able = await client.service.running(), await client.service.abilities()
        machine = await client.service.machine_id()
    record = {
        "uptime": running.uptime.total_seconds(),
        "cpu": running.cpu,
        "memory": running.memory,
        "open_files": running.open_files,
        "download_rate": running.download_rate,
        "upload_rate": running.upload_rate,
        "can_restart": able.can_restart,
        "can_update": able.can_update,
        "machine_id": machine,
    }
    rows = [
        ("up", words.duration(running.uptime.total_seconds())),
        ("memory", f"{words.size(running.memory)} of {words.size(running.total_memory)}"),
        ("open files", str(running.open_files)),
        ("down, up", f"{words.rate(running.download_rate)}, {words.rate(running.upload_rate)}"),
        ("can", ", ".join(name for name, can in (("restart", able.can_restart), ("update", able.can_update)) if can) or "-"),
        ("machine", words.plain(machine)),
    ]
    cli.out.result(record, "\n".join(words.columns(rows)))


async def logs(cli: Cli) -> None:
    """List the files of the server's log."""
    async with cli.client() as client:
        for log in await client.service.logs():
            modified = log.modified.isoformat() if log.modified else None
            line = f"{words.moment(log.modified)}  {words.size(log.size)}  {words.plain(log.name)}"
            cli.out.result({"name": log.name, "size": log.size, "modified": modified}, line)


async def handles(cli: Cli) -> None:
    """List what is open on the server."""
    async with cli.client() as client:
        for handle in await client.service.open_handles():
            record = {"handle": handle.number, "path": handle.path, "process": handle.process, "process_id": handle.process_id}
            cli.out.result(record, f"{handle.number}  {words.plain(handle.process) or '-'}  {words.plain(handle.path)}")


async def check(cli: Cli) -> None:
    """Ask whether there is a newer version."""
    async with cli.client() as client:
        update = await client.service.check_update()
    record = {"available": update.available, "version": update.version or None, "description": update.description or None}
    text = f"{update.version}: {update.description}" if update.available else "up to date"
    cli.out.result(record, words.plain(text))


async def download(cli: Cli) -> None:
    """Fetch the newer version; 'cd2 events' tells how it goes."""
    async with cli.client() as client:
        await client.service.download_update()
    cli.out.changed({"download": "begun"}, "the download has begun")


async def update(cli: Cli, yes: Yes = False) -> None:
    """Install what was fetched; the server restarts."""
    confirm("Update the server, and end every connection?", yes=yes)
    async with cli.client() as client:
        await client.service.apply_update()
    cli.out.changed({"update": "begun"}, "the update has begun")


async def restart(cli: Cli, yes: Yes = False) -> None:
    """Restart the server."""
    confirm("Restart the server, and end every connection?", yes=yes)
    async with cli.client() as client:
        await client.service.restart()
    cli.out.changed({"restart": "begun"}, "the server restarts")


async def shutdown(cli: Cli, yes: Yes = False) -> None:
    """End the server; nothing here can start it again."""
    if not yes:
        if not can_ask():
            raise ConfigError("a shutdown is asked about first; where nobody can answer, say --yes")
        if ask("Nothing here can start the server again. Type 'shutdown' to end it: ").strip() != "shutdown":
            raise typer.Abort
    async with cli.client() as client:
        await client.service.shutdown()
    cli.out.changed({"shutdown": "begun"}, "the server ends")


async def web(
    cli: Cli,
    http_port: Annotated[int | None, typer.Option("--http-port", metavar="PORT", min=1, max=65535, help="Set it.")] = None,
    https_port: Annotated[int | None, typer.Option("--https-port", metavar="PORT", min=1, max=65535, help="Set it.")] = None,
    https: Annotated[bool | None, typer.Option("--https/--no-https", show_default=False, help="Speak TLS, too.")] = None,
) -> None:
    """Show where the server listens, or change it at once; connections to a port that changes end."""
    async with cli.client() as client:
        if any(value is not None for value in (http_port, https_port, https)):
            server = await client.service.configure_web_server(http_port=http_port, https_port=https_port, https=https)
        else:
            server = await client.service.web_server()
    record = {"http_port": server.http_port, "https_port": server.https_port, "https": server.https}
    tls = f"https {server.https_port}" if server.https else "no https"
    certificate = words.plain(server.certificate_file) or "no certificate"
    cli.out.result({**record, "certificate": server.certificate_file or None}, f"http {server.http_port}, {tls}, {certificate}")


async def certificate(cli: Cli, yes: Yes = False) -> None:
    """Let the server make a certificate for itself, in place of the one it has."""
    confirm("Replace the server's certificate?", yes=yes)
    async with cli.client() as client:
        await client.service.generate_certificate()
    cli.out.changed({"certificate": "replaced"}, "the server has another certificate")


VERBS = {
    "status": (status, "cd2 system status"),
    "logs": (logs, "cd2 system logs"),
    "handles": (handles, "cd2 system handles"),
    "check": (check, "cd2 system check"),
    "download": (download, "cd2 system download"),
    "update": (update, "cd2 system update --yes"),
    "restart": (restart, "cd2 system restart --yes"),
    "shutdown": (shutdown, "cd2 system shutdown"),
    "web": (web, "cd2 system web --https-port 19799 --https"),
    "certificate": (certificate, "cd2 system certificate --yes"),
}
