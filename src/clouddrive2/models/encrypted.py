"""Encrypted folders (protocol.md §5.7)."""

from __future__ import annotations

from enum import StrEnum

from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["EncryptionState"]


class EncryptionState(StrEnum):
    """What an entry is as to encryption."""

    NONE = "none"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    UNKNOWN = "unknown"

    @classmethod
    def from_proto(cls, message: pb.CloudDriveFile) -> EncryptionState:
        """From a listing or look-up."""
        known = (cls.NONE, cls.LOCKED, cls.UNLOCKED)
        return known[message.fileEncryptionType] if message.fileEncryptionType < len(known) else cls.UNKNOWN
