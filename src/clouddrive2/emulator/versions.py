"""Which methods an older server does not have (protocol.md §19)."""

from __future__ import annotations

from clouddrive2.proto.methods import Method

__all__ = ["is_newer", "since"]

# Older than the method table, which starts with 1.0.0 (protocol.md §8, §19).
_EARLIER = {
    "StartRemoteUpload": "0.9.9",
    "RemoteUploadControl": "0.9.9",
    "RemoteUploadChannel": "0.9.9",
    "RemoteReadData": "0.9.9",
    "RemoteHashProgress": "0.9.9",
    "GetApiTokenInfo": "0.9.9",
    "CreateToken": "0.9.9",
    "ModifyToken": "0.9.9",
    "RemoveToken": "0.9.9",
    "ListTokens": "0.9.9",
    "GetMergeTasks": "0.9.9",
    "CancelMergeTask": "0.9.9",
}


def since(method: Method) -> str | None:
    """First version that has the method; ``None`` for those that were always there."""
    return method.since or _EARLIER.get(method.name)


def is_newer(version: str | None, than: str) -> bool:
    """Whether a version comes after another; nothing is newer than ``None``."""
    return version is not None and _numbers(version) > _numbers(than)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
