"""Which files of the drive are followed, and what stands in the files written for them; pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from clouddrive2.errors import ConfigError, InvalidRequest
from clouddrive2.strm.scan import CloudFile

__all__ = ["SIDECARS", "VIDEOS", "StrmOptions"]

# What Jellyfin, Emby and Kodi all play.
VIDEOS = frozenset(
    "3gp asf avi divx dvr-ms f4v flv iso m2ts m2v m4v mkv mov mp4 mpeg mpg mts ogm ogv rm rmvb ts vob webm wmv wtv".split()  # noqa: SIM905
)
# What media servers look for beside a film.
SIDECARS = frozenset("ass bif idx jpeg jpg lrc nfo png smi srt ssa sub sup vtt webp".split())  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class StrmOptions:
    """What to write.

    Attributes:
        extensions: Of the files that get a ``.strm`` file, in lower case without a dot.
        min_size: Files with fewer bytes get none.
        sidecars: Copy subtitles, ``.nfo`` files and pictures beside them.
        base_url: Where the media server reaches the server, for links; by default where this client does.
        mounted_at: Write local paths instead of links: where the media server sees the folder that is followed.

    Raises:
        ConfigError: One of them cannot be used, or two exclude each other.
    """

    extensions: frozenset[str] = VIDEOS
    min_size: int = 0
    sidecars: bool = False
    base_url: str | None = None
    mounted_at: str | None = None

    def __post_init__(self) -> None:
        if not self.extensions:
            raise ConfigError("no extension is given, so no file would be written; name some, as in mkv,mp4")
        for extension in self.extensions:
            if not extension or extension != extension.lower() or set(extension) & set("./\\* "):
                raise ConfigError(f"{extension!r} is no extension; write it as in mkv,mp4")
        if self.sidecars and (both := self.extensions & SIDECARS):
            raise ConfigError(f"'{min(both)}' is copied as a sidecar, and cannot get a .strm file as well")
        if "strm" in self.extensions:
            raise ConfigError("a .strm file for a .strm file plays nothing; leave the extension out")
        if self.base_url is not None and self.mounted_at is not None:
            raise ConfigError("a file holds a link or a path; give base_url or mounted_at, not both")
        if self.base_url is not None:
            _check_base_url(self.base_url)
        if self.mounted_at is not None and not _is_absolute(self.mounted_at):
            raise ConfigError(f"'{self.mounted_at}' is not absolute; a media server looks from elsewhere", path=self.mounted_at)

    def takes(self, file: CloudFile) -> bool:
        """Whether it gets a ``.strm`` file."""
        return extension_of(file.path) in self.extensions and file.size >= self.min_size

    def copies(self, file: CloudFile) -> bool:
        """Whether it is copied as it is."""
        return self.sidecars and extension_of(file.path) in SIDECARS

    def local_path(self, path: str) -> str:
        """The content of a file that holds a path.

        Raises:
            InvalidRequest: It would take two lines, of which a player reads one.
        """
        assert self.mounted_at is not None
        if "\n" in path or "\r" in path:
            raise InvalidRequest("its path has a line break, and a .strm file is one line", path=path)
        if "\\" in self.mounted_at and not self.mounted_at.startswith("/"):
            return self.mounted_at.rstrip("\\/") + "\\" + path.replace("/", "\\")
        return f"{self.mounted_at.rstrip('/')}/{path}"

    def made_for(self, server: str, reader: str) -> str:
        """Names everything the content depends on beside the file, without telling it: it is kept beside each file written.

        Args:
            server: Address the client uses.
            reader: Whose link it is: an API token, or a user's name.
        """
        parts = ["path", self.mounted_at] if self.mounted_at is not None else ["link", self.base_url or server, reader]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def extension_of(path: str) -> str:
    """In lower case, without the dot; empty for names that have none, or only one."""
    stem, dot, extension = path.rpartition("/")[2].rpartition(".")
    return extension.lower() if stem and dot else ""


def _is_absolute(path: str) -> bool:
    return path.startswith(("/", "\\\\")) or path[1:3] in (":\\", ":/")


def _check_base_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or parts.username:
        raise ConfigError("base_url must be an address such as http://nas:19798 or https://example.com/cd2, without a query")
