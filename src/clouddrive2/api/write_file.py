"""The RPCs that write a file from here into the server, for the engine only (protocol.md §7.1)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable

from google.protobuf.empty_pb2 import Empty

from clouddrive2.api.views import PathView
from clouddrive2.errors import OperationFailed, PermissionDenied, Unsupported
from clouddrive2.models import paths
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["WriteFile"]


class WriteFile:
    """Builds the messages, calls, and checks that the server took what it was given.

    None of these calls may be repeated: what a lost one did is not known. Give up the handle then, and begin with another.

    Attributes:
        limit: To be asked before bytes are sent.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._view = PathView(caller.server)
        self.limit = caller.limits.up

    @property
    def can_stream(self) -> bool:
        """Whether what carries the calls carries streams from here (protocol.md §1.3)."""
        return self._caller.transport_name == "grpc"

    async def create(self, path: str, *, meant: str) -> int:
        """Open a new file; its handle, to be closed whatever happens.

        Args:
            path: Where it grows.
            meant: Where it will be in the end, for messages.

        Raises:
            AlreadyExists: Something is there.
            NotFound: The folder does not exist.
            Unsupported: The server has no write-file API.
            OperationFailed: It gave no handle.
        """
        folder, name = paths.split(path)
        request = pb.CreateFileRequest(parentPath=self._view.sent(folder), fileName=paths.check_name(name))
        reply = await self._caller.unary("CreateFile", request, pb.CreateFileResult, path=meant)
        if not reply.fileHandle:
            raise OperationFailed(
                f"CreateFile: {meant}: the server opened no file and gave no reason; see its log",
                path=meant,
                rpc="CreateFile",
            )
        return reply.fileHandle

    async def write(self, handle: int, offset: int, data: bytes, *, path: str) -> None:
        """Write one piece, at most 4 MiB - 16 KiB (protocol.md §1.4).

        Raises:
            OperationFailed: The server took another number of bytes.
        """
        reply = await self._caller.unary("WriteToFile", _piece(handle, offset, data), pb.WriteFileResult, path=path)
        _check_written("WriteToFile", reply.bytesWritten, len(data), path)

    async def write_stream(self, handle: int, pieces: AsyncIterable[tuple[int, bytes]], *, path: str) -> None:
        """Write pieces, each with its offset, in one call. What ``pieces`` raises is raised.

        Raises:
            Unsupported: The server or the transport carries no streams from here.
            OperationFailed: The server took another number of bytes.
        """
        total = 0

        async def requests() -> AsyncGenerator[pb.WriteFileRequest, None]:
            nonlocal total
            async for offset, data in pieces:
                total += len(data)
                yield _piece(handle, offset, data)

        reply = await self._caller.send_stream("WriteToFileStream", requests(), pb.WriteFileResult, path=path)
        _check_written("WriteToFileStream", reply.bytesWritten, total, path)

    async def close(self, handle: int, *, path: str, upload_immediately: bool) -> None:
        """Close the file, which puts it into the queue to its cloud, or before it. Success is no delivery (protocol.md §7.2)."""
        request = pb.CloseFileRequest(fileHandle=handle, uploadImmediately=upload_immediately)
        await self._caller.unary("CloseFile", request, pb.FileOperationResult, path=path)

    async def handle_of(self, path: str) -> int:
        """The handle of an open file of this path, whoever opened it; 0 when there is none or it is not told."""
        try:
            reply = await self._caller.unary("GetOpenFileHandles", Empty(), pb.OpenFileHandleList, path=path)
        except (PermissionDenied, Unsupported):
            return 0
        return next((each.fileHandle for each in reply.openFileHandles if self._view.shown(each.filePath) == path), 0)


def _piece(handle: int, offset: int, data: bytes) -> pb.WriteFileRequest:
    return pb.WriteFileRequest(fileHandle=handle, startPos=offset, length=len(data), buffer=data)


def _check_written(rpc: str, written: int, given: int, path: str) -> None:
    if written != given:
        raise OperationFailed(
            f"{rpc}: {path}: the server wrote {written} of {given} bytes; its temporary folder may be full",
            path=path,
            rpc=rpc,
        )
