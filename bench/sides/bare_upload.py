"""The ceiling: the same server dialogue as an upload, by a bare grpc.aio loop without any of our client code.

It opens the channel, announces the file and answers each read request with up to 8 messages of 1 MiB in flight. No hashes, no
retries, no journal, no verification. Prints ``{"seconds", "bytes"}``: from the announcement to the last status.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time
import uuid
from pathlib import Path

import grpc

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto.clouddrive_pb2_grpc import CloudDriveFileSrvStub

PIECE = 1024 * 1024
IN_FLIGHT = 8
END = {pb.UploadFileInfo.Finish, pb.UploadFileInfo.Skipped}
BAD = {pb.UploadFileInfo.Error, pb.UploadFileInfo.FatalError, pb.UploadFileInfo.Cancelled, pb.UploadFileInfo.Ignored}


async def upload(target: str, user: str, password: str, source: Path, destination: str) -> dict[str, float]:
    """Send one file and return its size and the seconds it took."""
    size = source.stat().st_size
    options = [("grpc.max_send_message_length", 100 << 20), ("grpc.max_receive_message_length", 100 << 20)]
    async with grpc.aio.insecure_channel(target, options=options) as channel:
        server = CloudDriveFileSrvStub(channel)
        token = await server.GetToken(pb.GetTokenRequest(userName=user, password=password))
        metadata = (("authorization", f"Bearer {token.token}"),)
        fd = os.open(source, os.O_RDONLY)
        slots = asyncio.Semaphore(IN_FLIGHT)
        tasks: set[asyncio.Task[None]] = set()

        async def send(upload_id: str, offset: int, length: int) -> None:
            async with slots:
                data = os.pread(fd, length, offset)
                request = pb.RemoteReadDataUpload(
                    upload_id=upload_id,
                    offset=offset,
                    length=len(data),
                    data=data,
                    is_last_chunk=offset + len(data) == size,
                )
                reply = await server.RemoteReadData(request, metadata=metadata)
                if not reply.success:
                    raise SystemExit(f"the server refused a piece: {reply.error_message}")

        stream = server.RemoteUploadChannel(pb.RemoteUploadChannelRequest(device_id=str(uuid.uuid4())), metadata=metadata)
        # Stands when its headers are here; one that stays silent is trusted after a second (protocol.md §8.12).
        await asyncio.wait([asyncio.ensure_future(stream.initial_metadata())], timeout=1)
        began = time.perf_counter()
        started = await server.StartRemoteUpload(
            pb.StartRemoteUploadRequest(file_path=destination, file_size=size, client_can_calculate_hashes=False),
            metadata=metadata,
        )
        async for message in stream:
            if message.upload_id != started.upload_id:
                continue
            if message.HasField("read_data"):
                wanted = message.read_data
                end = min(wanted.offset + wanted.length, size)
                for offset in range(wanted.offset, end, PIECE):
                    task = asyncio.create_task(send(message.upload_id, offset, min(PIECE, end - offset)))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
            elif message.HasField("status_changed"):
                if message.status_changed.status in END:
                    break
                if message.status_changed.status in BAD:
                    raise SystemExit(f"the upload failed: {message.status_changed.error_message}")
        seconds = time.perf_counter() - began
        stream.cancel()
        os.close(fd)
    return {"seconds": seconds, "bytes": size}


def main() -> None:
    """Read the arguments, upload, print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("target", "user", "password", "source", "destination"):
        parser.add_argument(name)
    given = parser.parse_args()
    outcome = asyncio.run(upload(given.target, given.user, given.password, Path(given.source), given.destination))
    print(json.dumps(outcome))


if __name__ == "__main__":
    main()
