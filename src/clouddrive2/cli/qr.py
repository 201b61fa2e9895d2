"""QR codes on a terminal."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from clouddrive2.cli.context import Cli

__all__ = ["draw", "keep_picture"]


def draw(cli: Cli, text: str) -> None:
    """Draw a text as a QR code on standard error; where that is no terminal, or JSON is wanted, the text is enough."""
    if cli.settings.json or not sys.stderr.isatty():
        return
    # Loaded here: only a login by QR code needs it.
    import segno

    sys.stderr.flush()
    segno.make(text, micro=False).terminal(sys.stderr, compact=True, border=2)


def keep_picture(picture: bytes) -> Path:
    """A picture the server drew, as a file of the person's own to look at."""
    suffix = ".png" if picture.startswith(b"\x89PNG") else ".jpg" if picture.startswith(b"\xff\xd8") else ".img"
    with tempfile.NamedTemporaryFile(prefix="cd2-qr-", suffix=suffix, delete=False) as file:
        file.write(picture)
    return Path(file.name)
