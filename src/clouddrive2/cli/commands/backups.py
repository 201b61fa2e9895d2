"""``cd2 backups``: the backups the server keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clouddrive2.cli.asking import confirm
from clouddrive2.cli.context import Cli, cloud_paths
from clouddrive2.cli.options import Yes
from clouddrive2.cli.output import words

if TYPE_CHECKING:
    from clouddrive2.models.backups import Backup, BackupPreview, FileRule

__all__ = ["VERBS"]

Source = Annotated[str, typer.Argument(metavar="SOURCE", help="The folder that is backed up; names the backup.")]
Delete = Literal["delete", "recycle", "keep", "move_to_history"]
Replace = Literal["skip", "overwrite", "keep_history"]
Conflicts = Literal["keep_both", "newest_wins", "source_wins", "destination_wins"]
Rules = Annotated[
    list[str] | None,
    typer.Option(
        "--rule",
        metavar="KIND=VALUE",
        show_default=False,
        help="Leave out what matches; +KIND=VALUE takes only that. KIND: extensions, names, regex, min_size, paths, path_regex.",
    ),
]


async def list_(cli: Cli) -> None:
    """List the backups."""
    async with cli.client() as client:
        backups = await client.backups.list()
    if cli.settings.json:
        for backup in backups:
            cli.out.result(record(backup), "")
    elif backups:
        heading = ("source", "state", "way", "destinations")
        cli.out.result({}, "\n".join(words.columns([heading, *map(row, backups)])))


async def status(cli: Cli, source: Source) -> None:
    """Show one backup."""
    async with cli.client() as client:
        show(cli, await client.backups.status(source))


async def add(
    cli: Cli,
    source: Source,
    destinations: Annotated[list[str], typer.Argument(metavar="DEST...", help="Folders in the drive.")],
    delete: Annotated[Delete, typer.Option("--delete", metavar="RULE", help="delete, recycle, keep, move_to_history.")] = "keep",
    replace: Annotated[Replace, typer.Option("--replace", metavar="RULE", help="skip, overwrite or keep_history.")] = "overwrite",
    rule: Rules = None,
    interval: Annotated[int, typer.Option("--interval", min=0, metavar="SECONDS", help="Between full scans; 0 for none.")] = 0,
    watch: Annotated[bool, typer.Option("--watch", help="Take changes as they happen.")] = False,
    delete_extra: Annotated[bool, typer.Option("--delete-extra", help="Scans remove what the source lacks.")] = False,
    no_scan: Annotated[bool, typer.Option("--no-scan", help="Do not begin at once.")] = False,
    two_way: Annotated[bool, typer.Option("--two-way", help="Both sides take over changes; shows a preview and asks.")] = False,
    conflicts: Annotated[
        Conflicts, typer.Option("--conflicts", metavar="RULE", help="keep_both, newest_wins, source_wins or destination_wins.")
    ] = "keep_both",
    yes: Yes = False,
) -> None:
    """Add a backup."""
    from clouddrive2.models.backups import ConflictPolicy, DeleteRule, ReplaceRule

    wins = ConflictPolicy[conflicts.upper()]
    destinations = cloud_paths(destinations)
    async with cli.client() as client:
        if two_way:
            preview_of = await client.backups.preview(source, destinations, delete=DeleteRule[delete.upper()], conflicts=wins)
            cli.out.note(preview_text(preview_of))
            confirm(f"Keep {words.plain(source)} and {words.plain(', '.join(destinations))} alike?", yes=yes)
        made = await client.backups.add(
            source,
            destinations,
            delete=DeleteRule[delete.upper()],
            replace=ReplaceRule[replace.upper()],
            rules=rules_of(rule or ()),
            interval=interval,
            watch=watch,
            delete_extra=delete_extra,
            scan=not no_scan,
            two_way=two_way,
            conflicts=wins,
            hard_delete=two_way and delete == "delete",
        )
        show(cli, made)


async def update(
    cli: Cli,
    source: Source,
    delete: Annotated[Delete | None, typer.Option("--delete", metavar="RULE", show_default=False, help="As for add.")] = None,
    replace: Annotated[Replace | None, typer.Option("--replace", metavar="RULE", show_default=False, help="As for add.")] = None,
    rule: Rules = None,
    interval: Annotated[
        int | None, typer.Option("--interval", min=0, metavar="SECONDS", show_default=False, help="Between full scans.")
    ] = None,
    watch: Annotated[bool | None, typer.Option("--watch/--no-watch", show_default=False, help="Take changes at once.")] = None,
    delete_extra: Annotated[
        bool | None, typer.Option("--delete-extra/--no-delete-extra", show_default=False, help="As for add.")
    ] = None,
) -> None:
    """Change a backup; what is not given stays. Rules that are given take the place of all others."""
    from clouddrive2.models.backups import DeleteRule, ReplaceRule

    async with cli.client() as client:
        changed = await client.backups.update(
            source,
            delete=DeleteRule[delete.upper()] if delete else None,
            replace=ReplaceRule[replace.upper()] if replace else None,
            rules=rules_of(rule) if rule is not None else None,
            interval=interval,
            watch=watch,
            delete_extra=delete_extra,
        )
    show(cli, changed)


async def remove(cli: Cli, source: Source, yes: Yes = False) -> None:
    """Remove a backup; what it brought stays."""
    async with cli.client() as client:
        await client.backups.status(source)
        confirm(f"Remove the backup of {words.plain(source)}?", yes=yes)
        await client.backups.remove(source)
    cli.out.changed({"source": source, "removed": True}, f"removed the backup of {words.plain(source)}")


async def enable(cli: Cli, source: Source) -> None:
    """Enable a backup."""
    async with cli.client() as client:
        show(cli, await client.backups.enable(source))


async def disable(cli: Cli, source: Source) -> None:
    """Disable a backup; its configuration stays."""
    async with cli.client() as client:
        show(cli, await client.backups.disable(source))


async def restart(cli: Cli, source: Source) -> None:
    """Restart a backup: a full scan begins now."""
    async with cli.client() as client:
        await client.backups.restart(source)
    cli.out.changed({"source": source, "restarted": True}, f"the backup of {words.plain(source)} scans")


async def destinations(
    cli: Cli,
    source: Source,
    added: Annotated[list[str] | None, typer.Option("--add", metavar="DEST", show_default=False, help="There, too.")] = None,
    removed: Annotated[
        list[str] | None, typer.Option("--remove", metavar="DEST", show_default=False, help="No more; what is there stays.")
    ] = None,
) -> None:
    """Show or change where a backup goes."""
    async with cli.client() as client:
        for each in cloud_paths(added or ()):
            await client.backups.add_destination(source, each)
        for each in cloud_paths(removed or ()):
            await client.backups.remove_destination(source, each)
        for place in (await client.backups.status(source)).destinations:
            finished = place.finished.isoformat() if place.finished else None
            shown = {"path": place.path, "enabled": place.enabled, "finished": finished}
            cli.out.result(shown, f"{words.moment(place.finished)}  {words.plain(place.path)}")


async def test(
    cli: Cli, source: Source, path: Annotated[str, typer.Argument(metavar="PATH", help="The path to try.")], rule: Rules = None
) -> None:
    """Test what would become of a path; by the backup's own rules unless others are given."""
    async with cli.client() as client:
        rules = rules_of(rule) if rule is not None else (await client.backups.status(source)).rules
        found = await client.backups.test_rules(source, rules, path)
    outcome = found.outcome.name.lower()
    shown = {"outcome": outcome, "rule": found.rule, "path": found.relative_path}
    by = f" (rule {found.rule + 1})" if found.rule is not None else ""
    cli.out.result(shown, f"{words.plain(found.relative_path or path)}: {outcome.replace('_', ' ')}{by}")


