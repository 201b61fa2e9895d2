"""How a token with a root folder sees paths: as given, prefixed, stripped."""

from __future__ import annotations

import pytest

from clouddrive2.api.views import PathView
from clouddrive2.config import PathView as Mode
from clouddrive2.config import ServerConfig
from clouddrive2.errors import ConfigError
from clouddrive2.models.files import Entry, EntryKind


def view(mode: Mode, root: str = "/115/Inbox") -> PathView:
    return PathView(ServerConfig(path_view=mode, root_folder=root))


@pytest.mark.parametrize(
    ("mode", "user", "server"),
    [
        ("as_given", "/a", "/a"),
        ("as_given", "/115/Inbox/a", "/115/Inbox/a"),
        ("prefix", "/a", "/115/Inbox/a"),
        ("prefix", "/", "/115/Inbox"),
        ("strip", "/115/Inbox/a", "/a"),
        ("strip", "/115/Inbox", "/"),
    ],
)
def test_there_and_back(mode: Mode, user: str, server: str) -> None:
    assert view(mode).sent(user) == server
    assert view(mode).sent(user + "/") == server
    assert view(mode).shown(server) == user


@pytest.mark.parametrize("root", ["/", "", "/115/Inbox/"])
def test_any_spelling_of_the_root(root: str) -> None:
    prefixed = view("prefix", root)
    assert prefixed.shown(prefixed.sent("/a/b")) == "/a/b"
    stripped = view("strip", root)
    assert stripped.shown(stripped.sent("/115/Inbox/b")) == "/115/Inbox/b"


def test_paths_outside_the_root_are_left_to_the_server() -> None:
    assert view("strip").sent("/115/Other") == "/115/Other"
    assert view("strip").sent("/115/Inbox2/a") == "/115/Inbox2/a"
    assert view("prefix").shown("/115/Other") == "/115/Other"


def test_full_paths_and_paths_of_a_mount_are_not_stripped_twice() -> None:
    assert view("strip").shown("/115/Inbox/a") == "/115/Inbox/a"
    assert view("strip").shown("D:\\Cloud\\a") == "D:\\Cloud\\a"


def test_entries() -> None:
    entry = Entry("/115/Inbox/a", "a", EntryKind.FILE)
    assert view("as_given").received(entry) is entry
    assert view("prefix").received(entry).path == "/a"


def test_a_path_that_is_none() -> None:
    with pytest.raises(ConfigError):
        view("prefix").sent("/../x")
