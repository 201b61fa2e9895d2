"""The limit is asked for every byte of a file, in both directions and by every transfer at once."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import ServerConfig, UploadConfig
from clouddrive2.errors import ConfigError
from clouddrive2.testing import RunningEmulator

MIB = 1 << 20


async def test_every_byte_is_asked_for(emulator: RunningEmulator, tmp_path: Path) -> None:
    sizes = {"small": 1000, "piece": MIB, "large": 3 * MIB + 17, "empty": 0}
    for name, size in sizes.items():
        (tmp_path / name).write_bytes(random.Random(name).randbytes(size))
    config = ServerConfig(emulator.url, username=emulator.username, password=emulator.password)
    uploads = UploadConfig(state_folder=tmp_path / "state")
    async with AsyncClient(config=config, uploads=uploads, bandwidth="100M:200M") as client:
        limits = client._caller.limits
        async with client.uploads.batch() as batch:
            for name in sizes:
                batch.add(tmp_path / name, to="/Cloud/")
        sent = sum(read.data_length for read in emulator.calls.of("RemoteReadData"))
        assert sent == sum(sizes.values())
        assert (limits.up.passed, limits.down.passed) == (sent, 0)
        for name in sizes:
            assert (await client.files.download(f"/Cloud/{name}", tmp_path / f"{name}.here")).size == sizes[name]
        assert await client.files.read_bytes("/Cloud/small", start=10, length=90) == (tmp_path / "small").read_bytes()[10:100]
        assert limits.down.passed == sum(sizes.values()) + 90
        assert limits.up.passed == sent


@pytest.mark.parametrize("route", ["remote", "write", "grpc-web", "webdav"])
async def test_every_route_asks_for_every_byte_once(emulator: RunningEmulator, tmp_path: Path, route: str) -> None:
    sizes = {"small": 1000, "large": 5 * MIB + 17}
    for name, size in sizes.items():
        (tmp_path / name).write_bytes(random.Random(name).randbytes(size))
    transport = "grpc-web" if route == "grpc-web" else "grpc"
    config = ServerConfig(emulator.url, username=emulator.username, password=emulator.password, transport=transport)
    uploads = UploadConfig(state_folder=tmp_path / "state")
    async with AsyncClient(config=config, uploads=uploads, bandwidth="100M") as client:
        for name in sizes:
            uploaded = await client.uploads.upload(tmp_path / name, f"/Cloud/{name}", routes=[route])
            assert (uploaded.route, uploaded.size) == (route, sizes[name])
        assert client._caller.limits.up.passed == sum(sizes.values())


def test_what_is_no_limit_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(ConfigError, match="'fast' is no rate"):
        AsyncClient("http://127.0.0.1:1", token="t", bandwidth="fast")
