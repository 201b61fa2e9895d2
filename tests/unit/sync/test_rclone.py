"""The same rules given to rclone: the same files take part."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clouddrive2.sync.filters import FilterOptions, Filters

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("rclone") is None, reason="rclone is not installed"),
]

FOLDERS = ["a", "b", "ab", "x", "A", "1", "b.d"]
NAMES = ["fa", "fb", "a.jpg", "b.txt", "B.TXT", "x[1]", "a{b", "é", "a b", "12"]
ATOMS = ["a", "b", "*", "**", "?", "/", "{a,b}", "{a,*b}", "[ab]", "[^b]", r"\[", r"\{", ".jpg", "{{a|b}}", "{{[ab]+}}"]
ATOMS += ["1", r"\d", "[[:alpha:]]", "é", " ", "x"]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root, chance = tmp_path_factory.mktemp("tree"), random.Random(2026)
    for depth in range(4):
        for parts in itertools.product(FOLDERS, repeat=depth):
            if depth < 2 or chance.random() < 0.2:
                folder = root.joinpath(*parts)
                folder.mkdir(parents=True, exist_ok=True)
                for name in chance.sample(NAMES, 5):
                    (folder / name).touch()
    return root


def rules(chance: random.Random) -> list[str]:
    """Some rules. An include that may match at several depths is one from the top: of others rclone misses files."""
    made = []
    for _ in range(chance.randint(1, 3)):
        pattern = "".join(chance.choices(ATOMS, k=chance.randint(1, 4)))
        sign = chance.choice("+-")
        if (sign == "+" and ("/" in pattern or "**" in pattern)) or chance.random() < 0.2:
            pattern = "/" + pattern
        made.append(f"{sign} {pattern}{'/' if chance.random() < 0.1 else ''}")
    return [*made, "- *"] if chance.random() < 0.5 else made


@pytest.mark.parametrize("seed", range(100))
def test_the_same_files(tree: Path, seed: int) -> None:
    chance = random.Random(seed)
    given, ignore_case = rules(chance), chance.random() < 0.2
    options = [part for rule in given for part in ("--filter", rule)] + ["--ignore-case"] * ignore_case
    command = ["rclone", "--config", os.devnull, "lsf", "-R", "--files-only", *options, str(tree)]
    theirs = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    filters = Filters(FilterOptions(filter=given, ignore_case=ignore_case), datetime.now(UTC))
    paths = [path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()]
    assert sorted(path for path in paths if filters.takes(path, 0, None)) == sorted(theirs), given
