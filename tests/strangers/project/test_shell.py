"""The shell script of the guide, as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.strangers
DOCS = Path(__file__).parents[3] / "docs" / "howto"
PAGES = [DOCS / "test-your-integration.md", DOCS / "test-your-integration.zh-CN.md"]


def blocks(page: Path) -> list[str]:
    """The code of a page without its remarks."""
    found = re.findall(r"```\w+\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [re.sub(r" +# .*", "", block) for block in found]


def test_both_languages_show_the_same() -> None:
    first, second = map(blocks, PAGES)
    assert first == second
    assert len(first) == 9


def test_a_script_waits_for_the_server_and_ends_it(tmp_path: Path) -> None:
    [script] = [block for block in blocks(PAGES[0]) if "mkfifo" in block]
    commands = {"cd2": f'exec "{sys.executable}" -m clouddrive2.cli "$@"', "my-tests": 'echo "against $1"; exit 7'}
    for name, text in commands.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "CLOUDDRIVE2_CONFIG_DIR": str(tmp_path)}
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert re.fullmatch(r"against 127\.0\.0\.1:\d+\n", done.stdout), done
    assert (done.returncode, done.stderr) == (7, "")
