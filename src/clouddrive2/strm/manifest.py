"""What we wrote into a local folder, kept in a file of that folder; holds no link, so nothing secret."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from clouddrive2.api.local_files import local_errors
from clouddrive2.errors import ConfigError
from clouddrive2.strm.plan import Record

__all__ = ["NAME", "Manifest"]

# Media servers do not look at hidden files.
NAME = ".clouddrive2-strm.json"
VERSION = 1


@dataclass(slots=True)
class Manifest:
    """One local folder's files.

    Attributes:
        cloud_dir: The folder of the drive they stand for.
        files: What is remembered of each, by its path below the local folder.
        folders: Folders we made, which may go when they are empty.
    """

    cloud_dir: str
    files: dict[str, Record] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)

    @classmethod
    def load(cls, local_dir: Path, cloud_dir: str) -> Manifest:
        """What is kept in a folder; empty when there is nothing.

        Raises:
            ConfigError: It is no folder, or stands for another one, or the file cannot be understood.
        """
        path = local_dir / NAME
        if local_dir.exists() and not local_dir.is_dir():
            raise ConfigError(f"{local_dir} is a file; give a folder to write to", path=str(local_dir))
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            version = told["version"]
            manifest = cls(
                told["cloud_dir"],
                {target: Record(**{**kept, "written": tuple(kept["written"])}) for target, kept in told["files"].items()},
                set(told["folders"]),
            )
        except (FileNotFoundError, NotADirectoryError):
            return cls(cloud_dir)
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror}", path=str(path)) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(
                f"{path} cannot be understood; it tells which files are ours. Delete it, and they are taken over again "
                "where they hold the right links",
                path=str(path),
            ) from error
        if version != VERSION:
            raise ConfigError(f"{path} was written by a newer version of this program; update it", path=str(path))
        if manifest.cloud_dir != cloud_dir:
            raise ConfigError(
                f"{local_dir} holds the files of {manifest.cloud_dir}, not of {cloud_dir}; give every folder of the drive a "
                "local folder of its own",
                path=str(local_dir),
            )
        return manifest

    def save(self, local_dir: Path) -> None:
        """Replace what is kept, in one step.

        Raises:
            clouddrive2.Error: The folder cannot be written to.
        """
        told = {
            "version": VERSION,
            "cloud_dir": self.cloud_dir,
            "folders": sorted(self.folders),
            "files": {target: asdict(record) for target, record in sorted(self.files.items())},
        }
        path, part = local_dir / NAME, local_dir / f"{NAME}.{os.getpid()}.part"
        with local_errors(lambda: path):
            try:
                part.write_text(json.dumps(told, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
