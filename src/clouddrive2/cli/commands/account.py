"""``cd2 account``: the account of the server."""

from __future__ import annotations

from collections.abc import Iterable

from clouddrive2.cli import account_access
from clouddrive2.cli.asking import ask_secret, secret
from clouddrive2.cli.context import Cli
from clouddrive2.cli.output import words
from clouddrive2.cli.qr import draw

__all__ = ["VERBS"]

PASSWORD_VARIABLE = "CLOUDDRIVE2_PASSWORD"
CODE_VARIABLE = "CLOUDDRIVE2_TOTP_CODE"


async def status(cli: Cli) -> None:
    """Show name, plan and second factor."""
    async with cli.client() as client:
        found = await client.accounts.status()
        second = await client.accounts.has_two_factor()
    ends = found.plan_ends.isoformat() if found.plan_ends else None
    shown = {"name": found.name, "plan": found.plan, "plan_ends": ends, "balance": found.balance, "two_factor": second}
    rows = [("name", words.plain(found.name)), ("plan", words.plain(found.plan)), ("plan ends", words.moment(found.plan_ends))]
    rows += [("balance", f"{found.balance:g}"), ("second factor", "on" if second else "off")]
    cli.out.result(shown, "\n".join(words.columns(rows)))


async def enable(cli: Cli) -> None:
    """Set up a second factor.

    Draws a QR code for an authenticator, asks for one of its codes, and shows the recovery codes, once.
    """
    async with cli.client() as client:
        begun = await client.accounts.set_up_two_factor(secret(PASSWORD_VARIABLE, "Password of the account"))
        draw(cli, begun.uri)
        cli.out.note(f"put this into an authenticator: {begun.secret}")
        show_codes(cli, await client.accounts.enable_two_factor(ask_secret("A code of it: ")))


async def disable(cli: Cli) -> None:
    """Sign in without a second factor again."""
    async with cli.client() as client:
        await client.accounts.disable_two_factor(secret(CODE_VARIABLE, "A code of the authenticator"))


async def recovery(cli: Cli) -> None:
    """Make other recovery codes; those there were are void."""
    async with cli.client() as client:
        show_codes(cli, await client.accounts.new_recovery_codes(secret(CODE_VARIABLE, "A code of the authenticator")))


def show_codes(cli: Cli, codes: Iterable[str]) -> None:
    """One a line; they are not shown again."""
    for code in codes:
        cli.out.result({"recovery_code": code}, code)
    cli.out.note("keep these recovery codes: each is good for one sign-in, and they are not shown again")


VERBS = {
    "status": (status, "cd2 account status"),
    "enable": (enable, "cd2 account enable"),
    "disable": (disable, "cd2 account disable"),
    "recovery": (recovery, "cd2 account recovery"),
    "sessions": (account_access.sessions, "cd2 account sessions"),
    "revoke": (account_access.revoke, "cd2 account revoke --others --yes"),
    "devices": (account_access.devices, "cd2 account devices"),
    "sign-out": (account_access.sign_out, "cd2 account sign-out old-nas"),
}
