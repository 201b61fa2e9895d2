"""The folders of the machine the server runs on, as pickers see them: made up, so that nothing of the real machine is shown or
changed (protocol.md §9.2).
"""

from __future__ import annotations

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import CallError, Status
from clouddrive2.emulator.state import State
from clouddrive2.emulator.tree import Refusal

__all__ = ["LocalFolders"]

USUAL = ("/", "/home", "/media", "/mnt")


class LocalFolders:
    """Folders by path; those that were created survive a restart.

    Args:
        state: What survives.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._all = {*USUAL, *state.load("local_folders", [])}

    def names(self, folder: str) -> list[str]:
        """What is in a folder.

        Raises:
            CallError: NOT_FOUND: there is none.
        """
        folder = paths.normalise(folder or "/")
        if folder not in self._all:
            raise CallError(Status.NOT_FOUND, f"{folder} does not exist on the server's machine")
        return sorted(paths.tail(each) for each in self._all if each != "/" and paths.parent(each) == folder)

    def create(self, folder: str, name: str) -> str:
        """Create a folder; its path.

        Raises:
            CallError: NOT_FOUND: there is no folder to create it in.
            Refusal: The name is none, or taken.
        """
        if name in self.names(folder):
            raise Refusal(f"{name} already exists")
        if problem := paths.check_name(name):
            raise Refusal(problem)
        path = paths.join(paths.normalise(folder or "/"), name)
        self._all.add(path)
        self._state.save("local_folders", sorted(self._all.difference(USUAL)))
        return path
