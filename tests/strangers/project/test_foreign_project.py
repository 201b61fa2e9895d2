"""Somebody else's project installs the package and tests with it: the plugin is simply there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.strangers
HERE = Path(__file__).parent
ROOT = HERE.parents[2]


def test_the_fixtures_work_and_nothing_is_loaded_before(tmp_path: Path) -> None:
    shutil.copy(HERE / "test_their_tests.py", tmp_path)
    (tmp_path / "test_first.py").write_text(
        "import sys\n\n\ndef test_nothing_of_it_is_loaded():\n"
        "    assert not {'grpc', 'uvicorn', 'clouddrive2.testing'} & set(sys.modules)\n"
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "clouddrive2.pytest_plugin",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:asyncio",
    ]
    first = subprocess.run([*command, "test_first.py"], cwd=tmp_path, capture_output=True, text=True)
    assert "1 passed" in first.stdout, first.stdout + first.stderr
    rest = subprocess.run([*command, "test_their_tests.py"], cwd=tmp_path, capture_output=True, text=True)
    assert "3 passed" in rest.stdout, rest.stdout + rest.stderr


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_wheel_in_a_fresh_environment(tmp_path: Path) -> None:
    shutil.copy(HERE / "test_their_tests.py", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path / "dist"), str(ROOT))
    [wheel] = (tmp_path / "dist").glob("*.whl")
    run(sys.executable, "-m", "venv", str(tmp_path / "venv"))
    python = str(tmp_path / "venv" / "bin" / "python")
    install = subprocess.run(
        [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--constraint",
            str(ROOT / "constraints.txt"),
            f"{wheel}[emulator]",
            "pytest",
        ],
        capture_output=True,
        text=True,
        env=clean(),
    )
    if "No matching distribution" in install.stderr or "NewConnectionError" in install.stderr:
        pytest.skip(f"pip finds nothing to install here: {install.stderr[-300:]}")
    assert install.returncode == 0, install.stderr
    assert "3 passed" in run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_their_tests.py", cwd=tmp_path)


def run(*command: str, cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=clean())
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def clean() -> dict[str, str]:
    """This environment without the way to our sources."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PYTEST", "COV"))}
