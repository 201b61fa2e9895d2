"""What all uploads of a client share, made with the first one."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from clouddrive2.api.files import AsyncFiles
from clouddrive2.api.mounts import AsyncMounts
from clouddrive2.api.remote_upload import RemoteUpload
from clouddrive2.api.system import AsyncSystem
from clouddrive2.api.transfers import AsyncTransfers
from clouddrive2.api.write_file import WriteFile
from clouddrive2.config import UploadConfig
from clouddrive2.transport.caller import Caller
from clouddrive2.transport.webdav import WebDav
from clouddrive2.upload.attempt import JobParts
from clouddrive2.upload.channel import ServerChannel
from clouddrive2.upload.devices import Device
from clouddrive2.upload.drive import RpcDrive
from clouddrive2.upload.hash_cache import HashCache
from clouddrive2.upload.hashing import FileHasher, HashKind, HashPool
from clouddrive2.upload.journal import Journal
from clouddrive2.upload.pace import Pacer
from clouddrive2.upload.places import Places
from clouddrive2.upload.planner import Planner
from clouddrive2.upload.routes import GrpcWebRoute, MountRoute, RemoteRoute, Route, WebDavRoute, WriteRoute
from clouddrive2.upload.source import FileIdentity, LocalFile

__all__ = ["Workshop", "server_key"]


class Workshop:
    """Channel, routes, journal, threads and device id of one client."""

    def __init__(
        self,
        caller: Caller,
        dav: WebDav,
        files: AsyncFiles,
        system: AsyncSystem,
        mounts: AsyncMounts,
        transfers: AsyncTransfers,
        config: UploadConfig,
        journal: Journal,
        hash_cache: HashCache,
        device: Device,
    ) -> None:
        self.server = server_key(caller)
        self.journal = journal
        self.hash_cache = hash_cache
        self._caller = caller
        self._transfers = transfers
        self._config = config
        self._devices = [device]
        self._places = Places(device.folder.parent, caller.server.url)
        self._hashing = HashPool(config.hash_jobs)
        remote = RemoteUpload(caller)
        self._channels = [ServerChannel(remote, device.id, config)]
        self._slots = asyncio.Semaphore(config.reads_in_flight)
        self._drive = RpcDrive(files)
        own = RemoteRoute(self._drive, remote, transfers, self._channels[0], self._slots, config)
        over_web = GrpcWebRoute(own, lambda: caller.transport_name, self._open_apart)
        written = WriteRoute(self._drive, files, WriteFile(caller), transfers, config)
        over_dav = WebDavRoute(self._drive, dav, transfers, caller.limits.up, config)
        mounted = MountRoute(self._drive, files, mounts, transfers, caller.limits.up, config)
        routes: list[Route] = [mounted, own, written, over_web, over_dav]
        self.planner = Planner(routes, system, mounts, lambda: caller.transport_name)
        self._callers: list[Caller] = []
        self.parts = JobParts(
            server=self.server,
            device_id=device.id,
            planner=self.planner,
            pacer=Pacer(config, system.check_sign_in, lambda: caller.was_signed_in),
            journal=self.journal,
            hashing=self._hashing,
            hash_cache=hash_cache,
            places=self._places,
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
        for channel in self._channels:
            await channel.close()
        for caller in self._callers:
            await caller.close()
        self._hashing.close()
        await self.hash_cache.close()
        await self.journal.close()
        self._places.close()
        for device in self._devices:
            device.release()

    async def _open_apart(self, preferred: str | None) -> RemoteRoute:
        """The engine over gRPC-Web beside a client that speaks gRPC."""
        device = await asyncio.to_thread(Device, self._devices[0].folder, preferred)
        caller = self._caller.over("grpc-web")
        self._devices.append(device)
        self._callers.append(caller)
        remote = RemoteUpload(caller)
        channel = ServerChannel(remote, device.id, self._config)
        channel.stand_beside(self._channels[0])
        self._channels.append(channel)
        return RemoteRoute(self._drive, remote, self._transfers, channel, self._slots, self._config)


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
