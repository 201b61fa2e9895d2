"""The list of cloud accounts, kept the same on every server of one account (protocol.md §18.5)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["CloudSyncAccount", "CloudSyncEnd", "CloudSyncPreview", "CloudSyncResult", "CloudSyncState", "CloudSyncStatus"]


class CloudSyncState(IntEnum):
    """How a cloud account here compares with the copy. Values a newer server may have are ``UNKNOWN``."""

    UNKNOWN = -1
    SAME = 0
    DIFFERENT = 1
    ONLY_HERE = 2
    ONLY_IN_COPY = 3

    @classmethod
    def _missing_(cls, value: object) -> CloudSyncState:
        return cls.UNKNOWN


@dataclass(frozen=True, slots=True)
class CloudSyncStatus:
    """Whether the list is kept the same.

    Attributes:
        signed_in: Whether the server is signed in at all.
        enabled: Whether the list is kept the same.
        has_unsent: Whether changes made here have yet to go out.
        synced, only_here: How many cloud accounts are in the copy, and how many stay on this server.
    """

    signed_in: bool
    enabled: bool
    has_unsent: bool
    synced: int
    only_here: int

    @classmethod
    def from_proto(cls, message: pb.CloudSyncStatus) -> CloudSyncStatus:
        """From ``GetCloudSyncStatus``."""
        return cls(
            message.isLogin,
            message.syncWithCloud,
            message.pendingUpload,
            message.syncedAccounts,
            message.localOnlyAccounts,
        )


@dataclass(frozen=True, slots=True)
class CloudSyncAccount:
    """One cloud account, here and in the copy.

    Attributes:
        cloud, account: Which one.
        path, copied_path: Its folder here and in the copy; empty where it is not.
        state: How both compare.
        stays: It never leaves this server.
    """

    cloud: str
    account: str
    path: str
    copied_path: str
    state: CloudSyncState
    stays: bool

    @classmethod
    def from_proto(cls, message: pb.CloudSyncAccountDiff) -> CloudSyncAccount:
        """From one of ``PreviewCloudSync``."""
        state = CloudSyncState(message.state)
        return cls(message.cloudName, message.userName, message.localPath, message.cloudPath, state, message.localDoNotSync)


@dataclass(frozen=True, slots=True)
class CloudSyncPreview:
    """What is here and what is in the copy, before one replaces the other.

    Attributes:
        has_copy: Whether there is a copy.
        version: Of the copy; it changes with every change of it.
        accounts: Every cloud account of both.
    """

    has_copy: bool
    version: str
    accounts: tuple[CloudSyncAccount, ...]

    @classmethod
    def from_proto(cls, message: pb.CloudSyncPreview) -> CloudSyncPreview:
        """From ``PreviewCloudSync``."""
        accounts = tuple(CloudSyncAccount.from_proto(each) for each in message.accounts)
        return cls(message.cloudHasData, message.cloudDataVersion, accounts)

    def count(self, state: CloudSyncState) -> int:
        """How many compare so; those that stay do not count."""
        return sum(each.state is state for each in self.accounts if not each.stays)


@dataclass(frozen=True, slots=True)
class CloudSyncResult:
    """What keeping the list the same has changed.

    Attributes:
        added, updated, removed: Cloud accounts of this server.
        uploaded: Whether the copy was replaced.
    """

    added: int
    updated: int
    removed: int
    uploaded: bool

    @classmethod
    def from_proto(cls, message: pb.CloudSyncResult) -> CloudSyncResult:
        """From ``EnableCloudSync``."""
        return cls(message.accountsAdded, message.accountsUpdated, message.accountsRemoved, message.uploaded)


@dataclass(frozen=True, slots=True)
class CloudSyncEnd:
    """What was done when the list was no longer to be kept the same.

    Attributes:
        sent: Changes that had yet to go out have gone.
        copy_removed: There is no copy any more.
    """

    sent: bool
    copy_removed: bool

    @classmethod
    def from_proto(cls, message: pb.DisableCloudSyncResult) -> CloudSyncEnd:
        """From ``DisableCloudSync``."""
        return cls(message.pendingChangesSent, message.cloudDataCleared)
