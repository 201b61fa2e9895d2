"""Generate every committed file that comes from another file; ``--check`` compares instead of writing.

| Generated | from |
|---|---|
| ``src/clouddrive2/proto/clouddrive_pb2*.py(i)`` | ``proto/clouddrive.proto`` |
| ``src/clouddrive2/proto/methods.py`` | ``proto/clouddrive.proto`` and ``proto/methods.toml`` |
| ``src/clouddrive2/api/raw.py`` | the same two |
| ``src/clouddrive2/client/sync.py`` | ``src/clouddrive2/api``, ``upload``, ``client/aio.py`` (by ``generate_sync.py``) |
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import generate_contract
import generate_sync

ROOT = Path(__file__).resolve().parent.parent


def generated() -> dict[Path, str]:
    """Every generated file, relative to the repository, with its content."""
    with tempfile.TemporaryDirectory() as folder:
        files = generate_contract.contract_files(ROOT, Path(folder))
    files[Path("src/clouddrive2/client/sync.py")] = generate_sync.blocking_client(ROOT)
    return {path: formatted(text) if formatting_wanted(path) else text for path, text in files.items()}


def formatting_wanted(path: Path) -> bool:
    """Protocol-compiler output stays as it comes; our own generated sources look like written ones."""
    return not path.name.startswith("clouddrive_pb2")


def formatted(text: str) -> str:
    """The text as ``ruff format`` leaves it."""
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", "generated.py", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True, cwd=ROOT).stdout


def main() -> int:
    """Write the files, or name those that differ and return 1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare byte for byte, write nothing")
    check = parser.parse_args().check
    stale = [path for path, text in generated().items() if not same(ROOT / path, text)]
    if check:
        for path in stale:
            print(f"{path} differs from its source; run `make generate` and commit the result", file=sys.stderr)
        return 1 if stale else 0
    for path, text in generated().items():
        if path in stale:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(text, encoding="utf-8", newline="\n")
            print(f"wrote {path}")
    return 0


def same(path: Path, text: str) -> bool:
    """Whether the file holds exactly this text."""
    return path.is_file() and path.read_bytes() == text.encode()


if __name__ == "__main__":
    raise SystemExit(main())
