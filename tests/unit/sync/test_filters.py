"""Rules, sizes and ages; which files take part, and which folders are worth a look."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.errors import ConfigError
from clouddrive2.sync.filters import EVERYTHING, FilterOptions, Filters
from clouddrive2.sync.units import parse_age, parse_size

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


def filters(files: dict[str, str] | None = None, **options: Any) -> Filters:
    return Filters(FilterOptions(**options), NOW, lambda name: (files or {})[name])


def taken(filters: Filters, paths: str) -> str:
    return " ".join(path for path in paths.split() if filters.takes(path, 0, NOW))


class TestRules:
    def test_everything_takes_part_when_nothing_is_said(self) -> None:
        assert EVERYTHING.takes("a/b", 0, None)
        assert EVERYTHING.enters("a")

    def test_an_include_excludes_everything_else(self) -> None:
        assert taken(filters(include=["*.jpg", "/b/**"]), "a.jpg x/a.jpg b/c c b/d/e") == "a.jpg x/a.jpg b/c b/d/e"

    def test_an_exclude(self) -> None:
        assert taken(filters(exclude=["*.bak", "/dir/**"]), "a a.bak x/b.bak dir/c x/dir/c") == "a x/dir/c"

    def test_an_excluded_folder(self) -> None:
        assert taken(filters(exclude=["dir/"]), "dir/a x/dir/b/c dir") == "dir"
        assert taken(filters(exclude=["/dir/"]), "dir/a x/dir/b/c") == "x/dir/b/c"

    def test_an_included_folder_is_no_file(self) -> None:
        assert taken(filters(include=["/directory/"]), "directory/a directory") == ""

    def test_includes_come_before_excludes_and_these_before_filters(self) -> None:
        mixed = filters(filter=["+ c", "- a", "- *"], exclude=["b"], include=["a", "b"])
        assert taken(mixed, "a b c d") == "a b c"

    def test_the_first_rule_that_matches_decides(self) -> None:
        """The example of rclone's documentation."""
        rules = """
            # a sample filter rule file
            - secret*.jpg
            + *.jpg
            + *.png
            + file2.avi
            - /dir/Trash/**
            + /dir/**
            ; exclude everything else
            - *
        """
        found = filters({"rules.txt": rules}, filter_from=["rules.txt"])
        paths = "a.jpg secret1.jpg x/b.png file2.avi x/file2.avi file3.avi dir/x dir/y/z dir/Trash/z dir/Trash/z.png other/x"
        assert taken(found, paths) == "a.jpg x/b.png file2.avi x/file2.avi dir/x dir/y/z dir/Trash/z.png"

    def test_an_exclamation_mark_forgets_the_rules_before(self) -> None:
        assert taken(filters(filter=["+ *.jpg", "+ *.gif", "!", "+ 42.doc", "- *"]), "a.jpg b.gif 42.doc") == "42.doc"

    def test_from_files(self) -> None:
        files = {"a": "# remark\n\n *.jpg \n;more\nfile2.avi\n", "b": "secret*\n"}
        found = filters(files, filter=["- secret.jpg"], include_from=["a"])
        assert taken(found, "x.jpg file2.avi y secret.jpg") == "x.jpg file2.avi secret.jpg"
        assert taken(filters(files, exclude_from=["b"]), "secret1 x") == "x"

    def test_files_that_are_named(self) -> None:
        found = filters({"list": "# remark\nfile1.jpg\n/subdir/file2.jpg\n"}, files_from=["list"])
        assert taken(found, "file1.jpg subdir/file2.jpg x/file1.jpg subdir/other") == "file1.jpg subdir/file2.jpg"
        assert found.enters("subdir")
        assert not found.enters("x")

    def test_letter_case(self) -> None:
        assert taken(filters(include=["zaphod.txt"]), "Zaphod.txt") == ""
        assert taken(filters(include=["zaphod.txt"], ignore_case=True), "Zaphod.txt") == "Zaphod.txt"

    @pytest.mark.parametrize(
        ("options", "why"),
        [
            ({"filter": ["*.jpg"]}, r"'\*\.jpg' is no filter rule; it starts with '\+ ' or '- '"),
            ({"filter": ["+ "]}, "is no filter rule"),
            ({"include": ["a["]}, "the filter pattern 'a\\[' cannot be used"),
            ({"files_from": ["list"], "exclude": ["a"]}, "goes with no other filter"),
            ({"files_from": ["list"], "max_age": "1d"}, "goes with no other filter"),
            ({"min_size": "many"}, "'many' is no size"),
            ({"max_age": "old"}, "'old' is no age"),
            ({"max_age": "1d", "min_age": "2d"}, "leave no file"),
        ],
    )
    def test_what_cannot_be_used(self, options: dict[str, Any], why: str) -> None:
        with pytest.raises(ConfigError, match=why):
            filters({"list": "a"}, **options)

    def test_a_file_of_rules_that_cannot_be_read(self, tmp_path: Path) -> None:
        missing, binary = tmp_path / "missing", tmp_path / "binary"
        binary.write_bytes(b"\xff\xfe")
        for path in (missing, binary):
            with pytest.raises(ConfigError, match=f"the filter file {path} cannot be read"):
                Filters(FilterOptions(exclude_from=[str(path)]), NOW)


