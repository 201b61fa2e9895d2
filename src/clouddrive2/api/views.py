"""How a token with a root folder sees paths (protocol.md §2.5): one place that turns ours into the server's and back."""

from __future__ import annotations

from dataclasses import replace

from clouddrive2.config import ServerConfig
from clouddrive2.models import paths
from clouddrive2.models.files import Entry

__all__ = ["PathView"]


class PathView:
    """``as_given`` sends paths as they are, ``prefix`` puts the root folder before them, ``strip`` takes it off."""

    def __init__(self, server: ServerConfig) -> None:
        self._mode = server.path_view
        self._root = paths.normalise(server.root_folder)

    def sent(self, path: str) -> str:
        """The path as the server is asked."""
        path = paths.normalise(path)
        if self._mode == "prefix":
            return paths.join(self._root, path)
        if self._mode == "strip" and paths.is_below(path, self._root):
            return paths.normalise(path[len(self._root.rstrip("/")) :])
        return path

    def shown(self, path: str) -> str:
        """A path of the server as the user writes it. Paths of a mount, which upload lists have too, stay as they are."""
        if self._mode == "prefix" and paths.is_below(path, self._root):
            return paths.normalise(path[len(self._root.rstrip("/")) :])
        if self._mode == "strip" and path.startswith("/") and not paths.is_below(path, self._root):
            return paths.join(self._root, path)
        return path

    def received(self, entry: Entry) -> Entry:
        """An entry with its path as the user writes it."""
        return entry if self._mode == "as_given" else replace(entry, path=self.shown(entry.path))
