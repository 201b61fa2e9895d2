"""Patterns: which paths they match, as rclone's documentation of filters tells it."""

from __future__ import annotations

import pytest

from clouddrive2.errors import ConfigError
from clouddrive2.sync.globs import compile_pattern


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        # Where a pattern begins.
        ("file.jpg", ["file.jpg", "directory/file.jpg"], ["afile.jpg", "directory/afile.jpg", "file.jpgs", "file.jpg/x"]),
        ("/file.jpg", ["file.jpg"], ["afile.jpg", "directory/file.jpg"]),
        ("a/b", ["a/b", "x/a/b"], ["xa/b", "a/b/c", "b"]),
        ("", [], ["a"]),
        # Wildcards.
        ("*.jpg", ["file.jpg", "dir/file.jpg", ".jpg"], ["file.png", "dir/file.png", "file.jpg/x"]),
        ("/*.jpg", ["file.jpg", "file2.jpg"], ["file.png", "dir/file.jpg"]),
        ("*.t?t", ["file.txt", "dir/file.tzt"], ["file.qxt", "file.t/t", "file.tt"]),
        ("dir/**", ["dir/anyfile", "subdir/dir/subsubdir/anyfile"], ["file.png", "subdir/file.png", "dir"]),
        ("/dir/**", ["dir/a", "dir/b/c"], ["x/dir/a"]),
        ("potato**sausage", ["potato/x/sausage", "potatosausage"], ["potato"]),
        ("*", ["a", "a/b"], []),
        ("**", ["a", "a/b"], []),
        # A name may hold any character but the slash.
        ("a*b", ["a\nb", "a b", "ab"], ["a/b"]),
        ("a**b", ["a\n/b"], []),
        # Classes.
        ("*.[a-z]", ["file.a", "dir/file.b"], ["file.0", "dir/file.1", "file.A"]),
        ("[!ab]", ["c"], ["a", "b"]),
        ("[^ab]", ["c"], ["a", "b"]),
        ("[]a]", ["]", "a"], ["b"]),
        ("[a&&b]", ["&", "a", "b"], ["c"]),
        (r"[\]\[]", ["]", "["], ["a"]),
        ("[[:digit:]x]", ["1", "x"], ["a"]),
        ("??[^[:punct:]]*", ["ab1", "abcd"], ["ab.", "ab"]),
        (r"*.\d\d\d", ["file.012", "dir/file.345"], ["file.abc", "file.٣٣٣"]),
        # Alternatives.
        ("*.{jpg,png}", ["file.jpg", "dir/file.png"], ["file.gif", "dir/file.gif"]),
        ("{A,B}/**", ["A/x", "B/y/z", "c/A/x"], ["C/x"]),
        ("{a,{b,c}d}", ["a", "bd", "cd"], ["b", "ad"]),
        ("a,b", ["a,b"], ["a", "b"]),
        # Escapes.
        (r"*.\?\?\?", ["file.???"], ["file.abc"]),
        (r"*\[{JP,KR,HK}\]*", ["film [JP].mkv", "[KR]"], ["film JP.mkv", "film [US].mkv"]),
        (r"a\*b", ["a*b"], ["axb"]),
        (r"a\\b", ["a\\b"], ["ab"]),
        # What means something in regular expressions means itself.
        ("'.' '+' '(' ')' '|' '^' '$'", ["'.' '+' '(' ')' '|' '^' '$'"], ["'x' '+' '(' ')' '|' '^' '$'"]),
        ("文 é.txt", ["文 é.txt"], ["文 e.txt"]),
        # Regular expressions.
        ("*.{{jpe?g}}", ["file.jpeg", "dir/file.jpg"], ["file.png", "dir/file.jpeeg"]),
        (r"/{{.*\.jpe?g}}", ["file.jpeg", "file.jpg", "a/b.jpg"], ["file.png"]),
        ("*.{{(?i)jpg}}", ["file.jpg", "file.JPG"], ["file.png"]),
        (r"{{start[^/]*end\.jpg}}", ["startend.jpg", "x/start-end.jpg"], ["start/end.jpg"]),
        ("a{{b{2}}}", ["abb"], ["ab", "abbb"]),
        ("{{a|b}}c", ["ac", "bc"], ["a"]),
    ],
)
def test_matches(pattern: str, matching: list[str], others: list[str]) -> None:
    expression = compile_pattern(pattern)
    assert [path for path in matching if not expression.search(path)] == []
    assert [path for path in others if expression.search(path)] == []


def test_letter_case() -> None:
    assert not compile_pattern("potato").search("POTATO")
    assert compile_pattern("potato", ignore_case=True).search("POTATO")
    assert compile_pattern("É*", ignore_case=True).search("éa")


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("***", r"more than two '\*' in a row"),
        ("ab]c", r"'\]' without '\['"),
        ("ab[c", r"'\[' without '\]'"),
        ("ab{c", "'{' without '}'"),
        ("ab}c", "'}' without '{'"),
        ("ab{{cd", "'{{' without '}}'"),
        ("[z-a]", "bad character range"),
        ("[[:nothing:]]", r"there is no class '\[:nothing:\]'"),
        ("a\\", "a backslash at its end"),
        (r"a\q", r"'\\q' means nothing"),
        ("{{(}}", "missing"),
    ],
)
def test_a_malformed_one_says_what_is_wrong(pattern: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as caught:
        compile_pattern(pattern)
    assert f"'{pattern}'" in str(caught.value)
