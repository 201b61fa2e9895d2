"""Patterns for paths, as rclone writes them, as regular expressions of Python.

===========  =======================================================================
``*``        any characters of one name
``**``       any characters, across folders
``?``        one character of a name
``[a-z]``    one of these; ``[!a-z]`` and ``[^a-z]`` none of these; ``[[:alpha:]]``
``{a,b}``    one of these patterns
``{{re}}``   a regular expression
``\\c``      this character itself, or a class such as ``\\d``
===========  =======================================================================

A pattern that starts with ``/`` is for the whole path, any other for its end, from the beginning of a name.
"""

from __future__ import annotations

import re

from clouddrive2.errors import ConfigError

__all__ = ["Pattern", "compile_pattern"]

Pattern = re.Pattern[str]

POSIX_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": r"\w",
    "xdigit": "0-9A-Fa-f",
}
LEADING_FLAGS = re.compile(r"\(\?([ims]+)\)")
POSIX_CLASS = re.compile(r"\[:(\^?)(\w+):\]")


def compile_pattern(pattern: str, *, ignore_case: bool = False) -> Pattern:
    """The expression whose ``search`` says whether a path (without a slash in front) matches.

    Raises:
        ConfigError: The pattern is not well formed; says where.
    """
    rooted = pattern.startswith("/")
    text = ("^" if rooted else "(?:^|/)") + _Translation(pattern, start=1 if rooted else 0).run() + r"\Z"
    try:
        return re.compile(text, re.IGNORECASE if ignore_case else 0)
    except re.error as error:
        raise _malformed(pattern, str(error)) from error


class _Translation:
    """One pass over one pattern."""

    def __init__(self, pattern: str, start: int) -> None:
        self._pattern = pattern
        self._at = start
        self._depth = 0
        self._parts: list[str] = []

    def run(self) -> str:
        pattern = self._pattern
        while self._at < len(pattern):
            character = pattern[self._at]
            match character:
                case "\\":
                    self._escape()
                case "*":
                    self._stars()
                case "?":
                    self._add("[^/]")
                case "[":
                    self._characters()
                case "]":
                    raise _malformed(pattern, "']' without '['")
                case "{" if pattern.startswith("{{", self._at):
                    self._expression()
                case "{":
                    self._depth += 1
                    self._add("(?:")
                case "}":
                    if not self._depth:
                        raise _malformed(pattern, "'}' without '{'")
                    self._depth -= 1
                    self._add(")")
                case "," if self._depth:
                    self._add("|")
                case _:
                    self._add(re.escape(character))
        if self._depth:
            raise _malformed(pattern, "'{' without '}'")
        return "".join(self._parts)

    def _add(self, expression: str, length: int = 1) -> None:
        self._parts.append(expression)
        self._at += length

    def _escape(self) -> None:
        escaped = self._pattern[self._at + 1 : self._at + 2]
        if not escaped:
            raise _malformed(self._pattern, "a backslash at its end")
        if escaped in "dDsSwW":
            self._add(f"(?a:\\{escaped})", 2)
        elif escaped.isalnum():
            raise _malformed(self._pattern, f"'\\{escaped}' means nothing")
        else:
            self._add(re.escape(escaped), 2)

    def _stars(self) -> None:
        count = len(self._pattern[self._at :]) - len(self._pattern[self._at :].lstrip("*"))
        if count > 2:
            raise _malformed(self._pattern, "more than two '*' in a row")
        self._add("[^/]*" if count == 1 else "(?s:.*)", count)

    def _characters(self) -> None:
        """A class in brackets, up to the bracket that closes it."""
        pattern, at = self._pattern, self._at + 1
        parts = ["["]
        if pattern[at : at + 1] in ("!", "^") and pattern[at : at + 1]:
            parts.append("^")
            at += 1
        begin = at
        while at < len(pattern) and (pattern[at] != "]" or at == begin):
            if found := POSIX_CLASS.match(pattern, at):
                ranges = POSIX_CLASSES.get(found[2])
                if ranges is None or found[1]:
                    raise _malformed(pattern, f"there is no class '{found[0]}'")
                parts.append(ranges)
                at = found.end()
            elif pattern[at] == "\\" and at + 1 < len(pattern):
                parts.append(pattern[at : at + 2])
                at += 2
            else:
                # Doubled, these mean something in an expression of Python.
                parts.append("\\" + pattern[at] if pattern[at] in "[&~|" else pattern[at])
                at += 1
        if at >= len(pattern):
            raise _malformed(pattern, "'[' without ']'")
        self._add("".join(parts) + "]", at + 1 - self._at)

    def _expression(self) -> None:
        """What stands between double braces; the last of several closing braces are the ones that close it."""
        end = self._pattern.find("}}", self._at + 2)
        if end < 0:
            raise _malformed(self._pattern, "'{{' without '}}'")
        while self._pattern.startswith("}}}", end):
            end += 1
        inner = self._pattern[self._at + 2 : end]
        if flags := LEADING_FLAGS.match(inner):
            inner = f"(?{flags[1]}:{inner[flags.end() :]})"
        self._add(f"(?:{inner})", end + 2 - self._at)


def _malformed(pattern: str, why: str) -> ConfigError:
    return ConfigError(f"the filter pattern '{pattern}' cannot be used: {why}")
