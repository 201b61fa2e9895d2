"""Sizes that do not fit into 32 bits, from a sparse file."""

from __future__ import annotations

import hashlib
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import UploadConfig
from clouddrive2.models.uploads import Outcome, UploadProgress
from clouddrive2.testing import RunningEmulator

MIB, GIB = 1 << 20, 1 << 30
MARK = b"the bytes behind 4 GiB"


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_more_than_4_gib(
    emulator_factory: Callable[..., RunningEmulator], upload_config: UploadConfig, tmp_path: Path
) -> None:
    size = 4 * GIB + 5 * MIB + 7
    source = tmp_path / "large.bin"
    with source.open("wb") as file:
        file.write(b"beginning")
        file.seek(4 * GIB)
        file.write(MARK)
        file.truncate(size)
    emulator = emulator_factory(root=tmp_path / "drive")
    snapshots: list[UploadProgress] = []
    async with AsyncClient(emulator.url, username=emulator.username, password=emulator.password, uploads=upload_config) as client:
        uploaded = await client.uploads.upload(source, f"{emulator.cloud}/", on_progress=snapshots.append)
        assert (uploaded.size, uploaded.outcome, uploaded.verified) == (size, Outcome.VERIFIED, "hash")
        entry = await client.files.stat(uploaded.path)
        assert entry.size == size
        with source.open("rb") as file:
            assert entry.hashes.sha1 == hashlib.file_digest(file, "sha1").hexdigest()
        assert await client.files.read_bytes(uploaded.path, start=4 * GIB, length=len(MARK)) == MARK
        assert await client.files.read_bytes(uploaded.path, start=size - 1) == b"\0"
    assert snapshots[-1].confirmed == snapshots[-1].total == size
    offsets = [call.offset for call in emulator.calls.of("RemoteReadData")]
    assert max(offsets) > 4 * GIB
    # Client, emulator and test together; the file is never in memory.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 < GIB
