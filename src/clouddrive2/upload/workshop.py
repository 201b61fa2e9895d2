"""What all uploads of a client share, made with the first one."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from pathlib import Path

from clouddrive2.api.files import AsyncFiles
from clouddrive2.api.remote_upload import RemoteUpload
from clouddrive2.api.system import AsyncSystem
from clouddrive2.api.transfers import AsyncTransfers
from clouddrive2.api.write_file import WriteFile
from clouddrive2.config import UploadConfig
from clouddrive2.transport.caller import Caller
from clouddrive2.upload.attempt import JobParts
from clouddrive2.upload.channel import ServerChannel
from clouddrive2.upload.devices import Device
from clouddrive2.upload.drive import RpcDrive
from clouddrive2.upload.hash_cache import HashCache
from clouddrive2.upload.hashing import FileHasher, HashKind, HashPool
from clouddrive2.upload.journal import Journal
from clouddrive2.upload.pace import Pacer
from clouddrive2.upload.planner import Planner
from clouddrive2.upload.routes import RemoteRoute, Route, WriteRoute
from clouddrive2.upload.source import FileIdentity, LocalFile

__all__ = ["Workshop", "server_key"]


class Workshop:
    """Channel, routes, journal, threads and device id of one client."""

    def __init__(
        self,
        caller: Caller,
        files: AsyncFiles,
        system: AsyncSystem,
        transfers: AsyncTransfers,
        config: UploadConfig,
        journal: Journal,
        hash_cache: HashCache,
        device: Device,
    ) -> None:
        self.server = server_key(caller)
        self.journal = journal
        self.hash_cache = hash_cache
        self._device = device
        self._hashing = HashPool(config.hash_jobs)
        remote = RemoteUpload(caller)
        self._channel = ServerChannel(remote, device.id, config)
        slots = asyncio.Semaphore(config.reads_in_flight)
        drive = RpcDrive(files)
        routes: list[Route] = [
            RemoteRoute(drive, remote, transfers, self._channel, slots, config),
            WriteRoute(drive, files, WriteFile(caller), transfers, config),
        ]
        self.planner = Planner(routes, system)
        self.parts = JobParts(
            server=self.server,
            device_id=device.id,
            planner=self.planner,
            pacer=Pacer(config, system.check_sign_in, lambda: caller.was_signed_in),
            journal=self.journal,
            hashing=self._hashing,
            hash_cache=hash_cache,
            in_use_elsewhere=partial(Device.is_in_use, device.folder),
            verify_seconds=config.verify_seconds,
        )

    async def hashes(self, source: str | Path, kinds: frozenset[int]) -> dict[int, str]:
        """From the cache, else from the file."""
        identity = await asyncio.to_thread(_state, source)
        known = await self.hash_cache.get(identity) if identity is not None else {}
        if kinds <= known.keys():
            return {kind: known[kind] for kind in kinds}
        opened = await asyncio.to_thread(LocalFile, source)
        hasher = FileHasher(opened, self._hashing, cache=self.hash_cache)
        try:
            values = await asyncio.gather(*(hasher.compute(HashKind(kind)) for kind in kinds))
            return {kind: value.value for kind, value in zip(kinds, values, strict=True)}
        finally:
            await hasher.close()
            opened.close()

    async def close(self) -> None:
        """Channel, journal, threads, device id."""
        await self.parts.pacer.close()
        await self._channel.close()
        self._hashing.close()
        await self.hash_cache.close()
        await self.journal.close()
        self._device.release()


def server_key(caller: Caller) -> str:
    """How the journal tells servers apart."""
    return f"{caller.server.url}#{caller.server.username or ''}"


def _state(source: str | Path) -> FileIdentity | None:
    """What a file is now; ``None`` when it cannot be looked at, which opening it explains."""
    path = os.path.abspath(source)  # noqa: PTH100 - as the cache has it
    try:
        return FileIdentity.of(path, Path(path).stat())
    except OSError:
        return None
