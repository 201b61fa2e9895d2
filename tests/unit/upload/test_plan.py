"""Decisions without I/O: where a file goes, under which name, by which route."""

from __future__ import annotations

import pytest

from clouddrive2.errors import ConfigError
from clouddrive2.models.files import Entry, EntryKind
from clouddrive2.upload.plan import check_routes, destination, numbered_name, partial_name

FOLDER, FILE = Entry("/C/x", "x", EntryKind.FOLDER), Entry("/C/x", "x", EntryKind.FILE)


@pytest.mark.parametrize(
    ("to", "existing", "path"),
    [
        ("/C/", None, "/C/film.mkv"),
        ("/C", FOLDER, "/C/film.mkv"),
        ("/C/x", None, "/C/x"),
        ("/C/x", FILE, "/C/x"),
        ("/C/x", FOLDER, "/C/x/film.mkv"),
        ("/C/x/", FILE, "/C/x/film.mkv"),
        ("C//x/./", None, "/C/x/film.mkv"),
        ("/C/a/b/c", None, "/C/a/b/c"),
        ("/", None, "/film.mkv"),
        ("/x", None, "/x"),
    ],
)
def test_where_a_file_goes(to: str, existing: Entry | None, path: str) -> None:
    assert destination("film.mkv", to, existing) == path


@pytest.mark.parametrize("to", ["/C/../x", "/C/a\0"])
def test_paths_that_are_none(to: str) -> None:
    with pytest.raises(ConfigError):
        destination("film.mkv", to, None)


@pytest.mark.parametrize(
    ("name", "second"),
    [
        ("a.txt", "a (2).txt"),
        ("a", "a (2)"),
        (".hidden", ".hidden (2)"),
        (".hidden.txt", ".hidden (2).txt"),
        ("a.tar.gz", "a.tar (2).gz"),
        ("a (1).txt", "a (1) (2).txt"),
        ("a.", "a (2)."),
        ("中文.mkv", "中文 (2).mkv"),
    ],
)
def test_numbered_names(name: str, second: str) -> None:
    assert numbered_name(f"/C/{name}", 2) == f"/C/{second}"


@pytest.mark.parametrize(
    ("path", "partial"),
    [
        ("/C/film.mkv", "/C/film.cd2-1a.mkv"),
        ("/C/film", "/C/film.cd2-1a"),
        ("/C/.hidden", "/C/.hidden.cd2-1a"),
        ("/C/a.tar.gz", "/C/a.tar.cd2-1a.gz"),
    ],
)
def test_partial_names_keep_the_suffix(path: str, partial: str) -> None:
    assert partial_name(path, "1a") == partial


def test_routes_by_name() -> None:
    assert check_routes(["webdav", "remote"]) == ("webdav", "remote")
    assert check_routes(["auto"]) == check_routes([]) == ()
    with pytest.raises(ConfigError, match="there is no route 'ftp'; there are: auto, mount, remote, write, grpc-web, webdav"):
        check_routes(["ftp"])
