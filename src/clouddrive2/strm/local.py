"""The local folder: what stands in it, and changes to it that never leave it."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from clouddrive2.api.local_files import check_local_name, local_errors, publish
from clouddrive2.errors import InvalidRequest
from clouddrive2.strm.plan import Record, State

__all__ = ["LocalFolder", "digest_of"]

# A .strm file holds one line; more than this is none of ours.
MOST_BYTES = 64 * 1024


def digest_of(content: str) -> str:
    """What is remembered of a content."""
    return hashlib.sha256(content.encode()).hexdigest()


class LocalFolder:
    """One local folder. Paths in it are relative, with ``/``. Blocks: to be called in a thread.

    Args:
        root: The folder; made with the first file.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def look(self, targets: Iterable[str], records: Mapping[str, Record]) -> dict[str, State]:
        """What stands at each of them; files whose size and time are as we left them are not read."""
        links: dict[str, bool] = {}
        return {target: self._state(target, records.get(target), links) for target in targets}

    def read(self, target: str) -> str | None:
        """What a file holds that may be a ``.strm`` file; ``None`` when it is none."""
        path = self._path(target)
        try:
            if not stat.S_ISREG(os.lstat(path).st_mode):
                return None
            with path.open("rb") as file:
                return file.read(MOST_BYTES).decode()
        except (OSError, UnicodeDecodeError):
            return None

    def make_parents(self, target: str) -> list[str]:
        """Make the folders above a file; those that were missing.

        Raises:
            InvalidRequest: A name leads out of the folder, or a folder is a link, which may.
            clouddrive2.Error: The file system refuses.
        """
        path = self._path(target)
        made = []
        with local_errors(lambda: path):
            self.root.mkdir(parents=True, exist_ok=True)
            folder = self.root
            for part in target.split("/")[:-1]:
                folder /= part
                with suppress(FileExistsError):
                    folder.mkdir()
                    made.append(folder.relative_to(self.root).as_posix())
                if folder.is_symlink():
                    raise InvalidRequest(f"{folder} is a link; nothing is written through it", path=str(folder))
        return made

    def write(self, target: str, content: str, *, replace: bool) -> tuple[int, int]:
        """Write a file in one step; its size and time.

        Raises:
            AlreadyExists: Something stands there, and is not to be replaced.
            clouddrive2.Error: The file system refuses.
        """
        path = self._path(target)
        part = path.with_name(f".cd2-{secrets.token_hex(8)}.part")
        with local_errors(lambda: path):
            try:
                part.write_text(content, encoding="utf-8", newline="")
                publish(part, path, overwrite=replace)
            finally:
                part.unlink(missing_ok=True)
            return self.written(target)

    def written(self, target: str) -> tuple[int, int]:
        """Size and time of a file, by which it is known again."""
        status = os.lstat(self._path(target))
        return status.st_size, status.st_mtime_ns

    def delete(self, target: str, record: Record) -> bool:
        """Delete a file if it is still ours; whether it is gone."""
        path = self._path(target)
        if self._state(target, record, {}) not in (State.OURS, State.EMPTY):
            return False
        with local_errors(lambda: path):
            path.unlink(missing_ok=True)
        return True

    def remove_folders(self, folders: Iterable[str]) -> list[str]:
        """Remove folders that are empty, the deepest first; those that are gone."""
        gone = []
        for folder in sorted(folders, key=lambda folder: folder.count("/"), reverse=True):
            try:
                self._path(folder).rmdir()
            except FileNotFoundError:
                pass
            except OSError:
                # Somebody has something in it, or a link stands there: it stays, and is no longer ours to judge.
                continue
            gone.append(folder)
        return gone

    def _path(self, target: str) -> Path:
        for part in target.split("/"):
            check_local_name(part, target)
            if os.sep in part or (os.altsep and os.altsep in part) or (os.name == "nt" and ":" in part):
                raise InvalidRequest(f"{part!r} cannot be a local file name on this system", path=target)
        return self.root / target

    def _state(self, target: str, record: Record | None, links: dict[str, bool]) -> State:
        try:
            path = self._path(target)
        except InvalidRequest:
            # Writing it says why it cannot be.
            return State.MISSING
        if self._through_link(target.rpartition("/")[0], links):
            return State.FOREIGN
        try:
            status = os.lstat(path)
        except OSError as error:
            # What the file system cannot have is not there either; writing it says why.
            missing = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ)
            return State.MISSING if error.errno in missing else State.FOREIGN
        if record is None or not stat.S_ISREG(status.st_mode):
            return State.FOREIGN
        if (status.st_size, status.st_mtime_ns) == record.written:
            return State.OURS
        if record.is_copy:
            return State.EDITED
        content = self.read(target)
        if content == "":
            return State.EMPTY
        return State.OURS if content is not None and digest_of(content) == record.digest else State.EDITED

    def _through_link(self, folder: str, links: dict[str, bool]) -> bool:
        if not folder:
            return False
        if folder not in links:
            links[folder] = (self.root / folder).is_symlink() or self._through_link(folder.rpartition("/")[0], links)
        return links[folder]
