"""Which files take part: rules, sizes and ages, in the notation of rclone.

The first rule that matches a path decides; a path that none matches takes part. The rules stand in this order: includes,
includes from files, excludes, excludes from files, filters, filters from files; where there is an include, everything
else is excluded at the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from clouddrive2.errors import ConfigError
from clouddrive2.sync.globs import Pattern, compile_pattern
from clouddrive2.sync.units import parse_age, parse_size

__all__ = ["EVERYTHING", "FilterOptions", "Filters"]

# Inside such a pattern a slash does not part folders, so that nothing can be said of folders from it.
HARD = re.compile(r"\{\{|\{[^{}]*(\*\*|/|\{)")


@dataclass(frozen=True, slots=True)
class FilterOptions:
    """The options as they are given; see rclone's. ``*_from`` name files of rules, one a line; ``#`` and ``;`` begin remarks."""

    include: Sequence[str] = ()
    include_from: Sequence[str] = ()
    exclude: Sequence[str] = ()
    exclude_from: Sequence[str] = ()
    filter: Sequence[str] = ()
    filter_from: Sequence[str] = ()
    files_from: Sequence[str] = ()
    ignore_case: bool = False
    min_size: str | None = None
    max_size: str | None = None
    min_age: str | None = None
    max_age: str | None = None


class Rule:
    """One rule.

    Args:
        pattern: What it matches; with a slash at its end it stands for a folder.
        takes: Whether what matches takes part.
        ignore_case: Whether upper and lower case are alike.
    """

    def __init__(self, pattern: str, takes: bool, ignore_case: bool) -> None:
        self.takes = takes
        self._folder: Pattern | None = None
        # A rule of a folder takes no file by itself; excluded, the folder is out with all that is in it.
        self.of_folder_only = pattern.endswith("/") and takes
        if pattern.endswith("/") and not takes:
            pattern += "**"
        self._path = compile_pattern(pattern, ignore_case=ignore_case)
        # What such a rule says of a folder, it says of everything below it.
        self._covers = pattern.endswith("**") or pattern in ("*", "/*/**")
        self._may_begin = [] if not takes else [compile_pattern(one, ignore_case=ignore_case) for one in _folders_of(pattern)]

    def matches(self, path: str) -> bool:
        """Whether it decides about a file."""
        return not self.of_folder_only and self._path.search(path) is not None

    def says_of_folder(self, folder: str) -> bool | None:
        """Whether something below a folder may take part because of this rule; ``None`` leaves it to the next one."""
        if self.takes:
            return True if any(pattern.search(folder + "/") for pattern in self._may_begin) else None
        return False if self._covers and self._path.search(folder + "/" if folder else "x") else None


def _folders_of(pattern: str) -> list[str]:
    """Patterns of the folders that lead to what an include matches."""
    pattern = re.sub("/{2,}", "/", pattern)
    if not pattern.startswith("/") or HARD.search(pattern):
        return ["/**"]
    found = []
    for at in range(1, len(pattern)):
        if pattern.startswith("**", at):
            found.append(pattern[:at] + "**")
        elif pattern[at] == "/":
            found.append(pattern[: at + 1])
    return found


class Filters:
    """The filters of one run.

    Args:
        options: What is asked for.
        now: The present, for ages.
        read: Gives the text of a file of rules; ``-`` is for the caller to understand.

    Raises:
        ConfigError: A pattern, size or age cannot be used, or options exclude each other.
    """

    def __init__(
        self,
        options: FilterOptions,
        now: datetime,
        read: Callable[[str], str] = lambda name: Path(name).read_text(encoding="utf-8"),
    ) -> None:
        self._read = read
        self._ignore_case = options.ignore_case
        self._rules = self._make_rules(options)
        self._min_size, self._max_size = _size(options.min_size), _size(options.max_size)
        # Younger than the one, older than the other.
        self._after, self._before = _moment(options.max_age, now), _moment(options.min_age, now)
        if self._after and self._before and self._after > self._before:
            raise ConfigError(f"--min-age {options.min_age} and --max-age {options.max_age} leave no file")
        self._files: frozenset[str] | None = None
        self._folders: frozenset[str] = frozenset()
        if options.files_from:
            if self._rules or any((options.min_size, options.max_size, options.min_age, options.max_age)):
                raise ConfigError("--files-from names every file; it goes with no other filter")
            names = [line.strip("/") for name in options.files_from for line in self._lines(name)]
            self._files = frozenset(names)
            self._folders = frozenset(folder for name in names for folder in _parents(name))

    def takes(self, path: str, size: int, modified: datetime | None) -> bool:
        """Whether a file takes part.

        Args:
            path: From the root of the run, without a slash in front.
            size: Bytes.
            modified: When it was changed; a file of unknown age takes part whatever ages are asked for.
        """
        if self._files is not None:
            return path in self._files
        if self._min_size is not None and size < self._min_size:
            return False
        if self._max_size is not None and size > self._max_size:
            return False
        if modified is not None:
            if self._after is not None and modified < self._after:
                return False
            if self._before is not None and modified > self._before:
                return False
        return next((rule.takes for rule in self._rules if rule.matches(path)), True)

    def enters(self, folder: str) -> bool:
        """Whether anything below a folder may take part; a folder that is not entered is not even listed."""
        if self._files is not None:
            return folder in self._folders
        return next((said for rule in self._rules if (said := rule.says_of_folder(folder)) is not None), True)

    def _make_rules(self, options: FilterOptions) -> list[Rule]:
        rules: list[Rule] = []

        def add(patterns: Iterable[str], names: Iterable[str], *, takes: bool) -> None:
            rules.extend(Rule(pattern, takes, self._ignore_case) for pattern in patterns)
            rules.extend(Rule(line, takes, self._ignore_case) for name in names for line in self._lines(name))

        add(options.include, options.include_from, takes=True)
        add(options.exclude, options.exclude_from, takes=False)
        for line in [*options.filter, *(line for name in options.filter_from for line in self._lines(name))]:
            match line[:2], line[2:]:
                case "!", "":
                    rules.clear()
                case ("+ " | "- ") as sign, pattern if pattern:
                    rules.append(Rule(pattern, sign == "+ ", self._ignore_case))
                case _:
                    raise ConfigError(f"'{line}' is no filter rule; it starts with '+ ' or '- ', or is '!'")
        if options.include or options.include_from:
            rules.append(Rule("/**", False, self._ignore_case))
        return rules

    def _lines(self, name: str) -> list[str]:
        try:
            text = self._read(name)
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"the filter file {name} cannot be read: {getattr(error, 'strerror', None) or error}") from error
        lines = (line.strip() for line in text.splitlines())
        return [line for line in lines if line and line[0] not in "#;"]


def _size(text: str | None) -> int | None:
    return None if text is None else parse_size(text)


def _moment(text: str | None, now: datetime) -> datetime | None:
    return None if text is None else parse_age(text, now)


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:number]) for number in range(1, len(parts))]


EVERYTHING = Filters(FilterOptions(), datetime.min)
