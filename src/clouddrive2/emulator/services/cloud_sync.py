"""Account-data sync over the API (protocol.md §18.5)."""

from __future__ import annotations

from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator.call import Call
from clouddrive2.emulator.cloud_sync import CloudSync
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["CloudSyncService"]


class CloudSyncService:
    """GetCloudSyncStatus, PreviewCloudSync, EnableCloudSync, DisableCloudSync."""

    def __init__(self, sync: CloudSync) -> None:
        self._sync = sync

    async def GetCloudSyncStatus(self, request: Empty, call: Call) -> pb.CloudSyncStatus:
        return self._sync.status()

    async def PreviewCloudSync(self, request: Empty, call: Call) -> pb.CloudSyncPreview:
        return self._sync.preview()

    async def EnableCloudSync(self, request: pb.EnableCloudSyncRequest, call: Call) -> pb.CloudSyncResult:
        return await self._sync.enable(request)

    async def DisableCloudSync(self, request: pb.DisableCloudSyncRequest, call: Call) -> pb.DisableCloudSyncResult:
        return self._sync.disable(clear=request.clearCloudData)
