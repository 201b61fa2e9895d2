"""``python -m clouddrive2.cli`` is ``cd2``."""

from __future__ import annotations

import sys

from clouddrive2.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
