"""What is done, from listings, memory and what is there."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from clouddrive2.errors import ConfigError, InvalidRequest
from clouddrive2.strm.options import SIDECARS, VIDEOS, StrmOptions
from clouddrive2.strm.plan import Kind, Plan, Record, State, make_plan, place_files
from clouddrive2.strm.scan import CloudFile, Scan

NOW = 1_000.0
THEN = datetime(2024, 1, 1, tzinfo=UTC)


def scan_of(*paths: str, size: int = 10, pending: bool = False) -> Scan:
    """A whole listing with these files."""
    scan = Scan(names={"": set()})
    for path in paths:
        folder = ""
        for part in path.split("/"):
            scan.names.setdefault(folder, set()).add(part)
            folder = f"{folder}/{part}".strip("/")
        scan.files[path] = CloudFile(path, size, THEN, pending)
    return scan


def record(source: str, **more: object) -> Record:
    given = {"size": 10, "modified": THEN.timestamp(), "digest": "d", "written": (1, 1), "made_for": "us", **more}
    return Record(source, **given)  # type: ignore[arg-type]


def planned(
    scan: Scan,
    records: dict[str, Record] | None = None,
    states: dict[str, State] | None = None,
    options: StrmOptions | None = None,
) -> Plan:
    records = records or {}
    placed, left = place_files(scan, records, options or StrmOptions())
    default = {target: State.OURS if target in records else State.MISSING for target in {*placed, *records}}
    return make_plan(scan, placed, records, {**default, **(states or {})}, left, made_for="us", now=NOW)


def kinds(plan: Plan) -> dict[str, Kind]:
    return {action.target: action.kind for action in plan.actions}


def test_which_files() -> None:
    scan = scan_of("a/Film.MKV", "a/Film.srt", "a/notes.txt", ".mkv", "noextension")
    assert kinds(planned(scan)) == {"a/Film.strm": Kind.ADD}
    assert kinds(planned(scan, options=StrmOptions(sidecars=True))) == {"a/Film.strm": Kind.ADD, "a/Film.srt": Kind.COPY}
    assert kinds(planned(scan, options=StrmOptions(extensions=frozenset({"txt"})))) == {"a/notes.strm": Kind.ADD}
    assert kinds(planned(scan, options=StrmOptions(min_size=11))) == {}


def test_names_that_clash_keep_their_extension() -> None:
    assert kinds(planned(scan_of("a.mkv", "a.mp4", "A.avi"))) == {
        "A.strm": Kind.ADD,
        "a.mkv.strm": Kind.ADD,
        "a.mp4.strm": Kind.ADD,
    }


def test_a_name_that_is_taken_twice_is_told() -> None:
    plan = planned(scan_of("A.MKV", "A.mkv", "a.mkv"))
    assert kinds(plan) == {"A.strm": Kind.ADD, "A.mkv.strm": Kind.ADD, "a.mkv.strm": Kind.LEAVE}


def test_who_has_a_name_keeps_it() -> None:
    records = {"a.strm": record("a.mp4")}
    assert kinds(planned(scan_of("a.avi", "a.mp4"), records)) == {"a.strm": Kind.KEEP, "a.avi.strm": Kind.ADD}


def test_a_better_copy_takes_the_name_of_the_one_that_is_gone() -> None:
    plan = planned(scan_of("a.mp4"), {"a.strm": record("a.mkv")})
    assert kinds(plan) == {"a.strm": Kind.UPDATE}
    assert plan.deletions == 0


@pytest.mark.parametrize(
    ("more", "state", "kind"),
    [
        ({}, State.OURS, Kind.KEEP),
        ({}, State.MISSING, Kind.ADD),
        ({}, State.EMPTY, Kind.UPDATE),
        ({}, State.EDITED, Kind.LEAVE),
        ({"made_for": "others"}, State.OURS, Kind.UPDATE),
        ({"renew_at": NOW + 1}, State.OURS, Kind.KEEP),
        ({"renew_at": NOW}, State.OURS, Kind.UPDATE),
    ],
)
def test_what_was_written_before(more: dict[str, object], state: State, kind: Kind) -> None:
    assert kinds(planned(scan_of("a.mkv"), {"a.strm": record("a.mkv", **more)}, {"a.strm": state})) == {"a.strm": kind}


def test_somebody_elses_file() -> None:
    plan = planned(scan_of("a.mkv", "a.srt"), {}, {"a.strm": State.FOREIGN, "a.srt": State.FOREIGN}, StrmOptions(sidecars=True))
    assert kinds(plan) == {"a.strm": Kind.ADOPT, "a.srt": Kind.LEAVE}


def test_copies() -> None:
    options = StrmOptions(sidecars=True)
    same, other = record("a.srt", digest="", made_for=""), record("b.srt", digest="", made_for="", size=9)
    plan = planned(scan_of("a.srt", "b.srt"), {"a.srt": same, "b.srt": other}, options=options)
    assert kinds(plan) == {"a.srt": Kind.KEEP, "b.srt": Kind.COPY}


def test_on_its_way_to_the_cloud() -> None:
    scan = scan_of("a.mkv", "b.mkv", pending=True)
    assert kinds(planned(scan, {"a.strm": record("a.mkv", made_for="others")})) == {"a.strm": Kind.KEEP, "b.strm": Kind.LEAVE}


def test_gone() -> None:
    records = {name: record(name.replace(".strm", ".mkv")) for name in ("x/a.strm", "x/b.strm", "x/c.strm", "x/d.strm")}
    states = {"x/b.strm": State.EDITED, "x/c.strm": State.MISSING, "x/d.strm": State.EMPTY}
    plan = planned(scan_of("y.mkv"), records, states)
    assert kinds(plan) == {
        "y.strm": Kind.ADD,
        "x/a.strm": Kind.DELETE,
        "x/b.strm": Kind.LEAVE,
        "x/c.strm": Kind.FORGET,
        "x/d.strm": Kind.DELETE,
    }
    assert plan.deletions == 2


def test_a_move_is_no_deletion() -> None:
    plan = planned(scan_of("new/a.mkv"), {"old/a.strm": record("old/a.mkv")})
    assert kinds(plan) == {"new/a.strm": Kind.ADD, "old/a.strm": Kind.DELETE}
    assert plan.deletions == 0


def test_no_longer_wanted() -> None:
    plan = planned(scan_of("a.mkv"), {"a.strm": record("a.mkv")}, options=StrmOptions(min_size=11))
    assert kinds(plan) == {"a.strm": Kind.DELETE}


def test_what_was_not_listed_is_not_missing() -> None:
    records = {"x/y/a.strm": record("x/y/a.mkv"), "z/b.strm": record("z/b.mkv")}
    scan = Scan(names={"": {"x", "z"}, "x": {"y"}})
    assert kinds(planned(scan, records)) == {}
    assert kinds(planned(Scan(names={"x": set()}), records)) == {"x/y/a.strm": Kind.DELETE}
    assert kinds(planned(Scan(missing={"z"}), records)) == {"z/b.strm": Kind.DELETE}


def test_local_paths() -> None:
    assert StrmOptions(mounted_at="/mnt/cloud/").local_path("a/b c.mkv") == "/mnt/cloud/a/b c.mkv"
    assert StrmOptions(mounted_at="X:\\Films").local_path("a/b.mkv") == "X:\\Films\\a\\b.mkv"
    with pytest.raises(InvalidRequest, match="line break"):
        StrmOptions(mounted_at="/mnt").local_path("a\nb.mkv")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"extensions": frozenset()}, "no extension"),
        ({"extensions": frozenset({"*.mkv"})}, "is no extension"),
        ({"extensions": frozenset({"strm"})}, "plays nothing"),
        ({"extensions": frozenset({"srt"}), "sidecars": True}, "sidecar"),
        ({"base_url": "http://nas", "mounted_at": "/mnt"}, "not both"),
        ({"mounted_at": "mnt"}, "not absolute"),
        ({"base_url": "nas:19798"}, "must be an address"),
        ({"base_url": "http://nas:port"}, "must be an address"),
        ({"base_url": "http://nas?x=1"}, "must be an address"),
    ],
)
def test_options_that_cannot_be(options: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        StrmOptions(**options)  # type: ignore[arg-type]


def test_what_a_content_depends_on() -> None:
    link = StrmOptions().made_for("http://nas:1", "me")
    assert link == StrmOptions(base_url="http://nas:1").made_for("http://other:1", "me")
    assert len({link, StrmOptions().made_for("http://nas:2", "me"), StrmOptions().made_for("http://nas:1", "you")}) == 3
    assert StrmOptions(mounted_at="/a").made_for("x", "y") == StrmOptions(mounted_at="/a").made_for("z", "w")
    assert not VIDEOS & SIDECARS
