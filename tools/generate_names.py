"""Writes ``src/clouddrive2/_homes.py``: where each public name is found, from what ``__init__.py`` shows to type checkers."""

from __future__ import annotations

import ast
from pathlib import Path

SOURCE = "src/clouddrive2/__init__.py"
TARGET = "src/clouddrive2/_homes.py"
HEAD = '''"""Where each public name is found. Generated from the imports in ``__init__.py``: do not edit."""

from __future__ import annotations

__all__ = ["HOMES"]

'''


def names_files(root: Path) -> dict[Path, str]:
    """The generated file and its text."""
    tree = ast.parse((root / SOURCE).read_text(encoding="utf-8"))
    shown = next(node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    homes = {alias.name: node.module for node in shown.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    rows = "".join(f'    "{name}": "{homes[name]}",\n' for name in sorted(homes))
    return {Path(TARGET): f"{HEAD}HOMES = {{\n{rows}}}\n"}
