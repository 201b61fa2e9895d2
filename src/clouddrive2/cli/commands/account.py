"""``cd2 account``: the account of the server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from clouddrive2.cli import account_access, account_credentials, account_plans, account_sync
from clouddrive2.cli.account_credentials import CODE_VARIABLE, PASSWORD_VARIABLE
from clouddrive2.cli.asking import ask_secret, can_ask, secret
from clouddrive2.cli.context import Cli
from clouddrive2.cli.output import words
from clouddrive2.cli.qr import draw
from clouddrive2.errors import ConfigError

__all__ = ["VERBS"]


async def status(cli: Cli) -> None:
    """Show name, plan and second factor."""
    async with cli.client() as client:
        found = await client.accounts.status()
        second = await client.accounts.has_two_factor()
    bought = found.subscription
    record = {
        "name": found.name,
        "email_confirmed": found.email_confirmed,
        "plan": found.plan,
        "plan_ends": found.plan_ends.isoformat() if found.plan_ends else None,
        "balance": found.balance,
        "two_factor": second,
        "bound_devices": [{"id": each.id, "partner": each.partner, "status": each.status} for each in found.bound_devices],
        "subscription": {"store": bought.store, "renews": bought.renews} if bought else None,
    }
    name = words.plain(found.name) if found.email_confirmed else f"{words.plain(found.name)} (not confirmed)"
    rows = [("name", name), ("plan", words.plain(found.plan)), ("plan ends", words.moment(found.plan_ends))]
    rows += [("balance", f"{found.balance:g}"), ("second factor", "on" if second else "off")]
    rows += [("bound device", words.plain(f"{each.partner} {each.id}".strip())) for each in found.bound_devices]
    if bought:
        goes_on = "renews" if bought.renews else "ends"
        rows.append(("subscription", f"{words.plain(bought.store)}, {goes_on} {words.moment(bought.expires)}"))
    cli.out.result(record, "\n".join(words.columns(rows)))


async def two_factor_enable(cli: Cli) -> None:
    """Enable a second factor.

    Draws a QR code for an authenticator, asks for one of its codes, and shows the recovery codes, once.
    """
    if not can_ask():
        raise ConfigError("a second factor is set up at a terminal: somebody has to put it into an authenticator and type a code")
    async with cli.client() as client:
        begun = await client.accounts.set_up_two_factor(secret(PASSWORD_VARIABLE, "Password of the account"))
        draw(cli, begun.uri)
        cli.out.note(f"put this into an authenticator: {begun.secret}")
        show_codes(cli, await client.accounts.enable_two_factor(ask_secret("A code of it: ")))


async def two_factor_disable(cli: Cli) -> None:
    """Disable the second factor: sign in without one again."""
    async with cli.client() as client:
        await client.accounts.disable_two_factor(secret(CODE_VARIABLE, "A code of the authenticator"))
    cli.out.changed({"two_factor": False}, "the second factor is off")


async def two_factor_codes(
    cli: Cli, new: Annotated[bool, typer.Option("--new", help="Make others; those there were are void.")] = False
) -> None:
    """Show the recovery codes that are left."""
    async with cli.client() as client:
        code = secret(CODE_VARIABLE, "A code of the authenticator")
        if new:
            show_codes(cli, await client.accounts.new_recovery_codes(code))
            return
        for each in await client.accounts.recovery_codes(code):
            cli.out.result({"recovery_code": each}, each)


def show_codes(cli: Cli, codes: Iterable[str]) -> None:
    """One a line; they are not shown again."""
    for code in codes:
        cli.out.result({"recovery_code": code}, code)
    cli.out.note("keep these recovery codes: each is good for one sign-in, and they are not shown again")


VERBS = {
    "status": (status, "cd2 account status"),
    "two-factor-enable": (two_factor_enable, "cd2 account two-factor-enable"),
    "two-factor-disable": (two_factor_disable, "cd2 account two-factor-disable"),
    "two-factor-codes": (two_factor_codes, "cd2 account two-factor-codes\ncd2 account two-factor-codes --new"),
    "sessions": (account_access.sessions, "cd2 account sessions"),
    "sessions-remove": (account_access.remove_sessions, "cd2 account sessions-remove --others --yes"),
    "devices": (account_access.devices, "cd2 account devices"),
    "sign-out": (account_access.sign_out, "cd2 account sign-out old-nas\ncd2 account sign-out --here"),
    "sign-in": (account_credentials.sign_in, "cd2 account sign-in me@example.com --url http://new-nas:19798"),
    "password-change": (account_credentials.change_password, "cd2 account password-change"),
    "email-change": (
        account_credentials.change_email,
        "cd2 account email-change me@example.org\ncd2 account email-change me@example.org --code 123456",
    ),
    "email-confirm": (account_credentials.confirm_email, "cd2 account email-confirm"),
    "password-reset": (account_credentials.reset_password, "cd2 account password-reset me@example.com"),
    "two-factor-lost": (account_credentials.lost_factor, "cd2 account two-factor-lost me@example.com"),
    "plans": (account_plans.plans, "cd2 account plans"),
    "balance": (account_plans.balance, "cd2 account balance"),
    "check": (account_plans.check, "cd2 account check ABCD-1234\ncd2 account check SPRING --plan year"),
    "sync-status": (account_sync.status, "cd2 account sync-status"),
    "sync-preview": (account_sync.preview, "cd2 account sync-preview"),
    "sync-enable": (account_sync.enable, "cd2 account sync-enable --keep copy"),
    "sync-disable": (account_sync.disable, "cd2 account sync-disable --remove-copy --yes"),
    "delete": (account_plans.delete, "cd2 account delete\ncd2 account delete --confirm me@example.com --code 123456"),
}
