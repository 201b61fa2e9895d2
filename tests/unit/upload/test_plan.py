"""Decisions without I/O: where a file goes, under which name, by which route."""

from __future__ import annotations

import pytest

from clouddrive2.errors import ConfigError, Unsupported
from clouddrive2.models.files import Entry, EntryKind
from clouddrive2.models.uploads import RouteStep
from clouddrive2.upload.plan import destination, first_available, numbered_name

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
    ],
)
def test_where_a_file_goes(to: str, existing: Entry | None, path: str) -> None:
    assert destination("film.mkv", to, existing) == path


@pytest.mark.parametrize("to", ["/", "", "/file", "file", "//"])
def test_nothing_goes_into_the_root(to: str) -> None:
    with pytest.raises(ConfigError, match="files cannot be put into the root; name a cloud folder"):
        destination("film.mkv", to, None)


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


def test_the_first_route_that_can() -> None:
    steps = [RouteStep("mount", False, "no mount"), RouteStep("remote", True, "good"), RouteStep("http", True, "also")]
    assert first_available(steps, "/C/x").route == "remote"


def test_no_route_says_why_for_each() -> None:
    steps = [RouteStep("mount", False, "no mount here"), RouteStep("remote", False, "too old")]
    with pytest.raises(Unsupported, match=r"/C/x: no way to upload it \(mount: no mount here; remote: too old\)"):
        first_available(steps, "/C/x")
