"""The public names are exactly what the package says they are."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import clouddrive2
from clouddrive2 import errors


def test_every_listed_name_is_there() -> None:
    for name in clouddrive2.__all__:
        value = getattr(clouddrive2, name)
        assert value.__name__ == name
        assert value.__module__.startswith("clouddrive2."), name


def test_lists_are_sorted_and_agree() -> None:
    assert clouddrive2.__all__ == sorted(set(clouddrive2.__all__))
    assert set(clouddrive2.__all__) <= set(dir(clouddrive2))
    tree = ast.parse(Path(clouddrive2.__file__).read_text(encoding="utf-8"))
    [typed] = [node for node in tree.body if isinstance(node, ast.If)]
    for_checkers = {alias.name for node in typed.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert for_checkers == set(clouddrive2.__all__)


def test_every_error_is_public() -> None:
    assert set(errors.__all__) <= set(clouddrive2.__all__)


def test_other_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="NoSuchName"):
        _ = clouddrive2.NoSuchName


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, clouddrive2; print(sorted({'grpc', 'google.protobuf', 'httpx', 'sqlite3'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
