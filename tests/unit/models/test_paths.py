"""Cloud paths."""

from __future__ import annotations

import pytest

from clouddrive2.errors import ConfigError
from clouddrive2.models.paths import check_name, is_below, join, name_of, normalise, parent_of, split


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("/", "/"),
        ("", "/"),
        ("/a/b", "/a/b"),
        ("a/b", "/a/b"),
        ("/a/b/", "/a/b"),
        ("//a///b", "/a/b"),
        ("/a/./b/.", "/a/b"),
        ("/a/.../..b/b..", "/a/.../..b/b.."),
        ("/ a / b ", "/ a / b "),
        ("/e\u0301", "/e\u0301"),
        ("/a\\b", "/a\\b"),
    ],
)
def test_normal_form(given: str, path: str) -> None:
    assert normalise(given) == path
    assert normalise(path) == path


@pytest.mark.parametrize("path", ["..", "/..", "/a/../b", "/a/..", "a\0b"])
def test_paths_that_lead_elsewhere(path: str) -> None:
    with pytest.raises(ConfigError, match="is no cloud path") as caught:
        normalise(path)
    assert caught.value.path == path


def test_parts() -> None:
    assert split("/a/b/c/") == ("/a/b", "c")
    assert split("/a") == ("/", "a")
    assert split("/") == ("/", "")
    assert (parent_of("/a/b"), name_of("/a/b"), name_of("/")) == ("/a", "b", "")
    assert join("/a/", "b/c") == "/a/b/c"
    assert join("/", "a") == "/a"


@pytest.mark.parametrize(
    ("path", "folder", "below"),
    [
        ("/a/b", "/a", True),
        ("/a", "/a", True),
        ("/ab", "/a", False),
        ("/a", "/a/b", False),
        ("/a", "/", True),
        ("/", "/", True),
        ("/", "/a", False),
    ],
)
def test_below(path: str, folder: str, below: bool) -> None:
    assert is_below(path, folder) is below


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/", "a\0"])
def test_no_names(name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be a name"):
        check_name(name)


@pytest.mark.parametrize("name", ["a", "...", " ", "a\\b", "é"])
def test_names(name: str) -> None:
    assert check_name(name) == name