async def preview(cli: Cli, source: Source) -> None:
    """Show what a two-way backup would do."""
    async with cli.client() as client:
        found = await client.backups.preview(source)
    if not cli.settings.json:
        cli.out.result({}, preview_text(found))
        return
    for side in found.replicas:
        cli.out.result({name: getattr(side, name) for name in side.__slots__}, "")
    for path, replica, kind in found.samples:
        cli.out.result({"path": path, "replica": replica, "kind": kind}, "")


async def issues(cli: Cli, source: Source) -> None:
    """List what a two-way backup leaves to a person."""
    rows: list[tuple[str, ...]] = []
    async with cli.client() as client:
        for each in await client.backups.issues(source):
            kind = each.kind.name.lower()
            shown = {"id": each.id, "kind": kind, "path": each.path, "replica": each.replica}
            more = {"detail": each.detail, "resolved": each.resolved, "affected": each.affected}
            if cli.settings.json:
                cli.out.result({**shown, **more}, "")
            elif not each.resolved:
                rows.append((str(each.id), kind.replace("_", " "), str(each.affected), words.plain(each.path)))
    if rows:
        cli.out.result({}, "\n".join(words.columns([("issue", "kind", "files", "path"), *rows], right=(0, 2))))


async def resolve(
    cli: Cli,
    source: Source,
    numbers: Annotated[list[int], typer.Argument(metavar="ISSUE...", help="Numbers as 'cd2 backups issues' shows them.")],
    action: Annotated[
        Literal[
            "dismiss",
            "apply_held_deletions",
            "restore_held_files",
            "keep_replica_version",
            "adopt_as_identical",
            "apply_stale_versions",
            "accept_held_changes",
            "restore_from_hub",
        ],
        typer.Option("--action", metavar="ACTION", help="dismiss, apply_held_deletions, restore_held_files and so on."),
    ],
    replica: Annotated[str | None, typer.Option("--replica", metavar="PATH", show_default=False, help="The side meant.")] = None,
    yes: Yes = False,
) -> None:
    """Resolve issues."""
    from clouddrive2.models.backups import IssueAction

    if action in ("apply_held_deletions", "apply_stale_versions"):
        confirm(f"{action.replace('_', ' ').capitalize()} in {words.plain(source)}?", yes=yes)
    async with cli.client() as client:
        await client.backups.resolve(source, numbers, IssueAction[action.upper()], replica=replica, confirmed=True)
    for number in numbers:
        cli.out.changed({"source": source, "id": number, "resolved": True}, f"issue {number} is resolved")


