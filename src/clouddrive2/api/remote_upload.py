"""The five RPCs of the server-driven upload, for the engine only (protocol.md §8.1)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Literal

from google.protobuf.empty_pb2 import Empty

from clouddrive2.api.views import PathView
from clouddrive2.models.transfers import TransferStatus
from clouddrive2.models.uploads import ChannelEvent, HashRequest, ReadRequest, StatusChanged
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["Control", "RemoteUpload"]

Control = Literal["cancel", "pause", "resume"]


class RemoteUpload:
    """Builds the messages, calls, and returns values.

    Attributes:
        limit: To be asked before bytes are sent.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.limit = caller.limits.up
        self._view = PathView(caller.server)

    async def start(self, path: str, size: int, known_hashes: Mapping[int, str]) -> str:
        """Announce a file; the server's upload id. Never repeated: a second one would be a second upload."""
        request = pb.StartRemoteUploadRequest(
            file_path=self._view.sent(path),
            file_size=size,
            known_hashes=dict(known_hashes),
            client_can_calculate_hashes=True,
        )
        reply = await self._caller.unary("StartRemoteUpload", request, pb.RemoteUploadStarted, path=path)
        return reply.upload_id

    async def channel(self, device_id: str, on_open: Callable[[], None]) -> AsyncGenerator[ChannelEvent, None]:
        """What the server asks and tells, until the stream ends; requests of kinds nobody knows are left out."""
        request = pb.RemoteUploadChannelRequest(device_id=device_id)
        messages = self._caller.stream("RemoteUploadChannel", request, pb.RemoteUploadChannelReply, on_open=on_open)
        async for message in messages:
            event = _event(message)
            if event is not None:
                yield event

    async def send(self, upload_id: str, offset: int, data: bytes, *, is_last: bool, lazy_read: bool) -> str | None:
        """Hand over bytes; ``None``, or the server's reason for refusing them. May be repeated."""
        request = pb.RemoteReadDataUpload(
            upload_id=upload_id,
            offset=offset,
            length=len(data),
            lazy_read=lazy_read,
            data=data,
            is_last_chunk=is_last,
        )
        reply = await self._caller.unary("RemoteReadData", request, pb.RemoteReadDataReply)
        return None if reply.success else reply.error_message or "the server refused the data without a reason"

    async def report_hash(
        self, upload_id: str, hash_type: int, hashed: int, total: int, value: str | None = None, blocks: Sequence[str] = ()
    ) -> None:
        """Tell how far a hash is, or, with ``value``, what it is. May be repeated."""
        request = pb.RemoteHashProgressUpload(
            upload_id=upload_id,
            bytes_hashed=hashed,
            total_bytes=total,
            hash_type=pb.CloudDriveFile.HashType.ValueType(hash_type),
            hash_value=value,
            block_hashes=blocks,
        )
        await self._caller.unary("RemoteHashProgress", request, pb.RemoteHashProgressReply)

    async def control(self, upload_id: str, action: Control) -> None:
        """Cancel, pause or resume; what comes of it is told on the channel."""
        request = pb.RemoteUploadControlRequest(upload_id=upload_id)
        getattr(request, action).SetInParent()
        await self._caller.unary("RemoteUploadControl", request, Empty)


def _event(message: pb.RemoteUploadChannelReply) -> ChannelEvent | None:
    kind = message.WhichOneof("request")
    if kind == "read_data":
        read = message.read_data
        return ReadRequest(message.upload_id, read.offset, read.length, read.lazy_read)
    if kind == "hash_data":
        wanted = message.hash_data
        # Only MD5 comes in blocks; beside another hash their size has no meaning (protocol.md §8.5).
        blocks = wanted.block_size if wanted.hash_type == pb.CloudDriveFile.HashType.Md5 else 0
        return HashRequest(message.upload_id, wanted.hash_type, blocks)
    if kind == "status_changed":
        changed = message.status_changed
        return StatusChanged(message.upload_id, TransferStatus(int(changed.status)), changed.error_message)
    return None
