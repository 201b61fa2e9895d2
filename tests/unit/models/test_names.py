"""Names that clouds refuse, and the way around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clouddrive2.models.names import escape, name_problem, unescape


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("a:b", "the cloud (115) refuses ':' in a name"),
        ("why?", "the cloud (115) refuses '?' in a name"),
        ('say "hi"', "the cloud (115) refuses '\"' in a name"),
        ("a\\b", "the cloud (115) refuses '\\\\' in a name"),
        ("a\nb", "the cloud (115) refuses '\\n' in a name"),
        ("end.", "the cloud (115) refuses a name that ends in '.'"),
        ("end ", "the cloud (115) refuses a name that ends in ' '"),
        ("con.txt", "the cloud (115) reserves the name 'con'"),
        ("COM1", "the cloud (115) reserves the name 'COM1'"),
        ("x" * 256, "the cloud (115) refuses names of more than 255 characters; this one has 256"),
        ("x" * 255, None),
        ("film #1 100%.mkv", None),
        ("中文 🎬.mkv", None),
        (".hidden", None),
        ("content.txt", None),
    ],
)
def test_what_is_refused(name: str, problem: str | None) -> None:
    assert name_problem(name, "115") == problem


@pytest.mark.parametrize("cloud", ["LocalFolder", "WebDAV", "S3", "something new", None])
def test_storages_that_take_any_name_are_not_checked(cloud: str | None) -> None:
    assert name_problem("a:b?.", cloud) is None


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("a:b", "a：b"),
        ('<"a|b*c?\\>', "＜＂a｜b＊c？＼＞"),
        ("end.", "end．"),
        ("end ", "end␠"),
        ("...", "..．"),
        ("con.txt", "‛con.txt"),
        ("a：b", "a‛：b"),
        ("plain.mkv", "plain.mkv"),
    ],
)
def test_escaped(name: str, escaped: str) -> None:
    assert escape(name) == escaped
    assert unescape(escaped) == name


@given(st.text(st.characters(blacklist_characters="/\0", blacklist_categories=["Cs"]), min_size=1, max_size=30))
def test_every_name_comes_back(name: str) -> None:
    assert unescape(escape(name)) == name
    assert len(name) > 100 or name_problem(escape(name), "115") is None