async def undo(
    cli: Cli,
    source: Source,
    generation: Annotated[int, typer.Option("--pass", min=0, metavar="N", help="Which pass; 0 for the last.")] = 0,
    yes: Yes = False,
) -> None:
    """Undo a pass of a two-way backup."""
    confirm(f"Take back a pass of {words.plain(source)}?", yes=yes)
    async with cli.client() as client:
        await client.backups.undo(source, generation=generation, confirmed=True)
    cli.out.changed({"source": source, "undone": True}, f"a pass of {words.plain(source)} is taken back")


async def reset(cli: Cli, source: Source, yes: Yes = False) -> None:
    """Reset the index of a two-way backup: it is built anew."""
    confirm(f"Build the index of {words.plain(source)} anew?", yes=yes)
    async with cli.client() as client:
        await client.backups.reset(source)
    cli.out.changed({"source": source, "reset": True}, f"the index of {words.plain(source)} is built anew")


def rules_of(texts: list[str] | tuple[str, ...]) -> list[FileRule]:
    """Rules as they are written on a command line."""
    from clouddrive2.models.backups import FIELDS, FileRule

    rules = []
    for text in texts:
        kind, equals, value = text.removeprefix("+").partition("=")
        if not equals or kind not in FIELDS or (kind == "min_size" and not value.isdigit()):
            raise typer.BadParameter(f"'{text}' is no rule; write KIND=VALUE with one of {', '.join(FIELDS)}")
        rules.append(FileRule(kind, int(value) if kind == "min_size" else value, exclude=not text.startswith("+")))
    return rules


def record(backup: Backup) -> dict[str, object]:
    """What ``--json`` prints of one."""
    return {
        "source": backup.source,
        "destinations": [each.path for each in backup.destinations],
        "state": backup.state.name.lower(),
        "two_way": backup.two_way,
        "watch": backup.watch,
        "interval": backup.interval,
        "replace": backup.replace.name.lower(),
        "delete": backup.delete.name.lower(),
        "delete_extra": backup.delete_extra,
        "rules": len(backup.rules),
        "errors": list(backup.errors),
        "open_issues": backup.open_issues,
    }


def row(backup: Backup) -> tuple[str, ...]:
    """A line of the table."""
    state = backup.state.name.lower()
    if backup.open_issues:
        state += f", {words.plural(backup.open_issues, 'issue')}"
    where = ", ".join(words.plain(each.path) for each in backup.destinations)
    return words.plain(backup.source), state, "two-way" if backup.two_way else "one-way", where


def show(cli: Cli, backup: Backup) -> None:
    """One backup, a fact a line."""
    facts = record(backup)
    rows = []
    for name, value in facts.items():
        rows.append((name.replace("_", " "), words.fact("; ".join(map(str, value)) if isinstance(value, list) else value)))
    cli.out.result(facts, "\n".join(words.columns(rows)))


def preview_text(found: BackupPreview) -> str:
    """A preview as tables."""
    heading = ("side", "only here", "missing here", "differ", "alike", "would be deleted")
    rows = [
        (
            words.plain(each.path) + (" (source)" if each.is_source else ""),
            *map(str, (each.only_here, each.missing_here, each.differ, each.same, each.would_delete)),
        )
        for each in found.replicas
    ]
    lines = words.columns([heading, *rows], right=(1, 2, 3, 4, 5))
    lines += [f"{words.plain(each.path)}: {each.refusal}" for each in found.replicas if each.refusal]
    samples = [(kind, words.plain(path), words.plain(replica)) for path, replica, kind in found.samples]
    lines += words.columns(samples)
    if found.truncated:
        lines.append("... and more")
    if found.hold_reason:
        lines.append(f"it would wait for you: {words.plain(found.hold_reason)}")
    return "\n".join(lines)


VERBS = {
    "list": (list_, "cd2 backups list"),
    "status": (status, "cd2 backups status /srv/photos"),
    "add": (
        add,
        "cd2 backups add /srv/photos /115/Photos --rule extensions=tmp --interval 3600\n"
        "cd2 backups add /srv/notes /115/Notes --two-way",
    ),
    "update": (update, "cd2 backups update /srv/photos --delete move_to_history --delete-extra"),
    "remove": (remove, "cd2 backups remove /srv/photos --yes"),
    "enable": (enable, "cd2 backups enable /srv/photos"),
    "disable": (disable, "cd2 backups disable /srv/photos"),
    "restart": (restart, "cd2 backups restart /srv/photos"),
    "destinations": (destinations, "cd2 backups destinations /srv/photos --add /189/Photos"),
    "test": (test, "cd2 backups test /srv/photos /srv/photos/a.tmp"),
    "preview": (preview, "cd2 backups preview /srv/notes"),
    "issues": (issues, "cd2 backups issues /srv/notes"),
    "resolve": (resolve, "cd2 backups resolve /srv/notes 1 2 --action dismiss"),
    "undo": (undo, "cd2 backups undo /srv/notes --yes"),
    "reset": (reset, "cd2 backups reset /srv/notes --yes"),
}