class TestFolders:
    """A folder is passed over only when nothing below it can take part."""

    @pytest.mark.parametrize(
        ("options", "entered", "passed_over"),
        [
            ({"exclude": ["dir/"]}, "a dirs", "dir x/dir dir/y"),
            ({"exclude": ["/dir/**"]}, "x/dir a", "dir dir/y"),
            ({"exclude": ["*.jpg"]}, "a", ""),
            ({"include": ["/a/*.jpg"]}, "a", "b a/b"),
            ({"include": ["/a/b/**"]}, "a a/b a/b/c", "b a/c"),
            ({"include": ["a/*.jpg"]}, "a b a/b", ""),
            ({"include": ["*.jpg"]}, "a b", ""),
            ({"include": ["/{a,b}/*.jpg"]}, "a b", "c"),
            ({"include": ["/{a/x,b}/*.jpg"]}, "a b c", ""),
            ({"include": ["/{{a.*}}"]}, "a b c", ""),
            ({"include": ["/v/**/n"]}, "v v/a v/a/b", "w"),
            ({"include": ["/x**y"]}, "x xz/y", "y"),
            ({"filter": ["- /dir1/", "+ *.pdf", "- **"]}, "a", "dir1"),
            ({"filter": ["+ /a/b/*.txt", "- /a/", "- *"]}, "a a/b", "c a/c"),
            ({"filter": ["+ /a/", "- *"]}, "a", "b"),
            ({"filter": ["- *"]}, "", "a b"),
            ({"include": ["[x/]"]}, "a", ""),
        ],
    )
    def test_which_are_entered(self, options: dict[str, Any], entered: str, passed_over: str) -> None:
        found = filters(**options)
        assert [folder for folder in entered.split() if not found.enters(folder)] == []
        assert [folder for folder in passed_over.split() if found.enters(folder)] == []

    def test_never_loses_a_file(self) -> None:
        """Every path of some letters under many pairs of rules: what takes part is in folders that are entered."""
        names = ["a", "b", "ab"]
        paths = ["/".join(parts) for depth in (1, 2, 3) for parts in itertools.product(names, repeat=depth)]
        globs = [
            "a",
            "/a",
            "a/",
            "/a/b/",
            "a/**",
            "/a/**",
            "**b",
            "/**/b",
            "{a,b}/ab",
            "/{a,b/a}/b",
            "a?",
            "/*/b",
            "*",
            "/{{a.b}}",
        ]
        rules = [f"{sign} {glob}" for glob in globs for sign in "+-"]
        for chosen in random.Random(2026).sample(list(itertools.product(rules, repeat=2)), 200):
            found = filters(filter=[*chosen, "- **"])
            for path in paths:
                if found.takes(path, 0, None):
                    folders = ["/".join(path.split("/")[:end]) for end in range(1, path.count("/") + 1)]
                    assert all(map(found.enters, folders)), (chosen, path)


class TestSizesAndAges:
    def test_sizes(self) -> None:
        found = filters(min_size="1k", max_size="2k")
        assert [size for size in (0, 1023, 1024, 2048, 2049) if found.takes("a", size, NOW)] == [1024, 2048]

    def test_ages(self) -> None:
        found = filters(min_age="1h", max_age="1d")
        ages = [timedelta(0), timedelta(minutes=59), timedelta(hours=1), timedelta(days=1), timedelta(days=1, seconds=1)]
        assert [age for age in ages if found.takes("a", 0, NOW - age)] == ages[2:4]

    def test_an_unknown_age_is_no_reason(self) -> None:
        assert filters(min_age="1h").takes("a", 0, None)

    @pytest.mark.parametrize(
        ("text", "size"),
        [
            ("0", 0),
            ("1", 1024),
            ("100B", 100),
            ("50k", 50 << 10),
            ("50Ki", 50 << 10),
            ("1.5M", 3 << 19),
            ("2GiB", 2 << 30),
            ("1t", 1 << 40),
            ("1P", 1 << 50),
            ("off", None),
        ],
    )
    def test_how_sizes_are_written(self, text: str, size: int | None) -> None:
        assert parse_size(text) == size

    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("10", NOW - timedelta(seconds=10)),
            ("500ms", NOW - timedelta(seconds=0.5)),
            ("10s", NOW - timedelta(seconds=10)),
            ("5m", NOW - timedelta(minutes=5)),
            ("1.5h", NOW - timedelta(minutes=90)),
            ("1h30m", NOW - timedelta(minutes=90)),
            ("2d", NOW - timedelta(days=2)),
            ("1w", NOW - timedelta(days=7)),
            ("1M", NOW - timedelta(days=30)),
            ("1y", NOW - timedelta(days=365)),
            ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
            ("2026-01-31T10:00:00", datetime(2026, 1, 31, 10, tzinfo=UTC)),
            ("2026-01-31 10:00:00", datetime(2026, 1, 31, 10, tzinfo=UTC)),
            ("2026-01-31T10:00:00+02:00", datetime(2026, 1, 31, 8, tzinfo=UTC)),
            ("off", None),
        ],
    )
    def test_how_ages_are_written(self, text: str, moment: datetime | None) -> None:
        assert parse_age(text, NOW) == moment

    @pytest.mark.parametrize("text", ["", "-1d", "1x", "1d2", "d", "1e9y", "99999999y", "2026-13-01"])
    def test_what_is_no_age(self, text: str) -> None:
        with pytest.raises(ConfigError, match="is no age; write 30m"):
            parse_age(text, NOW)

    @pytest.mark.parametrize("text", ["", "-1", "1x", "k", "1kk", "1e3"])
    def test_what_is_no_size(self, text: str) -> None:
        with pytest.raises(ConfigError, match="is no size; write 500K"):
            parse_size(text)
