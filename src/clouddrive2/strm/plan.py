"""What is to be done: the drive's files, what was written for them before, and what is there now; pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from clouddrive2.strm.options import StrmOptions
from clouddrive2.strm.scan import CloudFile, Scan

__all__ = ["Action", "Kind", "Plan", "Record", "State", "make_plan", "place_files"]


class Kind(StrEnum):
    """What happens to a local file."""

    ADD = "add"
    UPDATE = "update"
    ADOPT = "adopt"
    COPY = "copy"
    KEEP = "keep"
    LEAVE = "leave"
    DELETE = "delete"
    FORGET = "forget"


class State(StrEnum):
    """What stands where a file is written.

    ``OURS`` is as we wrote it, ``EMPTY`` was ours before a power failure, ``EDITED`` was changed since, ``FOREIGN`` is
    somebody else's.
    """

    MISSING = "missing"
    OURS = "ours"
    EMPTY = "empty"
    EDITED = "edited"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Record:
    """What is remembered of a file we wrote.

    Attributes:
        source: The drive's file, below the folder that is followed.
        size, modified: Of that file; the time in seconds since the epoch, if known.
        digest: SHA-256 of the content; empty for a copy.
        written: Size and time of the local file, in bytes and nanoseconds.
        made_for: See :meth:`StrmOptions.made_for`; empty for a copy.
        renew_at: When its link has to be made anew, in seconds since the epoch; ``None`` for one that does not end.
    """

    source: str
    size: int
    modified: float | None
    digest: str
    written: tuple[int, int]
    made_for: str = ""
    renew_at: float | None = None

    @property
    def is_copy(self) -> bool:
        """Whether it is a sidecar."""
        return not self.digest


@dataclass(frozen=True, slots=True)
class Action:
    """One local file and what is to be done with it.

    Attributes:
        kind: What.
        target: Below the local folder, with ``/``.
        file: The drive's file; ``None`` when it is gone.
        reason: Why, in a few words.
    """

    kind: Kind
    target: str
    file: CloudFile | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything to be done.

    Attributes:
        actions: In the order of names; deletions last.
        deletions: How many files would be deleted that did not only move.
    """

    actions: tuple[Action, ...]
    deletions: int

    def of(self, *kinds: Kind) -> list[Action]:
        """The actions of some kinds."""
        return [action for action in self.actions if action.kind in kinds]


def place_files(scan: Scan, records: Mapping[str, Record], options: StrmOptions) -> tuple[dict[str, CloudFile], list[CloudFile]]:
    """Where each file is written: ``Film.mkv`` as ``Film.strm``, so that ``Film.nfo`` and ``Film.srt`` belong to it.

    Of two files that differ in nothing else the second keeps its extension (``Film.mp4.strm``); whoever had a name keeps it.

    Returns:
        The files by where they are written, and those whose names are all taken but for letter case.
    """
    held = {target: record for target, record in records.items() if not _gives_up(record, scan, options)}
    names = {record.source: target for target, record in held.items()}
    taken = {_alike(target): record.source for target, record in held.items()}
    placed: dict[str, CloudFile] = {}
    left: list[CloudFile] = []
    for file in sorted(scan.files.values(), key=lambda file: (file.path not in names, file.path)):
        if options.takes(file):
            wanted = [file.path.rpartition(".")[0] + ".strm", file.path + ".strm"]
        elif options.copies(file):
            wanted = [file.path]
        else:
            continue
        had = names.get(file.path)
        if had in wanted:
            wanted.insert(0, had)
        for target in wanted:
            if taken.get(_alike(target), file.path) == file.path:
                taken[_alike(target)] = file.path
                placed[target] = file
                break
        else:
            left.append(file)
    return placed, left


def make_plan(
    scan: Scan,
    placed: Mapping[str, CloudFile],
    records: Mapping[str, Record],
    states: Mapping[str, State],
    left: Iterable[CloudFile] = (),
    *,
    made_for: str,
    now: float,
) -> Plan:
    """What to do.

    Args:
        scan: What was listed.
        placed, left: From :func:`place_files`.
        records: What was written before, by target.
        states: What stands at every target of ``placed``, and of those of ``records`` that a listing tells of.
        made_for: What links and paths depend on now.
        now: Seconds since the epoch.
    """
    actions = [_action(target, file, records.get(target), states[target], made_for, now) for target, file in placed.items()]
    clash = "its name differs from another one only in letter case"
    actions += [Action(Kind.LEAVE, file.path + ".strm", file, clash) for file in left]
    new = {_traits(file) for target, file in placed.items() if target not in records}
    gone: list[Action] = []
    deletions = 0
    for target, record in records.items():
        if target in placed:
            continue
        if record.source in scan.files:
            reason = "it takes no part any more"
        elif scan.lacks(record.source):
            reason = "it is not in the drive any more"
        else:
            # Its folder was not listed: what is not known is not missing.
            continue
        match states[target]:
            case State.OURS | State.EMPTY:
                gone.append(Action(Kind.DELETE, target, None, reason))
                deletions += _traits(record, record.source) not in new
            case State.MISSING:
                gone.append(Action(Kind.FORGET, target, None, reason))
            case _:
                gone.append(Action(Kind.LEAVE, target, None, f"{reason}, but this file was changed by somebody else"))
    actions.sort(key=lambda action: action.target)
    gone.sort(key=lambda action: action.target)
    return Plan((*actions, *gone), deletions)


def _action(target: str, file: CloudFile, record: Record | None, state: State, made_for: str, now: float) -> Action:
    copy = not target.endswith(".strm")
    if file.pending:
        # No proof of arrival (protocol.md §3.5); what was written before stays as it is.
        return Action(Kind.KEEP if record is not None else Kind.LEAVE, target, file, "it has not reached the cloud yet")
    if state is State.MISSING:
        return Action(Kind.COPY if copy else Kind.ADD, target, file, "new" if record is None else "it was deleted here")
    if state is State.FOREIGN:
        if copy:
            return Action(Kind.LEAVE, target, file, "somebody else's file has that name")
        return Action(Kind.ADOPT, target, file, "a file has that name")
    if state is State.EDITED or record is None:
        return Action(Kind.LEAVE, target, file, "this file was changed by somebody else")
    if state is State.EMPTY:
        return Action(Kind.UPDATE, target, file, "it is empty")
    if copy:
        changed = (record.size, record.modified) != (file.size, _seconds(file))
        return Action(Kind.COPY if changed else Kind.KEEP, target, file, "it changed in the drive" if changed else "")
    if record.source != file.path:
        return Action(Kind.UPDATE, target, file, "it stands for another file")
    if record.made_for != made_for:
        return Action(Kind.UPDATE, target, file, "address, user or kind of content changed")
    if record.renew_at is not None and record.renew_at <= now:
        return Action(Kind.UPDATE, target, file, "its link comes to its end")
    return Action(Kind.KEEP, target, file)


def _gives_up(record: Record, scan: Scan, options: StrmOptions) -> bool:
    """Whether the name of a file we wrote is free for another one."""
    file = scan.files.get(record.source)
    return scan.lacks(record.source) if file is None else not (options.takes(file) or options.copies(file))


def _seconds(file: CloudFile) -> float | None:
    return None if file.modified is None else file.modified.timestamp()


def _traits(file: CloudFile | Record, path: str | None = None) -> tuple[str, int]:
    """By what a file is known again at another place."""
    source = path if path is not None else file.path  # type: ignore[union-attr]
    return source.rpartition("/")[2], file.size


def _alike(target: str) -> str:
    """The same for names that some file systems take for one."""
    return unicodedata.normalize("NFC", target).casefold()
