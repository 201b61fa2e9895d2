"""``cd2 events``: what happens on the server, as it happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clouddrive2.cli.context import Cli
from clouddrive2.cli.output import words

if TYPE_CHECKING:
    from clouddrive2.models.events import Event

__all__ = ["EXAMPLES", "command"]

EXAMPLES = """\
cd2 events                                 everything, one line each; Ctrl-C ends it
cd2 events --kind file --kind transfer     only files and uploads
cd2 events --json | jq -r 'select(.event == "file" and .change == "created") | .path'

After a broken connection there is a line 'reconnected': what happened before it is not told."""


class Kind(StrEnum):
    """What may be chosen; in the order of the classes in ``models/events.py``."""

    RECONNECTED = "reconnected"
    FILE = "file"
    MOUNT = "mount"
    TRANSFER = "transfer"
    COUNTS = "counts"
    UPDATE = "update"
    EXIT = "exit"
    LOG = "log"
    MERGE = "merge"
    CLOUD = "cloud"
    BACKUP = "backup"


CLASSES = (
    "Reconnected",
    "FileChanged",
    "MountChanged",
    "TransferChanged",
    "TaskCountsChanged",
    "UpdateChanged",
    "ServerExiting",
    "LogLine",
    "MergeChanged",
    "CloudChanged",
    "BackupIssue",
)
KINDS = ", ".join(Kind)
KIND_OF = dict(zip(CLASSES, Kind, strict=True))


async def command(
    cli: Cli,
    kind: Annotated[
        list[Kind] | None, typer.Option("--kind", metavar="KIND", show_default=False, help=f"Only these, repeatable: {KINDS}.")
    ] = None,
) -> None:
    """Watch what happens on the server.

    Files that come, go and move; uploads, copies and merges; mount points, cloud accounts, updates, log lines. A server without
    push messages is asked every 5 seconds for counts, uploads and mount points; files are not told of then.
    """
    wanted = set(kind or Kind)
    async with cli.client() as client:
        async for event in client.events.watch():
            name = KIND_OF[type(event).__name__]
            if name not in wanted:
                continue
            if cli.settings.json:
                cli.out.result(record(name, event), "")
            else:
                cli.out.result({}, f"{datetime.now():%H:%M:%S}  {name:<11}  {told(event)}")
            cli.out.flush()


def record(name: str, event: Event) -> dict[str, object]:
    """What ``--json`` prints."""
    return {"event": name, **plain_value(event)}


def plain_value(value: Any) -> Any:
    """Dataclasses, enums and times as JSON has them."""
    if is_dataclass(value):
        return {each.name: plain_value(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [plain_value(each) for each in value]
    return dict(value) if isinstance(value, Mapping) else value


def told(event: Event) -> str:
    """One line for people."""
    # The models bring the message library along: loaded when a command runs, not for help texts.
    from clouddrive2.models import events as kinds

    match event:
        case kinds.Reconnected(first=first, polling=polling):
            begun = "listening" if first else "listening again; what happened meanwhile is not told"
            return f"{begun} (the server has no push messages: it is asked now and then)" if polling else begun
        case kinds.FileChanged():
            slash = "/" if event.is_folder else ""
            moved = f" -> {event.new_path}{slash}" if event.new_path else ""
            size = f"  {words.size(event.entry.size)}" if event.entry is not None and event.entry.is_file else ""
            return words.plain(f"{event.change}  {event.path}{slash}{moved}{size}")
        case kinds.MountChanged():
            what = "mounted" if event.mounted else "unmounted"
            failed = "" if event.success else f"  failed: {event.reason}"
            return words.plain(f"{what}  {event.mount_point}{failed}")
        case kinds.TransferChanged(transfer=transfer):
            status = transfer.status.name.lower().replace("_", " ")
            return words.plain(f"{status}  {transfer.path}" + (f": {transfer.error}" if transfer.error else ""))
        case kinds.TaskCountsChanged(counts=counts):
            several = [words.plural(counts.uploads, "upload"), words.plural(counts.downloads, "download")]
            return ", ".join([*several, f"{counts.copies:,} {'copy' if counts.copies == 1 else 'copies'}"])
        case kinds.UpdateChanged():
            share = f" {100 * event.downloaded // event.total}%" if event.downloaded is not None and event.total else ""
            return words.plain(f"{event.phase}{share}  {event.new_version or event.version}  {event.message}".rstrip())
        case kinds.ServerExiting():
            return words.plain(f"{event.reason.replace('_', ' ')}  {event.message}".rstrip())
        case kinds.LogLine():
            return words.plain(f"{event.level}  {event.target}  {event.message}")
        case kinds.MergeChanged():
            parts = [f"{task.status}  {task.source} -> {task.destination}" for task in event.tasks]
            return words.plain("; ".join(parts) or event.last_path)
        case kinds.CloudChanged():
            moved = f" -> {event.new_path}" if event.new_path else ""
            return words.plain(f"{event.change}  {event.cloud}  {event.path}{moved}")
        case kinds.BackupIssue():
            state = "resolved" if event.resolved else event.kind
            return words.plain(f"{state}  {event.source}  {event.path}")
