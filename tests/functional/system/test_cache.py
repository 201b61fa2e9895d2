"""``client.cache``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.emulator.options import EmulatorOptions
from clouddrive2.models.cache import DiskCacheFolder, Eviction, PrefetchPriority, VacuumStatus
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator


@pytest.fixture
async def film(client: AsyncClient) -> str:
    """A file of 1000 bytes."""
    await client.files.mkdir("/Cloud/Films")
    created = await client.raw.CreateFile(pb.CreateFileRequest(parentPath="/Cloud/Films", fileName="a.mkv"))
    data = bytes(1000)
    await client.raw.WriteToFile(
        pb.WriteFileRequest(fileHandle=created.fileHandle, length=len(data), buffer=data, closeFile=True)
    )
    return "/Cloud/Films/a.mkv"


async def test_the_time_of_a_listing(client: AsyncClient) -> None:
    await client.files.mkdir("/Cloud/a/b", parents=True)
    assert await client.cache.listing_time("/Cloud/a") == timedelta(hours=1)
    await client.cache.set_listing_time("/Cloud/a", timedelta(minutes=5))
    assert await client.cache.listing_time("/Cloud/a/b") == timedelta(minutes=5)
    assert (await client.raw.FindFileByPath(pb.FindFileByPathRequest(path="/Cloud/a"))).dirCacheTimeToLiveSecs == 300
    await client.cache.set_listing_time("/Cloud/a/b", "forever")
    assert await client.cache.listing_time("/Cloud/a/b") is None
    await client.cache.set_listing_time("/Cloud/a", "default")
    await client.settings.update({"dir_cache_time_to_live_secs": 60})
    assert await client.cache.listing_time("/Cloud/a") == timedelta(minutes=1)


async def test_forgetting_and_compacting(client: AsyncClient, emulator: RunningEmulator) -> None:
    await client.files.mkdir("/Cloud/a/b", parents=True)
    empty = (await client.cache.database()).size
    assert (await client.cache.vacuum_progress()).status is VacuumStatus.IDLE
    for folder in ("/Cloud", "/Cloud/a", "/Cloud/a/b"):
        [_ async for _ in client.files.list(folder)]
    full = (await client.cache.database()).size
    await client.cache.expire("/Cloud/a")
    assert set((await client.raw.GetDirCacheTable()).dirCacheTable) == {"/Cloud"}
    assert (await client.cache.database()).size == full > empty
    await client.cache.vacuum()
    with pytest.raises(errors.OperationFailed, match="already"):
        await client.cache.vacuum()
    assert (await client.cache.database()).is_vacuuming
    assert (await client.cache.vacuum_progress()).status is VacuumStatus.RUNNING
    emulator.world.clock.advance(2)
    done = await client.cache.vacuum_progress()
    assert (done.status, done.size_before) == (VacuumStatus.COMPLETED, full)
    assert done.started is not None and done.ended is not None and done.ended > done.started
    assert (await client.cache.database()).size == done.size_after < full


async def test_listings_age(client: AsyncClient, emulator: RunningEmulator) -> None:
    [_ async for _ in client.files.list("/Cloud")]
    emulator.world.clock.advance(3601)
    assert not (await client.raw.GetDirCacheTable()).dirCacheTable


async def test_the_disk_cache(client: AsyncClient, film: str) -> None:
    assert not (await client.cache.disk()).enabled
    await client.cache.set_disk_folder(DiskCacheFolder("/Cloud/Films", only=(".MKV",), max_size=5000))
    assert await client.cache.disk_folders() == [DiskCacheFolder("/Cloud/Films", only=("mkv",), max_size=5000)]
    await client.cache.prefetch(film, [(0, 100), (500, 1000)])
    disk = await client.cache.disk()
    assert (disk.enabled, disk.size, disk.files, disk.segments, disk.eviction) == (True, 600, 1, 2, Eviction.OLDEST)
    await client.cache.set_eviction(Eviction.LARGEST)
    await client.cache.purge_disk()
    disk = await client.cache.disk()
    assert (disk.size, disk.eviction) == (0, Eviction.LARGEST)
    await client.cache.set_disk_folder(DiskCacheFolder("/Cloud/Films", never=("mkv",)))
    await client.cache.prefetch(film, [(0, 100)])
    assert (await client.cache.disk()).size == 0
    await client.cache.remove_disk_folder("/Cloud/Films")
    with pytest.raises(errors.NotFound):
        await client.cache.remove_disk_folder("/Cloud/Films")


async def test_reading_ahead(client: AsyncClient, emulator: RunningEmulator, film: str) -> None:
    first = await client.cache.prefetch(film, [(0, 100), (5000, 1)], priority=PrefetchPriority.HIGH, lives=timedelta(seconds=9))
    assert (first.accepted, first.rejected) == (1, 1)
    second = await client.cache.prefetch(film, [(100, 50)])
    state = await client.cache.prefetches()
    assert [(each.path, each.hint_id, each.size) for each in state.active] == [
        (film, first.hint_id, 100),
        (film, second.hint_id, 50),
    ]
    assert state.active[0].priority is PrefetchPriority.HIGH and state.active[0].remaining <= timedelta(seconds=9)
    await client.cache.cancel_prefetch(film, [second.hint_id])
    emulator.world.clock.advance(10)
    state = await client.cache.prefetches()
    assert (state.active, state.created, state.cancelled, state.expired) == ((), 2, 1, 1)
    await client.cache.prefetch(film, [(0, 1)])
    third = await client.cache.prefetch(film, [(0, 2)], replace_existing=True)
    assert [each.hint_id for each in (await client.cache.prefetches()).active] == [third.hint_id]
    await client.cache.cancel_prefetch(film)
    await client.cache.close_reader(film)
    assert (await client.cache.prefetches()).active == ()


async def test_bad_input(client: AsyncClient, emulator: RunningEmulator, film: str) -> None:
    with pytest.raises(errors.ConfigError, match="a second at least"):
        await client.cache.set_listing_time("/Cloud", timedelta(0))
    with pytest.raises(errors.ConfigError, match="not both"):
        await client.cache.set_disk_folder(DiskCacheFolder("/Cloud", only=("a",), never=("b",)))
    with pytest.raises(errors.ConfigError, match="no file has"):
        await client.cache.set_disk_folder(DiskCacheFolder("/Cloud", min_size=2, max_size=1))
    for ranges in ([], [(-1, 5)], [(0, 0)]):
        with pytest.raises(errors.ConfigError, match="ranges are pairs"):
            await client.cache.prefetch(film, ranges)
    with pytest.raises(errors.ConfigError, match="drops first"):
        await client.cache.set_eviction(Eviction.UNKNOWN)
    for call in (client.cache.expire, client.cache.listing_time, client.cache.close_reader):
        with pytest.raises(errors.NotFound, match="/Cloud/nothing"):
            await call("/Cloud/nothing")
    token = await client.tokens.create("looker", allow=["get_system_settings"])
    async with AsyncClient(emulator.url, token=token.token) as looker:
        await looker.cache.database()
        with pytest.raises(errors.PermissionDenied, match="allow_modify_system_settings"):
            await looker.cache.expire("/Cloud")


async def test_an_old_server(emulator_factory: Callable[..., RunningEmulator]) -> None:
    emulator = emulator_factory(options=EmulatorOptions(version="1.0.5"))
    async with AsyncClient(emulator.url, username="user", password="password") as client:
        await client.cache.disk_folders()
        with pytest.raises(errors.Unsupported, match="PrefetchFileRanges"):
            await client.cache.prefetch("/Cloud/a", [(0, 1)])


async def test_survive_a_restart(emulator_factory: Callable[..., RunningEmulator], tmp_path: Path) -> None:
    first = emulator_factory(root=tmp_path / "drive")
    rules = DiskCacheFolder("/Cloud", enabled=False)
    async with AsyncClient(first.url, username="user", password="password") as client:
        await client.cache.set_listing_time("/Cloud", timedelta(seconds=7))
        await client.cache.set_disk_folder(rules)
        await client.cache.set_eviction(Eviction.SMALLEST)
    first.on_loop(first.emulator.stop)
    second = emulator_factory(root=tmp_path / "drive")
    async with AsyncClient(second.url, username="user", password="password") as client:
        assert await client.cache.listing_time("/Cloud") == timedelta(seconds=7)
        assert await client.cache.disk_folders() == [rules]
        assert (await client.cache.disk()).eviction is Eviction.SMALLEST
