"""Verbs of ``cd2 account`` about plans and credit, and the end of the account."""

from __future__ import annotations

from typing import Annotated

import typer

from clouddrive2.cli.account_credentials import PASSWORD_VARIABLE, Mailed, mailed_code, second
from clouddrive2.cli.asking import ask, can_ask, secret
from clouddrive2.cli.context import Cli
from clouddrive2.cli.output import words
from clouddrive2.errors import ConfigError

__all__ = ["balance", "check", "delete", "plans"]


async def plans(cli: Cli) -> None:
    """List the plans on offer; nothing is bought here."""
    async with cli.client() as client:
        found = await client.plans.list()
    rows = [("id", "name", "lasts", "yuan", "dollars", "")]
    for each in found:
        if cli.settings.json:
            record = {"id": each.id, "name": each.name, "description": each.description, "lasts": each.lasts}
            prices = {"price": each.price, "original_price": each.original_price, "price_usd": each.price_usd}
            cli.out.result({**record, "active": each.active, **prices, "roles": each.roles}, "")
        named = [words.plain(cell) or "-" for cell in (each.id, each.name, each.lasts)]
        dollars = "-" if each.price_usd is None else f"{each.price_usd:g}"
        rows.append((named[0], named[1], named[2], f"{each.price:g}", dollars, "" if each.active else "not now"))
    if found and not cli.settings.json:
        cli.out.result({}, "\n".join(words.columns(rows, right=(3, 4))))


async def balance(cli: Cli) -> None:
    """Show the account's credit and how it came to be."""
    async with cli.client() as client:
        credit = (await client.accounts.status()).balance
        log = await client.plans.balance_log()
    rows = [("time", "change", "credit", "why")]
    for each in log:
        when, why = each.time.isoformat() if each.time else None, each.kind.name.lower()
        if cli.settings.json:
            record = {"time": when, "change": each.change, "before": each.before, "after": each.after}
            cli.out.result({**record, "kind": why, "source": each.source, "operation": each.operation}, "")
        source = f"{why} {words.plain(each.source)}".strip()
        rows.append((words.moment(each.time), f"{each.change:+g}", f"{each.after:g}", source))
    if cli.settings.json:
        cli.out.result({"balance": credit}, "")
    else:
        table = words.columns(rows, right=(1, 2)) if log else []
        cli.out.result({}, "\n".join([*table, f"credit  {credit:g}"]))


async def check(
    cli: Cli,
    code: Annotated[str, typer.Argument(metavar="CODE", help="An activation code, or a coupon's with --plan.")],
    plan: Annotated[str | None, typer.Option("--plan", metavar="ID", show_default=False, help="The plan of a coupon.")] = None,
) -> None:
    """Show what a code is good for; it is not used up."""
    async with cli.client() as client:
        if plan is None:
            good = await client.plans.activation_code(code)
            record = {"code": code, "plan_id": good.plan_id, "plan": good.plan, "description": good.description}
            cli.out.result(record, words.plain(f"{good.plan} ({good.plan_id}) {good.description}".rstrip()))
            return
        coupon = await client.plans.coupon(plan, code)
    amount = f"{coupon.discount:g} %" if coupon.is_percentage else f"{coupon.discount:g} yuan"
    record = {"code": code, "plan_id": plan, "description": coupon.description}
    taken = {"discount": coupon.discount, "is_percentage": coupon.is_percentage}
    cli.out.result({**record, **taken}, words.plain(f"{amount} off {coupon.description}".rstrip()))


async def delete(
    cli: Cli,
    confirmed: Annotated[
        str | None,
        typer.Option("--confirm", metavar="NAME", show_default=False, help="The account's name, where nobody can type it."),
    ] = None,
    code: Mailed = None,
    forfeit_balance: Annotated[bool, typer.Option("--forfeit-balance", help="Give up the credit there is.")] = False,
) -> None:
    """Delete the account for good; nothing brings it back.

    The account's name has to be typed, or given by --confirm. Then a code is mailed, and asked for; where nobody can be
    asked, give the command again with --code.
    """
    async with cli.client() as client:
        name = (await client.accounts.status()).name
        typed(name, confirmed)
        if code is None:
            goes = await client.accounts.send_deletion()
            cli.out.note(
                f"with the account {words.plain(name)} go a credit of {goes.balance:g} and "
                f"{words.plural(goes.bound_devices, 'bound device')}{', and a subscription' if goes.has_subscription else ''}"
            )
            if goes.balance > 0 and not forfeit_balance:
                raise ConfigError(f"a credit of {goes.balance:g} would be lost; say --forfeit-balance to give it up")
            code = mailed_code(cli, goes.email)
            if code is None:
                return
        password, factor = secret(PASSWORD_VARIABLE, "Password of the account"), await second(client)
        await client.accounts.delete(name, code, password, code=factor, forfeit_balance=forfeit_balance)
    cli.out.result({"name": name, "deleted": True}, f"the account {words.plain(name)} is deleted")


def typed(name: str, confirmed: str | None) -> None:
    """Lets nobody pass who has not written the account's name.

    Raises:
        ConfigError: It was written differently, or not at all and nobody can be asked.
    """
    if confirmed is None:
        if not can_ask():
            raise ConfigError("the account is deleted only by who writes its name; where nobody can type it, say --confirm NAME")
        confirmed = ask(f"Nothing brings the account back. Type its name, {words.plain(name)}, to delete it: ").strip()
    if confirmed != name:
        raise ConfigError(f"'{words.plain(confirmed)}' is not the name of the account; nothing was deleted")
