"""Keeping the list of cloud accounts the same on every server of one account (protocol.md §18.5)."""

from __future__ import annotations

from typing import Literal

from google.protobuf.empty_pb2 import Empty

from clouddrive2.errors import ConfigError
from clouddrive2.models.cloud_sync import CloudSyncEnd, CloudSyncPreview, CloudSyncResult, CloudSyncStatus
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["AsyncCloudSync"]

Kept = Literal["copy", "here"]
STRATEGIES = {"copy": pb.CloudSyncRemoteOverwritesLocal, "here": pb.CloudSyncLocalOverwritesRemote}


class AsyncCloudSync:
    """``client.cloud_sync``. The maker's service holds a copy of the list; every server that takes part has the same one.

    Servers older than 1.1.0 answer :class:`clouddrive2.Unsupported`.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def status(self) -> CloudSyncStatus:
        """Whether the list is kept the same. May be repeated.

        Raises:
            PermissionDenied: The token may not see the account.
        """
        return CloudSyncStatus.from_proto(await self._caller.unary("GetCloudSyncStatus", Empty(), pb.CloudSyncStatus))

    async def preview(self) -> CloudSyncPreview:
        """How the list here and the copy differ. Changes nothing, and may be repeated.

        Raises:
            PermissionDenied: The token may not see the account.
        """
        return CloudSyncPreview.from_proto(await self._caller.unary("PreviewCloudSync", Empty(), pb.CloudSyncPreview))

    async def enable(self, preview: CloudSyncPreview, *, keep: Kept) -> CloudSyncResult:
        """Keep the list the same from now on; one of both replaces the other as a whole.

        Args:
            preview: What :meth:`preview` said, and a person has seen. Nothing happens if the copy has changed since.
            keep: ``copy`` replaces the list of this server: cloud accounts that are only here go. ``here`` replaces the copy,
                and so the lists of all other servers that take part.

        Raises:
            ConfigError: There is no copy to keep: every cloud account would go.
            OperationFailed: The copy has changed since the preview; make another one.
            PermissionDenied: The token may not change the account, or the plan does not cover all of the accounts.
        """
        if keep not in STRATEGIES:
            raise ConfigError(f"'{keep}' cannot be kept; say 'copy' or 'here'")
        if keep == "copy" and not preview.has_copy:
            raise ConfigError("there is no copy to keep, and every cloud account here would go; keep what is here")
        request = pb.EnableCloudSyncRequest(strategy=STRATEGIES[keep], expectedCloudDataVersion=preview.version)
        return CloudSyncResult.from_proto(await self._caller.unary("EnableCloudSync", request, pb.CloudSyncResult))

    async def disable(self, *, remove_copy: bool = False) -> CloudSyncEnd:
        """Keep the list of this server to itself from now on; its cloud accounts stay.

        Args:
            remove_copy: Remove the copy, too; other servers that take part lose it.

        Raises:
            PermissionDenied: The token may not change the account.
        """
        request = pb.DisableCloudSyncRequest(clearCloudData=remove_copy)
        return CloudSyncEnd.from_proto(await self._caller.unary("DisableCloudSync", request, pb.DisableCloudSyncResult))
