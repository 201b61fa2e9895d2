"""Transfers and tasks as lines of one table, and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clouddrive2.cli.output import words

if TYPE_CHECKING:
    from datetime import datetime

    from clouddrive2.models.tasks import CopyTask, Download, MergeTask
    from clouddrive2.models.transfers import Transfer

__all__ = ["HEADING", "Row", "copy_row", "download_row", "merge_row", "upload_row"]

HEADING = ("key", "kind", "status", "done", "size", "path")


@dataclass(frozen=True, slots=True)
class Row:
    """One line.

    Attributes:
        key: What names it, together with the kind.
        status: Where it stands, for people.
        cells: The line, in the order of ``HEADING``.
        record: What ``--json`` prints.
    """

    key: str
    status: str
    cells: tuple[str, ...]
    record: dict[str, object]


def upload_row(transfer: Transfer) -> Row:
    """An upload."""
    record: dict[str, object] = {
        "kind": "upload",
        "key": transfer.key,
        "path": transfer.path,
        "size": transfer.size,
        "transferred": transfer.transferred,
        "status": transfer.status.name.lower(),
        "error": transfer.error or None,
        "operator": transfer.operator.name.lower() if transfer.operator is not None else None,
    }
    status = transfer.status.name.lower().replace("_", " ")
    about = f"{status}: {transfer.error}" if transfer.error else status
    return made(transfer.key, about, share(transfer.transferred, transfer.size), transfer.size, transfer.path, record)


def download_row(download: Download) -> Row:
    """An open file."""
    record: dict[str, object] = {
        "kind": "download",
        "key": None,
        "path": download.path,
        "size": download.size,
        "status": "open",
        "error": download.error or None,
        "readers": list(download.readers),
        "connections": download.connections,
        "bytes_per_second": round(download.bytes_per_second),
    }
    about = f"{words.rate(download.bytes_per_second)}" + (f": {download.error}" if download.error else "")
    return made("-", about, "-", download.size, download.path, record)


def copy_row(task: CopyTask) -> Row:
    """A copy task."""
    record: dict[str, object] = {
        "kind": "copy",
        "key": task.key,
        "source": task.source,
        "destination": task.destination,
        "status": task.status.value,
        "paused": task.paused,
        "moves": task.moves,
        "succeeded": task.succeeded,
        "files": task.total_files,
        "folders": task.total_folders,
        "bytes": task.total_bytes,
        "done_files": task.done_files,
        "done_bytes": task.done_bytes,
        "skipped_files": task.skipped_files,
        "failed_files": task.failed_files,
        "failed_folders": task.failed_folders,
        "cancelled_files": task.cancelled_files,
        "errors": list(task.errors),
        "started": moment(task.started),
        "ended": moment(task.ended),
    }
    about = "paused" if task.paused else task.status.value
    if task.status.is_terminal and not task.succeeded:
        failed = task.failed_files + task.failed_folders + task.cancelled_files
        about = f"failed ({failed}): {task.errors[0]}" if task.errors else f"failed ({failed})"
    arrow = f"{task.source} -> {task.destination}"
    return made(task.key, about, share(task.done_bytes, task.total_bytes), task.total_bytes, arrow, record)


def merge_row(task: MergeTask) -> Row:
    """A merge task."""
    record: dict[str, object] = {
        "kind": "merge",
        "key": task.key,
        "source": task.source,
        "destination": task.destination,
        "status": task.status.value,
        "moves": task.moves,
        "merged_files": task.merged_files,
        "merged_folders": task.merged_folders,
        "error": task.error or None,
        "started": moment(task.started),
        "ended": moment(task.ended),
    }
    about = f"{task.status.value}: {task.error}" if task.error else task.status.value
    return made(task.key, about, words.plural(task.merged_files, "file"), None, f"{task.source} -> {task.destination}", record)


def made(key: str, status: str, done: str, size: int | None, path: str, record: dict[str, object]) -> Row:
    """A row; names and texts of others cannot move the cursor."""
    kind, about = str(record["kind"]), words.plain(status)
    cells = (words.plain(key), kind, about, done, "-" if size is None else words.size(size), words.plain(path))
    return Row(f"{kind} {key if key != '-' else path}", about, cells, record)


def share(done: int, size: int) -> str:
    """How much of it."""
    return f"{100 * done / size:.0f}%" if size else "-"


def moment(time: datetime | None) -> str | None:
    """A time as JSON has it."""
    return time.isoformat() if time is not None else None
