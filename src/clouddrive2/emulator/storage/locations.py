"""Where a cloud may lie, as text: ``s3://bucket/prefix``, ``dav://user@host/folder``, ``davs://...`` for HTTPS."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from clouddrive2.emulator.storage.base import Storage
from clouddrive2.emulator.storage.remote import Remote, RemoteStorage

__all__ = ["KINDS", "check_location", "open_location"]

# The kind of cloud that each one is (protocol.md §12.1).
KINDS = {"s3": "S3", "dav": "WebDAV", "davs": "WebDAV"}
EXAMPLES = "s3://bucket/prefix, dav://user@host/folder or davs://user@host/folder"


def check_location(location: str) -> str:
    """The kind of cloud a location stands for; nothing is asked there.

    Raises:
        ValueError: It is none; the text repeats no password.
    """
    try:
        parts = urlsplit(location)
        has_port = parts.port is not None
    except ValueError as error:
        raise ValueError(f"a location of a cloud is {EXAMPLES}") from error
    if parts.scheme not in KINDS or not parts.hostname:
        raise ValueError(f"a location of a cloud is {EXAMPLES}")
    if parts.password is not None:
        raise ValueError("a location holds no password, as others see it; docs/howto/emulator-storage.md says where it goes")
    if parts.query or parts.fragment:
        raise ValueError(f"a location has no '?' and no '#'; it is {EXAMPLES}")
    if parts.scheme == "s3" and (parts.username is not None or has_port):
        raise ValueError("s3:// takes a bucket and a prefix; credentials and endpoint come from AWS_* or a profile")
    return KINDS[parts.scheme]


def open_location(location: str, scratch: Path | None, limit: int, *, listing_seconds: float, listed_entries: int) -> Storage:
    """The storage at a location.

    Args:
        location: See above.
        scratch: Local folder for what is on its way; ``None`` takes a temporary one.
        limit, listing_seconds, listed_entries: See :class:`RemoteStorage`.

    Raises:
        ValueError: It is no location, or a library for it is missing.
        StorageError: Its server does not answer, does not have the place, or does not let us in.
    """
    check_location(location)
    remote = _remote(location)
    return RemoteStorage(remote, scratch, limit, listing_seconds=listing_seconds, listed_entries=listed_entries)


def _remote(location: str) -> Remote:
    parts = urlsplit(location)
    # Loaded only where they are wanted: each is an extra of its own.
    try:
        if parts.scheme == "s3":
            from clouddrive2.emulator.storage.s3 import S3Remote

            # As written: the library that splits makes host names small.
            return S3Remote(parts.netloc, unquote(parts.path))
        from clouddrive2.emulator.storage.dav import DavRemote
    except ModuleNotFoundError as error:
        extra = "s3" if parts.scheme == "s3" else "dav"
        raise ValueError(f"{parts.scheme}:// needs {error.name}: pip install 'clouddrive2[{extra}]'") from error
    scheme = "https" if parts.scheme == "davs" else "http"
    host = parts.netloc.rpartition("@")[2]
    return DavRemote(f"{scheme}://{host}{parts.path or '/'}", unquote(parts.username) if parts.username else None)
