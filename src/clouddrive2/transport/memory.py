"""Which servers are reached by gRPC-Web only, kept between runs so that not every command finds out anew."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

__all__ = ["TransportMemory"]

logger = logging.getLogger(__name__)

# After this the proxy may have been taught HTTP/2: gRPC is tried again.
KEPT_SECONDS = 24 * 3600.0


class TransportMemory:
    """A small file in the state folder: address to the moment gRPC-Web was found to be the way.

    What cannot be read or written is as good as not remembered: it costs one attempt more.

    Args:
        folder: The state folder; made when there is something to remember.
        clock: Seconds since the epoch.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._path = folder / "transports.json"
        self._clock = clock

    def needs_web(self, url: str) -> bool:
        """Whether gRPC-Web was the way to this server within the last day."""
        return url in self._fresh()

    def remember(self, url: str) -> None:
        """gRPC-Web is the way."""
        self._write({**self._fresh(), url: self._clock()})

    def forget(self, url: str) -> None:
        """It was, and is no more."""
        kept = self._fresh()
        if kept.pop(url, None) is not None:
            self._write(kept)

    def _fresh(self) -> dict[str, float]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        now = self._clock()
        pairs = found.items() if isinstance(found, dict) else ()
        return {url: since for url, since in pairs if isinstance(since, (int, float)) and 0 <= now - since < KEPT_SECONDS}

    def _write(self, kept: dict[str, float]) -> None:
        folder = self._path.parent
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Readable by its owner only; the old file stays until the new one is complete.
            handle, temporary = tempfile.mkstemp(prefix=".transports-", dir=folder)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(kept, file)
                Path(temporary).replace(self._path)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    Path(temporary).unlink()
                raise
        except OSError as error:
            text = "which transport a server needs is not remembered: %s: %s"
            logger.info(text, self._path, error.strerror, extra={"action": "transport_not_remembered"})
