"""Many streams at once by the asynchronous half of ``python-clouddrive2``. Told to ``test_many.py``."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from typing import Any

import clouddrive.pb2 as messages
import report
from clouddrive.client import Client, Empty


async def many(target: str, user: str, password: str, streams: int) -> tuple[int, list[int]]:
    """Half of the streams wait for news, half list a folder; how much news came, and how many names each listing gave."""
    client = Client(f"http://{target}", user, password)
    async with AsyncExitStack() as stack:
        pushes = [
            await stack.enter_async_context(client.async_stub.PushMessage.open(metadata=client.metadata))
            for _ in range(streams // 2)
        ]
        for push in pushes:
            await push.send_message(Empty(), end=True)
            await push.recv_message()
        names = await asyncio.gather(*(listed(client) for _ in range(streams // 2)))
        await client.CreateFolder({"parentPath": "/Cloud", "folderName": "told"}, async_=True)
        news = [await told(push) for push in pushes]
        for push in pushes:
            await push.cancel()
    client.close()
    return sum(news), names


async def listed(client: Client) -> int:
    """The number of different names in a folder, told piece by piece."""
    request = messages.ListSubFileRequest(path="/Cloud/many", forceRefresh=True)
    found: set[str] = set()
    async with client.async_stub.GetSubFiles.open(metadata=client.metadata) as stream:
        await stream.send_message(request, end=True)
        async for reply in stream:
            found.update(entry.name for entry in reply.subFiles)
    return len(found)


async def told(push: Any) -> bool:
    """Whether a stream tells of the folder that was made."""
    while not (message := await push.recv_message()).HasField("fileSystemChange"):
        pass
    return message.fileSystemChange.path == "/Cloud/told"


def main() -> None:
    """All of it."""
    target, user, password, _, streams = sys.argv[1:]
    news, names = asyncio.run(many(target, user, password, int(streams)))
    report.went_well("news", news)
    report.went_well("names", names)


if __name__ == "__main__":
    main()
