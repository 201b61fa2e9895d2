"""Verbs of ``cd2 account`` about who is signed in to it: sessions and devices."""

from __future__ import annotations

import contextlib
from typing import Annotated

import typer

from clouddrive2.cli.asking import confirm
from clouddrive2.cli.context import Cli, Failures
from clouddrive2.cli.options import Yes
from clouddrive2.cli.output import words
from clouddrive2.errors import NotFound, PermissionDenied, Unsupported

__all__ = ["devices", "remove_sessions", "sessions", "sign_out"]


async def sessions(cli: Cli) -> None:
    """List sign-ins that have not ended.

    Those with name and password; the newest is this command's own. API tokens are none of them.
    """
    async with cli.client() as client:
        found = await client.sessions.list()
    rows = [("id", "device", "address", "last used", "expires")]
    for each in found:
        if cli.settings.json:
            times = {"created": each.created, "last_used": each.last_used, "expires": each.expires}
            written = {name: moment.isoformat() if moment else None for name, moment in times.items()}
            made = {"device": each.device, "device_id": each.device_id, "system": each.system}
            cli.out.result({"id": each.id, **made, **written, "address": each.address}, "")
        named = words.plain(each.device or each.device_id) or "-"
        address = words.plain(each.address) or "-"
        rows.append((words.plain(each.id), named, address, words.moment(each.last_used), words.moment(each.expires)))
    if found and not cli.settings.json:
        cli.out.result({}, "\n".join(words.columns(rows)))


async def remove_sessions(
    cli: Cli,
    which: Annotated[list[str] | None, typer.Argument(metavar="SESSION...", help="As 'cd2 account sessions' names them.")] = None,
    others: Annotated[bool, typer.Option("--others", help="All but the one this command uses.")] = False,
    yes: Yes = False,
) -> int:
    """Remove sessions.

    Whoever uses one is signed out at once, and needs the password to come back.
    """
    if others is bool(which):
        raise typer.BadParameter("say which sessions to end, or --others")
    failures = Failures(cli)
    async with cli.client() as client:
        if others:
            confirm("End every session but this command's own?", yes=yes)
            await client.sessions.revoke_others()
            cli.out.changed({"others": True, "removed": True}, "every other session has ended")
            return failures.code
        confirm(f"End {words.plural(len(which or ()), 'session')}?", yes=yes)
        for session in which or ():
            with failures.one():
                await client.sessions.revoke(session)
                cli.out.result({"id": session, "removed": True}, f"ended {words.plain(session)}")
    return failures.code


async def devices(cli: Cli) -> None:
    """List servers signed in to the account."""
    async with cli.client() as client:
        found, here = await client.devices.list(), None
        # Another permission, and only for a mark.
        with contextlib.suppress(PermissionDenied, Unsupported):
            here = await client.service.machine_id()
    rows: list[tuple[str, ...]] = [("id", "name", "system", "version", "address", "seen", "")]
    for each in found:
        seen, is_here = each.seen.isoformat() if each.seen else None, each.id == here
        if cli.settings.json:
            record = {"id": each.id, "name": each.name, "system": each.system, "version": each.version}
            cli.out.result({**record, "address": each.address, "seen": seen, "this_server": is_here}, "")
        cells = [words.plain(cell) or "-" for cell in (each.id, each.name, each.system, each.version, each.address)]
        rows.append((*cells, words.moment(each.seen), "this server" if is_here else ""))
    if found and not cli.settings.json:
        cli.out.result({}, "\n".join(words.columns(rows)))


async def sign_out(
    cli: Cli,
    which: Annotated[
        str | None, typer.Argument(metavar="DEVICE", help="Its id or name, as 'cd2 account devices' shows them.")
    ] = None,
    here: Annotated[bool, typer.Option("--here", help="The server this command talks to.")] = False,
    yes: Yes = False,
) -> None:
    """Sign a server out of the account.

    Its clouds and mounts go until somebody signs it in again.
    """
    if here is (which is not None):
        raise typer.BadParameter("say which device to sign out, or --here")
    async with cli.client() as client:
        if which is None:
            confirm("Sign this server out, and every client of it?", yes=yes)
            await client.accounts.sign_out_server()
            cli.out.result({"signed_out": True}, "the server is signed out; 'cd2 account sign-in' brings it back")
            return
        found = await client.devices.list()
        matching = [each for each in found if each.id == which] or [each for each in found if each.name == which]
        if not matching:
            raise NotFound(f"there is no device '{words.plain(which)}'; 'cd2 account devices' lists them")
        if len(matching) > 1:
            raise typer.BadParameter(f"{len(matching)} devices are called '{which}'; say which by its id")
        [device] = matching
        confirm(f"Sign out {words.plain(device.name) or 'the device'} ({words.plain(device.id)})?", yes=yes)
        await client.devices.sign_out(device)
    cli.out.result({"id": device.id, "name": device.name, "signed_out": True}, f"signed out {words.plain(device.name)}")
