"""How long each RPC may take (protocol.md §1.5). Whether it may be repeated stands in ``proto/methods.py``."""

from __future__ import annotations

from clouddrive2.config import Timeouts
from clouddrive2.proto.methods import METHODS, Method

__all__ = ["LONG_LIVED", "UNSIGNED", "deadline", "idle_limit"]

# Streams that are meant to last: no deadline, and no repeating behind the caller's back.
LONG_LIVED = frozenset(
    name for name in METHODS if name in {"PushMessage", "PushTaskChange", "RemoteUploadChannel", "WatchApp", "AppAgentChannel"}
) | frozenset(name for name, method in METHODS.items() if method.server_streaming and "QRCode" in name)

# For whoever cannot sign in, so no sign-in comes before them.
UNSIGNED = frozenset(name for name, method in METHODS.items() if method.public) - {"GetSystemInfo", "GetApiTokenInfo", "GetToken"}

DATA = frozenset({"RemoteReadData", "WriteToFile", "WriteToFileStream"})

# Calls that ask a cloud or wait for one.
SLOW = frozenset(
    {
        "AddOfflineFiles",
        "AddSharedLink",
        "ApiLoginGoogleDriveFinish",
        "BackupGetSyncIssues",
        "CloseFile",
        "CopyFile",
        "DiscoverSmbServers",
        "DiscoverSmbShares",
        "EnableCloudSync",
        "GetFileDetailProperties",
        "ListAllOfflineFiles",
        "ListOfflineFilesByPath",
        "MoveFile",
        "OpenArchiveFolder",
        "PreviewCloudSync",
        "ProbeArchive",
        "SyncFileChangesFromCloud",
        "WalkThroughFolderTest",
    }
) | frozenset(name for name in METHODS if name.lower().startswith("apilogin") and name not in LONG_LIVED)


def deadline(method: Method, timeouts: Timeouts) -> float | None:
    """Seconds the whole call may take; ``None`` for streams, which are watched by :func:`idle_limit` instead."""
    if method.server_streaming or method.client_streaming:
        return None
    if method.name in DATA:
        return timeouts.data
    if method.name in SLOW:
        return timeouts.slow
    return timeouts.read if method.repeatable else timeouts.mutation


def idle_limit(method: Method, timeouts: Timeouts) -> float | None:
    """Seconds of silence a server may keep in a stream: a listing may be long, but not silent. ``None``: it may."""
    if method.name in LONG_LIVED:
        return None
    return timeouts.data if method.name in DATA else timeouts.idle
