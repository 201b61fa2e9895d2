"""The bytes of one upload: written in pieces, hashed as they come, put in place or thrown away."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from clouddrive2.emulator.hashing import StreamingHashes, md5_of_part
from clouddrive2.emulator.options import MD5, PIKPAK_SHA1, SHA1
from clouddrive2.emulator.storage import Item
from clouddrive2.emulator.world import Cloud

__all__ = ["Content"]

PIECE_BYTES = 1 << 20


class Content:
    """A temporary file in a cloud. Made by :meth:`begin`; ends with :meth:`publish` or :meth:`discard`.

    Both wait for writes that still run, discarding also for the hashing.
    """

    def __init__(self, cloud: Cloud, temporary: str, size: int, kinds: Iterable[int]) -> None:
        self._cloud = cloud
        self._temporary = temporary
        self._size = size
        self._hashes = StreamingHashes(tuple(kind for kind in (MD5, SHA1, PIKPAK_SHA1) if kind in set(kinds)), size)
        self._hashing = asyncio.Lock()
        self._writes = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    @classmethod
    async def begin(cls, cloud: Cloud, size: int, kinds: Iterable[int]) -> Content:
        """Empty content for a file of this size; hashes of these kinds will be known.

        Raises:
            StorageError: The storage has no room for it.
        """
        return cls(cloud, await cloud.begin(), size, kinds)

    async def write(self, offset: int, data: bytes) -> None:
        """Store a piece. A sender that leaves meanwhile does not stop it: two threads must never hash at once.

        Raises:
            StorageError: It cannot be stored, or the content has gone.
        """
        await asyncio.shield(asyncio.ensure_future(self._write(offset, data)))

    async def _write(self, offset: int, data: bytes) -> None:
        self._writes += 1
        self._quiet.clear()
        try:
            await self._cloud.run(self._cloud.storage.write, self._temporary, offset, data)
            if self._hashes.kinds:
                async with self._hashing:
                    await self._cloud.run(self._hashes.take, offset, data)
        finally:
            self._writes -= 1
            if self._writes == 0:
                self._quiet.set()

    async def hashes(self) -> dict[int, str]:
        """Hashes of all that was stored."""
        async with self._hashing:
            return await asyncio.to_thread(self._hashes.finish, self._cloud.storage, self._temporary)

    async def has_blocks(self, blocks: Mapping[int, list[str]]) -> bool:
        """Whether these are the MD5 of the blocks, for each block size."""

        def compare() -> bool:
            storage, size = self._cloud.storage, self._size
            return all(
                md5_of_part(storage, self._temporary, number * block, min(block, size - number * block)) == value.lower()
                for block, values in blocks.items()
                for number, value in enumerate(values)
            )

        return await asyncio.to_thread(compare) if blocks else True

    async def copy_from(self, path: str) -> None:
        """Take the bytes of a file the cloud has."""
        storage = self._cloud.storage
        for offset in range(0, self._size, PIECE_BYTES):
            data = await self._cloud.run(storage.read, path, offset, PIECE_BYTES)
            await self._cloud.run(storage.write, self._temporary, offset, data)

    async def send(self, path: str) -> None:
        """Bring the bytes to where they will be kept.

        Raises:
            StorageError: They did not arrive.
        """
        await self._quiet.wait()
        await self._cloud.run(self._cloud.storage.send, self._temporary, path, self._size)

    async def publish(self, path: str, hashes: Mapping[int, str]) -> Item:
        """Make it visible under a path inside its cloud."""
        await self._quiet.wait()
        return await self._cloud.run(self._cloud.storage.publish, self._temporary, path, self._size, hashes)

    async def discard(self) -> None:
        """Throw it away; may be repeated, also after it was published."""
        await self._quiet.wait()
        async with self._hashing:
            self._hashes.forget()
            await self._cloud.run(self._cloud.storage.discard, self._temporary)
