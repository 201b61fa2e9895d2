"""Two folders compared, name by name; pure: what is asked of a disk or a server has been asked before.

Clouds rarely keep a file's own time: what they show is when it was uploaded. So a copy in the cloud is taken for the same
when its size is equal and it is not older than the local file; a local copy of a file in the cloud, when its size and time
are equal, because a download sets the time. Where the time speaks against it and the cloud knows a hash, the hash decides.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from clouddrive2.sync.listing import File, Listing

__all__ = ["MODIFY_WINDOW", "SIZE_ONLY", "Change", "Difference", "Pair", "Verdict", "clashes", "judge", "pair"]

# Times that differ by less are equal: FAT counts in steps of two seconds, some clouds in whole ones.
MODIFY_WINDOW = timedelta(seconds=2)
# The reason when nothing but the size could be compared begins so.
SIZE_ONLY = "same size; the cloud knows"


class Change(StrEnum):
    """What a sync has to do about a path.

    ``ADD`` it is only at the source; ``REPLACE`` both have it, and they differ; ``SAME`` nothing; ``EXTRA`` a file only at
    the destination; ``EXTRA_FOLDER`` a folder only there; ``LEFT`` it takes no part, and why; ``CLASH`` its name is almost
    that of another, which not every cloud or disk can keep apart; ``FAILED`` it should take part, but cannot.
    """

    ADD = "add"
    REPLACE = "replace"
    SAME = "same"
    EXTRA = "extra"
    EXTRA_FOLDER = "extra folder"
    LEFT = "left out"
    CLASH = "clash"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One path and what is to be done about it.

    Attributes:
        change: What.
        path: From the roots, without a slash in front.
        reason: Why, as half a sentence.
        source: The file at the source, where there is one.
        destination: The file at the destination, where there is one.
        target: Full path at the destination.
        error: What ``FAILED`` failed of, when it was an error.
    """

    change: Change
    path: str
    reason: str
    target: str
    source: File | None = None
    destination: File | None = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether two files are the same: known, or a question of a hash.

    Attributes:
        same: ``None`` when a hash must decide.
        reason: Why, as half a sentence.
        kind, value: The hash of the file in the cloud, when it must decide.
    """

    same: bool | None
    reason: str
    kind: int = 0
    value: str = ""


def judge(source: File, destination: File, *, to_cloud: bool, checksum: bool) -> Verdict:
    """Compare two files.

    Args:
        source, destination: The files.
        to_cloud: Whether the destination is the cloud.
        checksum: Compare hashes instead of times, where the cloud knows one.
    """
    local, cloud = (source, destination) if to_cloud else (destination, source)
    if destination.pending:
        return Verdict(False, "its upload is not finished")
    if source.size != destination.size:
        return Verdict(False, f"{source.size:,} instead of {destination.size:,} bytes")
    kind, value = next(iter(cloud.hashes.items()), (0, ""))
    by_hash = Verdict(None, "other content of the same size", kind, value)
    if checksum:
        return by_hash if kind else Verdict(True, f"{SIZE_ONLY} no hash to compare")
    if cloud.modified is None or local.modified is None:
        return by_hash if kind else Verdict(True, f"{SIZE_ONLY} neither time nor hash to compare")
    if to_cloud:
        if cloud.modified >= local.modified - MODIFY_WINDOW:
            return Verdict(True, "same size, and not older")
        return by_hash if kind else Verdict(False, "same size, but older than the source")
    if abs(cloud.modified - local.modified) <= MODIFY_WINDOW:
        return Verdict(True, "same size and time")
    return by_hash if kind else Verdict(False, "same size, but another time than the source")


@dataclass(slots=True)
class Pair:
    """The names of two folders, put side by side.

    Attributes:
        both: Names at the source with the names they have at the destination.
        only_source, only_destination: Names of one of them.
        guarded: Names only at the destination that some server may take for one of the source: never deleted.
    """

    both: dict[str, str] = field(default_factory=dict)
    only_source: list[str] = field(default_factory=list)
    only_destination: list[str] = field(default_factory=list)
    guarded: dict[str, str] = field(default_factory=dict)


def pair(source: Listing, destination: Listing) -> Pair:
    """Which name belongs to which: the same letters, else the same letters in another Unicode form (protocol.md §3.2)."""
    result = Pair()
    ours, theirs = source.names(), destination.names()
    forms = _grouped(theirs - ours, _normal_form)
    for name in sorted(ours):
        if name in theirs:
            result.both[name] = name
        elif len(others := forms.pop(_normal_form(name), [])) == 1:
            result.both[name] = others[0]
        else:
            result.only_source.append(name)
    taken = set(result.both.values())
    folded = {_folded(name): name for name in ours}
    for name in sorted(theirs - taken):
        result.only_destination.append(name)
        if (like := folded.get(_folded(name))) is not None:
            result.guarded[name] = like
    return result


def clashes(names: Iterable[str]) -> Iterator[list[str]]:
    """Names that differ only in letter case or Unicode form: some clouds and file systems keep only one of them."""
    for alike in _grouped(names, _folded).values():
        if len(alike) > 1:
            yield sorted(alike)


def _grouped(names: Iterable[str], key: Callable[[str], str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[key(name)].append(name)
    return groups


def _normal_form(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())
