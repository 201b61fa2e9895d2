"""``client.offline``: downloads of a cloud by itself, and shares."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import clouddrive2 as cd2
from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.emulator.options import CloudOptions, EmulatorOptions
from clouddrive2.models.offline import OfflineStatus
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

Connect = Callable[..., AsyncClient]
Make = Callable[..., RunningEmulator]

HASH = "0123456789abcdef0123456789abcdef01234567"
MAGNET = f"magnet:?xt=urn:btih:{HASH.upper()}&dn=film.mkv"
ED2K = "ed2k://|file|%E7%94%B5%E5%BD%B1.mkv|5000|0123456789ABCDEF0123456789ABCDEF|/"
HTTP = "https://example.org/files/a.iso?key=secret"


async def every(client: AsyncClient, path: str = "/Cloud") -> dict[str, Any]:
    return {each.name: each async for each in client.offline.list(path)}


async def until(client: AsyncClient, name: str, is_so: OfflineStatus | Callable[[Any], bool]) -> Any:
    """The download once it is so; the emulator works on it meanwhile."""
    async with asyncio.timeout(20):
        while True:
            found = (await every(client)).get(name)
            if found is not None and (is_so(found) if callable(is_so) else found.status is is_so):
                return found
            await asyncio.sleep(0.01)


async def test_links_become_files(client: AsyncClient) -> None:
    await client.files.mkdir("/Cloud/Downloads")
    added = await client.offline.add([MAGNET, "", ED2K, HTTP], "/Cloud/Downloads", check_after=5)
    assert [each.outcome for each in added] == ["added"] * 3
    film = await until(client, "film.mkv", OfflineStatus.FINISHED)
    assert (film.hash, film.progress, film.is_finished, film.link) == (HASH, 1.0, True, MAGNET)
    assert film.added is not None and "secret" not in repr(await every(client))
    await until(client, "电影.mkv", OfflineStatus.FINISHED)
    await until(client, "a.iso", OfflineStatus.FINISHED)
    assert (await client.files.stat("/Cloud/Downloads/电影.mkv")).size == 5000
    assert (await client.files.stat("/Cloud/Downloads/film.mkv")).id == film.file_id
    assert (await client.offline.quota("/Cloud/Downloads")).used == 3


async def test_what_is_there_already_is_no_failure(client: AsyncClient) -> None:
    assert [each.outcome for each in await client.offline.add(f"{MAGNET}\n{MAGNET}\n", "/Cloud")] == ["added"]
    again = await client.offline.add([MAGNET, "nonsense", ED2K], "/Cloud")
    assert [each.outcome for each in again] == ["present", "refused", "added"]
    assert isinstance(again[1].error, errors.OperationFailed) and "unsupported link" in str(again[1].error)
    assert len(await every(client)) == 2


async def test_more_than_one_page_and_one_call(client: AsyncClient, emulator: RunningEmulator) -> None:
    links = [f"https://example.org/{number}.bin" for number in range(75)]
    assert {each.outcome for each in await client.offline.add(links, "/Cloud")} == {"added"}
    assert emulator.calls.count("AddOfflineFiles") == 2
    assert len(await every(client)) == 75
    assert emulator.calls.count("ListAllOfflineFiles") == 3


async def test_progress_stop_and_restart(emulator_factory: Make, connect: Connect) -> None:
    emulator = emulator_factory(options=EmulatorOptions(offline_bytes_per_second=1.0))
    client = connect(emulator)
    await client.offline.add(ED2K, "/Cloud")
    await until(client, "电影.mkv", OfflineStatus.DOWNLOADING)
    emulator.world.clock.advance(600)
    film = await until(client, "电影.mkv", lambda each: each.progress == 0.1)
    with pytest.raises(errors.NotFound, match="has no offline download"):
        await client.offline.restart("/Cloud", HASH)
    await client.offline.restart("/Cloud", film.hash.upper())
    await until(client, "电影.mkv", lambda each: not each.progress)
    await client.offline.remove("/Cloud", [film.hash])
    assert await every(client) == {}
    await client.offline.remove("/Cloud", [film.hash])  # it is gone: nothing to do


async def test_a_dead_link_fails_and_may_come_back(client: AsyncClient, emulator: RunningEmulator) -> None:
    emulator.emulator.offline.dead["example.org"] = "the source is gone"
    await client.offline.add([HTTP, MAGNET], "/Cloud")
    dead = await until(client, "a.iso", OfflineStatus.FAILED)
    await until(client, "film.mkv", OfflineStatus.FINISHED)
    assert not dead.is_finished and not await client.files.exists("/Cloud/a.iso")
    emulator.emulator.offline.dead.clear()
    await client.offline.restart("/Cloud", dead.hash)
    await until(client, "a.iso", OfflineStatus.FINISHED)
    await client.offline.clear("/Cloud", "failed")
    assert len(await every(client)) == 2
    await client.offline.clear("/Cloud", delete_files=True)
    assert await every(client) == {} and not await client.files.exists("/Cloud/film.mkv")


async def test_clear_names_a_state(client: AsyncClient) -> None:
    with pytest.raises(errors.ConfigError, match="finished"):
        await client.offline.clear("/Cloud", "done")  # type: ignore[arg-type]


async def test_removed_with_its_file(client: AsyncClient) -> None:
    await client.offline.add(MAGNET, "/Cloud")
    film = await until(client, "film.mkv", OfflineStatus.FINISHED)
    await client.offline.remove("/Cloud", [film.hash.upper()], delete_files=True)
    assert not await client.files.exists("/Cloud/film.mkv")


async def test_what_took_its_place_stays(client: AsyncClient) -> None:
    await client.offline.add(MAGNET, "/Cloud")
    film = await until(client, "film.mkv", OfflineStatus.FINISHED)
    await client.files.rename("/Cloud/film.mkv", "seen.mkv")
    await client.files.mkdir("/Cloud/film.mkv")
    await client.offline.remove("/Cloud", [film.hash], delete_files=True)
    assert await client.files.exists("/Cloud/film.mkv") and await client.files.exists("/Cloud/seen.mkv")


async def test_links_that_are_none(client: AsyncClient) -> None:
    for link in ("http://[bad", f"ed2k://|file|a.mkv|{1 << 70}|0123456789ABCDEF0123456789ABCDEF|/"):
        [refused] = await client.offline.add(link, "/Cloud")
        assert "unsupported link" in str(refused.error)


async def test_a_hash_in_another_case_is_the_same(client: AsyncClient) -> None:
    await client.offline.add(ED2K, "/Cloud")
    [again] = await client.offline.add(ED2K.replace("ABCDEF", "abcdef"), "/Cloud")
    assert again.outcome == "present"


async def test_in_a_folder(client: AsyncClient) -> None:
    await client.files.mkdir("/Cloud/one")
    await client.files.mkdir("/Cloud/one more")
    await client.offline.add(MAGNET, "/Cloud/one")
    await client.offline.add(ED2K, "/Cloud/one more")
    assert [each.name for each in await client.offline.in_folder("/Cloud/one")] == ["film.mkv"]
    assert len(await client.offline.in_folder("/Cloud")) == 2
    with pytest.raises(errors.NotFound):
        await client.offline.in_folder("/Cloud/none")


async def test_refusals(emulator_factory: Make, connect: Connect) -> None:
    small, none = CloudOptions("Small", offline_quota=1), CloudOptions("None", offline_quota=0, takes_shares=False)
    emulator = emulator_factory(clouds=[small, none])
    client = connect(emulator)
    with pytest.raises(errors.ConfigError, match="no link"):
        await client.offline.add("\n", "/Small")
    with pytest.raises(errors.NotFound):
        await client.offline.add(MAGNET, "/Small/none")
    assert [each.outcome for each in await client.offline.add([MAGNET, ED2K], "/Small")] == ["added", "refused"]
    assert (await client.offline.quota("/Small")).left == 0
    [refused] = await client.offline.add(MAGNET, "/None")
    assert "does not support offline download" in str(refused.error)
    emulator.emulator.offline.add_share("https://115.com/s/a", {"x": b"x"})
    with pytest.raises(errors.OperationFailed, match="does not support shared links"):
        await client.offline.save_share("https://115.com/s/a", "/None")


async def test_shares(client: AsyncClient, emulator: RunningEmulator) -> None:
    emulator.emulator.offline.add_share("https://115.com/s/abc", {"film.mkv": b"film", "more/nfo": b"n"}, password="x1y2")
    with pytest.raises(errors.NotFound, match="has expired"):
        await client.offline.save_share("https://115.com/s/none", "/Cloud")
    with pytest.raises(errors.InvalidRequest, match="wrong share password"):
        await client.offline.save_share("https://115.com/s/abc", "/Cloud", password="other")
    with pytest.raises(errors.NotFound):
        await client.offline.save_share("https://115.com/s/abc", "/Cloud/none", password="x1y2")
    await client.offline.save_share("https://115.com/s/abc", "/Cloud", password="x1y2")
    assert (await client.files.stat("/Cloud/film.mkv", refresh=True)).size == 4
    assert await client.files.exists("/Cloud/more/nfo")


async def test_permissions(client: AsyncClient, emulator: RunningEmulator, connect: Connect) -> None:
    await client.offline.add(MAGNET, "/Cloud")
    only = pb.TokenPermissions(allow_list=True, allow_list_offline_downloads=True)
    reader = connect(emulator, token=emulator.world.add_token(pb.TokenInfo(rootDir="/", permissions=only)).token)
    assert list(await every(reader)) == ["film.mkv"]
    for asked in (
        reader.offline.add(ED2K, "/Cloud"),
        reader.offline.remove("/Cloud", [HASH]),
        reader.offline.clear("/Cloud"),
        reader.offline.restart("/Cloud", HASH),
        reader.offline.save_share("https://115.com/s/abc", "/Cloud"),
    ):
        with pytest.raises(errors.PermissionDenied):
            await asked


async def test_a_confined_token_sees_its_own(client: AsyncClient, emulator: RunningEmulator, connect: Connect) -> None:
    await client.files.mkdir("/Cloud/mine")
    await client.offline.add(MAGNET, "/Cloud")
    rights = dict.fromkeys(("allow_list", "allow_list_offline_downloads", "allow_add_offline_download"), True)
    info = pb.TokenInfo(rootDir="/Cloud/mine", permissions=pb.TokenPermissions(**rights))
    mine = connect(emulator, token=emulator.world.add_token(info).token)
    await mine.offline.add(ED2K, "/")
    assert list(await every(mine, "/")) == ["电影.mkv"]
    await until(client, "电影.mkv", OfflineStatus.FINISHED)
    assert await client.files.exists("/Cloud/mine/电影.mkv") and len(await every(client)) == 2


async def test_an_old_server(emulator: RunningEmulator, client: AsyncClient) -> None:
    emulator.faults.unimplemented("AddOfflineFiles")
    with pytest.raises(errors.Unsupported):
        await client.offline.add(MAGNET, "/Cloud")


async def test_over_a_restart(emulator_factory: Make, connect: Connect, tmp_path: Path) -> None:
    slow = EmulatorOptions(offline_bytes_per_second=1.0)
    first = emulator_factory(root=tmp_path / "drive", options=slow)
    await connect(first).offline.add(ED2K, "/Cloud")
    first.on_loop(first.emulator.stop)
    again = connect(emulator_factory(root=tmp_path / "drive"))
    await until(again, "电影.mkv", OfflineStatus.FINISHED)
    assert (await again.files.stat("/Cloud/电影.mkv")).size == 5000


def test_the_blocking_client(emulator: RunningEmulator) -> None:
    emulator.emulator.offline.add_share("https://115.com/s/abc", {"shared.mkv": b"film"})
    with cd2.Client(emulator.url, username=emulator.username, password=emulator.password) as client:
        assert [each.outcome for each in client.offline.add((MAGNET, ED2K), "/Cloud")] == ["added", "added"]
        assert {each.hash for each in client.offline.list("/Cloud")} > {HASH}
        assert len(client.offline.in_folder("/Cloud")) == 2
        assert client.offline.quota("/Cloud").used == 2
        client.offline.restart("/Cloud", HASH)
        client.offline.remove("/Cloud", [HASH])
        client.offline.clear("/Cloud", "all")
        client.offline.save_share("https://115.com/s/abc", "/Cloud")
        assert list(client.offline.list("/Cloud")) == []
