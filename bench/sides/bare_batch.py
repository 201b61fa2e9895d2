"""The ceiling for many small files: a bare grpc.aio loop on one connection and one channel, several files at once.

The dialogue of an upload and nothing else: no look-up before, no hashes, no journal, no verification. Prints
``{"seconds", "files"}``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
import uuid
from collections import defaultdict
from pathlib import Path

import grpc
from bare_upload import BAD, END

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto.clouddrive_pb2_grpc import CloudDriveFileSrvStub

FILES_AT_ONCE = 8


async def upload_all(target: str, user: str, password: str, folder: Path, destination: str) -> dict[str, float]:
    """Send every file of a folder."""
    files = sorted(folder.iterdir())
    began = time.perf_counter()
    async with grpc.aio.insecure_channel(target) as channel:
        server = CloudDriveFileSrvStub(channel)
        token = await server.GetToken(pb.GetTokenRequest(userName=user, password=password))
        metadata = (("authorization", f"Bearer {token.token}"),)
        stream = server.RemoteUploadChannel(pb.RemoteUploadChannelRequest(device_id=str(uuid.uuid4())), metadata=metadata)
        await stream.initial_metadata()
        contents: dict[str, bytes] = {}
        known: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        ended: dict[str, asyncio.Future[None]] = {}
        tasks: set[asyncio.Task[None]] = set()

        async def answer(upload_id: str, offset: int, length: int) -> None:
            if upload_id not in contents:
                # Asked before the announcement was answered.
                await known[upload_id].wait()
            data = contents[upload_id][offset : offset + length]
            await server.RemoteReadData(
                pb.RemoteReadDataUpload(upload_id=upload_id, offset=offset, length=len(data), data=data, is_last_chunk=True),
                metadata=metadata,
            )

        async def read() -> None:
            async for message in stream:
                if message.HasField("read_data"):
                    wanted = message.read_data
                    task = asyncio.create_task(answer(message.upload_id, wanted.offset, wanted.length))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
                elif message.status_changed.status in END:
                    ended.setdefault(message.upload_id, asyncio.get_running_loop().create_future()).set_result(None)
                elif message.status_changed.status in BAD:
                    raise SystemExit(f"the upload failed: {message.status_changed.error_message}")

        async def send(path: Path, slots: asyncio.Semaphore) -> None:
            async with slots:
                content = path.read_bytes()
                started = await server.StartRemoteUpload(
                    pb.StartRemoteUploadRequest(
                        file_path=f"{destination}/{path.name}", file_size=len(content), client_can_calculate_hashes=False
                    ),
                    metadata=metadata,
                )
                contents[started.upload_id] = content
                known[started.upload_id].set()
                await ended.setdefault(started.upload_id, asyncio.get_running_loop().create_future())

        reading = asyncio.create_task(read())
        slots = asyncio.Semaphore(FILES_AT_ONCE)
        await asyncio.gather(*(send(path, slots) for path in files))
        reading.cancel()
        stream.cancel()
    return {"seconds": time.perf_counter() - began, "files": len(files)}


def main() -> None:
    """Read the arguments, upload, print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("target", "user", "password", "folder", "destination"):
        parser.add_argument(name)
    given = parser.parse_args()
    outcome = asyncio.run(upload_all(given.target, given.user, given.password, Path(given.folder), given.destination))
    print(json.dumps(outcome))


if __name__ == "__main__":
    main()
