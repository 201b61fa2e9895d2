"""Which local folders may show a cloud folder: by table, without a look at the machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clouddrive2.api.mount_places import candidates_for
from clouddrive2.api.views import PathView
from clouddrive2.config import ServerConfig
from clouddrive2.models.mounts import MountPoint
from clouddrive2.settings import mount_maps_of

EVERYTHING = MountPoint("/CloudNAS", "/", mounted=True)
ONE = MountPoint("/mnt/115/", "/115", mounted=True)
OFF = MountPoint("/mnt/off", "/115/Off", fail_reason="device busy")
WINDOWS = MountPoint("D:\\CloudDrive", "/", mounted=True)
READ_ONLY = MountPoint("/mnt/ro", "/", mounted=True, read_only=True)


def places(
    path: str, points: list[MountPoint] | None, maps: dict[str, str] | None = None, **more: Any
) -> tuple[list[str], list[str]]:
    """Where the path may be, the best first, and what cannot be used."""
    server = ServerConfig(mount_maps=mount_maps_of(maps or {}), **more)
    found, why_not = candidates_for(path, server, PathView(server), points)
    return [str(each.root / each.below) for each in found], why_not


@pytest.mark.parametrize(
    ("path", "points", "expected"),
    [
        ("/115/Movies", [EVERYTHING], ["/CloudNAS/115/Movies"]),
        ("/115/Movies", [EVERYTHING, ONE], ["/mnt/115/Movies", "/CloudNAS/115/Movies"]),
        ("/115", [ONE], ["/mnt/115"]),
        ("/115open/Movies", [ONE], []),
        ("/115/Off/x", [OFF, ONE], ["/mnt/115/Off/x"]),
        ("/", [EVERYTHING, ONE], ["/CloudNAS"]),
        ("/115/x", [WINDOWS], []),
        ("/115/x", [], []),
        ("/115/x", None, []),
    ],
)
def test_longest_source_wins(path: str, points: list[MountPoint] | None, expected: list[str]) -> None:
    assert places(path, points)[0] == expected


def test_what_is_said_of_those_that_cannot_be_used() -> None:
    assert places("/115/Off/x", [OFF])[1] == ["/mnt/off is not mounted on the server (device busy); mount it there first"]
    assert "another platform" in places("/115/x", [WINDOWS])[1][0]


def test_the_users_own_mapping() -> None:
    maps = {"/115/": "/media/115", "/115/Movies": "/media/films"}
    assert places("/115/Movies/a.mkv", [EVERYTHING], maps)[0] == [
        "/media/films/a.mkv",
        "/media/115/Movies/a.mkv",
        "/CloudNAS/115/Movies/a.mkv",
    ]
    # It comes before what the server says of the same folder.
    assert places("/115/x", [ONE], {"/115": "/media/115"})[0] == ["/media/115/x", "/mnt/115/x"]
    # A server that does not tell leaves nothing but the mapping.
    assert places("/115/x", None, {"/115": "/media/115"})[0] == ["/media/115/x"]
    # One that tells of no mount at all has nothing that could be seen there.
    assert places("/115/x", [], {"/115": "/media/115"}) == ([], [])
    assert places("/115/Off/x", [OFF], {"/": "/media"})[0] == []


@pytest.mark.parametrize(
    ("points", "path", "expected"),
    [
        ([EVERYTHING], "/115/x", "/data/115/x"),
        ([ONE], "/115/x", "/data/x"),
        ([MountPoint("/data", "/115", mounted=True), EVERYTHING], "/115/x", "/data/x"),
        (None, "/115/x", "/data/115/x"),
    ],
)
def test_the_place_of_the_servers_mount_here(points: list[MountPoint] | None, path: str, expected: str) -> None:
    assert places(path, points, mount_point=Path("/data"))[0][0] == expected


def test_a_place_that_may_be_any_of_several() -> None:
    found, why_not = places("/115/x", [EVERYTHING, ONE], mount_point=Path("/data"))
    assert found == ["/mnt/115/x", "/CloudNAS/115/x"]
    assert "set --mount-map" in why_not[0]


def test_read_only_mounts_are_known_as_such() -> None:
    server = ServerConfig(mount_maps=mount_maps_of({"/": "/media"}))
    found, _ = candidates_for("/x", server, PathView(server), [READ_ONLY])
    assert [each.read_only for each in found] == [True, True]
    found, _ = candidates_for("/x", server, PathView(server), [READ_ONLY, EVERYTHING])
    assert {str(each.root): each.read_only for each in found} == {"/media": False, "/mnt/ro": True, "/CloudNAS": False}


def test_a_token_whose_paths_get_a_prefix() -> None:
    more = {"path_view": "prefix", "root_folder": "/115"}
    assert places("/Movies/x", [EVERYTHING], **more)[0] == ["/CloudNAS/115/Movies/x"]
    assert places("/Movies/x", [ONE], **more)[0] == ["/mnt/115/Movies/x"]
