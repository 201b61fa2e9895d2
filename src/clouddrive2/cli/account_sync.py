"""Verbs of ``cd2 account`` about keeping the list of cloud accounts the same on all its servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clouddrive2.cli.asking import confirm
from clouddrive2.cli.context import Cli
from clouddrive2.cli.options import Yes
from clouddrive2.cli.output import words

if TYPE_CHECKING:
    from clouddrive2.models.cloud_sync import CloudSyncPreview

__all__ = ["disable", "enable", "preview", "status"]

STATES = {0: "same", 1: "different", 2: "only here", 3: "only in the copy"}


async def status(cli: Cli) -> None:
    """Show whether cloud accounts are synced."""
    async with cli.client() as client:
        found = await client.cloud_sync.status()
    record = {"enabled": found.enabled, "has_unsent": found.has_unsent, "synced": found.synced, "only_here": found.only_here}
    rows = [("sync", "on" if found.enabled else "off"), ("synced", str(found.synced)), ("only here", str(found.only_here))]
    rows += [("unsent changes", "yes")] if found.has_unsent else []
    cli.out.result(record, "\n".join(words.columns(rows)))


async def preview(cli: Cli) -> None:
    """Compare cloud accounts here with the copy.

    The copy is what the servers of the account share. Nothing changes.
    """
    async with cli.client() as client:
        found = await client.cloud_sync.preview()
    if cli.settings.json:
        for each in found.accounts:
            record = {"cloud": each.cloud, "account": each.account, "path": each.path, "copied_path": each.copied_path}
            cli.out.result({**record, "state": each.state.name.lower(), "stays": each.stays}, "")
    elif lines := table(found):
        cli.out.result({}, "\n".join(lines))
    if not found.has_copy:
        cli.out.note("there is no copy yet")


async def enable(
    cli: Cli,
    keep: Annotated[
        Literal["copy", "here"],
        typer.Option("--keep", help="Which list stays: the one in the copy, or the one of this server; it replaces the other."),
    ],
    yes: Yes = False,
) -> None:
    """Enable the sync: keep cloud accounts the same from now on.

    One list replaces the other as a whole: what is only in the other goes. Both are shown first.
    """
    async with cli.client() as client:
        found = await client.cloud_sync.preview()
        for line in table(found):
            cli.out.note(line)
        replaced = "the cloud accounts of this server" if keep == "copy" else "the copy, and so those of the other servers"
        confirm(f"Replace {replaced}?", yes=yes)
        done = await client.cloud_sync.enable(found, keep=keep)
    record = {"added": done.added, "updated": done.updated, "removed": done.removed, "uploaded": done.uploaded}
    said = "the copy is what is here" if done.uploaded else f"{done.added} added, {done.updated} renamed, {done.removed} removed"
    cli.out.result(record, said)


async def disable(
    cli: Cli,
    remove_copy: Annotated[bool, typer.Option("--remove-copy", help="Remove the copy, which other servers share.")] = False,
    yes: Yes = False,
) -> None:
    """Disable the sync: keep cloud accounts to this server again; they stay."""
    if remove_copy:
        confirm("Remove the copy of the cloud accounts, which other servers share?", yes=yes)
    async with cli.client() as client:
        done = await client.cloud_sync.disable(remove_copy=remove_copy)
    said = "the sync is off and the copy is gone" if done.copy_removed else "the sync is off"
    cli.out.result({"sent": done.sent, "copy_removed": done.copy_removed}, said)


def table(found: CloudSyncPreview) -> list[str]:
    """Both lists side by side."""
    rows = [("cloud", "account", "here", "in the copy", "")]
    for each in found.accounts:
        cells = [words.plain(cell) or "-" for cell in (each.cloud, each.account, each.path, each.copied_path)]
        state = "stays here" if each.stays else STATES.get(int(each.state), "unknown")
        rows.append((cells[0], cells[1], cells[2], cells[3], state))
    return words.columns(rows) if found.accounts else []
