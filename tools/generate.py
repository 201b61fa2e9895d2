"""Generate every committed file that comes from another file; ``--check`` compares instead of writing.

| Generated | by |
|---|---|
| ``src/clouddrive2/proto/clouddrive_pb2*.py(i)`` | the protocol compiler, from ``proto/clouddrive.proto`` |
| ``src/clouddrive2/proto/methods.py``, ``src/clouddrive2/api/raw.py`` | ``generate_contract.py``, from ``proto/`` |
| ``src/clouddrive2/_homes.py`` | ``generate_names.py``, from ``__init__.py`` |
| ``docs/reference/rpcs*.md`` | ``generate_coverage.py``, from the sources and ``proto/coverage.toml`` |
| ``src/clouddrive2/client/sync.py`` | ``generate_sync.py``, from the async client |
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import generate_contract
import generate_coverage
import generate_names

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Write the files that changed, or name those that differ and return 1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare byte for byte, write nothing")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        files = generate_contract.contract_files(ROOT, Path(folder)) | generate_names.names_files(ROOT)
    files |= generate_coverage.coverage_files(ROOT)
    stale = {path: text for path, text in files.items() if not same(ROOT / path, text)}
    for path, text in stale.items():
        if check:
            print(f"{path} differs from its source; run `make generate` and commit the result", file=sys.stderr)
        else:
            (ROOT / path).parent.mkdir(exist_ok=True)
            (ROOT / path).write_text(text, encoding="utf-8", newline="\n")
            print(f"wrote {path}")
    blocking_client_failed = blocking_client(check)
    return 1 if blocking_client_failed or (check and stale) else 0


def same(path: Path, text: str) -> bool:
    """Whether the file holds exactly this text."""
    return path.is_file() and path.read_bytes() == text.encode()


def blocking_client(check: bool) -> bool:
    """Run the generator of the blocking client, which reads files written just before; tell whether it failed."""
    script = ROOT / "tools/generate_sync.py"
    return subprocess.run([sys.executable, script, *(["--check"] if check else [])], check=False, cwd=ROOT).returncode != 0


if __name__ == "__main__":
    raise SystemExit(main())
